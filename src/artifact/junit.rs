//! JUnit XML reports, bound as one object; every count is recomputed from the cases.

use super::fault::Fault;
use crate::base::json::{Json, Limits, Object, place_of_offset, plain, utf8};
use crate::model::finding::Reason;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// Characters of a failure's text that are kept.
const MESSAGE: usize = 2_000;

/// Parses a report whose root is `<testsuites>` or `<testsuite>` into `{tests, failures, errors, skipped, suites: [{name,
/// tests: [{name, classname, status, time_ms, message}]}]}`; a nested suite stands on its own, as `outer/inner`. Refused are a
/// DOCTYPE, a text that ends before its elements do, and a report that counts more failures than it shows.
pub(super) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Json<'a>, Fault> {
    let text = utf8(bytes).map_err(Fault::of_parse)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut report = Report { depth: limits.levels(), ..Report::default() };
    let outcome = loop {
        match reader.read_event() {
            Ok(Event::Eof) => break report.end(),
            Ok(event) => {
                if let Err(stop) = report.event(event) {
                    break Err(stop);
                }
            }
            Err(error) => break Err(malformed(plain(&error.to_string()))),
        }
    };
    let at = usize::try_from(reader.buffer_position().max(reader.error_position())).unwrap_or(bytes.len());
    outcome.map_err(|fault| fault.at(Some(place_of_offset(bytes, at))))?;
    Ok(report.document())
}

fn malformed(clause: impl Into<String>) -> Fault {
    Fault::new(Reason::Malformed, clause)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Passed,
    Skipped,
    Failed,
    Error,
}

struct Case {
    name: String,
    classname: Option<String>,
    status: Status,
    time_ms: Option<f64>,
    message: Option<String>,
}

struct Suite {
    name: String,
    cases: Vec<Case>,
    /// Failures and errors that the element says it has, nested ones among them.
    declared: u64,
    /// The suite it stands in.
    within: Option<usize>,
}

/// An open element.
#[derive(Clone, Copy)]
enum Open {
    Root {
        declared: u64,
    },
    Suite(usize),
    Case(usize),
    /// `failure`, `error` or `skipped` of the case that is open.
    Outcome,
    Other,
}

#[derive(Default)]
struct Report {
    depth: usize,
    open: Vec<Open>,
    seen_root: bool,
    root_declared: u64,
    suites: Vec<Suite>,
    /// The text of the outcome that is open.
    text: String,
}

impl Report {
    fn event(&mut self, event: Event<'_>) -> Result<(), Fault> {
        match event {
            Event::Start(element) => self.start(&element),
            Event::End(_) => self.close(),
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
                let known = match reference.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    Ok(None) => match &*reference {
                        b"lt" => Some('<'),
                        b"gt" => Some('>'),
                        b"amp" => Some('&'),
                        b"apos" => Some('\''),
                        b"quot" => Some('"'),
                        _ => None,
                    },
                    Err(_) => None,
                };
                let c = known.ok_or_else(|| malformed("it holds a reference to something undefined"))?;
                self.characters(c.encode_utf8(&mut [0; 4]))
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name))
                    if !name.eq_ignore_ascii_case(b"utf-8") && !name.eq_ignore_ascii_case(b"us-ascii") =>
                {
                    Err(malformed(format!(
                        "it says its encoding is {}, not UTF-8",
                        plain(&String::from_utf8_lossy(&name))
                    )))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.len() >= self.depth {
            return Err(Fault::new(Reason::Limit, "it is nested too deeply"));
        }
        let attributes = attributes(element)?;
        let get = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let count = |name: &str| get(name).and_then(|v| v.trim().parse::<u64>().ok()).unwrap_or(0);
        let declared = count("failures").saturating_add(count("errors"));
        let name = element.local_name();
        let open = match (self.open.last(), name.as_ref()) {
            (None, b"testsuites" | b"testsuite") if self.seen_root => {
                return Err(malformed("a second report follows the first"));
            }
            (None, b"testsuites") => Open::Root { declared },
            (None | Some(Open::Root { .. } | Open::Suite(_)), b"testsuite") => {
                self.suite(get("name").unwrap_or_default(), declared)
            }
            (None, other) => {
                let other = plain(&String::from_utf8_lossy(other));
                return Err(malformed(format!("its root is <{other}>, not <testsuites> or <testsuite>")));
            }
            (Some(Open::Suite(suite)), b"testcase") => {
                let time_ms = get("time").and_then(|t| t.trim().parse::<f64>().ok()).map(|s| s * 1_000.0);
                self.suites[*suite].cases.push(Case {
                    name: get("name").ok_or_else(|| malformed("a testcase has no name"))?,
                    classname: get("classname"),
                    status: Status::Passed,
                    time_ms: time_ms.filter(|t| t.is_finite()),
                    message: None,
                });
                Open::Case(*suite)
            }
            (Some(_), b"testcase" | b"testsuite") => {
                return Err(malformed("a testcase or testsuite stands where none may stand"));
            }
            (Some(Open::Case(suite)), outcome @ (b"failure" | b"error" | b"skipped")) => {
                let status = match outcome {
                    b"failure" => Status::Failed,
                    b"error" => Status::Error,
                    _ => Status::Skipped,
                };
                self.outcome(*suite, status, get("message"))
            }
            _ => Open::Other,
        };
        self.seen_root = true;
        self.open.push(open);
        Ok(())
    }

    fn suite(&mut self, name: String, declared: u64) -> Open {
        let within = match self.open.last() {
            Some(Open::Suite(outer)) => Some(*outer),
            _ => None,
        };
        let name = within.map_or(name.clone(), |outer| format!("{}/{name}", self.suites[outer].name));
        self.suites.push(Suite { name, cases: Vec::new(), declared, within });
        Open::Suite(self.suites.len() - 1)
    }

    /// The worst outcome of a case is its status; its message is that of the first of those.
    fn outcome(&mut self, suite: usize, status: Status, message: Option<String>) -> Open {
        self.text.clear();
        if let Some(case) = self.suites[suite].cases.last_mut()
            && (status as u8) > (case.status as u8)
        {
            case.status = status;
            case.message = message.map(|m| m.chars().take(MESSAGE).collect());
        }
        Open::Outcome
    }

    fn characters(&mut self, text: &str) -> Result<(), Fault> {
        match self.open.last() {
            None if !text.trim().is_empty() => Err(malformed("text stands outside the report")),
            Some(Open::Outcome) if self.text.len() < 4 * MESSAGE => {
                self.text.push_str(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        match self.open.pop() {
            Some(Open::Outcome) => {
                if let Some(Open::Case(suite)) = self.open.last() {
                    let text: String = self.text.trim().chars().take(MESSAGE).collect();
                    if let Some(case) = self.suites[*suite].cases.last_mut().filter(|c| c.message.is_none()) {
                        case.message = Some(text).filter(|t| !t.is_empty());
                    }
                }
                Ok(())
            }
            Some(Open::Root { declared }) => {
                self.root_declared = declared;
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(malformed("an element is closed that was never opened")),
        }
    }

    /// What only the whole text tells.
    fn end(&self) -> Result<(), Fault> {
        if !self.open.is_empty() {
            return Err(malformed("the text ends before its elements do: it is truncated"));
        }
        if !self.seen_root {
            return Err(malformed("it holds no report"));
        }
        let mut shown: Vec<u64> = self.suites.iter().map(|s| red(&s.cases)).collect();
        let all: u64 = shown.iter().sum();
        // A nested suite stands after the one it is in.
        for (nth, suite) in self.suites.iter().enumerate().rev() {
            if let Some(outer) = suite.within {
                shown[outer] += shown[nth];
            }
        }
        let short = |name: &str, declared: u64, shown: u64| {
            malformed(format!("{name} counts {declared} failures and errors, but its testcases show {shown}"))
        };
        if self.root_declared > all {
            return Err(short("the report", self.root_declared, all));
        }
        match self.suites.iter().zip(shown).find(|(suite, shown)| suite.declared > *shown) {
            Some((suite, shown)) => {
                Err(short(&format!("the suite `{}`", plain(&suite.name)), suite.declared, shown))
            }
            None => Ok(()),
        }
    }

    fn document(self) -> Json<'static> {
        let count = |status: Status| {
            Json::Int(self.suites.iter().flat_map(|s| &s.cases).filter(|c| c.status == status).count() as i64)
        };
        let tests = Json::Int(self.suites.iter().map(|s| s.cases.len()).sum::<usize>() as i64);
        let (failures, errors, skipped) =
            (count(Status::Failed), count(Status::Error), count(Status::Skipped));
        let suites = self.suites.into_iter().map(|suite| {
            object([
                ("name", text(suite.name)),
                ("tests", Json::Array(suite.cases.into_iter().map(Case::document).collect())),
            ])
        });
        object([
            ("tests", tests),
            ("failures", failures),
            ("errors", errors),
            ("skipped", skipped),
            ("suites", Json::Array(suites.collect())),
        ])
    }
}

impl Case {
    fn document(self) -> Json<'static> {
        let status = match self.status {
            Status::Passed => "passed",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
            Status::Error => "error",
        };
        object([
            ("name", text(self.name)),
            ("classname", self.classname.map_or(Json::Null, text)),
            ("status", Json::Str(Cow::Borrowed(status))),
            ("time_ms", self.time_ms.map_or(Json::Null, Json::Float)),
            ("message", self.message.map_or(Json::Null, text)),
        ])
    }
}

fn red(cases: &[Case]) -> u64 {
    cases.iter().filter(|c| matches!(c.status, Status::Failed | Status::Error)).count() as u64
}

fn text(text: String) -> Json<'static> {
    Json::Str(Cow::Owned(text))
}

fn object<const N: usize>(members: [(&'static str, Json<'static>); N]) -> Json<'static> {
    Json::Object(Object::from_members(members.into_iter().map(|(k, v)| (Cow::Borrowed(k), v)).collect()))
}

/// Name and value of every attribute; one that stands twice, or holds an unknown entity, is a fault.
fn attributes(element: &BytesStart<'_>) -> Result<Vec<(String, String)>, Fault> {
    element
        .attributes()
        .map(|attribute| {
            let attribute = attribute.map_err(|e| malformed(plain(&e.to_string())))?;
            let value = attribute.unescape_value().map_err(|e| malformed(plain(&e.to_string())))?;
            Ok((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> String {
        serde_json::to_string_pretty(&parse(text.as_bytes(), &Limits::default()).unwrap().to_value()).unwrap()
    }

    #[test]
    fn nested_suites_and_counts_from_the_cases() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="99" failures="1" errors="1">
  <testsuite name="outer" failures="1">
    <properties><property name="a" value="b"/></properties>
    <testcase name="a &lt;b&gt;" classname="c" time="0.25"/>
    <testcase name="f"><failure message="left != right">stack</failure><system-out>noise</system-out></testcase>
    <testsuite name="inner">
      <testcase name="e" time="NaN"><error><![CDATA[boom <x>]]> &amp; more &#33;</error></testcase>
      <testcase name="s"><skipped/></testcase>
      <testcase name="retried"><flakyFailure message="once"/></testcase>
    </testsuite>
  </testsuite>
</testsuites>"#;
        insta::assert_snapshot!(bound(text), @r#"
        {
          "errors": 1,
          "failures": 1,
          "skipped": 1,
          "suites": [
            {
              "name": "outer",
              "tests": [
                {
                  "classname": "c",
                  "message": null,
                  "name": "a <b>",
                  "status": "passed",
                  "time_ms": 250.0
                },
                {
                  "classname": null,
                  "message": "left != right",
                  "name": "f",
                  "status": "failed",
                  "time_ms": null
                }
              ]
            },
            {
              "name": "outer/inner",
              "tests": [
                {
                  "classname": null,
                  "message": "boom <x> & more !",
                  "name": "e",
                  "status": "error",
                  "time_ms": null
                },
                {
                  "classname": null,
                  "message": null,
                  "name": "s",
                  "status": "skipped",
                  "time_ms": null
                },
                {
                  "classname": null,
                  "message": null,
                  "name": "retried",
                  "status": "passed",
                  "time_ms": null
                }
              ]
            }
          ],
          "tests": 5
        }
        "#);
    }

    #[test]
    fn a_bare_suite_is_a_report() {
        let doc = parse(b"<testsuite name='x'/>", &Limits::default()).unwrap();
        assert_eq!(doc.get("tests"), Some(&Json::Int(0)));
        assert_eq!(doc.pointer("/suites/0/name").and_then(Json::as_str), Some("x"));
    }

    #[test]
    fn bad_reports_are_one_clause_with_a_place() {
        let deep = "<testsuite name='x'>".repeat(5_000);
        let cases = [
            "",
            "<testsuites>",
            "<testsuites><testsuite name='a'><testcase name='b'></testsuite></testsuites>",
            "<testsuites><testsuite name='a'>\n<testcase name='b'/>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><testsuites/>",
            "<testsuites/><testsuites/>",
            "<testsuites/>tail",
            "<html/>",
            "<testsuite><testcase name='a' name='b'/></testsuite>",
            "<testsuite><testcase/></testsuite>",
            "<testsuite><testcase name='&xxe;'/></testsuite>",
            "<testsuite><testcase name='a'><failure>&xxe;</failure></testcase></testsuite>",
            "<testsuite name='s' failures='2'><testcase name='a'><failure/></testcase></testsuite>",
            "<testsuites errors='1'/>",
            "<testsuites><testcase name='a'/></testsuites>",
            "<?xml version='1.0' encoding='UTF-16'?><testsuites/>",
            "{}",
            "<testsuite><",
            &deep,
        ];
        let said: Vec<String> = cases
            .iter()
            .map(|text| {
                let fault = parse(text.as_bytes(), &Limits::default()).unwrap_err();
                let place = fault.place.map_or("-".into(), |p| format!("{}:{}", p.line, p.column));
                format!("{place} {:?} {}", fault.reason, fault.clause)
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        1:1 Malformed it holds no report
        1:13 Malformed the text ends before its elements do: it is truncated
        1:64 Malformed ill-formed document: expected `</testcase>`, but `</testsuite>` was found
        2:21 Malformed the text ends before its elements do: it is truncated
        1:31 Malformed it has a DOCTYPE, which is refused
        1:27 Malformed a second report follows the first
        1:18 Malformed text stands outside the report
        1:8 Malformed its root is <html>, not <testsuites> or <testsuite>
        1:41 Malformed position 18: duplicated attribute, previous declaration at position 9
        1:23 Malformed a testcase has no name
        1:36 Malformed at 1..4: unrecognized entity `xxe`
        1:45 Malformed it holds a reference to something undefined
        1:86 Malformed the suite `s` counts 2 failures and errors, but its testcases show 1
        1:25 Malformed the report counts 1 failures and errors, but its testcases show 0
        1:33 Malformed a testcase or testsuite stands where none may stand
        1:40 Malformed it says its encoding is UTF-16, not UTF-8
        1:3 Malformed text stands outside the report
        1:13 Malformed syntax error: tag not closed: `>` not found before end of input
        1:2581 Limit it is nested too deeply
        "#);
    }
}
