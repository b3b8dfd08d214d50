//! Profiles: named settings in a file.

use std::{
    collections::BTreeMap,
    env, io,
    path::{Path, PathBuf},
};

use clap::Args;
use registries_command_line::{
    check_variables,
    text::{self, TextError},
};
use serde::Deserialize;

use crate::{
    failure::Failure,
    settings::{Given, Origin, PROFILE},
};

/// The profile that is taken when none is named.
const DEFAULT: &str = "default";

/// What is wrong with a line that is no TOML.
const NO_TOML: &str = "this is not TOML; expected a line such as org = \"my-org\" below one such as [profile.default]";

/// What is wrong with a line that is no setting.
const NO_SETTING: &str = "this is not a setting of a profile; the keys below [profile.NAME] are \
                          base-url, org, token-file and ca-certificate, each with a text; \
                          `registries auth login` stores a token";

/// Which profile is taken.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ProfileOption {
    #[command(flatten)]
    given: Given,
    /// Profile of config.toml [default: default]
    #[arg(
        long,
        value_name = "NAME",
        env = "REGISTRIES_CLI_PROFILE",
        hide_env_values = true,
        hide_short_help = true
    )]
    profile: Option<String>,
}

/// The settings of a profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    pub(crate) base_url: Option<String>,
    pub(crate) org: Option<String>,
    /// Relative to the folder of the file.
    pub(crate) token_file: Option<PathBuf>,
    /// Relative to the folder of the file.
    pub(crate) ca_certificate: Option<PathBuf>,
    #[serde(skip)]
    pub(crate) name: String,
    /// Whether an argument named it.
    #[serde(skip)]
    pub(crate) is_argument: bool,
}

/// The file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

impl ProfileOption {
    /// The profile that was named, or the default one; an empty one where there is none.
    pub(crate) fn load(&self) -> Result<Profile, Failure> {
        // A variable that is misspelt would leave a default: another deployment would get the token.
        // The suite's options name variables of tokens.
        let is_named = |name: &str| name.ends_with("_TOKEN");
        check_variables(is_named, "registries auth status --help")?;
        let named = PROFILE.read(self.profile.as_deref(), &self.given)?;
        let name = named.as_ref().map(|it| it.value);
        let Some(path) = folder().map(|folder| folder.join("config.toml")) else {
            return name.map_or_else(
                || Ok(Profile::default()),
                |name| {
                    Err(no_profile(name, "there is no folder for it; set HOME or XDG_CONFIG_HOME"))
                },
            );
        };
        let found = read(&path)?;
        let (is_file, mut profiles) = (found.is_some(), found.unwrap_or_default().profile);
        match profiles.remove(name.unwrap_or(DEFAULT)) {
            Some(mut profile) => {
                let beside = |file: PathBuf| path.with_file_name(file);
                profile.token_file = profile.token_file.map(beside);
                profile.ca_certificate = profile.ca_certificate.map(beside);
                name.unwrap_or(DEFAULT).clone_into(&mut profile.name);
                profile.is_argument =
                    named.is_some_and(|it| matches!(it.origin, Origin::Argument(_)));
                Ok(profile)
            }
            None => match name {
                None => Ok(Profile::default()),
                Some(name) => {
                    let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
                    let (known, path) = (known.join(", "), path.display());
                    Err(no_profile(
                        name,
                        &match (is_file, known.as_str()) {
                            (false, _) => format!("there is no file {path}"),
                            (true, "") => format!("{path} has no [profile.NAME]"),
                            (true, known) => format!("those of {path} are {known}"),
                        },
                    ))
                }
            },
        }
    }
}

/// The file, if there is one.
fn read(path: &Path) -> Result<Option<Config>, Failure> {
    match text::read(path) {
        Ok(text) => toml::from_str(&text).map(Some).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let (line, path) = (before.matches('\n').count() + 1, path.display());
            // A token may stand where it does not belong, and toml's message quotes it.
            let problem =
                if toml::from_str::<toml::Table>(&text).is_err() { NO_TOML } else { NO_SETTING };
            Failure::Usage(format!("{path}, line {line}: {problem}"))
        }),
        Err(TextError::Read(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Usage(format!("cannot read {}: {error}", path.display()))),
    }
}

fn no_profile(name: &str, why: &str) -> Failure {
    Failure::Usage(format!("there is no profile {name:?}: {why}"))
}

/// Where the program keeps its files: `registries` in `XDG_CONFIG_HOME`, in `~/.config`, or on Windows
/// in `APPDATA`.
pub(crate) fn folder() -> Option<PathBuf> {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let above = variable("XDG_CONFIG_HOME")
        .or_else(|| if cfg!(windows) { variable("APPDATA") } else { None })
        .or_else(|| Some(variable("HOME")?.join(".config")))?;
    Some(above.join("registries"))
}
