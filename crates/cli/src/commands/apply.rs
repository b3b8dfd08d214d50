//! `registries apply` and `registries export`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use registries_client::{OrganizationHandle, types};
use registries_command_line::Consent;

use crate::{
    apply::{AT_A_TIME, Applied, Declared, File, Found, Plan, Report, Source, check_names, run},
    failure::Failure,
    input,
    output::{OpenList, Outcomes, yaml},
    session::{InOrganization, Session},
    ui::{Ui, print, say},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries export > registries.yaml
  registries apply -f registries.yaml --dry-run
  registries apply -f registries.yaml
  registries apply -f registries.yaml --prune

Registries are found by name. A property that the file leaves out stays as it
is, and null clears it. Secrets of new tokens go to standard output: slug,
description and secret, separated by tabs, or with --output each change as
`registries schema change` describes it. Applying a file again changes nothing.
`registries schema file` prints its JSON Schema.")]
pub(crate) struct Apply {
    /// File of declared registries in YAML; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete registries and tokens that the file does not have
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    outcomes: Outcomes,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    within: InOrganization,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries export > registries.yaml
  registries export --no-tokens

`registries apply` of what was exported changes nothing.")]
pub(crate) struct Export {
    /// Leave out tokens, which take a request for each registry
    #[arg(long)]
    no_tokens: bool,
    #[command(flatten)]
    within: InOrganization,
}

impl Apply {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let text = input::read(&self.file)?;
        let file = File::parse(text, input::place(&self.file))?;
        let (session, organization) = self.within.open(ui)?;
        let registries = session.read(organization.registries().send()).await?;
        let with_tokens = file.registries.iter().filter(|it| it.tokens.is_some());
        let names: BTreeSet<&str> = with_tokens.map(|it| it.name.as_str()).collect();
        let with_tokens = registries.iter().filter(|it| names.contains(it.name.as_str()));
        let slugs = with_tokens.map(|it| it.slug.clone()).collect();
        let tokens = tokens(&session, &organization, slugs).await?;
        let plan = Plan::new(file, &Found { registries, tokens }, self.prune)?;
        let (list, shown) = (self.outcomes.list(), plan.to_string());
        if self.dry_run {
            return match list {
                Some(list) => planned(plan, list),
                None => print(&format!("{shown}\n")),
            };
        }
        if plan.is_destructive() {
            say(&shown);
            self.consent.ask("Carry this out?", "nothing was changed")?;
        } else {
            ui.note(&shown);
        }
        match (list, plan.changes.is_empty()) {
            (Some(list), true) => list.end(),
            (None, true) => Ok(()),
            (Some(list), _) => run(plan, &session, &organization, Report::List(list)).await,
            (None, _) => run(plan, &session, &organization, Report::Notes).await,
        }
    }
}

impl Export {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.open(ui)?;
        let mut registries = session.read(organization.registries().send()).await?;
        check_names(&registries, registries.iter().map(|it| it.name.as_str()))?;
        registries.sort_by(|one, other| one.slug.cmp(&other.slug));
        let slugs = registries.iter().filter(|_| !self.no_tokens).map(|it| it.slug.clone());
        let tokens = tokens(&session, &organization, slugs.collect()).await?;
        let declared = registries.iter().map(|registry| {
            // A token without a description cannot be declared.
            let described = |token: &types::RegistryToken| {
                token.description.clone().filter(|description| !description.is_empty())
            };
            let tokens = tokens.get(&registry.slug);
            let tokens = tokens.and_then(|tokens| tokens.iter().map(described).collect());
            Declared { tokens, ..Declared::of(registry) }
        });
        print(&yaml(&File { registries: declared.collect(), source: Source::default() })?)
    }
}

/// Prints the changes of a plan for programs.
fn planned(plan: Plan, mut list: OpenList) -> Result<(), Failure> {
    let (changes, removals) = plan.in_order();
    for change in changes.iter().chain(&removals) {
        list.entry(&Applied::planned(change))?;
    }
    list.end()
}

/// The tokens of registries, by slug.
async fn tokens(
    session: &Session,
    organization: &OrganizationHandle,
    slugs: Vec<String>,
) -> Result<BTreeMap<String, Vec<types::RegistryToken>>, Failure> {
    let requests = stream::iter(slugs).map(async |slug| {
        let tokens = session.read(organization.registry(slug.clone()).tokens().send()).await?;
        Ok((slug, tokens))
    });
    requests.buffer_unordered(AT_A_TIME).try_collect().await
}
