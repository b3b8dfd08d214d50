//! `registries-server org`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseOption;
use super::listing::ListOption;
use super::{Failure, print};
use crate::domain::organization::OrganizationSlug;
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

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseOption,
    #[command(flatten)]
    output: ListOption,
}

impl Org {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(Create { database, slug, name }) => {
                let admin = database.admin(WhenMissing::Create).await?;
                let organization = admin.create_organization(slug.as_str(), name.as_deref()).await;
                admin.storage.close().await;
                print(&format!("created the organization {}", organization?.slug))
            }
            Self::List(List { database, output }) => {
                let admin = database.admin(WhenMissing::Fail).await?;
                let organizations = admin.organizations().await;
                admin.storage.close().await;
                let entries = organizations?.into_iter().map(|one| {
                    json!({"slug": one.slug.as_str(), "name": one.name, "id": one.id,
                        "created_at": one.created_at})
                });
                output.print(&["slug", "name", "id", "created_at"], entries.collect())
            }
        }
    }
}
