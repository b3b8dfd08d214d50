//! `registries token`.

use clap::{Args, Subcommand};
use registries_client::RegistryTokenHandle;
use registries_command_line::Consent;

use crate::{
    failure::Failure,
    output::Output,
    session::{InOrganization, Session},
    ui::{Ui, print_secret},
    views::{CreatedToken, RegistryToken, View},
    visible::visible,
};

/// The tokens of a registry.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// List the tokens of a registry
    #[command(visible_alias = "ls")]
    List(List),
    /// Show a token, without its secret
    Get(Get),
    /// Create a token, and print its secret once
    Create(Create),
    /// Change what a token is said to be for
    Update(Update),
    /// Revoke a token, immediately and permanently
    #[command(visible_alias = "rm")]
    Delete(Delete),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries token list my-gems")]
pub(crate) struct List {
    /// Slug of the registry
    registry: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries token get my-gems 0191df84-85e4-77aa-83ba-6579084728eb")]
pub(crate) struct Get {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    token: OneToken,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  SECRET=$(registries token create my-gems --description \"CI of my team\")
  registries token create my-gems --description CI --output json

As a table, which is the default, only the secret goes to standard output. Most
deployments never show it again.")]
pub(crate) struct Create {
    /// Slug of the registry
    registry: String,
    /// What the token is for
    #[arg(long, short, value_name = "TEXT")]
    description: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries token update my-gems 0191df84-85e4-77aa-83ba-6579084728eb \\
    --description \"CI of all teams\"")]
pub(crate) struct Update {
    /// What the token is for
    #[arg(long, short, value_name = "TEXT")]
    description: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    token: OneToken,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries token delete my-gems 0191df84-85e4-77aa-83ba-6579084728eb --yes")]
pub(crate) struct Delete {
    /// Succeed where there is no such token
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    token: OneToken,
}

/// A token of a registry.
#[derive(Debug, Args)]
struct OneToken {
    /// Slug of the registry
    registry: String,
    /// Id of the token
    id: String,
    #[command(flatten)]
    within: InOrganization,
}

impl OneToken {
    fn open(self, ui: Ui) -> Result<(Session, RegistryTokenHandle), Failure> {
        let (mut session, registry) = self.within.open_registry(ui, self.registry)?;
        session.subject.token = Some(self.id.clone());
        Ok((session, registry.token(self.id)))
    }
}

impl Token {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(ui).await,
            Self::Get(get) => get.run(ui).await,
            Self::Create(create) => create.run(ui).await,
            Self::Update(update) => update.run(ui).await,
            Self::Delete(delete) => delete.run(ui).await,
        }
    }
}

impl List {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, registry) = self.within.open_registry(ui, self.registry)?;
        let tokens = session.read(registry.tokens().send()).await?;
        let tokens: Result<Vec<_>, _> = tokens.iter().map(RegistryToken::of).collect();
        self.output.list(&tokens?)
    }
}

impl Get {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, token) = self.token.open(ui)?;
        let token = session.read(token.get().send()).await?;
        self.output.object(&RegistryToken::of(&token)?)
    }
}

impl Create {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, registry) = self.within.open_registry(ui, self.registry)?;
        let token = session.send(registry.create_token(self.description).send()).await?;
        let id = &token.details.id;
        let printed = CreatedToken::of(&token.details).and_then(|token| {
            print_secret(&if self.output.is_table() {
                format!("{}\n", visible(token.secret()))
            } else {
                self.output.text(&token)?
            })
        });
        session.revoke_unless(printed, registry.token(id), id).await?;
        ui.note(&format!("created the token {id}; its secret is shown once"));
        Ok(())
    }
}

impl Update {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, token) = self.token.open(ui)?;
        let token = session.send(token.update(self.description).send()).await?;
        let token = RegistryToken::of(&token)?;
        ui.note(&format!("updated the token {}", token.id()));
        self.output.object(&token)
    }
}

impl Delete {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (id, registry) = (self.token.id.clone(), &self.token.registry);
        let question = format!("Revoke the token {id} of {registry}?");
        let (session, token) = self.token.open(ui)?;
        self.consent.ask(&question, "no token was revoked")?;
        let was_there = if self.if_exists {
            session.send(token.delete_if_exists().send()).await?
        } else {
            session.send(token.delete().send()).await?;
            true
        };
        ui.note(&if was_there {
            format!("revoked the token {}", visible(&id))
        } else {
            format!("there is no token {}", visible(&id))
        });
        Ok(())
    }
}
