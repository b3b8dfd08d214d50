//! Why a command has no result, and its exit status.

use std::process::ExitCode;

use registries_client::{Error, ErrorKind, Problem, RawResponse};
use registries_command_line::{Status, causes, say, say_error};

use crate::operations;

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

impl From<registries_command_line::Failure> for Failure {
    fn from(failure: registries_command_line::Failure) -> Self {
        use registries_command_line::Failure::{Negative, NotCarriedOut, Usage};
        match failure {
            Negative(why) => Self::Refused(why),
            Usage(why) => Self::Usage(why),
            NotCarriedOut(why) => Self::NotDone(why),
        }
    }
}

impl Failure {
    /// Prints it, with what to do next, and returns the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            // The message of a 422 repeats its problems.
            Self::Call(error) if error.problems().iter().any(has_text) => {
                let response = error.response();
                let operation = response.map_or("the request", |it| it.operation());
                let status = error.status().map(|status| status.to_string()).unwrap_or_default();
                say_error(&format!("{operation} returned {status}:"));
                for problem in error.problems().iter().filter(|it| has_text(it)) {
                    say(&format!("  - {problem}"));
                }
            }
            _ => say_error(&format!("{self}{}", causes(self))),
        }
        if let Some(hint) = self.hint() {
            say(&format!("hint: {hint}"));
        }
        self.status().into()
    }

    /// The response of the call that failed, if there was one.
    pub(crate) fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::Call(error) | Self::Token(error, _) => error.response(),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        let kind = match self {
            Self::Refused(_) => return Status::Negative,
            Self::Usage(_) => return Status::Usage,
            Self::NotDone(_) => return Status::NotCarriedOut,
            Self::Call(error) | Self::Token(error, _) => error.kind(),
        };
        match kind {
            ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Validation
            | ErrorKind::Status => Status::Negative,
            ErrorKind::InvalidRequest | ErrorKind::Configuration => Status::Usage,
            _ => Status::NotCarriedOut,
        }
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
            ErrorKind::NotFound => Some(missing(error.message().unwrap_or_default()).to_owned()),
            ErrorKind::Certificate => {
                Some("--ca-certificate FILE trusts the authorities in a PEM file".to_owned())
            }
            ErrorKind::Transport => {
                Some("--base-url or REGISTRIES_BASE_URL sets the address of the API".to_owned())
            }
            ErrorKind::Unavailable | ErrorKind::Server | ErrorKind::Decode => request,
            _ => None,
        }
    }
}

/// Whether a problem says anything.
fn has_text(problem: &Problem) -> bool {
    [&problem.message, &problem.field, &problem.code].iter().any(|it| it.is_some())
}

/// What to do about a 404, by what the API says is missing.
fn missing(message: &str) -> &'static str {
    let is_named = |name: &str| message.to_ascii_lowercase().contains(&format!("no {name} "));
    if is_named("registry token") {
        "`registries token list` lists the tokens of a registry"
    } else if is_named("registry") {
        "`registries list` lists the registries that the token can see"
    } else if is_named("organization") {
        "`registries org list` lists the organizations that the token can see"
    } else {
        "--base-url or REGISTRIES_BASE_URL sets the address of the API, with its version"
    }
}
