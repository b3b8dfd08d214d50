//! The deployment that a command is about: from options, from a file with named deployments, or
//! from the environment.

use std::{
    collections::BTreeMap,
    env,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use registries_command_line::{
    check_variables,
    text::{self, TextError},
};
use registries_conformance::{
    Deployment,
    deployment::{self, DeploymentError, Token},
};

use super::{
    Failure,
    named::{self, Named},
    values,
};

/// Where named deployments are looked for.
const DEFAULT_FILE: &str = "conformance.toml";
const DEFAULT_TOKEN_ENV: &str = "REGISTRIES_TOKEN";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Options take precedence over a named deployment, or where none is named, over the environment.
#[derive(Args, Default)]
pub(super) struct DeploymentArgs {
    #[arg(
        long,
        value_name = "URL",
        help = "API root, including /v2",
        long_help = "API root of the deployment, including /v2\n\n[env: REGISTRIES_BASE_URL]"
    )]
    base_url: Option<String>,
    #[arg(
        long,
        value_name = "SLUG",
        help = "Organization to work in",
        long_help = "Organization to work in\n\n[env: REGISTRIES_ORG]"
    )]
    org: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        hide_short_help = true,
        help = "Variable with the access token",
        long_help = "Variable with the access token\n\n[default: REGISTRIES_TOKEN]"
    )]
    token_env: Option<String>,
    /// Name of a deployment in the file of deployments
    #[arg(long, value_name = "NAME")]
    deployment: Option<String>,
    #[arg(
        long,
        value_name = "PATH",
        requires = "deployment",
        hide_short_help = true,
        help = "File of deployments",
        long_help = "File of deployments\n\n[default: conformance.toml]"
    )]
    config: Option<PathBuf>,
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = values::timeout,
        hide_short_help = true,
        help = "Timeout of a response, 1s to 10m",
        long_help = "Timeout of a response, 1s to 10m\n\n[env: REGISTRIES_TIMEOUT]\n[default: 30s]"
    )]
    timeout: Option<Duration>,
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help = "Additional CA certificates (PEM)",
        long_help = "Additional CA certificates (PEM)\n\n[env: REGISTRIES_CA_CERTIFICATE]"
    )]
    ca_certificate: Option<PathBuf>,
    #[arg(
        long,
        value_name = "N",
        value_parser = values::pace,
        hide_short_help = true,
        help = "Send at most N requests per minute",
        long_help = "Send at most N requests per minute\n\n[env: REGISTRIES_PACE]"
    )]
    pace: Option<NonZeroU32>,
    /// What only a run takes; none for other commands.
    #[arg(skip)]
    pub(super) run: Option<RunDeploymentArgs>,
}

/// What a run, and nothing else, uses of a deployment.
#[derive(Args, Default)]
pub(super) struct RunDeploymentArgs {
    #[arg(
        long,
        value_name = "ID",
        hide_short_help = true,
        help = "Team to create registries for, where the organization has teams",
        long_help = "Team to create registries for, where the organization has teams\n\n\
                     [env: REGISTRIES_TEAM]"
    )]
    team: Option<String>,
    /// Variable with a token that has the scope `read_registries` only
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    limited_token_env: Option<String>,
    /// Variable with a token that the run may revoke
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    revocable_token_env: Option<String>,
}

impl Named {
    /// What the environment names.
    fn of_environment() -> Result<Self, Failure> {
        Ok(Self {
            base_url: variable("REGISTRIES_BASE_URL")?,
            org: variable("REGISTRIES_ORG")?,
            team: variable("REGISTRIES_TEAM")?,
            timeout: timeout("REGISTRIES_TIMEOUT")?,
            ca_certificate: variable("REGISTRIES_CA_CERTIFICATE")?.map(PathBuf::from),
            pace: pace("REGISTRIES_PACE")?,
            ..Self::default()
        })
    }
}

/// What the arguments come to.
pub(super) struct Chosen {
    /// The deployment; none when the embedded reference server is meant.
    pub(super) deployment: Option<Deployment>,
    /// How long a response may take.
    pub(super) timeout: Duration,
    /// How many requests to send in a minute at most.
    pub(super) pace: Option<NonZeroU32>,
    /// The command that shows what a run against the deployment has left there.
    pub(super) sweep: Option<String>,
}

impl DeploymentArgs {
    /// The deployment that is meant: the embedded reference server when `embedded` says so, or when
    /// no option, no variable and no file says anything of a deployment.
    pub(super) fn choose(&self, embedded: bool) -> Result<Chosen, Failure> {
        let mut named = match &self.deployment {
            Some(name) => self.named(name)?,
            None if embedded => Named::default(),
            None => Named::of_environment()?,
        };
        if self.run.is_none() {
            (named.team, named.limited_token_env, named.revocable_token_env) = (None, None, None);
        }
        let timeout = self.timeout.or(named.timeout).unwrap_or(DEFAULT_TIMEOUT);
        let pace = self.pace.or(named.pace);
        if embedded {
            return Ok(Chosen { deployment: None, timeout, pace, sweep: None });
        }
        if self.deployment.is_none() && self.run.is_some() {
            self.refuse_unused_tokens()?;
        }
        let base_url = self.base_url.as_ref().or(named.base_url.as_ref());
        if base_url.is_none() {
            self.refuse_half_of_a_deployment(&named)?;
        }
        let deployment = base_url.map(|it| self.deployment(it, &named, timeout)).transpose()?;
        let sweep = deployment.as_ref().map(|it| self.sweep(it));
        Ok(Chosen { deployment, timeout, pace, sweep })
    }

    /// What only a run takes.
    fn run(&self) -> &RunDeploymentArgs {
        static NOTHING: RunDeploymentArgs =
            RunDeploymentArgs { team: None, limited_token_env: None, revocable_token_env: None };
        self.run.as_ref().unwrap_or(&NOTHING)
    }

    /// Refuses variables of the environment that nothing reads.
    pub(super) fn check_variables(&self) -> Result<(), Failure> {
        let named = self.token_variables();
        let is_named = |name: &str| named.iter().any(|it| it == name);
        check_variables(is_named, "conformance run --help")
    }

    /// The variables that options or the file of deployments name.
    fn token_variables(&self) -> Vec<String> {
        let options =
            [&self.token_env, &self.run().limited_token_env, &self.run().revocable_token_env];
        let mut names: Vec<String> = options.into_iter().flatten().cloned().collect();
        // A file that cannot be read is an error where it is needed.
        for named in self.file().ok().flatten().into_iter().flatten().map(|(_, named)| named) {
            let of_file = [named.token_env, named.limited_token_env, named.revocable_token_env];
            names.extend(of_file.into_iter().flatten());
        }
        names
    }

    fn sweep(&self, deployment: &Deployment) -> String {
        let config = self.config.as_ref().map(|path| path.display().to_string());
        let ca_certificate = self.ca_certificate.as_ref().map(|path| path.display().to_string());
        let is_named = self.deployment.is_some();
        let (base_url, org) = (&deployment.base_url, &deployment.organization);
        let options = [
            ("--deployment", self.deployment.as_ref()),
            ("--config", config.as_ref()),
            ("--base-url", self.base_url.as_ref().or((!is_named).then_some(base_url))),
            ("--org", self.org.as_ref().or((!is_named).then_some(org))),
            ("--token-env", self.token_env.as_ref()),
            ("--ca-certificate", ca_certificate.as_ref()),
        ];
        let mut words = vec!["conformance".to_owned(), "sweep".to_owned()];
        for (option, value) in options {
            words.extend(value.map(|value| format!("{option} {}", quoted(value))));
        }
        words.push("--older-than 0s".to_owned());
        words.join(" ")
    }

    /// The deployment that is meant, for a command that cannot do without one.
    pub(super) fn require(&self) -> Result<Chosen, Failure> {
        let chosen = self.choose(false)?;
        if chosen.deployment.is_none() {
            return Err(Failure::Usage(format!("{BASE_URL} or --deployment NAME is missing")));
        }
        Ok(chosen)
    }

    fn deployment(
        &self,
        base_url: &str,
        named: &Named,
        timeout: Duration,
    ) -> Result<Deployment, Failure> {
        let of_file = named.token_env.as_ref().filter(|_| self.token_env.is_none());
        let token_env = self.token_env.as_ref().or(of_file);
        let token_env = token_env.map_or(DEFAULT_TOKEN_ENV, String::as_str);
        let Some(org) = self.org.as_ref().or(named.org.as_ref()) else {
            let mut missing = vec![ORG.to_owned()];
            if variable(token_env)?.is_none() {
                missing.push(format!("the token in the variable {}", shown_variable(token_env)));
            }
            return Err(incomplete(&[self.origin("--base-url", "REGISTRIES_BASE_URL")], &missing));
        };
        let team = self.run().team.as_ref().or(named.team.as_ref());
        let limited = self.run().limited_token_env.as_ref().or(named.limited_token_env.as_ref());
        let revocable =
            self.run().revocable_token_env.as_ref().or(named.revocable_token_env.as_ref());
        let ca_certificate = self.ca_certificate.as_ref().or(named.ca_certificate.as_ref());
        let wrong = |option: &str, variable: &str, error: &DeploymentError| {
            Failure::Usage(format!("{}: {error}", self.origin(option, variable)))
        };
        let variable = shown_variable(token_env);
        let token_origin = match (of_file, &self.deployment) {
            (Some(_), Some(name)) => format!(
                "the environment variable {variable} (token-env of the deployment {name:?} in {})",
                self.path().display()
            ),
            _ => format!("the environment variable {variable}"),
        };
        let deployment = Deployment {
            base_url: deployment::base_url(base_url)
                .map_err(|error| wrong("--base-url", "REGISTRIES_BASE_URL", &error))?,
            organization: deployment::organization(org)
                .map_err(|error| wrong("--org", "REGISTRIES_ORG", &error))?,
            team: team
                .map(|it| deployment::team(it))
                .transpose()
                .map_err(|error| wrong("--team", "REGISTRIES_TEAM", &error))?,
            token: token(token_env, "--token-env")?.from_origin(&token_origin),
            limited_token: limited.map(|it| token(it, "--limited-token-env")).transpose()?,
            revocable_token: revocable.map(|it| token(it, "--revocable-token-env")).transpose()?,
            timeout,
            ca_certificates: ca_certificate
                .map(|it| {
                    certificates(&self.origin("--ca-certificate", "REGISTRIES_CA_CERTIFICATE"), it)
                })
                .transpose()?
                .unwrap_or_default(),
            ca_certificate_file: ca_certificate.cloned(),
        };
        different_tokens(&deployment)?;
        Ok(deployment)
    }

    /// Where a setting comes from that has an option and a variable.
    fn origin(&self, option: &str, variable: &str) -> String {
        let given = [
            ("--base-url", self.base_url.is_some()),
            ("--org", self.org.is_some()),
            ("--team", self.run().team.is_some()),
            ("--ca-certificate", self.ca_certificate.is_some()),
        ];
        if given.contains(&(option, true)) {
            return option.to_owned();
        }
        match &self.deployment {
            Some(name) => format!("the deployment {name:?} in {}", self.path().display()),
            None => format!("the environment variable {variable}"),
        }
    }

    /// The file of deployments.
    fn path(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| DEFAULT_FILE.into())
    }

    /// The deployments in the file, if there is one.
    fn file(&self) -> Result<Option<BTreeMap<String, Named>>, Failure> {
        named::read(&self.path())
    }

    fn named(&self, name: &str) -> Result<Named, Failure> {
        let path = self.path();
        let shown = path.display();
        let Some(mut deployments) = self.file()? else {
            return Err(Failure::Usage(format!(
                "--deployment needs a file of deployments, and {shown} does not exist; `conformance \
                 run --help` shows what it looks like, and --config names another"
            )));
        };
        let names = deployments.keys().cloned().collect::<Vec<_>>().join(", ");
        deployments.remove(name).ok_or_else(|| {
            Failure::Usage(format!("{shown} has no deployment {name:?}, only {names}"))
        })
    }

    /// Refuses settings of a deployment without a base URL: with one of them, the embedded server
    /// is not meant.
    fn refuse_half_of_a_deployment(&self, named: &Named) -> Result<(), Failure> {
        if let Some(name) = &self.deployment {
            return Err(Failure::Usage(format!(
                "the deployment {name:?} has no base-url in {}; give it one there, or --base-url URL",
                self.path().display()
            )));
        }
        let token = variable(DEFAULT_TOKEN_ENV)?;
        let given: Vec<String> = [
            ("--org", self.org.is_some()),
            ("--team", self.run().team.is_some()),
            ("--token-env", self.token_env.is_some()),
            ("--limited-token-env", self.run().limited_token_env.is_some()),
            ("--revocable-token-env", self.run().revocable_token_env.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--ca-certificate", self.ca_certificate.is_some()),
            ("--pace", self.pace.is_some()),
            ("REGISTRIES_ORG", named.org.is_some()),
            ("REGISTRIES_TEAM", named.team.is_some()),
            (DEFAULT_TOKEN_ENV, token.is_some()),
            ("REGISTRIES_TIMEOUT", named.timeout.is_some()),
            ("REGISTRIES_CA_CERTIFICATE", named.ca_certificate.is_some()),
            ("REGISTRIES_PACE", named.pace.is_some()),
        ]
        .into_iter()
        .filter(|(_, is_given)| *is_given)
        .map(|(setting, _)| setting.to_owned())
        .collect();
        if !given.is_empty() {
            let mut missing = vec![BASE_URL.to_owned()];
            if self.org.is_none() && named.org.is_none() {
                missing.push(ORG.to_owned());
            }
            if token.is_none() && self.token_env.is_none() {
                missing.push(format!("the token in the variable {DEFAULT_TOKEN_ENV}"));
            }
            return Err(incomplete(&given, &missing));
        }
        match self.file()? {
            Some(deployments) if !deployments.is_empty() => {
                let all = deployments.keys().cloned().collect::<Vec<_>>().join(", ");
                Err(Failure::Usage(format!(
                    "{} names deployments ({all}), but none is chosen: add --deployment NAME.{}",
                    self.path().display(),
                    OR_EMBEDDED
                )))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a token in a variable of the suite that no option names: it would not be used.
    fn refuse_unused_tokens(&self) -> Result<(), Failure> {
        let tokens = [
            ("REGISTRIES_LIMITED_TOKEN", "--limited-token-env", &self.run().limited_token_env),
            (
                "REGISTRIES_REVOCABLE_TOKEN",
                "--revocable-token-env",
                &self.run().revocable_token_env,
            ),
        ];
        for (name, option, given) in tokens {
            if given.is_none() && variable(name)?.is_some() {
                return Err(Failure::Usage(format!(
                    "{name} is set, but not used: add {option} {name}, or unset it"
                )));
            }
        }
        Ok(())
    }
}

const BASE_URL: &str = "--base-url URL (or REGISTRIES_BASE_URL)";
const ORG: &str = "--org SLUG (or REGISTRIES_ORG)";
const OR_EMBEDDED: &str =
    " To test the embedded reference server instead, use `conformance run --embedded`";

/// The failure for settings that describe a part of a deployment.
fn incomplete(given: &[String], missing: &[String]) -> Failure {
    let (is, are) = (|count| if count == 1 { "is" } else { "are" }, missing.join(", "));
    Failure::Usage(format!(
        "the deployment's settings are incomplete: {} {} given, and {are} {} missing.{OR_EMBEDDED}",
        given.join(", "),
        is(given.len()),
        is(missing.len()),
    ))
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::Usage(format!("the environment variable {name} is not text")))
        }
    }
}

/// The pace in a variable.
fn pace(name: &str) -> Result<Option<NonZeroU32>, Failure> {
    read_variable(name, values::pace)
}

/// The timeout in a variable.
fn timeout(name: &str) -> Result<Option<Duration>, Failure> {
    read_variable(name, values::timeout)
}

/// The value in a variable.
fn read_variable<T>(
    name: &str,
    read: fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, Failure> {
    let Some(text) = variable(name)? else { return Ok(None) };
    let wrong = |why| Failure::Usage(format!("the environment variable {name} is {text:?}; {why}"));
    read(&text).map(Some).map_err(wrong)
}

fn token(name: &str, option: &str) -> Result<Token, Failure> {
    let text = variable(name)?.ok_or_else(|| {
        Failure::Usage(format!(
            "the environment variable {} is not set; put the access token into it, or name \
             another with {option}",
            shown_variable(name)
        ))
    })?;
    if text.trim().starts_with("$REGISTRIES_") || text.trim().starts_with("${") {
        return Err(Failure::Usage(format!(
            "the environment variable {name} holds the name of a variable, not its value; check the \
             quotation marks where it is set"
        )));
    }
    Token::new(&text)
        .map(|token| token.in_variable(name))
        .map_err(|error| Failure::Usage(format!("the environment variable {name}: {error}")))
}

/// The name of a variable. What has another form may be a token, given by mistake.
fn shown_variable(name: &str) -> &str {
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(is_name) { name } else { "of the name that was given" }
}

/// How many bytes a file of certificates may have.
const CERTIFICATES: u64 = 16 << 20;

/// The certificates in a file, which an option, a variable or another file names: the origin.
pub(super) fn certificates(origin: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let unusable = |error: TextError| {
        Failure::Usage(format!("{origin}: cannot read {}: {error}", path.display()))
    };
    let bytes = text::bytes(path, CERTIFICATES).map_err(|error| unusable(error.into()))?;
    text::utf8(&bytes).map(<[u8]>::to_vec).map_err(unusable)
}

fn different_tokens(deployment: &Deployment) -> Result<(), Failure> {
    let Deployment { token, limited_token: limited, revocable_token: revocable, .. } = deployment;
    let is_run_token = |other: &&Option<Token>| other.as_ref() == Some(token);
    if [limited, revocable].iter().any(is_run_token) || (limited.is_some() && limited == revocable)
    {
        return Err(Failure::Usage(
            "two of the tokens are the same; the run's token, the limited one and the revocable one \
             must differ"
                .into(),
        ));
    }
    Ok(())
}

/// The failure that a deployment is which cannot be looked at.
pub(super) fn unusable(error: &DeploymentError) -> Failure {
    match error {
        DeploymentError::Client(_) => Failure::NotCarriedOut(error.to_string()),
        _ => Failure::Usage(error.to_string()),
    }
}
