//! `registries delete`.

use clap::Args;

use crate::{consent::Consent, failure::Failure, session::InOrganization, ui::Ui};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries delete my-gems
  registries delete my-gems your-gems --yes --if-exists

It asks on the terminal first, and without a terminal it does nothing unless
--yes is given.")]
pub(crate) struct Delete {
    /// Slugs of the registries
    #[arg(required = true, value_name = "SLUG")]
    slugs: Vec<String>,
    /// Succeed where there is no such registry
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    within: InOrganization,
}

impl Delete {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.open(ui)?;
        let question = format!(
            "Delete {} from {}, with all packages and tokens?",
            self.slugs.join(", "),
            organization.slug()
        );
        self.consent.ask(&question, "nothing was deleted")?;
        for slug in &self.slugs {
            let registry = organization.registry(slug);
            let was_there = if self.if_exists {
                session.send(registry.delete_if_exists().send()).await?
            } else {
                session.send(registry.delete().send()).await?;
                true
            };
            ui.note(&if was_there {
                format!("deleted {slug}")
            } else {
                format!("there is no {slug}")
            });
        }
        Ok(())
    }
}
