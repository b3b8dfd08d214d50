//! Which registries are the run's own. It writes to no others, whatever a deployment answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    exchange::{Answer, PREFLIGHT, Request},
    wire::{id_text, is_segment},
};

/// Distinguishes the registries that the run has created from those of other clients.
#[derive(Debug)]
pub(crate) struct Ownership {
    tag: String,
    /// The slugs from before the run, if a list had all of them.
    before: Option<BTreeSet<String>>,
    /// The slugs that its registries have, or had, and the id of each.
    own: BTreeMap<String, Option<String>>,
}

impl Ownership {
    pub(crate) fn new(tag: &str) -> Self {
        Self { tag: tag.to_owned(), before: None, own: BTreeMap::new() }
    }

    /// Records the list from before the run.
    pub(crate) fn there_before(&mut self, list: &Answer) {
        if list.is_success()
            && list.next_page().is_none()
            && let Some(Value::Array(registries)) = &list.json
        {
            // An entry without a slug may be any registry.
            self.before = registries.iter().map(|it| slug(it).map(str::to_owned)).collect();
        }
    }

    /// Whether a list has had all that was there before the run.
    pub(crate) fn knows_before(&self) -> bool {
        self.before.is_some()
    }

    /// Records a returned registry, and returns its slug if it is one of the run's own: it has the
    /// tag, and was not there before. If the state before the run is unknown, the slug itself must
    /// have it.
    pub(crate) fn claim(&mut self, registry: &Value) -> Option<String> {
        let slug = slug(registry).filter(|slug| is_segment(slug))?;
        let is_own = match &self.before {
            Some(before) => self.bears_tag(registry) && !before.contains(slug),
            None => self.has_tag(slug),
        };
        is_own.then(|| self.take(slug, registry))
    }

    /// The same of what the update of one of its own returned. It is that registry as well when it
    /// has the same id: a name that had to be refused has no tag.
    pub(crate) fn claim_updated(&mut self, updated: &str, registry: &Value) -> Option<String> {
        self.claim(registry).or_else(|| {
            let slug = slug(registry).filter(|slug| is_segment(slug))?;
            let is_same = self.own.get(updated)?.is_some() && self.own[updated] == id(registry);
            let is_new = self.before.as_ref().is_some_and(|before| !before.contains(slug));
            (is_same && is_new).then(|| self.take(slug, registry))
        })
    }

    fn take(&mut self, slug: &str, registry: &Value) -> String {
        self.own.insert(slug.to_owned(), id(registry));
        slug.to_owned()
    }

    /// Whether a request leaves alone what is not the run's own: it writes nothing, or to a registry
    /// that is, or to a slug that only this run would use.
    pub(crate) fn permits(&self, request: &Request) -> bool {
        let Some(addressed) = addressed(request) else { return true };
        let was_there = self.before.as_ref().is_some_and(|before| before.contains(addressed));
        matches!(&*request.method, "GET" | PREFLIGHT)
            || self.own.contains_key(addressed)
            || (self.has_tag(addressed) && !was_there)
    }

    /// Whether what the request creates can be recognised by its name or description.
    pub(crate) fn is_tagged(&self, request: &Request) -> bool {
        request.body.as_ref().is_some_and(|body| self.has_tag(body))
    }

    /// Whether a registry has the tag where only a request of this run can have put it.
    pub(crate) fn bears_tag(&self, registry: &Value) -> bool {
        ["slug", "name", "description"].iter().any(|key| {
            registry.get(key).and_then(Value::as_str).is_some_and(|text| self.has_tag(text))
        })
    }

    fn has_tag(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.tag)
    }
}

/// The slug of the registry that a request is about, or whose tokens it is about.
pub(crate) fn addressed(request: &Request) -> Option<&str> {
    // `/packages/organizations/{org_slug}/registries/{registry_slug}`: the organization may have the slug
    // `registries` as well.
    let path = request.path.split('?').next()?.strip_prefix("/packages/organizations/")?;
    let mut segments = path.split('/').skip(1);
    segments.next().filter(|collection| *collection == "registries")?;
    segments.next()
}

fn slug(registry: &Value) -> Option<&str> {
    registry.get("slug")?.as_str()
}

fn id(registry: &Value) -> Option<String> {
    registry.get("id").and_then(id_text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::exchange::Credential;

    fn ownership(link: Option<&str>) -> Ownership {
        let mut ownership = Ownership::new("tagtagta");
        let json = json!([{"slug": "theirs"}, {"slug": "conformance-tagtagta-old"}]);
        let link = link.map(|link| ("link".to_owned(), link.to_owned()));
        let headers: BTreeMap<_, _> = link.into_iter().collect();
        let text = json.to_string();
        let list = Answer {
            status: 200,
            headers,
            text,
            json: Some(json),
            leaked_secret: false,
            bytes: None,
            unrecorded: crate::wire::Unrecorded::default(),
        };
        ownership.there_before(&list);
        ownership
    }

    #[test]
    fn the_slug_of_the_organization_is_none_of_a_registry() {
        let at = |path: &str| Request { path: path.into(), ..request("POST", "") };
        for (path, slug) in [
            ("/packages/organizations/registries/registries", None),
            ("/packages/organizations/registries/registries?page=2", None),
            ("/packages/organizations/registries/registries/a?b", Some("a")),
            ("/packages/organizations/o/registries/registries/tokens", Some("registries")),
            ("/organizations/registries", None),
        ] {
            assert_eq!(addressed(&at(path)), slug, "{path}");
        }
    }

    fn request(method: &str, slug: &str) -> Request {
        Request {
            operation: "update_registry",
            method: method.into(),
            path: format!("/packages/organizations/o/registries/{slug}"),
            credential: Credential::Main,
            body: None,
        }
    }

    #[test]
    fn what_bears_the_tag_and_was_not_there_is_the_runs_own() {
        let mut ownership = ownership(None);
        for (slug, name, description, is_own) in [
            ("conformance-tagtagta-a", "a", "", true),
            ("17", "conformance TAGTAGTA a", "", true),
            ("untitled", "untitled", "of conformance tagtagta", true),
            ("theirs", "conformance tagtagta a", "", false),
            ("conformance-tagtagta-old", "conformance tagtagta a", "", false),
            ("others", "others", "", false),
            ("../tagtagta", "conformance tagtagta a", "", false),
        ] {
            let registry = json!({"slug": slug, "name": name, "description": description});
            assert_eq!(ownership.claim(&registry).is_some(), is_own, "{registry}");
        }
    }

    #[test]
    fn without_the_whole_list_the_slug_has_to_bear_the_tag() {
        let mut partial = ownership(Some("<https://api.example/2>; rel=\"next\""));
        let list = json!([{"slug": "theirs"}, "others"]);
        let mut odd = Ownership::new("tagtagta");
        odd.there_before(&Answer::cleaned(
            200,
            [].into_iter(),
            list.to_string().as_bytes(),
            |text| (text.to_owned(), false),
        ));
        let named = json!({"slug": "17", "name": "conformance tagtagta a"});
        for ownership in [&mut partial, &mut odd] {
            assert_eq!(ownership.claim(&named), None);
            assert!(ownership.claim(&json!({"slug": "conformance-tagtagta-a"})).is_some());
        }
    }

    #[test]
    fn what_an_update_has_renamed_is_recognised_by_its_id() {
        let mut ownership = ownership(None);
        ownership.claim(&json!({"slug": "a", "name": "conformance tagtagta a", "id": "1"}));
        for (slug, id, is_own) in [("0", "1", true), ("0", "2", false), ("theirs", "1", false)] {
            let registry = json!({"slug": slug, "name": "0", "id": id});
            assert_eq!(ownership.claim_updated("a", &registry).is_some(), is_own, "{registry}");
        }
    }

    #[test]
    fn nothing_is_written_to_what_is_not_its_own() {
        let mut ownership = ownership(None);
        for (method, slug, is_permitted) in [
            ("GET", "theirs", true),
            ("POST", "theirs", false),
            ("DELETE", "theirs", false),
            ("POST", "theirs/tokens", false),
            ("DELETE", "conformance-tagtagta-unknown", true),
            ("DELETE", "conformance-tagtagta-old", false),
            ("PUT", "17", false),
        ] {
            assert_eq!(ownership.permits(&request(method, slug)), is_permitted, "{method} {slug}");
        }
        ownership.claim(&json!({"slug": "17", "name": "conformance tagtagta a"}));
        assert!(ownership.permits(&request("PUT", "17/tokens/18")));
        let create =
            Request { path: "/packages/organizations/o/registries".into(), ..request("POST", "") };
        assert!(ownership.permits(&create));
    }
}
