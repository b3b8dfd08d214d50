use std::io::Write as _;

use base64::prelude::BASE64_STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::*;

/// An archive of entries with this request and these responses.
fn archive(responses: &[Value]) -> Value {
    let request = json!({"method": "GET", "url": "http://h/v2/access-token"});
    let entry = |response: &Value| json!({"request": request, "response": response});
    json!({"log": {"entries": responses.iter().map(entry).collect::<Vec<_>>()}})
}

fn parse(archive: &Value) -> Har {
    Har::parse(archive.to_string().as_bytes()).unwrap()
}

fn response(value: Value) -> HarResponse {
    parse(&archive(&[value])).log.entries.remove(0).response
}

fn answered(value: Value) -> Option<(Answer, bool)> {
    response(value).answer(("GET", ""), &Secrets::default())
}

#[test]
fn a_byte_order_mark_and_what_recorders_add_or_leave_out_are_taken() {
    let text = r#"{"log": {"pages": [], "entries": [{"_priority": "High", "request": {
        "method": "GET", "url": "http://h/v2/access-token", "headersSize": null},
        "response": {"status": 200, "content": {"size": 1.5}}}]}}"#;
    let har = Har::parse(format!("\u{feff}{text}").as_bytes()).unwrap();
    assert_eq!(har.log.entries.len(), 1);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, said) in [
        (&b"{}"[..], "no object `log`"),
        (b"", "empty"),
        (b"<html>", "XML or HTML"),
        (&wide, "UTF-16"),
        (b"{\"a\": 1}\n{\"a\": 2}\n", "NDJSON"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04", "ZIP"),
        (b"---\nversion: 1\ninteractions: []\n", "cassette"),
        (b"{\"version\": 1, \"interactions\": []}", "cassette"),
        (b"{\"info\": {}, \"item\": []}", "Postman"),
        (b"1234:4:type;", "mitmproxy"),
        (b"{\"log\": {\"entries\": [", "ends too early, at line 1"),
        (b"{\"log\": {\"entries\": 17}}", "a number, not a list"),
        (b"{\"log\": null}", "no object `log`"),
        (b"[]", "not a JSON object"),
    ] {
        let error = Har::parse(bytes).unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
}

/// Every property of an entry, in every wrong form: whatever comes of that entry, the others are read.
#[test]
fn an_entry_of_another_form_is_taken_or_counted_and_no_reason_to_refuse_the_others() {
    let right = json!({
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "_step": "a", "cache": {},
        "timings": {},
        "request": {
            "method": "POST", "url": "http://h/v2/access-token", "httpVersion": "HTTP/1.1",
            "headers": [{"name": "a", "value": "b"}], "queryString": [], "cookies": [],
            "postData": {"mimeType": "application/json", "text": "{}", "params": [], "encoding": ""},
            "headersSize": -1, "bodySize": 2,
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": [{"name": "a", "value": "b"}], "redirectURL": "", "headersSize": -1,
            "bodySize": 2, "_error": null, "_leakedSecret": false,
            "content": {"size": 2, "mimeType": "application/json", "text": "{}", "encoding": ""},
        },
    });
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let wrong = [
        "null",
        "{}",
        "[]",
        "[null]",
        "[{}]",
        "17",
        "-1",
        "200.0",
        "1e400",
        "true",
        "\"\"",
        "\"\\ud800\"",
        "{\"a\": [\"b\"]}",
        &deep,
    ];
    let mut tried = 0;
    for pointer in pointers(&right) {
        for wrong in wrong {
            let mut entry = right.clone();
            *entry.pointer_mut(&pointer).unwrap() = json!("WRONG");
            let entry = entry.to_string().replace("\"WRONG\"", wrong);
            let text = format!("{{\"log\": {{\"entries\": [{right}, {entry}, {right}]}}}}");
            let har =
                Har::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{entry}: {error}"));
            let numbers: Vec<usize> = har.log.entries.iter().map(|it| it.number).collect();
            assert!(numbers.starts_with(&[1]) && numbers.ends_with(&[3]), "{pointer} {wrong}");
            assert_eq!(numbers.len() + har.log.skipped.len(), 3, "{pointer} {wrong}");
            for skipped in &har.log.skipped {
                assert!(skipped.entry == 2 && !skipped.why.is_empty(), "{skipped:?}");
            }
            for entry in &har.log.entries {
                let _ = entry.response.answer(("GET", ""), &Secrets::default());
            }
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
}

/// The place of every value within a value.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => return vec![String::new()],
    };
    let below = inner.into_iter().flat_map(|(name, value)| {
        pointers(value).into_iter().map(move |rest| format!("/{name}{rest}"))
    });
    std::iter::once(String::new()).chain(below).collect()
}

#[test]
fn broken_entries_are_described() {
    let responses = [json!(null), json!({}), json!("x"), json!({"status": "OK"}), json!({"a": 1})];
    let har = parse(&archive(&responses));
    assert_eq!((har.log.entries.len(), har.log.skipped.len()), (0, 5));
    let why: Vec<&str> = har.log.skipped.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "its response is null",
            "its response is empty",
            "its response is a text",
            "the status of its response is a text",
            "the status of its response is missing",
        ]
    );
    let request = har.log.skipped[0].request.as_ref().unwrap();
    assert_eq!(request.url, "http://h/v2/access-token");
}

#[test]
fn statuses_and_headers_are_taken_in_every_form() {
    for (status, expected) in [
        (json!(200), Some(200)),
        (json!(200.0), Some(200)),
        (json!("200"), Some(200)),
        (json!(0), None),
        (json!(-1), None),
        (json!(null), None),
    ] {
        let answer = answered(json!({"status": status}));
        assert_eq!(answer.map(|(answer, _)| answer.status), expected, "{status}");
    }
    for headers in [
        json!([{"name": ":status", "value": "200"}, {"name": "X-A", "value": "1"}, null, {}]),
        json!({"X-A": "1"}),
        json!({"X-A": ["1"], "b": null}),
        json!([{"name": "x-a", "value": 1}, {"name": "X-B", "value": null}]),
    ] {
        let (answer, _) = answered(json!({"status": 200, "headers": headers})).unwrap();
        assert_eq!(answer.header("x-a"), Some("1"), "{headers}");
        assert_eq!(answer.header(":status"), None);
    }
}

#[test]
fn a_body_is_decoded_and_one_that_was_not_recorded_is_missing() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(b"{\"a\": 1}").unwrap();
    let gzip = gzip.finish().unwrap();
    let compressed = json!([{"name": "Content-Encoding", "value": "gzip"}]);
    let one_by_one: String = gzip.iter().map(|byte| char::from(*byte)).collect();
    let length = |length: &str| json!([{"name": "content-length", "value": length}]);
    let base64 = |body: &[u8]| BASE64_STANDARD.encode(body);
    for (headers, content, expected) in [
        (json!([]), json!({"text": "e30=", "encoding": "base64"}), Some("{}")),
        (json!([]), json!({"text": "e3\n0", "encoding": "Base64"}), Some("{}")),
        (json!([]), json!({"text": "%%%", "encoding": "base64"}), None),
        // As it arrived, as it was meant, and neither.
        (
            compressed.clone(),
            json!({"text": base64(&gzip), "encoding": "base64"}),
            Some("{\"a\": 1}"),
        ),
        (compressed.clone(), json!({"text": one_by_one}), Some("{\"a\": 1}")),
        (compressed.clone(), json!({"text": "{\"a\": 1}", "size": 8}), Some("{\"a\": 1}")),
        (compressed.clone(), json!({"text": "<html>"}), Some("<html>")),
        (compressed.clone(), json!({"text": "<html>", "size": 100}), None),
        (compressed.clone(), json!({"text": base64(&gzip[..12]), "encoding": "base64"}), None),
        (compressed, json!({"text": "\u{1f}\u{fffd}\u{8}"}), None),
        (
            json!([{"name": "content-encoding", "value": "dcb"}]),
            json!({"text": "AAECAw==", "encoding": "base64"}),
            None,
        ),
        // Cut, and left out.
        (json!([]), json!({"text": "{\"a\": ", "size": 100}), None),
        (length("100"), json!({"text": "{\"a\": "}), None),
        (json!([]), json!({"text": "{\"a\": ", "comment": "Response body was truncated"}), None),
        (json!([]), json!({"text": "{\"a\": ", "_truncated": true}), None),
        (json!([]), json!({"text": "{\"a\": ", "size": 6}), Some("{\"a\": ")),
        (json!([]), json!({"text": "{}", "size": 1}), Some("{}")),
        (json!([]), json!({"text": "{}", "size": 5}), Some("{}")),
        (json!([]), json!({}), None),
        (json!([]), json!({"text": null, "size": 0}), None),
        (json!([]), json!({"text": "", "size": 0}), Some("")),
        (length("0"), json!({"text": ""}), Some("")),
        (json!([]), json!({"text": ""}), None),
        (json!([]), json!({"text": "", "size": -1}), None),
        (json!([]), json!({"text": "", "size": 40}), None),
        (length("40"), json!({"text": "", "size": 0}), None),
        (
            json!([]),
            json!({"text": "", "size": 0, "comment": "Response bodies are not included."}),
            None,
        ),
    ] {
        let (answer, kept) =
            answered(json!({"status": 200, "headers": headers, "content": content})).unwrap();
        let text = kept.then_some(answer.text.as_str());
        assert_eq!(text, expected, "{headers} {content}");
    }
    assert!(!answered(json!({"status": 304})).unwrap().1);
    let sent = json!({"status": 200, "bodySize": 40, "content": {"text": "", "size": 0}});
    assert!(!answered(sent).unwrap().1);
}
