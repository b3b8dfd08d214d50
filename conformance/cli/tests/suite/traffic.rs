//! Traffic that others recorded.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::support::{assert_schema, bare, output};

/// What mitmproxy and a client recorded; see the file beside it.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/har/mitmproxy.har");

pub(crate) fn check(path: &str) -> Command {
    let mut command = bare();
    command.args(["check", path]);
    command
}

/// What a browser recorded; see the same file.
const BY_A_BROWSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/har/chromium.har");

async fn checked(
    change: impl FnOnce(&mut Vec<Value>),
    arguments: &[&str],
) -> (i32, String, String, Value) {
    checked_of(RECORDED, change, arguments).await
}

/// Writes an archive, changed, and checks it.
async fn checked_of(
    archive: &str,
    change: impl FnOnce(&mut Vec<Value>),
    arguments: &[&str],
) -> (i32, String, String, Value) {
    let mut har: Value = serde_json::from_slice(&fs::read(archive).unwrap()).unwrap();
    change(har["log"]["entries"].as_array_mut().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("a.har"), har.to_string()).unwrap();
    let mut command = check(&path("a.har"));
    command.args(["--report", &format!("json={}", path("a.json"))]).args(arguments);
    let (status, stdout, stderr) = output(command).await;
    let report =
        fs::read(path("a.json")).map_or(Value::Null, |it| serde_json::from_slice(&it).unwrap());
    (status, stdout, stderr, report)
}

/// The first entry with this method whose path ends so.
fn entry<'a>(entries: &'a mut [Value], method: &str, end: &str) -> &'a mut Value {
    let is = |entry: &&mut Value| {
        let request = &entry["request"];
        let url = request["url"].as_str().unwrap();
        request["method"] == method && url.ends_with(end) && entry["response"]["status"] == 200
    };
    entries.iter_mut().find(is).unwrap()
}

#[tokio::test]
async fn what_mitmproxy_recorded_of_the_reference_server_conforms() {
    let (status, stdout, stderr, report) = checked(|_| {}, &[]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains("conforms to the contract in what was seen"), "{stdout}");
    assert_eq!(stderr, "");
    assert_schema(&report, "check.schema.json");
    assert_eq!(report["verdict"], "conforms");
    assert!(report["checked"].as_u64().unwrap() >= 6, "{report}");
    assert!(report["ignored"].as_u64().unwrap() >= 1, "{report}");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|it| it["about"] == "client"), "{report}");
    assert!(!findings.is_empty(), "the client's invalid create is reported: {report}");
}

#[tokio::test]
async fn what_a_browser_recorded_of_the_reference_server_is_judged() {
    let har = fs::read_to_string(BY_A_BROWSER).unwrap();
    assert!(har.contains("Bearer $REGISTRIES_TOKEN") && !har.contains("bkrt_"), "no secrets");
    let (status, stdout, stderr, report) = checked_of(BY_A_BROWSER, |_| {}, &[]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert_schema(&report, "check.schema.json");
    // The page itself is not of this API.
    let counts = ["checked", "ignored", "without_body", "unanswered"].map(|it| &report[it]);
    assert_eq!(counts, [&json!(9), &json!(1), &json!(0), &json!(0)], "{report}");
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<_> = findings.iter().map(|it| (&it["about"], &it["operation"])).collect();
    assert_eq!(found, [(&json!("client"), &json!("create_registry"))], "{report}");

    let change = |entries: &mut Vec<Value>| {
        entry(entries, "DELETE", "")["response"]["status"] = json!(202);
    };
    let (status, stdout, _, report) = checked_of(BY_A_BROWSER, change, &[]).await;
    assert_eq!(status, 1, "{stdout}");
    let is_of_delete = |it: &&Value| it["operation"] == "delete_registry" && it["kind"] == "status";
    assert_eq!(report["findings"].as_array().unwrap().iter().filter(is_of_delete).count(), 1);
}

#[tokio::test]
async fn deviations_are_found_once_each() {
    let change = |entries: &mut Vec<Value>| {
        for entry in &mut *entries {
            let headers = entry["response"]["headers"].as_array_mut().unwrap();
            headers.retain(|it| it["name"] != "ratelimit-limit");
        }
        let text = r#"{"message": 17}"#;
        let content = json!({"size": text.len(), "mimeType": "application/json", "text": text});
        entry(entries, "GET", "/registries")["response"]["content"] = content;
        entry(entries, "DELETE", "")["response"]["status"] = json!(202);
    };
    let (status, stdout, stderr, report) = checked(change, &[]).await;
    assert_eq!(status, 1, "{stdout}{stderr}");
    let found = |operation: &str, kind: &str| -> Vec<&Value> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|it| it["operation"] == operation && it["kind"] == kind).collect()
    };
    assert_eq!(found("list_registries", "body").len(), 1, "{report}");
    assert_eq!(found("delete_registry", "status").len(), 1, "{report}");
    let headers: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["place"] == "RateLimit-Limit")
        .collect();
    assert_eq!(headers.len(), 1, "{report}");
    assert_eq!(headers[0]["times"], report["checked"], "{report}");
}

/// What recorders do differently is not the deployment's doing.
#[tokio::test]
async fn the_form_of_an_archive_does_not_matter() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let change = |entries: &mut Vec<Value>| {
        for entry in &mut *entries {
            let response = &mut entry["response"];
            response["headersSize"] = json!(null);
            response["bodySize"] = json!(3);
            response["httpVersion"] = json!("h2");
            let headers = response["headers"].as_array_mut().unwrap();
            for header in &mut *headers {
                header["name"] = json!(header["name"].as_str().unwrap().to_uppercase());
            }
            headers.push(json!({"name": ":status", "value": "200"}));
            headers.push(json!({"name": "Content-Encoding", "value": "br"}));
            if let Some(text) = response["content"]["text"].as_str() {
                response["content"]["text"] = json!(BASE64_STANDARD.encode(text));
                response["content"]["encoding"] = json!("base64");
            }
        }
        // A browser may drop a body, ask whether its copy is good, or be kept from asking.
        let content = &mut entry(entries, "GET", "/registries")["response"]["content"];
        *content = json!({"size": 10, "mimeType": "application/json"});
        let mut fresh = entry(entries, "GET", "/registries").clone();
        fresh["response"]["status"] = json!(304);
        fresh["response"]["headers"] = json!([]);
        let condition = json!({"name": "If-None-Match", "value": "\"a\""});
        fresh["request"]["headers"].as_array_mut().unwrap().push(condition);
        let mut blocked = fresh.clone();
        blocked["response"] = json!({"status": 0, "content": {}, "_error": "net::ERR_FAILED"});
        entries.extend([fresh, blocked]);
    };
    let (status, stdout, stderr, report) = checked(change, &[]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert_eq!(
        (&report["without_body"], &report["unanswered"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
}

/// What was not judged never conforms.
#[tokio::test]
async fn an_archive_without_bodies_exits_with_3() {
    let change = |entries: &mut Vec<Value>| {
        for entry in &mut *entries {
            entry["response"]["content"] = json!({"size": 10, "mimeType": "application/json"});
        }
    };
    let (status, stdout, stderr, report) = checked(change, &[]).await;
    assert_eq!(status, 3, "{stdout}{stderr}");
    assert_eq!(report["verdict"], "incomplete");
    assert!(stdout.contains("some operations have no recorded body"), "{stdout}");
}

#[tokio::test]
async fn nothing_of_this_api_exits_with_3_and_no_archive_with_2() {
    let elsewhere = &["--base-url", "https://api.example.com/v2"];
    let (status, stdout, _, report) = checked(|_| {}, elsewhere).await;
    assert_eq!(status, 3, "{stdout}");
    assert!(stdout.contains("has no response of this API"), "{stdout}");
    assert_eq!(report["verdict"], "incomplete");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (path, said) in [(manifest, "not an HTTP archive"), ("/nowhere.har", "cannot read")] {
        let (status, _, stderr) = output(check(path)).await;
        assert_eq!(status, 2, "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
    let (status, _, stderr, _) = checked(|_| {}, &["--base-url", "nonsense"]).await;
    assert_eq!(status, 2, "{stderr}");
}
