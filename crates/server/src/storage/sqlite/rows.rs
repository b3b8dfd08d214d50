//! From rows to values.

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::domain::ecosystem::Ecosystem;
use crate::domain::organization::{Organization, OrganizationSlug, User};
use crate::domain::policy::OidcPolicy;
use crate::domain::properties::{
    Color, Description, Emoji, Refusal, RegistryName, RegistrySlug, TeamIds,
};
use crate::domain::registry::Registry;
use crate::domain::scope::Scope;
use crate::storage::StorageError;

/// The columns of a registry, in every statement that reads one.
pub(super) fn registry(row: &SqliteRow) -> Result<Registry, StorageError> {
    let slug: String = get(row, "slug")?;
    let ecosystem: String = get(row, "ecosystem")?;
    let team_ids: Option<String> = get(row, "team_ids")?;
    Ok(Registry {
        id: uuid(get(row, "id")?)?,
        organization_id: uuid(get(row, "organization_id")?)?,
        slug: slug.parse::<RegistrySlug>().map_err(|_| corrupt("registry slug", &slug))?,
        name: valid("registry name", &get::<String>(row, "name")?, RegistryName::parse)?,
        ecosystem: Ecosystem::parse(&ecosystem).ok_or_else(|| corrupt("ecosystem", &ecosystem))?,
        description: optional(row, "description", Description::parse)?,
        emoji: optional(row, "emoji", Emoji::parse)?,
        color: optional(row, "color", Color::parse)?,
        oidc_policy: get::<Option<String>>(row, "oidc_policy")?.map(OidcPolicy::from_stored),
        team_ids: team_ids.map(|text| parse_team_ids(&text)).transpose()?,
        created_at: time(get(row, "created_at")?)?,
    })
}

/// Columns named `organization_id`, `organization_slug` and `organization_name`.
pub(super) fn organization(row: &SqliteRow) -> Result<Organization, StorageError> {
    let slug: String = get(row, "organization_slug")?;
    Ok(Organization {
        id: uuid(get(row, "organization_id")?)?,
        slug: slug.parse::<OrganizationSlug>().map_err(|_| corrupt("organization slug", &slug))?,
        name: get(row, "organization_name")?,
    })
}

/// Columns named `user_id`, `user_email` and `user_name`.
pub(super) fn user(row: &SqliteRow) -> Result<User, StorageError> {
    Ok(User {
        id: uuid(get(row, "user_id")?)?,
        email: get(row, "user_email")?,
        name: get(row, "user_name")?,
    })
}

pub(super) fn get<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T, StorageError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(StorageError::Database)
}

#[expect(clippy::needless_pass_by_value, reason = "always called with a column just read")]
pub(super) fn uuid(text: String) -> Result<Uuid, StorageError> {
    Uuid::try_parse(&text).map_err(|_| corrupt("identifier", &text))
}

pub(super) fn time(milliseconds: i64) -> Result<DateTime<Utc>, StorageError> {
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| corrupt("time", &milliseconds.to_string()))
}

pub(super) fn scopes(text: &str) -> Result<Vec<Scope>, StorageError> {
    let words: Vec<String> = from_json("set of scopes", text)?;
    words.iter().map(|word| word.parse().map_err(|_| corrupt("scope", word))).collect()
}

pub(super) fn scopes_json(scopes: &[Scope]) -> String {
    serde_json::Value::from(scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>())
        .to_string()
}

pub(super) fn team_ids_json(team_ids: &TeamIds) -> String {
    let ids: Vec<String> = team_ids.as_slice().iter().map(Uuid::to_string).collect();
    serde_json::Value::from(ids).to_string()
}

fn parse_team_ids(text: &str) -> Result<TeamIds, StorageError> {
    from_json("list of team ids", text).map(TeamIds::from_stored)
}

fn optional<T>(
    row: &SqliteRow,
    column: &'static str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, StorageError> {
    get::<Option<String>>(row, column)?.map(|text| valid(column, &text, parse)).transpose()
}

fn valid<T>(
    what: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<T, StorageError> {
    parse(text).map_err(|_| corrupt(what, text))
}

fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|_| corrupt(what, text))
}

fn corrupt(what: &'static str, value: &str) -> StorageError {
    StorageError::Corrupt { what, value: value.to_owned() }
}
