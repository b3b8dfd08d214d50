//! Requests of any kind.

use serde_json::Value;

use crate::support::{Place, answering, printed};

#[tokio::test(flavor = "multi_thread")]
async fn any_request_can_be_sent() {
    let place = Place::new().await;
    let path = "/packages/organizations/{org}/registries";
    let create = ["api", "post", path, "-f", "name=My Gems", "-f", "ecosystem=ruby"];
    let created: Value = serde_json::from_str(&place.ok(&create).await).unwrap();
    assert_eq!(created["slug"], "my-gems");
    let update = ["api", "POST", "packages/organizations/{org}/registries/my-gems", "--input", "-"];
    let updated =
        printed(place.command(&update), "{\"description\": \"a\", \"emoji\": null}").await;
    assert!(updated.stdout.contains("\"description\":\"a\""), "{}", updated.stderr);
    let page = place.ok(&["api", "GET", "/organizations?per_page=1&page=1"]).await;
    assert_eq!(serde_json::from_str::<Value>(&page).unwrap()[0]["slug"], "example-org");
    let delete = ["api", "DELETE", "/packages/organizations/{org}/registries/my-gems"];
    place.ok(&delete).await;
    assert_eq!(place.run(&delete).await.status, 1);
    let without = printed(
        {
            let mut command = place.command(&["api", "GET", "/access-token"]);
            command.env_remove("REGISTRIES_ORG");
            command
        },
        "",
    );
    assert_eq!(without.await.status, 0);
}

/// A deployment that answers one request with this body, and what it received.
fn sends(body: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    answering("200 OK\r\nX-Shown: \u{9b}31m bkua_secret\r\nContent-Type: text/plain", body)
}

async fn sent(
    place: &Place,
    arguments: &[&str],
    input: &str,
    answer: &'static str,
) -> (String, String, String) {
    let (url, received) = sends(answer);
    let mut command = place.command(arguments);
    command.env("REGISTRIES_BASE_URL", url).env("REGISTRIES_TOKEN", "bkua_secret");
    let shown = printed(command, input).await;
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    let request = received.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned(), shown.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_as_it_is_given_and_a_response_printed_as_it_came_in() {
    let place = Place::new().await;
    let body = "{\"b\" : 1.0,\n \"a\":123456789012345678901234567890, \"a\": 1e400}";
    let answer = "{\"z\": 1.50, \"a\": \u{1b}12345678901234567890123}";
    let path = "/a%2Fb/{org}?q=a%20b+c%26d&per_page=1";
    let (line, received, shown) =
        sent(&place, &["api", "POST", path, "--input", "-"], body, answer).await;
    assert_eq!(line, "POST /v2/a%2Fb/example-org?q=a%20b+c%26d&per_page=1 HTTP/1.1");
    assert_eq!((received.as_str(), shown.as_str()), (body, answer));
    let fields = ["api", "PUT", "/x", "-f", "z=1.50", "-f", "a=two words", "-f", "n=1e400"];
    let (_, received, _) = sent(&place, &fields, "", "{}").await;
    assert_eq!(received, r#"{"z":1.50,"a":"two words","n":1e400}"#);
    let (line, _, shown) = sent(&place, &["api", "head", "/x", "--include"], "", "").await;
    assert_eq!(line, "HEAD /v2/x HTTP/1.1");
    assert!(shown.starts_with("200 OK\n") && shown.ends_with("\n\n"), "{shown}");
    assert!(shown.contains("x-shown: \\u009b31m [redacted]\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_can_be_laid_out() {
    let place = Place::new().await;
    let answer = "[{\"z\":1.50, \"a\":[]}, {\"b\": 1e400}]";
    for (form, expected) in [
        ("json", "[\n  {\n    \"z\": 1.50,\n    \"a\": []\n  },\n  {\n    \"b\": 1e400\n  }\n]\n"),
        ("ndjson", "{\"z\":1.50,\"a\":[]}\n{\"b\":1e400}\n"),
        ("raw", answer),
    ] {
        let (_, _, shown) = sent(&place, &["api", "GET", "/x", "-o", form], "", answer).await;
        assert_eq!(shown, expected, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_below_the_base_url_or_refused() {
    let place = Place::new().await;
    let url = place.server.base_url();
    let loud = url.replace("http://", "HTTP://");
    let within = format!("/access-token?url={url}&to=https://example.com");
    for path in
        [&format!("{url}/access-token"), &format!("{loud}/access-token"), "access-token", &within]
    {
        place.ok(&["api", "GET", path]).await;
    }
    let elsewhere = format!("{url}0/access-token");
    for path in [
        "https://example.com/v2/access-token",
        "HTTPS://example.com?token=hunter2",
        "https://user:hunter2@example.com/v2",
        "https://",
        &elsewhere,
        "//example.com/../x",
        "/a#b",
    ] {
        let refused = place.run(&["api", "GET", path]).await;
        assert_eq!(refused.status, 2, "{path}: {}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{path}: {}", refused.stderr);
    }
    for arguments in [["-f", "a=1", "-f", "a=2"], ["--input", "none", "-o", "json"]] {
        let refused = place.run(&[&["api", "POST", "/x"][..], &arguments].concat()).await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
    }
    // A refusal is shown as any other response.
    let missing = place.run(&["api", "GET", "/organizations/none", "--include"]).await;
    assert_eq!(missing.status, 1);
    assert!(missing.stdout.starts_with("404 Not Found\n"), "{}", missing.stdout);
    assert!(missing.stdout.contains("\nx-request-id: "), "{}", missing.stdout);
    for (form, answer, shown) in [
        ("raw", "{\"message\": 1.50}", "{\"message\": 1.50}"),
        ("json", "{\"message\": 1.50}", "{\n  \"message\": 1.50\n}\n"),
        ("json", "<h1>Not found</h1>", "<h1>Not found</h1>"),
    ] {
        let (url, _) = answering("404 Not Found", answer);
        let missing = place.run(&["api", "GET", "/x", "-o", form, "--base-url", &url]).await;
        assert_eq!((missing.status, missing.stdout.as_str()), (1, shown), "{}", missing.stderr);
    }
}
