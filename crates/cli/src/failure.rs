//! Why a command has no result, and its exit status.

use std::process::ExitCode;

use registries_client::{Error, ErrorKind, Problem, RawResponse};
use registries_command_line::{Status, causes, say, say_error};

use crate::{missing::Missing, operations};

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
    /// A negative result, which is printed already.
    #[error("the result is negative")]
    Printed,
    /// A call failed.
    #[error("{}", said(.0))]
    Call(Error),
    /// A call failed since the token is not accepted, which comes from there.
    #[error("{}", said(.0))]
    Token(Error, String),
    /// There is nothing of that name.
    #[error("{0}")]
    Missing(Box<Missing>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
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
            Self::Printed => return self.status().into(),
            // The message of a 422 repeats its problems.
            Self::Call(error) if error.problems().iter().any(has_text) => {
                let status = error.status().map(|status| status.to_string()).unwrap_or_default();
                say_error(&format!("the API returned {status}:"));
                for problem in error.problems().iter().filter(|it| has_text(it)) {
                    say(&format!("  - {problem}"));
                }
            }
            _ => say_error(&self.to_string()),
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
            Self::Missing(missing) => missing.error.response(),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        let kind = match self {
            Self::Refused(_) | Self::Printed | Self::Missing(_) => return Status::Negative,
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
            Self::Token(_, source) => {
                return Some(format!(
                    "the token is from {source}; check that it is right, not expired and not revoked"
                ));
            }
            Self::Missing(missing) => return Some(missing.hint()),
            _ => return None,
        };
        let request = error.request_id().map(|id| format!("the request id is {id}"));
        match error.kind() {
            ErrorKind::Forbidden => {
                let needs = error.response().and_then(|it| operations::needs(it.operation()));
                let needs = needs.map(|needs| format!("{needs}; ")).unwrap_or_default();
                Some(format!("{needs}`registries auth status` lists the scopes of the token"))
            }
            ErrorKind::Certificate => {
                Some("--ca-certificate FILE trusts the authorities in a PEM file".to_owned())
            }
            ErrorKind::Transport => {
                Some("--base-url or REGISTRIES_BASE_URL sets the address of the API".to_owned())
            }
            ErrorKind::Unavailable | ErrorKind::Server | ErrorKind::Decode => request,
            _ => of_client(error),
        }
    }
}

/// A failed call in one sentence, without what to do next. The name of an operation is that of the
/// contract, and no word of this program.
fn said(error: &Error) -> String {
    match error {
        Error::Api(error) => format!("the API returned {}", error.summary()),
        error => format!("{error}{}", causes(error)),
    }
}

/// What the client says is to be done about a response.
fn of_client(error: &Error) -> Option<String> {
    match error {
        Error::Api(error) => error.hint(),
        _ => None,
    }
}

/// Whether a problem says anything.
fn has_text(problem: &Problem) -> bool {
    [&problem.message, &problem.field, &problem.code].iter().any(|it| it.is_some())
}
