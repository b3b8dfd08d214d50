//! What is wrong with a body of any size, in memory that does not grow with it: the first problems of
//! each kind, and how many more there are.
//!
//! The validator makes a problem of everything that it finds, and a body of 16 MiB holds eight million
//! values of a wrong type.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{
    schema::Schema,
    validate::{Kind, Problem, body_problem},
};
use crate::level::Citation;

/// How many problems with one rule of the contract are kept.
const EACH: usize = 20;
/// How many items of a list that do not fit are looked at one by one. Of the others is known only that
/// they do not.
const LOOKED_AT: usize = 1_000;
/// How many values of a body are looked at for their problems, of a list for each item.
const VALUES: usize = 10_000;
/// How many undocumented properties are named, and how long the names may be.
const NAMES: (usize, usize) = (10, 80);

/// The problems of a body that does not fit its schema; `source` is that of the whole.
pub(super) fn problems(source: &Citation, body: &Schema, value: &Value) -> Vec<Problem> {
    let mut found = Found::new(source, body);
    match value {
        // One item at a time, as a list of its own.
        Value::Array(items) if items.len() > EACH => {
            for (index, item) in items.iter().enumerate() {
                found.look_at_item(index, item.clone());
            }
            if found.is_empty() {
                found.look_at(value, None);
            }
        }
        value => found.look_at(value, None),
    }
    found.into_problems()
}

/// The names of properties, as many as fit into a line.
pub(super) fn listed(names: &[String]) -> String {
    let (count, length) = NAMES;
    let cut = |name: &String| match name.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.clone(),
    };
    let mut listed: Vec<String> = names.iter().take(count).map(cut).collect();
    listed.extend((names.len() > count).then(|| format!("… {} more", names.len() - count)));
    listed.join(", ")
}

struct Found<'a> {
    source: &'a Citation,
    body: &'a Schema,
    /// What the schema calls properties, which are never cut off.
    names: BTreeSet<&'a str>,
    problems: Vec<Problem>,
    /// How many problems there are with each rule.
    counts: HashMap<Option<String>, usize>,
    looked_at: usize,
    /// How many items do not fit that were not looked at one by one.
    unread: usize,
}

impl<'a> Found<'a> {
    fn new(source: &'a Citation, body: &'a Schema) -> Self {
        let mut names = BTreeSet::new();
        names_in(&body.json, &mut names);
        Self {
            source,
            body,
            names,
            problems: Vec::new(),
            counts: HashMap::new(),
            looked_at: 0,
            unread: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.unread == 0
    }

    fn look_at_item(&mut self, index: usize, item: Value) {
        let list = Value::Array(vec![item]);
        if self.body.validator().is_valid(&list) {
            return;
        }
        if self.looked_at == LOOKED_AT {
            self.unread += 1;
            return;
        }
        self.looked_at += 1;
        self.look_at(&list, Some(index));
    }

    /// Adds the problems of a value, which may be one item of a list.
    fn look_at(&mut self, value: &Value, index: Option<usize>) {
        let mut left = VALUES;
        let part = self.part(value, &mut left);
        let (source, body) = (self.source, self.body);
        let mut is_explained = false;
        for error in body.validator().iter_errors(&part) {
            let mut problem = body_problem(source, body, &error);
            if let (Some(index), Some(place)) = (index, &mut problem.place) {
                // The item is the only one of its list.
                *place = place
                    .strip_prefix("/0")
                    .map_or(place.clone(), |rest| format!("/{index}{rest}"));
            }
            is_explained = true;
            self.add(problem);
        }
        if !is_explained {
            let place = index.map(|index| format!("/{index}")).unwrap_or_default();
            self.add(
                self.summary(&place, "what does not fit lies beyond the part that is looked at"),
            );
        }
    }

    fn add(&mut self, problem: Problem) {
        let count = self.counts.entry(problem.schema_path.clone()).or_default();
        *count += 1;
        if *count <= EACH {
            self.problems.push(problem);
        }
    }

    /// A problem with a value as a whole.
    fn summary(&self, place: &str, received: &str) -> Problem {
        Problem {
            kind: Kind::Body,
            level: self.source.grade.level(),
            citation: self.source.clone(),
            place: Some(place.to_owned()),
            schema_path: None,
            expected: "a body that fits the contract".into(),
            received: received.to_owned(),
        }
    }

    /// The problems; the last one with a rule has the number of further ones.
    fn into_problems(mut self) -> Vec<Problem> {
        for (rule, count) in &self.counts {
            let mut with_it = self.problems.iter_mut().rev();
            if *count > EACH
                && let Some(last) = with_it.find(|problem| problem.schema_path == *rule)
            {
                last.received = format!("{}, and {} more", last.received, count - EACH);
            }
        }
        if let Some(last) = self.problems.last_mut().filter(|_| self.unread > 0) {
            last.received =
                format!("{}; {} further items of the list do not fit", last.received, self.unread);
        }
        self.problems
    }

    /// The value with as many values in it as are left, and with all properties that the schema names.
    fn part(&self, value: &Value, left: &mut usize) -> Value {
        *left = left.saturating_sub(1);
        match value {
            Value::Array(items) => {
                let mut part = Vec::new();
                for item in items {
                    if *left == 0 {
                        break;
                    }
                    part.push(self.part(item, left));
                }
                Value::Array(part)
            }
            Value::Object(properties) => {
                let mut part = Map::new();
                for (name, value) in properties {
                    if *left > 0 || self.names.contains(name.as_str()) {
                        part.insert(name.clone(), self.part(value, left));
                    }
                }
                Value::Object(part)
            }
            scalar => scalar.clone(),
        }
    }
}

/// Adds every name that the schema has for a property.
fn names_in<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        Value::Object(keywords) => {
            if let Some(properties) = keywords.get("properties").and_then(Value::as_object) {
                names.extend(properties.keys().map(String::as_str));
            }
            keywords.values().for_each(|value| names_in(value, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Answer, Contract, Kind, Problem, level::Level};

    fn problems_of(operation: &str, body: &str) -> Vec<Problem> {
        let headers = [("content-type", "application/json")].into_iter();
        let answer =
            Answer::cleaned(200, headers, body.as_bytes(), |text| (text.to_owned(), false));
        let all = Contract::built_in().validate(operation, &answer);
        all.into_iter().filter(|it| it.kind != Kind::Header).collect()
    }

    #[test]
    fn a_long_list_of_what_does_not_fit_has_few_problems_and_their_number() {
        let many = 300_000;
        let found = problems_of("list_registries", &format!("[{}0]", "0,".repeat(many - 1)));
        assert_eq!(found.len(), super::EACH);
        assert_eq!(found[1].place.as_deref(), Some("/1"));
        let last = found.last().unwrap();
        let expected =
            format!(", and 980 more; {} further items of the list do not fit", many - 1000);
        assert!(last.received.ends_with(&expected), "{}", last.received);
        assert_eq!((last.level, &last.expected), (Level::Must, &found[0].expected));
    }

    #[test]
    fn a_long_list_within_an_object_is_not_looked_at_to_its_end() {
        let ids = "0,".repeat(300_000);
        let body = format!(r#"{{"team_ids": [{ids}0]}}"#);
        for (operation, body) in [
            ("get_registry", body.clone()),
            ("list_registries", format!("[{body}]")),
            ("list_registries", format!("[{}]", vec![body; 2].join(","))),
        ] {
            let found = problems_of(operation, &body);
            assert!((20..200).contains(&found.len()), "{operation}: {}", found.len());
            let counted = found.iter().filter(|it| it.received.contains(", and "));
            let counted: Vec<_> = counted.map(|it| it.place.as_deref().unwrap()).collect();
            assert!(!counted.is_empty(), "{operation}");
            assert!(counted.iter().all(|it| it.contains("team_ids")), "{operation}: {counted:?}");
        }
    }

    #[test]
    fn undocumented_properties_are_named_as_far_as_they_fit_into_a_line() {
        let names = (0..100_000).map(|n| format!(r#""p{n}": 1"#)).collect::<Vec<_>>().join(",");
        let long = format!(r#"{{{names}, "{}": 1}}"#, "x".repeat(1_000_000));
        let found = problems_of("get_registry", &long);
        let received: usize = found.iter().map(|it| it.received.len()).sum();
        assert!(received < 5_000, "{received}");
        assert!(found.iter().any(|it| it.received.contains("more")), "{found:?}");
    }

    #[test]
    fn what_lies_at_the_end_of_a_list_is_found_behind_what_weighs_less() {
        let registry = json!({
            "id": "0191df84-85e4-77aa-83ba-6579084728eb",
            "graphql_id": "UmVnaXN0cnktLS0=", "slug": "a", "url": "http://h/a",
            "web_url": "http://h/a", "name": "a", "ecosystem": "ruby", "description": null,
            "emoji": null, "color": null, "public": false, "oidc_policy": null,
        });
        let mut list = vec![registry; 500];
        assert_eq!(problems_of("list_registries", &json!(list).to_string()), []);
        for it in &mut list {
            it["unheard-of"] = json!(1);
        }
        list[499]["public"] = json!("no");
        let found = problems_of("list_registries", &json!(list).to_string());
        let wrong: Vec<_> = found.iter().filter(|it| it.kind == Kind::Body).collect();
        assert_eq!(wrong[0].place.as_deref(), Some("/499/public"), "{found:?}");
        assert!(found.len() < 30, "{}", found.len());
    }
}
