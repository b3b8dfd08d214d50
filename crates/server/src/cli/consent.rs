//! What is asked before something is deleted.

pub(super) use registries_command_line::Consent;

/// A number of things, in words.
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
