//! Statements, and the rows that they give.
//!
//! `PostgreSQL` and `SQLite` both take `$1` for the first value, and the same statements: there is
//! one text of each.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::StorageError;

/// A statement with its values.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) fn new<const N: usize>(sql: &'static str, values: [Value; N]) -> Self {
        Self { sql, values: values.into() }
    }
}

/// What a statement is given, and what is in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Id(Uuid),
    Text(Option<String>),
    Integer(Option<i64>),
    Boolean(bool),
    Bytes(Vec<u8>),
}

impl Value {
    /// Nothing, in a row.
    pub(super) const NULL: Self = Self::Text(None);
}

macro_rules! values_from {
    ($($type:ty: $name:ident => $value:expr,)*) => {
        $(impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $value
            }
        })*
    };
}

// Times are stored in milliseconds.
values_from! {
    Uuid: id => Self::Id(id),
    &str: text => Some(text).into(),
    Option<&str>: text => Self::Text(text.map(str::to_owned)),
    i64: number => Self::Integer(Some(number)),
    DateTime<Utc>: time => Some(time).into(),
    Option<DateTime<Utc>>: time => Self::Integer(time.map(|time| time.timestamp_millis())),
    bool: boolean => Self::Boolean(boolean),
    &[u8]: bytes => Self::Bytes(bytes.to_vec()),
}

/// A row that was read.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The names of the columns, in their order.
    pub(super) columns: Arc<[Box<str>]>,
    pub(super) values: Box<[Value]>,
}

impl Row {
    pub(super) fn id(&self, column: &'static str) -> Result<Uuid, StorageError> {
        match self.value(column)? {
            Value::Id(id) => Ok(*id),
            // SQLite has no type for them.
            Value::Text(Some(text)) => Uuid::try_parse(text).map_err(|_| corrupt(column, text)),
            other => Err(wrong_type(column, other)),
        }
    }

    pub(super) fn text(&self, column: &'static str) -> Result<&str, StorageError> {
        self.optional_text(column)?.ok_or_else(|| wrong_type(column, &Value::NULL))
    }

    pub(super) fn optional_text(&self, column: &'static str) -> Result<Option<&str>, StorageError> {
        match self.value(column)? {
            Value::Text(text) => Ok(text.as_deref()),
            other => Err(wrong_type(column, other)),
        }
    }

    pub(super) fn integer(&self, column: &'static str) -> Result<i64, StorageError> {
        match self.value(column)? {
            Value::Integer(Some(number)) => Ok(*number),
            other => Err(wrong_type(column, other)),
        }
    }

    pub(super) fn time(&self, column: &'static str) -> Result<DateTime<Utc>, StorageError> {
        let number = self.integer(column)?;
        DateTime::from_timestamp_millis(number).ok_or_else(|| corrupt(column, &number.to_string()))
    }

    pub(super) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<DateTime<Utc>>, StorageError> {
        if self.value(column)? == &Value::NULL { Ok(None) } else { self.time(column).map(Some) }
    }

    pub(super) fn boolean(&self, column: &'static str) -> Result<bool, StorageError> {
        match self.value(column)? {
            Value::Boolean(boolean) => Ok(*boolean),
            // SQLite has no type for them.
            Value::Integer(Some(number)) => Ok(*number != 0),
            other => Err(wrong_type(column, other)),
        }
    }

    pub(super) fn bytes(&self, column: &'static str) -> Result<&[u8], StorageError> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(wrong_type(column, other)),
        }
    }

    fn value(&self, column: &'static str) -> Result<&Value, StorageError> {
        let index = self.columns.iter().position(|name| **name == *column);
        let value = index.and_then(|index| self.values.get(index));
        value.ok_or_else(|| corrupt(column, "no such column"))
    }
}

fn wrong_type(column: &'static str, value: &Value) -> StorageError {
    corrupt(column, &format!("{value:?}"))
}

/// What no server can have written.
pub(super) fn corrupt(what: &'static str, value: &str) -> StorageError {
    StorageError::Corrupt { what, value: value.to_owned() }
}
