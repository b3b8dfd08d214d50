//! `registries policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use registries_client::{Matcher, Policy as ClientPolicy, PolicyScope, Statement};
use registries_policy::{NO_POLICY, OidcPolicy, VALID, not_valid};

use crate::{failure::Failure, input, ui::print, visible::visible_lines};

/// OIDC policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Validate a policy, offline
    Check(Check),
    /// Print a policy of one statement, as YAML
    Build(Build),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries policy check policy.yaml
  registries get my-gems -o json | jq -r '.oidc_policy // empty' \\
    | registries policy check -

It is read as the reference server reads it. The exit status is 1 when it is not
valid. `registries-server policy check` evaluates one for a token.")]
pub(crate) struct Check {
    /// File with the policy in YAML or JSON; - is standard input
    file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries policy build --claim organization_slug=my-org \\
    --claim pipeline_slug=my-pipeline,my-other-pipeline --scope read_packages
  registries policy build --issuer github-actions \\
    --claim repository=my-org/app | registries update my-gems --policy -")]
pub(crate) struct Build {
    /// Issuer: buildkite, github-actions or a URL
    #[arg(long, default_value = "buildkite")]
    issuer: String,
    /// Claim and its value; separate several by commas, one will do
    #[arg(long, value_name = "NAME=VALUE", required = true, value_parser = claim)]
    claim: Vec<(String, Vec<String>)>,
    /// Scope of a matching token; repeat it, or separate by commas
    #[arg(long, value_parser = scope, value_delimiter = ',')]
    scope: Vec<PolicyScope>,
}

impl Policy {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Build(build) => build.run(),
        }
    }
}

impl Check {
    fn run(self) -> Result<(), Failure> {
        let text = input::read(&self.file)?;
        if text.is_empty() {
            return print(&format!("{NO_POLICY}\n"));
        }
        match OidcPolicy::from_yaml(&text) {
            Ok(_) => print(&format!("{VALID}\n")),
            Err(problems) => {
                let said = not_valid(&input::place(&self.file), &problems);
                print(&format!("{}\n", visible_lines(&said)))?;
                Err(Failure::Printed)
            }
        }
    }
}

impl Build {
    fn run(self) -> Result<(), Failure> {
        let issuer = match self.issuer.as_str() {
            "buildkite" => Statement::BUILDKITE,
            "github-actions" => Statement::GITHUB_ACTIONS,
            issuer => issuer,
        };
        let statement = self.claim.into_iter().fold(Statement::builder(issuer), |built, claim| {
            match (claim.0, &claim.1[..]) {
                (name, [value]) => built.claim(name, Matcher::equals(value.as_str())),
                (name, _) => built.claim(name, Matcher::one_of(claim.1)),
            }
        });
        let statement =
            if self.scope.is_empty() { statement } else { statement.scopes(self.scope) };
        let yaml = statement.build().and_then(|statement| ClientPolicy::from(statement).to_yaml());
        let yaml = yaml.map_err(|error| Failure::Usage(error.to_string()))?;
        print(&format!("{}\n", yaml.trim_end()))
    }
}

fn claim(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, values) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name of the claim is missing; expected NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), values.split(',').map(str::to_owned).collect()))
}

fn scope(text: &str) -> Result<PolicyScope, String> {
    let known = PolicyScope::ALL.map(PolicyScope::as_str).join(", ");
    let scope = PolicyScope::ALL.into_iter().find(|scope| scope.as_str() == text);
    scope.ok_or_else(|| format!("expected one of {known}"))
}
