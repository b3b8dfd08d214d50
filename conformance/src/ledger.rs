//! What the run has created and not yet removed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    engine::origin::is_gone,
    exchange::{Answer, PREFLIGHT, Request},
    ownership::{Ownership, addressed},
};

/// Keeps account of what the run created. It only ever names registries that are the run's own.
#[derive(Debug)]
pub(crate) struct Ledger {
    ownership: Ownership,
    created: BTreeSet<String>,
    /// Something may exist that a list would show.
    uncertain: bool,
    /// Something was rejected, and no list has shown since that it was not carried out all the
    /// same.
    unseen: bool,
    /// Something may have been created without a tag, so that no list shows whose it is.
    untraceable: bool,
}

impl Ledger {
    pub(crate) fn new(tag: &str) -> Self {
        Self {
            ownership: Ownership::new(tag),
            created: BTreeSet::new(),
            uncertain: false,
            unseen: false,
            untraceable: false,
        }
    }

    /// Takes note of the list from before the run.
    pub(crate) fn there_before(&mut self, list: &Answer) {
        self.ownership.there_before(list);
    }

    /// Whether a request leaves alone what is not the run's own.
    pub(crate) fn permits(&self, request: &Request) -> bool {
        self.ownership.permits(request)
    }

    /// Takes note of a response: what it created, renamed or removed.
    pub(crate) fn observe(&mut self, request: &Request, answer: &Answer) {
        if is_write(request) {
            // A deployment may say that it removed or refused something, and not have done so.
            let is_refused = (400..500).contains(&answer.status);
            self.unseen |= is_refused;
            self.uncertain |= !is_refused;
        }
        let addressed = addressed(request).unwrap_or_default();
        let body = answer.json.as_ref().filter(|_| answer.is_success());
        match request.operation {
            "create_registry" => match body.and_then(|it| self.ownership.claim(it)) {
                Some(slug) => drop(self.created.insert(slug)),
                // Something may have been created of which nothing is known; if the state before is
                // unknown, a list does not show it either.
                None if answer.status < 400 => {
                    let is_traceable =
                        self.ownership.is_tagged(request) && self.ownership.knows_before();
                    self.untraceable |= !is_traceable;
                }
                None => {}
            },
            "delete_registry" if answer.is_success() => {
                self.created.remove(addressed);
            }
            operation if is_update(operation) && self.created.contains(addressed) => {
                let own = body.and_then(|it| self.ownership.claim_updated(addressed, it));
                if let Some(slug) = own {
                    self.created.remove(addressed);
                    self.created.insert(slug);
                }
            }
            "list_registries" if answer.is_success() => self.there_now(answer),
            _ => {}
        }
    }

    /// Takes note of a list that comes after everything else, and so settles what is uncertain, unless it
    /// goes on elsewhere.
    pub(crate) fn settle(&mut self, list: &Answer) {
        let is_whole = list.is_success()
            && list.next_page().is_none()
            && list.json.as_ref().is_some_and(Value::is_array);
        self.uncertain &= !is_whole;
        self.unseen &= !is_whole;
        self.there_now(list);
    }

    /// Takes note of a request that got no response: it may have been carried out all the same.
    pub(crate) fn unanswered(&mut self, request: &Request) {
        self.uncertain |= is_write(request);
        let renames = || request.body.as_ref().is_some_and(|body| body.contains("\"name\""));
        self.untraceable |= !self.ownership.is_tagged(request)
            && (request.operation == "create_registry"
                || (is_update(request.operation) && renames()));
    }

    /// Takes note of a list: what bears the run's tag is there.
    fn there_now(&mut self, list: &Answer) {
        let Some(Value::Array(registries)) = &list.json else { return };
        for registry in registries {
            self.created.extend(self.ownership.claim(registry));
        }
    }

    /// Whether there is nothing to remove, and a list has said so.
    pub(crate) fn is_clean(&self) -> bool {
        self.created.is_empty() && !self.uncertain && !self.unseen
    }

    /// What is to be removed.
    pub(crate) fn to_remove(&self) -> Vec<String> {
        self.created.iter().cloned().collect()
    }

    /// Takes note of the attempt to remove a registry; one that is not there is removed.
    pub(crate) fn removed(&mut self, slug: &str, answer: &Answer) {
        if is_gone(answer) {
            self.created.remove(slug);
        }
    }

    /// What could not be removed, and whether there may be more that could not be found.
    pub(crate) fn into_left(self) -> (Vec<String>, bool) {
        (self.created.into_iter().collect(), self.uncertain || self.untraceable)
    }
}

/// Whether it may have created or removed a registry, as far as a list shows.
fn is_write(request: &Request) -> bool {
    !matches!(&*request.method, "GET" | PREFLIGHT)
        && request.path.contains("/registries")
        && !is_about_token(request)
}

/// A registry's tokens go with it.
fn is_about_token(request: &Request) -> bool {
    request.operation.ends_with("_registry_token")
}

/// Whether an operation updates a registry, by whichever method.
fn is_update(operation: &str) -> bool {
    matches!(
        operation,
        "update_registry" | "update_registry_with_patch" | "update_registry_with_put"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::Credential;

    fn request(operation: &'static str, slug: &str) -> Request {
        Request {
            operation,
            method: "POST".into(),
            path: format!("/packages/organizations/o/registries/{slug}"),
            credential: Credential::Main,
            body: None,
        }
    }

    fn answer(status: u16, body: Value) -> Answer {
        let headers = std::collections::BTreeMap::new();
        Answer {
            status,
            headers,
            text: body.to_string(),
            json: Some(body),
            leaked_secret: false,
            bytes: None,
            unrecorded: crate::wire::Unrecorded::default(),
        }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::new("tagtagta");
        ledger.there_before(&answer(200, json!([{"slug": "theirs"}])));
        ledger
    }

    /// A registry with this slug that bears the tag.
    fn own(slug: &str) -> Answer {
        answer(200, json!({"slug": slug, "name": "conformance tagtagta alpha"}))
    }

    #[test]
    fn what_is_not_the_runs_own_is_never_removed() {
        let mut ledger = ledger();
        ledger.observe(&request("create_registry", ""), &own("theirs"));
        ledger.observe(&request("create_registry", ""), &answer(200, json!({"slug": "other"})));
        assert_eq!(ledger.to_remove(), Vec::<String>::new());
        ledger.observe(&request("create_registry", ""), &own("odd"));
        assert_eq!(ledger.to_remove(), ["odd"]);
        // Its new name is unknown.
        ledger.observe(&request("update_registry", "odd"), &own("theirs"));
        assert_eq!(ledger.to_remove(), ["odd"]);
    }

    #[test]
    fn without_a_list_only_what_bears_the_tag_in_its_slug_is_removed() {
        let mut ledger = Ledger::new("tagtagta");
        for slug in ["other", "conformance-tagtagta-alpha", "../tagtagta"] {
            ledger.observe(&request("create_registry", ""), &own(slug));
        }
        assert_eq!(ledger.to_remove(), ["conformance-tagtagta-alpha"]);
    }

    #[test]
    fn what_may_have_been_there_before_may_be_left() {
        let create = Request {
            body: Some(r#"{"name":"conformance tagtagta alpha"}"#.into()),
            ..request("create_registry", "")
        };
        for (slug, is_left) in [("17", true), ("conformance-tagtagta-alpha", false)] {
            let mut ledger = Ledger::new("tagtagta");
            ledger.there_before(&answer(200, json!([{"name": "without a slug"}])));
            ledger.observe(&create, &own(slug));
            ledger.removed(slug, &answer(200, json!({})));
            ledger.settle(&answer(200, json!([])));
            assert_eq!(ledger.into_left(), (Vec::new(), is_left), "{slug}");
        }
    }

    #[test]
    fn a_list_that_goes_on_elsewhere_settles_nothing() {
        let mut ledger = ledger();
        ledger.unanswered(&request("create_registry", ""));
        let mut page = answer(200, json!([]));
        page.headers.insert("link".into(), "<https://api.example/2>; rel=\"next\"".into());
        ledger.settle(&page);
        assert!(!ledger.is_clean());
        page.headers.clear();
        ledger.settle(&page);
        // The request bears no tag, which no list takes away.
        assert!(ledger.is_clean());
        assert_eq!(ledger.into_left(), (Vec::new(), true));
    }

    #[test]
    fn a_renamed_registry_is_followed_and_a_removed_one_forgotten() {
        let mut ledger = ledger();
        ledger.observe(&request("create_registry", ""), &own("a"));
        ledger.observe(&request("update_registry", "a"), &own("b"));
        assert_eq!(ledger.to_remove(), ["b"]);
        // A gateway says nothing of what is there.
        let gateway =
            Answer { text: "404 page not found".into(), json: None, ..answer(404, json!({})) };
        ledger.removed("b", &gateway);
        assert_eq!(ledger.to_remove(), ["b"]);
        ledger.removed("a", &answer(404, json!({})));
        ledger.observe(&request("delete_registry", "b"), &answer(200, json!({})));
        assert_eq!(ledger.to_remove(), Vec::<String>::new());
        ledger.settle(&answer(200, json!([{"slug": "theirs"}])));
        assert_eq!(ledger.into_left(), (Vec::new(), false));
    }

    #[test]
    fn the_tokens_of_a_registry_go_with_it() {
        let mut ledger = ledger();
        ledger.observe(&request("create_registry", ""), &own("a"));
        ledger.settle(&answer(200, json!([{"slug": "theirs"}])));
        let token = request("update_registry_token", "a/tokens/b");
        ledger.observe(&token, &own("c"));
        ledger.unanswered(&request("create_registry_token", "a/tokens"));
        assert_eq!(ledger.into_left(), (vec!["a".to_owned()], false));
    }

    #[test]
    fn a_create_without_an_answer_leaves_doubt() {
        let mut ledger = ledger();
        assert!(ledger.is_clean());
        ledger.unanswered(&request("create_registry", ""));
        assert!(!ledger.is_clean());
        let listed =
            json!([{"slug": "x", "name": "conformance tagtagta alpha"}, {"slug": "theirs"}]);
        ledger.settle(&answer(200, listed));
        assert_eq!(ledger.to_remove(), ["x"]);
    }

    #[test]
    fn a_rename_without_an_answer_leaves_doubt_when_the_name_bears_no_tag() {
        for (body, left) in [
            (r#"{"name": "other"}"#, true),
            (r#"{"name": "conformance tagtagta alpha"}"#, false),
            (r#"{"color": null}"#, false),
        ] {
            let mut ledger = ledger();
            let body = Some(body.to_owned());
            ledger.unanswered(&Request { body, ..request("update_registry", "a") });
            ledger.settle(&answer(200, json!([])));
            assert_eq!(ledger.into_left(), (Vec::new(), left));
        }
    }

    #[test]
    fn what_is_said_to_be_refused_or_removed_a_list_has_to_confirm() {
        let left = json!([{"slug": "conformance-tagtagta-a"}]);
        for (operation, status) in [("create_registry", 422), ("delete_registry", 200)] {
            let mut ledger = ledger();
            let slug = "conformance-tagtagta-a";
            ledger.observe(&request(operation, slug), &answer(status, json!({})));
            assert!(!ledger.is_clean(), "{operation}");
            ledger.settle(&answer(500, json!({})));
            assert!(!ledger.is_clean(), "{operation}");
            ledger.settle(&answer(200, left.clone()));
            assert_eq!(ledger.to_remove(), [slug], "{operation}");
        }
    }

    #[test]
    fn what_was_created_without_a_name_leaves_doubt_that_no_list_takes_away() {
        let mut ledger = ledger();
        ledger.observe(&request("create_registry", ""), &answer(200, json!({})));
        ledger.settle(&answer(200, json!([])));
        assert_eq!(ledger.into_left(), (Vec::new(), true));
    }
}
