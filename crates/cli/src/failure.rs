//! Why a command has no result, and its exit status.

use std::{error::Error as _, process::ExitCode};

use registries_client::{Error, ErrorKind, RawResponse};

use crate::{operations, ui};

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The deployment refused it, there is nothing of that name, or the user said no.
    #[error("{0}")]
    Refused(String),
    /// It was asked for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// It could not be carried out.
    #[error("{0}")]
    NotDone(String),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// A call failed since the token is not accepted, which comes from there.
    #[error("{0}")]
    Token(Error, String),
}

/// What the exit statuses mean, as help has it.
pub(crate) const EXIT_STATUS: &str = "\
Exit status:
  0  success
  1  refused: not found, not allowed, not valid, or you answered no
  2  wrong usage: an argument, a variable, a file, or no token
  3  not carried out: no connection, a rate limit, a server error";

impl Failure {
    /// Prints it, with what to do next, and returns the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            // The message of a 422 repeats its problems.
            Self::Call(error) if !error.problems().is_empty() => {
                let response = error.response();
                let operation = response.map_or("the request", |it| it.operation());
                let status = error.status().map(|status| status.to_string()).unwrap_or_default();
                ui::say(&format!("error: {operation} was answered with {status}:"));
                for problem in error.problems() {
                    ui::say(&format!("  - {problem}"));
                }
            }
            _ => ui::say(&format!("error: {self}{}", self.causes())),
        }
        if let Some(hint) = self.hint() {
            ui::say(&format!("hint: {hint}"));
        }
        ExitCode::from(self.status())
    }

    /// The response of the call that failed, if there was one.
    pub(crate) fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::Call(error) | Self::Token(error, _) => error.response(),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> u8 {
        let kind = match self {
            Self::Refused(_) => return 1,
            Self::Usage(_) => return 2,
            Self::NotDone(_) => return 3,
            Self::Call(error) | Self::Token(error, _) => error.kind(),
        };
        match kind {
            ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Validation
            | ErrorKind::Status => 1,
            ErrorKind::InvalidRequest | ErrorKind::Configuration => 2,
            _ => 3,
        }
    }

    /// What stands behind a failure and is not in its own sentence.
    fn causes(&self) -> String {
        let causes = std::iter::successors(self.source(), |error| (*error).source());
        causes.fold(String::new(), |text, cause| text + ": " + &cause.to_string())
    }

    fn hint(&self) -> Option<String> {
        let error = match self {
            Self::Call(error) => error,
            Self::Token(_, source) => return Some(format!("the token is from {source}")),
            _ => return None,
        };
        let request = error.request_id().map(|id| format!("the request id is {id}"));
        match error.kind() {
            ErrorKind::Forbidden => {
                let needs = error.response().and_then(|it| operations::needs(it.operation()));
                let needs = needs.map(|needs| format!("{needs}; ")).unwrap_or_default();
                Some(format!("{needs}`registries auth status` lists the scopes of the token"))
            }
            ErrorKind::NotFound => Some(
                "`registries list` and `registries org list` list what the token can see"
                    .to_owned(),
            ),
            ErrorKind::Transport => {
                Some("--base-url or REGISTRIES_BASE_URL sets the address of the API".to_owned())
            }
            ErrorKind::Unavailable | ErrorKind::Server | ErrorKind::Decode => request,
            _ => None,
        }
    }
}
