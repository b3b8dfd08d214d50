//! Errors of requests that the contract does not have, which name method and path.

use std::time::Duration;

use registries_client::{Error, Method};
use serde_json::Value;

use crate::support::{Reply, Scripted, builder};

/// The error of a `POST` with a query, a body and a header, in which there is a secret each.
async fn post(reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    let client = builder(server.base_url(), "hunter2-token").max_response_size(24);
    let client = client.retry(registries_client::RetryPolicy::none()).build().unwrap();
    let segments = ["organizations", "my org", "teams"];
    let request = client.request(Method::POST, segments).query("key", "hunter2-query");
    let request = request.json(&"hunter2-body").header("X-Key", "hunter2-header");
    request.deadline(Duration::from_millis(300)).send_json::<Value>().await.unwrap_err()
}

#[tokio::test]
async fn every_error_of_a_request_names_method_and_path() {
    let call = "POST /organizations/my%20org/teams ";
    for (reply, said) in [
        (Reply::json(404, r#"{"message":"No"}"#), "returned 404 Not Found (No)"),
        (Reply::new(302, "Location: /hunter2-token", ""), "returned 302 Found"),
        (Reply::Nothing, "got no complete response from 127.0.0.1:"),
        (Reply::Silence, "got no response from 127.0.0.1:"),
        (Reply::json(200, "{"), "succeeded with 200 OK, but its body"),
        (
            Reply::json(200, r#""hunter2-long-hunter2-long""#),
            "succeeded with 200 OK, but its body has more",
        ),
    ] {
        let error = post(reply).await;
        let printed = error.to_string();
        assert!(printed.starts_with(&format!("{call}{said}")), "{printed}");
        let debug = format!("{error:?}");
        let chain = format!("{:#}", anyhow::Error::from(error));
        assert!(!debug.contains("hunter2") && !chain.contains("hunter2"), "{debug} {chain}");
    }
}

#[tokio::test]
async fn a_secret_in_the_path_is_not_printed() {
    let server = Scripted::start(vec![Reply::new(404, "", ""); 4]).await;
    let client = builder(server.base_url(), "hunter2-token").build().unwrap();
    for (path, printed) in [
        ("/a/bkrt_hunter2", "GET /a/bkrt_[redacted] returned"),
        ("/a/hunter2-token/b?c=d", "GET /a/[redacted]/b returned"),
        ("/a/bkrt%5Fhunter2", "GET [redacted] returned"),
        ("/npm/@scope/name", "GET /npm/@scope/name returned"),
    ] {
        let error = client.request_path(Method::GET, path).await.unwrap_err();
        assert!(error.to_string().starts_with(printed), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
