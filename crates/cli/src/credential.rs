//! Which access token a command has, and where it comes from.

use std::{ffi::OsString, fmt, path::PathBuf};

use registries_client::{Error, Token};

use crate::{
    config::Profile,
    failure::Failure,
    session::normalized,
    settings::{Origin, Setting, first},
    tokens,
};

/// The variable that has the access token.
const TOKEN: &str = "REGISTRIES_TOKEN";

pub(crate) fn new_token(secret: &str, source: &Source) -> Result<Token, Failure> {
    Token::new(secret).map_err(|error| misconfigured(error, source))
}

/// What is wrong with a setting, and where that comes from.
pub(crate) fn misconfigured(error: Error, source: &impl fmt::Display) -> Failure {
    match error {
        Error::Configuration(problem) => Failure::Usage(format!("{problem} (from {source})")),
        error => error.into(),
    }
}

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Entered,
    Variable,
    File(PathBuf, Origin),
    Stored(tokens::Place),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => f.write_str("the prompt or standard input"),
            Self::Variable => write!(f, "the variable {TOKEN}"),
            Self::File(path, origin) => write!(f, "the file {} ({origin})", path.display()),
            Self::Stored(place) => f.write_str(&place.described()),
        }
    }
}

/// The token, and where it comes from: an argument, a variable, the profile, or the stored one. With a
/// profile that an argument names, what it says goes before variables: its file, and the token that is
/// stored for its base URL.
pub(crate) fn token(
    file: Option<Setting<OsString>>,
    profile: &Profile,
    base_url: &Setting<String>,
) -> Result<(Token, Source), Failure> {
    let is_file_first = match &file {
        Some(Setting { origin: Origin::Argument(_), .. }) => true,
        _ => profile.is_argument && profile.token_file.is_some(),
    };
    if !is_file_first {
        let is_of_profile = profile.is_argument && matches!(base_url.origin, Origin::Profile(_));
        if is_of_profile && let Some(stored) = stored(&base_url.value)? {
            return Ok(stored);
        }
        if let Some(secret) = std::env::var_os(TOKEN).filter(|secret| !secret.is_empty()) {
            let token = new_token(&secret.to_string_lossy(), &Source::Variable)?;
            return Ok((token, Source::Variable));
        }
    }
    let own_file = profile.token_file.clone().map(PathBuf::into_os_string);
    if let Some(Setting { value, origin }) = first(file, own_file, profile) {
        let value = PathBuf::from(value);
        check_destination(&origin, profile, &base_url.value)?;
        let token = Token::from_file(&value).map_err(|error| misconfigured(error, &origin))?;
        return Ok((token, Source::File(value, origin)));
    }
    stored(&base_url.value)?.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no access token for {}; run `registries auth login`, or set {TOKEN}, or \
             --token-file to a file that contains one",
            base_url.value
        ))
    })
}

/// The stored token for a base URL.
pub(crate) fn stored(base_url: &str) -> Result<Option<(Token, Source)>, Failure> {
    let Some((secret, place)) = tokens::find(base_url)? else { return Ok(None) };
    let source = Source::Stored(place);
    Ok(Some((new_token(&secret, &source)?, source)))
}

/// A profile's token goes to the profile's API only.
fn check_destination(origin: &Origin, profile: &Profile, base_url: &str) -> Result<(), Failure> {
    match (origin, &profile.base_url) {
        (Origin::Profile(name), Some(own)) => {
            let own = normalized(Setting { value: own.clone(), origin: origin.clone() })?.value;
            if own == base_url {
                return Ok(());
            }
            Err(Failure::Usage(format!(
                "the token of the profile {name} belongs to {own} and is not sent to {base_url}; \
                 leave out --base-url and REGISTRIES_BASE_URL, or set --token-file"
            )))
        }
        _ => Ok(()),
    }
}
