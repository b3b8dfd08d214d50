//! What a run has seen of the contract and what it has not, by name.

use std::collections::BTreeMap;

use super::{Coverage, PropertyCoverage};

/// One kind of thing in the contract: those that a run has seen, and those that it has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// What they are, in the plural.
    pub name: &'static str,
    /// Those that were seen.
    pub seen: Vec<String>,
    /// Those that were not.
    pub unseen: Vec<String>,
}

impl Aspect {
    fn of(name: &'static str, things: impl Iterator<Item = (String, usize)>) -> Self {
        let (seen, unseen): (Vec<_>, Vec<_>) = things.partition(|(_, times)| *times > 0);
        let names = |things: Vec<(String, usize)>| things.into_iter().map(|(name, _)| name);
        Self { name, seen: names(seen).collect(), unseen: names(unseen).collect() }
    }

    /// Their number.
    #[must_use]
    pub fn all(&self) -> usize {
        self.seen.len() + self.unseen.len()
    }
}

impl Coverage {
    /// Operations, statuses, properties, null and non-null states, and enumerated values. A property
    /// that can be null has two states.
    #[must_use]
    pub fn aspects(&self) -> [Aspect; 5] {
        let mut operations: BTreeMap<&str, usize> = BTreeMap::new();
        for status in &self.statuses {
            *operations.entry(&status.operation).or_default() += status.times;
        }
        let operations = operations.into_iter().map(|(name, times)| (name.to_owned(), times));
        let statuses =
            self.statuses.iter().map(|it| (format!("{} {}", it.operation, it.status), it.times));
        let properties = self.properties.iter().map(|it| (it.name(), it.null + it.non_null));
        let nullable = self.properties.iter().filter(|it| it.nullable);
        let states = nullable.flat_map(|it| {
            [
                (format!("{} null", it.name()), it.null),
                (format!("{} non-null", it.name()), it.non_null),
            ]
        });
        let values = self.values.iter().map(|it| (format!("{} {}", it.place, it.value), it.times));
        [
            Aspect::of("operations", operations),
            Aspect::of("statuses", statuses),
            Aspect::of("properties", properties),
            Aspect::of("null and non-null states", states),
            Aspect::of("enumerated values", values),
        ]
    }
}

impl PropertyCoverage {
    /// The schema and the property, with a dot between.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.schema, self.property)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::coverage::{StatusCoverage, ValueCoverage};

    #[test]
    fn each_thing_is_either_seen_or_unseen() {
        let status = |operation: &str, status, times| StatusCoverage {
            operation: operation.into(),
            status,
            times,
        };
        let property = |name: &str, nullable, null, non_null| PropertyCoverage {
            schema: "Registry".into(),
            property: name.into(),
            nullable,
            null,
            non_null,
        };
        let value = |value: &str, times| ValueCoverage {
            place: "Registry.ecosystem".into(),
            value: json!(value),
            times,
        };
        let coverage = Coverage {
            statuses: vec![status("get", 200, 2), status("get", 404, 0), status("list", 200, 0)],
            properties: vec![property("emoji", true, 0, 3), property("slug", false, 0, 0)],
            values: vec![value("ruby", 1), value("java", 0)],
        };
        let aspects = coverage.aspects().map(|it| (it.seen.join(", "), it.unseen.join(", ")));
        let expected = [
            ("get", "list"),
            ("get 200", "get 404, list 200"),
            ("Registry.emoji", "Registry.slug"),
            ("Registry.emoji non-null", "Registry.emoji null"),
            ("Registry.ecosystem \"ruby\"", "Registry.ecosystem \"java\""),
        ];
        assert_eq!(aspects, expected.map(|(seen, unseen)| (seen.to_owned(), unseen.to_owned())));
    }
}
