//! `registries-server doctor`.

mod postgres;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chrono::SubsecRound;
use clap::Args;
use registries_command_line::text::without_numbers;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::database::DatabaseOption;
use super::listening::explained;
use super::settings::{self, Settings};
use super::{Failure, print_lines, visible};
use crate::clock::{Clock, SystemClock};
use crate::config::ListenAddress;
use crate::storage::{DatabaseUrl, Inspection, Migrations, sqlite};
use crate::tls::{RENEW, Tls};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    database: DatabaseOption,
    #[command(flatten)]
    settings: Settings,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  registries-server doctor --database sqlite://registries.db
  registries-server doctor --config registries.toml --json

It takes the options of `serve`, tries what `serve` would do, changes nothing,
and prints each problem with its solution. Run it as the user that serves.

Exit status: 0 no problem; 1 a problem, or something could not be checked.";

impl Doctor {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        const CORRECT: &str = "correct it, and run doctor again";
        let mut report = Report::default();
        if let Err(error) = settings::check_environment() {
            report.wrong("environment", &error.to_string(), CORRECT);
        }
        match self.database.file() {
            Ok(file) => {
                report.ok("configuration", "all settings are valid");
                let settings = self.settings.or(file);
                report.addresses(&settings).await;
                report.tls(&settings);
                match self.database.url(&settings) {
                    DatabaseUrl::Sqlite(path) => report.sqlite(&path).await,
                    DatabaseUrl::Postgres(options) => report.postgres(&options).await,
                }
            }
            Err(error) => {
                report.wrong("configuration", &error.to_string(), CORRECT);
                report.unknown("database", "not checked, because the configuration is wrong");
            }
        }
        let healthy = report.checks.iter().all(|check| check.outcome == Outcome::Ok);
        let text = if self.json { report.json(healthy)? } else { report.text() };
        print_lines(text.trim_end())?;
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What was looked at.
#[derive(Debug, Default)]
struct Report {
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    outcome: Outcome,
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Wrong,
    /// It could not be looked at.
    Unknown,
}

impl Report {
    fn ok(&mut self, name: &'static str, message: &str) {
        self.add(name, Outcome::Ok, message, None);
    }

    fn wrong(&mut self, name: &'static str, message: &str, advice: &str) {
        self.add(name, Outcome::Wrong, message, Some(advice.to_owned()));
    }

    fn unknown(&mut self, name: &'static str, message: &str) {
        self.add(name, Outcome::Unknown, message, None);
    }

    fn add(&mut self, name: &'static str, outcome: Outcome, message: &str, advice: Option<String>) {
        self.checks.push(Check { name, outcome, message: without_numbers(message), advice });
    }

    /// Whether the server can listen at its addresses, or does already.
    async fn addresses(&mut self, settings: &Settings) {
        let listen = settings.listen();
        let greeting = ("/", "The Registries API is served under");
        // Both are held at once, as the server does.
        let _held = self.address(&listen, greeting, settings.speaks_tls()).await;
        if let Some(admin) = &settings.admin_listen {
            self.address(admin, ("/livez", "live"), false).await;
        }
    }

    async fn address(
        &mut self,
        address: &ListenAddress,
        (path, expected): (&str, &str),
        speaks_tls: bool,
    ) -> Option<TcpListener> {
        const NAME: &str = "address";
        match address.bind().await {
            Ok(listener) => {
                self.ok(NAME, &format!("{address} is free"));
                return Some(listener);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let answer = answer(address, path).await.unwrap_or_default();
                if speaks_tls {
                    self.ok(NAME, &format!("{address} is in use, by this server if it runs; no other can start beside it"));
                } else if answer.contains(expected) {
                    self.ok(NAME, &format!("{address} is in use by a server of this API, beside which no other can start"));
                } else {
                    let (why, advice) = explained(&error);
                    self.wrong(NAME, &format!("cannot listen on {address}: {why}"), advice);
                }
            }
            // The server may run as another user.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.unknown(NAME, &format!("this user may not listen on {address}"));
            }
            Err(error) => {
                let (why, advice) = explained(&error);
                self.wrong(NAME, &format!("cannot listen on {address}: {why}"), advice);
            }
        }
        None
    }

    fn tls(&mut self, settings: &Settings) {
        match settings.tls() {
            Ok(None) => {}
            Ok(Some(tls)) => {
                self.certificate(&tls);
                if let Some(key) = settings.tls_key() {
                    self.permissions("key", key, 0o027, "chmod 600");
                }
            }
            Err(error) => self.wrong("certificate", &error.to_string(), "name the right files"),
        }
    }

    fn certificate(&mut self, tls: &Tls) {
        const NAME: &str = "certificate";
        let problems = tls.problems(SystemClock.now());
        for problem in &problems {
            self.wrong(NAME, &format!("{problem}; clients reject it"), RENEW);
        }
        if problems.is_empty() {
            let until = tls.expires_at().map(|until| format!(", and is valid until {until:.0}"));
            let message = format!("the certificate matches its key{}", until.unwrap_or_default());
            self.ok(NAME, &message);
        }
    }

    async fn sqlite(&mut self, path: &Path) {
        const NAME: &str = "database";
        let place = path.display();
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => {
                let message = format!("{place} is not a regular file");
                return self.wrong(NAME, &message, "name the file of the database with --database");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match sqlite::creatable(path) {
                    Ok(()) => self.wrong(
                        NAME,
                        &format!("there is no database at {place}"),
                        "`registries-server org create` creates it with its first organization",
                    ),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => self.wrong(
                        NAME,
                        &format!("there is no folder for a database at {place}"),
                        "create the folder, or name another file with --database",
                    ),
                    Err(error) => self.wrong(
                        NAME,
                        &format!("a database cannot be created at {place}: {error}"),
                        ACCESS,
                    ),
                };
            }
            Err(error) => {
                return self.unknown(NAME, &format!("cannot access {place}: {error}"));
            }
        }
        self.secrecy(path);
        self.disk(path);
        match sqlite::writable(path).await {
            Ok(()) => self.ok("writes", "the database can be written"),
            Err(error) if error.is_busy() => {
                self.unknown("writes", "another process has locked the database; try again");
            }
            Err(error) => {
                let message = format!("{place} cannot be written: {}", error.reason());
                let advice = if error.is_about_contents() { RESTORE } else { ACCESS };
                return self.wrong("writes", &message, advice);
            }
        }
        let found = match sqlite::inspect(path, SystemClock.now()).await {
            Ok(found) => found,
            Err(error) => {
                let message = format!("{place} cannot be read: {}", error.reason());
                return self.wrong(NAME, &message, RESTORE);
            }
        };
        match found.damage.first() {
            None => self.ok("integrity", "the database is intact, with no dangling references"),
            Some(damage) => {
                self.wrong("integrity", &format!("the database is damaged: {damage}"), RESTORE);
            }
        }
        self.contents(&found);
    }

    fn contents(&mut self, found: &Inspection) {
        const NAME: &str = "migrations";
        match found.migrations {
            Migrations::Current => {
                self.ok(NAME, "the database is up to date");
                self.rows(found);
            }
            Migrations::Older => self.wrong(
                NAME,
                "an older version of this server wrote the database",
                "make a backup; `registries-server serve` then updates it",
            ),
            Migrations::Newer => self.wrong(
                NAME,
                "a newer version of this server wrote the database",
                "use that version",
            ),
            Migrations::None => self.wrong(
                NAME,
                "the database is not one of this server",
                "name another one with --database; `registries-server org create` creates tables",
            ),
        }
    }

    fn rows(&mut self, found: &Inspection) {
        let count = |count, one| super::consent::counted(count, one, &format!("{one}s"));
        match found.organizations {
            0 => self.wrong(
                "organizations",
                "there is no organization",
                "`registries-server org create SLUG` creates one",
            ),
            organizations => self.ok("organizations", &count(organizations, "organization")),
        }
        match found.tokens {
            0 => self.wrong(
                "tokens",
                "there is no valid access token",
                "`registries-server token create --org SLUG --scopes all` creates one",
            ),
            tokens => self.ok("tokens", &count(tokens, "valid token")),
        }
        let now = SystemClock.now().trunc_subsecs(0);
        match found.newest.map(|it| it.trunc_subsecs(0)).filter(|newest| *newest > now) {
            None => self.ok("clock", "the clock is later than everything in the database"),
            Some(newest) => self.wrong(
                "clock",
                &format!("the clock says {now}, but the database has entries of {newest}"),
                "set the clock of this machine",
            ),
        }
    }

    /// Fails a database that others than its owner can read, or one of the files beside it.
    fn secrecy(&mut self, database: &Path) {
        const NAME: &str = "database";
        let before = self.checks.len();
        for file in std::iter::once(database.to_owned()).chain(sqlite::side_files(database)) {
            self.permissions(NAME, &file, 0o077, "chmod 600");
        }
        // One line for all of them, unless there is something wrong.
        let looked_at = self.checks.split_off(before);
        if looked_at.iter().all(|check| check.outcome == Outcome::Ok) {
            self.checks.extend(looked_at.into_iter().take(1));
        } else {
            let not_ok = looked_at.into_iter().filter(|check| check.outcome != Outcome::Ok);
            self.checks.extend(not_ok);
        }
    }

    /// Fails a file that has one of these permissions.
    fn permissions(&mut self, name: &'static str, path: &Path, forbidden: u32, advice: &str) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            match std::fs::metadata(path).map(|metadata| metadata.permissions().mode()) {
                Ok(mode) if mode & forbidden == 0 => {
                    self.ok(name, &format!("{} is not accessible to other users", path.display()));
                }
                Ok(mode) => self.wrong(
                    name,
                    &format!(
                        "{} has mode {:03o}: other users can access it",
                        path.display(),
                        mode & 0o777
                    ),
                    &format!("{advice} {}", path.display()),
                ),
                Err(error) => {
                    self.unknown(name, &format!("cannot access {}: {error}", path.display()));
                }
            }
        }
        #[cfg(not(unix))]
        let _ = (name, path, forbidden, advice, self);
    }

    fn disk(&mut self, path: &Path) {
        /// Less is soon used up by a log that has to wait for a reader.
        #[cfg(unix)]
        const ENOUGH: u64 = 256 * 1024 * 1024;
        #[cfg(unix)]
        match nix::sys::statvfs::statvfs(path) {
            Ok(disk) => {
                let free = disk.blocks_available() * disk.fragment_size();
                let message = format!("{} MiB free", free / 1024 / 1024);
                if free >= ENOUGH {
                    self.ok("disk", &message);
                } else {
                    self.wrong("disk", &message, "free some space where the database is");
                }
            }
            Err(error) => self.unknown("disk", &format!("cannot read the free space: {error}")),
        }
        #[cfg(not(unix))]
        let _ = (path, self);
    }

    fn text(&self) -> String {
        let lines = self.checks.iter().map(|check| {
            let outcome = match check.outcome {
                Outcome::Ok => "ok",
                Outcome::Wrong => "wrong",
                Outcome::Unknown => "unknown",
            };
            let advice =
                check.advice.iter().map(|advice| format!("\n{:24}{}", "", visible(advice)));
            let advice: String = advice.collect();
            format!("{outcome:8}{:16}{}{advice}\n", check.name, visible(&check.message))
        });
        lines.collect()
    }

    fn json(&self, healthy: bool) -> Result<String, Failure> {
        let report = serde_json::json!({"healthy": healthy, "checks": self.checks});
        serde_json::to_string_pretty(&report)
            .map_err(|error| Failure::not_carried_out(format!("cannot write JSON: {error}")))
    }
}

const RESTORE: &str =
    "name another file with --database, or restore a backup with `registries-server restore`";
const ACCESS: &str =
    "give the user that serves read and write access to the file and to its folder";

/// The response of a server that listens at an address, if it is HTTP.
async fn answer(address: &ListenAddress, path: &str) -> Option<String> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let ask = async {
        let mut stream = TcpStream::connect(address.reached_at()).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await.ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    };
    tokio::time::timeout(PATIENCE, ask).await.ok()?
}
