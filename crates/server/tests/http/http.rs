//! HTTP itself: routes, methods, bodies and their types.

use registries_server::EmbeddedOptions;
use serde_json::{Value, json};

use crate::harness::{Answer, Api};

#[tokio::test]
async fn unknown_routes_are_404_with_and_without_a_token() {
    let api = Api::start().await;
    let origin = api.server.base_url().strip_suffix("/v2").unwrap();
    let list = api.registries();
    for path in [
        "/v2".to_owned(),
        "/v2/".to_owned(),
        "/v2/unknown".to_owned(),
        "/v2/unknown/".to_owned(),
        "/v2/access-token//".to_owned(),
        "/v2//access-token".to_owned(),
        "//v2/access-token".to_owned(),
        "/v2/acces%73-token".to_owned(),
        "/v1/access-token".to_owned(),
        format!("/v2{list}//"),
        format!("/v2{list}/a/b"),
        list,
    ] {
        for token in [None, Some(&api.token)] {
            let mut request = api.client.get(format!("{origin}{path}"));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(Answer::to(request).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_known_path_makes_no_difference() {
    let api = Api::start().await;
    api.create("a").await;
    let token = api.create_registry_token("a").await;
    let (list, one) = (api.registries(), api.registry("a"));
    for path in [
        list.clone(),
        one.clone(),
        format!("{one}/tokens"),
        format!("{one}/tokens/{token}"),
        "/organizations".to_owned(),
        "/organizations/example-org".to_owned(),
        "/access-token".to_owned(),
    ] {
        let (with, without) = (api.get(&format!("{path}/")).await, api.get(&path).await);
        assert_eq!((with.status.as_u16(), with.text), (200, without.text), "{path}");
    }
    let usage = api.get("/organizations/example-org/rate_limit/").await;
    assert_eq!(usage.status, 200);
    let asked = api.get("/organizations/?per_page=0").await;
    assert_eq!(asked.status, 422, "the query stays");
    let body = json!({"name": "b", "ecosystem": "ruby"});
    assert_eq!(api.send("POST", &format!("{list}/"), body).await.status, 200);
    let changed = json!({"description": "changed"});
    assert_eq!(api.send("PATCH", &format!("{one}/"), changed).await.status, 200);
    assert_eq!(api.send("DELETE", &format!("{list}/"), Value::Null).await.status, 405);
    assert_eq!(api.send("DELETE", &format!("{one}/"), Value::Null).await.status, 200);
    assert_eq!(api.get(&one).await.status, 404);
}

#[tokio::test]
async fn pages_out_of_range_are_refused() {
    let api = Api::start().await;
    for (query, field) in [
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("per_page=-1", "per_page"),
        ("per_page=", "per_page"),
        ("page=0", "page"),
        ("page=x&per_page=1", "page"),
        ("page=1&page=2", "page"),
    ] {
        let answer = api.get(&format!("/organizations?{query}")).await;
        assert_eq!(answer.problems()[0].0, field, "{query}");
    }
    for query in ["per_page=100", "per_page=1&page=1", "page=999999999999999999999999"] {
        assert_eq!(api.get(&format!("/organizations?{query}")).await.status, 200, "{query}");
    }
    // Who may not see the list is not told what is wrong with the page.
    let request = api.request("GET", "/organizations?page=0");
    assert_eq!(Answer::to(request).await.status, 401);
    let none = api.token(&[]).await;
    let request = api.request("GET", "/organizations?page=0").bearer_auth(none);
    assert_eq!(Answer::to(request).await.status, 403);
}

#[tokio::test]
async fn other_methods_are_405_and_told_which_there_are() {
    let api = Api::start().await;
    for (path, allowed) in [
        (api.registries(), "GET,HEAD,POST"),
        (api.registry("a"), "GET,HEAD,POST,PATCH,PUT,DELETE"),
        ("/access-token".to_owned(), "GET,HEAD,DELETE"),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let allows = |header: &str| header.split(',').any(|other| other == method);
            for token in [None, Some(&api.token)] {
                let mut request = api.request(method, &path);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if allows(allowed) {
                    continue;
                }
                let answer = Answer::to(request).await;
                assert_eq!(answer.status, 405, "{method} {path}");
                let mut found: Vec<_> = answer.header("allow").unwrap().split(',').collect();
                let mut expected: Vec<_> = allowed.split(',').collect();
                found.sort_unstable();
                expected.sort_unstable();
                assert_eq!(found, expected, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let api = Api::start().await;
    api.create("a").await;
    for path in [api.registries(), api.registry("a"), "/access-token".to_owned()] {
        let (get, head) = (api.get(&path).await, api.send("HEAD", &path, Value::Null).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""));
        assert_eq!(head.header("content-length"), Some(get.text.len().to_string().as_str()));
    }
    let request = api.client.head(format!("{}{}", api.server.base_url(), api.registry("b")));
    let response = request.bearer_auth(&api.token).send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn what_is_no_slug_is_an_unknown_registry() {
    let api = Api::start().await;
    api.create("a b").await;
    for slug in
        ["unknown", "A-B", "a%20b", "a_b", "%00", "%ff", "a%2fb", "..%2f", "-", &"x".repeat(5000)]
    {
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" { json!({}) } else { Value::Null };
            let answer = api.send(method, &api.registry(slug), body).await;
            assert_eq!(answer.status, 404, "{method} {slug}");
            let message = answer.body["message"].as_str().unwrap();
            assert!(message.starts_with("No registry found"), "{method} {slug}: {message}");
        }
    }
    let elsewhere = api.get("/packages/organizations/other/registries/%ff").await;
    let message = elsewhere.body["message"].as_str().unwrap();
    assert!(message.starts_with("No organization found"), "{message}");
    assert_eq!(
        api.get(&api.registry("%61-b")).await.status,
        200,
        "an escape is what it stands for"
    );
}

#[tokio::test]
async fn a_body_must_be_called_json() {
    let api = Api::start().await;
    api.create("there").await;
    let body = r#"{"name": "a", "ecosystem": "ruby"}"#;
    let send = async |method: &str, path: &str, content_type: Option<&str>| {
        let mut request = api.request(method, path).bearer_auth(&api.token).body(body);
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        Answer::to(request).await.status.as_u16()
    };
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
        Some("application/yaml"),
        Some("json"),
    ] {
        assert_eq!(send("POST", &api.registries(), content_type).await, 415, "{content_type:?}");
        let path = api.registry("there");
        assert_eq!(send("PATCH", &path, content_type).await, 415, "{content_type:?}");
        assert_eq!(send("PATCH", &api.registry("no"), content_type).await, 404);
    }
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/merge-patch+json",
    ] {
        assert_eq!(send("POST", &api.registries(), Some(content_type)).await, 200);
        api.send("DELETE", &api.registry("a"), Value::Null).await;
    }
}

#[tokio::test]
async fn a_body_is_called_json_once_and_is_not_compressed() {
    let api = Api::start().await;
    let body = r#"{"name": "a", "ecosystem": "ruby"}"#;
    let send = async |headers: &[(&str, &str)]| {
        let mut request = api.request("POST", &api.registries()).bearer_auth(&api.token).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(request).await
    };
    let json = ("Content-Type", "application/json");
    for headers in [
        &[json, json][..],
        &[json, ("Content-Type", "text/plain")],
        &[("Content-Type", "text/plain"), json],
        &[("Content-Type", "application/json, application/json")],
    ] {
        assert_eq!(send(headers).await.status, 415, "{headers:?}");
    }
    for codings in [
        &["gzip"][..],
        &["GZIP"],
        &["x-gzip"],
        &["deflate"],
        &["br"],
        &["zstd"],
        &["made-up"],
        &["identity, gzip"],
        &["identity", "gzip"],
        &["gzip, gzip"],
    ] {
        let mut headers = vec![json];
        headers.extend(codings.iter().map(|coding| ("Content-Encoding", *coding)));
        let answer = send(&headers).await;
        assert_eq!(answer.status, 415, "{codings:?}");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
        assert!(answer.body["message"].as_str().unwrap().contains("Content-Encoding"));
    }
    for coding in ["identity", "Identity", ""] {
        assert_eq!(send(&[json, ("Content-Encoding", coding)]).await.status, 200, "{coding:?}");
        api.send("DELETE", &api.registry("a"), Value::Null).await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_however_it_is_sent() {
    let options = EmbeddedOptions { max_body: 1000, ..EmbeddedOptions::default() };
    let api = Api::start_with(options).await;
    let sized = |length: usize| {
        let rest = length - r#"{"name":"a","ecosystem":"ruby","x":""}"#.len();
        format!(r#"{{"name":"a","ecosystem":"ruby","x":"{}"}}"#, "y".repeat(rest))
    };
    let send = async |body: reqwest::Body| {
        let request = api.request("POST", &api.registries()).bearer_auth(&api.token);
        let request = request.header("Content-Type", "application/json");
        Answer::to(request.body(body)).await
    };
    for length in [1001, 100_000, 8_000_000] {
        let answer = send(sized(length).into()).await;
        assert_eq!(answer.status, 413, "{length}");
        assert!(answer.body["message"].as_str().unwrap().contains("1000 bytes"));
    }
    assert_eq!(send("x".repeat(2000).into()).await.status, 413, "before it is parsed");
    assert_eq!(send(sized(1000).into()).await.status, 200);
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read() {
    let api = Api::start().await;
    let body = json!({"name": "a", "ecosystem": "ruby", "x": "y".repeat(1024 * 1024 - 100)});
    api.create_with(body).await;
}

#[tokio::test]
async fn what_is_not_json_is_400_and_says_where() {
    let api = Api::start().await;
    api.create("there").await;
    for (method, path) in [("POST", api.registries()), ("PATCH", api.registry("there"))] {
        for body in [
            &b""[..],
            b" ",
            b"{",
            b"{\"name\": \"a\",}",
            b"{'name': 'a'}",
            b"name=a",
            b"{} {}",
            b"{\"name\": \"a\", \"name\": \"b\"}",
            b"{\"name\": \"\xff\"}",
            b"{\"name\": \"\\ud800\"}",
            b"{\"name\": \"\\udc00\"}",
            b"{\"name\": 1e999}",
            b"\xef\xbb\xbf{}",
            b"{\"name\": NaN}",
            "[".repeat(100_000).as_bytes(),
        ] {
            let request = api.request(method, &path).bearer_auth(&api.token);
            let request = request.header("Content-Type", "application/json").body(body.to_vec());
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(body));
            assert!(answer.body["message"].as_str().unwrap().contains("not valid JSON"));
        }
    }
}

#[tokio::test]
async fn a_request_without_any_body_is_400() {
    let api = Api::start().await;
    let request = api.request("POST", &api.registries()).bearer_auth(&api.token);
    assert_eq!(Answer::to(request).await.status, 400);
}

#[tokio::test]
async fn a_refusal_reaches_a_caller_who_still_sends() {
    let api = Api::start().await;
    let list = api.registries();
    let body = vec![b'x'; 12_000_000];
    for round in 0..10 {
        for (method, path, token, status) in [
            ("POST", list.as_str(), "unknown", 401),
            ("POST", "/packages/organizations/other/registries", &api.token, 404),
            ("PATCH", &api.registry("unknown"), &api.token, 404),
            ("POST", "/unknown", &api.token, 404),
            ("BREW", &list, &api.token, 405),
            ("POST", &list, &api.token, 415),
        ] {
            let request = api.request(method, path).bearer_auth(token).body(body.clone());
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, status, "{method} {path}, {round}");
        }
    }
}

#[tokio::test]
async fn the_host_greets_anybody() {
    let api = Api::start().await;
    let origin = api.server.base_url().strip_suffix("/v2").unwrap();
    let answer = Answer::to(api.client.get(format!("{origin}/"))).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["message"].as_str().unwrap().contains("/v2"));
    assert!(answer.body["timestamp"].as_i64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn a_preflight_lets_scripts_of_any_origin_call_and_is_not_counted() {
    let api = Api::start_limited().await;
    let (_, uncounted) = api.remaining().await;
    for path in [api.registries(), "/access-token".to_owned(), "/unknown".to_owned()] {
        let request = api
            .request("OPTIONS", &path)
            .header("Origin", "https://example.org")
            .header("Access-Control-Request-Method", "DELETE")
            .header("Access-Control-Request-Headers", "authorization,content-type");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_lowercase();
        assert_eq!(header("access-control-allow-origin"), "*");
        for method in ["get", "post", "patch", "put", "delete"] {
            assert!(header("access-control-allow-methods").contains(method), "{path}");
        }
        assert!(header("access-control-allow-headers").contains("authorization"), "{path}");
        assert!(!response.headers().contains_key("ratelimit-remaining"), "{path}");
    }
    assert_eq!(api.remaining().await.0, uncounted);
}
