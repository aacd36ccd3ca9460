//! Problems of the policy, each with its file, line and column, all shown together.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use std::ops::Range;
use std::sync::Arc;
use tollgate_text::json::{TextPlace, place_of_offset};
use tollgate_text::show::show;
use tollgate_text::toml_text::TomlFault;

/// A text of the policy and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Workspace-relative, or `pack:<pack>/<id>.toml` for what is embedded.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
}

/// One thing that is wrong with `tollgate.toml`, a gate file, a schema or the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The file; `None` when it is the command line.
    pub path: Option<String>,
    /// One sentence.
    pub message: String,
    /// Where in the file.
    pub place: Option<TextPlace>,
    /// The line it is on and the byte range in that line.
    line: Option<(String, Range<usize>)>,
}

impl ConfigProblem {
    /// A problem without a place.
    pub fn of_file(path: &str, message: impl Into<String>) -> ConfigProblem {
        ConfigProblem { path: Some(path.to_string()), message: message.into(), place: None, line: None }
    }

    /// A problem of what was asked for, not of a file.
    pub fn of_request(message: impl Into<String>) -> ConfigProblem {
        ConfigProblem { path: None, message: message.into(), place: None, line: None }
    }

    /// A fault of a text.
    pub fn of_text(source: &SourceText, fault: TomlFault) -> ConfigProblem {
        let text: &str = &source.text;
        let start = floor(text, fault.span.start);
        let from = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let to = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let line = text[from..to].trim_end_matches('\r');
        let end = floor(text, fault.span.end).min(from + line.len()).max(start) - from;
        let begin = (start - from).min(line.len());
        ConfigProblem {
            path: Some(source.path.clone()),
            message: fault.message,
            place: Some(place_of_offset(text.as_bytes(), start)),
            line: Some((line.to_string(), begin..end.max(begin).min(line.len()))),
        }
    }

    /// A fault of bytes that are no text: with its place, without the line.
    pub fn of_bytes(path: &str, bytes: &[u8], fault: TomlFault) -> ConfigProblem {
        let place = Some(place_of_offset(bytes, fault.span.start));
        ConfigProblem { path: Some(path.to_string()), message: fault.message, place, line: None }
    }

    /// `path:line:column: message`, on one line.
    pub fn sentence(&self) -> String {
        let mut out = String::new();
        if let Some(path) = &self.path {
            out.push_str(&show(path));
            if let Some(place) = self.place {
                out.push_str(&format!(":{}:{}", place.line, place.column));
            }
            out.push_str(": ");
        }
        out.push_str(&printable(&self.message));
        out
    }

    /// The sentence, the line of the file and a marker under what is meant.
    fn render(&self, colour: bool, fit: &dyn Fn(&str) -> String) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(140);
        let sentence = fit(&self.sentence());
        let title = Level::ERROR.primary_title(sentence.as_str());
        let (Some((line, span)), Some(place)) = (&self.line, self.place) else {
            return renderer.render(&[annotate_snippets::Group::with_title(title)]);
        };
        // Made fit, the text has another length: the marker moves with it.
        let fitted = |part: &str| fit(&part.replace('\t', "    "));
        let shown = fitted(line);
        let at = |offset: usize| floor(&shown, fitted(&line[..floor(line, offset)]).len());
        let snippet = Snippet::source(shown.as_str())
            .line_start(usize::try_from(place.line).unwrap_or(usize::MAX))
            .annotation(AnnotationKind::Primary.span(at(span.start)..at(span.end)));
        renderer.render(&[title.element(snippet)])
    }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One line without what moves the cursor or cannot be seen.
fn printable(message: &str) -> String {
    tollgate_text::escape::visible(message).into_owned()
}

/// The policy cannot be used: nothing is judged (exit code 2). Holds every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// In file order, then in the order of their places.
    pub problems: Vec<ConfigProblem>,
}

impl ConfigError {
    /// Sorts what was found; `None` when nothing was.
    pub fn of(mut problems: Vec<ConfigProblem>) -> Option<ConfigError> {
        problems.sort_by(|a, b| (&a.path, a.place).cmp(&(&b.path, b.place)));
        problems.dedup();
        (!problems.is_empty()).then_some(ConfigError { problems })
    }

    /// Every problem for people: its sentence, which begins with `path:line:column`, and below it the line and a marker.
    /// `fit` makes a line of text fit for where it is shown: what is quoted may be hostile.
    pub fn render(&self, colour: bool, fit: &dyn Fn(&str) -> String) -> String {
        let mut parts: Vec<String> = self.problems.iter().map(|p| p.render(colour, fit)).collect();
        if parts.len() > 1 {
            parts.push(format!("{} problems; nothing was judged", parts.len()));
        }
        parts.join("\n\n")
    }
}

/// How many faults of one text become problems; a file that is wrong everywhere is said to be so once.
const MOST: usize = 50;

/// The problems of one text, at most `MOST` and a last one that counts the rest.
pub fn problems_of(source: &SourceText, mut faults: Vec<TomlFault>) -> Vec<ConfigProblem> {
    faults.sort_by_key(|fault| fault.span.start);
    let rest = faults.len().saturating_sub(MOST);
    let last = faults.get(MOST).map(|fault| fault.span.clone());
    faults.truncate(MOST);
    faults.extend(
        last.map(|span| TomlFault { message: format!("and {rest} more problems from here on"), span }),
    );
    faults.into_iter().map(|fault| ConfigProblem::of_text(source, fault)).collect()
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ConfigProblem::sentence).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str, span: Range<usize>) -> ConfigProblem {
        let source = SourceText { path: "gates/a.toml".into(), text: text.into() };
        ConfigProblem::of_text(&source, TomlFault { message: "it is wrong".into(), span })
    }

    #[test]
    fn a_problem_shows_its_line_and_a_marker() {
        let error = ConfigError::of(vec![problem("name = 'x'\r\nblockin = 3\r\n", 12..19)]).unwrap();
        assert_eq!(error.to_string(), "gates/a.toml:2:1: it is wrong");
        insta::assert_snapshot!(error.render(false, &printable), @r"
        error: gates/a.toml:2:1: it is wrong
          |
        2 | blockin = 3
          | ^^^^^^^
        ");
    }

    #[test]
    fn hostile_text_cannot_steer_the_terminal() {
        let mut bad = problem("a = '\u{1b}[31m\u{9b}'\n", 4..9);
        bad.message = "no \u{1b}]0;x\u{7}".into();
        let shown = ConfigError::of(vec![bad]).unwrap();
        for text in [shown.render(false, &printable), shown.to_string()] {
            assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
        }
    }

    #[test]
    fn the_marker_moves_with_what_is_escaped() {
        let error = ConfigError::of(vec![problem("\ta = '\u{7}', bad\n", 10..13)]).unwrap();
        insta::assert_snapshot!(error.render(false, &printable), @r"
        error: gates/a.toml:1:11: it is wrong
          |
        1 |     a = '\u{7}', bad
          |                  ^^^
        ");
    }

    #[test]
    fn any_span_of_any_text_is_shown() {
        for text in ["", "\n", "é", "a\n\nb", "\u{0}", "\r\n", "\t\u{7}é"] {
            for start in 0..6 {
                for end in start..7 {
                    let _ =
                        ConfigError::of(vec![problem(text, start..end)]).unwrap().render(false, &printable);
                }
            }
        }
    }

    #[test]
    fn problems_are_in_file_and_place_order() {
        let text = "a\nb\nc\n";
        let error = ConfigError::of(vec![
            problem(text, 4..5),
            ConfigProblem::of_request("no gate"),
            problem(text, 0..1),
            problem(text, 0..1),
        ])
        .unwrap();
        assert_eq!(
            error.to_string(),
            "no gate\ngates/a.toml:1:1: it is wrong\ngates/a.toml:3:1: it is wrong"
        );
    }
}
