//! A secret in the forms in which a text may have it: as it is, escaped as in JSON, HTML or a URL, or
//! as a part of something in base64.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

/// How many backslashes an escape has at most: those of JSON in JSON, four times over. Without a
/// bound, a body of backslashes would be read to its end from each of them.
const SLASHES: usize = 31;

/// What an escape begins with.
const ESCAPES: [u8; 3] = *b"%\\&";

/// A secret that is looked for.
#[derive(Clone)]
pub(super) struct Needle {
    pub(super) plain: String,
    /// The secret, and what all base64 of a text with it has in common, for each place of it in that;
    /// all of it in lower case, in which texts are searched.
    pub(super) forms: Vec<String>,
}

impl Needle {
    pub(super) fn new(secret: &str) -> Self {
        let mut encoded: Vec<String> = (0..3).flat_map(|before| encoded(secret, before)).collect();
        encoded.sort();
        encoded.dedup();
        let forms = std::iter::once(secret.to_owned()).chain(encoded);
        let forms = forms.map(|form| form.to_ascii_lowercase()).collect();
        Self { plain: secret.to_owned(), forms }
    }

    /// The text with the secret replaced wherever it stands, in any case; `None` when it does not.
    /// `lower` is the text in lower case.
    pub(super) fn replaced(&self, text: &str, lower: &str, shown: &str) -> Option<String> {
        let mut clean: Option<String> = None;
        for form in &self.forms {
            if let Some(text) = &clean {
                clean = without(text, &text.to_ascii_lowercase(), form, shown).or(clean);
            } else if lower.contains(form) {
                clean = without(text, lower, form, shown);
            }
        }
        self.without_escaped(clean.as_deref().unwrap_or(text), shown).or(clean)
    }

    /// Whether it stands in a text as it is written, and not only in another case.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.plain)
            || (may_be_escaped(text) && unescaped(text).contains(&self.plain))
            || self.forms[1..].iter().any(|form| text.to_ascii_lowercase().contains(form))
    }

    /// Whether another text than the secret, in another case, can be meant by what was replaced.
    pub(super) fn is_a_word(&self) -> bool {
        !self.plain.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// The text with the secret replaced where some of its characters are escaped.
    fn without_escaped(&self, text: &str, shown: &str) -> Option<String> {
        if !may_be_escaped(text) {
            return None;
        }
        let mut clean = String::new();
        let (mut kept, mut start) = (0, 0);
        let bytes = text.as_bytes();
        let first = self.plain.as_bytes().first();
        while start < text.len() {
            let is_first = first.is_some_and(|first| first.eq_ignore_ascii_case(&bytes[start]));
            let may_begin = is_first || ESCAPES.contains(&bytes[start]);
            match may_begin.then(|| self.end(bytes, start)).flatten() {
                Some(end) => {
                    clean.push_str(&text[kept..start]);
                    clean.push_str(shown);
                    (kept, start) = (end, end);
                }
                None => start += 1,
            }
        }
        (kept > 0).then(|| clean + &text[kept..])
    }

    /// Where the secret ends, if it begins here.
    fn end(&self, text: &[u8], start: usize) -> Option<usize> {
        self.plain.bytes().try_fold(start, |end, expected| {
            let (byte, length) = character(text.get(end..)?)?;
            byte.eq_ignore_ascii_case(&expected).then_some(end + length)
        })
    }
}

/// The text with a form replaced, in any case; `None` when it is not there. `lower` is the text in lower
/// case, as the form is.
fn without(text: &str, lower: &str, form: &str, shown: &str) -> Option<String> {
    let mut clean = String::new();
    let mut kept = 0;
    for (start, _) in lower.match_indices(form) {
        clean.push_str(&text[kept..start]);
        clean.push_str(shown);
        kept = start + form.len();
    }
    (kept > 0).then(|| clean + &text[kept..])
}

/// The text with what is escaped as it is meant.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, length)) = character(rest) {
        plain.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Whether a text has anything that escapes characters.
pub(super) fn may_be_escaped(text: &str) -> bool {
    text.bytes().any(|byte| ESCAPES.contains(&byte))
}

/// What base64 makes of a secret with this many bytes before it, in both alphabets. Characters that
/// depend on the bytes beside the secret are left out.
fn encoded(secret: &str, before: usize) -> [String; 2] {
    let bytes = [&b"   "[..before], secret.as_bytes()].concat();
    let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
    [
        BASE64_STANDARD_NO_PAD.encode(&bytes)[own.clone()].to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode(&bytes)[own].to_owned(),
    ]
}

/// The character that a text begins with, escaped or not, and how many bytes it takes.
fn character(text: &[u8]) -> Option<(u8, usize)> {
    escaped(text).or_else(|| Some((*text.first()?, 1)))
}

/// The ASCII character whose escape a text begins with, and how many bytes that takes.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok()?;
        u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok()
    };
    match text {
        [b'%', high, low, ..] => Some((hex(&[*high, *low])?, 3)),
        [b'\\', ..] => {
            // JSON in JSON has its backslashes escaped as well.
            let slashes = text.iter().take(SLASHES).take_while(|byte| **byte == b'\\').count();
            match &text[slashes..] {
                [b'u', digits @ ..] => Some((hex(digits.get(..4)?)?, slashes + 5)),
                [byte, ..] => Some((*byte, slashes + 1)),
                [] => None,
            }
        }
        [b'&', rest @ ..] => {
            let end = rest.iter().take(8).position(|byte| *byte == b';')?;
            let byte = match &rest[..end] {
                [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
                [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
                b"amp" => b'&',
                b"lt" => b'<',
                b"gt" => b'>',
                b"quot" => b'"',
                b"apos" => b'\'',
                _ => return None,
            };
            Some((byte, end + 2))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    use super::*;

    fn replaced(needle: &Needle, text: &str) -> Option<String> {
        needle.replaced(text, &text.to_ascii_lowercase(), "$T")
    }

    const SECRET: &str = "canary/+~&\"<0>?";

    #[test]
    fn every_form_is_found() {
        let each = |form: fn(u8) -> String| SECRET.bytes().map(form).collect::<Vec<_>>().concat();
        let percent = each(|byte| format!("%{byte:02X}"));
        let unicode = each(|byte| format!("\\u{byte:04x}"));
        let html = each(|byte| format!("&#x{byte:X};"));
        let needle = Needle::new(SECRET);
        for form in [
            SECRET.to_owned(),
            percent.to_lowercase(),
            unicode.replace('\\', "\\\\"),
            serde_json::to_string(SECRET).unwrap().trim_matches('"').to_owned(),
            "canary\\/+~&\\\"\\u003c0>?".into(),
            "canary%2f%2B~%26%22%3c0>%3F".into(),
            "canary/+~&amp;&quot;&lt;0&gt;&#63;".into(),
            percent,
            unicode,
            html,
            SECRET.to_uppercase(),
            "CANARY%2f%2B~%26%22%3c0>%3F".into(),
        ] {
            let text = format!("ä {form} ü {form}");
            let replaced = replaced(&needle, &text);
            assert_eq!(replaced.as_deref(), Some("ä $T ü $T"), "{form}");
        }
    }

    #[test]
    fn it_is_found_in_base64_whatever_stands_beside_it() {
        let needle = Needle::new(SECRET);
        for before in ["", "Bearer ", "u:", "abc"] {
            for after in ["", "}", "\n\n", "and more"] {
                let text = format!("{before}{SECRET}{after}");
                for text in [BASE64_STANDARD.encode(&text), BASE64_URL_SAFE.encode(&text)] {
                    let replaced = replaced(&needle, &text).unwrap();
                    assert!(replaced.contains("$T") && replaced.len() < text.len(), "{replaced}");
                }
            }
        }
    }

    #[test]
    fn a_secret_may_be_a_part_of_what_is_shown_instead() {
        let needle = Needle::new("REGISTRIES_TOKEN");
        let replaced =
            needle.replaced("% REGISTRIES%5FTOKEN", "% registries%5ftoken", "$REGISTRIES_TOKEN");
        assert_eq!(replaced.as_deref(), Some("% $REGISTRIES_TOKEN"));
    }

    /// Whatever took more than a few steps for a byte would not come to an end here.
    #[test]
    fn a_large_body_is_searched_as_fast_as_a_small_one() {
        let needle = Needle::new(SECRET);
        let escaped = "canary\\/+~&amp;\"&lt;0>%3F";
        for filler in ["\\", "%", "&", "QUJD", "canary%2F"] {
            let much = filler.repeat((1 << 20) / filler.len());
            let replaced = replaced(&needle, &format!("{much} {escaped}"));
            assert!(replaced == Some(format!("{much} $T")), "{filler}");
        }
        let often = replaced(&needle, &escaped.repeat(50_000)).unwrap();
        assert!(often == "$T".repeat(50_000));
    }

    #[test]
    fn what_is_no_secret_stays() {
        let needle = Needle::new(SECRET);
        for text in ["", "canary", "100% \\ & % %4", "\\u00", "&#x;&#;&", "canary\\u", "ä\\ü%ä%é"]
        {
            assert_eq!(replaced(&needle, text), None, "{text}");
        }
    }
}
