//! Message templates: text with `{expression}`, `{{` and `}}` for the braces themselves.

use std::ops::Range;
use tollgate_text::escape::is_blank;

/// One piece of a template; an expression has its byte range in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawPiece {
    /// Literal text.
    Text(String),
    /// What stands between `{` and `}`.
    Expr(Range<usize>),
}

/// Splits a template; the error is a sentence and the byte offset of the brace it is about.
pub fn split(template: &str) -> Result<Vec<RawPiece>, (String, usize)> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '{' | '}' if rest.peek().is_some_and(|(_, next)| *next == c) => {
                rest.next();
                text.push(c);
            }
            '}' => return Err(("a `}` that closes nothing; write `}}` for the brace itself".into(), at)),
            '{' => {
                let end = closing(template, at + 1).ok_or_else(|| {
                    ("a `{` that is not closed; write `{{` for the brace itself".to_string(), at)
                })?;
                if is_blank(&template[at + 1..end]) {
                    return Err(("`{}` holds no expression".into(), at));
                }
                if !text.is_empty() {
                    pieces.push(RawPiece::Text(std::mem::take(&mut text)));
                }
                pieces.push(RawPiece::Expr(at + 1..end));
                while rest.next_if(|(i, _)| *i <= end).is_some() {}
            }
            other => text.push(other),
        }
    }
    if !text.is_empty() {
        pieces.push(RawPiece::Text(text));
    }
    Ok(pieces)
}

/// The offset of the `}` that ends an expression which begins at `from`: braces inside it (map literals) are counted,
/// those inside its strings are not.
fn closing(template: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in template[from..].char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None => match c {
                '\'' | '"' => quote = Some(c),
                '{' => depth += 1,
                '}' if depth == 0 => return Some(from + at),
                '}' => depth -= 1,
                _ => {}
            },
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(template: &str) -> Vec<String> {
        split(template)
            .unwrap()
            .into_iter()
            .map(|piece| match piece {
                RawPiece::Text(text) => text,
                RawPiece::Expr(range) => format!("<{}>", &template[range]),
            })
            .collect()
    }

    #[test]
    fn text_expressions_and_escaped_braces() {
        assert_eq!(shown("a {b.c} d"), ["a ", "<b.c>", " d"]);
        assert_eq!(shown("{a}{b}"), ["<a>", "<b>"]);
        assert_eq!(shown("{{a}} is {{{a}}}"), ["{a} is {", "<a>", "}"]);
        assert_eq!(shown("{ {'k': 1}['k'] }"), ["< {'k': 1}['k'] >"]);
        assert_eq!(shown("{'}' + \"\\\"}\"}!"), ["<'}' + \"\\\"}\">", "!"]);
        assert_eq!(shown(""), Vec::<String>::new());
        assert_eq!(shown("é{é}é"), ["é", "<é>", "é"]);
    }

    #[test]
    fn unbalanced_braces_are_errors_with_a_place() {
        assert_eq!(split("ab {c").unwrap_err().1, 3);
        assert_eq!(split("ab } c").unwrap_err().1, 3);
        assert_eq!(split("{}").unwrap_err().1, 0);
        assert!(split("{'}").is_err());
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "[a-z{} é]{0,30}") {
            let template = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(shown(&template).concat(), text);
        }

        #[test]
        fn no_template_panics(text in "[a-z{}'\"\\\\ é]{0,30}") {
            let _ = split(&text);
        }
    }
}
