//! `registries auth`.

use clap::{Args, Subcommand};

use crate::{
    consent::Consent,
    failure::Failure,
    input,
    output::Output,
    session::{Address, Connection, from_environment},
    tokens,
    ui::Ui,
    views::{AccessToken, View},
};

/// The access token that requests are made with.
#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Keep an access token for later commands
    Login(Login),
    /// Show where the access token comes from, and its scopes
    Status(Status),
    /// Remove the token that login kept
    Logout(Logout),
    /// Revoke the access token, immediately and permanently
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth login
  registries auth login < token.txt
  registries auth login --in-file --profile staging

The token is typed at a prompt that does not show it, or read from standard
input. It is tried, and then kept in the system's keyring. Without one, or with
--in-file, it is kept in tokens.toml beside config.toml, which only you can
read. It is sent to this base URL only.")]
pub(crate) struct Login {
    /// Keep the token in a file, and not in the system's keyring
    #[arg(long)]
    in_file: bool,
    #[command(flatten)]
    address: Address,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth logout

The token stays valid. `registries auth revoke` revokes it.")]
pub(crate) struct Logout {
    #[command(flatten)]
    address: Address,
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
            Self::Login(login) => login.run(ui).await,
            Self::Logout(logout) => logout.run(ui),
            Self::Status(status) => status.run(ui).await,
            Self::Revoke(revoke) => revoke.run(ui).await,
        }
    }
}

impl Login {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let secret = input::secret("Access token: ")?;
        let (base_url, session) = self.address.open(&secret, ui)?;
        let token = session.send(session.client.access_token().get().send()).await?;
        let place = tokens::keep(&base_url, &secret, self.in_file)?;
        let (scopes, place) = (token.scopes.join(", "), place.described());
        ui.note(&format!("kept a token for {base_url} in {place}; its scopes: {scopes}"));
        if let Some((_, variable)) = from_environment() {
            ui.note(&format!("{variable} is set, and is used instead of it"));
        }
        Ok(())
    }
}

impl Logout {
    fn run(self, ui: Ui) -> Result<(), Failure> {
        let base_url = self.address.resolve()?;
        let place = tokens::remove(&base_url)?.ok_or_else(|| {
            Failure::Refused(format!("no token for {base_url} is kept; nothing was removed"))
        })?;
        ui.note(&format!("removed the token for {base_url} from {}", place.described()));
        Ok(())
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
