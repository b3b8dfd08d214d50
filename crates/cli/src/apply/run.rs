//! Carrying out a plan.

use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use registries_client::{Error, OrganizationHandle, Policy};
use serde_json::Value;

use super::{
    Change, Declared, Plan,
    plan::{Set, What},
};
use crate::{
    failure::Failure,
    session::Session,
    ui::{Ui, print},
    visible::visible,
};

/// How many changes are under way at a time; the client keeps within the rate limits.
const AT_A_TIME: usize = 16;

/// Carries out each change, whatever becomes of the others. Ctrl-C stops between changes.
pub(crate) async fn run(
    plan: Plan,
    session: &Session,
    organization: &OrganizationHandle,
) -> Result<(), Failure> {
    let (total, ui) = (plan.changes.len(), session.ui);
    let bar = bar(ui, total);
    let (mut done, mut failures) = (0, Vec::new());
    let mut changed = stream::iter(plan.changes)
        .take_until(Box::pin(interrupted(ui)))
        .map(async |change: Change| {
            let begun = Begun { session, organization, bar: &bar };
            (change.name.clone(), begun.carry_out(change).await)
        })
        .buffer_unordered(AT_A_TIME);
    while let Some((name, result)) = changed.next().await {
        bar.inc(1);
        match result {
            Ok(said) => {
                done += 1;
                bar.suspend(|| ui.note(&said));
            }
            Err(error) => failures.push((name, error)),
        }
    }
    bar.finish_and_clear();
    let left = total - done - failures.len();
    ui.note(&format!("{done} of {} done", counted(total)));
    for (name, failure) in &failures {
        ui.note(&format!("failed: {name}"));
        failure.report();
    }
    match failures.iter().map(|(_, failure)| failure.status()).max() {
        None if left == 0 => Ok(()),
        None => Err(Failure::NotDone(format!("interrupted; {} not begun", counted(left)))),
        Some(1) => Err(Failure::Refused(not_done(failures.len(), left))),
        Some(_) => Err(Failure::NotDone(not_done(failures.len(), left))),
    }
}

fn not_done(failed: usize, left: usize) -> String {
    let left = if left == 0 { String::new() } else { format!(", {left} not begun") };
    format!("{} failed{left}; the same command goes on with what is missing", counted(failed))
}

fn counted(changes: usize) -> String {
    format!("{changes} change{}", if changes == 1 { "" } else { "s" })
}

/// Done at the first Ctrl-C. The second one ends the program.
async fn interrupted(ui: Ui) {
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    ui.note("stopping after the changes that have begun; Ctrl-C again ends at once");
    tokio::spawn(async {
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(3);
    });
}

fn bar(ui: Ui, total: usize) -> ProgressBar {
    use std::io::IsTerminal as _;
    if ui.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style)
}

/// A change that has begun.
struct Begun<'a> {
    session: &'a Session,
    organization: &'a OrganizationHandle,
    bar: &'a ProgressBar,
}

impl Begun<'_> {
    /// Carries the change out, and says what was done. The secret of a new token is printed at once.
    async fn carry_out(&self, change: Change) -> Result<String, Failure> {
        let (slug, said) = match change.what {
            What::Create(declared) => {
                let slug = self.create(*declared).await?;
                (slug.clone(), format!("created {slug}"))
            }
            What::Update { slug, set, lines } => {
                if !lines.is_empty() {
                    self.update(&slug, *set).await?;
                }
                (slug.clone(), format!("changed {slug}"))
            }
            What::Delete { slug } => {
                let delete = self.organization.registry(&slug).delete_if_exists();
                self.session.send(delete.send()).await?;
                (slug.clone(), format!("deleted {slug}"))
            }
        };
        let registry = self.organization.registry(slug);
        for description in change.new_tokens {
            let create = registry.create_token(description.clone());
            let created = self.session.send(create.send()).await?;
            let columns = [registry.slug(), &description, created.secret.expose()].map(visible);
            self.bar.suspend(|| print(&format!("{}\n", columns.join("\t"))))?;
        }
        for (id, _) in change.old_tokens {
            self.session.send(registry.token(id).delete_if_exists().send()).await?;
        }
        Ok(said)
    }

    /// Creates a registry, and returns its slug.
    async fn create(&self, declared: Declared) -> Result<String, Failure> {
        let call = self
            .organization
            .create_registry(declared.name, declared.ecosystem)
            .description(declared.description)
            .emoji(declared.emoji)
            .color(declared.color);
        let call = match declared.policy.value() {
            Some(text) => call.policy(policy(text)?),
            None => call,
        };
        let call = match declared.team_ids {
            ids if ids.is_empty() => call,
            ids => call.team_ids(ids),
        };
        Ok(self.session.send(call.send()).await?.slug)
    }

    async fn update(&self, slug: &str, set: Set) -> Result<(), Failure> {
        let call = self.organization.registry(slug).update();
        let call = call.description(set.description).emoji(set.emoji).color(set.color);
        let call = match set.policy.value() {
            Some(value) => call.policy(policy(value)?),
            None if set.policy.is_null() => call.clear_policy(),
            None => call,
        };
        self.session.send(call.send()).await?;
        Ok(())
    }
}

fn policy(value: &Value) -> Result<Policy, Failure> {
    serde_json::from_value(value.clone())
        .map_err(|error| Error::InvalidParameter(format!("no policy: {error}")).into())
}
