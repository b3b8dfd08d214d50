//! Carrying out a plan.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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
    ui::{Ui, print_secret, say},
    visible::visible,
};

/// How many requests are under way at a time; the client keeps within the rate limits.
pub(crate) const AT_A_TIME: usize = 16;

/// Carries out each change, whatever becomes of the others. What is to be deleted or revoked comes
/// last, and only if everything before it succeeded. Ctrl-C stops between changes.
pub(crate) async fn run(
    plan: Plan,
    session: &Session,
    organization: &OrganizationHandle,
) -> Result<(), Failure> {
    let (changes, removals) = plan.in_order();
    let total = changes.len() + removals.len();
    let bar = bar(session.ui, total);
    let run = Run { session, organization, bar: &bar, interrupted: interruption() };
    let mut failures = Vec::new();
    let mut done = run.all(changes, &mut failures).await;
    let is_kept = !removals.is_empty() && (!failures.is_empty() || run.is_interrupted());
    if !is_kept {
        done += run.all(removals, &mut failures).await;
    }
    bar.finish_and_clear();
    let left = total - done - failures.len();
    session.ui.note(&format!("{done} of {} done", counted(total)));
    for Failed { name, before, failure } in &failures {
        let before = if before.is_empty() { String::new() } else { format!(", after: {before}") };
        say(&format!("failed: {name}{before}"));
        failure.report();
    }
    let kept = if is_kept { "; nothing was deleted" } else { "" };
    let not_done = || {
        let left = if left == 0 { String::new() } else { format!(", {left} not begun") };
        let failed = counted(failures.len());
        format!("{failed} failed{left}{kept}; the same command goes on with what is missing")
    };
    match failures.iter().map(|it| it.failure.status()).max() {
        None if left == 0 => Ok(()),
        None => Err(Failure::NotDone(format!("interrupted; {} not begun{kept}", counted(left)))),
        Some(1) => Err(Failure::Refused(not_done())),
        Some(_) => Err(Failure::NotDone(not_done())),
    }
}

fn counted(changes: usize) -> String {
    format!("{changes} change{}", if changes == 1 { "" } else { "s" })
}

/// Set at the first Ctrl-C. The second one ends the program.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&interrupted);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        set.store(true, Ordering::Relaxed);
        let second = async {
            let _ = tokio::signal::ctrl_c().await;
            std::process::exit(3);
        };
        // It is listened for before it is announced.
        tokio::join!(second, async {
            say("stopping after the changes that have begun; Ctrl-C again ends at once");
        });
    });
    interrupted
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

/// A change that failed.
struct Failed {
    name: String,
    /// What was done before that.
    before: String,
    failure: Failure,
}

/// A plan that is being carried out.
struct Run<'a> {
    session: &'a Session,
    organization: &'a OrganizationHandle,
    bar: &'a ProgressBar,
    interrupted: Arc<AtomicBool>,
}

impl Run<'_> {
    /// Carries out changes until it is interrupted, and returns how many succeeded.
    async fn all(&self, changes: Vec<Change>, failures: &mut Vec<Failed>) -> usize {
        let mut outcomes = stream::iter(changes)
            .map(async |change: Change| {
                if self.is_interrupted() {
                    return None;
                }
                let (name, mut said) = (change.name.clone(), Vec::new());
                let result = self.carry_out(change, &mut said).await;
                Some((name, said.join(", "), result))
            })
            .buffer_unordered(AT_A_TIME);
        let mut done = 0;
        while let Some(change) = outcomes.next().await {
            let Some((name, said, result)) = change else { continue };
            self.bar.inc(1);
            match result {
                Ok(()) => {
                    done += 1;
                    self.bar.suspend(|| self.session.ui.note(&said));
                }
                Err(failure) => failures.push(Failed { name, before: said, failure }),
            }
        }
        done
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Carries a change out, and says what is done. The secret of a new token is printed at once.
    async fn carry_out(&self, change: Change, said: &mut Vec<String>) -> Result<(), Failure> {
        let slug = match change.what {
            What::Create(declared) => {
                let slug = self.create(*declared).await?;
                said.push(format!("created {slug}"));
                slug
            }
            What::Update { slug, set, lines } => {
                if !lines.is_empty() {
                    self.update(&slug, *set).await?;
                    said.push(format!("changed {slug}"));
                }
                slug
            }
            What::Delete { slug } => {
                let delete = self.organization.registry(&slug).delete_if_exists();
                self.session.send(delete.send()).await?;
                said.push(format!("deleted {slug}"));
                slug
            }
        };
        let registry = self.organization.registry(&slug);
        for description in change.new_tokens {
            let create = registry.create_token(description.clone());
            let created = self.session.send(create.send()).await?;
            let columns = [registry.slug(), &description, created.secret.expose()].map(visible);
            let line = format!("{}\n", columns.join("\t"));
            let (printed, id) = (self.bar.suspend(|| print_secret(&line)), &created.details.id);
            self.session.revoke_unless(printed, registry.token(id), id).await?;
            said.push(format!("created the token {description:?} of {slug}"));
        }
        for (id, description) in change.old_tokens {
            self.session.send(registry.token(id).delete_if_exists().send()).await?;
            said.push(format!("revoked the token {description:?} of {slug}"));
        }
        Ok(())
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
