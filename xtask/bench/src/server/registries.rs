//! Registries by their number: what they are called, and storing many at once.

use std::path::Path;

use anyhow::Result;
use rusqlite::{CachedStatement, Connection, params};
use serde_json::json;

/// The organization that everything is in.
pub(super) const ORGANIZATION: &str = "bench";

/// All registries of the organization.
pub(super) const PATH: &str = "/v2/packages/organizations/bench/registries";

const DESCRIPTION: &str = "Packages of one team, and of nobody else";
const EMOJI: &str = ":sunflower:";
const COLOR: &str = "#f0ccff";

/// Where a registry is. All are answered with as many bytes.
pub(super) fn path(number: usize) -> String {
    format!("{PATH}/{}", slug(number))
}

/// What a request to create a registry says.
pub(super) fn body(number: usize) -> String {
    json!({
        "name": name(number),
        "ecosystem": "java",
        "description": DESCRIPTION,
        "emoji": EMOJI,
        "color": COLOR,
    })
    .to_string()
}

/// Stores as many at once, as nothing but a benchmark may.
pub(super) fn seed(database: &Path, count: usize) -> Result<()> {
    let mut connection = Connection::open(database)?;
    let organization = organization(&connection)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = insert(&transaction)?;
        for number in 0..count {
            store(&mut insert, &organization, number)?;
        }
    }
    transaction.commit()?;
    // A large log would be read before anything else is.
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    Ok(())
}

/// Stores as many tokens of the first registry.
pub(super) fn seed_tokens(database: &Path, count: usize) -> Result<()> {
    let mut connection = Connection::open(database)?;
    let (registry, user): (String, String) = connection.query_row(
        "SELECT registries.id, users.id FROM registries CROSS JOIN users LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO registry_tokens (id, registry_id, digest, description, created_at, \
             created_by) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
        )?;
        for number in 0..count {
            let id = id(number);
            insert.execute(params![id, registry, id.as_bytes(), DESCRIPTION, user])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The identifier of the organization.
pub(super) fn organization(connection: &Connection) -> Result<String> {
    let sql = "SELECT id FROM organizations WHERE slug = ?1";
    Ok(connection.query_row(sql, [ORGANIZATION], |row| row.get(0))?)
}

pub(super) fn insert(connection: &Connection) -> Result<CachedStatement<'_>> {
    Ok(connection.prepare_cached(
        "INSERT INTO registries (id, organization_id, slug, name, ecosystem, description, emoji, \
         color, created_at) VALUES (?1, ?2, ?3, ?4, 'java', ?5, ?6, ?7, 0)",
    )?)
}

pub(super) fn store(
    insert: &mut CachedStatement<'_>,
    organization: &str,
    number: usize,
) -> Result<()> {
    let (slug, name) = (slug(number), name(number));
    insert.execute(params![id(number), organization, slug, name, DESCRIPTION, EMOJI, COLOR])?;
    Ok(())
}

fn id(number: usize) -> String {
    format!("0191df84-85e4-7000-8000-{number:012x}")
}

fn name(number: usize) -> String {
    format!("Registry number {number:09}")
}

fn slug(number: usize) -> String {
    format!("registry-number-{number:09}")
}
