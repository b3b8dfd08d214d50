//! Asking before something is deleted.

use std::io::{self, IsTerminal, Write as _};

use clap::Args;

use crate::{failure::Failure, visible::visible};

/// Whether the user is asked.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Consent {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Consent {
    /// Asks on the terminal, unless `--yes` was given. `not_done` says what was not done when the
    /// answer is no.
    ///
    /// # Errors
    ///
    /// Where the answer is no, or there is no terminal to ask on.
    pub(crate) fn ask(self, question: &str, not_done: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::Usage(format!(
                "there is no terminal to ask on; {not_done}; add --yes to go on without asking"
            )));
        }
        let failed = |error| Failure::NotDone(format!("cannot ask on the terminal: {error}"));
        write!(io::stderr(), "{} [y/N] ", visible(question)).map_err(failed)?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(failed)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Refused(not_done.to_owned())),
        }
    }
}
