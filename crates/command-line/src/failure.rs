//! Why a command has no result.

use std::{error::Error, iter, process::ExitCode};

use crate::{Status, say_error};

/// Why a command has no result, as a sentence for the user: what happened, the value and where it came
/// from, and what to do next.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It was refused, or the user said no.
    #[error("{0}")]
    Negative(String),
    /// It was asked for something that makes no sense, or with a file that makes none.
    #[error("{0}")]
    Usage(String),
    /// It could not be carried out.
    #[error("{0}")]
    NotCarriedOut(String),
}

impl Failure {
    /// The exit status of a command that fails so.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Negative(_) => Status::Negative,
            Self::Usage(_) => Status::Usage,
            Self::NotCarriedOut(_) => Status::NotCarriedOut,
        }
    }

    /// Prints it on standard error, and returns its exit status.
    pub fn report(&self) -> ExitCode {
        say_error(&self.to_string());
        self.status().into()
    }
}

/// What stands behind an error and is not in its own sentence.
pub fn causes(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |error| (*error).source());
    causes.fold(String::new(), |text, cause| text + ": " + &cause.to_string())
}
