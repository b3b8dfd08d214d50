//! Asking before something is deleted.

use std::io::{IsTerminal, Write};

use clap::Args;

use super::Failure;
use super::visible::visible;

#[derive(Debug, Args)]
pub(super) struct Consent {
    /// Delete without asking
    #[arg(long, short)]
    yes: bool,
}

impl Consent {
    /// Asks on the terminal, unless `--yes` was given.
    ///
    /// # Errors
    ///
    /// Where the answer is no, or there is no terminal to ask on.
    pub(super) fn ask(&self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            let why = "there is no terminal to ask on; nothing was deleted; add --yes to delete";
            return Err(Failure::Usage(why.to_owned()));
        }
        let io = |error| Failure::Io { what: "ask on the terminal", error };
        write!(std::io::stderr(), "{} [y/N] ", visible(question)).map_err(io)?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(io)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Invalid("nothing was deleted".to_owned())),
        }
    }
}

/// A number of things, in words.
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
