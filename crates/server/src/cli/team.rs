//! `registries-server team`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseOption;
use super::listing::ListOption;
use super::{Failure, print};
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Create a team and print its id, which `team_ids` takes
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// List the teams of an organization
    List(List),
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

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseOption,
    /// The organization
    #[arg(long, value_name = "SLUG")]
    org: String,
    #[command(flatten)]
    output: ListOption,
}

impl Team {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(Create { database, org, name }) => {
                let admin = database.admin(WhenMissing::Fail).await?;
                let team = admin.create_team(&org, &name).await;
                admin.storage.close().await;
                print(&team?.id.to_string())
            }
            Self::List(List { database, org, output }) => {
                let admin = database.admin(WhenMissing::Fail).await?;
                let teams = admin.teams(&org).await;
                admin.storage.close().await;
                let entries = teams?.into_iter().map(
                    |team| json!({"id": team.id, "name": team.name, "created_at": team.created_at}),
                );
                output.print(&["id", "name", "created_at"], entries.collect())
            }
        }
    }
}
