//! No way to print an error prints a secret, wherever it was.

use std::{
    error::Error as StdError,
    io,
    sync::{Arc, Mutex},
};

use registries_client::{Client, Error, RetryPolicy, Token};
use serde_json::json;

use crate::support::{Reply, Scripted, builder};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error as fields of an event, in each way in which tracing takes one.
fn logged(error: &Error) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        // With a second subscriber every one is asked, whichever thread comes first.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        tracing::error!(display = %error, debug = ?error, error = error as &dyn StdError, "{error}");
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(" debug="), "{text}");
    text
}

/// Everything that an error prints, in every way.
fn printed(error: Error) -> String {
    let mut texts = vec![format!("{error} {error:#} {error:?} {error:#?}"), logged(&error)];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(format!("{error} {error:#} {error:?} {error:#?}"));
        source = error.source();
    }
    texts.extend(error.problems().iter().map(|it| format!("{it} {it:?} {it:#?}")));
    texts.push(format!("{:?} {:?}", error.kind(), error.response()));
    texts.push(format!("{:?}", error.request_id()));
    let error = anyhow::Error::from(error).context("while trying");
    texts.push(format!("{error} {error:#} {error:?} {error:#?}"));
    texts.join("\n")
}

/// A deployment may send the client's own token back, where no body is involved, too.
#[tokio::test]
async fn no_error_prints_the_token_that_a_deployment_sends_back() {
    // Without the prefix that any token is known by, in lower case as a property is, and with what
    // is encoded in a URL.
    for token in ["hunter2_hunter2", "hunter2+/hunter2=="] {
        let encoded = token.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
        let headers = [
            format!("Content-Type: text/{token}\nX-Request-Id: {token}\nLocation: /a/{token}/b"),
            format!("Content-Type: {token}\nX-Request-Id: a-{token}-b\nLocation: /a/{encoded}/b"),
            format!("X-Request-Id: {token}\nLocation: https://h.example/{token}?a"),
        ];
        let bodies = ["", "no", &format!(r#"{{"{token}": tru"#), &format!(r#"[{{"{token}": 1}}]"#)];
        for (status, headers, body) in [200, 302, 304, 401, 404, 429, 502]
            .into_iter()
            .flat_map(|status| headers.iter().map(move |headers| (status, headers)))
            .flat_map(|(status, headers)| bodies.iter().map(move |body| (status, headers, body)))
        {
            let server = Scripted::start([Reply::new(status, headers, body)]).await;
            // A redirect is not followed, so that it is the answer.
            let own = reqwest::Client::builder().no_proxy();
            let own = own.redirect(reqwest::redirect::Policy::none()).build().unwrap();
            let client = Client::builder().base_url(server.base_url()).http_client(own);
            let client = client.token(Token::new(token).unwrap()).retry(RetryPolicy::none());
            let error = client.build().unwrap().get_access_token().send().await.unwrap_err();
            assert!(error.request_id().is_some_and(|id| id.contains("[redacted]")), "{error:?}");
            let text = printed(error);
            assert!(!text.contains("hunter2"), "{status} {headers} {body}: {text}");
        }
    }
    let long = format!("X-Request-Id: {}", "x".repeat(10_000));
    let error = get(Reply::new(404, &long, "")).await;
    assert!(error.request_id().is_some_and(|id| id.chars().count() <= 301), "{error:?}");
}

async fn get(reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    let client = server.client();
    client.get_registry().org_slug("my-org").registry_slug("r").send().await.unwrap_err()
}

/// What must not be printed: a registry token's secret, an access token, and something without a prefix.
const SECRETS: [&str; 3] = ["bkrt_hunter2-1", "bkua_hunter2-2", "hunter2-hunter2"];

#[tokio::test]
async fn no_error_prints_a_body_a_header_or_a_secret() {
    let [registry_token, access_token, plain] = SECRETS;
    let headers = format!(
        "Content-Type: application/json\nSet-Cookie: session={plain}\nX-Auth-Token: {access_token}\n\
         Location: https://u:{plain}@other.example/v2?token={plain}#{plain}"
    );
    let bodies = [
        // A registry token whose id is no text, or that breaks off, or has the wrong type.
        format!(r#"{{"id": 7, "token": "{registry_token}"}}"#),
        format!(r#"{{"id": "1", "token": "{registry_token}""#),
        format!(r#"{{"id": "1", "token": ["{registry_token}"]}}"#),
        format!(r#"{{"{registry_token}": tru, "id": "1"}}"#),
        format!(r#"{{"created_by": "{plain}, expected {plain}", "id": "1"}}"#),
        format!(r#""{registry_token}""#),
        format!(r#"["{plain}"]"#),
        format!("{access_token} {plain}"),
        // Errors that echo what they were sent, or what they made.
        format!(r#"{{"message": "{access_token} is no {registry_token}", "token": "{plain}"}}"#),
        format!(r#"{{"message": "made {plain}", "registry": {{"token": "{plain}"}}}}"#),
        format!(
            r#"{{"message": "No", "errors": [{{"value": "{plain}"}}, "{registry_token}", 7]}}"#
        ),
        format!(r#"{{"message": ["{plain}"], "errors": "{plain}"}}"#),
    ];
    let statuses = [200, 201, 204, 302, 400, 401, 404, 422, 429, 500, 502];
    let all =
        || statuses.into_iter().flat_map(|status| bodies.iter().map(move |body| (status, body)));
    let replies = all().flat_map(|(status, body)| {
        [Reply::new(status, &headers, body), Reply::broken_with(status, body)]
    });
    let server = Scripted::start(replies.collect::<Vec<_>>()).await;
    let builder = crate::support::builder(server.base_url(), access_token);
    let client = builder.retry(registries_client::RetryPolicy::none()).build().unwrap();
    for (status, body) in all().flat_map(|one| [one, one]) {
        let create = client.create_registry_token().org_slug("o").registry_slug("r");
        let result = create.body_map(|body| body.description("d")).send().await;
        let Err(error) = result else { panic!("{status} {body} was read: {result:?}") };
        let text = printed(error);
        assert!(!text.contains("hunter2"), "{status} {body}: {text}");
    }
    // What is read is printed without its secret and without headers.
    let good = Reply::new(200, &headers, &format!(r#"{{"id": "1", "token": "{plain}"}}"#));
    let server = Scripted::start([good]).await;
    let client = server.client();
    let create = client.create_registry_token().org_slug("o").registry_slug("r");
    let created = create.body_map(|body| body.description("d")).send().await.unwrap();
    assert!(!format!("{created:?}").contains("hunter2"), "{created:?}");
}

/// The token is one, as is what an HTTP client of the user's own adds, and what a redirect adds to a URL.
#[tokio::test]
async fn no_error_without_an_answer_prints_what_was_sent() {
    let [_, access_token, plain] = SECRETS;
    for reply in [Reply::Nothing, Reply::broken(200), Reply::Bytes(b"hunter2\r\n\r\n".to_vec())] {
        let other = Scripted::start([reply.clone()]).await;
        let location = format!("Location: {}/a?token={plain}#{plain}", other.base_url());
        let server = Scripted::start([Reply::new(302, &location, "")]).await;
        let mut headers = registries_client::HeaderMap::new();
        headers.insert("x-secret", plain.parse().unwrap());
        let own = reqwest::Client::builder().no_proxy().default_headers(headers).build().unwrap();
        let client = Client::builder().base_url(server.base_url()).http_client(own);
        let client = client.token(Token::new(access_token).unwrap()).retry(RetryPolicy::none());
        let client = client.build().unwrap();
        let error = client.get_access_token().send().await.unwrap_err();
        assert_eq!(other.received().len(), 1, "{error:?}");
        let text = printed(error);
        assert!(!text.contains("hunter2"), "{reply:?}: {text}");
    }
    let client = builder("http://127.0.0.1:1/v2", access_token).retry(RetryPolicy::none());
    let error = client.build().unwrap().get_access_token().send().await.unwrap_err();
    assert!(!printed(error).contains("hunter2"));
}

#[tokio::test]
async fn what_a_deployment_says_is_printed_in_one_line_that_does_nothing_to_a_terminal() {
    let body = json!({
        "message": "\u{1b}[31mNo\r\n::error::\u{202e}\u{9b}\u{2028}",
        "errors": ["\u{7}", {"message": "x".repeat(100_000)}],
    });
    let reply = Reply::new(404, "Content-Type: a/b;\tc\u{9b}", &body.to_string());
    let error = get(reply).await;
    assert!(error.to_string().len() < 1_000, "{error}");
    let text = printed(error);
    let is_plain = |c: char| c == '\n' || !(c.is_control() || "\u{202e}\u{2028}".contains(c));
    assert!(text.chars().all(is_plain), "{text:?}");
    let error = get(Reply::json(404, &body.to_string())).await.to_string();
    assert!(!error.contains('\n'), "{error}");
}
