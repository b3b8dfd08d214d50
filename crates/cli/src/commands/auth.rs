//! `registries auth`.

use clap::{Args, Subcommand};

use crate::{
    consent::Consent,
    failure::Failure,
    output::Output,
    session::Connection,
    ui::Ui,
    views::{AccessToken, View},
};

/// The access token that requests are made with.
#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Show where the access token comes from, and its scopes
    Status(Status),
    /// Revoke the access token, immediately and permanently
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth status
  registries auth status --output json | jq '.scopes'")]
pub(crate) struct Status {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth revoke

Nothing can be done with the token after that, and it cannot be taken back.")]
pub(crate) struct Revoke {
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    connection: Connection,
}

impl Auth {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        match self {
            Self::Status(status) => status.run(ui).await,
            Self::Revoke(revoke) => revoke.run(ui).await,
        }
    }
}

impl Status {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.connection.open(ui)?;
        let token = session.send(session.client.access_token().get().send()).await?;
        let mut token = AccessToken::of(&token)?;
        token.source.clone_from(&session.token_source);
        session.client.base_url().clone_into(&mut token.base_url);
        self.output.object(&token)
    }
}

impl Revoke {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.connection.open(ui)?;
        let question = format!("Revoke the access token from {}?", session.token_source);
        self.consent.ask(&question, "the token was not revoked")?;
        session.send(session.client.access_token().revoke().send()).await?;
        ui.note(&format!("revoked the access token from {}", session.token_source));
        Ok(())
    }
}
