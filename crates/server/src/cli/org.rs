//! `registries-server org`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseOption;
use super::listing::List;
use super::{Failure, print};
use crate::domain::organization::{Organization, OrganizationSlug};
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Org {
    /// Create an organization, and the database if there is none
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// List all organizations
    List(List),
}

const EXAMPLES: &str = "\
Example:
  registries-server org create --database sqlite://registries.db my-org --name 'My organization'";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// What the organization is called in paths: words of lower-case letters and digits, joined by
    /// single `-` or `_`
    slug: OrganizationSlug,
    /// What it is called elsewhere, by default its slug
    #[arg(long)]
    name: Option<String>,
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
