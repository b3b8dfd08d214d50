//! Text as JSON has it, and as a line shows it.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

/// Whether bytes are JSON by its grammar, be it more than a value holds.
pub fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// The text with every escape of half a character (`\ud83d` alone), which recorders write when they cut
/// a text, as one of U+FFFD.
pub fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut clean: Option<Vec<u8>> = None;
    let mut index = 0;
    while let Some(offset) = bytes[index..].iter().position(|byte| *byte == b'\\') {
        index += offset;
        let step = match unit(bytes, index) {
            Some(0xd800..=0xdbff) if matches!(unit(bytes, index + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                let clean = clean.get_or_insert_with(|| bytes.to_vec());
                clean[index..index + 6].copy_from_slice(b"\\ufffd");
                6
            }
            Some(_) => 6,
            // An escaped backslash, or anything else that is escaped.
            None => 2,
        };
        index = (index + step).min(bytes.len());
    }
    match clean.map(String::from_utf8) {
        Some(Ok(clean)) => Cow::Owned(clean),
        _ => Cow::Borrowed(text),
    }
}

/// The code unit whose escape begins here.
fn unit(bytes: &[u8], index: usize) -> Option<u16> {
    let digits = bytes.get(index..index + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

/// A value as compact JSON, cut to what fits into a line.
pub fn abridged(value: &Value) -> String {
    const LIMIT: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(LIMIT) {
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
        None => text,
    }
}

/// Whether a slug can be a segment of a path as it is.
pub fn is_segment(slug: &str) -> bool {
    !slug.is_empty() && slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_pairs_kept() {
        for (text, expected) in [
            (r#""\ud83c\udf3b""#, r#""\ud83c\udf3b""#),
            (r#""\ud83c""#, r#""\ufffd""#),
            (r#""\udf3b\ud83c x""#, r#""\ufffd\ufffd x""#),
            (r#""\\ud83c""#, r#""\\ud83c""#),
            (r#""\\\ud83c\u0041""#, r#""\\\ufffd\u0041""#),
            (r#""\ud83c\ud83c\udf3b""#, r#""\ufffd\ud83c\udf3b""#),
            ("\"\\u12\u{e9}\\", "\"\\u12\u{e9}\\"),
        ] {
            assert_eq!(without_lone_surrogates(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = abridged(&json!("ä".repeat(400)));
        assert!(text.starts_with("\"ää") && text.ends_with("… (802 bytes)"), "{text}");
        assert_eq!(abridged(&json!([1])), "[1]");
    }
}
