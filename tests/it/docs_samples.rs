//! Samples on pages: documents and texts that programs print, and expressions with what they come to. `…` stands for what a sample does
//! not show.

use crate::docs_pages::pages;
use crate::support::{NOW, Ws};
use regex::Regex;
use serde_json::Value;

/// What a sample leaves out: a value, the other members of an object, the other elements of a list, the rest of a line, lines.
const REST: &str = "…";

/// Whether a document is what a sample shows of it; else where it is not.
pub fn json_shows(shown: &str, real: &str) -> Result<(), String> {
    let parse =
        |text: &str, what: &str| serde_json::from_str::<Value>(text).map_err(|e| format!("the {what}: {e}"));
    value_shows(&parse(shown, "sample")?, &parse(real, "document")?, "")
}

fn value_shows(shown: &Value, real: &Value, at: &str) -> Result<(), String> {
    match (shown, real) {
        (Value::String(text), _) if text == REST => Ok(()),
        (Value::Object(shown), Value::Object(real)) => {
            let parts = shown.contains_key(REST);
            if let Some(key) = real.keys().find(|key| !parts && !shown.contains_key(*key)) {
                return Err(format!("{at}/{key} is not shown"));
            }
            let mut members = shown.iter().filter(|(key, _)| *key != REST);
            members.try_for_each(|(key, value)| match real.get(key) {
                Some(real) => value_shows(value, real, &format!("{at}/{key}")),
                None => Err(format!("{at}/{key} is not there")),
            })
        }
        (Value::Array(shown), Value::Array(real)) => {
            let parts = shown.last().is_some_and(|last| last == REST);
            let first = &shown[..shown.len() - usize::from(parts)];
            if real.len() < first.len() || (!parts && real.len() > first.len()) {
                return Err(format!("{at} has {} elements", real.len()));
            }
            let mut both = first.iter().zip(real).enumerate();
            both.try_for_each(|(nth, (shown, real))| value_shows(shown, real, &format!("{at}/{nth}")))
        }
        _ if shown == real => Ok(()),
        _ => Err(format!("{at} is {real}, not {shown}")),
    }
}

/// Whether a text is what a sample shows of it.
pub fn text_shows(shown: &str, real: &str) -> Result<(), String> {
    let line = |line: &str| match line.trim() == REST {
        true => r"(?:[^\n]*\n)*?".to_string(),
        false => regex::escape(line).replace(REST, r"[^\n]*") + r"\n",
    };
    let pattern: String = shown.lines().map(line).collect();
    let ends = if real.ends_with('\n') { real.to_string() } else { format!("{real}\n") };
    let found = Regex::new(&format!(r"\A{pattern}\z")).unwrap().is_match(&ends);
    found.then_some(()).ok_or_else(|| format!("the text is not what is shown:\n{shown}---"))
}

/// An expression of a page with what it comes to.
struct Example<'p> {
    expression: &'p str,
    comes_to: &'p str,
}

fn examples(text: &str) -> impl Iterator<Item = Result<Example<'_>, String>> {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (expression, comes_to) =
            line.rsplit_once(" // ").ok_or(format!("`{line}` says not what it comes to"))?;
        Ok(Example { expression: expression.trim(), comes_to: comes_to.trim() })
    })
}

/// Why the program says otherwise. `error: WORDS` is an error in which these stand; `refused: WORDS` is no expression that loads.
fn differs(ws: &Ws, example: &Example<'_>, on: &[&str]) -> Option<String> {
    let call = [&["gate", "try", example.expression, "--format", "json", "--now", NOW][..], on].concat();
    let run = ws.run(&call);
    let tried: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
    let lints = tried["lints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let says = match example.comes_to.split_once(": ") {
        Some(("refused", words)) => {
            let said = lints.iter().map(|lint| lint["message"].to_string()).collect::<String>() + &run.stderr;
            (said.contains(words) && (run.code == 2 || !lints.is_empty())).then_some(())
        }
        // What is refused is never evaluated by a gate.
        _ if !lints.is_empty() => None,
        Some(("error", words)) => {
            tried["error"].as_str().filter(|said| said.contains(words) && tried["value"].is_null()).map(drop)
        }
        _ => tried["value"].as_str().filter(|value| *value == example.comes_to).map(drop),
    };
    says.is_none()
        .then(|| format!("`{}`: not {}\n{}{}", example.expression, example.comes_to, run.stdout, run.stderr))
}

#[test]
fn expressions_come_to_what_pages_say() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in pages() {
        let ws = Ws::new();
        let files = |info: &str| info.contains('.') && !info.contains(' ');
        for block in page.blocks.iter().filter(|block| block.lang != "cel" && files(&block.info)) {
            ws.put(&block.info, &block.text);
        }
        for block in page.blocks.iter().filter(|block| block.lang == "cel") {
            let on: Vec<&str> = block.info.split_whitespace().flat_map(|file| ["--on", file]).collect();
            for example in examples(&block.text) {
                seen += 1;
                match example {
                    Err(why) => wrong.push(format!("{}: {why}", block.at)),
                    Ok(example) => {
                        wrong.extend(differs(&ws, &example, &on).map(|why| format!("{}: {why}", block.at)));
                    }
                }
            }
        }
    }
    assert!(seen > 50, "{seen} expressions");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documents that pages show whole, of schemas of ours.
#[test]
fn documents_on_pages_hold_to_their_schemas() {
    let ws = Ws::new();
    let mut seen = 0;
    for page in pages() {
        for block in page.blocks.iter().filter(|block| block.lang == "json") {
            let document: Value = serde_json::from_str(&block.text).unwrap();
            let ours = document["schema"].as_str().is_some_and(|id| id.starts_with("tollgate."));
            if !ours || block.text.contains(REST) {
                continue;
            }
            seen += 1;
            ws.put("shown.json", block.text.replace("<git rev-parse HEAD>", &"0".repeat(40)));
            let run = ws.run(&["validate", "shown.json"]);
            assert_eq!(run.code, 0, "{}: {}", block.at, run.stdout);
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_sample_that_is_none_is_found() {
    let real = r#"{"a": 1, "b": [1, 2], "c": {"d": "x"}}"#;
    for shown in [
        real,
        r#"{"a": 1, "…": "…"}"#,
        r#"{"a": "…", "b": [1, "…"], "c": {"…": "…"}}"#,
        r#"{"a": 1, "b": [1, 2, "…"], "c": "…"}"#,
    ] {
        assert_eq!(json_shows(shown, real), Ok(()), "{shown}");
    }
    for (shown, why) in [
        (r#"{"a": 1}"#, "/b is not shown"),
        (r#"{"a": 2, "…": "…"}"#, "/a is 1, not 2"),
        (r#"{"e": "…", "…": "…"}"#, "/e is not there"),
        (r#"{"b": [1], "…": "…"}"#, "/b has 2 elements"),
        (r#"{"b": [1, 2, 3, "…"], "…": "…"}"#, "/b has 2 elements"),
        (r#"{"c": {"d": "y"}, "…": "…"}"#, r#"/c/d is "x", not "y""#),
    ] {
        assert_eq!(json_shows(shown, real).unwrap_err(), why);
    }
    let real = "one 12 s\ntwo\nthree\nfour\n";
    for shown in ["one … s\ntwo\nthree\nfour\n", "…\nfour\n", "one …\n…\n", "one 12 s\n…\nthree\nfour\n"]
    {
        assert_eq!(text_shows(shown, real), Ok(()), "{shown}");
    }
    for shown in ["one 1… m\n…\n", "two\n…\n", "…\nthree\n", "one 12 s\nthree\nfour\n"] {
        assert!(text_shows(shown, real).is_err(), "{shown}");
    }
    let ws = Ws::new();
    let differs = |expression, comes_to| differs(&ws, &Example { expression, comes_to }, &[]).is_some();
    assert!(!differs("7 / 2", "3.5") && differs("7 / 2", "3") && differs("7 / 2", "error: zero"));
    assert!(!differs("1 % (1 - 1)", "error: zero") && differs("1 % (1 - 1)", "0"));
    assert!(!differs("'a' != 'b'", "refused: null") && differs("'a' != 'b'", "true"));
    assert!(!differs("1 +", "refused: ") && differs("1 + 1", "refused: "));
    assert!(examples("1 + 1").next().is_some_and(|example| example.is_err()));
}
