//! HTTP itself: routes, methods, bodies and their types.

use registries_server::EmbeddedOptions;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database};
use crate::transcript::Transcript;

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
    let mut transcript = Transcript::of(&api);
    for query in [
        "per_page=0",
        "per_page=101",
        "per_page=-1",
        "per_page=",
        "page=0",
        "page=x&per_page=1",
        "page=1&page=2",
        "page=0&per_page=0",
    ] {
        transcript.row(query, &api.get(&format!("/organizations?{query}")).await);
    }
    for query in ["per_page=100", "per_page=1&page=1", "page=999999999999999999999999"] {
        assert_eq!(api.get(&format!("/organizations?{query}")).await.status, 200, "{query}");
    }
    // Without the right to see the list, the response does not say what is wrong with the page.
    let request = api.request("GET", "/organizations?page=0");
    transcript.row("page=0 without a token", &Answer::to(request.try_clone().unwrap()).await);
    let none = api.token(&[]).await;
    transcript.row("page=0 without a scope", &Answer::to(request.bearer_auth(none)).await);
    insta::assert_snapshot!("pages", transcript);
}

#[tokio::test]
async fn other_methods_are_405_with_a_list_of_those_allowed() {
    let api = Api::start().await;
    let mut transcript = Transcript::of(&api);
    for path in [api.registries(), api.registry("a"), "/access-token".to_owned()] {
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let request = api.request(method, &path);
            let without = Answer::to(request.try_clone().unwrap()).await;
            if without.status == 401 {
                continue;
            }
            transcript.row(&format!("{method} {path}"), &without);
            let with = Answer::to(request.bearer_auth(&api.token)).await;
            assert_eq!((with.status, with.text), (without.status, without.text));
        }
    }
    insta::assert_snapshot!("methods", transcript);
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
    let mut transcript = Transcript::of(&api);
    transcript.get(&api.registry("unknown")).await;
    let unknown = api.get(&api.registry("unknown")).await.text;
    for slug in ["A-B", "a%20b", "a_b", "%00", "%ff", "a%2fb", "..%2f", "-", &"x".repeat(5000)] {
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" { json!({}) } else { Value::Null };
            let answer = api.send(method, &api.registry(slug), body).await;
            let found = (answer.status.as_u16(), answer.text);
            assert_eq!(found, (404, unknown.clone()), "{method} {slug}");
        }
    }
    transcript.get("/packages/organizations/other/registries/%ff").await;
    // An escape is what it stands for.
    assert_eq!(api.get(&api.registry("%61-b")).await.status, 200);
    insta::assert_snapshot!("unknown", transcript);
}

#[tokio::test]
async fn a_body_is_called_json_once_and_is_not_compressed() {
    const TYPE: &str = "Content-Type: application/json";
    let api = Api::start().await;
    api.create("there").await;
    let body = r#"{"name": "a", "ecosystem": "ruby"}"#;
    let send = async |method: &str, path: &str, headers: &str| {
        let mut request = api.request(method, path).bearer_auth(&api.token).body(body);
        for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        Answer::to(request).await
    };
    let mut transcript = Transcript::of(&api);
    for headers in [
        "",
        "Content-Type: ",
        "Content-Type: text/plain",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: application/jsonx",
        "Content-Type: application/yaml",
        "Content-Type: json",
        &format!("{TYPE}, application/json"),
        &format!("{TYPE}\n{TYPE}"),
        &format!("{TYPE}\nContent-Type: text/plain"),
        &format!("Content-Type: text/plain\n{TYPE}"),
        &format!("{TYPE}\nContent-Encoding: gzip"),
        &format!("{TYPE}\nContent-Encoding: GZIP"),
        &format!("{TYPE}\nContent-Encoding: x-gzip"),
        &format!("{TYPE}\nContent-Encoding: deflate"),
        &format!("{TYPE}\nContent-Encoding: br"),
        &format!("{TYPE}\nContent-Encoding: zstd"),
        &format!("{TYPE}\nContent-Encoding: made-up"),
        &format!("{TYPE}\nContent-Encoding: identity, gzip"),
        &format!("{TYPE}\nContent-Encoding: identity\nContent-Encoding: gzip"),
        &format!("{TYPE}\nContent-Encoding: gzip, gzip"),
    ] {
        let answer = send("POST", &api.registries(), headers).await;
        let updated = send("PATCH", &api.registry("there"), headers).await;
        assert_eq!((updated.status, &updated.text), (answer.status, &answer.text), "{headers}");
        assert_eq!(send("PATCH", &api.registry("no"), headers).await.status, 404);
        transcript.row(&format!("{headers:?}"), &answer);
    }
    insta::assert_snapshot!("media-types", transcript);
    for headers in [
        TYPE,
        "Content-Type: application/json; charset=utf-8",
        "Content-Type: Application/JSON;charset=UTF-8",
        "Content-Type: application/merge-patch+json",
        &format!("{TYPE}\nContent-Encoding: identity"),
        &format!("{TYPE}\nContent-Encoding: Identity"),
        &format!("{TYPE}\nContent-Encoding: "),
    ] {
        let answer = send("POST", &api.registries(), headers).await;
        assert_eq!(answer.status, 200, "{headers}: {}", answer.text);
        api.send("DELETE", &api.registry("a"), Value::Null).await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_however_it_is_sent() {
    let options = EmbeddedOptions { max_body: 1000, ..Database::Memory.options() };
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
    let mut transcript = Transcript::of(&api);
    for length in [1001, 100_000, 8_000_000] {
        transcript.row(&format!("{length} bytes"), &send(sized(length).into()).await);
    }
    insta::assert_snapshot!("too-large", transcript);
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
    let mut transcript = Transcript::of(&api);
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
        let send = async |method: &str, path: &str| {
            let request = api.request(method, path).bearer_auth(&api.token);
            let request = request.header("Content-Type", "application/json");
            Answer::to(request.body(body.to_vec())).await
        };
        let created = send("POST", &api.registries()).await;
        let updated = send("PATCH", &api.registry("there")).await;
        assert_eq!((updated.status, &updated.text), (created.status, &created.text));
        transcript.row(&format!("{:.60}", body.escape_ascii().to_string()), &created);
    }
    let request = api.request("POST", &api.registries()).bearer_auth(&api.token);
    transcript.row("no body at all", &Answer::to(request).await);
    insta::assert_snapshot!("not-json", transcript);
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
    let mut transcript = Transcript::of(&api);
    transcript.add("GET /", &Answer::to(api.client.get(format!("{origin}/"))).await);
    transcript.add("GET /v2", &Answer::to(api.client.get(format!("{origin}/v2"))).await);
    insta::assert_snapshot!("host", transcript);
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
