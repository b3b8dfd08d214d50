//! `registries list`.

use clap::Args;

use crate::{
    failure::Failure,
    output::Output,
    session::InOrganization,
    ui::Ui,
    views::{Registry, View},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries list --org my-org
  registries list --output json | jq -r '.[].slug'")]
pub(crate) struct List {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

impl List {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.open(ui)?;
        let registries = session.read(organization.registries().send()).await?;
        let registries: Result<Vec<_>, _> = registries.iter().map(Registry::of).collect();
        self.output.list(&registries?)
    }
}
