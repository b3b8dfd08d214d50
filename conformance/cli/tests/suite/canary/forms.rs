//! Secrets that are given away in many forms, and how they are found again.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderValue, StatusCode};
use registries_strength::faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream};
use serde_json::json;

/// The tokens of the runs. Their characters are those that forms escape.
pub(super) const CANARIES: [&str; 3] =
    ["canary-main/+~=0123", "canary-limited/+~=4567", "canary-revocable/+~=89ab"];

/// What all of them have in common, and nothing else that is written has.
pub(super) const CANARY: &str = "canary";

/// A secret in a form in which a deployment may give it away.
pub(super) type Form = (&'static str, fn(&str) -> String);

pub(super) const FORMS: [Form; 6] = [
    ("plain", str::to_owned),
    ("percent", |secret| each(secret, |byte| format!("%{byte:02x}"))),
    ("base64", |secret| BASE64_STANDARD.encode(format!("Bearer {secret}"))),
    ("base64-url", |secret| BASE64_URL_SAFE_NO_PAD.encode(format!("u:{secret}, and more"))),
    ("json", |secret| each(secret, |byte| format!("\\u{byte:04X}"))),
    ("html", |secret| each(secret, |byte| format!("&#{byte};"))),
];

fn each(secret: &str, form: fn(u8) -> String) -> String {
    secret.bytes().map(form).collect::<Vec<_>>().concat()
}

/// The reference server with the canaries as its tokens. Every response has them in every form, in
/// headers and in each text of a body.
pub(super) struct Indiscreet(pub(super) [String; 3]);

impl Behaviour for Indiscreet {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let sent = request.headers.get("authorization").and_then(|it| it.to_str().ok());
            let known = CANARIES.iter().zip(&self.0);
            let canary =
                known.clone().find(|(canary, _)| sent.is_some_and(|it| it.contains(*canary)));
            if let (Some((canary, secret)), Some(sent)) = (canary, sent) {
                let sent = sent.replace(canary, secret).parse().unwrap();
                request.headers.insert("authorization", sent);
            }
            let mut outgoing = upstream.send(&request).await;
            give_away(&mut outgoing, canary.map_or(CANARIES[0], |(canary, _)| canary));
            if request.is_delete() && outgoing.status == StatusCode::OK {
                outgoing.status = StatusCode::ACCEPTED;
            }
            outgoing
        })
    }
}

fn give_away(outgoing: &mut Outgoing, canary: &str) {
    for (name, form) in FORMS {
        let value = HeaderValue::from_str(&form(canary)).unwrap();
        outgoing.headers.insert(http::HeaderName::from_static(name), value);
    }
    // What is escaped in JSON is put into the text, so that it is not escaped once more.
    let all = FORMS.map(|(_, form)| form(canary)).join(" ");
    let Ok(mut body) = serde_json::from_slice(&outgoing.body) else { return };
    let in_each = |it: &mut serde_json::Value| {
        it["description"] = json!("HERE");
        it["public"] = json!("HERE");
        it["HERE"] = json!(1);
    };
    match &mut body {
        serde_json::Value::Array(registries) => registries.iter_mut().for_each(in_each),
        object => {
            in_each(object);
            if let Some(message) = object.get_mut("message") {
                *message = json!("HERE");
            }
        }
    }
    outgoing.body = body.to_string().replace("HERE", &all).into_bytes();
}

/// The forms in which a canary is in these bytes.
pub(super) fn shown(bytes: &[u8]) -> Option<&'static str> {
    let has = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|it| it == CANARY.as_bytes());
    let text = String::from_utf8_lossy(bytes);
    // Escapes are a start, the digits of a character, and perhaps an end.
    let unescaped = |start: &str, end: &str, radix: u32| {
        let mut parts = text.split(start);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = match (end, start) {
                ("", "%") => part.get(..2),
                ("", _) => part.get(..4),
                _ => part.split_once(end).map(|(digits, _)| digits),
            };
            let code = digits.and_then(|it| u32::from_str_radix(it, radix).ok());
            whole.extend(code.and_then(char::from_u32));
            let length = digits.map_or(0, |it| it.len() + end.len());
            whole.push_str(&part[length..]);
        }
        has(whole.as_bytes())
    };
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let in_base64 = || {
        text.split(|c| !is_digit(c)).filter(|word| word.len() >= 8).any(|word| {
            let word = word.replace('-', "+").replace('_', "/");
            (0..4).any(|start| {
                let word = &word[start..];
                let decoded = BASE64_STANDARD.decode(&word[..word.len() / 4 * 4]);
                decoded.is_ok_and(|bytes| has(&bytes))
            })
        })
    };
    [
        ("plain", has(bytes)),
        ("percent", unescaped("%", "", 16)),
        ("json", unescaped("\\u", "", 16)),
        ("html", unescaped("&#", ";", 10)),
        ("base64", in_base64()),
    ]
    .into_iter()
    .find_map(|(form, is_there)| is_there.then_some(form))
}

#[test]
fn a_canary_that_is_given_away_is_found() {
    for (name, form) in FORMS {
        let text = format!("ä {{\"a\": \"{}\"}}", form(CANARIES[0]));
        assert!(shown(text.as_bytes()).is_some(), "{name}");
    }
    assert_eq!(shown("100% of C:\\users & Y2FuYWw= is another".as_bytes()), None);
}
