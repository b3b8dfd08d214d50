//! A deployment in a directory of its own, and its processes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{RequestBuilder, Response, StatusCode};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::postgres;

/// How often a test looks for what has to happen soon, with 5 ms in between, before it fails.
pub(crate) const TRIES: usize = 60_000;

/// What `serve` takes so that a test may send as much as it likes.
pub(crate) const UNLIMITED: [&str; 4] = ["--rate-limit-user", "off", "--rate-limit-org", "off"];

/// The path of the command.
pub(crate) const SERVER: &str = env!("CARGO_BIN_EXE_registries-server");

/// The command with these arguments, and nothing of the environment that would configure it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = unconfigured(SERVER);
    command.args(arguments);
    command
}

/// A script for the shell, which is given the command as `$0` and these arguments.
pub(crate) fn shell(script: &str, arguments: &[&str]) -> Command {
    let mut command = unconfigured("sh");
    command.args(["-c", script, SERVER]).args(arguments);
    command
}

fn unconfigured(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        if name.starts_with("REGISTRIES_SERVER_") {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What is said of a database for which the machine has no time.
const NO_TIME: &str = "did not answer in time";

/// The same, once the machine has time for the database.
pub(crate) fn run_patiently(arguments: &[&str]) -> Output {
    for _ in 0..100 {
        let output = run(arguments);
        if !(stdout(&output) + &stderr(&output)).contains(NO_TIME) {
            return output;
        }
    }
    panic!("the machine never has time for {arguments:?}");
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A client that goes to the server itself, past any proxy that the environment names.
pub(crate) fn http_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The successful response to a read. It is sent again while the server waits for its database for
/// too long, as it does on a machine that has much to do.
pub(crate) async fn patiently(request: RequestBuilder) -> Response {
    for _ in 0..100 {
        let response = request.try_clone().unwrap().send().await.unwrap();
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(response.status(), 200, "{response:?}");
            return response;
        }
    }
    panic!("the server never has time for {request:?}");
}

/// A database with the organization `my-org`.
pub(crate) struct Deployment {
    directory: TempDir,
    database: Database,
}

enum Database {
    Sqlite,
    Postgres(postgres::Database),
}

impl Deployment {
    /// With a database in a file.
    pub(crate) fn new() -> Self {
        Self::new_in(tempfile::tempdir().unwrap())
    }

    /// With a database in a file in this directory.
    pub(crate) fn new_in(directory: TempDir) -> Self {
        Self::on(directory, Database::Sqlite)
    }

    /// `None` where there is no `PostgreSQL`.
    pub(crate) fn on_postgres() -> Option<Self> {
        postgres::Database::create().map(Self::on_postgres_of)
    }

    /// With this database of `PostgreSQL`.
    pub(crate) fn on_postgres_of(database: postgres::Database) -> Self {
        Self::on(tempfile::tempdir().unwrap(), Database::Postgres(database))
    }

    fn on(directory: TempDir, database: Database) -> Self {
        let deployment = Self { directory, database };
        let database = deployment.database();
        let created = run_patiently(&["org", "create", "--database", &database, "my-org"]);
        // The response may have been lost.
        let is_there = created.status.success() || stderr(&created).contains("already");
        assert!(is_there, "{created:?}");
        deployment
    }

    /// Where the database is, if that is a file.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.database {
            Database::Sqlite => Some(self.file("registries.db")),
            Database::Postgres(_) => None,
        }
    }

    /// What the database is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.database {
            Database::Sqlite => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        }
    }

    /// A file of this name, beside the database if that is one.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The value of `--database`.
    pub(crate) fn database(&self) -> String {
        match &self.database {
            Database::Sqlite => format!("sqlite://{}", self.file("registries.db").display()),
            Database::Postgres(database) => database.url(),
        }
    }

    /// A new token for everything in `my-org`.
    pub(crate) fn token(&self) -> String {
        let database = self.database();
        let arguments =
            ["token", "create", "--database", &database, "--org", "my-org", "--scopes", "all"];
        let output = run_patiently(&arguments);
        assert!(output.status.success(), "{output:?}");
        stdout(&output).trim_end().to_owned()
    }

    /// A running server on a free port, with these further arguments.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let database = self.database();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--database", &database];
        all.extend_from_slice(arguments);
        let mut command = command(&all);
        // A test may be late itself, on a machine that has much to do.
        command.env("REGISTRIES_SERVER_HEADER_TIMEOUT", "1h");
        Server::start_command(command)
    }
}

/// A running process that serves the API. It is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// A file: nothing reads it, and a full pipe would stop the server.
    log: File,
    pub(crate) base_url: String,
    /// The rest of what it prints.
    output: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts the command, and waits until it says that it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_command(command(arguments))
    }

    /// As above, with more said about the command than its arguments.
    pub(crate) fn start_command(mut command: Command) -> Self {
        for _ in 0..100 {
            let mut log = tempfile::tempfile().unwrap();
            let mut child =
                command.stdout(Stdio::piped()).stderr(log.try_clone().unwrap()).spawn().unwrap();
            let mut output = BufReader::new(child.stdout.take().unwrap());
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            if let Some(base_url) = line.trim_end().strip_prefix("listening on ") {
                return Self { child, log, base_url: base_url.to_owned(), output };
            }
            child.wait().unwrap();
            let log = read(&mut log);
            assert!(log.contains(NO_TIME), "the server did not start: {line:?}, {log}");
        }
        panic!("the machine never has time for {command:?}");
    }

    /// The path of the registries of `my-org`.
    pub(crate) fn registries(&self) -> String {
        format!("{}/packages/organizations/my-org/registries", self.base_url)
    }

    /// The next line of what it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// The address of the listener that `--admin-listen` asks for, which is in the next line.
    pub(crate) fn monitoring(&mut self) -> String {
        let line = self.line();
        line.trim_end().strip_prefix("monitoring on ").unwrap().to_owned()
    }

    /// A connection on which a test writes bytes of its own.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        let (_, authority) = self.base_url.split_once("://").unwrap();
        authority.strip_suffix("/v2").unwrap()
    }

    /// A connection in the middle of a create: the server has asked for this body.
    pub(crate) async fn begin_create(&self, token: &str, body: &str) -> TcpStream {
        let head = format!(
            "POST /v2/packages/organizations/my-org/registries HTTP/1.1\r\nHost: x\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        );
        let mut stream = self.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Waits until it has logged this.
    pub(crate) async fn logs(&self, text: &str) {
        for _ in 0..TRIES {
            if self.log_so_far().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{text} is not logged: {}", self.log_so_far());
    }

    /// Read at a place of its own: the server writes on where it was.
    fn log_so_far(&self) -> String {
        let mut text = vec![0; self.log.metadata().unwrap().len().try_into().unwrap()];
        self.log.read_exact_at(&mut text, 0).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits for the end of the process, and returns how it ended and what it logged.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, read(&mut self.log))
    }
}

fn read(log: &mut File) -> String {
    let mut text = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut text).unwrap();
    text
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
