//! What a 404 says: which organization, registry or token there is none of.

use std::fmt;

use registries_client::{Error, Resource};

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
        let Error::Api(api) = &error else { return Failure::Call(error) };
        if api.message().is_none() {
            return Failure::Call(error);
        }
        let named = api.resource();
        let kind = match named {
            Some(Resource::Token) => Kind::Token,
            Some(Resource::Registry) => Kind::Registry,
            Some(Resource::Organization) => Kind::Organization,
            Some(_) => return Failure::Call(error),
            None if token.is_some() => Kind::Token,
            None if registry.is_some() => Kind::Registry,
            None => Kind::Organization,
        };
        let is_named = named.is_some();
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
