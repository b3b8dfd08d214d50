//! Archives as other tools write them: whatever their form, the verdict is about the deployment.

use std::{fs, path::Path};

use registries_conformance::{
    Verdict,
    har::Har,
    traffic::{self, CheckReport, Party},
};
use serde_json::{Value, json};

use crate::{
    support::{bare, output},
    traffic::check,
};

/// Archives that other tools wrote, or would; see the file beside the folder.
const FIELD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/har/field");

fn checked(bytes: &[u8]) -> CheckReport {
    traffic::check(&Har::parse(bytes).unwrap(), None, "an archive")
}

fn field(name: &str) -> CheckReport {
    checked(&fs::read(Path::new(FIELD).join(name)).unwrap())
}

/// What is found about the deployment beyond what the plain archive shows.
fn deviations(report: &CheckReport) -> Vec<String> {
    let findings = report.findings.iter().filter(|it| it.about == Party::Deployment);
    findings.map(|it| format!("{:?} {:?} {}", it.kind, it.place, it.received)).collect()
}

#[test]
fn what_recorders_write_is_read_and_judged_as_it_is_meant() {
    let plain = field("plain.har");
    assert_eq!((plain.verdict, plain.checked, plain.without_body), (Verdict::Conforms, 1, 0));
    for (name, checked, skipped, near) in [
        ("null-response.har", 1, 1, 0),
        ("lone-surrogate-in-another-host.har", 1, 0, 0),
        ("gzip-kept-as-base64.har", 1, 0, 0),
        ("form-sent-to-a-json-operation.har", 1, 0, 0),
        ("trailing-slash-and-api-key.har", 0, 0, 1),
    ] {
        let report = field(name);
        let counts = (report.checked, report.skipped, report.near_misses.len());
        assert_eq!(counts, (checked, skipped, near), "{name}: {report:#?}");
        assert_eq!(report.without_body, 0, "{name}");
        assert_eq!(deviations(&report), [""; 0], "{name}");
        assert!(!format!("{report:?}").contains("bkua_"), "{name}");
    }
    // It is read; what is in it is no response of the API.
    assert_eq!(field("null-query-string.har").checked, 1);
    let form = field("form-sent-to-a-json-operation.har");
    let client = form.findings.iter().find(|it| it.about == Party::Client).unwrap();
    assert_eq!(client.received, "a form (application/x-www-form-urlencoded)");
}

/// The one entry of the plain archive.
fn entry() -> Value {
    let plain = fs::read(Path::new(FIELD).join("plain.har")).unwrap();
    let plain: Value = serde_json::from_slice(&plain).unwrap();
    plain["log"]["entries"][0].clone()
}

fn archive(entries: &[Value]) -> Vec<u8> {
    let creator = json!({"name": "a recorder", "version": "1"});
    let log = json!({"version": "1.2", "creator": creator, "pages": [], "entries": entries});
    json!({"log": log}).to_string().into_bytes()
}

/// The entry after a change.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut entry = entry();
    change(&mut entry);
    entry
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"callFrames": []}), |inner, _| json!({"parent": inner}))
}

/// What each tool adds, leaves out or writes in another form; a conforming answer stays one.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_response_conforms_whichever_tool_recorded_it() {
    let header = |name: &str, value: Value| json!({"name": name, "value": value});
    let text = entry()["response"]["content"]["text"].as_str().unwrap().to_owned();
    let tools: Vec<(&str, Value)> = vec![
        (
            "Chrome",
            changed(|it| {
                it["_initiator"] = json!({"type": "script", "stack": nested(60)});
                it["_priority"] = json!("High");
                it["_fromCache"] = json!("disk");
                it["connection"] = json!("443");
                it["pageref"] = json!(null);
                it["request"]["headers"] = json!([
                    header(":authority", json!("api.buildkite.com")),
                    header(":method", json!("GET")),
                    header(":path", json!("/v2")),
                ]);
                it["request"]["httpVersion"] = json!("h2");
                it["response"]["headers"]
                    .as_array_mut()
                    .unwrap()
                    .push(header(":status", json!("200")));
                it["response"]["_transferSize"] = json!(-1);
                it["timings"] = json!({"blocked": -1, "dns": null, "wait": 1.5e1});
            }),
        ),
        (
            "Firefox",
            changed(|it| {
                it["cache"] = json!({"afterRequest": null});
                it["response"]["content"]["size"] = json!(text.len());
                it["serverIPAddress"] = json!("203.0.113.1");
                it["time"] = json!(null);
            }),
        ),
        (
            "Safari",
            changed(|it| {
                it["startedDateTime"] = json!(1_755_648_000_000_u64);
                it["request"]["cookies"] = json!(null);
                it["response"]["status"] = json!(200.0);
                it["response"]["_error"] = json!("");
            }),
        ),
        (
            "Charles",
            changed(|it| {
                it["_charlesStatus"] = json!("COMPLETE");
                it["response"]["content"]["compression"] = json!(-3);
                it["response"]["headers"].as_array_mut().unwrap().push(header("Age", json!(null)));
                it["response"]["statusText"] = json!(null);
            }),
        ),
        (
            "Insomnia",
            changed(|it| {
                it["request"]["headers"] =
                    json!([header("X-Number", json!(1)), header("", json!(""))]);
                it["request"]["postData"] = json!(null);
                it["comment"] = json!("a request");
                it["response"]["bodySize"] = json!(-1.0);
            }),
        ),
        (
            "Playwright",
            changed(|it| {
                it["_frameref"] = json!("frame@1");
                it["_monotonicTime"] = json!(17.25);
                it["response"]["_failureText"] = json!(null);
                it["response"]["content"]["_sha1"] = json!("0.json");
            }),
        ),
        (
            "a recorder in Go",
            changed(|it| {
                it["request"]["queryString"] = json!(null);
                it["request"]["headers"] = json!(null);
                it["request"]["cookies"] = json!(null);
                it["response"]["cookies"] = json!(null);
                let headers = it["response"]["headers"].as_array().unwrap().clone();
                let map = headers
                    .into_iter()
                    .map(|it| (it["name"].as_str().unwrap().to_owned(), json!([it["value"]])));
                it["response"]["headers"] = map.collect();
                it["cache"] = json!(null);
                it["timings"] = json!(null);
            }),
        ),
        (
            "with a mark in the body",
            changed(|it| {
                it["response"]["content"]["size"] = json!(text.len() + 3);
            }),
        ),
    ];
    let others = [
        json!({"request": {"method": "GET", "url": "wss://api.buildkite.com/v2/access-token"},
            "response": {"status": 101}, "_webSocketMessages": [{"data": "x"}]}),
        json!({"request": {"method": "GET", "url": "data:text/plain,v2/access-token"}, "response": {}}),
        json!({"request": {"method": "GET", "url": "chrome-extension://a/v2/access-token"}}),
        json!({"request": {"method": "GET", "url": "https://other.example/"}, "response": 17}),
        json!({"request": {"method": "OPTIONS", "url": entry()["request"]["url"]},
            "response": {"status": 204}}),
        json!(null),
        json!("an entry"),
        json!({"request": null}),
    ];
    let mut all = Vec::new();
    for (tool, entry) in tools {
        let report = checked(&archive(std::slice::from_ref(&entry)));
        assert_eq!((report.verdict, report.checked), (Verdict::Conforms, 1), "{tool}: {report:#?}");
        assert_eq!((report.without_body, report.skipped), (0, 0), "{tool}");
        assert_eq!(report.findings, [], "{tool}");
        all.push(entry);
    }
    let (tools, others_count) = (all.len(), others.len());
    all.extend(others);
    let report = checked(&archive(&all));
    assert_eq!((report.verdict, report.checked), (Verdict::Conforms, tools), "{report:#?}");
    // Of those others, three are broken in a way that does not say what they are of.
    assert_eq!((report.ignored, report.skipped), (others_count - 3, 3), "{report:#?}");
    assert_eq!(report.exchanges, tools + others_count);
    let skipped: Vec<usize> = report.skipped_entries.iter().map(|it| it.entry).collect();
    assert_eq!(skipped, [tools + 6, tools + 7, tools + 8]);
}

/// What was not kept is not judged, and what was is.
#[test]
fn a_body_that_was_cut_or_left_out_is_not_judged_as_one() {
    let content = |content: Value| {
        let entry = changed(|it| it["response"]["content"] = content);
        let report = checked(&archive(&[entry]));
        (report.without_body, deviations(&report).len())
    };
    for unrecorded in [
        json!({}),
        json!(null),
        json!({"size": 400, "text": ""}),
        json!({"size": 400, "text": "{\"id\": \"0191d"}),
        json!({"size": 12, "text": "{\"id\": \"0191", "comment": "truncated"}),
        json!({"text": "%", "encoding": "base64"}),
        json!({"size": -1, "text": ""}),
        json!({"size": 400, "text": "{}"}),
        json!({"text": "7b7d", "encoding": "hex"}),
    ] {
        assert_eq!(content(unrecorded.clone()), (1, 0), "{unrecorded}");
    }
    for kept in [json!({"size": 0, "text": ""}), json!({"size": 6, "text": "<html>"})] {
        let (without_body, deviations) = content(kept.clone());
        assert!(without_body == 0 && deviations > 0, "{kept}");
    }
    for text in ["{}", "<html>"] {
        let entry = changed(|it| {
            it["response"]["bodySize"] = json!(400);
            it["response"]["content"] = json!({"text": text});
        });
        let report = checked(&archive(&[entry]));
        assert_eq!((report.without_body, deviations(&report).len()), (1, 0), "{text}");
    }
}

/// What was not kept of the headers is no finding, in whichever form it was left out.
#[test]
fn headers_that_were_not_recorded_are_not_judged() {
    for unrecorded in [
        json!(null),
        json!([]),
        json!([null, null]),
        json!(true),
        json!("content-type: text/html"),
        json!({}),
        json!([{"name": "Date", "value": "today"}, null]),
    ] {
        let entry = changed(|it| it["response"]["headers"] = unrecorded.clone());
        let report = checked(&archive(&[entry]));
        assert_eq!((report.verdict, report.checked), (Verdict::Conforms, 1), "{unrecorded}");
        assert_eq!((deviations(&report).len(), report.without_headers), (0, 1), "{unrecorded}");
    }
    let absent = changed(|it| drop(it["response"].as_object_mut().unwrap().remove("headers")));
    let report = checked(&archive(&[absent]));
    assert_eq!((deviations(&report).len(), report.without_headers), (0, 1));
    assert!(traffic::human(&report).to_string().contains("; 1 without recorded headers"));

    // One of them is not known; the others are.
    let headers = entry()["response"]["headers"].as_array().unwrap().clone();
    let limit = |it: &Value| it["name"].as_str().unwrap().eq_ignore_ascii_case("ratelimit-limit");
    for value in [json!(null), json!(["200"]), json!({})] {
        let mut headers = headers.clone();
        headers.iter_mut().find(|it| limit(it)).unwrap()["value"] = value.clone();
        let entry = changed(|it| it["response"]["headers"] = json!(headers));
        let report = checked(&archive(&[entry]));
        assert_eq!((deviations(&report).len(), report.without_headers), (0, 1), "{value}");
    }

    // These forms are read, and what is missing there was not sent.
    let parts = |it: &Value| (it["name"].clone(), it["value"].clone());
    let lists = |it: &Value| json!([it["name"], it["value"]]);
    let capitals = |(name, value)| json!({"Name": name, "Value": value});
    let forms = [
        headers.iter().map(lists).collect::<Vec<_>>(),
        headers.iter().map(parts).map(capitals).collect(),
    ];
    for mut form in forms {
        let whole = changed(|it| it["response"]["headers"] = json!(form));
        let report = checked(&archive(&[whole]));
        assert_eq!((deviations(&report).len(), report.without_headers), (0, 0), "{report:#?}");
        form.remove(headers.iter().position(limit).unwrap());
        let part = changed(|it| it["response"]["headers"] = json!(form));
        let report = checked(&archive(&[part]));
        assert_eq!(deviations(&report).len(), 1, "{report:#?}");
    }
}

/// What is JSON by its grammar is none of a deployment's failures, whatever this program can read.
#[test]
fn json_beyond_what_is_read_is_not_judged() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for value in ["1e999", &"7".repeat(5000), &deep] {
        let entry = changed(|it| {
            it["response"]["content"] = json!({"text": format!("{{\"uuid\": {value}}}")});
        });
        let report = checked(&archive(&[entry]));
        assert_eq!((report.without_body, deviations(&report).len()), (1, 0), "{report:#?}");
    }
    for text in ["{\"uuid\": 1e}", "{\"uuid\": 01}", "[[[", "\"\\ud80\"", "\"\\ud800\""] {
        let entry = changed(|it| it["response"]["content"] = json!({"text": text}));
        assert_eq!(deviations(&checked(&archive(&[entry]))).len(), 1, "{text}");
    }
}

#[test]
fn an_interim_response_is_not_judged() {
    let interim = |status: u16| {
        changed(|it| it["response"] = json!({"status": status, "headers": [], "content": {}}))
    };
    for status in [100, 101, 103] {
        let report = checked(&archive(&[entry(), interim(status), json!({"request": null})]));
        assert_eq!((report.verdict, report.checked), (Verdict::Conforms, 1), "{report:#?}");
        assert_eq!((report.findings.len(), report.skipped, report.exchanges), (0, 2, 3));
        let why = &report.skipped_entries[0].why;
        assert!(why.contains(&format!("an interim response ({status})")), "{why}");
        let numbers: Vec<usize> = report.skipped_entries.iter().map(|it| it.entry).collect();
        assert_eq!(numbers, [2, 3]);
    }
}

#[test]
fn a_copy_that_is_still_good_and_a_refused_form_are_no_deviations() {
    let fresh = changed(|it| {
        it["response"] = json!({"status": 304, "headers": [], "content": {"size": 0}});
    });
    let report = checked(&archive(&[entry(), fresh]));
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Conforms, 0), "{report:#?}");
    for (post_data, said) in [
        (json!({"mimeType": "application/x-www-form-urlencoded", "text": "name=a"}), "a form"),
        (
            json!({"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a"}]}),
            "a form",
        ),
        (json!({"mimeType": "text/plain", "text": "a"}), "text/plain"),
        (json!({"params": [{"name": "name", "value": "a"}]}), "a form"),
    ] {
        let sent = changed(|it| {
            it["request"]["method"] = json!("POST");
            it["request"]["postData"] = post_data.clone();
            it["response"]["status"] = json!(415);
            let message = "{\"message\": \"no such content type\"}";
            it["response"]["content"] = json!({"text": message});
        });
        let report = checked(&archive(&[sent]));
        assert_eq!(deviations(&report), [""; 0], "{post_data}");
        assert!(report.findings[0].received.starts_with(said), "{post_data}: {report:#?}");
    }
    // JSON is JSON, whatever it is declared as.
    let declared = changed(|it| {
        it["request"]["method"] = json!("POST");
        let text = "{\"description\": \"a\"}";
        it["request"]["postData"] = json!({"mimeType": "text/plain", "text": text});
    });
    assert_eq!(checked(&archive(&[declared])).findings, []);
}

#[tokio::test]
async fn what_is_no_archive_is_named_and_a_mark_before_any_input_is_none_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let plain = fs::read_to_string(Path::new(FIELD).join("plain.har")).unwrap();
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    for (bytes, status, said) in [
        (marked(&plain), 0, "1 checked"),
        (wide, 2, "UTF-16"),
        (b"{\"a\": 1}\n{\"a\": 2}\n".to_vec(), 2, "NDJSON"),
        (b"\x1f\x8b\x08\0".to_vec(), 2, "gzip"),
        (plain.as_bytes()[..500].to_vec(), 2, "ends too early"),
    ] {
        fs::write(path("a.har"), bytes).unwrap();
        let (exit, stdout, stderr) = output(check(&path("a.har"))).await;
        assert_eq!(exit, status, "{said}: {stdout}{stderr}");
        assert!(stdout.contains(said) || stderr.contains(said), "{said}: {stdout}{stderr}");
    }
    let large = fs::File::create(path("large.har")).unwrap();
    large.set_len((1 << 30) + 1).unwrap();
    let (exit, _, stderr) = output(check(&path("large.har"))).await;
    assert!(exit == 2 && stderr.contains("1073741825 bytes, more than 1073741824"), "{stderr}");
    let near = Path::new(FIELD).join("trailing-slash-and-api-key.har").display().to_string();
    let (exit, stdout, _) = output(check(&near)).await;
    assert_eq!(exit, 3, "{stdout}");
    assert!(stdout.contains("is not of this API: its path ends with a slash"), "{stdout}");

    // Reports, expected failures and deployments.
    let known = "[[known]]\ncase = \"x\"\nreason = \"r\"\nuntil = 2020-01-31\n";
    let wide: Vec<u8> = known.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, said) in [(marked(known), "no case is called \"x\""), (wide, "UTF-16")] {
        fs::write(path("known.toml"), text).unwrap();
        let mut command = bare();
        command.args(["run", "--replay", &near, "--known", &path("known.toml")]);
        let (_, stdout, stderr) = output(command).await;
        assert!(stderr.contains(said), "{said}: {stdout}{stderr}");
    }
    fs::write(path("a.json"), marked("{}")).unwrap();
    let mut command = bare();
    command.args(["diff", &path("a.json"), &path("a.json")]);
    let (exit, stdout, stderr) = output(command).await;
    assert!(exit == 2 && !stderr.contains("expected value"), "{stdout}{stderr}");
    fs::write(path("conformance.toml"), marked("[deployment.a]\nbase-url = \"x\"\n")).unwrap();
    let mut command = bare();
    command.args(["sweep", "--deployment", "b", "--config", &path("conformance.toml")]);
    let (exit, stdout, stderr) = output(command).await;
    assert!(exit == 2 && stderr.contains("no deployment \"b\""), "{stdout}{stderr}");
}
