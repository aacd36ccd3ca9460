//! How writers spell a value: JSON and XML escape some characters, and each writer others.

use std::collections::BTreeSet;

/// What one writer of XML or HTML puts in the place of a character. `&` is first, so that nothing is escaped twice.
type Writer = &'static [(char, &'static str)];

/// By name, or by number; in texts quotes may stay as they are, and so may `>`.
const XML: &[Writer] = &[
    &[('&', "&amp;"), ('<', "&lt;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('"', "&quot;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#039;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")],
    &[('&', "&#38;"), ('<', "&#60;")],
    &[('&', "&#38;"), ('<', "&#60;"), ('>', "&#62;")],
    &[('&', "&#38;"), ('<', "&#60;"), ('>', "&#62;"), ('"', "&#34;"), ('\'', "&#39;")],
    &[('&', "&#x26;"), ('<', "&#x3c;")],
    &[('&', "&#x26;"), ('<', "&#x3c;"), ('>', "&#x3e;")],
    &[('&', "&#x26;"), ('<', "&#x3c;"), ('>', "&#x3e;"), ('"', "&#x22;"), ('\'', "&#x27;")],
    &[('&', "&#x26;"), ('<', "&#x3C;"), ('>', "&#x3E;"), ('"', "&#x22;"), ('\'', "&#x27;")],
];

/// The value itself and what JSON, XML and HTML make of it. Few: everything that is written is searched for all of them.
pub(super) fn forms(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::from([value.to_vec()]);
    let text = String::from_utf8_lossy(value);
    let xml = |writer: &Writer| {
        writer.iter().fold(text.to_string(), |text, (character, written)| text.replace(*character, written))
    };
    forms.extend(json(&text).into_iter().chain(XML.iter().map(xml)).map(String::into_bytes));
    forms
}

/// As JavaScript and Rust write it, as Go does (which escapes what HTML would read), as Python does (nothing but ASCII), and as PHP
/// does (slashes too).
fn json(value: &str) -> Vec<String> {
    let Ok(quoted) = serde_json::to_string(value) else { return Vec::new() };
    let bare = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_string();
    let go = bare.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let mut ascii = String::with_capacity(bare.len());
    for c in bare.chars() {
        match c {
            c if c.is_ascii() => ascii.push(c),
            c => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")))
            }
        }
    }
    let php = ascii.replace('/', "\\/");
    vec![bare, go, ascii, php]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(value: &str, written: &str) {
        assert!(forms(value.as_bytes()).contains(written.as_bytes()), "{value} as {written}");
    }

    #[test]
    fn a_value_is_known_as_others_write_it() {
        knows("pa&ss<word>99", "pa&amp;ss&lt;word&gt;99");
        knows("pa&ss<word>99", "pa&amp;ss&lt;word>99");
        knows("pa&ss<word>99", "pa&#38;ss&#60;word&#62;99");
        knows("pa&ss<word>99", "pa&#x26;ss&#x3C;word&#x3E;99");
        knows("pa&ss<word>99", "pa\\u0026ss\\u003cword\\u003e99");
        knows("it's \"x\"", "it&#x27;s &quot;x&quot;");
        knows("it's \"x\"", "it&apos;s &quot;x&quot;");
        knows("it's \"x\"", "it&#39;s &quot;x&quot;");
        knows("it's \"x\"", "it&#39;s &#34;x&#34;");
        knows("it's \"x\"", "it's \\\"x\\\"");
        knows("&amp;", "&amp;amp;");
        knows("clé/😀", "cl\\u00e9\\/\\ud83d\\ude00");
        knows("clé/😀", "cl\\u00e9/\\ud83d\\ude00");
        knows("a\nb", "a\\nb");
    }

    #[test]
    fn a_plain_value_has_one_form_and_none_has_too_many() {
        assert_eq!(forms(b"hunter2").len(), 1);
        assert!(forms("&<>\"'é/\\".as_bytes()).len() < 24);
    }
}
