//! What is looked at in `PostgreSQL`.

use super::Report;
use crate::clock::{Clock, SystemClock};
use crate::storage::postgres::{Condition, Options, Writes, condition, inspect};
use crate::storage::{Obstacle, StorageError};

impl Report {
    pub(super) async fn postgres(&mut self, options: &Options) {
        let condition = match condition(options).await {
            Ok(condition) => condition,
            Err(error) => return self.obstacle("database", &error),
        };
        self.ok("database", "PostgreSQL answers");
        self.durability(&condition);
        self.writes(&condition);
        self.rights(&condition);
        match inspect(options, SystemClock.now()).await {
            Ok(found) => self.contents(&found),
            // What is missing is reported above.
            Err(error) if error.obstacle() == Obstacle::Rights => {
                self.unknown("migrations", &format!("cannot read them: {}", error.reason()));
            }
            Err(error) => self.obstacle("migrations", &error),
        }
    }

    fn obstacle(&mut self, name: &'static str, error: &StorageError) {
        let (what, advice) = error.obstacle().explained();
        self.wrong(name, &format!("{what}: {}", error.reason()), advice);
    }

    /// Whether a completed write is there after a crash of the machine.
    fn durability(&mut self, condition: &Condition) {
        const NAME: &str = "durability";
        let names = condition.unsafe_settings.join(" and ");
        if !names.is_empty() {
            let message = format!("{names} off: a crash of its machine damages the database");
            self.wrong(NAME, &message, "turn them on in its postgresql.conf, and reload it");
        } else if condition.commits_early {
            self.ok(NAME, "synchronous_commit is off; the server turns it on for itself");
        } else {
            self.ok(NAME, "completed writes survive a crash");
        }
    }

    fn writes(&mut self, condition: &Condition) {
        const NAME: &str = "writes";
        match condition.writes {
            Writes::Taken => self.ok(NAME, "the database can be written"),
            Writes::OfAnother => self.wrong(
                NAME,
                "the server is a standby, which cannot be written",
                "name its primary in the URL, or promote it with pg_promote()",
            ),
            Writes::SwitchedOff => self.wrong(
                NAME,
                "default_transaction_read_only is on: the database cannot be written",
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
            let message = format!("the user {user} lacks {}{more}", shown.join(", "));
            let advice =
                format!("as their owner, GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}");
            self.wrong(NAME, &message, &advice);
        } else if *may_create {
            self.ok(NAME, &format!("the user {user} has all rights that are needed"));
        } else {
            let message = format!("the user {user} may not create tables");
            let advice = format!("as its owner, GRANT CREATE ON SCHEMA {schema} TO {user}");
            self.wrong(NAME, &message, &advice);
        }
    }
}
