//! `registries-server user`.

use clap::{Args, Subcommand};
use registries_command_line::visible::is_active;
use serde_json::json;

use super::consent::{Consent, counted};
use super::database::DatabaseOption;
use super::listing::List;
use super::{Failure, print};
use crate::admin::Admin;
use crate::domain::organization;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Create a user; all tokens of a user share one rate limit
    #[command(after_long_help = CREATE)]
    Create(Create),
    /// List all users
    List(List),
    /// Delete a user with its access tokens
    ///
    /// A user whose registry tokens still exist is not deleted. This cannot be undone.
    #[command(after_long_help = DELETE)]
    Delete(Delete),
}

const CREATE: &str = "\
Example:
  registries-server user create --database sqlite://registries.db \\
    jo@example.org --name Jo

`token create --user EMAIL` creates the user too.";

const DELETE: &str = "\
Example:
  registries-server user delete --database sqlite://registries.db \\
    jo@example.org --yes";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// Email address, which identifies the user
    #[arg(value_parser = email)]
    email: String,
    /// Display name [default: the part before the @]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    database: DatabaseOption,
    /// Email address of the user
    email: String,
    #[command(flatten)]
    consent: Consent,
}

impl User {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(Create { database, email, name }) => {
                let user = database
                    .administer(WhenMissing::Fail, async |admin| {
                        admin.create_user(&email, name.as_deref()).await
                    })
                    .await?;
                print(&format!("created the user {}", user.email))
            }
            Self::Delete(Delete { database, email, consent }) => {
                let count = database.look(async |admin| admin.tokens_of_user(&email).await).await?;
                let tokens = counted(count, "access token", "access tokens");
                let question = format!("Delete the user {email} with {tokens}?");
                consent.ask(&question, "nothing was deleted")?;
                let delete = async |admin: &Admin| admin.delete_user(&email).await;
                database.administer(WhenMissing::Fail, delete).await?;
                print(&format!("deleted the user {email}"))
            }
            Self::List(list) => {
                let entry = |user: &organization::User| {
                    json!({"id": user.id, "email": user.email, "name": user.name,
                        "created_at": user.created_at})
                };
                let keys = ["id", "email", "name", "created_at"];
                list.print(&keys, async |admin| admin.users().await, entry).await
            }
        }
    }
}

pub(super) fn email(text: &str) -> Result<String, &'static str> {
    match text.split_once('@') {
        Some((name, host))
            if !name.is_empty()
                && !host.is_empty()
                && !text.contains(|c: char| c.is_whitespace() || is_active(c)) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("expected an email address, name@host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_has_a_mailbox_and_a_host() {
        assert_eq!(email("a@b"), Ok("a@b".to_owned()));
        for text in ["", "a", "@b", "a@", "a @b", "a\u{1b}@b", "a@b\u{202e}"] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }
}
