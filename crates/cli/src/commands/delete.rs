//! `registries delete`.

use std::collections::BTreeSet;

use clap::Args;
use registries_client::RegistryHandle;
use registries_command_line::{Consent, Status};

use crate::{
    failure::Failure,
    output::{OpenList, Outcomes},
    session::{InOrganization, Session},
    ui::{Ui, say},
    views::{Deletion, DeletionOutcome},
    visible::visible,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries delete my-gems
  registries delete my-gems your-gems --yes --if-exists

It asks on the terminal first, and without a terminal it does nothing unless
--yes is given. If one cannot be deleted, the others are still deleted.")]
pub(crate) struct Delete {
    /// Slugs of the registries
    #[arg(required = true, value_name = "SLUG")]
    slugs: Vec<String>,
    /// Succeed where there is no such registry
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    outcomes: Outcomes,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    within: InOrganization,
}

impl Delete {
    pub(super) async fn run(mut self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.clone().open(ui)?;
        let mut seen = BTreeSet::new();
        self.slugs.retain(|slug| seen.insert(slug.clone()));
        let question = format!(
            "Delete {} from {}, with all packages and tokens?",
            self.slugs.join(", "),
            organization.slug()
        );
        self.consent.ask(&question, "nothing was deleted")?;
        let (mut list, mut failures, mut ended) = (self.outcomes.list(), Vec::new(), 0);
        for slug in &self.slugs {
            // What cannot be carried out for one cannot for others.
            let is_over =
                failures.last().is_some_and(|it: &Failure| it.status() == Status::NotCarriedOut);
            let result = if is_over {
                None
            } else {
                ended += 1;
                let deleted = self.delete(&session, organization.registry(slug)).await;
                Some(deleted.map_err(|failure| failure.about(slug)))
            };
            let (outcome, said) = match &result {
                None => (DeletionOutcome::NotBegun, format!("{slug} was not deleted")),
                Some(Ok(true)) => (DeletionOutcome::Deleted, format!("deleted {slug}")),
                Some(Ok(false)) => (DeletionOutcome::Missing, format!("there is no {slug}")),
                Some(Err(_)) => (DeletionOutcome::Failed, String::new()),
            };
            let error = result.as_ref().and_then(|it| it.as_ref().err()).map(Failure::to_string);
            let printed = list.as_mut().map_or(Ok(()), |list| {
                list.entry(&Deletion { slug: slug.clone(), outcome, error })
            });
            match result {
                Some(Err(failure)) => {
                    if self.slugs.len() > 1 || printed.is_err() {
                        say(&format!("failed: {}", visible(slug)));
                        failure.report();
                    }
                    failures.push(failure);
                }
                _ => ui.note(&visible(&said)),
            }
            // Without its outcome, no other deletion is begun.
            if let Err(failure) = printed {
                return Err(Failure::NotDone(match self.slugs.len() - ended {
                    0 => failure.to_string(),
                    left => format!("{failure}; {left} not begun"),
                }));
            }
        }
        list.map_or(Ok(()), OpenList::end)?;
        if self.slugs.len() == 1
            && let Some(failure) = failures.pop()
        {
            return Err(failure);
        }
        let not_begun = match self.slugs.len() - ended {
            0 => String::new(),
            left => format!(", {left} not begun"),
        };
        let (failed, all) = (failures.len(), self.slugs.len());
        let said = format!("{failed} of {all} registries could not be deleted{not_begun}");
        match failures.iter().map(Failure::status).max() {
            None => Ok(()),
            Some(Status::NotCarriedOut) => Err(Failure::NotDone(said)),
            Some(Status::Usage) => Err(Failure::Usage(said)),
            Some(_) => Err(Failure::Refused(said)),
        }
    }

    /// Deletes a registry, and returns whether there was one.
    async fn delete(&self, session: &Session, registry: RegistryHandle) -> Result<bool, Failure> {
        if self.if_exists {
            return session.send(registry.delete_if_exists().send()).await;
        }
        session.send(registry.delete().send()).await.map(|()| true)
    }
}
