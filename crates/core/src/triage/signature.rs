//! A failure's signature: the same for the same failure on another day, machine and line, another for other words.

use super::wordless::is_wordless;
use crate::model::signature::{Basis, Signed};
use crate::model::test::Failure;
use regex::Regex;
use std::sync::LazyLock;
use tollgate_text::ansi::without_ansi;
use tollgate_text::digest::sha256_hex;

/// What stands for everything that differs from run to run.
const VARIES: &str = "#";

/// Words of the slug, and the most characters of it.
const WORDS: usize = 3;
const SLUG: usize = 40;

/// Lines of a text that are looked at where a failure has no message.
const LINES: usize = 3;

/// `<slug>-<8 hex>`: a slug of the first words and the start of a SHA-256, both over the failure's message with what names no
/// failure taken out: line numbers and columns, addresses (of memory and of the network, with their ports), times, durations,
/// dates, ids (of processes, threads, commits; UUIDs, hex digests), paths of temporary folders and of run
/// folders. Every other number counts: that
/// one was 200 and is 503 is another failure. A failure without a message is known by the first lines of its text, and one
/// without either, or none at all, by its `owner`: the test, or the suite for what failed outside its tests. Neither is words
/// of the cause, and so rests on `Fallback`, as does a message that names nothing but its owner or that something failed.
/// Every timeout has the same words, and nearly every crash: those have their owner's name in the signature.
pub fn signature(failure: Option<&Failure>, owner: &str) -> Signed {
    let (said, basis) = match failure {
        Some(failure) if !failure.message.trim().is_empty() => (failure.message.as_str(), failure.basis),
        _ => ("", Basis::Fallback),
    };
    let signature = match basis {
        Basis::Timeout | Basis::Crash => {
            value(Some(&Failure::new(&format!("{owner}: {said}"), "", None)), owner)
        }
        _ => value(failure, owner),
    };
    let wordless = match basis {
        Basis::Timeout => false,
        _ => is_wordless(&steady(said), owner),
    };
    Signed { signature, basis: if wordless { Basis::Fallback } else { basis } }
}

fn value(failure: Option<&Failure>, fallback: &str) -> String {
    let text = failure.map_or("", |f| if f.message.trim().is_empty() { &f.text } else { &f.message });
    let message = failure.is_some_and(|f| !f.message.trim().is_empty());
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let kept = if message { lines.len() } else { lines.len().min(LINES) };
    let steady = if kept == 0 { steady(fallback) } else { steady(&lines[..kept].join("\n")) };
    let digest = sha256_hex(steady.as_bytes());
    format!("{}-{}", slug(&steady), &digest[..8])
}

/// What is recognised by its shape, each alternative before those that would match a part of it. ASCII classes keep the
/// automaton small and quick.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let clock = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?: ?(?:Z(?-u:\b)|UTC(?-u:\b)|GMT(?-u:\b)|[AP]M(?-u:\b)|[+-][0-9]{2}:?[0-9]{2}(?-u:\b)))?";
    let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\\.?";
    let unit = "(?:ns|µs|μs|us|ms|s|m|h|d|(?: ?(?:ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|(?:milli|micro|nano)seconds?)))";
    let number = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?";
    let end = r#"[^ \t\r\n'"`:;,)\]}>|]*"#;
    let shapes = [
        // UUID
        r"(?-u:\b)[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?-u:\b)"
            .to_string(),
        // Dates with or without a time, and times
        format!(r"(?-u:\b)[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}(?:[T ]{clock})?"),
        format!(
            r"(?:(?-u:\b)(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?(?-u:\b)(?:[0-9]{{1,2}} +{month}|{month} +[0-9]{{1,2}})(?:,? +[0-9]{{4}}(?-u:\b))?(?:,? +{clock})?(?: +[0-9]{{4}}(?-u:\b))?"
        ),
        format!(r"(?-u:\b){clock}"),
        // Paths in temporary folders
        format!(r"(?:/private)?(?:/tmp|/var/tmp|/var/folders|/dev/shm|/run/user)/{end}"),
        format!(
            r"(?i:(?-u:\b)[a-z]:[\\/]Users[\\/][^\\/ \t\r\n]+[\\/]AppData[\\/]Local[\\/]Temp[\\/]){}",
            end.replace(':', "")
        ),
        // A folder with a name such as mktemp, tempfile and mkdtemp make them, wherever it stands
        format!(r#"(?:/[^/ \t\r\n'"`:;,)\]}}>|]*)*/\.?tmp[._-]?[0-9A-Za-z_]{{4,}}(?:/{end})?"#),
        // Where pytest puts the temporary folders of its tests
        format!(r#"(?:[^ \t\r\n'"`:;,(\[{{<|]*/)?(?-u:\b)pytest-of-[^/ \t\r\n]+/pytest-[0-9]+(?:/{end})?"#),
        // Run folders, which are called by the moment, and that moment alone
        format!(
            r#"(?:[^ \t\r\n'"`:;,(\[{{<|]*/)?(?-u:\b)[0-9]{{8}}T[0-9]{{6}}Z(?-u:\b)[0-9A-Za-z._-]*(?:/{end})?"#
        ),
        // Addresses; a shorter hexadecimal number is a value
        r"(?-u:\b)0[xX][0-9A-Fa-f][0-9A-Fa-f_]{4,}".to_string(),
        r"(?-u:\b)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?(?-u:\b)".to_string(),
        // Durations
        format!(r"(?-u:\b){number}{unit}(?: ?{number}{unit})*(?-u:\b)"),
        // Seconds since 1970, or a finer part of them
        r"(?-u:\b)1[0-9]{9}(?:\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?(?-u:\b)".to_string(),
    ];
    Regex::new(&shapes.join("|")).ok()
});

/// Numbers known by what stands before them, which is kept. Two numbers after a word are a line and a column; one is a line
/// after the name of a file.
static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let places = [
        r"(?P<a>\.(?:[A-Za-z][0-9A-Za-z]{0,3}|swift|scala|groovy|feature)[\x22')\]]?|(?-u:\b)[A-Z][A-Za-z]*file)(?::[0-9]+(?:[:,.-][0-9]+)*|\([0-9]+,[0-9]+\)|: [0-9]+:)",
        r"(?P<b>[\w)\]]):[0-9]+:[0-9]+(?-u:\b)",
        r"(?P<c>(?i:(?-u:\b)(?:lines?|ln|col|column|pid|ppid|tid|process|goroutine|thread(?: '[^']*')?|port)(?:[ =:#(]|: | = | \()))[0-9]+(?-u:\b)",
        r"(?P<d>(?-u:\b)localhost|\.[a-z]{2,}|\[[0-9a-f:]+\]):[0-9]{2,5}(?-u:\b)",
        r"(?P<e>[A-Za-z_$;\]]@)[0-9a-f]{5,16}(?-u:\b)",
        // What a fault says of a results file, wherever the run folder is
        r"(?P<f>(?-u:\b)its results, )[^\n]+(?P<g>, are not there)",
    ];
    Regex::new(&places.join("|")).ok()
});

/// The text with everything replaced by `#` that names no failure; white space is single.
fn steady(text: &str) -> String {
    let plain = without_ansi(text);
    let shapes = match SHAPES.as_ref() {
        Some(regex) => regex.replace_all(&plain, VARIES),
        None => plain.as_ref().into(),
    };
    let places = match PLACES.as_ref() {
        Some(regex) => regex.replace_all(&shapes, "${a}${b}${c}${d}${e}${f}#${g}"),
        None => shapes.as_ref().into(),
    };
    without_digests(&places).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs of letters and digits that are hex digests become `#`.
fn without_digests(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at(end);
        out.push_str(if is_digest(word) { VARIES } else { word });
        rest = after;
    }
    out
}

/// Seven hex digits at least, as git abbreviates, letters and digits among them: a number is no digest. Of one kind alone, it
/// must be too long for a number or a word.
fn is_digest(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let mixed = digits > 0 && digits < word.len();
    word.len() >= if mixed { 7 } else { 20 } && word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The first words in lower case, joined by hyphens; `failure` where there is none.
fn slug(steady: &str) -> String {
    let words = steady
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| w.len() > 1)
        .take(WORDS)
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase();
    let cut = &words[..words.len().min(SLUG)];
    if cut.is_empty() { "failure".into() } else { cut.trim_end_matches('-').into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(message: &str) -> String {
        signature(Some(&Failure::new(message, "", None)), "").signature
    }

    #[test]
    fn what_it_rests_on() {
        let of = |message: &str, basis: Basis, owner: &str| {
            signature(Some(&Failure::new(message, "", None).resting_on(basis)), owner)
        };
        for basis in Basis::ALL {
            assert_eq!(of("the queue stalls", basis, "t").basis, basis);
        }
        // A test's own name, a count and a word for what failed are the same for whatever it fails by.
        for message in ["t", "Failed test 't'", "failed", "2 subtests failed", "exit code 3", ""] {
            assert_eq!(of(message, Basis::Assertion, "a::t").basis, Basis::Fallback, "{message}");
        }
        // The same words of another suite are another timeout.
        for basis in [Basis::Timeout, Basis::Crash] {
            assert_ne!(of("it hung", basis, "a").signature, of("it hung", basis, "b").signature);
        }
        assert_eq!(of("it hung", Basis::Exception, "a"), of("it hung", Basis::Exception, "b"));
        // What was cut may go on otherwise.
        let long = "word ".repeat(2_000);
        assert_eq!(of(&long, Basis::Assertion, "t").basis, Basis::Fallback);
        assert_eq!(signature(None, "t").basis, Basis::Fallback);
    }

    #[test]
    fn the_form() {
        let found = of("assertion `left == right` failed\n  left: 1\n right: 2");
        assert!(found.starts_with("assertion-left-right-"), "{found}");
        assert_eq!(found.len(), "assertion-left-right-".len() + 8);
        assert!(of("===").starts_with("failure-"));
        assert!(of("Überlauf").starts_with("berlauf-"));
    }

    #[test]
    fn without_a_message_the_text_counts_and_then_the_fallback() {
        let text = |text: &str| signature(Some(&Failure::new(" ", text, None)), "fallback");
        assert_eq!(text("error: one").basis, Basis::Fallback);
        assert_eq!(text("\none\ntwo\nthree\nfour"), text("one\ntwo\nthree\nfive"));
        assert_ne!(text("one"), text("two"));
        assert_eq!(text(""), signature(None, "fallback"));
        assert_ne!(signature(None, "suite 3 timed out"), signature(None, "suite 4 timed out"));
    }

    #[test]
    fn what_differs_between_runs_does_not_count() {
        for (one, other) in [
            ("panicked at src/a.rs:12:5: x", "panicked at src/a.rs:1200:17: x"),
            ("at 0x7ffe12ab in f", "at 0x10000 in f"),
            ("started 2026-11-20T10:15:09.123Z here", "started 2025-01-02T03:04:05+01:00 here"),
            ("started 2026-11-20 here", "started 1999-01-01 23:59:59 here"),
            ("on Fri Nov 20 10:15:09 2026, x", "on Mon Jan 1 00:00:00 2024, x"),
            ("on 20 Nov 2026 x", "on 3 January 1999 x"),
            ("took 250ms", "took 1.5s"),
            ("took 1m30s to end", "took 12µs to end"),
            ("after 5 seconds of", "after 1 second of"),
            ("id 01234567-89ab-cdef-0123-456789abcdef!", "id f1234567-89AB-cdef-0123-456789abcdee!"),
            ("commit 4f1d2c9 is", "commit 123456a is"),
            ("sha b07c3e91d5a2486f93be17d40c6a85f2e9d3417c", "sha 0000000000000000000000000000000000000000"),
            ("target/debug/deps/x-0123456789abcdef", "target/debug/deps/x-fedcba9876543210"),
            ("cannot open /tmp/.tmpAbC12/a.json", "cannot open /private/var/folders/xy/9_z/T/b.json"),
            ("cannot open '/tmp/a': gone", "cannot open '/tmp/b/c': gone"),
            ("C:\\Users\\a\\AppData\\Local\\Temp\\x1 gone", "C:\\Users\\b\\AppData\\Local\\Temp\\y2 gone"),
            ("pid=12 left", "pid=31999 left"),
            ("listening on 127.0.0.1:41235", "listening on 127.0.0.1:80"),
            ("on http://localhost:41235/x", "on http://localhost:80/x"),
            ("https://a.example.com:8443/x", "https://a.example.com:9443/x"),
            ("[::1]:41235 refused", "[::1]:80 refused"),
            ("a.sh: line 12: x", "a.sh: line 7: x"),
            ("a.sh: 12: x: not found", "a.sh: 7: x: not found"),
            ("  File \"/srv/a.py\", line 12, in f", "  File \"/srv/a.py\", line 130, in f"),
            ("at f (/srv/app.js:12:5)", "at f (/srv/app.js:7:15)"),
            ("a.ts(12,5): error", "a.ts(1,50): error"),
            ("at Foo.bar(Foo.java:33)", "at Foo.bar(Foo.java:9)"),
            ("Makefile:12: x", "Makefile:7: x"),
            ("at line 12, column 5 of x", "at line 1, column 50 of x"),
            ("com.a.Foo@1b2c3d4 is", "com.a.Foo@9f8e7d6 is"),
            ("at 1795263292.12 it", "at 1795263999.7 it"),
            ("at 1795263292123 it", "at 1795263999123 it"),
            ("cannot open /home/a/tmp.XyZ12/x", "cannot open /srv/tmpab12cd/y/z"),
            ("\u{1b}[31mred\u{1b}[0m  text", "red text"),
            ("elapsed 1,234 ms", "elapsed 12,345,678.5 ms"),
            ("pytest-of-root/pytest-12/test_x0/f missing", "/home/a/pytest-of-ci/pytest-3/test_x0/f missing"),
            (
                "its results, tests/e2e_results/20261121T162602Z/py1/junit.xml, are not there",
                "its results, out/my run/py1/junit.xml, are not there",
            ),
            (
                "tests/e2e_results/20261121T162602Z/py1/junit.xml:3: is not XML",
                "/ci/results/20251121T000000Z-2/py1/junit.xml:3: is not XML",
            ),
            ("since 20261121T162602Z it", "since 20251121T000000Z it"),
            ("goroutine 12 [running]:", "goroutine 99 [running]:"),
            ("thread 'main' (4711) panicked", "thread 'main' (12) panicked"),
        ] {
            assert_eq!(steady(one), steady(other), "{one} | {other}");
        }
    }

    #[test]
    fn words_do() {
        for (one, other) in [
            ("left: \"a\"", "left: \"b\""),
            ("cannot open config.toml", "cannot open store.toml"),
            ("assertion failed: a", "assertion failed: b"),
            ("expected i32", "expected u32"),
            ("a-b", "a b"),
            ("deface it", "efface it"),
            ("left: -3", "left: 3"),
            ("left: 1.5e-3", "left: 7"),
            ("left: 1,000,000", "left: 12"),
            ("expected 200 got 503", "expected 200 got 401"),
            ("HTTP 404", "HTTP 503"),
            ("expected 0x01 got 0x02", "expected 0x01 got 0x03"),
            ("left: 0xBEEF", "left: 0xCAFE"),
            ("1,234 rows", "2,345 rows"),
            ("error[E0308]", "error[E0425]"),
            ("worker-3 failed in step_17", "worker-12 failed in step_2"),
            ("1234567 bytes", "7654321 bytes"),
            ("in templates/a.html", "in templates/b.html"),
            ("/etc/hosts", "/etc/passwd"),
        ] {
            assert_ne!(of(one), of(other), "{one} | {other}");
        }
    }

    /// A part of a message that differs from run to run, twice.
    fn varying() -> impl Strategy<Value = (String, String)> {
        let pair = |text: &'static str| (text, text).prop_map(|(a, b): (String, String)| (a, b));
        prop_oneof![
            pair("src/lib\\.rs:[1-9][0-9]{0,4}:[1-9][0-9]{0,2}"),
            pair("0x[0-9a-f]{5,16}"),
            pair("20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z"),
            pair("[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"),
            pair("[1-9][0-9]{0,3}(\\.[0-9]{1,3})?(ns|us|µs|ms|s|m|h)"),
            pair("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            pair("[0-9a-f]{20}[0-9][0-9a-f]{19}"),
            pair("[a-f][0-9a-f]{2}[0-9][0-9a-f]{3}"),
            pair("target/debug/deps/parser-[0-9a-f]{15}[0-9]"),
            pair("/tmp/[A-Za-z0-9._-]{1,12}(/[a-z0-9_]{1,8}){0,3}"),
            pair("/var/folders/[a-z0-9]{2}/[a-z0-9_]{8}/T/[A-Za-z0-9.]{6}"),
            pair("pid [1-9][0-9]{1,5}"),
            pair("localhost:[1-9][0-9]{3,4}"),
        ]
    }

    proptest! {
        #[test]
        fn a_part_that_varies_changes_nothing(
            before in "[a-z]{3,8}( [a-z`'=]{2,8}){0,4}",
            parts in varying(),
            after in "( [a-z`'=]{2,8}){0,4}",
        ) {
            let (one, other) = parts;
            prop_assert_eq!(
                of(&format!("{before} {one}{after}")),
                of(&format!("{before} {other}{after}")),
                "{} | {}", one, other
            );
        }

        #[test]
        fn another_word_is_another_signature(
            words in proptest::collection::vec("[g-z]{3,9}", 1..8),
            word in "[g-z]{3,9}",
            at in any::<proptest::sample::Index>(),
        ) {
            let at = at.index(words.len());
            prop_assume!(words[at] != word);
            let mut others = words.clone();
            others[at] = word;
            prop_assert_ne!(of(&words.join(" ")), of(&others.join(" ")));
        }

        #[test]
        fn any_text_has_a_signature_of_the_form(text in any::<String>()) {
            let found = of(&text);
            let (slug, digest) = found.rsplit_once('-').expect("a hyphen");
            prop_assert!(!slug.is_empty() && slug.len() <= SLUG);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            prop_assert!(digest.len() == 8 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
        }
    }
}
