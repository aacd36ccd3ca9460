//! The functions that look at the workspace.

use super::{check, check_errors};

#[test]
fn files() {
    check(&[
        ("files('tests/*.rs')", "[\"tests/a.rs\", \"tests/b.rs\"]"),
        ("files('none/*')", "[]"),
        ("files('tests/*.rs').map(f, stem(f))", "[\"a\", \"b\"]"),
        ("files('/etc/*')", "error: files('/etc/*'): `/etc/*` leaves the workspace: it is absolute"),
        ("exists('here')", "true"),
        ("exists('there')", "false"),
        ("exists('/x')", "error: exists('/x'): /x leaves the workspace: it is absolute"),
        ("exists(d.nil)", "error: exists(d.nil): exists() takes a string, not null"),
        ("d.words.exists(x, exists(x))", "false"),
        ("sha256('here').size()", "64"),
        ("sha256('there')", "error: sha256('there'): there does not exist"),
        ("valid('here')", "true"),
        ("valid('there')", "false"),
        ("grep('*.log', ['one', 'two']).map(g, g.match)", "[\"one\", \"two\"]"),
        ("grep('*.log', 'one')[0]", "{\"path\": \"a.log\", \"line\": 3, \"match\": \"one\"}"),
        ("grep('*.log', ['one']).all(g, g.line == 3)", "true"),
        ("grep('*.log', [])", "error: grep('*.log', []): grep() was given nothing to look for"),
        ("grep('*.log', [''])", "error: grep('*.log', ['']): grep() was given nothing to look for"),
        ("grep('*.log', [1])", "error: grep('*.log', [1]): grep() takes a string, not an int"),
        ("grep('*.log', null)", "error: grep('*.log', null): grep() takes a list, not null"),
        ("files(1)", "error: files(1): files() takes a string, not an int"),
    ]);
}

#[test]
fn stems() {
    check(&[
        ("stem('tests/a.rs')", "\"a\""),
        ("stem('a.tar.gz')", "\"a.tar\""),
        ("stem('a')", "\"a\""),
        ("stem('.hidden')", "\".hidden\""),
        ("stem('dir.d/a')", "\"a\""),
        ("stem('dir/')", "\"dir\""),
        ("stem('')", "\"\""),
        ("stem('/')", "\"\""),
        ("stem('a' + '/b.c')", "\"b\""),
        ("stem(1)", "error: stem(1): stem() takes a string, not an int"),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("sorted([3, 1, 2])", "[1, 2, 3]"),
        ("sorted(['b', 'a'])", "[\"a\", \"b\"]"),
        ("sorted([2u, 1.5, -1])", "[-1, 1.5, 2u]"),
        ("sorted(d.words)", "[\"a\", \"b\", \"b\"]"),
        ("sorted([])", "[]"),
        ("sorted(d.numbers)", "[1, 2.5, 3]"),
        ("d.words == sorted(d.words)", "false"),
        (
            "sorted([1, 'a'])",
            "error: sorted([1, 'a']): sorted() takes a list of numbers or a list of strings",
        ),
        ("sorted(d.mixed)", "error: sorted(d.mixed): sorted() takes a list of numbers or a list of strings"),
        ("sorted([null])", "error: sorted([null]): sorted() takes a list of numbers or a list of strings"),
        ("sorted('a')", "error: sorted('a'): sorted() takes a list, not a string"),
        ("distinct([1, 1.0, 2, 1u])", "[1, 2]"),
        ("distinct(d.words)", "[\"b\", \"a\"]"),
        ("distinct([])", "[]"),
        ("distinct([null, null, 'a', [1], [1], {'a': 1}, {'a': 1.0}])", "[null, \"a\", [1], {\"a\": 1}]"),
        ("distinct(d.o)", "error: distinct(d.o): distinct() takes a list, not a map"),
        ("difference([1, 2, 3], [2])", "[1, 3]"),
        ("difference(['b', 'a', 'b'], ['a'])", "[\"b\", \"b\"]"),
        ("difference([], [1])", "[]"),
        ("difference([1], [])", "[1]"),
        ("difference([1, 'a'], [1.0])", "[\"a\"]"),
        ("difference(d.words, d.words)", "[]"),
        ("difference([{'a': 1}], [{'a': 1}])", "[]"),
        ("difference(1, [])", "error: difference(1, []): difference() takes a list, not an int"),
        ("difference([], 1)", "error: difference([], 1): difference() takes a list, not an int"),
        ("sum([])", "0"),
        ("sum([1, 2, 3])", "6"),
        ("sum(d.list)", "6"),
        ("sum([1u, 2u])", "3u"),
        ("sum([1, 2u])", "3"),
        ("sum([1, 0.5])", "1.5"),
        ("sum(d.numbers)", "6.5"),
        // Only the sum must fit, not each step on the way.
        ("sum([9223372036854775807, 1, -1])", "9223372036854775807"),
        ("sum([9223372036854775807, 1])", "error: sum([9223372036854775807, 1]): sum() overflows"),
        ("sum([1e308, 1e308])", "error: sum([1e308, 1e308]): sum() overflows"),
        ("sum([1, 'a'])", "error: sum([1, 'a']): sum() takes a list of numbers, not a string"),
        ("sum([null])", "error: sum([null]): sum() takes a list of numbers, not null"),
        ("sum(1)", "error: sum(1): sum() takes a list, not an int"),
    ]);
}

#[test]
fn ages_and_days() {
    check(&[
        ("age('2026-11-20T10:00:00Z')", "duration(\"7200s\")"),
        ("age('2026-11-20T14:00:00+02:00')", "duration(\"0s\")"),
        // Clocks may disagree by five minutes; what is further ahead is from the future, not fresh.
        ("age('2026-11-20T12:05:00Z')", "duration(\"-300s\")"),
        (
            "age('2026-11-20T12:05:01Z')",
            "error: age('2026-11-20T12:05:01Z'): 2026-11-20T12:05:01Z lies more than five minutes in the future",
        ),
        ("age(d.t) < duration('3h')", "true"),
        ("age(timestamp(d.t)) == age(d.t)", "true"),
        ("days_until('2026-11-20')", "0"),
        ("days_until('2026-11-21')", "1"),
        ("days_until('2026-11-19')", "-1"),
        ("days_until('2027-11-20')", "365"),
        ("days_until('2026-11-20T23:59:59Z')", "0"),
        // In UTC it is still the day before.
        ("days_until('2026-11-21T00:30:00+01:00')", "0"),
        (
            "age('2026-11-20T10:00:00')",
            "error: age('2026-11-20T10:00:00'): `2026-11-20T10:00:00` has no time zone; write it as RFC 3339, for example 2026-11-20T10:00:00Z",
        ),
        ("age(d.nil)", "error: age(d.nil): age() takes a string, not null"),
        (
            "days_until('soon')",
            "error: days_until('soon'): `soon` is neither a date such as 2026-11-20 nor an RFC 3339 time",
        ),
    ]);
    check_errors(&[
        "age('')",
        "age('2099-01-01T00:00:00Z') < duration('168h')",
        "age(timestamp('2026-11-20T12:05:01Z'))",
        "age('2026-11-20T12:05:00.001Z')",
        "age('2026-11-20')",
        "age(1)",
        "days_until('')",
        "days_until('2026-02-30')",
        "days_until('2026-1-1')",
        "days_until('26-01-01')",
        "days_until('2026-11-20T10:00:00')",
        "days_until('2026-11-20 ')",
        "days_until('+026-11-20')",
        "days_until('0000-01-01')",
        "days_until(1)",
        "days_until(d.nil)",
    ]);
}
