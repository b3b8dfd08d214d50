//! Asking before something is deleted.

use std::io::{self, IsTerminal};

use clap::Args;

use crate::{Failure, Typed, print_aside, text::plain, typed_line, visible::visible};

/// Whether the user is asked.
#[derive(Clone, Copy, Debug, Args)]
pub struct Consent {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Consent {
    /// Asks on the terminal, unless `--yes` was given. `not_done` says what was not done when the answer
    /// is no.
    ///
    /// # Errors
    ///
    /// Where the answer is no, Ctrl-C comes instead of one, or there is no terminal to ask on.
    pub fn ask(self, question: &str, not_done: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::Usage(format!(
                "there is no terminal to ask on; {not_done}; add --yes to go on without asking"
            )));
        }
        let typed = typed_line(&format!("{} [y/N] ", visible(question))).map_err(|error| {
            Failure::NotCarriedOut(format!("cannot ask on the terminal: {}", plain(&error)))
        })?;
        let Typed::Line(answer) = typed else {
            print_aside("\n");
            return Err(Failure::NotCarriedOut(format!("interrupted; {not_done}")));
        };
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Negative(not_done.to_owned())),
        }
    }
}
