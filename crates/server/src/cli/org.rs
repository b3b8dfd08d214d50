//! `registries-server org`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::consent::{Consent, counted};
use super::database::DatabaseOption;
use super::listing::List;
use super::{Failure, print};
use crate::admin::Admin;
use crate::domain::organization::{Organization, OrganizationSlug};
use crate::storage::{Belongings, WhenMissing};

#[derive(Debug, Subcommand)]
pub(super) enum Org {
    /// Create an organization, and the database if it is missing
    #[command(after_long_help = CREATE)]
    Create(Create),
    /// List all organizations
    List(List),
    /// Delete an organization with everything that belongs to it
    ///
    /// Deletes its registries with their tokens, its teams, and the access tokens that are for no other
    /// organization. This cannot be undone.
    #[command(after_long_help = DELETE)]
    Delete(Delete),
}

const CREATE: &str = "\
Example:
  registries-server org create --database sqlite://registries.db my-org \\
    --name 'My organization'";

const DELETE: &str = "\
Example:
  registries-server org delete --database sqlite://registries.db my-org --yes";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// Slug, the name in paths
    ///
    /// Words of lower-case letters and digits, joined by single `-` or `_`.
    slug: OrganizationSlug,
    /// Display name [default: the slug]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    database: DatabaseOption,
    /// Slug of the organization
    slug: String,
    #[command(flatten)]
    consent: Consent,
}

impl Org {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(Create { database, slug, name }) => {
                let organization = database
                    .administer(WhenMissing::Create, async |admin| {
                        admin.create_organization(slug.as_str(), name.as_deref()).await
                    })
                    .await?;
                print(&format!("created the organization {}", organization.slug))
            }
            Self::Delete(Delete { database, slug, consent }) => {
                let found = database.look(async |admin| admin.belongings(&slug).await).await?;
                let Belongings { registries, tokens, teams } = found;
                let question = format!(
                    "Delete the organization {slug} with {}, {} and {}?",
                    counted(registries, "registry", "registries"),
                    counted(tokens, "access token", "access tokens"),
                    counted(teams, "team", "teams")
                );
                consent.ask(&question, "nothing was deleted")?;
                let delete = async |admin: &Admin| admin.delete_organization(&slug).await;
                database.administer(WhenMissing::Fail, delete).await?;
                print(&format!("deleted the organization {slug}"))
            }
            Self::List(list) => {
                let entry = |one: &Organization| {
                    json!({"slug": one.slug.as_str(), "name": one.name, "id": one.id,
                        "created_at": one.created_at})
                };
                let keys = ["slug", "name", "id", "created_at"];
                list.print(&keys, async |admin| admin.organizations().await, entry).await
            }
        }
    }
}
