//! `registries-server user`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseOption;
use super::listing::List;
use super::visible::is_active;
use super::{Failure, print};
use crate::domain::organization;
use crate::storage::WhenMissing;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Create a user, whose rate limit all its tokens share
    #[command(after_help = EXAMPLES)]
    Create(Create),
    /// List all users
    List(List),
}

const EXAMPLES: &str = "\
Example:
  registries-server user create --database sqlite://registries.db jo@example.org --name 'Jo'

`token create --user EMAIL` creates the user as well, named as the mailbox is.";

#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    database: DatabaseOption,
    /// The email address, by which tokens are given to the user
    #[arg(value_parser = email)]
    email: String,
    /// What the user is called, by default as the mailbox is
    #[arg(long)]
    name: Option<String>,
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
        _ => Err("an email address has the form name@host"),
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
