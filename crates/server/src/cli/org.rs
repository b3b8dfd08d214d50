//! `registries-server org`.

use clap::{Args, Subcommand};

use super::database::DatabaseOption;
use super::{Failure, print};
use crate::domain::organization::OrganizationSlug;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Org {
    /// Create an organization, and the database if there is none
    #[command(after_help = EXAMPLES)]
    Create(Create),
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
        let Self::Create(Create { database, slug, name }) = self;
        let admin = database.admin(WhenMissing::Create).await?;
        let organization = admin.create_organization(slug.as_str(), name.as_deref()).await;
        admin.storage.close().await;
        print(&format!("created the organization {}", organization?.slug))
    }
}
