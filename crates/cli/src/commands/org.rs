//! `registries org`.

use clap::{Args, Subcommand};

use crate::{
    failure::Failure,
    output::Output,
    session::{Connection, InOrganization},
    ui::Ui,
    views::{Limit, Organization, View},
};

/// Organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum Org {
    /// List the organizations that the token may use
    #[command(visible_alias = "ls")]
    List(List),
    /// Show an organization
    Get(Get),
    /// Show how much of its rate limits an organization has used
    Limits(Limits),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries org list")]
pub(crate) struct List {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries org get --org my-org")]
pub(crate) struct Get {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries org limits --org my-org")]
pub(crate) struct Limits {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

impl Org {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(ui).await,
            Self::Get(get) => get.run(ui).await,
            Self::Limits(limits) => limits.run(ui).await,
        }
    }
}

impl List {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.connection.open(ui)?;
        let pages = session.client.organizations().per_page(100);
        let organizations = session.all(pages).await?;
        let organizations: Result<Vec<_>, _> = organizations.iter().map(Organization::of).collect();
        self.output.list(&organizations?)
    }
}

impl Get {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.open(ui)?;
        let organization = session.read(organization.get().send()).await?;
        self.output.object(&Organization::of(&organization)?)
    }
}

impl Limits {
    async fn run(self, ui: Ui) -> Result<(), Failure> {
        let (session, organization) = self.within.open(ui)?;
        let scopes = session.read(organization.rate_limits().send()).await?.scopes;
        let windows = scopes.map(|scopes| [("rest", scopes.rest), ("graphql", scopes.graphql)]);
        let windows = windows.into_iter().flatten();
        let limits: Result<Vec<_>, _> =
            windows.filter_map(|(api, window)| Some(Limit::new(api, &window?))).collect();
        self.output.list(&limits?)
    }
}
