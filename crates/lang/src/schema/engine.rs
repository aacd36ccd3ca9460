//! Compiles and applies a schema.

use super::circular::circular;
use super::known::{self, KnownSchemas, Retriever, Trail};
use super::lent::{Lent, counted, is_spent};
use super::message;
use super::violation::{Violation, in_document_order};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{
    Draft, PatternOptions, ReferencingError, Retrieve, ValidationError, ValidationOptions, Validator,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use tollgate_text::escape::{cut, visible};
use tollgate_text::json::{Json, plain};

/// Whether `format` constrains values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormatRule {
    /// It does, where the format is one of JSON Schema's; others are annotations (2019-09, 7.2.3).
    #[default]
    Assertion,
    /// It never does.
    Annotation,
}

/// What a schema is compiled with, beside its own text.
#[derive(Clone, Default)]
pub(super) struct Surroundings {
    pub(super) known: Arc<KnownSchemas>,
    /// What its references are relative to; a URI.
    pub(super) base: Option<String>,
    pub(super) formats: FormatRule,
    /// Where somebody wants to know what its references asked for.
    pub(super) trail: Option<Arc<Mutex<Trail>>>,
}

/// A compiled schema. Formats are checked, a `$ref` leads only to what is registered or stands beside, and every pattern ends: in
/// linear time, or where it looks around within a bound past which nothing is believed of it.
pub struct CompiledSchema {
    document: Value,
    around: Surroundings,
    patterns: Patterns,
    validator: Validator<Lent<false>>,
    /// Lists the errors; compiled only once a document breaks the schema.
    explainer: OnceLock<Option<Validator<Lent<true>>>>,
}

/// Errors that are looked for in one document.
const LOOKED_FOR: u64 = 100_000;

/// Characters of what is said of a reference.
const SAID: usize = 400;

/// Which engine matches patterns.
#[derive(Debug, Clone, Copy)]
enum Patterns {
    Linear,
    Backtracking,
}

/// Steps that a pattern with look-around may take back at one place of one text.
const BACKTRACK: usize = 20_000;

/// Formats that a later draft than the schema's own defines: they mean there what they mean here.
const LATER: [&str; 10] = [
    "duration",
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "relative-json-pointer",
    "uri-reference",
    "uri-template",
    "uuid",
];

impl CompiledSchema {
    /// Compiles a schema document; the error is a sentence. A `$ref` out of it leads nowhere.
    pub fn compile(document: &Value) -> Result<CompiledSchema, String> {
        CompiledSchema::compile_among(document.clone(), Surroundings::default())
    }

    /// As `compile`, with what its references may lead to.
    pub(super) fn compile_among(mut document: Value, around: Surroundings) -> Result<CompiledSchema, String> {
        known::spell_references(&mut document);
        if let Some(pointer) = circular(&document) {
            return Err(format!("what stands at `#{pointer}` asks for nothing but itself"));
        }
        let (patterns, validator) = match build(&document, &around, Patterns::Linear) {
            Ok(validator) => (Patterns::Linear, validator),
            // A pattern that looks around is none of the linear engine's; whatever else is wrong stays wrong.
            Err(error) => match build(&document, &around, Patterns::Backtracking) {
                Ok(validator) => (Patterns::Backtracking, validator),
                Err(_) => return Err(sentence(&error)),
            },
        };
        Ok(CompiledSchema { document, around, patterns, validator, explainer: OnceLock::new() })
    }

    /// The formats that the schema names and that constrain nothing, because JSON Schema has none of that name.
    pub fn unknown_formats(&self) -> BTreeSet<String> {
        let options = jsonschema::options();
        let draft = Draft::default().detect(&self.document);
        let mut unknown = BTreeSet::new();
        known::keywords(&self.document, &mut |name, text| {
            let known = || LATER.contains(&text) || options.is_known_format(draft, text);
            if name == "format" && !known() {
                unknown.insert(text.to_string());
            }
        });
        unknown
    }

    /// Compiles a schema's text; the error is a sentence.
    pub fn compile_text(text: &str) -> Result<CompiledSchema, String> {
        CompiledSchema::compile_text_among(text, Surroundings::default())
    }

    pub(super) fn compile_text_among(text: &str, around: Surroundings) -> Result<CompiledSchema, String> {
        let document = serde_json::from_str(text).map_err(|e| format!("the schema is not JSON: {e}"))?;
        CompiledSchema::compile_among(document, around)
    }

    /// The quick answer.
    pub fn is_valid(&self, document: &Json<'_>) -> bool {
        self.validator.is_valid(document)
    }

    /// Every violation, in document order; empty exactly when `is_valid`. Of a document with more than 100,000 a last one says so.
    pub fn violations(&self, document: &Json<'_>) -> Vec<Violation> {
        if self.is_valid(document) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut more = false;
        if let Some(explainer) =
            self.explainer.get_or_init(|| build(&self.document, &self.around, self.patterns).ok())
        {
            let (errors, spent) = counted(LOOKED_FOR, || explainer.iter_errors(document));
            for error in errors.filter(|e| !is_spent(e.instance())) {
                flatten(&error, document, &mut found);
            }
            more = spent;
        }
        if found.is_empty() {
            // The two walks of the engine disagree: the stricter one counts.
            found.push(general(
                "the document breaks its schema in a way that the schema engine does not explain",
            ));
        }
        in_document_order(&mut found, document);
        found.dedup();
        if more {
            found.push(general("there are more violations than are listed here"));
        }
        found
    }
}

fn build<const COUNTED: bool>(
    document: &Value,
    around: &Surroundings,
    patterns: Patterns,
) -> Result<Validator<Lent<COUNTED>>, ValidationError<'static>> {
    let retriever = Retriever { known: Arc::clone(&around.known), trail: around.trail.clone() };
    let mut options = jsonschema::options_for::<Lent<COUNTED>>()
        .should_validate_formats(around.formats == FormatRule::Assertion)
        .should_ignore_unknown_formats(true)
        .with_retriever(retriever);
    if let Some(base) = &around.base {
        options = options.with_base_uri(base.clone());
    }
    options = with_later_formats(options, document);
    match patterns {
        Patterns::Linear => options.with_pattern_options(PatternOptions::regex()).build(document),
        Patterns::Backtracking => {
            let bounded = PatternOptions::fancy_regex().backtrack_limit(BACKTRACK);
            options.with_pattern_options(bounded).build(document)
        }
    }
}

type Options<'i, const COUNTED: bool> = ValidationOptions<'i, Arc<dyn Retrieve>, Lent<COUNTED>>;

/// Adds the formats that the schema names and its draft does not know. What it leads to may be of another draft: then none is
/// left out.
fn with_later_formats<'i, const COUNTED: bool>(
    mut options: Options<'i, COUNTED>,
    document: &Value,
) -> Options<'i, COUNTED> {
    let draft = Draft::default().detect(document);
    let out = known::refers_out(document);
    let mut named = BTreeSet::new();
    known::keywords(document, &mut |keyword, text| {
        if keyword == "format" {
            named.extend(LATER.into_iter().find(|name| *name == text));
        }
    });
    let plain = jsonschema::options();
    for name in LATER {
        if out || (named.contains(name) && !plain.is_known_format(draft, name)) {
            options = options.with_format(name, move |text: &str| newest(name, text));
        }
    }
    options
}

/// What the newest draft asks of each.
static NEWEST: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let check = |name| {
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let schema = options.build(&serde_json::json!({ "format": base_format(name) })).ok()?;
        Some((name, schema))
    };
    LATER.into_iter().filter_map(check).collect()
});

/// By shape: the tables of IDNA, which tell which letters may stand beside each other, are not here.
fn base_format(name: &str) -> &str {
    name.strip_prefix("idn-").unwrap_or(name)
}

/// Whether a text is in a format as the newest draft has it.
fn newest(name: &str, text: &str) -> bool {
    let text = if base_format(name) == name { text.to_string() } else { in_ascii(text) };
    NEWEST.get(name).is_some_and(|schema| schema.is_valid(&Value::from(text)))
}

/// A text with a letter for each character that is not ASCII, and a dot for each that IDNA takes for one.
fn in_ascii(text: &str) -> String {
    let plain = |c| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
        c if c.is_ascii() => c,
        c if c.is_control() || c.is_whitespace() => ' ',
        _ => 'a',
    };
    text.chars().map(plain).collect()
}

fn sentence(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().as_str();
    let place = if at.is_empty() { String::new() } else { format!(" at {}", plain(at)) };
    let why = match error.kind() {
        Kind::Referencing(ReferencingError::Unretrievable { uri, source }) => {
            let text = format!("it refers to {}: {source}", known::shown(uri));
            cut(&visible(&text), SAID)
        }
        Kind::Referencing(ReferencingError::UnknownSpecification { specification }) => {
            let named = cut(&visible(specification), SAID);
            format!("its `$schema` is {named}: no draft from 4 to 2020-12, and not registered")
        }
        Kind::Format { format } if format == "regex" => no_pattern(error.instance()),
        _ => plain(&error.to_string()),
    };
    format!("the schema does not compile{place}: {why}")
}

/// Why a pattern is none that can be used.
fn no_pattern(pattern: &Value) -> String {
    let pattern = pattern.as_str().unwrap_or_default();
    let why = match regex::Regex::new(pattern) {
        Err(regex::Error::CompiledTooBig(limit)) => {
            format!("takes more than {limit} bytes when it is compiled")
        }
        _ => "is no regular expression that is known here".into(),
    };
    format!("the pattern {} {why}", plain(pattern))
}

/// A violation of the document as a whole.
fn general(message: &str) -> Violation {
    Violation {
        pointer: String::new(),
        schema_path: String::new(),
        keyword: "schema".into(),
        message: message.into(),
        expected: None,
        actual: None,
    }
}

/// Turns one error of the engine into violations: one for each unexpected property, those of the nearest alternative.
fn flatten(error: &ValidationError<'_>, document: &Json<'_>, out: &mut Vec<Violation>) {
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            out.extend(unexpected.iter().map(|name| not_allowed(error, name, document)));
        }
        // `additionalProperties: false` beside no `properties`: the engine names none of them.
        Kind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
            match document.pointer(error.instance_path().as_str()) {
                Some(Json::Object(members)) if !members.is_empty() => {
                    out.extend(members.iter().map(|(name, _)| not_allowed(error, name, document)));
                }
                _ => out.push(violation(error, document)),
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let branches = context
                .iter()
                .map(|errors| {
                    let mut inner = Vec::new();
                    errors.iter().for_each(|e| flatten(e, document, &mut inner));
                    inner
                })
                .collect();
            out.extend(message::nearest(violation(error, document), branches));
        }
        _ => out.push(violation(error, document)),
    }
}

fn not_allowed(error: &ValidationError<'_>, name: &str, document: &Json<'_>) -> Violation {
    let mut violation = violation(error, document);
    violation.pointer.push('/');
    violation.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    violation.keyword =
        if violation.keyword == "false" { "additionalProperties".into() } else { violation.keyword };
    violation.message = format!("the property `{}` is not allowed here", plain(name));
    violation.expected = Some("no other property".into());
    violation.actual = document.pointer(&violation.pointer).map(Json::brief);
    violation
}

fn violation(error: &ValidationError<'_>, document: &Json<'_>) -> Violation {
    let pointer = error.instance_path().as_str();
    let found = document.pointer(pointer);
    let (message, expected) = say(error, found);
    let lacks = matches!(error.kind(), Kind::Required { .. });
    Violation {
        pointer: pointer.to_string(),
        schema_path: error.schema_path().as_str().to_string(),
        keyword: match error.kind() {
            Kind::FalseSchema => "false".into(),
            kind => kind.keyword().to_string(),
        },
        message,
        expected,
        actual: found.filter(|_| !lacks).map(Json::brief),
    }
}

/// The sentence of an error and what it asks for.
fn say(error: &ValidationError<'_>, found: Option<&Json<'_>>) -> (String, Option<String>) {
    let brief = found.map_or_else(|| "nothing".to_string(), Json::brief);
    match error.kind() {
        Kind::Type { kind: TypeKind::Single(one) } => message::wanted(&brief, message::article(one.as_str())),
        Kind::Type { kind: TypeKind::Multiple(many) } => {
            let names: Vec<String> = many.iter().map(|t| message::article(t.as_str())).collect();
            message::wanted(&brief, names.join(" or "))
        }
        Kind::Enum { options } => message::wanted(&brief, message::choices(options)),
        Kind::Constant { expected_value } => {
            message::wanted(&brief, Json::from_value(expected_value).brief())
        }
        Kind::Required { property } => {
            let name = property.as_str().map_or_else(|| property.to_string(), plain);
            (format!("the property `{name}` is missing"), Some(format!("a property `{name}`")))
        }
        Kind::Pattern { pattern } => message::wanted(&brief, format!("text that matches {}", plain(pattern))),
        Kind::Format { format } => message::wanted(&brief, format!("text in the format {}", plain(format))),
        Kind::Minimum { limit } => message::wanted(&brief, format!("at least {limit}")),
        Kind::Maximum { limit } => message::wanted(&brief, format!("at most {limit}")),
        Kind::ExclusiveMinimum { limit } => message::wanted(&brief, format!("more than {limit}")),
        Kind::ExclusiveMaximum { limit } => message::wanted(&brief, format!("less than {limit}")),
        Kind::MultipleOf { multiple_of } => message::wanted(&brief, format!("a multiple of {multiple_of}")),
        Kind::MinLength { limit } => message::wanted(&brief, format!("at least {limit} characters")),
        Kind::MaxLength { limit } => message::wanted(&brief, format!("at most {limit} characters")),
        Kind::MinItems { limit } => message::wanted(&brief, format!("at least {limit} items")),
        Kind::MaxItems { limit } => message::wanted(&brief, format!("at most {limit} items")),
        Kind::AdditionalItems { limit } => message::wanted(&brief, format!("at most {limit} items")),
        Kind::MinProperties { limit } => message::wanted(&brief, format!("at least {limit} properties")),
        Kind::MaxProperties { limit } => message::wanted(&brief, format!("at most {limit} properties")),
        Kind::UniqueItems => message::wanted(&brief, "items that all differ"),
        Kind::Contains => message::wanted(&brief, "as many items as `contains` asks for"),
        Kind::FalseSchema => message::wanted(&brief, "no value at all"),
        Kind::Not { .. } => message::wanted(&brief, "anything but what `not` describes"),
        Kind::UnevaluatedItems { unexpected } => (
            format!("{} items that no rule describes are not allowed here", unexpected.len()),
            Some("no other item".into()),
        ),
        Kind::OneOfMultipleValid { .. } => {
            message::wanted(&brief, "exactly one of the alternatives, not several")
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            message::wanted(&brief, format!("one of {} alternatives", context.len()))
        }
        Kind::PropertyNames { error } => {
            let name = Json::from_value(error.instance());
            let (inner, expected) = say(error, Some(&name));
            (format!("a property's name is wrong: {inner}"), expected)
        }
        _ => (plain(&error.masked_with("the value").to_string()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use tollgate_text::json::{JsonLimits, parse};

    fn doc(text: &str) -> Json<'_> {
        parse(text.as_bytes(), &JsonLimits::default()).unwrap()
    }

    /// The violations of `text`, one a line: pointer, keyword, sentence.
    fn said(schema: Value, text: &str) -> String {
        let schema = CompiledSchema::compile(&schema).unwrap();
        let doc = doc(text);
        let found = schema.violations(&doc);
        assert_eq!(found.is_empty(), schema.is_valid(&doc));
        found
            .iter()
            .map(|v| format!("{} {}: {}", v.pointer, v.keyword, v.message))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn each_violation_has_a_sentence_in_document_order() {
        let schema = json!({
            "type": "object",
            "required": ["a", "zz"],
            "additionalProperties": false,
            "properties": {
                "a": {"type": "string"},
                "b": {"enum": ["x", "y"]},
                "c": {"type": "array", "items": {"minimum": 3}, "uniqueItems": true, "maxItems": 3},
                "d": {"type": ["string", "null"]},
                "e": {"const": "v1"},
                "f": {"pattern": "^[0-9a-f]{4}$"},
                "g": {"format": "date-time"},
                "h": {"type": "integer", "multipleOf": 2},
                "i": {"minLength": 2, "maxLength": 3},
                "j": {"minProperties": 1, "propertyNames": {"maxLength": 2}},
                "k": false,
            }
        });
        let text = r#"{"g": "today", "f": "XYZ\u001b", "e": "v2", "d": 4, "c": [1, 5, 1.0, 2], "b": "exploded",
            "a": 12.5, "h": 3, "i": "ééééé", "j": {"long": 1}, "k": null, "sur/prise": {"a": 1}}"#;
        insta::assert_snapshot!(said(schema, text), @r#"
         required: the property `zz` is missing
        /g format: found "today", but the schema asks for text in the format date-time
        /f pattern: found "XYZ\u{1b}", but the schema asks for text that matches ^[0-9a-f]{4}$
        /e const: found "v2", but the schema asks for "v1"
        /d type: found 4, but the schema asks for null or a string
        /c maxItems: found an array of 4 items, but the schema asks for at most 3 items
        /c uniqueItems: found an array of 4 items, but the schema asks for items that all differ
        /c/0 minimum: found 1, but the schema asks for at least 3
        /c/2 minimum: found 1.0, but the schema asks for at least 3
        /c/3 minimum: found 2, but the schema asks for at least 3
        /b enum: found "exploded", but the schema asks for one of "x", "y"
        /a type: found 12.5, but the schema asks for a string
        /h multipleOf: found 3, but the schema asks for a multiple of 2
        /i maxLength: found "ééééé", but the schema asks for at most 3 characters
        /j propertyNames: a property's name is wrong: found "long", but the schema asks for at most 2 characters
        /k false: found null, but the schema asks for no value at all
        /sur~1prise additionalProperties: the property `sur/prise` is not allowed here
        "#);
    }

    #[test]
    fn alternatives_are_told_by_the_nearest() {
        let kinds = json!({"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind", "n"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "s": {"type": "string"}}, "required": ["kind", "s"]},
        ]});
        insta::assert_snapshot!(said(kinds.clone(), r#"{"kind": "b"}"#), @r#" required: the property `s` is missing (by the nearest of 2 alternatives)"#);
        insta::assert_snapshot!(said(kinds.clone(), r#"{"kind": "a", "n": "x"}"#), @r#"/n type: found "x", but the schema asks for an integer (by the nearest of 2 alternatives)"#);
        insta::assert_snapshot!(said(kinds, r#"{"kind": "c"}"#), @r#" oneOf: found an object of 1 member, but the schema asks for a property `n` and "a" at /kind, or a property `s` and "b" at /kind"#);
        let scalar = json!({"properties": {"v": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 2}, {"enum": [7, 8]}]}}});
        insta::assert_snapshot!(said(scalar.clone(), r#"{"v": 3}"#), @r#"/v anyOf: found 3, but the schema asks for null, or a string, or one of 7, 8"#);
        insta::assert_snapshot!(said(scalar, r#"{"v": "x"}"#), @r#"/v minLength: found "x", but the schema asks for at least 2 characters (by the nearest of 3 alternatives)"#);
        let several = json!({"oneOf": [{"type": "integer"}, {"minimum": 2}]});
        insta::assert_snapshot!(said(several, "3"), @r#" oneOf: found 3, but the schema asks for exactly one of the alternatives, not several"#);
    }

    #[test]
    fn conditions_and_unevaluated_properties() {
        let schema = json!({
            "allOf": [{"properties": {"status": {"type": "string"}}}],
            "properties": {"message": {"type": "string"}},
            "if": {"properties": {"status": {"const": "failed"}}, "required": ["status"]},
            "then": {"required": ["message"]},
            "unevaluatedProperties": false
        });
        insta::assert_snapshot!(said(schema, r#"{"status": "failed", "surprise": true}"#), @r#"
         required: the property `message` is missing
        /surprise unevaluatedProperties: the property `surprise` is not allowed here
        "#);
    }

    #[test]
    fn numbers_mean_what_2020_12_says() {
        let integer = CompiledSchema::compile(&json!({"type": "integer"})).unwrap();
        for yes in ["1", "1.0", "1e3", "18446744073709551615", "-9223372036854775808"] {
            assert!(integer.is_valid(&doc(yes)), "{yes}");
        }
        assert!(!integer.is_valid(&doc("1.5")));
        let exact = CompiledSchema::compile(&json!({"const": 9007199254740993u64})).unwrap();
        assert!(exact.is_valid(&doc("9007199254740993")));
        assert!(!exact.is_valid(&doc("9007199254740992")));
        assert!(!exact.is_valid(&doc("9007199254740992.0")));
        let one = CompiledSchema::compile(&json!({"const": {"a": [1]}})).unwrap();
        assert!(one.is_valid(&doc(r#"{"a": [1.0]}"#)));
        assert!(!one.is_valid(&doc(r#"{"a": [1], "b": 2}"#)));
        let unique = CompiledSchema::compile(&json!({"uniqueItems": true})).unwrap();
        assert!(!unique.is_valid(&doc(r#"[{"a": 1, "b": null}, {"b": null, "a": 1.0}]"#)));
        assert!(unique.is_valid(&doc(r#"["1", 1, true, null, [1], {"1": 1}, "true", "null"]"#)));
    }

    #[test]
    fn what_a_gate_must_not_trust_does_not_compile() {
        let bad = [
            json!({"$ref": "https://example.org/other.json"}),
            json!({"$ref": "other.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"pattern": "(?=look)ahead("}),
            json!({"pattern": "("}),
            json!({"type": "strnig"}),
            json!({"required": "a"}),
            json!(5),
        ];
        for schema in bad {
            let error = CompiledSchema::compile(&schema).err();
            assert!(error.is_some(), "{schema}");
        }
        assert!(
            CompiledSchema::compile(
                &json!({"$id": "tollgate.x.v1", "$ref": "#/$defs/a", "$defs": {"a": true}})
            )
            .is_ok()
        );
    }

    #[test]
    fn formats_are_checked() {
        let schema = CompiledSchema::compile(&json!({"format": "date"})).unwrap();
        assert!(schema.is_valid(&doc("\"2026-11-20\"")));
        assert!(!schema.is_valid(&doc("\"2026-13-20\"")));
    }

    #[test]
    fn an_unknown_format_is_an_annotation_and_known_ones_hold_in_every_draft() {
        let uint = CompiledSchema::compile(&json!({
            "format": "uint32", "minimum": 0, "properties": {"format": {"format": "date"}}, "default": {"format": "x"}
        }))
        .unwrap();
        assert!(uint.is_valid(&doc("7")) && !uint.is_valid(&doc("-1")));
        assert_eq!(uint.unknown_formats().into_iter().collect::<Vec<_>>(), ["uint32"]);
        for draft in ["http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"] {
            for name in LATER {
                let schema = CompiledSchema::compile(&json!({"$schema": draft, "format": name})).unwrap();
                assert!(!schema.is_valid(&doc("\"\\\\ <{\"")), "{draft} {name}");
                assert!(schema.unknown_formats().is_empty());
            }
        }
        for (name, good, bad) in [
            ("idn-email", "\"\u{5b9f}\u{4f8b}@\u{5b9f}\u{4f8b}.\u{30c6}\"", "\"x\""),
            ("idn-hostname", "\"b\u{fc}cher\u{3002}example\"", "\"-b\u{fc}cher-.example\""),
        ] {
            let schema = CompiledSchema::compile(&json!({"format": name})).unwrap();
            assert!(schema.is_valid(&doc(good)) && !schema.is_valid(&doc(bad)), "{name}");
        }
        let around = Surroundings { formats: FormatRule::Annotation, ..Surroundings::default() };
        let loose = CompiledSchema::compile_among(json!({"format": "date"}), around).unwrap();
        assert!(loose.is_valid(&doc("\"x\"")));
    }

    #[test]
    fn a_pattern_that_looks_around_is_bounded_and_never_believed_past_its_bound() {
        let schema = CompiledSchema::compile(&json!({"pattern": "^(?!x-)"})).unwrap();
        assert!(schema.is_valid(&doc("\"a\"")) && !schema.is_valid(&doc("\"x-a\"")));
        assert_eq!(schema.violations(&doc("\"x-a\"")).len(), 1);
        let text = format!("\"{}b\"", "a".repeat(60));
        for schema in [json!({"pattern": "^(?=(a+)+$)(a+)+$"}), json!({"not": {"pattern": "^(?=(a+)+$)\\1"}})]
        {
            let schema = CompiledSchema::compile(&schema).unwrap();
            let valid = schema.is_valid(&doc(&text));
            assert_eq!(schema.violations(&doc(&text)).is_empty(), valid);
        }
        let never_ends = json!({"pattern": "^(?!y)(a|a?)+\\1$"});
        assert!(!CompiledSchema::compile(&never_ends).unwrap().is_valid(&doc(&text)));
        let denied = json!({"not": never_ends});
        assert!(
            !CompiledSchema::compile(&denied).unwrap().is_valid(&doc(&text)),
            "undecided is not valid, denied or not"
        );
    }

    #[test]
    fn what_does_not_compile_says_why() {
        for (schema, wanted) in [
            (
                json!({"pattern": "^.{1,65535}$"}),
                "at /pattern: the pattern ^.{1,65535}$ takes more than 10485760 bytes",
            ),
            (
                json!({"pattern": "("}),
                "at /pattern: the pattern ( is no regular expression that is known here",
            ),
            (
                json!({"$schema": "http://json-schema.org/draft-03/schema#"}),
                "its `$schema` is http://json-schema.org/draft-03/schema#: no draft from 4 to 2020-12, and not registered",
            ),
        ] {
            let said = CompiledSchema::compile(&schema).err().unwrap();
            assert!(said.contains(wanted), "{said}");
        }
        let spaced = json!({"$id": "https://x.org/My Item", "type": "integer"});
        assert!(CompiledSchema::compile(&spaced).unwrap().is_valid(&doc("1")));
    }

    #[test]
    fn a_reference_may_hold_what_generators_write() {
        let schema = CompiledSchema::compile(&json!({
            "$ref": "#/definitions/Page<Item>",
            "definitions": {"Page<Item>": {"type": "integer"}, "const": {"$ref": "#/definitions/Page<Item>"}}
        }))
        .unwrap();
        assert!(schema.is_valid(&doc("1")) && !schema.is_valid(&doc("\"x\"")));
    }

    #[test]
    fn a_recursive_schema_ends() {
        let schema =
            CompiledSchema::compile(&json!({"properties": {"next": {"$ref": "#"}}, "type": "object"}))
                .unwrap();
        let text = format!("{}{}", "{\"next\":".repeat(100), "1".to_string() + &"}".repeat(100));
        assert_eq!(schema.violations(&doc(&text)).len(), 1);
        let endless = CompiledSchema::compile(&json!({"$ref": "#"}));
        assert!(endless.is_err() || endless.is_ok_and(|s| s.is_valid(&doc("1"))));
    }

    #[test]
    fn many_violations_in_a_wide_object_are_quick() {
        let members: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let schema = CompiledSchema::compile(&json!({"additionalProperties": false})).unwrap();
        let found = schema.violations(&doc(&text));
        assert_eq!(found.len(), 20_000);
        assert_eq!(found[19_999].pointer, "/k19999");
    }

    #[test]
    fn a_document_that_is_wrong_everywhere_is_told_in_bounds() {
        let text = format!("[{}7]", "-1,".repeat(200_000));
        let schema = CompiledSchema::compile(
            &json!({"items": {"anyOf": [{"minimum": 0}, {"type": "string"}]}, "contains": {"const": 7}}),
        )
        .unwrap();
        let found = schema.violations(&doc(&text));
        assert!(found.len() > 1_000 && found.len() < 100_002, "{}", found.len());
        assert!(
            found[..found.len() - 1].iter().all(|v| v.pointer.starts_with('/')),
            "no error of the spent walk stays"
        );
        assert_eq!(found.last().unwrap().message, "there are more violations than are listed here");
    }

    /// The engine over our tree and over serde_json's must agree.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-4i64..4).prop_map(Value::from),
            (-8i32..8).prop_map(|n| Value::from(f64::from(n) / 2.0)),
            "[ab]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
                proptest::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_the_engine_over_serde_json(value in value(), other in value(), which in 0usize..9) {
            let schema = match which {
                0 => json!({"const": other}),
                1 => json!({"enum": [other, 1, "a"]}),
                2 => json!({"uniqueItems": true}),
                3 => json!({"type": ["integer", "array"], "items": {"type": "integer"}}),
                4 => json!({"required": ["a", "b"], "properties": {"a": {"type": "number", "minimum": 0.5}}, "additionalProperties": {"type": "string"}}),
                5 => json!({"propertyNames": {"pattern": "^a"}, "unevaluatedProperties": false, "properties": {"a": true}}),
                6 => json!({"contains": {"const": other}, "minContains": 2}),
                7 => json!({"anyOf": [{"multipleOf": 1.5}, {"minItems": 3}, {"const": other}]}),
                _ => json!({"prefixItems": [{"type": "integer"}], "unevaluatedItems": {"type": "string"}, "dependentRequired": {"a": ["b", "c"]}}),
            };
            let text = value.to_string();
            let ours = CompiledSchema::compile(&schema).unwrap();
            let theirs = jsonschema::validator_for(&schema).unwrap();
            let document = doc(&text);
            prop_assert_eq!(ours.is_valid(&document), theirs.is_valid(&value), "{} against {}", text, schema);
            prop_assert_eq!(ours.violations(&document).is_empty(), theirs.is_valid(&value));
        }
    }
}
