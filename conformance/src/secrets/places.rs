//! Where secrets stand in a text by the form of what is around them, whether they are known or not: in
//! URLs, in properties of JSON with such a name, and tokens of the vendor's by their prefixes.

use std::ops::Range;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    SHORTEST_SECRET,
    forms::{may_be_escaped, unescaped},
    names::{is_secret_parameter, is_secret_property},
};

/// What the vendor's tokens begin with, whatever they are for.
const PREFIXES: [&[u8]; 5] = [b"bkua_", b"bkrt_", b"bkpt_", b"bktx_", b"bkur_"];

/// How many characters follow a prefix at least, where it is not only spoken of.
const SHORTEST_REST: usize = 4;

/// How many characters in base64 are looked into: with fewer, no secret is there.
const SHORTEST_BASE64: usize = 12;

/// How often what is escaped may be escaped again.
const ESCAPED_TIMES: usize = 3;

/// How long a word is that no one would write.
const LONG: usize = 24;

/// What stands in a text where a secret does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    /// Whether it is a secret wherever else it stands: nobody could mean anything else by it.
    pub(super) is_secret: bool,
}

/// The places of secrets in a text, in order and apart from each other.
pub(super) fn places(text: &str) -> Vec<Place> {
    let mut places = prefixed(text);
    places.extend(users(text));
    places.extend(parameters(text));
    places.extend(properties(text));
    places.retain(|place| !text[place.range.clone()].starts_with("$RE"));
    places.sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.end)));
    let mut end = 0;
    places.retain(|place| {
        let is_apart = place.range.start >= end && !place.range.is_empty();
        end = if is_apart { place.range.end } else { end };
        is_apart
    });
    places
}

/// The text with each of its places replaced; `None` when there is none.
pub(super) fn without(text: &str, shown: &str) -> Option<String> {
    let places = places(text);
    let mut clean = String::new();
    let mut kept = 0;
    for place in &places {
        clean.push_str(&text[kept..place.range.start]);
        clean.push_str(shown);
        kept = place.range.end;
    }
    (kept > 0).then(|| clean + &text[kept..])
}

/// The secrets that stand in a text, in whatever form: as they are, escaped, and in base64.
pub(super) fn secrets_in(text: &str) -> Vec<String> {
    let mut found = secrets_as_they_are(text);
    let mut escaped = text.to_owned();
    for _ in 0..ESCAPED_TIMES {
        if !may_be_escaped(&escaped) {
            break;
        }
        let plain = unescaped(&escaped);
        if plain == escaped {
            break;
        }
        found.extend(secrets_as_they_are(&plain));
        found.extend(in_base64(&plain));
        escaped = plain;
    }
    found.extend(in_base64(text));
    found.sort();
    found.dedup();
    found
}

fn secrets_as_they_are(text: &str) -> Vec<String> {
    let places = places(text).into_iter().filter(|place| place.is_secret);
    places.map(|place| text[place.range].to_owned()).collect()
}

/// The secrets in what a text has in base64.
fn in_base64(text: &str) -> Vec<String> {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let words = text.split(|c| !is_base64(c)).filter(|word| word.len() >= SHORTEST_BASE64);
    let decoded = words.filter_map(from_base64);
    decoded.flat_map(|decoded| secrets_as_they_are(&decoded)).collect()
}

/// What a text in base64 stands for, as far as that is text.
pub(super) fn from_base64(word: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if word.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let decoded = GeneralPurpose::new(&alphabet, config).decode(word.trim_end_matches('=')).ok()?;
    Some(String::from_utf8_lossy(&decoded).into_owned())
}

/// Whether a text is one that nobody writes by chance, or by right: it is no word, and no name.
pub(super) fn looks_secret(text: &str) -> bool {
    let has = |is: fn(char) -> bool| text.contains(is);
    let is_mixed = has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic());
    let is_one_word = !has(|c| c.is_whitespace() || matches!(c, '/' | '@'));
    let is_cased = has(|c| c.is_ascii_uppercase()) && has(|c| c.is_ascii_lowercase());
    text.len() >= SHORTEST_SECRET && is_one_word && (is_mixed || is_cased || text.len() >= LONG)
}

/// The vendor's tokens, in any case.
fn prefixed(text: &str) -> Vec<Place> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    let mut index = 0;
    while index + PREFIXES[0].len() < bytes.len() {
        let here = &bytes[index..];
        let begins = |prefix: &&[u8]| here[..prefix.len()].eq_ignore_ascii_case(prefix);
        let may_begin = here[0].eq_ignore_ascii_case(&b'b');
        let Some(prefix) = PREFIXES.iter().find(|prefix| may_begin && begins(prefix)) else {
            index += 1;
            continue;
        };
        let is_of_it = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let rest = here[prefix.len()..].iter().take_while(is_of_it).count();
        let end = index + prefix.len() + rest;
        if rest >= SHORTEST_REST {
            places.push(Place { range: index..end, is_secret: true });
        }
        index = end;
    }
    places
}

/// The passwords in URLs, which stand before the host.
fn users(text: &str) -> Vec<Place> {
    let bytes = text.as_bytes();
    let slashes = ["://", ":\\/\\/"];
    let starts = slashes.iter().flat_map(|it| text.match_indices(it).map(|(at, it)| at + it.len()));
    let user = |start: usize| {
        let is_end = |byte: &u8| !byte.is_ascii_graphic() || b"/\\?#<>\"'`".contains(byte);
        let authority = bytes[start..].iter().position(is_end).map_or(bytes.len(), |it| start + it);
        let end = start + bytes[start..authority].iter().rposition(|byte| *byte == b'@')?;
        // Of `user:password` the password, and a user without one, as tokens are given.
        let password = text[start..end].find(':').map_or(start, |colon| start + colon + 1);
        Some(Place { range: password..end, is_secret: looks_secret(&text[password..end]) })
    };
    starts.filter_map(user).collect()
}

/// The values of parameters of a query, or of a form, with such a name.
fn parameters(text: &str) -> Vec<Place> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    for (equals, _) in text.match_indices('=') {
        let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte);
        let start =
            bytes[..equals].iter().rposition(|byte| !is_of_name(byte)).map_or(0, |it| it + 1);
        let begins = start == 0 || b"?&;".contains(&bytes[start - 1]);
        if !begins || start == equals || !is_secret_parameter(&text[start..equals]) {
            continue;
        }
        let is_end = |byte: &u8| !byte.is_ascii_graphic() || b"&#<>\"'`\\;,)}".contains(byte);
        let value = equals + 1;
        let end = bytes[value..].iter().position(is_end).map_or(bytes.len(), |it| value + it);
        places.push(Place { range: value..end, is_secret: looks_secret(&text[value..end]) });
    }
    places
}

/// The values of properties of JSON with such a name.
fn properties(text: &str) -> Vec<Place> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    for (colon, _) in text.match_indices(':') {
        let Some(name) = string_before(bytes, colon) else { continue };
        let after = bytes[colon + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let Some(value) = string_after(bytes, colon + 1 + after) else { continue };
        let inside = &text[value.clone()];
        let is_sentence = inside.contains(char::is_whitespace) || inside.len() < SHORTEST_SECRET;
        if !is_sentence && is_secret_property(&text[name]) {
            places.push(Place { is_secret: looks_secret(inside), range: value });
        }
    }
    places
}

/// What stands between the quotation marks of a string that ends before `end`. Names of properties are
/// short.
fn string_before(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 64;
    let white = bytes[..end].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    let last = (end - white).checked_sub(1).filter(|last| bytes[*last] == b'"')?;
    let from = last.saturating_sub(LONGEST);
    let first = from + bytes[from..last].iter().rposition(|byte| *byte == b'"')?;
    Some(first + 1..last)
}

/// What stands between the quotation marks of a string that begins here.
fn string_after(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut end = start + 1;
    loop {
        match bytes.get(end)? {
            b'"' => return Some(start + 1..end),
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn clean(text: &str) -> String {
        without(text, "$X").unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn secrets_are_told_by_what_is_around_them() {
        for (text, expected) in [
            ("a bkua_0123abc, b", "a $X, b"),
            ("xBKRT_0123abc", "x$X"),
            ("bkpt_a-b_c bktx_1234 bkur_1234", "$X $X $X"),
            ("<https://u:p@h/a?b=c>; rel=next", "<https://u:$X@h/a?b=c>; rel=next"),
            ("\"https:\\/\\/t0ken@h\"", "\"https:\\/\\/$X@h\""),
            ("/a?page=2&api_key=abc&b=c#d", "/a?page=2&api_key=$X&b=c#d"),
            (
                "<https://h/?X-Amz-Signature=ab12>; rel=\"next\"",
                "<https://h/?X-Amz-Signature=$X>; rel=\"next\"",
            ),
            ("access%5Ftoken=abc&x=1", "access%5Ftoken=$X&x=1"),
            ("{\"clientSecret\" : \"abcdefgh\"}", "{\"clientSecret\" : \"$X\"}"),
            ("{\"password\":\"ab\\\"cdefgh\",\"a\":\"b\"}", "{\"password\":\"$X\",\"a\":\"b\"}"),
        ] {
            assert_eq!(clean(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "",
            "bkua_",
            "tokens begin with bkua_.",
            "https://h/a@b",
            "https://h?next=a@b",
            "mail a@b.example",
            "?page_token=abcdefgh&per_page=1&next_token=x",
            "{\"token\": \"may not be given\", \"token_type\": \"Bearer-something\"}",
            "{\"token\": \"$REGISTRIES_ISSUED_TOKEN\"}",
            "a == b && token",
            "{\"description\": \"=&;=?:\\\"\"}",
            "\":",
            ":\"",
            "\"secret\":\"",
            "ä=ö&token",
        ] {
            assert_eq!(clean(text), text, "{text}");
        }
    }

    #[test]
    fn secrets_are_known_in_every_form() {
        let url = "https://h/?api_key=k3y-0123456789";
        let encoded = url.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        let twice = serde_json::to_string(&serde_json::to_string(url).unwrap()).unwrap();
        let basic = BASE64_STANDARD.encode("user:bkua_0123456789");
        for (text, secret) in [
            (url, "k3y-0123456789"),
            (&encoded, "k3y-0123456789"),
            (&twice, "k3y-0123456789"),
            (&basic, "bkua_0123456789"),
            ("%62kua%5F0123456789", "bkua_0123456789"),
            ("\\u0062kua_0123456789", "bkua_0123456789"),
        ] {
            assert_eq!(secrets_in(text), [secret], "{text}");
        }
        assert_eq!(secrets_in("https://h/?api_key=my-registry"), [""; 0]);
    }

    /// Whatever took more than a few steps for a byte would not come to an end here.
    #[test]
    fn a_large_text_is_searched_as_fast_as_a_small_one() {
        for filler in
            ["b", "bkua_", "://", "=", "a=", ":", "\":\"", "\"", "\\", "%62", "QUJD", "token=&"]
        {
            let much = filler.repeat((1 << 18) / filler.len()) + " bkua_0123456789";
            let found = secrets_in(&much);
            assert!(found.iter().any(|it| it.ends_with("bkua_0123456789")), "{filler}");
        }
    }
}
