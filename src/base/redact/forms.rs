//! How writers spell a value: JSON and XML escape some characters, and each writer others.

use std::collections::BTreeSet;

/// What a character may be written as, by one writer.
type Spelling = (u8, &'static [&'static str]);

/// Writers of XML and HTML: by name, or by number. `&` is first, so that nothing is escaped twice; a `>` and quotes may be
/// left as they are.
const XML: [[Spelling; 5]; 4] = [
    [
        (b'&', &["&amp;"]),
        (b'<', &["&lt;"]),
        (b'>', &["&gt;", ">"]),
        (b'"', &["&quot;", "&#34;", "\""]),
        (b'\'', &["&apos;", "&#39;", "&#x27;", "&#039;", "'"]),
    ],
    [
        (b'&', &["&#38;"]),
        (b'<', &["&#60;"]),
        (b'>', &["&#62;", ">"]),
        (b'"', &["&#34;", "\""]),
        (b'\'', &["&#39;", "'"]),
    ],
    [
        (b'&', &["&#x26;"]),
        (b'<', &["&#x3c;"]),
        (b'>', &["&#x3e;", ">"]),
        (b'"', &["&#x22;", "\""]),
        (b'\'', &["&#x27;", "'"]),
    ],
    [
        (b'&', &["&#x26;"]),
        (b'<', &["&#x3C;"]),
        (b'>', &["&#x3E;", ">"]),
        (b'"', &["&#x22;", "\""]),
        (b'\'', &["&#x27;", "'"]),
    ],
];

/// The value itself and what JSON, XML and HTML make of it.
pub(super) fn forms(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::from([value.to_vec()]);
    forms.extend(json(&String::from_utf8_lossy(value)).into_iter().map(String::into_bytes));
    if value.iter().any(|b| b"&<>\"'".contains(b)) {
        forms.extend(XML.iter().flat_map(|writer| xml(value, writer)));
    }
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

fn xml(value: &[u8], writer: &[Spelling]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    for (character, spellings) in writer.iter().filter(|(c, _)| value.contains(c)) {
        forms = spellings.iter().flat_map(|s| forms.iter().map(|f| replaced(f, *character, s))).collect();
    }
    forms
}

fn replaced(text: &[u8], character: u8, by: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + by.len());
    for byte in text {
        if *byte == character { out.extend_from_slice(by.as_bytes()) } else { out.push(*byte) }
    }
    out
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
        assert!(forms("&<>\"'é/\\".as_bytes()).len() < 64);
    }
}
