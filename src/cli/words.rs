//! The words of the command line as clap is to read them.

use super::args;
use crate::verb::formats::ID;
use std::ffi::OsString;

/// The verb whose words are the text of a log line, whatever they begin with.
const TEXT: &str = "explain";

/// Puts the text of `explain` behind `--`, and its options before: a line of a log may begin with a hyphen (`--- FAIL: TestX`). Only a
/// word that is an option of it is one.
pub(super) fn of_machine(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let words: Vec<OsString> = words.collect();
    if !words.iter().any(|word| word == TEXT) {
        return words;
    }
    let command = args::command();
    let own = command.find_subcommand(TEXT).into_iter().flat_map(clap::Command::get_arguments);
    let options: Vec<(String, bool)> = command
        .get_arguments()
        .chain(own)
        .filter_map(|arg| Some((format!("--{}", arg.get_long()?), arg.get_action().takes_values())))
        .chain([("--help".to_string(), false), ("-h".to_string(), false)])
        .collect();
    in_order(words, &options)
}

/// The formats that stand before the verb. Of an option that stands there and behind the verb clap keeps what stands behind; of formats
/// each was asked for.
pub(super) fn formats_before_the_verb(words: &[OsString]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        let Some(option) = word.strip_prefix("--") else { break };
        // Each option that may stand here has a value.
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (option, words.next().map(|value| value.to_string_lossy().into_owned())),
        };
        if name == ID {
            found.extend(value);
        }
    }
    found
}

/// `options` are the names of options, and whether the next word is the value of each.
fn in_order(words: Vec<OsString>, options: &[(String, bool)]) -> Vec<OsString> {
    let mut first = words.into_iter();
    let mut before: Vec<OsString> = first.next().into_iter().collect();
    let mut text: Vec<OsString> = Vec::new();
    let mut verb = false;
    while let Some(word) = first.next() {
        let shown = word.to_string_lossy();
        let option = options.iter().find(|(name, _)| *name == shown);
        let tied = options.iter().any(|(name, value)| {
            *value && shown.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('='))
        });
        if verb && shown == "--" {
            text.extend(first.by_ref());
        } else if option.is_some() || tied {
            let value = option.is_some_and(|(_, value)| *value);
            before.push(word);
            before.extend(first.by_ref().take(usize::from(value)));
        } else if verb {
            text.push(word);
        } else if shown == TEXT {
            verb = true;
            before.push(word);
        } else {
            // Another verb: it has its own words.
            before.push(word);
            before.extend(first.by_ref());
        }
    }
    if !text.is_empty() {
        before.push("--".into());
    }
    before.extend(text);
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_behind_and_options_before() {
        for (given, read) in [
            ("t explain g --format json", "t explain --format json -- g"),
            ("t --root d explain -foo --verdict v -x=y", "t --root d explain --verdict v -- -foo -x=y"),
            ("t explain --format=json --roots --now", "t explain --format=json --now -- --roots"),
            ("t explain -- --root x", "t explain -- --root x"),
            ("t explain -h", "t explain -h"),
            ("t explain", "t explain"),
            ("t check --gate explain --x", "t check --gate explain --x"),
            ("t --root explain explain - a", "t --root explain explain -- - a"),
        ] {
            let words = given.split(' ').map(OsString::from);
            let shown: Vec<String> =
                of_machine(words).into_iter().map(|w| w.into_string().unwrap()).collect();
            assert_eq!(shown.join(" "), read);
        }
    }
}
