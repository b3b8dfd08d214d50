//! A server with scripted responses, over real sockets, which records its requests.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::DateTime;
use registries_client::{Client, ClientBuilder, Clock, RetryPolicy, Token};
use registries_server::{Clock as _, ManualClock};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// The seed's example of a registry.
pub(crate) const REGISTRY: &str = r#"{
    "id": "0191df84-85e4-77aa-83ba-6579084728eb",
    "graphql_id": "UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=",
    "slug": "my-registry",
    "url": "https://api.buildkite.com/v2/packages/organizations/my-org/registries/my-registry",
    "web_url": "https://buildkite.com/organizations/my-org/registries/my-registry",
    "name": "my registry",
    "ecosystem": "ruby",
    "description": null,
    "emoji": null,
    "color": null,
    "public": false,
    "oidc_policy": null
}"#;

/// What the deployment does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// It answers with these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// It answers with this head and a body that does not end before the client goes.
    Endless(Vec<u8>),
    /// It closes the connection without an answer.
    Nothing,
    /// It keeps the connection open and never answers.
    Silence,
    /// It sends these bytes, and keeps the connection open.
    Stalled(Vec<u8>),
    /// The test releases the reply.
    Held(Arc<Mutex<Option<oneshot::Receiver<()>>>>, Box<Reply>),
}

impl Reply {
    /// An answer with a status, headers (one to a line) and a body.
    pub(crate) fn new(status: u16, headers: &str, body: &str) -> Self {
        let headers = headers.lines().map(str::trim).filter(|header| !header.is_empty());
        let headers: String = headers.flat_map(|header| [header, "\r\n"]).collect();
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} Whatever\r\nConnection: close\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        Self::Bytes(answer.into_bytes())
    }

    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, "Content-Type: application/json", body)
    }

    /// This reply, when something is sent to what is returned with it.
    pub(crate) fn held(reply: Self) -> (Self, oneshot::Sender<()>) {
        let (release, released) = oneshot::channel();
        (Self::Held(Arc::new(Mutex::new(Some(released))), Box::new(reply)), release)
    }

    /// An answer whose body breaks off.
    pub(crate) fn broken(status: u16) -> Self {
        Self::broken_with(status, "{")
    }

    /// An answer whose body breaks off after this.
    pub(crate) fn broken_with(status: u16, body: &str) -> Self {
        let answer = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 1000\r\n\r\n{body}");
        Self::Bytes(answer.into_bytes())
    }

    /// An answer whose body has no end.
    pub(crate) fn endless(status: u16) -> Self {
        Self::Endless(format!("HTTP/1.1 {status} Whatever\r\n\r\n[").into_bytes())
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method and target, such as `GET /v2/access-token`.
    pub(crate) line: String,
    /// The headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The deployment.
pub(crate) struct Scripted {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Scripted {
    /// Starts it; it answers the first request with the first reply, and so on.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let received = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&replies), Arc::clone(&log)));
            }
        });
        Self { port, received }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// What was received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request that was received.
    #[track_caller]
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }

    /// A client of it that sends nothing twice.
    pub(crate) fn client(&self) -> Client {
        self.builder().retry(RetryPolicy::none()).build().unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        builder(self.base_url(), "secret")
    }
}

/// A client of a deployment on this machine, past any proxy that the environment names.
pub(crate) fn builder(base_url: impl Into<String>, token: &str) -> ClientBuilder {
    Client::builder().base_url(base_url).token(Token::new(token).unwrap()).no_proxy()
}

/// The clock of an embedded server, as the client's: a wait ends at once, and moves the time.
pub(crate) struct ClockOf(pub(crate) Arc<ManualClock>);

impl Clock for ClockOf {
    fn now(&self) -> Duration {
        (self.0.now() - DateTime::UNIX_EPOCH).to_std().unwrap()
    }

    fn wait_until(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.set((DateTime::UNIX_EPOCH + time).max(self.0.now()));
        Box::pin(std::future::ready(()))
    }

    fn wait_for<'a>(
        &self,
        event: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
        _: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        event
    }
}

async fn serve(
    mut socket: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    log: Arc<Mutex<Vec<Received>>>,
) {
    let Some(request) = read(&mut socket).await else { return };
    log.lock().unwrap().push(request);
    let reply = replies.lock().unwrap().pop_front();
    let mut reply = reply.unwrap_or_else(|| Reply::new(599, "", "nothing was scripted"));
    while let Reply::Held(released, then) = reply {
        let released = released.lock().unwrap().take().unwrap();
        released.await.unwrap();
        reply = *then;
    }
    match reply {
        Reply::Bytes(bytes) => {
            socket.write_all(&bytes).await.unwrap();
            socket.shutdown().await.unwrap();
        }
        Reply::Endless(head) => {
            let mut sent = socket.write_all(&head).await;
            while sent.is_ok() {
                sent = socket.write_all(&[b' '; 4096]).await;
            }
        }
        Reply::Nothing => {}
        Reply::Silence => std::future::pending().await,
        Reply::Stalled(bytes) => {
            socket.write_all(&bytes).await.unwrap();
            std::future::pending::<()>().await;
        }
        Reply::Held(..) => unreachable!("it was released"),
    }
}

/// Reads one request with its whole body.
async fn read(socket: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut request = Received { line, headers, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + 4 + length {
        socket.read_buf(&mut bytes).await.ok()?;
    }
    request.body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
    Some(request)
}
