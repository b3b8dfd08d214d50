//! `registries-server team`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseOption;
use super::listing::OfOrganization;
use super::{Failure, print};
use crate::domain::organization;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Create a team and print its id, which `team_ids` takes
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// List the teams of an organization
    List(OfOrganization),
}

const EXAMPLES: &str = "\
Example:
  registries-server team create --database sqlite://registries.db --org my-org Platform

From its first team on, an organization's registries are created with `team_ids`.";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// The organization that the team is a part of
    #[arg(long, value_name = "SLUG")]
    org: String,
    /// What the team is called
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
}

impl Team {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(Create { database, org, name }) => {
                let team = database
                    .administer(WhenMissing::Fail, async |admin| {
                        admin.create_team(&org, &name).await
                    })
                    .await?;
                print(&team.id.to_string())
            }
            Self::List(OfOrganization { org, list }) => {
                let entry = |team: &organization::Team| json!({"id": team.id, "name": team.name, "created_at": team.created_at});
                let keys = ["id", "name", "created_at"];
                list.print(&keys, async |admin| admin.teams(&org).await, entry).await
            }
        }
    }
}
