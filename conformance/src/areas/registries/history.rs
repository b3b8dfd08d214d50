//! What the registries of a run are after each of its writes, and where a response shows something else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    case::{Check, Closeness, closeness, comparable, repeated},
    exchange::{Exchange, abridged},
    level::Level,
    observed::{NotJudged, Observed},
    ownership::addressed,
    steps::Step,
};

/// The properties of a registry by which nothing else may be known.
const UNIQUE: [&str; 4] = ["id", "graphql_id", "slug", "url"];

/// What a response that differs is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A write has not the value that was sent.
    Sent,
    /// An update has changed what it did not name.
    Changed,
    /// A get shows something else than the last write.
    Got,
    /// A list shows something else than the last write.
    Listed,
    /// A list has not each registry once.
    Missing,
    /// A list has a registry that is deleted.
    Deleted,
    /// A new registry has what another one has.
    Reused,
    /// Two entries of a list have the same.
    Repeated,
}

/// Where a response differs from what the writes before it have left.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) about: About,
    pub(super) step: Step,
    pub(super) place: String,
    pub(super) expected: String,
    pub(super) received: String,
    pub(super) closeness: Closeness,
    /// How binding the write is that set the value.
    pub(super) level: Level,
}

impl Difference {
    /// Whether it breaks what is required, and not only what an official client relies on.
    pub(super) fn is_binding(&self) -> bool {
        self.closeness == Closeness::Other && self.level == Level::Must
    }
}

/// A registry as the last successful write returned it.
struct Known {
    properties: Map<String, Value>,
    /// How binding the last write of a property was, where that is less than `must`.
    levels: BTreeMap<String, Level>,
    is_deleted: bool,
}

impl Known {
    fn slug(&self) -> &str {
        self.properties.get("slug").and_then(Value::as_str).unwrap_or_default()
    }

    fn level(&self, name: &str) -> Level {
        self.levels.get(name).copied().unwrap_or(Level::Must)
    }
}

/// Goes through the steps of a run in order.
pub(super) struct History<'a> {
    run: &'a Observed,
    /// By their ids.
    registries: BTreeMap<String, Known>,
    /// The ids that a list has had.
    listed: BTreeSet<String>,
    /// Everything that differs, in the order of the steps.
    pub(super) differences: Vec<Difference>,
    /// What was compared at all.
    seen: Vec<About>,
}

impl<'a> History<'a> {
    pub(super) fn of(run: &'a Observed) -> Self {
        let mut history = Self {
            run,
            registries: BTreeMap::new(),
            listed: BTreeSet::new(),
            differences: Vec::new(),
            seen: Vec::new(),
        };
        for (step, outcome) in run.outcomes() {
            match outcome {
                Ok(exchange) => history.note(step, exchange),
                Err(NotJudged::Error(_)) if is_write(step.definition().operation) => {
                    history.forget();
                }
                Err(_) => {}
            }
        }
        history
    }

    /// Whether there was anything to compare; without it nothing was seen.
    pub(super) fn saw(&self, about: About) -> Result<(), NotJudged> {
        if self.seen.contains(&about) {
            return Ok(());
        }
        Err(NotJudged::Skip("no earlier response to compare with".into()))
    }

    fn note(&mut self, step: Step, exchange: &Exchange) {
        let operation = exchange.request.operation;
        if is_write(operation) && exchange.answer.status >= 500 {
            return self.forget();
        }
        let body = exchange.answer.json.as_ref().filter(|_| exchange.answer.is_success());
        match (operation, body) {
            ("create_registry", Some(Value::Object(created))) => {
                self.created(step, exchange, created);
            }
            ("get_registry", Some(Value::Object(got))) => {
                let slug = addressed(&exchange.request).unwrap_or_default();
                if let Some(id) = self.alive(slug) {
                    self.compare(About::Got, step, "", &id, got, &[]);
                }
            }
            ("list_registries", Some(Value::Array(list))) => self.listed(step, list),
            ("delete_registry", _) if exchange.answer.is_success() => {
                let slug = addressed(&exchange.request).unwrap_or_default();
                if let Some(id) = self.alive(slug)
                    && let Some(known) = self.registries.get_mut(&id)
                {
                    known.is_deleted = true;
                }
            }
            (operation, body) if is_update(operation) && exchange.answer.is_success() => {
                self.updated(step, exchange, body.and_then(Value::as_object));
            }
            _ => {}
        }
    }

    /// After a write without a known outcome, the state is unknown.
    fn forget(&mut self) {
        self.registries.clear();
    }

    fn alive(&self, slug: &str) -> Option<String> {
        let mut all = self.registries.iter();
        all.find(|(_, it)| !it.is_deleted && it.slug() == slug).map(|(id, _)| id.clone())
    }

    fn created(&mut self, step: Step, exchange: &Exchange, created: &Map<String, Value>) {
        let Some(id) = id(created) else { return };
        let sent = sent(exchange);
        if self.registries.get(&id).is_some_and(|it| !it.is_deleted) {
            // For a name that is taken, the response may have the registry that has it.
            return self.compare(About::Got, step, "", &id, created, &[]);
        }
        self.is_new(step, created);
        self.sent(step, &sent, created, |_| Level::Must);
        let known =
            Known { properties: created.clone(), levels: BTreeMap::new(), is_deleted: false };
        self.registries.insert(id, known);
    }

    /// A new registry shares nothing with one that is there, and no id with any other.
    fn is_new(&mut self, step: Step, created: &Map<String, Value>) {
        for (other, known) in &self.registries {
            let unique = if known.is_deleted { &UNIQUE[..2] } else { &UNIQUE[..] };
            for name in unique {
                let value = created.get(*name);
                if value.is_some() && value == known.properties.get(*name) {
                    let expected = format!("another {name} than that of the registry {other}");
                    let received = value.map(abridged).unwrap_or_default();
                    self.differences.push(Difference {
                        about: About::Reused,
                        step,
                        place: format!("/{name}"),
                        expected,
                        received,
                        closeness: Closeness::Other,
                        level: Level::Must,
                    });
                }
            }
        }
        let is_shown = UNIQUE.iter().any(|name| created.contains_key(*name));
        if is_shown && !self.registries.is_empty() {
            self.seen.push(About::Reused);
        }
    }

    fn updated(&mut self, step: Step, exchange: &Exchange, answered: Option<&Map<String, Value>>) {
        let slug = addressed(&exchange.request).unwrap_or_default();
        let Some(id) = self.alive(slug) else { return };
        let Some(answered) = answered.filter(|it| it.contains_key("id")) else {
            // What it has left is not shown.
            self.registries.remove(&id);
            return;
        };
        let mut sent = sent(exchange);
        let is_post = exchange.request.operation == "update_registry";
        let level = move |name: &str, value: &Value| {
            let is_documented = is_post && !value.is_null() && !matches!(name, "emoji" | "color");
            if is_documented { Level::Must } else { Level::Should }
        };
        let mut except: Vec<&str> = sent.keys().map(String::as_str).collect();
        if sent.contains_key("name") {
            except.extend(["slug", "url", "web_url"]);
        }
        let before = self.differences.len();
        self.compare(About::Changed, step, "", &id, answered, &except);
        if !is_post {
            self.differences[before..].iter_mut().for_each(|it| it.level = Level::Should);
        }
        // These two cannot change: what becomes of them is for other cases to say.
        sent.retain(|name, _| !matches!(name.as_str(), "ecosystem" | "team_ids"));
        self.sent(step, &sent, answered, |name| level(name, &sent[name]));
        if let Some(known) = self.registries.get_mut(&id) {
            known.properties.clone_from(answered);
            for (name, value) in &sent {
                known.levels.insert(name.clone(), level(name, value));
            }
        }
    }

    /// Compares the response to a write with what it has sent. Whether a policy is returned is an
    /// interpretation.
    fn sent(
        &mut self,
        step: Step,
        sent: &Map<String, Value>,
        answered: &Map<String, Value>,
        level: impl Fn(&str) -> Level,
    ) {
        for (name, expected) in sent {
            let Some(received) = answered.get(name) else { continue };
            let is_policy = name == "oidc_policy";
            if is_policy && (!expected.is_string() || !received.is_string()) {
                continue;
            }
            // What clears a property is an interpretation, and so is what is returned of one that
            // was cleared. Only the Terraform provider distinguishes an empty description from a
            // missing one.
            let is_cleared = expected == "" && received.is_null();
            if is_cleared && name != "description" {
                continue;
            }
            let level = if is_cleared { Level::Should } else { level(name) };
            self.seen.push(About::Sent);
            self.differs(About::Sent, step, "", name, (received, expected), level);
        }
    }

    /// Compares a registry in a response with what is known of it.
    fn compare(
        &mut self,
        about: About,
        step: Step,
        place: &str,
        id: &str,
        answered: &Map<String, Value>,
        except: &[&str],
    ) {
        let Some(known) = self.registries.get(id) else { return };
        let always = self.run.contract.required_properties("Registry");
        let mut values = Vec::new();
        let is_write = about == About::Changed;
        for (name, received, expected) in comparable(answered, &known.properties, is_write, except)
        {
            let is_known = always.contains(name) || name == "type";
            // Whether a cleared property is returned as empty or null is an interpretation.
            // Only the Terraform provider distinguishes an empty description from a missing one.
            let is_cleared = expected == "" && received.is_null();
            if is_known && (!is_cleared || name == "description") {
                let level = if is_cleared { Level::Should } else { known.level(name) };
                values.push((name.clone(), received.clone(), expected.clone(), level));
            }
        }
        if !values.is_empty() {
            self.seen.push(about);
        }
        for (name, received, expected, level) in values {
            self.differs(about, step, place, &name, (&received, &expected), level);
        }
    }

    fn differs(
        &mut self,
        about: About,
        step: Step,
        place: &str,
        name: &str,
        (received, expected): (&Value, &Value),
        level: Level,
    ) {
        let closeness = closeness(name, received, expected);
        if closeness != Closeness::Same {
            self.differences.push(Difference {
                about,
                step,
                place: format!("{place}/{name}"),
                expected: abridged(expected),
                received: abridged(received),
                closeness,
                level,
            });
        }
    }

    /// A list has each registry that is there once, as it is, and none that is deleted.
    fn listed(&mut self, step: Step, list: &[Value]) {
        self.repeated(step, list);
        let mut found = Vec::new();
        for (id, known) in &self.registries {
            let of_id = |entry: &&Value| entry.as_object().and_then(self::id).as_ref() == Some(id);
            let times = list.iter().filter(of_id).count();
            let (about, expected) = match (known.is_deleted, times) {
                (true, 0) | (false, 1) => continue,
                (true, _) => (About::Deleted, format!("no registry with the id {id}")),
                (false, _) => (About::Missing, format!("the registry with the id {id} once")),
            };
            found.push((about, expected, format!("{times} times")));
        }
        for (id, known) in &self.registries {
            if !known.is_deleted {
                self.seen.push(About::Missing);
            } else if self.listed.contains(id) {
                // That it is not in the list shows something where it was.
                self.seen.push(About::Deleted);
            }
        }
        self.listed.extend(list.iter().filter_map(|entry| id(entry.as_object()?)));
        for (about, expected, received) in found {
            self.differences.push(Difference {
                about,
                step,
                place: String::new(),
                expected,
                received,
                closeness: Closeness::Other,
                level: Level::Must,
            });
        }
        for (index, entry) in list.iter().enumerate() {
            let Some(entry) = entry.as_object() else { continue };
            let Some(id) = id(entry) else { continue };
            if self.registries.get(&id).is_some_and(|it| !it.is_deleted) {
                self.compare(About::Listed, step, &format!("/{index}"), &id, entry, &[]);
            }
        }
    }

    fn repeated(&mut self, step: Step, list: &[Value]) {
        if list.len() > 1 {
            self.seen.push(About::Repeated);
        }
        for (place, value) in repeated(list, &UNIQUE) {
            self.differences.push(Difference {
                about: About::Repeated,
                step,
                place,
                expected: "a value that no other entry has".into(),
                received: abridged(value),
                closeness: Closeness::Other,
                level: Level::Must,
            });
        }
    }
}

fn id(registry: &Map<String, Value>) -> Option<String> {
    registry.get("id").filter(|it| !it.is_null()).map(Value::to_string)
}

/// What the body of a request names.
fn sent(exchange: &Exchange) -> Map<String, Value> {
    let body = exchange.request.body.as_deref();
    body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

fn is_update(operation: &str) -> bool {
    matches!(
        operation,
        "update_registry" | "update_registry_with_patch" | "update_registry_with_put"
    )
}

fn is_write(operation: &str) -> bool {
    is_update(operation) || matches!(operation, "create_registry" | "delete_registry")
}

impl Check<'_> {
    /// Requires that no response of the run differs in one of these respects from what the writes before it
    /// have left. What only an official client relies on is for another case to say.
    pub(super) fn differing(&mut self, about: &[About]) -> Result<(), NotJudged> {
        let history = History::of(self.run);
        about.iter().try_for_each(|about| history.saw(*about))?;
        self.saw();
        for it in history.differences.iter().filter(|it| about.contains(&it.about)) {
            if it.is_binding() {
                let place = Some(&*it.place).filter(|place| !place.is_empty());
                self.find(it.step, place, &*it.expected, &*it.received);
            }
        }
        Ok(())
    }
}
