//! What an author would regret: found when a gate is loaded, so that it cannot pass by mistake (`docs/gates.md`).

use crate::config::gate_file::{ArtifactDraft, GateDraft};
use std::collections::BTreeSet;
use tollgate_core::model::lane::Lane;
use tollgate_lang::cel::Expr;
use tollgate_text::toml_text::{TomlFault, TomlText, nearest, offset_in_text, suggestion};

/// Names that are bound in every expression.
pub const BOUND: &[&str] = &[
    "lane",
    "mode",
    "now",
    "commit",
    "branch",
    "run_dir",
    "gate_ids",
    "waivers",
    "quarantines",
    "incidents",
    "run_gaps",
    "run_failures",
    "env",
];

/// Words of CEL that cannot name an artifact: reserved, or the name of a type.
const WORDS: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "timestamp",
    "type",
    "uint",
];

/// What gates are linted against.
pub struct LintContext<'k> {
    /// Every registered schema id; `None` when the schemas themselves cannot be used.
    pub schemas: Option<&'k BTreeSet<String>>,
    /// The files that `tollgate check` itself writes, workspace-relative.
    pub written: &'k [String],
}

/// The files that `tollgate check` writes under the output folder (`docs/verdict.md`, Files of a check).
pub fn written_files(output: &str) -> Vec<String> {
    Lane::files().iter().map(|name| join(output, name)).collect()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

/// Where an expression stands, which decides what it sees and what it is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExprRole {
    /// `when`, `assert`: decides; `each` when the check has a `for_each`.
    Decides {
        /// `it` is bound.
        each: bool,
    },
    /// `for_each`, `applies_when`: decides, without `it`.
    Outer,
    /// In a message, or in what is told of a finding: shown, decides nothing.
    Shown {
        /// `it` is bound.
        each: bool,
    },
}

/// Lints one compiled expression: `at` is the string it stands in, from byte `from` of that string.
pub fn expression(
    expr: &Expr,
    draft: &GateDraft,
    role: ExprRole,
    known: &LintContext<'_>,
    at: &TomlText,
    from: usize,
    faults: &mut Vec<TomlFault>,
) {
    let each = matches!(role, ExprRole::Decides { each: true } | ExprRole::Shown { each: true });
    for name in expr.names() {
        let artifact = draft.artifacts.iter().any(|a| a.name.value == name);
        if artifact || BOUND.contains(&name) || (each && name == "it") {
            continue;
        }
        let names = || {
            let artifacts = draft.artifacts.iter().map(|a| a.name.value.as_str());
            artifacts.chain(BOUND.iter().copied())
        };
        let hint = if name == "it" {
            "; only a check with a `for_each` has `it`, and what one with `findings` tells of each"
                .to_string()
        } else {
            suggestion(name, names().collect::<Vec<_>>())
        };
        let offset = from + find_word(expr.text(), name);
        faults.push(point(draft, at, offset, name.len(), format!("nothing binds the name `{name}`{hint}")));
    }
    if !matches!(role, ExprRole::Shown { .. }) {
        for lint in expr.lints() {
            faults.push(point(draft, at, from + lint.offset, 1, lint.message));
        }
        for path in known.written.iter().filter(|path| expr.text().contains(path.as_str())) {
            let offset = from + expr.text().find(path.as_str()).unwrap_or(0);
            faults.push(point(draft, at, offset, path.len(), written(path)));
        }
    }
}

fn written(path: &str) -> String {
    format!("{path} is written by `tollgate check` itself and proves nothing; read what it was made from")
}

/// A fault at byte `offset` of a string of the gate file, `length` bytes long where the text is as written.
pub fn point(draft: &GateDraft, at: &TomlText, offset: usize, length: usize, message: String) -> TomlFault {
    let start = offset_in_text(&draft.source.text, at, offset);
    let end = if start == at.span.start { at.span.end } else { (start + length).min(at.span.end) };
    TomlFault { message, span: start..end }
}

/// Where `name` stands as a word of its own; 0 when it is not found.
fn find_word(text: &str, name: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name)
        .find(|(at, _)| {
            !text[..*at].ends_with(|c: char| word(c) || c == '.')
                && !text[at + name.len()..].starts_with(word)
        })
        .map_or(0, |(at, _)| at)
}

/// Lints the artifact tables: their names, paths and schemas.
pub fn artifacts(draft: &GateDraft, known: &LintContext<'_>, faults: &mut Vec<TomlFault>) {
    for artifact in &draft.artifacts {
        name(artifact, faults);
        if let (Some(id), Some(schemas)) = (&artifact.demand, known.schemas)
            && !schemas.contains(&id.value)
        {
            let hint = nearest(&id.value, schemas.iter().map(String::as_str))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let message = format!("no schema is registered as `{}`{hint}", id.value.escape_debug());
            faults.push(TomlFault { message, span: id.span.clone() });
        }
        for (path, text) in artifact.spec.paths.iter().zip(&artifact.paths) {
            if let Some(own) = known.written.iter().find(|own| reads(path, own, artifact.spec.many)) {
                faults.push(TomlFault { message: written(own), span: text.span.clone() });
            }
        }
    }
}

fn reads(path: &str, own: &str, many: bool) -> bool {
    if path == own {
        return true;
    }
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    many && glob::Pattern::new(path).is_ok_and(|glob| glob.matches_with(own, options))
}

fn name(artifact: &ArtifactDraft, faults: &mut Vec<TomlFault>) {
    let name = &artifact.name;
    let text = name.value.as_str();
    let shaped = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let message = if !shaped {
        format!("`{}` cannot be used as a name in expressions: letters, digits and `_`", text.escape_debug())
    } else if BOUND.contains(&text) || text == "it" {
        format!("an artifact cannot be called `{text}`: the name is bound already")
    } else if WORDS.contains(&text) {
        format!("an artifact cannot be called `{text}`: it is a word of the expression language")
    } else {
        return;
    };
    faults.push(TomlFault { message, span: name.span.clone() });
}
