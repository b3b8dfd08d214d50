//! What a 404 says: which organization, registry or token there is none of.

use std::fmt;

use registries_client::Error;

use crate::{failure::Failure, visible::visible};

/// What a command is about, from the outside in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    pub(crate) organization: Option<String>,
    pub(crate) registry: Option<String>,
    pub(crate) token: Option<String>,
}

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Organization,
    Registry,
    Token,
}

/// There is nothing of that name, or the token may not know of it.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) error: Error,
    kind: Kind,
    /// Whether the response says so. Without that, the path itself may be wrong.
    is_named: bool,
    organization: String,
    registry: Option<String>,
    token: Option<String>,
}

impl Missing {
    /// What is missing, if a response with 404 is about the subject.
    pub(crate) fn of(error: Error, subject: &Subject) -> Failure {
        let Subject { organization: Some(organization), registry, token } = subject.clone() else {
            return Failure::Call(error);
        };
        let Some(message) = error.message() else { return Failure::Call(error) };
        let (kind, is_named) = match named(message) {
            Named::Kind(kind) => (kind, true),
            Named::Path => return Failure::Call(error),
            Named::Nothing if token.is_some() => (Kind::Token, false),
            Named::Nothing if registry.is_some() => (Kind::Registry, false),
            Named::Nothing => (Kind::Organization, false),
        };
        let missing = Self { error, kind, is_named, organization, registry, token };
        Failure::Missing(Box::new(missing))
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        let list = match self.kind {
            Kind::Token => "`registries token list` lists the tokens of a registry",
            Kind::Registry => "`registries list` lists the registries that the token can see",
            Kind::Organization => {
                "`registries org list` lists the organizations that the token can see"
            }
        };
        let path = if self.is_named { "" } else { "; or check --base-url, with its version" };
        format!("{list}{path}")
    }
}

/// What a message names.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Kind(Kind),
    Path,
    Nothing,
}

/// What the first sentence of a message names outside of quotes; within them is a slug of any words.
fn named(message: &str) -> Named {
    const QUOTES: [char; 4] = ['`', '"', '\u{201c}', '\u{201d}'];
    let sentence = message.split(". ").next().unwrap_or_default().to_lowercase();
    let sentence: String = sentence.split(QUOTES).step_by(2).collect();
    let words = [
        ("token", Named::Kind(Kind::Token)),
        ("registry", Named::Kind(Kind::Registry)),
        ("organization", Named::Kind(Kind::Organization)),
        ("path", Named::Path),
        ("route", Named::Path),
    ];
    let found = words.into_iter().find(|(word, _)| sentence.contains(word));
    found.map_or(Named::Nothing, |(_, named)| named)
}

impl Failure {
    /// The same about this registry, where a command is about several.
    pub(crate) fn about(mut self, registry: &str) -> Self {
        if let Self::Missing(missing) = &mut self {
            missing.registry = Some(registry.to_owned());
        }
        self
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |what: &str, name: &Option<String>| match name {
            Some(name) => format!("{what} {}", visible(name)),
            None => format!("such {what}"),
        };
        let organization = visible(&self.organization);
        match self.kind {
            Kind::Organization => write!(f, "there is no organization {organization}")?,
            Kind::Registry => {
                write!(f, "there is no {} in {organization}", named("registry", &self.registry))?;
            }
            Kind::Token => {
                let registry = self.registry.as_deref().map(|it| format!(" of {}", visible(it)));
                let (token, registry) = (named("token", &self.token), registry.unwrap_or_default());
                write!(f, "there is no {token}{registry} in {organization}")?;
            }
        }
        self.error.status().map_or(Ok(()), |status| write!(f, " ({status})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_a_kind_outside_of_quotes() {
        for (message, expected) in [
            ("No registry found", Named::Kind(Kind::Registry)),
            ("No organization `my-registry` found", Named::Kind(Kind::Organization)),
            ("No such token. See the registry", Named::Kind(Kind::Token)),
            ("No route matches", Named::Path),
            ("Not Found", Named::Nothing),
        ] {
            assert_eq!(named(message), expected, "{message}");
        }
    }
}
