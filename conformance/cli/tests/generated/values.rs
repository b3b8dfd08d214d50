//! Values made from the contract's schemas, and what is done to spoil them.

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Map, Value, json};

/// Makes values of the schemas of a contract.
pub(crate) struct Maker<'a> {
    pub(crate) contract: &'a Value,
    pub(crate) random: &'a mut StdRng,
}

impl Maker<'_> {
    /// A value that a schema accepts, as far as types, enumerations and examples show.
    pub(crate) fn value(&mut self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let contract = self.contract;
            return self.value(contract.pointer(reference.trim_start_matches('#')).unwrap());
        }
        if schema["nullable"] == true && self.random.random_bool(0.2) {
            return Value::Null;
        }
        if !schema["example"].is_null() && self.random.random_bool(0.4) {
            return schema["example"].clone();
        }
        for choice in ["enum", "x-known-values"] {
            if let Some(values) = schema[choice].as_array() {
                return values.choose(self.random).unwrap().clone();
            }
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            if let Some(schemas) = schema[choice].as_array() {
                let schema = schemas.choose(self.random).unwrap();
                return self.value(schema);
            }
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema),
            Some("array") => {
                let least = schema["minItems"].as_u64().unwrap_or(0);
                let length = self.random.random_range(least..least + 3);
                (0..length).map(|_| self.value(&schema["items"])).collect()
            }
            Some("integer" | "number") => json!(self.random.random_range(-1000..1000)),
            Some("boolean") => json!(self.random.random_bool(0.5)),
            Some("string") => self.string(schema),
            _ => self.odd(),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut object = Map::new();
        let required = schema["required"].as_array();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|all| all.iter().any(|it| it == name));
            if is_required || self.random.random_bool(0.4) {
                object.insert(name.clone(), self.value(schema));
            }
        }
        let open = &schema["additionalProperties"];
        if open.is_object() {
            for _ in 0..self.random.random_range(1..3) {
                object.insert(self.text(), self.value(open));
            }
        }
        Value::Object(object)
    }

    fn string(&mut self, schema: &Value) -> Value {
        if schema["format"] == "uuid" {
            let bytes: u128 = self.random.random();
            return json!(uuid::Uuid::from_u128(bytes));
        }
        if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("#[0-9A-Fa-f]")) {
            return json!(format!("#{:06x}", self.random.random_range(0..0x0100_0000)));
        }
        if self.random.random_bool(0.1) {
            // A policy can be sent as text, and JSON is YAML.
            let policy = json!({"$ref": "#/components/schemas/OidcPolicy"});
            return json!(self.value(&policy).to_string());
        }
        json!(self.text())
    }

    /// Few enough different ones that they are met again.
    pub(crate) fn text(&mut self) -> String {
        const WORDS: [&str; 12] = [
            "my",
            "registry",
            "Ruby",
            "gems",
            "x",
            "1",
            "é",
            ":sunflower:",
            "-",
            "ümlaut",
            "日本",
            "_",
        ];
        let length = self.random.random_range(1..3);
        let words: Vec<&str> = (0..length).map(|_| *WORDS.choose(self.random).unwrap()).collect();
        words.join(" ")
    }

    /// An unusual value, for any place.
    pub(crate) fn odd(&mut self) -> Value {
        const TEXTS: [&str; 16] = [
            "",
            "\0",
            "a\0b",
            "\u{ffff}",
            "\u{10ffff}",
            "\u{feff}",
            "\u{202e}\u{200d}",
            "🏳️‍🌈",
            "'; DROP TABLE registries; --",
            "%00%s",
            "- ",
            "a: &a [*a, *a]",
            "? ? ?",
            "{{{{",
            "!<tag:x> y",
            "|9\n a",
        ];
        match self.random.random_range(0..14) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-0.0),
            3 => json!(1e300),
            4 => json!(u64::MAX),
            5 => json!(i64::MIN),
            6 => json!([]),
            7 => json!({}),
            8 => json!({"": {"": [null]}}),
            9 => (0..self.random.random_range(1..200)).fold(json!(1), |inner, _| json!([inner])),
            10 => json!(self.text().repeat(self.random.random_range(1..3000))),
            11 => {
                let length = self.random.random_range(0..20);
                json!((0..length).map(|_| self.random.random::<char>()).collect::<String>())
            }
            _ => json!(TEXTS.choose(self.random).unwrap()),
        }
    }

    /// Changes one thing somewhere in a value.
    pub(crate) fn spoil(&mut self, value: &mut Value) {
        let goes_deeper = self.random.random_bool(0.6);
        match value {
            Value::Object(object) if !object.is_empty() && goes_deeper => {
                let name = object.keys().nth(self.random.random_range(0..object.len()));
                let name = name.unwrap().clone();
                self.spoil(&mut object[&name]);
            }
            Value::Array(items) if !items.is_empty() && goes_deeper => {
                let index = self.random.random_range(0..items.len());
                self.spoil(&mut items[index]);
            }
            Value::Object(object) if self.random.random_bool(0.7) => {
                if self.random.random_bool(0.5) {
                    object.insert(self.text(), self.odd());
                } else if let Some(name) = object.keys().next().cloned() {
                    object.remove(&name);
                }
            }
            value => *value = self.odd(),
        }
    }

    /// Changes some of the bytes.
    pub(crate) fn garble(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.random.random_range(1..4) {
            let place = self.random.random_range(0..=bytes.len());
            match self.random.random_range(0..5) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, self.random.random()),
                2 if place < bytes.len() => bytes[place] = self.random.random(),
                3 if place < bytes.len() => drop(bytes.remove(place)),
                _ => {
                    let again = bytes[place..].to_vec();
                    bytes.extend(again);
                }
            }
        }
    }
}
