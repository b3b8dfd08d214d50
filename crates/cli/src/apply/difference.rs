//! What differs between a property as it is and as it is declared.

use registries_client::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::visible::visible;

/// How many lines of a policy stand around those that differ.
const CONTEXT: usize = 3;

/// A property that changes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Difference {
    /// The property, such as description
    pub(super) property: String,
    /// What it is before; null if it has no value
    from: Value,
    /// What it becomes; null if it is cleared
    pub(super) to: Value,
}

impl Difference {
    pub(crate) fn new(property: &str, from: impl Into<Value>, to: impl Into<Value>) -> Self {
        Self { property: property.to_owned(), from: from.into(), to: to.into() }
    }

    /// It in lines: of a policy those that differ, of another property both values.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Self { property, from, to } = self;
        if property == "policy" {
            let heading = if is_none(to) { "policy: removed" } else { "policy:" };
            let lines = policy_lines(from, to).into_iter().map(|line| format!("  {line}"));
            return std::iter::once(heading.to_owned()).chain(lines).collect();
        }
        vec![if from.is_null() {
            format!("{property}: {}", shown(to))
        } else {
            format!("{property}: {} -> {}", shown(from), shown(to))
        }]
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => visible(&other.to_string()),
    }
}

/// Whether a policy accepts no token, in any form of that.
pub(crate) fn is_none(policy: &Value) -> bool {
    policy.is_null() || *policy == "" || policy.as_array().is_some_and(Vec::is_empty)
}

/// Whether two policies have the same statements, in whichever form.
pub(crate) fn is_same_policy(one: &Value, other: &Value) -> bool {
    let statements =
        |policy: &Value| serde_json::from_value::<Policy>(policy.clone()).ok()?.statements().ok();
    match (is_none(one), is_none(other)) {
        (false, false) => {
            let (read, of_other) = (statements(one), statements(other));
            one == other || (read.is_some() && read == of_other)
        }
        (one, other) => one == other,
    }
}

/// The lines of two policies that differ, and some around them.
fn policy_lines(from: &Value, to: &Value) -> Vec<String> {
    let (from, to) = match (normal(from), normal(to)) {
        (Some(from), Some(to)) if from != to => (from, to),
        _ => (text(from), text(to)),
    };
    let diff = TextDiff::from_lines(&from, &to);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !lines.is_empty() {
            lines.push("...".to_owned());
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", visible(change.value().trim_end_matches('\n'))));
        }
    }
    lines
}

/// A policy in the one form that its statements have.
fn normal(policy: &Value) -> Option<String> {
    if is_none(policy) {
        return Some(String::new());
    }
    let statements = serde_json::from_value::<Policy>(policy.clone()).ok()?.statements().ok()?;
    Policy::new(statements).to_yaml().ok()
}

/// A policy as it was written.
fn text(policy: &Value) -> String {
    match policy {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => serde_saphyr::to_string(other).unwrap_or_else(|_| other.to_string()),
    }
}
