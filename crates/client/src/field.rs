//! A property of a request that may be null.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A property of a request in its three states: absent, null, or a value.
///
/// For an update these are three different things: what is absent stays as it is, what is null is
/// cleared, and a value is set. Setters take a `Field` or just the value:
///
/// ```
/// use registries_client::{Field, types};
///
/// let update: types::UpdateRegistry = types::UpdateRegistry::builder()
///     .description(Field::Null) // cleared
///     .emoji(":sunflower:") // set
///     .try_into()?; // everything else stays as it is
/// assert_eq!(serde_json::to_string(&update)?, r#"{"description":null,"emoji":":sunflower:"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// There is no conversion from `Option`, since `None` could mean either absent or null. Say which:
/// `value.map_or(Field::Null, Field::Value)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// Not sent: an update leaves the property as it is.
    #[default]
    Absent,
    /// Sent as null: an update clears the property.
    Null,
    /// Sent as this value.
    Value(T),
}

impl<T> Field<T> {
    /// Whether the property is not sent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the property is sent as null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Field<T> {
    /// Writes a value, or null. An absent property is left out by the struct that it belongs to.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Field, types};

    #[test]
    fn the_three_states_are_read_and_written() {
        for json in ["{}", r#"{"color":null}"#, r##"{"color":"#f0ccff"}"##] {
            let update: types::UpdateRegistry = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&update).unwrap(), json);
        }
        let update: types::UpdateRegistry = serde_json::from_str(r#"{"color":null}"#).unwrap();
        assert!(update.color.is_null() && update.emoji.is_absent());
        assert_eq!(Field::from("text").value().map(String::as_str), Some("text"));
    }
}
