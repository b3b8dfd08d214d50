//! `registries-server policy`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use registries_command_line::{Status, text};

use super::{Failure, print, print_lines, warn};
use crate::clock::{Clock, SystemClock};
use crate::domain::organization::OrganizationSlug;
use crate::domain::properties::RegistrySlug;
use registries_policy::{
    Granted, Json, NO_POLICY, OidcPolicy, Problem, Refused, VALID, Verdict, not_valid,
};

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Validate an OIDC policy, and evaluate it for a token
    #[command(after_long_help = EXAMPLES)]
    Check(Check),
}

const EXAMPLES: &str = "\
Examples:
  Validate a policy:
    registries-server policy check policy.yaml

  Print which statement matches a token with these claims, or why none does:
    registries-server policy check policy.yaml --claims claims.json

  The same for a registry that the claims do not name as their audience:
    registries-server policy check policy.yaml --claims claims.json \\
      --registry my-org/my-registry

A file that begins with [ is a JSON array of statements; any other is YAML. The
claims are the JSON object inside a token. Signatures are not verified.

Exit status:
  0  the policy is valid, and a statement matches
  1  it is not valid, or no statement matches
  2  wrong usage: a file cannot be read or has no claims, or the registry is
     unknown";

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Policy
    #[arg(value_name = "FILE")]
    policy: PathBuf,
    /// Claims of a token, as a JSON object
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Registry that the token is for [default: that of its `aud`]
    #[arg(
        long,
        value_name = "ORG/REGISTRY",
        group = "audience",
        requires = "claims",
        value_parser = registry
    )]
    registry: Option<String>,
    /// Expected `aud`, if it is not the URL of a registry
    #[arg(long, value_name = "URL", group = "audience", requires = "claims", id = "url")]
    audience: Option<String>,
    /// Time of the evaluation, as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", requires = "claims", value_parser = time)]
    at: Option<DateTime<Utc>>,
}

impl Policy {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Self::Check(check) = self;
        let text = read(&check.policy)?;
        if text.is_empty() && check.claims.is_none() {
            print(NO_POLICY)?;
            return Ok(ExitCode::SUCCESS);
        }
        let policy = match read_policy(&text) {
            Ok(policy) => policy,
            Err(problems) => {
                print_lines(&not_valid(&check.policy.display().to_string(), &problems))?;
                return Ok(Status::Negative.into());
            }
        };
        let Some(claims) = &check.claims else {
            print(VALID)?;
            return Ok(ExitCode::SUCCESS);
        };
        let claims = read_claims(claims)?;
        let audience = match check.registry.or(check.audience) {
            Some(audience) => audience,
            None => assumed_audience(&claims)?,
        };
        let at = check.at.unwrap_or_else(|| SystemClock.now());
        let Verdict { outcome, warnings } = policy.evaluate(&claims, &audience, at);
        for warning in warnings {
            warn(&warning);
        }
        match outcome {
            Ok(Granted { statement, scopes }) => {
                print(&format!("statement {statement} matches: {}", scopes.join(", ")))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(refused) => {
                print_lines(&explained(refused))?;
                Ok(Status::Negative.into())
            }
        }
    }
}

/// The expected `aud` where only the token has one, which is printed.
fn assumed_audience(claims: &Json) -> Result<String, Failure> {
    let named = match claim(claims, "aud") {
        Some(Json::Text(aud)) => aud.strip_prefix(ADDRESS).filter(|it| registry(it).is_ok()),
        _ => None,
    };
    let Some(named) = named else {
        let found = match claim(claims, "aud") {
            None => "aud is missing".to_owned(),
            Some(aud @ Json::Array(_)) => format!("aud is a list, {}", aud.shown()),
            Some(aud) => format!("aud is {}", aud.shown()),
        };
        return Err(Failure::usage(format!(
            "{found}, not the URL of a registry, {ADDRESS}ORG/REGISTRY; set --registry, or the expected \
             aud with --audience"
        )));
    };
    print(&format!("assuming that the token is for {named}, because of its aud"))?;
    Ok(format!("{ADDRESS}{named}"))
}

fn claim<'a>(claims: &'a Json, name: &str) -> Option<&'a Json> {
    let Json::Object(claims) = claims else { return None };
    claims.iter().find(|(claim, _)| claim == name).map(|(_, value)| value)
}

fn explained(refused: Refused) -> String {
    let (head, reasons) = match refused {
        Refused::Token(problems) => ("the token is not valid", problems),
        Refused::NoStatement(reasons) if reasons.is_empty() => {
            return "no statement matches: the policy has no statements".to_owned();
        }
        Refused::NoStatement(reasons) => {
            let numbered = reasons.into_iter().enumerate();
            let numbered = numbered.map(|(i, reason)| format!("statement {}: {reason}", i + 1));
            ("no statement matches", numbered.collect())
        }
    };
    format!("{head}:\n  {}", reasons.join("\n  "))
}

/// The policy in a text, or everything that is wrong with it.
fn read_policy(text: &str) -> Result<OidcPolicy, Vec<Problem>> {
    if text.trim_start().starts_with('[') {
        match Json::parse(text.as_bytes()) {
            Ok(Json::Array(statements)) => OidcPolicy::from_json(&statements),
            // A list in YAML may begin like one in JSON.
            _ => OidcPolicy::from_yaml(text),
        }
    } else {
        OidcPolicy::from_yaml(text)
    }
}

fn read_claims(path: &Path) -> Result<Json, Failure> {
    let of = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
    match Json::parse(read(path)?.as_bytes()) {
        Ok(claims @ Json::Object(_)) => Ok(claims),
        Ok(other) => Err(of(format!("the claims must be an object, not {}", other.type_name()))),
        Err(reason) => Err(of(format!("the claims are not valid JSON: {reason}"))),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    text::read(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}

/// What the audience of a registry begins with (documented, OIDC token requirements).
const ADDRESS: &str = "https://packages.buildkite.com/";

fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    text.parse().map_err(|_| "expected a time, for example 2026-01-31T12:00:00Z")
}

/// The audience of the registry that is called so.
fn registry(text: &str) -> Result<String, &'static str> {
    let named = text.split_once('/').and_then(|(org, registry)| {
        Some((org.parse::<OrganizationSlug>().ok()?, registry.parse::<RegistrySlug>().ok()?))
    });
    let (org, registry) = named.ok_or("expected ORG/REGISTRY, for example my-org/my-registry")?;
    Ok(format!("{ADDRESS}{}/{}", org.as_str(), registry.as_str()))
}
