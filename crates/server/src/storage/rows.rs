//! From rows to values.

use uuid::Uuid;

use super::failure::StorageError;
use super::statement::{Row, corrupt};
use crate::domain::ecosystem::Ecosystem;
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::domain::properties::{
    Color, Description, Emoji, Refusal, RegistryName, RegistrySlug, TeamIds,
};
use crate::domain::registry::Registry;
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use registries_policy::OidcPolicy;

/// The columns of a registry, in every statement that reads one.
pub(super) fn registry(row: &Row) -> Result<Registry, StorageError> {
    let (slug, ecosystem) = (row.text("slug")?, row.text("ecosystem")?);
    Ok(Registry {
        id: row.id("id")?,
        organization_id: row.id("organization_id")?,
        slug: slug.parse::<RegistrySlug>().map_err(|_| corrupt("registry slug", slug))?,
        name: valid("registry name", row.text("name")?, RegistryName::parse)?,
        ecosystem: Ecosystem::parse(ecosystem).ok_or_else(|| corrupt("ecosystem", ecosystem))?,
        description: optional(row, "description", Description::parse)?,
        emoji: optional(row, "emoji", Emoji::parse)?,
        color: optional(row, "color", Color::parse)?,
        oidc_policy: row
            .optional_text("oidc_policy")?
            .map(|it| OidcPolicy::from_stored(it.to_owned())),
        team_ids: row.optional_text("team_ids")?.map(parse_team_ids).transpose()?,
        created_at: row.time("created_at")?,
    })
}

/// The columns of a registry token and of the user that created it.
pub(super) fn registry_token(row: &Row) -> Result<RegistryToken, StorageError> {
    Ok(RegistryToken {
        id: row.id("id")?,
        registry_id: row.id("registry_id")?,
        description: valid(
            "registry token's description",
            row.text("description")?,
            Description::parse,
        )?,
        created_at: row.time("created_at")?,
        created_by: user(row)?,
    })
}

/// Columns named `organization_id`, `organization_slug`, `organization_name` and
/// `organization_created_at`.
pub(super) fn organization(row: &Row) -> Result<Organization, StorageError> {
    let slug = row.text("organization_slug")?;
    Ok(Organization {
        id: row.id("organization_id")?,
        slug: slug.parse::<OrganizationSlug>().map_err(|_| corrupt("organization slug", slug))?,
        name: row.text("organization_name")?.to_owned(),
        created_at: row.time("organization_created_at")?,
    })
}

pub(super) fn team(row: &Row) -> Result<Team, StorageError> {
    Ok(Team {
        id: row.id("id")?,
        organization_id: row.id("organization_id")?,
        name: row.text("name")?.to_owned(),
        created_at: row.time("created_at")?,
    })
}

/// Columns named `user_id`, `user_email`, `user_name` and `user_created_at`.
pub(super) fn user(row: &Row) -> Result<User, StorageError> {
    Ok(User {
        id: row.id("user_id")?,
        email: row.text("user_email")?.to_owned(),
        name: row.text("user_name")?.to_owned(),
        created_at: row.time("user_created_at")?,
    })
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
    row: &Row,
    column: &'static str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, StorageError> {
    row.optional_text(column)?.map(|text| valid(column, text, parse)).transpose()
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
