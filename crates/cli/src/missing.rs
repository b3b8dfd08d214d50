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
    subject: Subject,
}

impl Missing {
    /// What is missing, if a response with 404 is about the subject.
    pub(crate) fn of(error: Error, subject: &Subject) -> Failure {
        match Kind::of(&error, subject) {
            Some(kind) => {
                Failure::Missing(Box::new(Self { error, kind, subject: subject.clone() }))
            }
            None => Failure::Call(error),
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> &'static str {
        match self.kind {
            Kind::Token => "`registries token list` lists the tokens of a registry",
            Kind::Registry => "`registries list` lists the registries that the token can see",
            Kind::Organization => {
                "`registries org list` lists the organizations that the token can see"
            }
        }
    }
}

impl Kind {
    /// What a 404 says is missing, by the first sentence of its message. One that names nothing is about
    /// the innermost part of the subject.
    fn of(error: &Error, subject: &Subject) -> Option<Self> {
        let message = error.message()?.to_ascii_lowercase();
        let message = message.split(". ").next().unwrap_or_default();
        subject.organization.as_ref()?;
        let words = [
            ("registry token", Some(Self::Token)),
            ("registry", Some(Self::Registry)),
            ("organization", Some(Self::Organization)),
            ("path", None),
            ("route", None),
        ];
        let named = words.into_iter().find(|(word, _)| message.contains(word));
        named.map_or_else(|| Some(Self::innermost(subject)), |(_, kind)| kind)
    }

    fn innermost(subject: &Subject) -> Self {
        match subject {
            Subject { token: Some(_), .. } => Self::Token,
            Subject { registry: Some(_), .. } => Self::Registry,
            _ => Self::Organization,
        }
    }
}

impl Failure {
    /// The same about this registry, where a command is about several.
    pub(crate) fn about(mut self, registry: &str) -> Self {
        if let Self::Missing(missing) = &mut self {
            missing.subject.registry = Some(registry.to_owned());
        }
        self
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { organization, registry, token } = &self.subject;
        let named = |what: &str, name: &Option<String>| match name {
            Some(name) => format!("{what} {}", visible(name)),
            None => format!("such {what}"),
        };
        let organization = named("organization", organization);
        let within = organization.trim_start_matches("organization ");
        match self.kind {
            Kind::Organization => write!(f, "there is no {organization}")?,
            Kind::Registry => write!(f, "there is no {} in {within}", named("registry", registry))?,
            Kind::Token => {
                let registry = registry.as_deref().map(|it| format!(" of {}", visible(it)));
                let (token, registry) = (named("token", token), registry.unwrap_or_default());
                write!(f, "there is no {token}{registry} in {within}")?;
            }
        }
        self.error.status().map_or(Ok(()), |status| write!(f, " ({status})"))
    }
}
