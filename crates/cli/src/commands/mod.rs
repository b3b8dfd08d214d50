//! The commands.

mod api;
mod apply;
mod auth;
mod create;
mod deferred;
mod delete;
mod get;
mod list;
mod org;
mod policy;
mod rename;
mod schema;
mod token;
mod update;

use clap::Subcommand;
use registries_command_line::{Completions, man};

use self::deferred::Deferred;
use crate::{cli::Cli, failure::Failure, ui::Ui};

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the registries of an organization
    #[command(visible_alias = "ls")]
    List(Deferred<list::List>),
    /// Show a registry
    Get(Deferred<get::Get>),
    /// Create a registry
    Create(Deferred<create::Create>),
    /// Change or clear properties of a registry
    Update(Deferred<update::Update>),
    /// Give a registry another name, and with it another slug
    Rename(Deferred<rename::Rename>),
    /// Delete registries with their packages and tokens
    #[command(visible_alias = "rm")]
    Delete(Deferred<delete::Delete>),
    /// Manage the tokens that read the packages of a registry
    #[command(subcommand)]
    Token(Deferred<token::Token>),
    /// Show organizations and their rate limits
    #[command(subcommand)]
    Org(Deferred<org::Org>),
    /// Create and change registries as a file declares them
    Apply(Deferred<apply::Apply>),
    /// Print the registries as a file for apply
    Export(Deferred<apply::Export>),
    /// Validate and build OIDC policies
    #[command(subcommand)]
    Policy(Deferred<policy::Policy>),
    /// Log in and out, and show or revoke the access token
    #[command(subcommand)]
    Auth(Deferred<auth::Auth>),
    /// Send any request, also one without a command
    Api(Deferred<api::Api>),
    /// Print the JSON Schema of what a command prints
    Schema(Deferred<schema::PrintSchema>),
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    // `-h` fits 24 lines without it; `--help` names it.
    #[command(hide = true)]
    Man,
}

const COMPLETIONS: &str = "Examples:
  registries completions bash > /etc/bash_completion.d/registries
  registries completions fish > ~/.config/fish/completions/registries.fish";

impl Command {
    /// Carries it out.
    pub(crate) async fn run(self, ui: Ui) -> Result<(), Failure> {
        match self {
            Self::List(Deferred(list)) => list.run(ui).await,
            Self::Get(Deferred(get)) => get.run(ui).await,
            Self::Create(Deferred(create)) => create.run(ui).await,
            Self::Update(Deferred(update)) => update.run(ui).await,
            Self::Rename(Deferred(rename)) => rename.run(ui).await,
            Self::Delete(Deferred(delete)) => delete.run(ui).await,
            Self::Token(Deferred(token)) => token.run(ui).await,
            Self::Org(Deferred(org)) => org.run(ui).await,
            Self::Apply(Deferred(apply)) => apply.run(ui).await,
            Self::Export(Deferred(export)) => export.run(ui).await,
            Self::Policy(Deferred(policy)) => policy.run(),
            Self::Auth(Deferred(auth)) => auth.run(ui).await,
            Self::Api(Deferred(api)) => api.run(ui).await,
            Self::Schema(Deferred(schema)) => schema.run(),
            Self::Completions(completions) => Ok(completions.print::<Cli>()?),
            Self::Man => Ok(man::<Cli>()?),
        }
    }
}
