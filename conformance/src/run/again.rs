//! Requests whose response was lost on an unreliable way: a read is sent again, and a write as soon as
//! it is known whether it was carried out. What was is undone, so that the write can be repeated and its
//! response be judged.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Runner, late::AGAIN};
use crate::{
    engine::origin::is_gone,
    exchange::{Answer, Credential, NoAnswer, PREFLIGHT, Request},
    observed::{Fault, is_unavailable},
    ownership::addressed,
    steps::Draft,
};

/// How long to wait before each repetition of a request.
const WAITS: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// How many requests a run sends at most because others were lost, beside one in four of all.
const MOST: usize = 30;

/// What became of a request.
type Outcome = Result<Answer, NoAnswer>;

impl Runner {
    /// Sends a request, and again while its response is lost.
    pub(crate) async fn exchange(&mut self, name: Option<&str>, request: &Request) -> Outcome {
        let mut outcome = self.exchange_once(name, request).await;
        let Some(reason) = lost(&outcome) else {
            self.was_answered = true;
            self.lost_in_a_row = 0;
            return outcome;
        };
        // What a repetition hides, the one that was lost has shown.
        self.observed.overlong = self.observed.overlong.take().or(self.transport.overlong());
        if self.may_be_sent_again(&outcome) {
            let again = name.map(|name| format!("{name}{AGAIN}"));
            outcome = self.repeat(again.as_deref(), request, outcome).await;
        }
        let is_answered = lost(&outcome).is_none();
        self.lost_in_a_row = if is_answered { 0 } else { self.lost_in_a_row + 1 };
        let name = name.unwrap_or("cleaning up").to_owned();
        self.observed.faults.push(Fault { exchange: name, reason, is_answered });
        outcome
    }

    /// Whether it is of use to send a request again: the server may not be there at all.
    fn may_be_sent_again(&self, outcome: &Outcome) -> bool {
        let is_there = match outcome {
            Ok(_) => true,
            Err(reason) => self.was_answered || reason.is_broken_off(),
        };
        is_there && self.lost_in_a_row == 0
    }

    async fn repeat(
        &mut self,
        again: Option<&str>,
        request: &Request,
        outcome: Outcome,
    ) -> Outcome {
        // Where what is repeated has another address than before.
        let mut current = request.clone();
        for wait in WAITS {
            let reached = !matches!(&outcome, Err(reason) if reason.is_without_connection());
            if !self.can_repeat(again, &current) || self.wait_for_repeating(wait).await.is_err() {
                return outcome;
            }
            if reached && is_create(request) && self.undo(again, request).await.is_none() {
                return outcome;
            }
            let next = self.exchange_once(again, &current).await;
            if lost(&next).is_some() {
                continue;
            }
            let Ok(answer) = &next else { return next };
            if !(400..500).contains(&answer.status) || self.cleaning_up {
                return next;
            }
            match self.explained(again, request, &mut current, answer).await {
                // It is the first one, after all, that was carried out.
                Explained::Undone => {}
                Explained::LostForGood => return outcome,
                Explained::NotByTheFirst => return next,
            }
        }
        outcome
    }

    /// Whether a request more may be sent, and in a replay, whether it was.
    fn can_repeat(&self, again: Option<&str>, request: &Request) -> bool {
        let is_recorded = |name| self.transport.can_send(name, request);
        if self.transport.recording().is_some() {
            // What was looked up before it has the same name.
            return again.is_some_and(|name| is_recorded(name) || self.has_looked(name));
        }
        self.repeated < MOST + self.requests / 4 && self.requests < self.options.max_requests
    }

    /// Whether the recording has looked for what became of a write.
    fn has_looked(&self, again: &str) -> bool {
        let list = self.request_to("list_registries", Credential::Main, None, None);
        list.is_ok_and(|list| self.transport.can_send(again, &list))
    }

    async fn wait_for_repeating(&mut self, wait: Duration) -> Result<(), NoAnswer> {
        self.repeated += 1;
        if self.transport.recording().is_some() {
            return Ok(());
        }
        self.pause(wait).await
    }

    /// Sends a request to find out, or to undo, what became of another one; its response if it is a
    /// success.
    async fn aside(&mut self, again: Option<&str>, request: &Request) -> Option<Answer> {
        for wait in [Duration::ZERO, WAITS[0], WAITS[1]] {
            if again.is_some_and(|name| !self.transport.can_send(name, request)) {
                return None;
            }
            if !wait.is_zero() && self.wait_for_repeating(wait).await.is_err() {
                return None;
            }
            // What was lost of this may have been carried out as well.
            if !wait.is_zero() && is_create(request) {
                Box::pin(self.undo(again, request)).await?;
            }
            self.repeated += 1;
            let outcome = self.exchange_once(again, request).await;
            if lost(&outcome).is_none() {
                let answer = outcome.ok()?;
                self.ledger.observe(request, &answer);
                let is_done =
                    answer.is_success() || (request.method == "DELETE" && is_gone(&answer));
                return is_done.then_some(answer);
            }
        }
        None
    }

    /// Looks whether a create was carried out, and removes what it created: whether there was
    /// anything, or `None` if that is unknown.
    async fn undo(&mut self, again: Option<&str>, request: &Request) -> Option<bool> {
        if self.cleaning_up {
            return Some(false);
        }
        match request.operation {
            "create_registry" => self.undo_registry(again, request).await,
            "create_registry_token" => self.undo_registry_token(again, request).await,
            _ => Some(false),
        }
    }

    async fn undo_registry(&mut self, again: Option<&str>, request: &Request) -> Option<bool> {
        let known = self.ledger.to_remove();
        let list = self.request_to("list_registries", Credential::Main, None, None).ok()?;
        let answer = self.aside(again, &list).await?;
        let entries = answer.json.as_ref()?.as_array()?;
        let found: Vec<String> = self
            .ledger
            .to_remove()
            .into_iter()
            .filter(|slug| !known.contains(slug))
            .filter(|slug| entries.iter().any(|it| it["slug"] == **slug && is_of(it, request)))
            .collect();
        for slug in &found {
            let delete =
                self.request_to("delete_registry", Credential::Main, Some(slug), None).ok()?;
            self.aside(again, &delete).await?;
        }
        Some(!found.is_empty())
    }

    async fn undo_registry_token(
        &mut self,
        again: Option<&str>,
        request: &Request,
    ) -> Option<bool> {
        let slug = addressed(request)?.to_owned();
        let to = Draft::registry(slug);
        let list = self.request_of("list_registry_tokens", Credential::Main, to.clone()).ok()?;
        let answer = self.aside(again, &list).await?;
        let known = self.known_ids();
        let is_new = |it: &&Value| !known.contains(&it["id"]) && is_of(it, request);
        let entries = answer.json.as_ref()?.as_array()?.iter().filter(is_new);
        let found: Vec<String> =
            entries.filter_map(|it| it["id"].as_str().map(str::to_owned)).collect();
        for id in &found {
            let to = to.clone().token(id.as_str());
            let delete = self.request_of("delete_registry_token", Credential::Main, to).ok()?;
            self.aside(again, &delete).await?;
        }
        Some(!found.is_empty())
    }

    /// Every id that a response has returned.
    fn known_ids(&self) -> Vec<Value> {
        let bodies = self.observed.every().filter_map(|it| it.answer.json.as_ref());
        bodies.filter_map(|body| body.get("id").cloned()).collect()
    }

    /// Whether a repetition was refused because the request was carried out before. Then that is undone,
    /// or followed to its new address, so that it can be repeated once more.
    async fn explained(
        &mut self,
        again: Option<&str>,
        request: &Request,
        current: &mut Request,
        refusal: &Answer,
    ) -> Explained {
        let done = match request.operation {
            _ if is_create(request) => match self.undo(again, request).await {
                Some(true) => Some(()),
                _ => return Explained::NotByTheFirst,
            },
            "revoke_access_token" if request.credential == Credential::Revocable => None,
            _ if refusal.status != 404 => return Explained::NotByTheFirst,
            "delete_registry" | "delete_registry_token" if self.was_there(request) => {
                self.restore(again, request, current).await
            }
            "update_registry" | "update_registry_with_patch" | "update_registry_with_put"
                if self.was_there(request) =>
            {
                let before = current.path.clone();
                let followed = self.follow(again, request, current).await;
                if followed.is_some() && current.path == before {
                    return Explained::NotByTheFirst;
                }
                followed
            }
            _ => return Explained::NotByTheFirst,
        };
        if done.is_some() { Explained::Undone } else { Explained::LostForGood }
    }

    /// Whether what a request is about was there, and it may have removed or renamed that: a response
    /// has returned it, and the run has not removed it. A request that has to be refused can do neither.
    fn was_there(&self, request: &Request) -> bool {
        let own = format!("/organizations/{}/", self.observed.organization);
        let may_be_carried_out =
            request.credential == Credential::Main && request.path.contains(&own);
        let Some(slug) = addressed(request).filter(|_| may_be_carried_out) else { return false };
        let is_there = self.ledger.to_remove().iter().any(|it| it == slug);
        is_there
            && (request.operation != "delete_registry_token" || self.answered(request).is_some())
    }

    /// The last response about what a request is about.
    fn answered(&self, request: &Request) -> Option<Value> {
        let last = request.path.rsplit('/').next()?;
        let key = if request.operation.ends_with("_token") { "id" } else { "slug" };
        let bodies = self.observed.every().filter_map(|it| it.answer.json.as_ref());
        bodies.filter(|body| body.get(key).and_then(Value::as_str) == Some(last)).last().cloned()
    }

    /// Creates again what was deleted, for it to be deleted once more: a registry of the same name, or
    /// a registry token, which then has another id.
    async fn restore(
        &mut self,
        again: Option<&str>,
        request: &Request,
        current: &mut Request,
    ) -> Option<()> {
        let was = self.answered(request)?;
        let slug = addressed(request)?.to_owned();
        let is_token = request.operation == "delete_registry_token";
        let (operation, of, body) = if is_token {
            let body = json!({"description": was["description"]});
            ("create_registry_token", Some(slug.clone()), body)
        } else {
            let body = json!({"name": was["name"], "ecosystem": was["ecosystem"]});
            ("create_registry", None, body)
        };
        let to = of.map_or_else(Draft::default, Draft::registry).body(&body);
        let create = self.request_of(operation, Credential::Main, to).ok()?;
        let created = self.aside(again, &create).await?;
        if !is_token {
            return (created.slug() == Some(&slug)).then_some(());
        }
        let id = created.json.as_ref()?["id"].as_str()?.to_owned();
        let to = Draft::registry(slug).token(id);
        *current = self.request_of(request.operation, request.credential, to).ok()?;
        Some(())
    }

    /// Finds a registry under the slug that it was renamed to.
    async fn follow(
        &mut self,
        again: Option<&str>,
        request: &Request,
        current: &mut Request,
    ) -> Option<()> {
        let was = self.answered(request)?;
        let list = self.request_to("list_registries", Credential::Main, None, None).ok()?;
        let answer = self.aside(again, &list).await?;
        let mut entries = answer.json.as_ref()?.as_array()?.iter();
        let entry = entries.find(|it| it.get("id") == was.get("id"))?;
        let slug = entry.get("slug")?.as_str()?.to_owned();
        let body = request.body.clone();
        *current =
            self.request_to(request.operation, request.credential, Some(&slug), body).ok()?;
        self.ledger.permits(current).then_some(())
    }
}

/// What a refusal of a repeated request comes from.
enum Explained {
    /// From the first one, which was carried out, and is undone.
    Undone,
    /// From the first one, whose response nothing brings back.
    LostForGood,
    /// Not by the first one, as far as is known.
    NotByTheFirst,
}

/// Why a response was lost, if it was.
pub(super) fn lost(outcome: &Outcome) -> Option<String> {
    match outcome {
        Ok(answer) if is_unavailable(answer.status) => Some(answer.status.to_string()),
        Err(reason) if reason.is_lost() => Some(reason.brief().to_owned()),
        _ => None,
    }
}

fn is_create(request: &Request) -> bool {
    request.method != PREFLIGHT
        && matches!(request.operation, "create_registry" | "create_registry_token")
}

/// Whether an entry of a list is what a create asked for: it has the name, or where there is none, the
/// description.
fn is_of(entry: &Value, request: &Request) -> bool {
    let body = request.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
    let asked = |key: &str| body.as_ref()?.get(key)?.as_str().map(str::to_owned);
    let key = if asked("name").is_some() { "name" } else { "description" };
    asked(key).is_some_and(|asked| entry.get(key).and_then(Value::as_str) == Some(&asked))
}
