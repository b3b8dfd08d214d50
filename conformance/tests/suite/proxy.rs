//! Traffic that passes through: it is not changed, and it is checked.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use http::{HeaderMap, Method, StatusCode};
use registries_conformance::{
    Options, Report, Status,
    har::{Har, Recorder, Recording},
    reference::Reference,
    replay,
    strength::between::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    traffic::{Proxy, ProxyOptions},
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

    // What the proxy recorded tells the same when it is checked again, and is a run to be replayed.
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
async fn the_proxy_tells_findings_as_they_come_and_all_at_the_end() {
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
    let told = lines.next().unwrap().unwrap();
    assert!(told.starts_with("fail list_registries"), "{told}");
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
async fn a_long_answer_passes_through_and_is_not_looked_at() {
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
async fn an_upstream_that_is_not_there_is_told_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
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
    let told = told.lock().unwrap();
    assert!(told.len() == 1 && told[0].contains("no connection"), "{told:?}");
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
