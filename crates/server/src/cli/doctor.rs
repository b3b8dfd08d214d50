//! `registries-server doctor`.

mod postgres;

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::database::DatabaseOption;
use super::settings::{self, Settings};
use super::visible::visible;
use super::{Failure, print_lines};
use crate::clock::{Clock, SystemClock};
use crate::storage::{DatabaseUrl, Inspection, Migrations, sqlite};
use crate::tls::{RENEW, Tls};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    database: DatabaseOption,
    #[command(flatten)]
    settings: Settings,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  registries-server doctor --database sqlite://registries.db
  registries-server doctor --config registries.toml --json

Takes what `serve` takes, looks at what it would stand on, and changes nothing. Exit status: 0 all is
in order, 1 something is not, or could not be looked at.";

impl Doctor {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let mut report = Report::default();
        if let Err(error) = settings::check_environment() {
            report.wrong("environment", &error.to_string(), "correct it, and look again");
        }
        match self.database.file() {
            Ok(file) => {
                report.ok("configuration", "every setting has a value it can have");
                let settings = self.settings.or(file);
                report.addresses(&settings);
                report.tls(&settings);
                match self.database.url(&settings) {
                    DatabaseUrl::Sqlite(path) => report.sqlite(&path).await,
                    DatabaseUrl::Postgres(options) => report.postgres(&options).await,
                }
            }
            Err(error) => {
                report.wrong("configuration", &error.to_string(), "correct it, and look again");
                report.unknown("database", "it is looked at when the configuration can be read");
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
        self.checks.push(Check { name, outcome, message: message.to_owned(), advice });
    }

    /// Whether somebody can listen there. Who does already is not told: it may be the server itself.
    fn addresses(&mut self, settings: &Settings) {
        for address in [Some(settings.listen()), settings.admin_listen].into_iter().flatten() {
            match TcpListener::bind(address) {
                Ok(_) => self.ok("address", &format!("{address} is free")),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    let message = format!("somebody listens at {address}, this server if it runs");
                    self.ok("address", &message);
                }
                // Who runs the server may have to be somebody else than who looks.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.unknown("address", &format!("you may not listen at {address} yourself"));
                }
                Err(error) => self.wrong(
                    "address",
                    &format!("nobody can listen at {address}: {error}"),
                    "name an address that this machine has",
                ),
            }
        }
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
            Err(error) => self.wrong("certificate", &error.to_string(), "give the right files"),
        }
    }

    fn certificate(&mut self, tls: &Tls) {
        const NAME: &str = "certificate";
        let problems = tls.problems(SystemClock.now());
        for problem in &problems {
            self.wrong(NAME, &format!("{problem}, so clients refuse it"), RENEW);
        }
        if problems.is_empty() {
            let until = tls.expires_at().map(|until| format!(", and is valid until {until:.0}"));
            let message = format!("it belongs to its key{}", until.unwrap_or_default());
            self.ok(NAME, &message);
        }
    }

    async fn sqlite(&mut self, path: &Path) {
        const NAME: &str = "database";
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => {
                let message = format!("{} is not a regular file", path.display());
                return self.wrong(NAME, &message, "name the file of the database with --database");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!("there is none at {}", path.display());
                let advice = "`registries-server org create` makes one with its first organization";
                return self.wrong(NAME, &message, advice);
            }
            Err(error) => {
                let message = format!("cannot look at {}: {error}", path.display());
                return self.unknown(NAME, &message);
            }
        }
        self.secrecy(path);
        self.disk(path);
        let found = match sqlite::inspect(path, SystemClock.now()).await {
            Ok(found) => found,
            Err(error) => {
                let message = format!("{} cannot be read: {}", path.display(), error.reason());
                return self.wrong(NAME, &message, RESTORE);
            }
        };
        match found.damage.first() {
            None => self.ok("integrity", "the database is whole, and no row points to nothing"),
            Some(damage) => self.wrong("integrity", damage, RESTORE),
        }
        self.contents(&found);
    }

    fn contents(&mut self, found: &Inspection) {
        match found.migrations {
            Migrations::Current => {
                self.ok("migrations", "the database is up to date");
                self.rows(found);
            }
            Migrations::Older => self.wrong(
                "migrations",
                "an older version of this server wrote the database",
                "make a backup; `registries-server serve` brings it up to date",
            ),
            Migrations::Newer => self.wrong(
                "migrations",
                "a newer version of this server wrote the database",
                "use that version",
            ),
            Migrations::None => self.wrong(
                "migrations",
                "the database is not one of this server",
                "name another one with --database; `registries-server org create` makes its tables",
            ),
        }
    }

    fn rows(&mut self, found: &Inspection) {
        self.organizations(found.organizations);
        match found.tokens {
            0 => self.wrong(
                "tokens",
                "there is no access token that works now",
                "`registries-server token create --org SLUG --scopes all` creates one",
            ),
            count => self.ok("tokens", &format!("{count} work now")),
        }
        let now = SystemClock.now();
        match found.newest.filter(|newest| *newest > now) {
            None => self.ok("clock", "it is later than everything in the database"),
            Some(newest) => self.wrong(
                "clock",
                &format!("it is {now:.0}, and the database has something of {newest:.0}"),
                "set the clock of this machine",
            ),
        }
    }

    fn organizations(&mut self, count: i64) {
        if count > 0 {
            self.ok("organizations", "there is at least one");
        } else {
            let advice = "`registries-server org create SLUG` creates one";
            self.wrong("organizations", "there is none", advice);
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
                    self.ok(name, &format!("{} is protected from other users", path.display()));
                }
                Ok(mode) => self.wrong(
                    name,
                    &format!(
                        "{} has the permissions {:03o}: other users can use it",
                        path.display(),
                        mode & 0o777
                    ),
                    &format!("{advice} {}", path.display()),
                ),
                Err(error) => {
                    self.unknown(name, &format!("cannot look at {}: {error}", path.display()));
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
                let message = format!("{} MiB are free", free / 1024 / 1024);
                if free >= ENOUGH {
                    self.ok("disk", &message);
                } else {
                    self.wrong("disk", &message, "make room where the database is");
                }
            }
            Err(error) => self.unknown("disk", &format!("cannot tell what is free: {error}")),
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
            .map_err(|error| Failure::Invalid(format!("cannot tell it as JSON: {error}")))
    }
}

const RESTORE: &str = "put a backup in its place with `registries-server restore`";
