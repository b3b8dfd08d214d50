//! What is looked at in `PostgreSQL`.

use sqlx::postgres::PgConnectOptions;

use super::Report;
use crate::clock::{Clock, SystemClock};
use crate::storage::postgres::{Condition, Writes, condition, inspect};
use crate::storage::{Obstacle, StorageError};

impl Report {
    pub(super) async fn postgres(&mut self, options: &PgConnectOptions) {
        let condition = match condition(options).await {
            Ok(condition) => condition,
            Err(error) => return self.obstacle("database", &error),
        };
        self.ok("database", "it answers");
        self.durability(&condition);
        self.writes(&condition);
        self.rights(&condition);
        match inspect(options, SystemClock.now()).await {
            Ok(found) => self.contents(&found),
            // It was told above what is missing.
            Err(error) if error.obstacle() == Obstacle::Rights => {
                self.unknown("migrations", &format!("they cannot be read: {}", error.reason()));
            }
            Err(error) => self.obstacle("migrations", &error),
        }
    }

    fn obstacle(&mut self, name: &'static str, error: &StorageError) {
        let (what, advice) = match error.obstacle() {
            Obstacle::NoAnswer => {
                ("it does not answer", "start it, or correct the host in its URL")
            }
            Obstacle::Tls => {
                ("TLS was not agreed on", "correct sslmode and sslrootcert in its URL")
            }
            Obstacle::Authorization => (
                "it refuses the user",
                "correct user, password or sslmode in its URL, or its pg_hba.conf",
            ),
            Obstacle::NoSuchDatabase => {
                ("it has no such database", "PostgreSQL's `createdb` makes one")
            }
            Obstacle::Rights => {
                ("the user may not look at it", "name its owner in its URL, or grant the rights")
            }
            Obstacle::Other => ("it cannot be looked at", "see to that, and look again"),
        };
        self.wrong(name, &format!("{what}: {}", error.reason()), advice);
    }

    /// Whether what was answered is there after a crash of the machine.
    fn durability(&mut self, condition: &Condition) {
        const NAME: &str = "durability";
        let names = condition.unsafe_settings.join(" and ");
        if !names.is_empty() {
            let message = format!("{names} off: a crash of its machine damages the database");
            let advice = "turn them on in its postgresql.conf, and reload that";
            self.wrong(NAME, &message, advice);
        } else if condition.commits_early {
            self.ok(NAME, "synchronous_commit is off, which the server turns on for itself");
        } else {
            self.ok(NAME, "what it answered is there after a crash");
        }
    }

    fn writes(&mut self, condition: &Condition) {
        const NAME: &str = "writes";
        match condition.writes {
            Writes::Taken => self.ok(NAME, "it takes them"),
            Writes::OfAnother => self.wrong(
                NAME,
                "it is a standby, which takes no writes",
                "name the server that it follows in the URL, or promote it with pg_promote()",
            ),
            Writes::SwitchedOff => self.wrong(
                NAME,
                "default_transaction_read_only is on: it takes no writes",
                "turn it off for the user, the database or the server, wherever it is set",
            ),
        }
    }

    fn rights(&mut self, condition: &Condition) {
        /// More say nothing more.
        const SHOWN: usize = 4;
        const NAME: &str = "rights";
        let Condition { user, schema, missing_rights, may_create, .. } = condition;
        if !missing_rights.is_empty() {
            let shown: Vec<&str> = missing_rights.iter().take(SHOWN).map(String::as_str).collect();
            let more = if missing_rights.len() > SHOWN { " and others" } else { "" };
            let message = format!("the user {user} has no {}{more}", shown.join(", "));
            let advice =
                format!("as their owner, GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}");
            self.wrong(NAME, &message, &advice);
        } else if *may_create {
            self.ok(NAME, &format!("the user {user} has all that are needed"));
        } else {
            let message =
                format!("the user {user} may make no tables, as a server that starts does");
            let advice = format!("as its owner, GRANT CREATE ON SCHEMA {schema} TO {user}");
            self.wrong(NAME, &message, &advice);
        }
    }
}
