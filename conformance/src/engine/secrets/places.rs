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
    names::{is_key_property, is_password_property, is_secret_parameter, is_secret_property},
};

/// What the vendor's tokens begin with, whatever they are for.
const PREFIXES: [&[u8]; 5] = [b"bkua_", b"bkrt_", b"bkpt_", b"bktx_", b"bkur_"];

/// What the tokens of others begin with, in this case, and how many characters follow at least.
const OTHERS: [(&str, usize); 12] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("npm_", 30),
    ("xoxb-", 16),
    ("xoxp-", 16),
];

/// The names of what has the secret in an object whose own name says that there is one.
const NESTED: [&str; 4] = ["value", "plain", "plaintext", "raw"];

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
    /// Whether it is a secret wherever else it stands: it can mean nothing else.
    pub(super) is_secret: bool,
}

/// The places of secrets in a text, in order and apart from each other.
pub(super) fn places(text: &str) -> Vec<Place> {
    let mut places = prefixed(text);
    places.extend(of_others(text));
    places.extend(private_keys(text));
    places.extend(fields(text));
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
    // A token may stand inside another place.
    let places = places.chain(prefixed(text)).chain(of_others(text));
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

/// Whether a text looks like a secret: it is no word, and no name.
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

/// The tokens of others, each a word of its own.
fn of_others(text: &str) -> Vec<Place> {
    let bytes = text.as_bytes();
    let is_of_it = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut places = Vec::new();
    for (prefix, shortest) in OTHERS {
        for (start, _) in text.match_indices(prefix) {
            let is_inside = start > 0 && is_of_it(&bytes[start - 1]);
            let rest = start + prefix.len();
            if !is_inside {
                let length = bytes[rest..].iter().take_while(|byte| is_of_it(byte)).count();
                let range = start..rest + length;
                if length >= shortest && looks_secret(&text[range.clone()]) {
                    places.push(Place { range, is_secret: true });
                }
            }
        }
    }
    places
}

/// What stands between the lines that begin and end a private key in PEM.
fn private_keys(text: &str) -> Vec<Place> {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY-----";
    /// Of what kind the key is, is said in a few words.
    const LONGEST: usize = 32;
    /// What is less is no key.
    const SHORTEST: usize = 16;
    let is_of_it = |byte: &u8| {
        byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=\\:,-".contains(byte)
    };
    let mut places = Vec::new();
    for (start, _) in text.match_indices(BEGIN) {
        let label = &text.as_bytes()[start + BEGIN.len()..];
        let label = &label[..label.len().min(LONGEST)];
        let Some(key) = label.windows(KEY.len()).position(|it| it == KEY.as_bytes()) else {
            continue;
        };
        let key = start + BEGIN.len() + key + KEY.len();
        let end = text[key..].find("-----").map_or(text.len(), |it| key + it);
        let length = text.as_bytes()[key..end].iter().take_while(|byte| is_of_it(byte)).count();
        if length >= SHORTEST {
            places.push(Place { range: key..key + length, is_secret: false });
        }
    }
    places
}

/// The values of fields of a form in parts (`multipart/form-data`) with such a name.
fn fields(text: &str) -> Vec<Place> {
    const NAME: &str = "form-data; name=\"";
    /// The headers of a part are a few lines.
    const LONGEST: usize = 256;
    let bytes = text.as_bytes();
    let find = |from: usize, to: usize, what: &[u8]| {
        bytes[from..to].windows(what.len()).position(|it| it == what).map(|it| from + it)
    };
    let mut places = Vec::new();
    let mut end = 0;
    for (at, _) in text.match_indices(NAME) {
        if at < end {
            continue;
        }
        let name = at + NAME.len();
        let to = text.len().min(name + LONGEST);
        let Some(quote) = find(name, to, b"\"") else { continue };
        let blank = [&b"\r\n\r\n"[..], b"\n\n"].into_iter();
        let value = blank.filter_map(|it| Some(find(quote, to, it)? + it.len())).min();
        let Some(value) = value.filter(|_| is_secret_parameter(&text[name..quote])) else {
            continue;
        };
        end = text[value..].find("\n--").map_or(text.len(), |it| value + it);
        let range = value..value + text[value..end].trim_end_matches('\r').len();
        places.push(Place { is_secret: looks_secret(&text[range.clone()]), range });
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
        let start = colon + 1 + after;
        if bytes.get(start) == Some(&b'{') && is_secret_property(&text[name.clone()]) {
            places.extend(nested(text, start));
        }
        let Some(value) = string_after(bytes, start) else { continue };
        let (name, inside) = (&text[name], &text[value.clone()]);
        let is_word = !inside.is_empty() && !inside.contains(char::is_whitespace);
        let is_it = if inside.len() < SHORTEST_SECRET {
            is_password_property(name)
        } else {
            let is_key = || is_key_property(name) && inside.len() >= LONG && looks_secret(inside);
            is_secret_property(name) || is_key()
        };
        if is_word && is_it {
            places.push(Place { is_secret: looks_secret(inside), range: value });
        }
    }
    places
}

/// The secrets in an object that begins here, and whose own name says that there is one.
fn nested(text: &str, start: usize) -> Vec<Place> {
    /// Such an object is small.
    const LONGEST: usize = 512;
    let bytes = &text.as_bytes()[..text.len().min(start + LONGEST)];
    let ends = bytes[start + 1..].iter().position(|byte| matches!(byte, b'{' | b'}'));
    let end = ends.map_or(bytes.len(), |it| start + 1 + it);
    let colons = (start..end).filter(|at| bytes[*at] == b':');
    let value = |colon: usize| {
        let name = string_before(bytes, colon)?;
        let after = bytes[colon + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let value = string_after(text.as_bytes(), colon + 1 + after)?;
        let inside = &text[value.clone()];
        let is_word = inside.len() >= SHORTEST_SECRET && !inside.contains(char::is_whitespace);
        let is_it = is_word && NESTED.iter().any(|it| it.as_bytes() == &bytes[name.clone()]);
        is_it.then(|| Place { is_secret: looks_secret(inside), range: value.clone() })
    };
    colons.filter_map(value).collect()
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
    fn secrets_are_recognised_by_what_is_around_them() {
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
            ("id AKIAIOSFODNN7EXAMPLE.", "id $X."),
            ("\"ghp_0123456789abcdefABCDEF0123456789abcd\"", "\"$X\""),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END RSA PRIVATE KEY-----\na",
                "-----BEGIN RSA PRIVATE KEY-----$X-----END RSA PRIVATE KEY-----\na",
            ),
            ("\"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq", "\"-----BEGIN PRIVATE KEY-----$X"),
            ("{\"pwd\":\"hunter2\",\"pass\":\"a\"}", "{\"pwd\":\"$X\",\"pass\":\"$X\"}"),
            ("{\"password_confirmation\":\"hunter2\"}", "{\"password_confirmation\":\"$X\"}"),
            ("{\"key\":\"0123456789abcdef01234567\"}", "{\"key\":\"$X\"}"),
            (
                "{\"token\": {\"id\": \"0123456789\", \"value\" : \"abcdefgh\"}, \"value\":\"abcdefgh\"}",
                "{\"token\": {\"id\": \"0123456789\", \"value\" : \"$X\"}, \"value\":\"abcdefgh\"}",
            ),
            ("/a?user_pass=abc&pw=d&bypass=e", "/a?user_pass=$X&pw=$X&bypass=e"),
            (
                "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\na b\r\n--b\r\n\
                 Content-Disposition: form-data; name=\"slug\"\r\n\r\na\r\n--b--",
                "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n$X\r\n--b\r\n\
                 Content-Disposition: form-data; name=\"slug\"\r\n\r\na\r\n--b--",
            ),
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
            "AKIA and ghp_ are prefixes, as in ghp_xxx and MAKIAIOSFODNN7EXAMPLE",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "{\"password\":\"may not be blank\",\"key\":\"registries\",\"pass\":\"\"}",
            "{\"key\": \"a/long/path/of/something/2026\"}",
            "{\"token\": {\"value\": \"is not valid\"}, \"slug\": {\"value\": \"my-registry\"}}",
            "{\"graphql_id\": \"UmVnaXN0cnktLS0wMTIzNDU2Nzg5\", \"slug\": \"abcdefgh\"}",
            "Content-Disposition: form-data; name=\"file\"\r\n\r\na\r\n--b--",
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

    const FIELD: &str = "form-data; name=\"password\"\n\n";

    /// Whatever took more than a few steps for a byte would not come to an end here.
    #[test]
    fn a_large_text_is_searched_as_fast_as_a_small_one() {
        for filler in [
            "b",
            "bkua_",
            "ghp_",
            " ghp_",
            "-----BEGIN PRIVATE KEY-----",
            "{\"token\":",
            FIELD,
            "://",
            "=",
            "a=",
            ":",
            "\":\"",
            "\"",
            "\\",
            "%62",
            "QUJD",
            "token=&",
        ] {
            let much = filler.repeat((1 << 18) / filler.len()) + " bkua_0123456789";
            let found = secrets_in(&much);
            assert!(found.iter().any(|it| it.ends_with("bkua_0123456789")), "{filler}");
        }
    }
}
