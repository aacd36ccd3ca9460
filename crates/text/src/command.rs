//! Command lines as gate files and settings state them: split into words once, by shell quoting rules and without a shell.

use crate::show::show;
use std::borrow::Cow;
use std::fmt;

/// A command line in words: leading `NAME=value` words are environment, the first other word is the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    env: Vec<(String, String)>,
    words: Vec<String>,
}

impl CommandLine {
    /// Splits a text. An error, as a sentence, when a quote is not closed, a control character stands in it, or nothing
    /// is left to start.
    pub fn parse(text: &str) -> Result<CommandLine, String> {
        let shown = || show(text);
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(format!("the command `{}` holds a control character", shown()));
        }
        let words = shlex::split(text)
            .ok_or_else(|| format!("the command `{}` has a quote that is not closed", shown()))?;
        let mut env = Vec::new();
        let mut rest = words.into_iter().peekable();
        while let Some((name, value)) = rest.peek().and_then(|w| assignment(w)) {
            env.push((name.to_string(), value.to_string()));
            rest.next();
        }
        let words: Vec<String> = rest.collect();
        match words.first() {
            Some(program) if !program.is_empty() => Ok(CommandLine { env, words }),
            _ => Err(format!("the command `{}` names no program", shown())),
        }
    }

    /// The same command with `placeholder` replaced in every word and every environment value. What is put in stays
    /// inside its word, whatever characters it has, because the words were split before.
    pub fn filled(&self, placeholder: &str, value: &str) -> CommandLine {
        let fill = |text: &String| text.replace(placeholder, value);
        CommandLine {
            env: self.env.iter().map(|(n, v)| (n.clone(), fill(v))).collect(),
            words: self.words.iter().map(fill).collect(),
        }
    }

    /// The same command with each placeholder replaced in every word and every environment value, in one pass: what is put
    /// in is never looked at again, so that a name that spells a placeholder stays a name.
    pub fn filled_all(&self, values: &[(&str, &str)]) -> CommandLine {
        let fill = |text: &String| fill(text, values);
        CommandLine {
            env: self.env.iter().map(|(n, v)| (n.clone(), fill(v))).collect(),
            words: self.words.iter().map(fill).collect(),
        }
    }

    /// Whether a placeholder stands in any word or environment value.
    pub fn mentions(&self, placeholder: &str) -> bool {
        self.words.iter().chain(self.env.iter().map(|(_, value)| value)).any(|w| w.contains(placeholder))
    }

    /// The leading `NAME=value` words.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// The program; never empty unless a placeholder was filled with nothing.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// What follows the program.
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or(&[])
    }
}

impl fmt::Display for CommandLine {
    /// One line for a shell, each word quoted where it must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quote(value))?;
        }
        let words: Vec<_> = self.words.iter().map(|w| quote(w)).collect();
        f.write_str(&words.join(" "))
    }
}

/// A text with each placeholder replaced, in one pass from left to right.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(placeholder, _)| rest.starts_with(placeholder)) {
            Some((placeholder, value)) => {
                out.push_str(value);
                rest = &rest[placeholder.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// `NAME=value`, with a name as POSIX has it.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut chars = name.chars();
    let first = chars.next()?;
    let clean =
        (first.is_ascii_alphabetic() || first == '_') && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    clean.then_some((name, value))
}

/// A word as a shell reads it back; NUL, which no word can hold, is left out.
pub fn quote(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or_else(|_| match shlex::try_quote(&word.replace('\0', "")) {
        Ok(quoted) => Cow::Owned(quoted.into_owned()),
        Err(_) => Cow::Borrowed("''"),
    })
}

/// The first word of a command that only a shell gives a meaning to: an operator or a redirection that stands there without a
/// quote or backslash. What starts programs itself would hand it on as an argument.
pub fn shell_word(text: &str) -> Option<&str> {
    bare_words(text).into_iter().find(|word| {
        let operator = ["&&", "||", "|", "|&", ";", "&"].contains(word);
        let joined = [";", "&&", "||"].iter().any(|op| word.ends_with(op) || word.starts_with(op));
        let redirect = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        operator || joined || redirect.starts_with(['>', '<'])
    })
}

/// The words of a text in which no quote and no backslash stands.
fn bare_words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut bare) = (Vec::new(), None, true);
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if escaped {
            escaped = false;
        } else if let Some(open) = quote {
            escaped = open == '"' && c == '\\';
            quote = quote.filter(|_| c != open);
        } else if c.is_ascii_whitespace() {
            if let Some(start) = start.take().filter(|_| bare) {
                words.push(&text[start..at]);
            }
            bare = true;
        } else if c == '#' && start.is_none() {
            // The rest is a comment.
            return words;
        } else {
            start = start.or(Some(at));
            bare &= !matches!(c, '\'' | '"' | '\\');
            escaped = c == '\\';
            quote = matches!(c, '\'' | '"').then_some(c);
        }
    }
    words
}

/// Whether a text begins with a `NAME=value` word, which a runner that starts a program would take for the program.
pub fn begins_with_environment(text: &str) -> bool {
    shlex::Shlex::new(text).next().is_some_and(|word| assignment(&word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leading_assignments_are_environment() {
        let line =
            CommandLine::parse("VCR_MODE=playback A='b c' cargo test --test x -- --nocapture").unwrap();
        assert_eq!(line.env(), [("VCR_MODE".into(), "playback".into()), ("A".into(), "b c".into())]);
        assert_eq!(line.program(), "cargo");
        assert_eq!(line.arguments(), ["test", "--test", "x", "--", "--nocapture"]);
        assert_eq!(line.to_string(), "VCR_MODE=playback A='b c' cargo test --test x -- --nocapture");
    }

    #[test]
    fn a_later_assignment_is_an_argument() {
        let line = CommandLine::parse("env A=1 true").unwrap();
        assert_eq!((line.program(), line.arguments().len(), line.env().len()), ("env", 2, 0));
    }

    #[test]
    fn no_shell_reads_it() {
        let line = CommandLine::parse("echo a; rm -rf / && $(x) | y > z").unwrap();
        assert_eq!(line.program(), "echo");
        assert_eq!(line.arguments()[0], "a;");
        assert!(line.arguments().contains(&"$(x)".to_string()));
    }

    #[test]
    fn what_only_a_shell_understands_is_found_unless_it_is_quoted() {
        for (text, word) in [
            ("sh a.sh && sh b.sh", "&&"),
            ("sh a.sh; sh b.sh", "a.sh;"),
            ("a | b", "|"),
            ("a || b", "||"),
            ("a&& b", "a&&"),
            ("a &", "&"),
            ("a > out", ">"),
            ("a >out", ">out"),
            ("a >> out", ">>"),
            ("a 2>&1", "2>&1"),
            ("a < in", "<"),
            ("A=1; b", "A=1;"),
            ("sh -c 'a && b' ; c", ";"),
        ] {
            assert_eq!(shell_word(text), Some(word), "{text}");
        }
        for text in [
            "sh -c 'a && b; c > d'",
            "sh -c \"a \\\" && b | c\"",
            r"find . -exec x {} \;",
            "grep '|' ';' \">\"",
            r"a \& \>x",
            "pytest -k a|b http://x/?a=1&b=2",
            "cargo test -- a::b->c",
            "x # && y",
            "go test -run ^{test}$ ./...",
        ] {
            assert_eq!(shell_word(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_filled_in_is_never_filled_again() {
        let line = CommandLine::parse("A={test} run {name} {test}:{name} {other}").unwrap();
        let filled = line.filled_all(&[("{name}", "{test}"), ("{test}", "it's {name}")]);
        assert_eq!(filled.env(), [("A".into(), "it's {name}".into())]);
        assert_eq!(filled.arguments(), ["{test}", "it's {name}:{test}", "{other}"]);
        assert!(line.mentions("{name}") && !line.mentions("{out}"));
    }

    #[test]
    fn what_cannot_be_started_is_a_sentence() {
        insta::assert_snapshot!(CommandLine::parse("").unwrap_err(), @"the command `` names no program");
        insta::assert_snapshot!(CommandLine::parse("A=1").unwrap_err(), @"the command `A=1` names no program");
        insta::assert_snapshot!(CommandLine::parse("'' x").unwrap_err(), @"the command `'' x` names no program");
        insta::assert_snapshot!(CommandLine::parse("echo 'x").unwrap_err(), @"the command `echo 'x` has a quote that is not closed");
        insta::assert_snapshot!(CommandLine::parse("echo \u{1b}[2J").unwrap_err(), @r#"the command `echo \u{1b}[2J` holds a control character"#);
    }

    proptest! {
        #[test]
        fn what_is_filled_in_stays_one_word(value in "\\PC*") {
            let line = CommandLine::parse("tool --from '{run}'/summary.json last").unwrap().filled("{run}", &value);
            prop_assert_eq!(line.arguments().len(), 3);
            prop_assert_eq!(&line.arguments()[1], &format!("{value}/summary.json"));
        }

        #[test]
        fn a_shown_line_reads_back(words in proptest::collection::vec("[^\\pC]{1,12}", 1..6)) {
            let quoted: Vec<_> = words.iter().map(|w| quote(w).into_owned()).collect();
            if let Ok(line) = CommandLine::parse(&quoted.join(" ")) {
                prop_assert_eq!(CommandLine::parse(&line.to_string()).unwrap(), line);
            }
        }
    }
}
