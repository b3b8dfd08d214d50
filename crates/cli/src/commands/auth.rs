//! `registries auth`.

use clap::{Args, Subcommand};
use registries_command_line::Consent;

use crate::{
    credential::{Source, stored},
    failure::Failure,
    input,
    output::Output,
    session::{Address, Connection, InOrganization},
    settings::Setting,
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
    /// Remove the stored token
    Logout(Logout),
    /// Revoke the access token, immediately and permanently
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth login
  registries auth login < token.txt
  registries auth login --in-file --profile staging

The token is read from a hidden prompt, or from standard input. It is checked
with a request, and then stored in the system's keyring. With --in-file, or with
a warning if there is no keyring, it is stored in tokens.toml beside
config.toml, which only you can read. It is sent to this base URL only.")]
pub(crate) struct Login {
    /// Store the token in a file instead of the system's keyring
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
  registries auth status --output json | jq '.scopes'

It shows each setting with the argument, variable or profile that it is from.")]
pub(crate) struct Status {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries auth revoke

The token stops working immediately and permanently. If it is the stored token,
it is also removed from the keyring or file.")]
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
        let session = self.address.open(&secret, ui)?;
        let token = session.read(session.client.access_token().get().send()).await?;
        let base_url = session.client.base_url();
        let place = tokens::store(base_url, &secret, self.in_file)?;
        let (scopes, described) = (token.scopes.join(", "), place.described());
        ui.note(&format!("stored a token for {base_url} in {described}; its scopes: {scopes}"));
        if let Some(used) = self.address.token_source()
            && used != Source::Stored(place)
        {
            ui.note(&format!("a token from {used} is used instead of it"));
        }
        Ok(())
    }
}

impl Logout {
    fn run(self, ui: Ui) -> Result<(), Failure> {
        let base_url = self.address.resolve()?.value;
        let place = tokens::remove(&base_url)?
            .ok_or_else(|| Failure::Refused(format!("there is no stored token for {base_url}")))?;
        ui.note(&format!("removed the token for {base_url} from {}", place.described()));
        Ok(())
    }
}

impl Status {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, org) = self.within.open_with_org(ui)?;
        let token = session.read(session.client.access_token().get().send()).await?;
        let mut token = AccessToken::of(&token)?;
        token.source = session.token_source.to_string();
        session.client.base_url().clone_into(&mut token.base_url);
        token.base_url_source = session.base_url_source.to_string();
        if let Some(Setting { value, origin }) = org {
            (token.organization, token.organization_source) =
                (Some(value), Some(origin.to_string()));
        }
        self.output.object(&token)
    }
}

impl Revoke {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.connection.open(ui)?;
        let (base_url, source) = (session.client.base_url(), &session.token_source);
        let question = format!("Revoke the access token for {base_url} from {source}?");
        self.consent.ask(&question, "the token was not revoked")?;
        // It may be the stored token, wherever this one comes from.
        let is_stored =
            stored(base_url).is_ok_and(|stored| stored.is_some_and(|(it, _)| it == session.token));
        session.send(session.client.access_token().revoke().send()).await?;
        ui.note(&format!("revoked the access token from {source}"));
        if is_stored && let Some(place) = tokens::remove(base_url)? {
            ui.note(&format!("removed it from {}", place.described()));
        }
        Ok(())
    }
}
