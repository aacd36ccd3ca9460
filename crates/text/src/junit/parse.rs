//! A text of JUnit XML into plain values.

use super::attributes::{Attributes, whole};
use super::counts::counts_otherwise;
use super::elements::append;
use super::listing::ListedCases;
use super::reference::{resolve, undefined};
use super::report::{CaseOutcome, JunitCase, JunitReport, JunitSuite, OutcomeKind};
use super::stop::{JunitStop, malformed};
use super::{claims, elements};
use crate::json::{JsonLimits, ParseError, ParseErrorKind, place_of_offset, plain};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Bytes of an outcome's text that are kept.
const TEXT: usize = 64 << 10;
/// Bytes of what a test printed that are kept.
const OUTPUT: usize = 16 << 10;
/// Suites of one report, those without testcases too.
const SUITES: usize = 100_000;
/// Testcases of one report: what is held of them takes many times the text.
const CASES: usize = 1_000_000;
/// Clauses that are kept of what a report says outside its testcases.
const STATED: usize = 10_000;
/// Bytes of the names of all suites, each with those it stands in.
const PATHS: usize = 256 << 20;

/// Parses a report whose root is `<testsuites>` or `<testsuite>`; its bytes are text by now, so that what it says of its encoding is
/// passed over. Refused are a DOCTYPE, a text that ends before its elements do, and a testcase that stands where none may stand;
/// `loose` lets one stand in the root.
pub fn parse(text: &str, limits: &JsonLimits, loose: bool) -> Result<JunitReport, ParseError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut builder = Builder { depth: limits.levels(), loose, ..Builder::default() };
    let outcome = loop {
        match reader.read_event() {
            Ok(Event::Eof) => break builder.end(),
            Ok(event) => {
                if let Err(stop) = builder.event(event) {
                    break Err(stop);
                }
            }
            Err(error) => break Err(malformed(plain(&error.to_string()))),
        }
    };
    let at = usize::try_from(reader.buffer_position().max(reader.error_position())).unwrap_or(text.len());
    match outcome {
        Ok(()) => Ok(builder.finish()),
        Err(JunitStop(kind, message)) => {
            Err(ParseError { kind, message, place: place_of_offset(text.as_bytes(), at) })
        }
    }
}

/// An open element.
#[derive(Clone, Copy)]
enum Open {
    Root,
    Suite(usize),
    Case(usize),
    /// An outcome of the case that is open.
    Outcome(usize),
    /// What that case printed, or its attempt where it stands in an outcome.
    Output {
        suite: usize,
        of_outcome: bool,
    },
    /// Anything else; the suite of the case in which it stands, where what stands in it may say of that.
    Other(Option<usize>),
}

#[derive(Default)]
struct Builder {
    depth: usize,
    loose: bool,
    open: Vec<Open>,
    seen_root: bool,
    /// The suite of the testcases that stand in the root.
    rootless: Option<usize>,
    /// The length of each suite's path, and of all together.
    lengths: Vec<usize>,
    paths: usize,
    /// A time stands there that cannot be seconds.
    other_unit: bool,
    cases: usize,
    listing: ListedCases,
    report: JunitReport,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), JunitStop> {
        match event {
            Event::Start(element) => self.start(&element),
            Event::End(_) => match self.open.pop() {
                Some(Open::Case(suite)) => {
                    self.end_case(suite);
                    Ok(())
                }
                Some(_) => Ok(()),
                None => Err(malformed("an element is closed that was never opened")),
            },
            Event::DocType(_) => Err(malformed("it has a DOCTYPE, which is refused")),
            Event::Text(text) => {
                let text = text.decode().map_err(|e| malformed(plain(&e.to_string())))?;
                self.characters(&text)
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|e| malformed(plain(&e.to_string())))?;
                self.characters(&text)
            }
            Event::GeneralRef(reference) => {
                let c = resolve(&String::from_utf8_lossy(&reference)).ok_or_else(undefined)?;
                self.characters(c.encode_utf8(&mut [0; 4]))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), JunitStop> {
        if self.open.len() >= self.depth {
            return Err(JunitStop(ParseErrorKind::Limit, "it is nested too deeply".into()));
        }
        let attributes = Attributes::of(element)?;
        let name = element.local_name();
        let open = match (self.open.last().copied(), name.as_ref()) {
            (None, b"testsuites" | b"testsuite") if self.seen_root => {
                return Err(malformed("a second report follows the first"));
            }
            (None, b"testsuites") => self.root(&attributes),
            (within @ (None | Some(Open::Root | Open::Suite(_))), b"testsuite") => {
                self.suite(&attributes, within)?
            }
            (None, other) => {
                let other = plain(&String::from_utf8_lossy(other));
                return Err(malformed(format!("its root is <{other}>, not <testsuites> or <testsuite>")));
            }
            (Some(Open::Suite(suite)), b"testcase") => self.case(&attributes, suite)?,
            (Some(Open::Root), b"testcase") if self.loose => {
                let suite = *self.rootless.get_or_insert_with(|| {
                    self.report.suites.push(JunitSuite::default());
                    self.report.suites.len() - 1
                });
                self.case(&attributes, suite)?
            }
            // Node's reporter for what a hook outside all tests spoils.
            (within @ Some(Open::Root), b"undefined") if self.loose => self.undefined(&attributes, within)?,
            (Some(Open::Root | Open::Suite(_)), b"failure" | b"error") => {
                self.alone(&attributes, name.as_ref())
            }
            (Some(_), b"testcase" | b"testsuite") => {
                return Err(malformed("a testcase or testsuite stands where none may stand"));
            }
            (within, other) => self.inside(&attributes, within, other),
        };
        self.seen_root = true;
        self.open.push(open);
        Ok(())
    }

    /// `<testsuites>`
    fn root(&mut self, attributes: &Attributes) -> Open {
        self.report.counts = attributes.counts();
        self.report.claims = claims::of_suite(attributes);
        self.listing.root(attributes);
        self.time_ms(attributes);
        self.report.counts_otherwise |= counts_otherwise(true, |name| attributes.get(name));
        self.report.of_vitest = attributes.get("name").as_deref() == Some("vitest tests");
        self.no_counts(attributes, None);
        self.timestamp(attributes);
        Open::Root
    }

    /// An element within a testcase, at whatever depth, or one that says nothing.
    fn inside(&mut self, attributes: &Attributes, within: Option<Open>, element: &[u8]) -> Open {
        let printed = matches!(element, b"system-out" | b"system-err");
        if matches!(within, Some(Open::Case(_))) {
            self.listing.result();
        }
        let found = match within {
            Some(Open::Outcome(suite)) if element == b"stackTrace" => return Open::Outcome(suite),
            Some(Open::Outcome(suite)) if printed => return Open::Output { suite, of_outcome: true },
            Some(Open::Case(suite)) if printed => return Open::Output { suite, of_outcome: false },
            Some(Open::Case(suite)) => (suite, elements::kind(element)),
            // What stands in a failure tells of that failure.
            Some(Open::Outcome(suite)) if self.is_skip(suite) => (suite, elements::nested(element)),
            Some(Open::Other(Some(suite))) if !printed => (suite, elements::nested(element)),
            _ => return Open::Other(None),
        };
        match found {
            (suite, Some(kind)) => self.outcome(attributes, suite, kind),
            (suite, None) => self.step(attributes, suite, element),
        }
    }

    fn is_skip(&self, suite: usize) -> bool {
        let case = self.report.suites[suite].cases.last();
        case.and_then(|c| c.outcomes.last()).is_some_and(|outcome| outcome.kind == OutcomeKind::Skipped)
    }

    /// An element within a testcase that is none of its outcomes; it may say of itself that it failed.
    fn step(&mut self, attributes: &Attributes, suite: usize, element: &[u8]) -> Open {
        if let Some(claim) = claims::of_step(attributes)
            && let Some(case) = self.report.suites[suite].cases.last_mut()
        {
            let element = plain(&String::from_utf8_lossy(element));
            case.step
                .get_or_insert_with(|| format!("the {} of its <{element}> is `{}`", claim.name, claim.value));
        }
        Open::Other(Some(suite))
    }

    fn time_ms(&mut self, attributes: &Attributes) -> Option<f64> {
        let (time_ms, other_unit) = attributes.time_ms();
        self.other_unit |= other_unit;
        time_ms
    }

    fn timestamp(&mut self, attributes: &Attributes) {
        self.report.timestamps.extend(attributes.get("timestamp"));
    }

    fn suite(&mut self, attributes: &Attributes, within: Option<Open>) -> Result<Open, JunitStop> {
        if self.report.suites.len() >= SUITES {
            return Err(JunitStop(ParseErrorKind::Limit, format!("it holds more than {SUITES} suites")));
        }
        self.timestamp(attributes);
        self.report.counts_otherwise |= counts_otherwise(false, |name| attributes.get(name));
        let name = attributes.get("name").unwrap_or_default();
        let within = match within {
            Some(Open::Suite(outer)) => Some(outer),
            _ => None,
        };
        // Many suites in a deep one would make the paths many times the text.
        let length = name.len() + within.map_or(0, |outer| self.lengths[outer] + 1);
        self.paths = self.paths.saturating_add(length);
        if self.paths > PATHS {
            return Err(JunitStop(
                ParseErrorKind::Limit,
                "the names of its nested suites are too long".into(),
            ));
        }
        self.lengths.resize(self.report.suites.len(), 0);
        self.lengths.push(length);
        let time_ms = self.time_ms(attributes);
        self.report.suites.push(JunitSuite {
            name,
            within,
            cases: Vec::new(),
            counts: attributes.counts(),
            claims: claims::of_suite(attributes),
            host: attributes.said("hostname"),
            time_ms,
        });
        self.listing.element(attributes);
        self.no_counts(attributes, Some(self.report.suites.len() - 1));
        Ok(Open::Suite(self.report.suites.len() - 1))
    }

    /// A count that is no number, or less than none, says nothing of what is missing.
    fn no_counts(&mut self, attributes: &Attributes, suite: Option<usize>) {
        let wrong = |name: &&&str| attributes.get(name).is_some_and(|v| whole(&v).is_none());
        // What was left out mocha works out, and comes to less than none where hooks fail.
        let digits = |name: &str| attributes.get(name).is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()));
        let beyond = |name: &&&str| digits(name) && wrong(name);
        let counted = ["tests", "failures", "errors"].iter().find(wrong);
        if let Some(name) =
            counted.or_else(|| ["skipped", "skips", "disabled", "ignored"].iter().find(beyond))
        {
            let value: String = attributes.get(name).unwrap_or_default().chars().take(40).collect();
            self.state_of(suite, format!("counts its {name} as `{}`, which is no number", plain(&value)));
        }
    }

    /// What node's reporter writes where a hook outside all tests failed.
    fn undefined(&mut self, attributes: &Attributes, within: Option<Open>) -> Result<Open, JunitStop> {
        let open = self.suite(attributes, within)?;
        let clause = "is an element <undefined>, as node writes it where a hook outside all tests failed";
        self.state_of(Some(self.report.suites.len() - 1), clause.into());
        Ok(open)
    }

    /// A `<failure>` or `<error>` of a suite, or of the report.
    fn alone(&mut self, attributes: &Attributes, element: &[u8]) -> Open {
        let within = match self.open.last() {
            Some(Open::Suite(suite)) => Some(*suite),
            _ => None,
        };
        let what = if element == b"error" { "an <error>" } else { "a <failure>" };
        let said: String = attributes.get("message").unwrap_or_default().chars().take(300).collect();
        let said = if said.trim().is_empty() { String::new() } else { format!(": {}", plain(said.trim())) };
        self.state_of(within, format!("holds {what} outside any testcase{said}"));
        Open::Other(None)
    }

    fn state_of(&mut self, suite: Option<usize>, clause: String) {
        if self.report.stated.len() < STATED {
            self.report.stated.push((suite, clause));
        }
    }

    fn case(&mut self, attributes: &Attributes, suite: usize) -> Result<Open, JunitStop> {
        if self.cases >= CASES {
            return Err(JunitStop(ParseErrorKind::Limit, format!("it holds more than {CASES} tests")));
        }
        self.cases += 1;
        self.listing.test(attributes);
        let time_ms = self.time_ms(attributes);
        let cases = &mut self.report.suites[suite].cases;
        let classname = attributes.get("classname");
        let name = attributes.said("name").or_else(|| attributes.said("classname"));
        cases.push(JunitCase {
            name: name.unwrap_or_else(|| format!("test {}", cases.len() + 1)),
            classname,
            file: attributes.get("file"),
            line: attributes.get("line").and_then(|l| l.trim().parse().ok()),
            status: attributes.get("status"),
            result: attributes.get("result"),
            claims: claims::of_case(attributes),
            step: None,
            time_ms,
            unreached: false,
            unshown_skip: false,
            assertions: attributes.assertions(),
            outcomes: Vec::new(),
            output: String::new(),
        });
        Ok(Open::Case(suite))
    }

    /// A testcase whose own attributes say that it did not pass, where no element does.
    fn end_case(&mut self, suite: usize) {
        let Some(case) = self.report.suites[suite].cases.last_mut() else { return };
        let Some((kind, message)) = case.unsaid() else { return };
        let (text, output) = (String::new(), String::new());
        case.outcomes.push(CaseOutcome { kind, class: None, message: Some(message), text, output });
    }

    fn outcome(&mut self, attributes: &Attributes, suite: usize, kind: OutcomeKind) -> Open {
        if let Some(case) = self.report.suites[suite].cases.last_mut() {
            let (class, message) = (attributes.get("type"), attributes.get("message"));
            case.outcomes.push(CaseOutcome {
                kind,
                class,
                message,
                text: String::new(),
                output: String::new(),
            });
        }
        Open::Outcome(suite)
    }

    fn characters(&mut self, text: &str) -> Result<(), JunitStop> {
        match self.open.last() {
            None if !text.trim().is_empty() => Err(malformed("text stands outside the report")),
            Some(Open::Outcome(suite)) => {
                let case = self.report.suites[*suite].cases.last_mut();
                if let Some(outcome) = case.and_then(|c| c.outcomes.last_mut()) {
                    append(&mut outcome.text, text, TEXT);
                }
                Ok(())
            }
            Some(Open::Output { suite, of_outcome }) => {
                if let Some(case) = self.report.suites[*suite].cases.last_mut() {
                    let outcome = case.outcomes.last_mut().filter(|_| *of_outcome);
                    append(outcome.map_or(&mut case.output, |o| &mut o.output), text, OUTPUT);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What only the whole text tells.
    fn end(&self) -> Result<(), JunitStop> {
        if !self.open.is_empty() {
            return Err(malformed("the text ends before its elements do: it is truncated"));
        }
        if !self.seen_root {
            return Err(malformed("it holds no report"));
        }
        Ok(())
    }
}

impl Builder {
    /// The report, with what only all of it tells.
    fn finish(mut self) -> JunitReport {
        if self.other_unit {
            // The numbers beside the one that gives it away are of the same unit.
            for suite in &mut self.report.suites {
                suite.time_ms = None;
                suite.cases.iter_mut().for_each(|case| case.time_ms = None);
            }
        }
        self.report.only_lists = self.listing.is_one();
        self.report.mark_unreached();
        self.report.mark_unshown_skips();
        self.report
    }
}
