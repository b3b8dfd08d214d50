//! Text that has styles only where they are asked for.

use std::fmt;

use anstream::adapter::strip_str;

/// A report for people. It displays as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styled(pub(crate) String);

impl Styled {
    /// The text with ANSI escape codes, for a terminal. What a deployment sent adds none.
    #[must_use]
    pub fn ansi(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Styled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        strip_str(&self.0).fmt(f)
    }
}
