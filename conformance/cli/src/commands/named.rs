//! The file of deployments.

use std::{
    collections::BTreeMap,
    io,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use registries_command_line::text::{self, TextError};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Failure, values};

/// A deployment in the file, or in the environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) base_url: Option<String>,
    pub(super) org: Option<String>,
    pub(super) team: Option<String>,
    pub(super) token_env: Option<String>,
    pub(super) limited_token_env: Option<String>,
    pub(super) revocable_token_env: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) ca_certificate: Option<PathBuf>,
    pub(super) pace: Option<NonZeroU32>,
}

/// The deployments in a file, by their names; `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<BTreeMap<String, Named>>, Failure> {
    let shown = path.display();
    let text = match text::read(path) {
        Ok(text) => text,
        Err(TextError::Read(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::Usage(format!("cannot read {shown}: {error}"))),
    };
    match parse(&text) {
        Ok(deployments) => Ok(Some(deployments)),
        Err(Wrong { at, why }) => {
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Err(Failure::Usage(format!("{shown}, line {line}: {why}")))
        }
    }
}

/// What is wrong with a file, and at which byte. The text there is not quoted: it may be a token.
#[derive(Debug)]
struct Wrong {
    at: usize,
    why: String,
}

fn parse(text: &str) -> Result<BTreeMap<String, Named>, Wrong> {
    const FORM: &str = "a deployment begins with [deployment.NAME]";
    let document = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        why: format!("not valid TOML: {}", error.message().trim_end().replace('\n', ", ")),
    })?;
    let mut deployments = BTreeMap::new();
    for (key, value) in document.get_ref() {
        let wrong = |at: usize| Wrong {
            at,
            why: format!("unexpected {key:?}; {FORM}", key = key.get_ref()),
        };
        let named = match value.get_ref() {
            DeValue::Table(named) if key.get_ref() == "deployment" => named,
            _ => return Err(wrong(key.span().start)),
        };
        for (name, settings) in named {
            let DeValue::Table(settings) = settings.get_ref() else {
                return Err(Wrong { at: name.span().start, why: FORM.to_owned() });
            };
            deployments.insert(name.get_ref().to_string(), deployment(name.get_ref(), settings)?);
        }
    }
    Ok(deployments)
}

fn deployment(name: &str, settings: &DeTable<'_>) -> Result<Named, Wrong> {
    let mut deployment = Named::default();
    for (key, value) in settings {
        deployment.set(key.get_ref(), value).map_err(|why| Wrong {
            at: key.span().start,
            why: format!("{} of the deployment {name:?}: {why}", key.get_ref()),
        })?;
    }
    Ok(deployment)
}

impl Named {
    fn set(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<(), String> {
        let text = || match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err("expected a string in quotes".to_owned()),
        };
        let text_or_number = || match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.to_string()),
            _ => Err("expected a whole number, or a string in quotes".to_owned()),
        };
        match key {
            "base-url" => self.base_url = Some(text()?),
            "org" => self.org = Some(text()?),
            "team" => self.team = Some(text()?),
            "token-env" => self.token_env = Some(text()?),
            "limited-token-env" => self.limited_token_env = Some(text()?),
            "revocable-token-env" => self.revocable_token_env = Some(text()?),
            "timeout" => self.timeout = Some(parsed(&text_or_number()?, values::timeout)?),
            "ca-certificate" => self.ca_certificate = Some(text()?.into()),
            "pace" => self.pace = Some(parsed(&text_or_number()?, values::pace)?),
            _ => {
                return Err("unknown key; expected base-url, org, team, token-env, \
                            limited-token-env, revocable-token-env, timeout, ca-certificate or pace"
                    .to_owned());
            }
        }
        Ok(())
    }
}

/// A value of the file; if it is wrong, the message has it.
fn parsed<T>(text: &str, parse: fn(&str) -> Result<T, &'static str>) -> Result<T, String> {
    parse(text).map_err(|why| format!("{text:?} is wrong; {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read() {
        let text = "[deployment.a]\nbase-url = \"u\"\norg = \"o\"\nteam = \"t\"\ntoken-env = \"A\"\n\
                    limited-token-env = \"B\"\nrevocable-token-env = \"C\"\ntimeout = 20\n\
                    ca-certificate = \"c.pem\"\npace = 50\n[deployment.b]\ntimeout = \"5m\"\n";
        let expected = Named {
            base_url: Some("u".into()),
            org: Some("o".into()),
            team: Some("t".into()),
            token_env: Some("A".into()),
            limited_token_env: Some("B".into()),
            revocable_token_env: Some("C".into()),
            timeout: Some(Duration::from_secs(20)),
            ca_certificate: Some("c.pem".into()),
            pace: NonZeroU32::new(50),
        };
        let mut read = parse(text).unwrap();
        assert_eq!(read.remove("a"), Some(expected));
        assert_eq!(read["b"].timeout, Some(Duration::from_mins(5)));
    }

    #[test]
    fn what_is_wrong_is_reported_with_its_key_and_what_is_allowed() {
        let setting = |setting: &str| format!("[deployment.a]\n{setting}\n");
        for (text, part) in [
            (
                setting("pace = 0"),
                "pace of the deployment \"a\": \"0\" is wrong; expected a number of requests, at least 1",
            ),
            (
                setting("pace = 1.5"),
                "pace of the deployment \"a\": expected a whole number, or a string in quotes",
            ),
            (
                setting("timeout = 601"),
                "timeout of the deployment \"a\": \"601\" is wrong; expected a duration between 1s and 10m",
            ),
            (setting("org = 5"), "org of the deployment \"a\": expected a string in quotes"),
            (
                setting("pase = 5"),
                "pase of the deployment \"a\": unknown key; expected base-url, org",
            ),
            ("deployment = 5".to_owned(), "a deployment begins with [deployment.NAME]"),
            ("[deployment]\na = 5".to_owned(), "a deployment begins with [deployment.NAME]"),
            ("[staging]\norg = 5".to_owned(), "unexpected \"staging\"; a deployment begins with"),
            ("org = hidden".to_owned(), "not valid TOML: "),
        ] {
            let Wrong { why, .. } = parse(&text).unwrap_err();
            assert!(why.contains(part) && !why.contains("hidden"), "{text}: {why}");
        }
        assert_eq!(parse("[deployment.a]\norg = \"o\"\npace = 0").unwrap_err().at, 25);
    }
}
