//! What a defect changed, as seen between the suite and the server: in which operation, and where. What
//! the report names first is compared with it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use http::{HeaderMap, Method, header};
use registries_conformance::contract::{Contract, Operation};
use serde_json::Value;

use super::{
    deviation::lock,
    faulty_proxy::{Incoming, Outgoing},
};

/// An operation that works differently, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Broken {
    /// The operation.
    pub(super) operation: String,
    /// A JSON pointer into the body with `*` for any index, or the name of a header; `None` when the
    /// operation as a whole works differently.
    pub(super) place: Option<String>,
}

impl Broken {
    /// Whether a text names the operation, and the place where there is one.
    pub(super) fn is_named_by(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let words: BTreeSet<&str> = text.split(|c| !is_part(c)).collect();
        let last = self.place.as_deref().and_then(|place| place.rsplit('/').next());
        let last = last.filter(|last| !matches!(*last, "" | "*")).map(str::to_lowercase);
        words.contains(self.operation.as_str())
            && last.is_none_or(|last| words.contains(last.as_str()))
    }
}

/// Requests that were passed on, each with its response.
pub(super) type Sent = Mutex<Vec<(Incoming, Outgoing)>>;

/// What was changed in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Arc<Mutex<BTreeSet<Broken>>>);

impl Changes {
    /// Everything that was changed.
    pub(super) fn all(&self) -> BTreeSet<Broken> {
        lock(&self.0).clone()
    }

    /// Compares an exchange with what was passed on to the server for it.
    pub(super) fn note(&self, request: &Incoming, sent: &Sent, response: &Outgoing) {
        let Some(operation) = operation(request) else { return };
        let places = places(request, &lock(sent), response);
        lock(&self.0).extend(
            places.into_iter().map(|place| Broken { operation: operation.id.clone(), place }),
        );
    }

    /// Notes that the response to a request is written as no HTTP library would write it.
    pub(super) fn note_bytes(&self, request: &Incoming) {
        if let Some(operation) = operation(request) {
            lock(&self.0).insert(Broken { operation: operation.id.clone(), place: None });
        }
    }
}

/// The operation that a request is for.
fn operation(request: &Incoming) -> Option<&'static Operation> {
    let path = request.path.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (mut template, mut path) = (template.split('/'), path.split('/'));
        loop {
            match (template.next(), path.next()) {
                (None, None) => return true,
                (Some(it), Some(segment)) if it.starts_with('{') || it == segment => {}
                _ => return false,
            }
        }
    };
    let mut operations = Contract::built_in().operations().iter();
    operations.find(|it| it.method == request.method.as_str() && fits(&it.path))
}

/// Where an exchange was changed.
fn places(
    request: &Incoming,
    sent: &[(Incoming, Outgoing)],
    response: &Outgoing,
) -> BTreeSet<Option<String>> {
    let mut places = BTreeSet::new();
    let is_target =
        |it: &&(Incoming, Outgoing)| it.0.method == request.method && it.0.path == request.path;
    let same = sent.iter().find(|it| is_target(it) && is_same(&it.0, request));
    let Some((passed_on, original)) = same.or_else(|| sent.iter().find(is_target)) else {
        places.insert(None);
        return places;
    };
    if passed_on.body != request.body {
        places.extend(places_of(request.json(), passed_on.json()));
    }
    if passed_on.headers.get(header::AUTHORIZATION) != request.headers.get(header::AUTHORIZATION) {
        places.insert(None);
    }
    // A write beside the one that was asked for.
    if sent.iter().filter(|(it, _)| it.method != Method::GET).count()
        > usize::from(request.method != Method::GET)
    {
        places.insert(None);
    }
    if original.status != response.status || response.chunk == Some(0) {
        places.insert(None);
    }
    places.extend(headers(&original.headers, &response.headers));
    if original.body != response.body {
        let differing = places_of(original.json(), response.json());
        // It may be the same value, written otherwise.
        let is_written_otherwise = differing.is_empty();
        places.extend(differing);
        places.extend(is_written_otherwise.then(|| Some(String::new())));
    }
    places
}

fn is_same(one: &Incoming, other: &Incoming) -> bool {
    one.body == other.body
        && one.headers.get(header::AUTHORIZATION) == other.headers.get(header::AUTHORIZATION)
}

/// The headers that differ.
fn headers(original: &HeaderMap, changed: &HeaderMap) -> Vec<Option<String>> {
    let names: BTreeSet<&str> =
        original.keys().chain(changed.keys()).map(header::HeaderName::as_str).collect();
    let differs = |name: &&str| {
        original.get_all(*name).iter().ne(changed.get_all(*name)) && *name != "content-length"
    };
    names.into_iter().filter(differs).map(|name| Some(name.to_owned())).collect()
}

/// Where two bodies differ.
fn places_of(original: Option<Value>, changed: Option<Value>) -> BTreeSet<Option<String>> {
    let mut places = BTreeSet::new();
    match (original, changed) {
        (Some(original), Some(changed)) => compare(&original, &changed, "", &mut places),
        _ => drop(places.insert(Some(String::new()))),
    }
    places
}

fn compare(original: &Value, changed: &Value, at: &str, places: &mut BTreeSet<Option<String>>) {
    match (original, changed) {
        _ if original == changed => {}
        (Value::Array(original), Value::Array(changed)) if is_same_list(original, changed) => {
            for (original, changed) in original.iter().zip(changed) {
                compare(original, changed, &format!("{at}/*"), places);
            }
        }
        (Value::Object(original), Value::Object(changed))
            if 2 * original.keys().filter(|name| changed.contains_key(*name)).count()
                >= original.len() =>
        {
            for name in original.keys().chain(changed.keys()) {
                let [original, changed] = [original, changed].map(|it| it.get(name));
                let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (original, changed) {
                    (Some(original), Some(changed)) => compare(original, changed, &place, places),
                    _ => drop(places.insert(Some(place))),
                }
            }
        }
        _ => drop(places.insert(Some(at.to_owned()))),
    }
}

/// Whether two lists have the same entries in the same order, whatever was changed in them: no more than
/// some of their properties.
fn is_same_list(original: &[Value], changed: &[Value]) -> bool {
    let is_same = |(original, changed): (&Value, &Value)| match (original, changed) {
        (Value::Object(original), Value::Object(changed)) => {
            let same = original.iter().filter(|(name, it)| changed.get(*name) == Some(it)).count();
            2 * same >= original.len()
        }
        _ => true,
    };
    original.len() == changed.len() && original.iter().zip(changed).all(is_same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_names_an_operation_and_a_place() {
        let broken = |place: Option<&str>| Broken {
            operation: "get_registry".into(),
            place: place.map(str::to_owned),
        };
        let text = "get_registry: the property /*/web_url is missing";
        assert!(broken(Some("/*/web_url")).is_named_by(text));
        assert!(broken(Some("/*")).is_named_by(text));
        assert!(broken(None).is_named_by(text));
        assert!(!broken(Some("/url")).is_named_by(text));
        assert!(!broken(None).is_named_by("get_registry_token: the property /url is missing"));
    }

    #[test]
    fn differences_of_bodies_have_places() {
        let places = |original: Value, changed: Value| -> Vec<String> {
            let places = places_of(Some(original), Some(changed));
            places.into_iter().map(Option::unwrap_or_default).collect()
        };
        let entry = |slug: &str| json!({"id": 1, "slug": slug, "name": "a", "public": false});
        let list = json!([entry("a"), entry("b")]);
        assert_eq!(places(list.clone(), json!([entry("a"), entry("c")])), ["/*/slug"]);
        assert_eq!(places(list.clone(), json!([entry("a")])), [""]);
        assert_eq!(places(json!({"a": {"b/c": 1}}), json!({"a": {"b/c": 2}})), ["/a/b~1c"]);
        assert_eq!(places(json!({"a": 1, "b": 2}), json!({"a": 1})), ["/b"]);
        assert_eq!(places(json!({"a": 1}), json!({"data": {"a": 1}})), [""]);
        assert_eq!(places(list.clone(), list), [""; 0]);
    }
}
