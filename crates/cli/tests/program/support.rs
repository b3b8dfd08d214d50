//! The server, and the program with an environment of its own.

use std::{
    ffi::OsStr,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
};

use registries_server::{Embedded, Scope};
use tempfile::TempDir;

/// A reference server, a token of it, and a home for the program.
pub(crate) struct Place {
    pub(crate) server: Embedded,
    pub(crate) token: String,
    pub(crate) home: TempDir,
}

/// What the program printed, and its exit status.
pub(crate) struct Printed {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// A server with an organization, `example-org`, and a token with every scope.
    pub(crate) async fn new() -> Self {
        let server = Embedded::start().await.unwrap();
        let token = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
        Self { server, token, home: tempfile::tempdir().unwrap() }
    }

    /// The program, set up by the environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments, self.home.path());
        command
            .env("REGISTRIES_BASE_URL", self.server.base_url())
            .env("REGISTRIES_ORG", self.server.organization())
            .env("REGISTRIES_TOKEN", &self.token);
        command
    }

    /// What it prints with these arguments.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Printed {
        printed(self.command(arguments), "").await
    }

    /// What it prints when it succeeds.
    #[track_caller]
    pub(crate) fn ok<'a>(&'a self, arguments: &'a [&'a str]) -> impl Future<Output = String> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let Printed { status, stdout, stderr } = self.run(arguments).await;
            assert_eq!(status, 0, "{caller}: {arguments:?}: {stderr}");
            stdout
        }
    }

    /// A file in its home.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// `text` with what differs from run to run replaced.
    pub(crate) fn settled(&self, text: &str) -> String {
        let base_url = self.server.base_url();
        let host = base_url.trim_end_matches("/v2");
        settled(&text.replace(base_url, "[base URL]").replace(host, "[host]"))
    }
}

/// The program with an empty environment.
pub(crate) fn bare(arguments: &[impl AsRef<OsStr>], home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_registries"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command
}

/// Runs a command to its end, with this as its standard input.
pub(crate) async fn printed(mut command: Command, input: &str) -> Printed {
    let input = input.to_owned();
    let run = move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It need not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Printed {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// A deployment that answers one request, with this status line, headers and body. It returns what it
/// received.
pub(crate) fn answering(
    head: impl Into<String>,
    body: &'static str,
) -> (String, mpsc::Receiver<String>) {
    let (head, listener) = (head.into(), TcpListener::bind("127.0.0.1:0").unwrap());
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    let (requests, request) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let received = whole_request(&mut socket).unwrap();
        answer(&mut socket, &received, &head, body);
        let _ = requests.send(received);
    });
    (base_url, request)
}

/// A deployment that answers each request with what is said of it, a status line with headers and a
/// body, or never. It returns what it receives.
pub(crate) fn answering_all(
    said: impl Fn(&str) -> Option<(&'static str, &'static str)> + Send + Sync + 'static,
) -> (String, mpsc::Receiver<String>) {
    let (said, listener) = (Arc::new(said), TcpListener::bind("127.0.0.1:0").unwrap());
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    let (requests, request) = mpsc::channel();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, said, requests) =
                (socket.unwrap(), Arc::clone(&said), requests.clone());
            std::thread::spawn(move || {
                let Some(received) = whole_request(&mut socket) else { return };
                let _ = requests.send(received.clone());
                match said(&received) {
                    Some((head, body)) => answer(&mut socket, &received, head, body),
                    // Until the other side closes the connection.
                    None => drop(socket.read(&mut [0])),
                }
            });
        }
    });
    (base_url, request)
}

/// A request with its body, unless the connection ends before.
fn whole_request(socket: &mut TcpStream) -> Option<String> {
    let (mut received, mut part) = (Vec::new(), [0; 8192]);
    let is_whole = |received: &[u8]| {
        let text = String::from_utf8_lossy(received).to_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|it| it.lines().next());
        let length: usize = length.map_or(0, |it| it.trim().parse().unwrap());
        text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length)
    };
    while !is_whole(&received) {
        match socket.read(&mut part) {
            Ok(read @ 1..) => received.extend(&part[..read]),
            _ => return None,
        }
    }
    Some(String::from_utf8(received).unwrap())
}

/// The other side may have gone.
fn answer(socket: &mut TcpStream, request: &str, head: &str, body: &str) {
    let (length, body) = (body.len(), if request.starts_with("HEAD") { "" } else { body });
    let _ = write!(
        socket,
        "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
}

/// `text` with ids and times replaced.
pub(crate) fn settled(text: &str) -> String {
    let id = regex::Regex::new(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let base64 = regex::Regex::new(r"\b[A-Za-z0-9+/]{40,}={0,2}").unwrap();
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z| UTC)").unwrap();
    let text = id.replace_all(text, "[id]");
    let text = base64.replace_all(&text, "[base64]");
    time.replace_all(&text, "[time]").into_owned()
}
