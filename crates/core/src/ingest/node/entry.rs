//! What `node --test` reports as if it were a test, and is none: a file, a suite (`describe`), a hook outside all tests. Where it
//! fails that is a fault of the run: once it is mended there is no test of that name.

use crate::ingest::basis::told;
use crate::ingest::collect::cut;
use crate::ingest::yaml;
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace};

/// What node says of a process that ended badly, whatever the reason.
const FAILED: &str = "test failed";

/// Whether a name can be that of a file.
pub(in crate::ingest) fn is_file(name: &str) -> bool {
    let ends = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"];
    ends.iter().any(|end| name.ends_with(end)) && !name.contains(" > ")
}

/// Whether an entry is named by the file that its place is in: either may be relative to a folder.
pub(in crate::ingest) fn is_file_at(name: &str, at: &SourcePlace) -> bool {
    let (name, file) = (name.replace('\\', "/"), at.file.replace('\\', "/"));
    let within = |whole: &str, part: &str| {
        whole.strip_suffix(part).is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    is_file(&name) && (within(&name, &file) || within(&file, &name))
}

/// The fault that a failed TAP point is, where it is no test: by its block of YAML, and for a file by what was printed before it.
pub(in crate::ingest) fn of_point(name: &str, top: bool, block: &str, said: &str) -> Option<(String, Basis)> {
    let own = |key| at_top(block, key);
    let at = yaml::value(block, "location").and_then(|at| crate::ingest::place::of_end(&at));
    let file =
        top && (at.is_some_and(|at| is_file_at(name, &at)) || (is_file(name) && own("exitCode").is_some()));
    let suite = own("type").is_some_and(|kind| kind.trim().trim_matches(['\'', '"']) == "suite");
    if !file && !suite {
        return None;
    }
    let ended = own("exitCode").map(str::trim).filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
    Some(fault(name, &yaml::value(block, "error").unwrap_or_default(), said, ended))
}

/// The value of a key of the block itself, and of nothing within it.
fn at_top<'b>(block: &'b str, key: &str) -> Option<&'b str> {
    block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
}

/// Whether a point without subtests is a suite in which nothing ran.
pub(in crate::ingest) fn is_suite(block: &str) -> bool {
    block.lines().any(|l| matches!(l, "type: 'suite'" | "type: \"suite\""))
}

/// The sentence on what failed, in its own words; those of a process are what it printed.
pub(in crate::ingest) fn fault(
    name: &str,
    error: &str,
    said: &str,
    exit_code: Option<&str>,
) -> (String, Basis) {
    let name = cut(name, 300);
    let own = error.trim();
    let words = if own.is_empty() || own == FAILED { error_in(said) } else { Some(own.to_string()) };
    match (words, exit_code) {
        (Some(words), _) => {
            let basis = told(Failure::new(&words, "", None)).basis;
            (format!("`{name}` failed outside its tests: {}", cut(words.trim(), 500)), basis)
        }
        (None, Some(code)) => {
            (format!("`{name}` failed outside its tests: it ended with exit code {code}"), Basis::Fallback)
        }
        (None, None) => (format!("`{name}` failed outside its tests"), Basis::Fallback),
    }
}

/// The error that ended a program of Node, as it prints it: the last line that begins with the name of one, or that is node's warning of
/// one that came too late.
fn error_in(said: &str) -> Option<String> {
    said.lines().rev().find_map(|line| {
        if let Some((_, error)) = line.split_once("created the error \"") {
            return Some(error.split_once('"').map_or(error, |(error, _)| error).to_string());
        }
        let line = line.strip_prefix("Uncaught ").unwrap_or(line).trim_end();
        let word = line.split([':', ' ']).next().unwrap_or_default();
        let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$'));
        let named = word.ends_with("Error") || word.ends_with("Exception");
        (plain && named && line.len() > word.len()).then(|| line.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_its_own_error() {
        let block = "duration_ms: 1\nlocation: '/w/test/a.test.js:1:1'\nfailureType: 'testCodeFailure'\nexitCode: 7\nerror: 'test failed'";
        let said = "node:internal/x:1\n      throw err;\n      ^\nError: Cannot find module './b'\nRequire stack:\n- /w/test/a.test.js\n    at x (y:1:2) {\n  code: 'MODULE_NOT_FOUND'\n}\nNode.js v20\n";
        let of = |name: &str, said: &str| of_point(name, true, block, said).map(|(fault, _)| fault);
        for name in ["/w/test/a.test.js", "test/a.test.js"] {
            assert_eq!(
                of(name, said).unwrap(),
                format!("`{name}` failed outside its tests: Error: Cannot find module './b'")
            );
        }
        assert!(of("test/a.test.js", "printed\n").unwrap().ends_with(": it ended with exit code 7"));
        let late = "Warning: Test \"late\" generated asynchronous activity. This activity created the error \"Error: late throw\" and";
        assert!(of("test/a.test.js", late).unwrap().ends_with(": Error: late throw"));
        // A test may be called as a file; it stands somewhere else in one, and no process of its own ended.
        let test = "location: '/w/test/a.test.js:3:1'\nerror: 'no'";
        assert_eq!(of_point("other.js", true, test, ""), None);
        assert_eq!(of_point("adds", true, block, ""), None);
    }

    #[test]
    fn a_suite_is_no_test_and_a_test_with_subtests_is_one() {
        let block = |kind: &str| {
            format!(
                "duration_ms: 1\n{kind}location: '/w/a.js:2:1'\nfailureType: 'hookFailed'\nerror: 'no shelf'"
            )
        };
        let (fault, basis) = of_point("shelf", false, &block("type: 'suite'\n"), "").unwrap();
        assert_eq!((fault.as_str(), basis), ("`shelf` failed outside its tests: no shelf", Basis::Exception));
        assert_eq!(of_point("shelf", true, &block("type: 'test'\n"), ""), None);
        assert_eq!(of_point("shelf", true, &block(""), ""), None);
    }
}
