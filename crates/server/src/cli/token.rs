//! `registries-server token`.

use std::time::Duration;

use clap::{Args, Subcommand};
use registries_command_line::print_secret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::database::DatabaseOption;
use super::listing::OfOrganization;
use super::user::email;
use super::{Failure, print};
use crate::admin::{Admin, TokenRequest};
use crate::domain::scope::{Scope, UnknownScope};
use crate::domain::token::AccessToken;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Create an access token and print it, once
    #[command(after_long_help = EXAMPLES)]
    Create(Create),
    /// List the access tokens for an organization
    List(OfOrganization),
    /// Revoke an access token, immediately and permanently
    Revoke(Revoke),
}

const EXAMPLES: &str = "\
Examples:
  export REGISTRIES_SERVER_DATABASE=sqlite://registries.db
  TOKEN=$(registries-server token create --org my-org --scopes all)
  registries-server token create --org my-org --org my-other-org \\
    --scopes read_registries --description Dashboard --expires-in 30d

Scopes:
  read_registries create_registries write_registries delete_registries
  read_packages write_packages delete_packages
  read_organizations read_accounts";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// Organization; repeat it, or separate by commas
    #[arg(long, value_name = "SLUG", required = true, value_delimiter = ',')]
    org: Vec<String>,
    /// Scope, or `all`; repeat it, or separate by commas
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scopes)]
    scopes: Vec<Scopes>,
    /// What the token is for
    #[arg(long, value_name = "TEXT", default_value = "Access token")]
    description: String,
    /// User of the token
    ///
    /// The user is created if it is missing. By default, an organization has one user for its tokens. A
    /// token for more organizations belongs to the user of the first one.
    #[arg(long, value_name = "EMAIL", value_parser = email)]
    user: Option<String>,
    /// Lifetime of the token [default: unlimited]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires_in: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    database: DatabaseOption,
    /// Id of the token, from `token list` or `uuid` in the API
    #[arg(value_parser = id)]
    id: Uuid,
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List(OfOrganization { org, list }) => {
                list.print(&KEYS, async |admin| admin.tokens(&org).await, entry).await
            }
            Self::Revoke(revoke) => revoke.run().await,
        }
    }
}

/// The columns of a list of tokens.
const KEYS: [&str; 8] = [
    "id",
    "description",
    "user",
    "organizations",
    "scopes",
    "created_at",
    "expires_at",
    "revoked_at",
];

fn entry(token: &AccessToken) -> Value {
    json!({
        "id": token.id,
        "description": token.description,
        "user": token.user.email,
        "organizations": token.organizations.iter().map(|it| it.slug.as_str()).collect::<Vec<_>>(),
        "scopes": token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    })
}

impl Create {
    async fn run(self) -> Result<(), Failure> {
        let request = TokenRequest {
            organizations: self.org,
            scopes: self.scopes.into_iter().flat_map(|Scopes(scopes)| scopes).collect(),
            description: self.description,
            user: self.user,
            expires_in: self.expires_in,
        };
        let create = async |admin: &Admin| {
            let (id, secret) = admin.create_token(&request).await?;
            Ok(match print_secret(&format!("{secret}\n")) {
                Ok(()) => Ok(()),
                Err(unprinted) => Err(revoke_lost(admin, id, &unprinted.to_string()).await),
            })
        };
        self.database.administer(WhenMissing::Fail, create).await?
    }
}

/// Revokes a token whose secret was not printed.
async fn revoke_lost(admin: &Admin, id: Uuid, unprinted: &str) -> Failure {
    let end = match admin.revoke_token(id).await {
        Ok(()) => format!("the token {id} was revoked"),
        Err(error) => format!(
            "the token {id} could not be revoked: {error}; revoke it with `registries-server token \
             revoke {id}`"
        ),
    };
    Failure::not_carried_out(format!("{unprinted}; {end}"))
}

impl Revoke {
    async fn run(self) -> Result<(), Failure> {
        let revoke = async |admin: &Admin| admin.revoke_token(self.id).await;
        self.database.administer(WhenMissing::Fail, revoke).await?;
        print(&format!("revoked the access token {}", self.id))
    }
}

/// A value of `--scopes`: one scope, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scopes(Vec<Scope>);

fn scopes(text: &str) -> Result<Scopes, UnknownScope> {
    if text == "all" {
        return Ok(Scopes(Scope::ALL.to_vec()));
    }
    text.trim().parse().map(|scope| Scopes(vec![scope]))
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    match registries_command_line::duration(text)? {
        Duration::ZERO => Err("expected a duration that is not zero, for example 30d, 12h or 90m"),
        duration => Ok(duration),
    }
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(|_| "expected an id, as in the first column of `token list`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_one_or_all() {
        assert_eq!(scopes("all"), Ok(Scopes(Scope::ALL.to_vec())));
        assert_eq!(scopes(" write_packages"), Ok(Scopes(vec![Scope::WritePackages])));
        for text in ["", "read_registries,", "ALL", "admin"] {
            assert!(scopes(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_not_nothing() {
        assert_eq!(duration("30d"), Ok(Duration::from_hours(24 * 30)));
        for text in ["", "0", "0s", "-1d", "soon"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }
}
