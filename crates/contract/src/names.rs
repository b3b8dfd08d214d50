//! Names that an object has twice: readers of JSON differ in which value they keep, or fail.

use std::{collections::HashSet, fmt};

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The place of the first name that an object of the text has twice; `None` also when the text is no
/// JSON.
pub(super) fn repeated_name(text: &str) -> Option<String> {
    let mut found = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let _ = Names { place: String::new(), found: &mut found }.deserialize(&mut json);
    found
}

/// Reads a value only for the names in it.
struct Names<'a> {
    place: String,
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let place = format!("{}/{name}", self.place);
            if !known.insert(name) && self.found.is_none() {
                *self.found = Some(place.clone());
            }
            map.next_value_seed(Names { place, found: &mut *self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        loop {
            let place = format!("{}/{index}", self.place);
            let item = Names { place, found: &mut *self.found };
            if list.next_element_seed(item)?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        de::IgnoredAny::deserialize(deserializer).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_found_where_it_is() {
        for (text, expected) in [
            (r#"{"a": 1, "b": [1.5, -2, null, true, "a"], "c": {"a": 1}}"#, None),
            (r#"{"a": 1, "a": 1}"#, Some("/a")),
            (r#"[{"b": {"é": 1, "\u00e9": 2}}]"#, Some("/0/b/é")),
            (r#"{"a": 1, "a": "#, Some("/a")),
            ("nothing", None),
            ("", None),
        ] {
            assert_eq!(repeated_name(text).as_deref(), expected, "{text}");
        }
    }
}
