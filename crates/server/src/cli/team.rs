//! `registries-server team`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::consent::Consent;
use super::database::DatabaseOption;
use super::listing::OfOrganization;
use super::{Failure, print};
use crate::admin::Admin;
use crate::domain::organization;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Create a team and print its id, for `team_ids`
    #[command(after_long_help = CREATE)]
    Create(Create),
    /// List the teams of an organization
    List(OfOrganization),
    /// Delete a team
    ///
    /// Registries keep its id in `team_ids`.
    #[command(after_long_help = DELETE)]
    Delete(Delete),
}

const CREATE: &str = "\
Example:
  registries-server team create --database sqlite://registries.db \\
    --org my-org Platform

Once an organization has a team, its registries are created with `team_ids`.";

const DELETE: &str = "\
Example:
  registries-server team delete --database sqlite://registries.db \\
    --org my-org Platform --yes";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// Organization of the team
    #[arg(long, value_name = "SLUG")]
    org: String,
    /// Name of the team
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    team: Create,
    #[command(flatten)]
    consent: Consent,
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
            Self::Delete(Delete { team: Create { database, org, name }, consent }) => {
                consent.ask(&format!("Delete the team {name} of {org}?"), "nothing was deleted")?;
                let delete = async |admin: &Admin| admin.delete_team(&org, &name).await;
                database.administer(WhenMissing::Fail, delete).await?;
                print(&format!("deleted the team {name}"))
            }
            Self::List(OfOrganization { org, list }) => {
                let entry = |team: &organization::Team| json!({"id": team.id, "name": team.name, "created_at": team.created_at});
                let keys = ["id", "name", "created_at"];
                list.print(&keys, async |admin| admin.teams(&org).await, entry).await
            }
        }
    }
}
