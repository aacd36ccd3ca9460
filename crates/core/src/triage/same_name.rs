//! Which test of a run meets which of the other where several have one name.
//!
//! Readers number the second and later tests of a name (`a`, `a #2`) by their place in the results, which the next run need not
//! keep, and documents of others may hold a name twice: such tests are a group, in which the numbers prove nothing.

use crate::model::columns::{TestRow, badness};
use crate::model::test::numbered;

/// A test of the baseline and one of the current run; `None` where it has no partner.
pub(super) type Pair<'c, 'a> = (Option<&'c TestRow<'a>>, Option<&'c TestRow<'a>>);

/// Whether a suite may have several tests of one name; its tests are in the order of settled columns.
pub(super) fn repeats(tests: &[TestRow<'_>]) -> bool {
    tests.windows(2).any(|pair| pair[0].name == pair[1].name)
        || tests.iter().any(|test| numbered(&test.name).is_some())
}

/// All tests of a suite in two runs, each once. Of a group of equal size in both the n-th worst meets the n-th worst. Where the sizes
/// differ equal outcomes meet first. Where the current run has fewer, what failed in the baseline is the last to find a partner: one
/// of the group is gone, and nothing shows that it is not the failed one. Where it has more, the worst meet.
pub(super) fn pairs<'c, 'a>(old: &'c [TestRow<'a>], new: &'c [TestRow<'a>]) -> Vec<Pair<'c, 'a>> {
    let has = |tests: &[TestRow<'_>], name: &str| tests.binary_search_by(|t| (*t.name).cmp(name)).is_ok();
    let key = |row: &'c TestRow<'a>| {
        let name: &'c str = &row.name;
        numbered(name).filter(|plain| has(old, plain) || has(new, plain)).unwrap_or(name)
    };
    let sorted = |tests: &'c [TestRow<'a>]| {
        let mut keyed: Vec<(&'c str, &'c TestRow<'a>)> = tests.iter().map(|row| (key(row), row)).collect();
        keyed.sort_by(|(a, s), (b, t)| a.cmp(b).then(badness(s.status).cmp(&badness(t.status))));
        keyed
    };
    let (old_sorted, new_sorted) = (sorted(old), sorted(new));
    let (mut old, mut new) = (&old_sorted[..], &new_sorted[..]);
    let mut found = Vec::with_capacity(old.len().max(new.len()));
    while let Some(name) = old.first().into_iter().chain(new.first()).map(|(key, _)| *key).min() {
        let (of_old, of_new) = (cut(&mut old, name), cut(&mut new, name));
        group(of_old, of_new, &mut found);
    }
    found
}

/// Takes the group of a name off the front.
fn cut<'s, 'c, 'a>(
    rest: &mut &'s [(&'c str, &'c TestRow<'a>)],
    name: &str,
) -> &'s [(&'c str, &'c TestRow<'a>)] {
    let end = rest.iter().position(|(key, _)| *key != name).unwrap_or(rest.len());
    let (group, after) = rest.split_at(end);
    *rest = after;
    group
}

/// Pairs one group; both sides stand worst first.
fn group<'c, 'a>(
    old: &[(&'c str, &'c TestRow<'a>)],
    new: &[(&'c str, &'c TestRow<'a>)],
    found: &mut Vec<Pair<'c, 'a>>,
) {
    if old.len() == new.len() {
        found.extend(old.iter().zip(new).map(|((_, was), (_, is))| (Some(*was), Some(*is))));
        return;
    }
    let (mut was, mut is) = (old.iter().map(|o| o.1).peekable(), new.iter().map(|n| n.1).peekable());
    let (mut olds, mut news) = (Vec::new(), Vec::new());
    while let (Some(a), Some(b)) = (was.peek(), is.peek()) {
        match badness(a.status).cmp(&badness(b.status)) {
            std::cmp::Ordering::Less => olds.extend(was.next()),
            std::cmp::Ordering::Greater => news.extend(is.next()),
            std::cmp::Ordering::Equal => found.push((was.next(), is.next())),
        }
    }
    olds.extend(was);
    news.extend(is);
    if olds.len() > news.len() {
        olds.reverse();
    }
    let both = olds.len().min(news.len());
    found.extend(olds.iter().zip(&news).map(|(was, is)| (Some(*was), Some(*is))));
    found.extend(olds[both..].iter().map(|was| (Some(*was), None)));
    found.extend(news[both..].iter().map(|is| (None, Some(*is))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::test::TestStatus;

    fn rows(text: &str) -> Vec<TestRow<'_>> {
        let row = |test: &str| {
            let (name, status) = test.trim().rsplit_once(' ').unwrap();
            TestRow { name: name.to_string().into(), at: 0, status: TestStatus::parse(status).unwrap() }
        };
        let mut rows: Vec<TestRow<'_>> = text.split(',').filter(|t| !t.trim().is_empty()).map(row).collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name).then(badness(a.status).cmp(&badness(b.status))));
        rows
    }

    fn paired(old: &str, new: &str) -> Vec<String> {
        let (old, new) = (rows(old), rows(new));
        let word = |row: Option<&TestRow<'_>>| row.map_or("-", |r| r.status.name());
        let mut lines: Vec<String> =
            pairs(&old, &new).iter().map(|(was, is)| format!("{} > {}", word(*was), word(*is))).collect();
        lines.sort();
        lines
    }

    #[test]
    fn numbers_prove_nothing() {
        for (old, new, wanted) in [
            ("a failed, a #2 passed", "a passed, a #2 failed", &["failed > failed", "passed > passed"][..]),
            ("a failed, a #2 passed", "a passed, a #2 passed", &["failed > passed", "passed > passed"]),
            ("a failed, a #2 passed", "a passed", &["failed > -", "passed > passed"]),
            ("a failed, a #2 ignored", "a passed", &["failed > -", "ignored > passed"]),
            ("a failed, a #2 failed", "a passed", &["failed > -", "failed > passed"]),
            (
                "a failed, a failed, a passed",
                "a passed, a passed",
                &["failed > -", "failed > passed", "passed > passed"],
            ),
            ("a passed", "a passed, a #2 failed", &["- > failed", "passed > passed"]),
            ("a failed", "a ignored, a #2 passed", &["- > passed", "failed > ignored"]),
            // Without the plain name it is a name as any other.
            ("a #2 failed", "a #3 failed", &["- > failed", "failed > -"]),
            (
                "a #10 failed, a !b passed, a passed",
                "a failed, a !b failed, a #10 passed",
                &["failed > failed", "passed > failed", "passed > passed"],
            ),
        ] {
            assert_eq!(paired(old, new), wanted, "{old} => {new}");
        }
    }

    #[test]
    fn what_repeats() {
        assert!(!repeats(&rows("a passed, b #x passed, c1 passed, #2 passed, d #1 passed, e# 2 passed")));
        assert!(repeats(&rows("a passed, b #2 passed")) && repeats(&rows("a passed, b failed, b passed")));
    }
}
