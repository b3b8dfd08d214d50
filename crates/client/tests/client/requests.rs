//! What the client sends.

use std::{env, process::Command};

use crate::support::{REGISTRY, Reply, Scripted, builder};
use registries_client::{Client, ClientBuilder, Error, Field, RetryPolicy, Token, types};
use serde_json::{Value, json};

/// The body that `update_registry` sends for `update`.
async fn sent_for(update: types::builder::UpdateRegistry) -> String {
    let server = Scripted::start([Reply::json(200, REGISTRY)]).await;
    let client = server.client();
    let request = client.update_registry().org_slug("my-org").registry_slug("my-registry");
    request.body(update).send().await.unwrap();
    server.only().body
}

/// The body that `create_registry` sends for `create`.
async fn created_for(create: types::builder::CreateRegistry) -> Value {
    let server = Scripted::start([Reply::json(200, REGISTRY)]).await;
    server.client().create_registry().org_slug("my-org").body(create).send().await.unwrap();
    serde_json::from_str(&server.only().body).unwrap()
}

#[tokio::test]
async fn an_update_leaves_clears_and_sets() {
    let update = types::UpdateRegistry::builder;
    assert_eq!(sent_for(update()).await, "{}");
    let cleared = update().description(Field::Null);
    assert_eq!(sent_for(cleared).await, r#"{"description":null}"#);
    let set = update().description("new").name("a name");
    assert_eq!(sent_for(set).await, r#"{"description":"new","name":"a name"}"#);
    let left = update().description("new").description(Field::Absent);
    assert_eq!(sent_for(left).await, "{}");
}

#[tokio::test]
async fn every_property_of_an_update_that_may_be_null_is_sent_as_null() {
    let update = types::UpdateRegistry::builder()
        .color(Field::Null)
        .description(Field::Null)
        .emoji(Field::Null)
        .oidc_policy(Field::Null);
    let all = r#"{"color":null,"description":null,"emoji":null,"oidc_policy":null}"#;
    assert_eq!(sent_for(update).await, all);
}

#[tokio::test]
async fn an_empty_list_is_not_an_absent_one() {
    let create = || types::CreateRegistry::builder().name("n").ecosystem("ruby");
    assert_eq!(created_for(create()).await, json!({"name": "n", "ecosystem": "ruby"}));
    assert_eq!(
        created_for(create().team_ids(vec![])).await,
        json!({"name": "n", "ecosystem": "ruby", "team_ids": []})
    );
}

#[tokio::test]
async fn an_update_is_a_post_and_sent_to_the_registry() {
    let server = Scripted::start([Reply::json(200, REGISTRY)]).await;
    let client = server.client();
    let request = client.update_registry().org_slug("my-org").registry_slug("my-registry");
    let registry = request.body_map(|body| body.emoji(":sunflower:")).send().await.unwrap();
    assert_eq!(registry.slug, "my-registry");
    let received = server.only();
    assert_eq!(received.line, "POST /v2/packages/organizations/my-org/registries/my-registry");
    assert_eq!(received.body, r#"{"emoji":":sunflower:"}"#);
}

#[tokio::test]
async fn what_is_outside_the_root_is_asked_of_the_host_without_the_token() {
    let greeting = r#"{"message": "hello", "timestamp": 1}"#;
    let server = Scripted::start([Reply::json(200, greeting)]).await;
    let greeting = server.client().get_root().send().await.unwrap();
    assert_eq!(greeting.message.as_deref(), Some("hello"));
    let received = server.only();
    assert_eq!(received.line, "GET /");
    assert_eq!(received.header("authorization"), None);
}

#[tokio::test]
async fn the_token_goes_only_below_the_root_also_where_that_has_no_path() {
    let greeting = r#"{"message": "hello", "timestamp": 1}"#;
    let server = Scripted::start([Reply::json(200, greeting), Reply::json(200, "[]")]).await;
    let base_url = server.base_url();
    let host = base_url.strip_suffix("/v2").unwrap();
    let client = builder(host, "secret").build().unwrap();
    client.get_root().send().await.unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    let received = server.received();
    assert_eq!(received[0].line, "GET /");
    assert_eq!(received[0].header("authorization"), None);
    assert_eq!(received[1].line, "GET /packages/organizations/my-org/registries");
    assert_eq!(received[1].header("authorization"), Some("Bearer secret"));
}

#[tokio::test]
async fn only_the_expected_headers_are_sent() {
    let server = Scripted::start([Reply::json(200, "[]"), Reply::json(200, REGISTRY)]).await;
    let client = server.client();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    let create = types::CreateRegistry::builder().name("n").ecosystem("ruby");
    client.create_registry().org_slug("my-org").body(create).send().await.unwrap();

    let received = server.received();
    // Another crate of the same build may have switched compression on in reqwest.
    let is_ours = |name: &&String| name.as_str() != "accept-encoding";
    let names = |index: usize| {
        let headers = received[index].headers.iter();
        let mut names: Vec<_> = headers.map(|(name, _)| name).filter(is_ours).collect();
        names.sort();
        names
    };
    assert_eq!(names(0), ["accept", "authorization", "host", "user-agent"]);
    let with_body =
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names(1), with_body);
    assert_eq!(received[0].header("authorization"), Some("Bearer secret"));
    assert_eq!(received[0].header("accept"), Some("application/json"));
    let agent = concat!("registries-client/", env!("CARGO_PKG_VERSION"));
    assert_eq!(received[0].header("user-agent"), Some(agent));
}

#[tokio::test]
async fn a_page_is_asked_for_when_it_is_named() {
    let replies = [(); 3].map(|()| Reply::json(200, "[]"));
    let server = Scripted::start(replies).await;
    let client = server.client();
    client.list_organizations().send().await.unwrap();
    client.list_organizations().page(3).send().await.unwrap();
    client.list_organizations().per_page(100).page(1).send().await.unwrap();
    let lines: Vec<String> = server.received().into_iter().map(|it| it.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v2/organizations",
            "GET /v2/organizations?page=3",
            "GET /v2/organizations?page=1&per_page=100"
        ]
    );
}

#[tokio::test]
async fn path_parameters_stay_in_their_segment() {
    for (slug, path) in [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("..\\..", "..%5C.."),
        ("../other", "..%2Fother"),
        ("%2e%2e", "%252e%252e"),
        ("a?b#c;d", "a%3Fb%23c%3Bd"),
        (".\t.", ".%09."),
        ("Größe 日本", "Gr%C3%B6%C3%9Fe%20%E6%97%A5%E6%9C%AC"),
        ("...", "..."),
        ("Odd_Slug!", "Odd_Slug%21"),
    ] {
        let server = Scripted::start([Reply::json(200, REGISTRY)]).await;
        let client = server.client();
        client.get_registry().org_slug("my-org").registry_slug(slug).send().await.unwrap();
        let line = format!("GET /v2/packages/organizations/my-org/registries/{path}");
        assert_eq!(server.only().line, line);
    }
}

#[tokio::test]
async fn what_would_name_another_resource_is_not_sent() {
    let server = Scripted::start([]).await;
    let client = server.client();
    for slug in ["", ".", ".."] {
        let error = client
            .delete_registry()
            .org_slug("my-org")
            .registry_slug(slug)
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
        assert!(error.to_string().contains("`registry_slug`"), "{error}");
        let error = client.list_registries().org_slug(slug).send().await.unwrap_err();
        assert!(error.to_string().contains("`org_slug`"), "{error}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_sent() {
    let server = Scripted::start([]).await;
    let client = server.client();
    let error = client.get_registry().org_slug("my-org").send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid request: `registry_slug` is missing; set it before `send`"
    );
    let create = client.create_registry().org_slug("my-org").body_map(|body| body.name("n"));
    let error = create.send().await.unwrap_err();
    assert!(error.to_string().contains("ecosystem"), "{error}");
    assert!(server.received().is_empty());
}

fn own_http_client(server: &Scripted, client: reqwest::Client) -> ClientBuilder {
    let token = Token::new("secret").unwrap();
    Client::builder().base_url(server.base_url()).token(token).http_client(client)
}

#[tokio::test]
async fn an_http_client_of_ones_own_sends_the_token_too() {
    let server = Scripted::start([Reply::json(200, "[]"), Reply::json(200, "[]")]).await;
    let own = reqwest::Client::builder().no_proxy().user_agent("mine/1").build().unwrap();
    let client = own_http_client(&server, own.clone()).build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    let client = own_http_client(&server, own).user_agent("ours/2").build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();

    let [first, second] = &server.received()[..] else { panic!("two requests") };
    assert_eq!(first.header("authorization"), Some("Bearer secret"));
    assert_eq!(first.header("user-agent"), Some("mine/1"));
    assert_eq!(second.header("user-agent"), Some("ours/2"));
}

/// The environment is that of a process: the test runs itself once more with a proxy in it whose
/// port has no listener.
#[tokio::test]
async fn a_proxy_that_the_environment_names_is_used_unless_it_is_refused() {
    const NAME: &str = "requests::a_proxy_that_the_environment_names_is_used_unless_it_is_refused";
    const NOWHERE: &str = "http://127.0.0.1:9";
    if env::var("http_proxy").as_deref() != Ok(NOWHERE) {
        let mut again = Command::new(env::current_exe().unwrap());
        again.env("http_proxy", NOWHERE).env("HTTP_PROXY", NOWHERE);
        again.env_remove("no_proxy").env_remove("NO_PROXY");
        let output = again.args(["--exact", NAME]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let server = Scripted::start([Reply::json(200, "[]")]).await;
    let token = Token::new("secret").unwrap();
    let builder = Client::builder().base_url(server.base_url()).token(token);
    let client = builder.clone().retry(RetryPolicy::none()).build().unwrap();
    let error = client.list_registries().org_slug("my-org").send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_connect()), "{error}");
    assert!(server.received().is_empty());
    let client = builder.no_proxy().build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_http_client_of_the_client_can_be_changed_and_follows_no_redirect() {
    let elsewhere = Reply::new(302, "Location: http://elsewhere.invalid/v2", "");
    let proxy = Scripted::start([elsewhere]).await;
    let address = proxy.base_url();
    let client = builder("http://registries.invalid:8080/v2", "secret")
        .retry(RetryPolicy::none())
        .http(|http| http.user_agent("not ours"))
        .http(move |http| http.proxy(reqwest::Proxy::all(&address).unwrap()));
    let error = client.build().unwrap().get_access_token().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 302);
    let received = proxy.only();
    assert_eq!(received.line, "GET http://registries.invalid:8080/v2/access-token");
    assert!(received.header("user-agent").unwrap().starts_with("registries-client/"));
}

#[tokio::test]
async fn a_redirect_is_an_error_and_not_followed() {
    let other = Scripted::start([]).await;
    let location = format!("Location: {}/access-token", other.base_url());
    let server = Scripted::start([Reply::new(302, &location, "")]).await;
    let error = server.client().get_access_token().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 302);
    assert!(error.to_string().contains(&other.base_url()), "{error}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn an_http_client_that_follows_redirects_does_not_take_the_token_along() {
    let other = Scripted::start([Reply::json(200, "[]")]).await;
    let location = format!("Location: {}/elsewhere", other.base_url());
    let server = Scripted::start([Reply::new(302, &location, "")]).await;
    let own = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = own_http_client(&server, own).build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    assert_eq!(server.only().header("authorization"), Some("Bearer secret"));
    assert_eq!(other.only().header("authorization"), None);
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_base_url_does_not_matter() {
    let server = Scripted::start([Reply::json(200, "[]")]).await;
    let client = builder(server.base_url() + "/", "t").build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    assert_eq!(server.only().line, "GET /v2/packages/organizations/my-org/registries");
}

#[test]
fn calls_can_be_spawned() {
    fn is_send(_: impl Send) {}
    let client = builder("http://127.0.0.1:1/v2", "t").build().unwrap();
    is_send(client.list_registries().org_slug("my-org").send());
    is_send(client.revoke_access_token().send());
}
