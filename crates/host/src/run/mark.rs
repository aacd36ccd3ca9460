//! The marks of a run's processes: `<run>-<owner>-<loop>-<suite>-<job>-<attempt>`, each part in hex, behind the mark of the
//! tollgate above, where there is one, and a comma. The run stands in front, so that a later tollgate finds what an earlier
//! one left running; the rest tells apart what is swept apart.

use crate::clock::unique;
use crate::process::owner;
use tollgate_text::digest::sha256_hex;

/// Characters of a digest that name a run.
const RUN: usize = 24;
/// Characters of a digest that name a suite within its run.
const SUITE: usize = 12;

/// What the marks of a run have in front, and nobody else's.
pub fn run_mark(run_id: &str) -> String {
    sha256_hex(run_id.as_bytes())[..RUN].to_string()
}

/// What marks have in front for the processes of this tollgate: `outer` is the value that the variable had in its own
/// environment, so that a tollgate above this one still knows what this one started.
pub fn marks_of(run_id: &str, outer: Option<&str>) -> String {
    let outer = outer.map(|mark| format!("{mark},")).unwrap_or_default();
    format!("{outer}{}-{}", run_mark(run_id), owner())
}

/// What stands for a suite in a mark.
pub fn suite_mark(kind: &str, name: &str) -> String {
    sha256_hex(format!("{kind}\0{name}").as_bytes())[..SUITE].to_string()
}

/// The suite in what a mark says behind the run and the owner.
pub fn suite_in(rest: &str) -> Option<&str> {
    rest.split('-').nth(1)
}

/// What the marks of one loop have in front.
pub(super) fn of_loop(marks: &str) -> String {
    format!("{marks}-{:x}", unique())
}

/// The mark of an attempt.
pub(super) fn of_attempt(of_loop: &str, kind: &str, name: &str, job: usize, attempt: u32) -> String {
    format!("{of_loop}-{}-{job:x}-{attempt:x}", suite_mark(kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_found_again_in_its_mark() {
        let marks = marks_of("run-1", Some("outer-1.2-3-4-5-6"));
        let mark = of_attempt(&of_loop(&marks), "unit", "a-b,c", 11, 2);
        let own = mark.strip_prefix("outer-1.2-3-4-5-6,").unwrap();
        let rest = own.strip_prefix(&format!("{}-{}-", run_mark("run-1"), owner())).unwrap();
        assert_eq!(suite_in(rest), Some(suite_mark("unit", "a-b,c").as_str()));
        assert!(!own.contains(',') && rest.ends_with("-b-2"));
        assert_ne!(suite_mark("unit", "a"), suite_mark("unita", ""));
        assert_eq!(suite_in(""), None);
    }
}
