//! Where a setting comes from: an argument, a variable or a profile.

use std::fmt;

use clap::{ArgMatches, Args, Command, FromArgMatches, Id, parser::ValueSource};

use crate::{config::Profile, failure::Failure};

/// Which arguments were given on the command line, and not by variables. It has to be the first
/// field of what it is flattened into: later fields take their values out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(Vec<Id>);

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_given =
            |id: &&Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        Ok(Self(matches.ids().filter(is_given).cloned().collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

impl Given {
    /// Whether the argument of this name was given on the command line.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|given| given.as_str() == id)
    }
}

/// An argument, and the variable that stands in for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    /// As clap knows it.
    pub(crate) id: &'static str,
    pub(crate) argument: &'static str,
    pub(crate) variable: &'static str,
}

pub(crate) const PROFILE: Name =
    Name { id: "profile", argument: "--profile", variable: "REGISTRIES_CLI_PROFILE" };
pub(crate) const BASE_URL: Name =
    Name { id: "base_url", argument: "--base-url", variable: "REGISTRIES_BASE_URL" };
pub(crate) const ORG: Name = Name { id: "org", argument: "--org", variable: "REGISTRIES_ORG" };
pub(crate) const CA_CERTIFICATE: Name = Name {
    id: "ca_certificate",
    argument: "--ca-certificate",
    variable: "REGISTRIES_CA_CERTIFICATE",
};
pub(crate) const TIMEOUT: Name =
    Name { id: "timeout", argument: "--timeout", variable: "REGISTRIES_TIMEOUT" };
pub(crate) const TOKEN_FILE: Name =
    Name { id: "token_file", argument: "--token-file", variable: "REGISTRIES_TOKEN_FILE" };

impl Name {
    /// The value that was given, unless a variable is empty.
    ///
    /// # Errors
    ///
    /// An argument that is empty, as from a variable of a script that is not set.
    pub(crate) fn read<T: AsRef<std::ffi::OsStr>>(
        self,
        value: Option<T>,
        given: &Given,
    ) -> Result<Option<Setting<T>>, Failure> {
        let origin = if given.has(self.id) {
            Origin::Argument(self.argument)
        } else {
            Origin::Variable(self.variable)
        };
        match value {
            Some(value) if !value.as_ref().is_empty() => Ok(Some(Setting { value, origin })),
            Some(_) if given.has(self.id) => Err(Failure::Usage(format!(
                "{} is empty; give a value or leave it out",
                self.argument
            ))),
            _ => Ok(None),
        }
    }
}

/// A value, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Argument(&'static str),
    Variable(&'static str),
    Profile(String),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(name) => f.write_str(name),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Profile(name) => write!(f, "the profile {name}"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The first of an argument, a variable and a profile. A profile that an argument names goes before
/// variables, which were set for something else.
pub(crate) fn first<T>(
    given: Option<Setting<T>>,
    of_profile: Option<T>,
    profile: &Profile,
) -> Option<Setting<T>> {
    let of_profile =
        of_profile.map(|value| Setting { value, origin: Origin::Profile(profile.name.clone()) });
    match given {
        Some(Setting { origin: Origin::Variable(_), .. }) if profile.is_argument => {
            of_profile.or(given)
        }
        _ => given.or(of_profile),
    }
}
