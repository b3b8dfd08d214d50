//! The commands.

mod api;
mod apply;
mod auth;
mod create;
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

use crate::{cli::Cli, failure::Failure, ui::Ui};

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the registries of an organization
    #[command(visible_alias = "ls")]
    List(list::List),
    /// Show a registry
    Get(get::Get),
    /// Create a registry
    Create(create::Create),
    /// Change or clear properties of a registry
    Update(update::Update),
    /// Give a registry another name, and with it another slug
    Rename(rename::Rename),
    /// Delete registries with their packages and tokens
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
    /// Manage the tokens that read the packages of a registry
    #[command(subcommand)]
    Token(token::Token),
    /// Show organizations and their rate limits
    #[command(subcommand)]
    Org(org::Org),
    /// Create and change registries as a file declares them
    Apply(apply::Apply),
    /// Print the registries as a file for apply
    Export(apply::Export),
    /// Validate and build OIDC policies
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Log in and out, and show or revoke the access token
    #[command(subcommand)]
    Auth(auth::Auth),
    /// Send any request, also one without a command
    Api(api::Api),
    /// Print the JSON Schema of what a command prints
    Schema(schema::PrintSchema),
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    Man,
}

const COMPLETIONS: &str = "Examples:
  registries completions bash > /etc/bash_completion.d/registries
  registries completions fish > ~/.config/fish/completions/registries.fish";

impl Command {
    /// Carries it out.
    pub(crate) async fn run(self, ui: Ui) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(ui).await,
            Self::Get(get) => get.run(ui).await,
            Self::Create(create) => create.run(ui).await,
            Self::Update(update) => update.run(ui).await,
            Self::Rename(rename) => rename.run(ui).await,
            Self::Delete(delete) => delete.run(ui).await,
            Self::Token(token) => token.run(ui).await,
            Self::Org(org) => org.run(ui).await,
            Self::Apply(apply) => apply.run(ui).await,
            Self::Export(export) => export.run(ui).await,
            Self::Policy(policy) => policy.run(ui),
            Self::Auth(auth) => auth.run(ui).await,
            Self::Api(api) => api.run(ui).await,
            Self::Schema(schema) => schema.run(),
            Self::Completions(completions) => Ok(completions.print::<Cli>()?),
            Self::Man => Ok(man::<Cli>()?),
        }
    }
}
