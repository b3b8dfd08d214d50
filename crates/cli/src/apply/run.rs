//! Carrying out a plan.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{FutureExt as _, StreamExt as _, poll, stream};
use indicatif::{ProgressBar, ProgressStyle};
use registries_client::{Error, OrganizationHandle, Policy};
use registries_command_line::{Status, leave_interrupts};
use serde_json::Value;

use super::{
    Applied, Change, Declared, Plan,
    applied::Progress,
    plan::{OldToken, Set, What},
};
use crate::{
    failure::Failure,
    output::OpenList,
    session::Session,
    ui::{Ui, print_secret, say},
    visible::visible,
};

/// How many requests are under way at a time; the client keeps within the rate limits.
pub(crate) const AT_A_TIME: usize = 16;

/// How it is reported what becomes of each change.
pub(crate) enum Report {
    /// In notes; only the secrets of new tokens are printed.
    Notes,
    /// As a list for programs.
    List(OpenList),
}

/// Carries out each change, whatever becomes of the others. What is to be deleted or revoked comes
/// last, and only if everything before it succeeded. Ctrl-C stops between changes.
pub(crate) async fn run(
    plan: Plan,
    session: &Session,
    organization: &OrganizationHandle,
    mut report: Report,
) -> Result<(), Failure> {
    let (changes, removals) = plan.in_order();
    let total = changes.len() + removals.len();
    let bar = bar(session.ui, total);
    let are_secrets_printed = matches!(report, Report::Notes);
    let interrupted = interruption().await;
    let run = Run { session, organization, bar: &bar, interrupted, are_secrets_printed };
    let mut failures = Vec::new();
    let mut done = run.all(changes, &mut report, &mut failures).await;
    let is_kept = !removals.is_empty() && (!failures.is_empty() || run.is_interrupted());
    if is_kept {
        for removal in &removals {
            run.skip(removal, &mut report, &mut failures);
        }
    } else {
        done += run.all(removals, &mut report, &mut failures).await;
    }
    bar.finish_and_clear();
    let ended = match report {
        Report::Notes => Ok(()),
        Report::List(list) => list.end(),
    };
    let left = total - done - failures.len();
    session.ui.note(&format!("{done} of {} done", counted(total)));
    for Failed { name, before, failure } in &failures {
        let before = if before.is_empty() { String::new() } else { format!(", after: {before}") };
        say(&format!("failed: {}{before}", visible(name)));
        failure.report();
    }
    let kept = if is_kept { "; nothing was deleted" } else { "" };
    let not_done = || {
        let left = if left == 0 { String::new() } else { format!(", {left} not begun") };
        let failed = counted(failures.len());
        format!("{failed} failed{left}{kept}; the same command goes on with what is missing")
    };
    let mut worst = failures.iter().map(|it| it.failure.status()).max();
    if let (Some(worst), Err(unprinted)) = (&mut worst, &ended) {
        unprinted.report();
        *worst = unprinted.status().max(*worst);
    }
    match worst {
        None if left == 0 => ended,
        None => {
            let why = session.over().unwrap_or_else(|| "interrupted".to_owned());
            Err(Failure::NotDone(format!("{why}; {} not begun{kept}", counted(left))))
        }
        Some(Status::Negative) => Err(Failure::Refused(not_done())),
        Some(Status::Usage) => Err(Failure::Usage(not_done())),
        Some(_) => Err(Failure::NotDone(not_done())),
    }
}

fn counted(changes: usize) -> String {
    format!("{changes} change{}", if changes == 1 { "" } else { "s" })
}

/// Set at the first Ctrl-C. The second one ends the program.
async fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&interrupted);
    let mut first = Box::pin(tokio::signal::ctrl_c().fuse());
    // It is listened for from the first poll on, which is before anything is sent.
    if poll!(&mut first).is_ready() {
        return interrupted;
    }
    leave_interrupts();
    tokio::spawn(async move {
        if first.await.is_err() {
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
    /// Whether each secret is printed by itself.
    are_secrets_printed: bool,
}

/// What is done of a change.
struct Done {
    outcome: Applied,
    said: Vec<String>,
}

impl Done {
    fn say(&mut self, what: &str, slug: &str) {
        self.said.push(format!("{what} {}", visible(slug)));
        self.outcome.slug = Some(slug.to_owned());
    }
}

impl Run<'_> {
    /// Carries out changes until it is interrupted, and returns how many succeeded.
    async fn all(
        &self,
        changes: Vec<Change>,
        report: &mut Report,
        failures: &mut Vec<Failed>,
    ) -> usize {
        let mut outcomes = stream::iter(changes)
            .map(async |change: Change| {
                if self.is_interrupted() {
                    return Err(change);
                }
                let mut done = Done { outcome: Applied::planned(&change), said: Vec::new() };
                let result = self.carry_out(change, &mut done).await;
                Ok((done, result))
            })
            .buffer_unordered(AT_A_TIME)
            // What has ended at the same time is printed at once.
            .ready_chunks(AT_A_TIME);
        let mut succeeded = 0;
        while let Some(ended) = outcomes.next().await {
            let mut notes = Vec::new();
            for outcome in ended {
                match outcome {
                    Ok((done, result)) => match self.end(done, result, report).await {
                        Ok(said) => notes.push(said),
                        Err(failed) => failures.push(failed),
                    },
                    Err(change) => self.skip(&change, report, failures),
                }
            }
            succeeded += notes.len();
            if !notes.is_empty() {
                self.bar.suspend(|| self.session.ui.note(&notes.join("\n")));
            }
        }
        succeeded
    }

    /// Reports a change that has ended, and returns what was done.
    async fn end(
        &self,
        mut done: Done,
        result: Result<(), Failure>,
        report: &mut Report,
    ) -> Result<String, Failed> {
        self.bar.inc(1);
        done.outcome.outcome = if result.is_ok() { Progress::Done } else { Progress::Failed };
        done.outcome.error = result.as_ref().err().map(Failure::to_string);
        let printed = match report {
            Report::Notes => Ok(()),
            Report::List(list) => self.bar.suspend(|| list.entry(&done.outcome)),
        };
        let printed = self.revoke_unless(printed, &done.outcome).await;
        let (name, said) = (done.outcome.name, done.said.join(", "));
        match result.and(printed) {
            Ok(()) => Ok(said),
            Err(failure) => Err(Failed { name, before: said, failure }),
        }
    }

    /// Reports a change that is not begun.
    fn skip(&self, change: &Change, report: &mut Report, failures: &mut Vec<Failed>) {
        let Report::List(list) = report else { return };
        let mut outcome = Applied::planned(change);
        outcome.outcome = Progress::NotBegun;
        if let Err(failure) = self.bar.suspend(|| list.entry(&outcome)) {
            failures.push(Failed { name: outcome.name, before: String::new(), failure });
        }
    }

    /// Revokes the new tokens of a change that could not be printed, whose secrets would be lost.
    async fn revoke_unless(
        &self,
        printed: Result<(), Failure>,
        outcome: &Applied,
    ) -> Result<(), Failure> {
        let Err(failure) = printed else { return Ok(()) };
        let mut said = failure.to_string();
        let registry = self.organization.registry(outcome.slug.as_deref().unwrap_or_default());
        for id in outcome.new_tokens.iter().filter_map(|token| token.id.as_deref()) {
            said = said + "; " + &self.session.revoke(registry.token(id), id).await;
        }
        Err(Failure::NotDone(said))
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.session.over().is_some()
    }

    /// Carries a change out, and says what is done. The secret of a new token is printed at once, or
    /// with the change.
    async fn carry_out(&self, change: Change, done: &mut Done) -> Result<(), Failure> {
        let slug = match change.what {
            What::Create(declared) => {
                let slug = self.create(*declared).await?;
                done.say("created", &slug);
                slug
            }
            What::Update { slug, set, differences } => {
                if !differences.is_empty() {
                    self.update(&slug, *set).await?;
                    done.say("changed", &slug);
                }
                slug
            }
            What::Delete { slug } => {
                let delete = self.organization.registry(&slug).delete_if_exists();
                self.session.send(delete.send()).await?;
                done.say("deleted", &slug);
                slug
            }
        };
        let registry = self.organization.registry(&slug);
        for token in &mut done.outcome.new_tokens {
            let create = registry.create_token(token.description.clone());
            let created = self.session.send(create.send()).await?;
            let (secret, id) = (created.secret.expose(), &created.details.id);
            if self.are_secrets_printed {
                let columns = [registry.slug(), &token.description, secret].map(visible);
                let line = format!("{}\n", columns.join("\t"));
                let printed = self.bar.suspend(|| print_secret(&line));
                self.session.revoke_unless(printed, registry.token(id), id).await?;
            }
            (token.id, token.token) = (Some(id.clone()), Some(secret.to_owned()));
            done.said.push(format!(
                "created the token {:?} of {}",
                token.description,
                visible(&slug)
            ));
        }
        for OldToken { id, description } in change.old_tokens {
            self.session.send(registry.token(id).delete_if_exists().send()).await?;
            done.said.push(format!("revoked the token {description:?} of {}", visible(&slug)));
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
