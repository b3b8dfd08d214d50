//! Traffic that passes through: it is not changed, and it is checked.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, Method, StatusCode};
use registries_conformance::{
    Options, Report, Status,
    har::{Har, Recorder, Recording},
    replay,
    traffic::{Proxy, ProxyOptions},
};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use crate::{
    support::{Changed, assert_schema, bare, behind, output, run},
    traffic::check,
};

/// Keeps what it was asked, and answers what no other server would.
#[derive(Default)]
struct Odd(Arc<Mutex<Vec<Incoming>>>);

const ODD_BODY: &[u8] = b"{\"a\": \xff\x00\r\n }";

impl Behaviour for Odd {
    fn answer<'a>(&'a self, request: Incoming, _: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            self.0.lock().unwrap().push(request);
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("x-twice", "1"),
                ("x-twice", "2"),
                ("content-type", "Text/Odd"),
                ("date", "never"),
            ] {
                headers.append(name, value.parse().unwrap());
            }
            Outgoing {
                status: StatusCode::IM_A_TEAPOT,
                headers,
                body: ODD_BODY.to_vec(),
                chunk: None,
            }
        })
    }
}

#[tokio::test]
async fn what_passes_through_is_not_changed() {
    let reference = Reference::start().await.unwrap();
    let odd = Odd::default();
    let asked = Arc::clone(&odd.0);
    let upstream = behind(&reference, odd).await;
    let options = ProxyOptions { recorder: Some(Recorder::default()), ..ProxyOptions::default() };
    let recorder = options.recorder.clone().unwrap();
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), &upstream.base_url, options).await.unwrap();
    let through = proxy.base_url();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(proxy.serve(async {
        let _ = stopped.await;
    }));

    let client = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let registries = "/packages/organizations/o/registries";
    for (method, path) in [
        (Method::POST, registries.to_owned()),
        (Method::PUT, format!("{registries}/a%2Fb?x=%C3%A4&y=1&access_token=a-token-in-a-query")),
        (Method::GET, "/of/another/api?elsewhere".into()),
    ] {
        let mut exchanges = Vec::new();
        for base_url in [&upstream.base_url, &through] {
            let request = client
                .request(method.clone(), format!("{base_url}{path}"))
                .header("authorization", "Bearer a-token-in-a-header")
                .header("x-list", "a")
                .header("x-list", "b")
                .header("accept", "application/odd")
                .body(b"\x00\xffnot JSON".to_vec());
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let mut asked = asked.lock().unwrap().pop().unwrap();
            asked.headers.remove("host");
            let sent = (asked.method, asked.path, asked.headers, asked.body);
            exchanges.push((sent, status, headers, response.bytes().await.unwrap()));
        }
        assert_eq!(exchanges[0], exchanges[1]);
        assert_eq!(&*exchanges[1].3, ODD_BODY);
    }
    stop.send(()).unwrap();
    let report = serving.await.unwrap().unwrap();
    assert_eq!((report.exchanges, report.checked, report.ignored), (3, 2, 1));
    let har = serde_json::to_string(&recorder.har()).unwrap();
    assert_eq!(recorder.har().log.entries.len(), 2);
    assert!(!har.contains("elsewhere") && har.contains("Bearer $REGISTRIES_TOKEN"), "{har}");
}

#[tokio::test]
async fn a_run_through_the_proxy_is_as_without_it_and_is_checked() {
    let reference = Reference::start().await.unwrap();
    let recorder = Recorder::default();
    let found = Arc::new(Mutex::new(0));
    let count = Arc::clone(&found);
    let options = ProxyOptions {
        recorder: Some(recorder.clone()),
        listener: Some(Box::new(move |_| *count.lock().unwrap() += 1)),
        ..ProxyOptions::default()
    };
    let base_url = reference.server.base_url();
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), base_url, options).await.unwrap();
    let through = reference.at(&proxy.base_url());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(proxy.serve(async {
        let _ = stopped.await;
    }));
    let report = run(&through).await;
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    stop.send(()).unwrap();
    let seen = serving.await.unwrap().unwrap();
    assert_eq!(seen.checked, report.requests);
    assert_eq!(*found.lock().unwrap(), seen.findings.len());

    // A check of the proxy's recording reports the same, and the recording can be replayed.
    let har: Har = recorder.har();
    let again = registries_conformance::traffic::check(&har, None, "again");
    assert_eq!(again.findings, seen.findings);
    assert_eq!(again.checked, seen.checked);
    let recording = Recording::parse(&serde_json::to_vec(&har).unwrap()).unwrap();
    let replayed = replay(recording, Options::default()).await;
    let statuses = |report: &Report| -> Vec<(String, Status)> {
        report.cases.iter().map(|case| (case.name.clone(), case.status)).collect()
    };
    assert_eq!(statuses(&replayed), statuses(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_prints_findings_as_they_come_and_all_at_the_end() {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(
        &reference,
        Changed(|request, answer| {
            if request.is_list() {
                answer.set_json(&json!({"registries": []}));
            }
        }),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut child = bare()
        .args(["proxy", "--upstream", &deviating.base_url])
        .args(["--report", &format!("json={}", path("seen.json")), "--record", &path("seen.har")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let through = first.rsplit(' ').next().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let list = format!("{through}/packages/organizations/example-org/registries");
    let request = client.get(list).bearer_auth(&reference.secrets[0]);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with("fail list_registries"), "{line}");
    let id = child.id();
    let killed = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status();
    assert!(killed.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("1 exchange: 1 checked"), "{stdout}");
    let report: Value = serde_json::from_slice(&fs::read(path("seen.json")).unwrap()).unwrap();
    assert_schema(&report, "check.schema.json");
    let (status, ..) = output(check(&path("seen.har"))).await;
    assert_eq!(status, 1);
}

/// Answers with more than is kept.
struct Long(Vec<u8>);

impl Behaviour for Long {
    fn answer<'a>(&'a self, _: Incoming, _: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let (headers, body) = (HeaderMap::new(), self.0.clone());
            Outgoing { status: StatusCode::OK, headers, body, chunk: Some(1 << 16) }
        })
    }
}

#[tokio::test]
async fn a_long_response_passes_through_and_is_not_looked_at() {
    let reference = Reference::start().await.unwrap();
    let long: Vec<u8> = (0..20_u32 << 18).flat_map(u32::to_le_bytes).collect();
    let upstream = behind(&reference, Long(long.clone())).await;
    let options = ProxyOptions::default();
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), &upstream.base_url, options).await.unwrap();
    let through = proxy.base_url();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(proxy.serve(async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let list = client.get(format!("{through}/packages/organizations/o/registries")).send();
    assert!(list.await.unwrap().bytes().await.unwrap() == long);
    stop.send(()).unwrap();
    let report = serving.await.unwrap().unwrap();
    assert_eq!((report.checked, report.without_body), (1, 1));
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_reported_once() {
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&reasons);
    let options = ProxyOptions {
        unanswered: Some(Box::new(move |reason| telling.lock().unwrap().push(reason.to_owned()))),
        ..ProxyOptions::default()
    };
    let upstream = "http://127.0.0.1:9/v2";
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), upstream, options).await.unwrap();
    let through = proxy.base_url();
    let serving = tokio::spawn(proxy.serve(std::future::pending()));
    for _ in 0..2 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{through}/access-token")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    }
    serving.abort();
    let reasons = reasons.lock().unwrap();
    assert!(reasons.len() == 1 && reasons[0].contains("no connection"), "{reasons:?}");
}

/// What would have to be kept whole is refused before it is sent.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let options = ProxyOptions::default();
    let upstream = "http://127.0.0.1:9/v2";
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), upstream, options).await.unwrap();
    let address = proxy.base_url().replace("http://", "").replace("/v2", "");
    let serving = tokio::spawn(proxy.serve(std::future::pending()));
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = "POST /v2/a HTTP/1.1\r\nHost: h\r\nContent-Length: 300000000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    });
    assert_eq!(answered.await.unwrap(), "HTTP/1.1 413 Payload Too Large\r\n");
    serving.abort();
}

/// Sends the head of a request as it is written, and reads the response's first line.
fn send_raw(address: &str, target: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_reaches_the_deployment_as_it_is_written() {
    let reference = Reference::start().await.unwrap();
    let odd = Odd::default();
    let asked = Arc::clone(&odd.0);
    let upstream = behind(&reference, odd).await;
    let options = ProxyOptions::default();
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), &upstream.base_url, options).await.unwrap();
    let address = proxy.base_url().replace("http://", "").replace("/v2", "");
    let serving = tokio::spawn(proxy.serve(std::future::pending()));
    for target in [
        "/v2/packages/organizations/o/registries/../registries",
        "/v2/./a",
        "/v2/a/..",
        "/v2/%2e%2e/a",
        "/v2/a/.%2E/b",
        "/../v2/a",
        "//v2//a//",
        "/v2/a%zz%",
        "/v2/%C3%A4%c3%a4",
        "/v2/a\"b|c",
        "/v2/{a}",
        "/v2/a?x=1&x=1&&y",
        "/v2/a?",
        "/v2/a?..=/../%2e",
        "/v2/a?q='|{}",
        "/v2/A%2fB%2FC",
    ] {
        let (address, sent) = (address.clone(), target.to_owned());
        let line = tokio::task::spawn_blocking(move || send_raw(&address, &sent)).await.unwrap();
        assert!(line.starts_with("HTTP/1.1 418"), "{target}: {line}");
        let path = asked.lock().unwrap().pop().unwrap().path;
        assert_eq!(path, target.strip_prefix("/v2").unwrap_or(target), "{target}");
    }
    serving.abort();
}

/// Answers with secrets in every place of a response but the one where a registry token shows its own.
struct Talkative;

/// What a secret has in it that nothing else has.
const SECRET: &str = "0123canary";

impl Behaviour for Talkative {
    fn answer<'a>(&'a self, request: Incoming, _: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("link", "<https://u:pass-0123canary@h/v2?page=2>; rel=\"next\""),
                ("location", "https://h/?page=2&api_key=key-0123canary"),
                ("x-auth-token", "auth-0123canary"),
                ("x-vault-secret", "short"),
                ("set-cookie", "a=cookie-0123canary-0123456789; Path=/"),
                ("set-cookie", "b=2"),
                ("x-twice", "1"),
                ("x-twice", "2"),
                ("bkrt_0123canary", "1"),
                ("x-echo", "BKUA_0123CANARY and bkpt%5F0123canary"),
                ("x-base64", "dXNlcjpia3VhXzAxMjNjYW5hcnk="),
                ("content-type", "application/json"),
            ] {
                headers.append(name, value.parse().unwrap());
            }
            headers.append("x-latin", http::HeaderValue::from_bytes(b"gr\xfcn").unwrap());
            let body = if request.is("GET", "/binary") {
                b"\x00\xff\xfe bktx_0123canary \x80".to_vec()
            } else {
                let token = json!({
                    "id": "1", "secret": "other-0123canary", "description": "bkur_0123canary",
                    "url": "https://t0ken-0123canary@h/", "password": "short-pw",
                });
                token.to_string().into_bytes()
            };
            Outgoing { status: StatusCode::OK, headers, body, chunk: None }
        })
    }
}

#[tokio::test]
async fn a_recording_has_no_secret_and_all_else() {
    let reference = Reference::start().await.unwrap();
    let upstream = behind(&reference, Talkative).await;
    let recorder = Recorder::default();
    let options = ProxyOptions { recorder: Some(recorder.clone()), ..ProxyOptions::default() };
    let proxy = Proxy::bind(([127, 0, 0, 1], 0).into(), &upstream.base_url, options).await.unwrap();
    let through = proxy.base_url();
    let serving = tokio::spawn(proxy.serve(std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let registries = format!("{through}/packages/organizations/o/registries");
    let sent = b"\x01\xff bkua_0123canary \xfe".to_vec();
    let create = client
        .post(format!("{registries}/r/tokens?API%5FKEY=key-0123canary2&sig=ab"))
        .header("bkua_0123canary", "1")
        .header("x-api-key", "apikey-0123canary")
        .header("proxy-authenticate-me", "none")
        .basic_auth("user", Some("basic-0123canary"))
        .body(sent.clone());
    create.send().await.unwrap();
    client.get(format!("{registries}/binary")).send().await.unwrap();
    serving.abort();

    let har = recorder.har();
    let text = serde_json::to_string(&har).unwrap();
    let plain = text.to_ascii_lowercase();
    assert!(!plain.contains(SECRET) && !plain.contains("\"short\""), "{text}");
    assert!(!plain.contains("short-pw") && !plain.contains("sig=ab"), "{text}");
    for (encoded, expected) in [
        (har.log.entries[0].request.post_data.as_ref().unwrap().text.as_ref().unwrap(), &sent),
        (
            har.log.entries[1].response.content.text.as_ref().unwrap(),
            &b"\x00\xff\xfe bktx_0123canary \x80".to_vec(),
        ),
    ] {
        let bytes = BASE64_STANDARD.decode(encoded).unwrap();
        let (start, end) =
            (expected.iter().position(|it| *it == b'b').unwrap(), expected.len() - 2);
        let redacted = [&expected[..start], b"$REDACTED", &expected[end..]].concat();
        assert_eq!(bytes, redacted);
    }
    let binary = &har.log.entries[1].response;
    assert_eq!(binary.content.encoding.as_deref(), Some("base64"));
    assert_eq!(binary.content.size, 15);
    assert_eq!(har.log.entries[0].request.body_size, 14);
    let values = |name: &str| -> Vec<&str> {
        let headers = binary.headers.iter().filter(|it| it.name == name);
        headers.map(|it| it.value.as_str()).collect()
    };
    assert_eq!(values("x-twice"), ["1", "2"]);
    assert_eq!(values("set-cookie"), ["$REDACTED", "$REDACTED"]);
    assert_eq!(values("x-latin"), ["grün"]);
    assert_eq!(values("link"), ["<https://u:$REDACTED@h/v2?page=2>; rel=\"next\""]);
    assert_eq!(values("location"), ["https://h/?page=2&api_key=$REDACTED"]);
    assert_eq!(values("x-echo"), ["$REDACTED and $REDACTED"]);
    let body = har.log.entries[0].response.content.text.as_deref().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["id"], &body["secret"]), (&json!("1"), &json!("$REDACTED")));
    // It is read again as it was written.
    let again = Har::parse(text.as_bytes()).unwrap();
    assert_eq!(
        serde_json::to_value(&again.log.entries[1].response.content).unwrap(),
        serde_json::to_value(&binary.content).unwrap()
    );
}
