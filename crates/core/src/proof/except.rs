//! `[[prove.except]]`: mutations that rightly stay green.

use super::mutate::MutationOp;

/// A parsed `mutation = "<artifact> <op> <pointer pattern>"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutationPattern {
    artifact: String,
    op: String,
    pointer: Option<Vec<String>>,
}

/// Parses a pattern; the error is a sentence. The pointer pattern may be left out: then it covers every field.
/// In it `*` is one segment and `**` any number; `/` alone is the document itself.
pub fn pattern_of(text: &str) -> Result<MutationPattern, String> {
    let mut words = text.split_whitespace();
    let (Some(artifact), Some(op), pointer, None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(format!("`{text}` is not `<artifact> <op> [<pointer pattern>]`"));
    };
    if op != "*" && !MutationOp::WORDS.contains(&op) {
        return Err(format!("`{op}` is no mutation; they are {}", MutationOp::WORDS.join(", ")));
    }
    let pointer = match pointer {
        Some(p) if !p.starts_with('/') => {
            return Err(format!("the pointer pattern `{p}` does not start with `/`"));
        }
        Some("/") => Some(Vec::new()),
        Some(p) => Some(p[1..].split('/').map(String::from).collect()),
        None => None,
    };
    Ok(MutationPattern { artifact: artifact.into(), op: op.into(), pointer })
}

impl MutationPattern {
    /// Whether it covers this mutation.
    pub fn covers(&self, artifact: &str, op: MutationOp, pointer: &str) -> bool {
        let op_fits = self.op == "*" || self.op == op.word();
        let pointer: Vec<&str> = pointer.strip_prefix('/').map_or(Vec::new(), |p| p.split('/').collect());
        self.artifact == artifact
            && op_fits
            && self.pointer.as_ref().is_none_or(|pattern| fits(pattern, &pointer))
    }
}

fn fits(pattern: &[String], pointer: &[&str]) -> bool {
    match (pattern.split_first(), pointer.split_first()) {
        (None, None) => true,
        (Some((p, rest)), _) if p == "**" => {
            fits(rest, pointer) || pointer.split_first().is_some_and(|(_, tail)| fits(pattern, tail))
        }
        (Some((p, rest)), Some((q, tail))) => (p == "*" || p == q) && fits(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_double_stars() {
        let covers =
            |text: &str, pointer: &str| pattern_of(text).unwrap().covers("a", MutationOp::Value, pointer);
        assert!(covers("a value /x/*/y", "/x/3/y") && !covers("a value /x/*/y", "/x/3/4/y"));
        assert!(
            covers("a value /x/**", "/x/3/4/y") && covers("a value /**/y", "/x/y") && covers("a value", "/z")
        );
        assert!(!covers("b value", "/z") && !covers("a null", "/z") && covers("a * /z", "/z"));
        assert!(
            pattern_of("a explode /x").is_err()
                && pattern_of("a").is_err()
                && pattern_of("a value x").is_err()
        );
    }
}
