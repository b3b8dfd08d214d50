//! `registries rename`.

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
  registries rename my-gems \"Our Gems\"

The slug and the URL are made anew from the name. What installs packages from
the old URL stops working.")]
pub(crate) struct Rename {
    /// Slug of the registry
    slug: String,
    /// New name
    name: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

impl Rename {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, mut registry) = self.within.open_registry(ui, self.slug.clone())?;
        let renamed = session.send(registry.rename(self.name).send()).await?;
        let renamed = Registry::of(&renamed)?;
        ui.note(&if renamed.slug() == self.slug {
            format!("renamed {}, whose slug stays", self.slug)
        } else {
            format!("renamed {} to {}", self.slug, renamed.slug())
        });
        self.output.object(&renamed)
    }
}
