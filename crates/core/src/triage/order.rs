//! What an output says of the order in which tests ran, and a command of how they are chosen.

use crate::model::suite::ResultReader;
use std::collections::BTreeSet;

/// What the order of results says of the order in which tests ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestOrder {
    /// Nothing: they run beside each other, and their results come as they end.
    #[default]
    Beside,
    /// It is not known; failed ones that stand in front of all others were run first.
    Unknown,
    /// They ran one after another as they stand.
    Stated,
}

/// What is known of how an attempt chose and ordered its tests, beside their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Company {
    /// What the order of its results says.
    pub order: TestOrder,
    /// The seeds of the order that its output states.
    pub seeds: BTreeSet<String>,
    /// It chose by earlier results, and its own do not show which: its number.
    pub chosen: Option<u32>,
}

/// What tools print in front of the seed by which they order tests.
const SEEDS: [&str; 13] = [
    "--randomly-seed=",
    "--random-order-seed=",
    "-test.shuffle ",
    "shuffle seed: ",
    "Randomized with seed ",
    "Run options: --seed ",
    "Run options: -v --seed ",
    "Seed:",
    "Running tests with seed ",
    "orders with a seed of ",
    "Running ExUnit with seed: ",
    "--test-randomize-ordering-seed=",
    "Randomness seeded to: ",
];
/// What stands between that and the seed.
const BETWEEN: [char; 3] = [' ', '\t', '"'];
/// What pytest prints where its tests are spread over several processes, and that it is pytest.
const WORKERS: [&str; 6] = ["bringing up nodes", " workers [", " worker [", "[gw0]", "[gw1]", "gw0 ["];
const PYTEST: &str = "test session starts";
/// Words of commands that choose or order tests by earlier results.
const CHOOSING: [&str; 22] = [
    "--lf",
    "--last-failed",
    "--ff",
    "--failed-first",
    "--nf",
    "--new-first",
    "--sw",
    "--stepwise",
    "--sw-skip",
    "--stepwise-skip",
    "--onlyFailures",
    "--only-failures",
    "--next-failure",
    "--bisect",
    "--rerun-failed",
    "--rerun",
    "--failed",
    "--failing",
    "--order-by=defects",
    "--order-by=depends,defects",
    "--failed-only",
    "--retry-failed",
];

/// What an output says of the order of tests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    seeds: BTreeSet<String>,
    workers: bool,
    pytest: bool,
}

impl Said {
    /// Reads a part of the output, in which what cannot be read as a whole is left to the next part; `last` where there is none.
    pub fn read(&mut self, text: &str, last: bool) {
        self.workers |= WORKERS.iter().any(|word| text.contains(word));
        self.pytest |= text.contains(PYTEST);
        for marker in SEEDS {
            for (at, _) in text.match_indices(marker) {
                let rest = text[at + marker.len()..].trim_start_matches(BETWEEN);
                let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '-');
                let seed = &rest[..end.unwrap_or(rest.len())];
                if (end.is_some() || last) && seed.contains(|c: char| c.is_ascii_digit()) {
                    self.seeds.insert(seed.to_string());
                }
            }
        }
    }

    /// What is known of the attempt with this number; `words` are those of its command.
    pub fn company<'w>(
        self,
        reader: ResultReader,
        words: impl Iterator<Item = &'w str>,
        number: u32,
    ) -> Company {
        let (mut pytest, mut chooses) = (self.pytest, false);
        for word in words {
            pytest |= word.rsplit('/').next().is_some_and(|name| name == "pytest" || name == "py.test");
            chooses |= CHOOSING.contains(&word);
        }
        let one_by_one = if self.workers { TestOrder::Beside } else { TestOrder::Stated };
        let order = match reader {
            ResultReader::Exit
            | ResultReader::Libtest
            | ResultReader::Nextest
            | ResultReader::Go
            | ResultReader::Playwright => TestOrder::Beside,
            ResultReader::Tap | ResultReader::Node => TestOrder::Stated,
            ResultReader::Pytest => one_by_one,
            ResultReader::Junit if pytest => one_by_one,
            ResultReader::Junit | ResultReader::Jest => TestOrder::Unknown,
        };
        let chosen = (chooses && reader == ResultReader::Exit).then_some(number);
        Company { order, seeds: self.seeds, chosen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_a_seed_makes() {
        let said = |text: &str| {
            let mut said = Said::default();
            said.read(text, true);
            said.seeds.into_iter().collect::<Vec<_>>().join(" ")
        };
        for (text, seed) in [
            ("Using --randomly-seed=3201\n", "3201"),
            ("Using --random-order-seed=24775\n", "24775"),
            (r#"{"Action":"output","Output":"-test.shuffle 1624\n"}"#, "1624"),
            ("running 2 tests with shuffle seed: 99\n", "99"),
            ("Randomized with seed 61\n", "61"),
            ("Run options: --seed 4521\n", "4521"),
            ("Seed:        -12\n", "-12"),
            ("Random Seed:   17\n", "17"),
            ("Running tests with seed \"5\"\n", "5"),
            ("Note: Randomizing tests' orders with a seed of 8 .\n", "8"),
            ("Running ExUnit with seed: 0, max_cases: 8\n", "0"),
            ("Seed: none\n", ""),
            ("seeded\n", ""),
        ] {
            assert_eq!(said(text), seed, "{text}");
        }
        // A part that ends within it says nothing yet.
        let mut parts = Said::default();
        parts.read("Randomized with seed 6", false);
        assert_eq!(parts, Said::default());
    }

    #[test]
    fn what_is_known_of_the_order() {
        let order = |reader, text: &str, words: &[&str]| {
            let mut said = Said::default();
            said.read(text, true);
            said.company(reader, words.iter().copied(), 2)
        };
        let of = |reader, text, words: &[&str]| order(reader, text, words).order;
        assert_eq!(of(ResultReader::Pytest, "", &[]), TestOrder::Stated);
        assert_eq!(
            of(ResultReader::Pytest, "created: 2/2 workers\n2 workers [3 items]", &[]),
            TestOrder::Beside
        );
        assert_eq!(of(ResultReader::Junit, "", &["python", "-m", "pytest"]), TestOrder::Stated);
        assert_eq!(of(ResultReader::Junit, "=== test session starts ===", &[]), TestOrder::Stated);
        assert_eq!(of(ResultReader::Junit, "bringing up nodes...", &["bin/pytest"]), TestOrder::Beside);
        assert_eq!(of(ResultReader::Junit, "", &["npx", "jest"]), TestOrder::Unknown);
        assert_eq!(of(ResultReader::Nextest, "", &[]), TestOrder::Beside);
        assert_eq!(order(ResultReader::Exit, "", &["pytest", "--ff"]).chosen, Some(2));
        assert_eq!(order(ResultReader::Exit, "", &["pytest"]).chosen, None);
        assert_eq!(order(ResultReader::Pytest, "", &["pytest", "--ff"]).chosen, None, "its results show it");
    }
}
