//! `registries get`.

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
  registries get my-gems
  registries get my-gems --output yaml")]
pub(crate) struct Get {
    /// Slug of the registry
    slug: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

impl Get {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, registry) = self.within.open_registry(ui, self.slug)?;
        let registry = session.read(registry.get().send()).await?;
        self.output.object(&Registry::of(&registry)?)
    }
}
