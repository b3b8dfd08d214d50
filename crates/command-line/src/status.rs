//! The exit statuses of every program.

use std::{fmt::Write as _, process::ExitCode};

/// How a command ended. `docs/programs.md` has the same table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// What was asked for was done, and its answer is positive.
    Success = 0,
    /// The negative result of what was asked: it does not conform, is refused, not valid, not found,
    /// or something is left.
    Negative = 1,
    /// An argument, a variable or a setting is wrong, or a file cannot be read or understood.
    Usage = 2,
    /// It could not be carried out: no connection, no database, no space.
    NotCarriedOut = 3,
}

impl Status {
    /// What it means for every command, as help has it.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Negative => "a negative result",
            Self::Usage => "wrong usage: an argument, a variable, a setting or a file",
            Self::NotCarriedOut => "not carried out",
        }
    }

    /// The last part of a help: what each status means, where `own` has other words for some.
    #[must_use]
    pub fn help(own: &[(Self, &str)]) -> String {
        let all = [Self::Success, Self::Negative, Self::Usage, Self::NotCarriedOut];
        let mut text = "Exit status:".to_owned();
        for status in all {
            let own = own.iter().find(|(of, _)| *of == status).map(|(_, meaning)| *meaning);
            let meaning = own.unwrap_or(status.meaning());
            // Some commands have no answer that could be negative.
            if !meaning.is_empty() {
                // Writing to a string does not fail.
                let _ = write!(text, "\n  {}  {meaning}", status as u8);
            }
        }
        text
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_has_own_words_where_there_are_some() {
        assert_eq!(
            Status::help(&[(Status::Success, "printed"), (Status::Negative, "")]),
            "Exit status:\n  0  printed\n  2  wrong usage: an argument, a variable, a setting or a \
             file\n  3  not carried out"
        );
    }
}
