//! `registries create`.

use std::path::PathBuf;

use clap::Args;
use registries_client::{Ecosystem, Field};

use crate::{
    failure::Failure,
    input,
    output::Output,
    session::InOrganization,
    ui::Ui,
    views::{Registry, View},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries create \"My Gems\" --ecosystem ruby --description \"Gems of my team\"
  registries create images --ecosystem container --policy policy.yaml

The slug is made from the name: \"My Gems\" becomes my-gems. A registry is
private. A name whose slug is taken is rejected.")]
pub(crate) struct Create {
    /// Name of the registry
    name: String,
    #[arg(long, short, value_name = "NAME", help = ecosystem_help())]
    ecosystem: Ecosystem,
    #[command(flatten)]
    properties: Properties,
    /// Ids of the teams that get access, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',', hide_short_help = true)]
    team: Vec<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

/// The properties that `create` and `update` set.
#[derive(Debug, Args)]
pub(super) struct Properties {
    /// What the registry is for
    #[arg(long, short, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// Emoji, as :sunflower: or as itself
    #[arg(long)]
    pub(super) emoji: Option<String>,
    /// Color of the registry, as #f0ccff
    #[arg(long = "registry-color", value_name = "HEX")]
    pub(super) registry_color: Option<String>,
    /// File with the OIDC policy; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
}

/// The contract's list, which is open.
fn ecosystem_help() -> String {
    let known: Vec<&str> = Ecosystem::known().iter().map(Ecosystem::as_str).collect();
    format!("Package ecosystem, such as {}; it cannot change later", known.join(", "))
}

impl Create {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let Properties { description, emoji, registry_color, policy } = self.properties;
        let policy = input::policy(policy.as_ref())?;
        let (session, organization) = self.within.open(ui)?;
        let mut call = organization
            .create_registry(self.name, self.ecosystem)
            .description(given(description))
            .emoji(given(emoji))
            .color(given(registry_color));
        if let Some(policy) = policy {
            call = call.policy(policy);
        }
        if !self.team.is_empty() {
            call = call.team_ids(self.team);
        }
        let registry = Registry::of(&session.send(call.send()).await?)?;
        ui.note(&format!("created {}", registry.slug()));
        self.output.object(&registry)
    }
}

/// The property, if it was given.
pub(super) fn given(value: Option<String>) -> Field<String> {
    value.map_or(Field::Absent, Field::Value)
}
