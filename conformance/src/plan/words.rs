//! The words by which the requests of the steps name registries.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    areas,
    contract::Contract,
    engine::deployment::Deployment,
    exchange::{Answer, Exchange, Purpose, Request},
    observed::Observed,
    profile::Profile,
    tag,
};

/// Every such word: what the steps would send to a deployment that answers all of them.
pub(crate) fn words() -> BTreeSet<String> {
    let tag = tag::new();
    let Some(run) = answered(&tag) else { return BTreeSet::new() };
    let before = tag::name(&tag, "");
    let bodies =
        areas::steps().iter().filter_map(|step| (step.definition().draft)(&run).ok()?.body);
    let bodies = bodies.filter_map(|body| serde_json::from_str::<Value>(&body).ok());
    let names = bodies.filter_map(|body| Some(body.get("name")?.as_str()?.to_owned()));
    names.filter_map(|name| name.strip_prefix(&before).map(str::to_owned)).collect()
}

/// A run in which every step returned a registry of its own.
fn answered(tag: &str) -> Option<Observed> {
    let deployment = Deployment::new("http://localhost/v2", "organization", "no-token").ok()?;
    let mut run = Observed::new(Contract::built_in(), Profile::Deep, &deployment, tag.to_owned());
    for step in areas::steps().iter().copied() {
        let definition = step.definition();
        let request = Request {
            operation: definition.operation,
            method: String::new(),
            path: String::new(),
            credential: definition.credential,
            body: None,
        };
        // Tokens have no scopes here, which is what the steps about missing ones ask for.
        let json = json!({"slug": definition.name, "id": definition.name, "scopes": []});
        let text = json.to_string();
        let answer =
            Answer::cleaned(200, [].into_iter(), text.as_bytes(), |text| (text.to_owned(), false));
        run.record(step, Ok(Exchange::new(Purpose::Step(definition.name), request, answer)));
    }
    Some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_steps() {
        let words = words();
        for word in ["alpha", "beta", "Beta Renamed", "iota", "sigma"] {
            assert!(words.contains(word), "{word} of {words:?}");
        }
        assert!(!words.contains("") && !words.contains("python"), "{words:?}");
    }
}
