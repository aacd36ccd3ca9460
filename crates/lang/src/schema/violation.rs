//! One way in which a document breaks its schema, and the order in which a reader meets them.

use std::collections::HashMap;
use tollgate_text::json::Json;

/// One way in which a document breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// RFC 6901 pointer to the offending value (for a missing property: to the object that lacks it).
    pub pointer: String,
    /// Pointer into the schema, to the keyword.
    pub schema_path: String,
    /// The keyword: `required`, `type`, `enum`, …
    pub keyword: String,
    /// One sentence that names what was found and what is allowed.
    pub message: String,
    /// What the schema asks for, short.
    pub expected: Option<String>,
    /// What was there, short.
    pub actual: Option<String>,
}

/// Sorts by where the pointers stand in the document, then by where the schema says so.
pub(super) fn in_document_order(violations: &mut [Violation], document: &Json<'_>) {
    // Member numbers of each object that is met, so that a wide object is walked once and not for each violation.
    let mut known: HashMap<usize, HashMap<&str, usize>> = HashMap::new();
    violations.sort_by_cached_key(|v| (position(&v.pointer, document, &mut known), v.schema_path.clone()));
}

/// The numbers of the members and elements on the way to `pointer`.
fn position<'d>(
    pointer: &str,
    document: &'d Json<'_>,
    known: &mut HashMap<usize, HashMap<&'d str, usize>>,
) -> Vec<usize> {
    let mut at = document;
    let mut path = Vec::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let next = match at {
            Json::Array(elements) => token.parse().ok().and_then(|n: usize| Some((n, elements.get(n)?))),
            Json::Object(members) => {
                let numbers = known
                    .entry(std::ptr::from_ref(members).addr())
                    .or_insert_with(|| members.iter().enumerate().map(|(n, (k, _))| (&**k, n)).collect());
                numbers.get(token.as_str()).and_then(|n| Some((*n, members.get(&token)?)))
            }
            _ => None,
        };
        let Some((number, inner)) = next else { break };
        path.push(number);
        at = inner;
    }
    path
}
