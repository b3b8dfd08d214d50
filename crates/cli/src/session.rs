//! Which API is called, with which token, for which organization.

use std::{path::PathBuf, time::Instant};

use clap::Args;
use registries_client::{
    Client, DEFAULT_BASE_URL, Error, OrganizationHandle, Pages, RateLimits, RegistryHandle,
    RegistryTokenHandle, Response, RetryPolicy, Token, Wait,
};

use crate::{
    config::{Profile, ProfileOption},
    failure::Failure,
    tokens,
    ui::Ui,
};

/// The variable that has the access token.
const TOKEN: &str = "REGISTRIES_TOKEN";

/// Which API is called.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Address {
    /// Base URL of the API [default: https://api.buildkite.com/v2]
    #[arg(long, value_name = "URL", env = "REGISTRIES_BASE_URL", hide_env_values = true)]
    base_url: Option<String>,
    #[command(flatten)]
    profile: ProfileOption,
}

/// Which API is called, and with which token.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    #[command(flatten)]
    address: Address,
    /// File with the access token, if REGISTRIES_TOKEN is not set
    #[arg(
        long,
        value_name = "FILE",
        env = "REGISTRIES_TOKEN_FILE",
        hide_env_values = true,
        hide_short_help = true
    )]
    token_file: Option<PathBuf>,
}

/// The same, and an organization.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct InOrganization {
    /// Slug of the organization
    #[arg(long, value_name = "SLUG", env = "REGISTRIES_ORG", hide_env_values = true)]
    org: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl InOrganization {
    /// The organization.
    pub(crate) fn open(self, ui: Ui) -> Result<(Session, OrganizationHandle), Failure> {
        let profile = self.connection.address.profile.load()?;
        let org = self.org.filter(|org| !org.is_empty()).or_else(|| profile.org.clone());
        let org = org.ok_or_else(|| {
            Failure::Usage(
                "no organization is given; set --org or REGISTRIES_ORG, or org in a profile"
                    .to_owned(),
            )
        })?;
        let session = self.connection.open_with(profile, ui)?;
        let organization = session.client.organization(org);
        Ok((session, organization))
    }

    /// Any place, whatever the organization is.
    pub(crate) fn open_anywhere(self, ui: Ui) -> Result<Session, Failure> {
        self.connection.open(ui)
    }

    /// A registry of the organization.
    pub(crate) fn open_registry(
        self,
        ui: Ui,
        slug: String,
    ) -> Result<(Session, RegistryHandle), Failure> {
        let (session, organization) = self.open(ui)?;
        Ok((session, organization.registry(slug)))
    }
}

impl Connection {
    pub(crate) fn open(self, ui: Ui) -> Result<Session, Failure> {
        let profile = self.address.profile.load()?;
        self.open_with(profile, ui)
    }

    fn open_with(self, profile: Profile, ui: Ui) -> Result<Session, Failure> {
        let base_url = self.address.base_url(&profile);
        let (token, token_source) = token(self.token_file, profile, &base_url)?;
        Ok(Session { client: client(&base_url, token, ui)?, token_source, ui })
    }
}

impl Address {
    /// The base URL, and a client of it with this token.
    pub(crate) fn open(self, secret: &str, ui: Ui) -> Result<(String, Session), Failure> {
        let base_url = self.resolve()?;
        let client = client(&base_url, Token::new(secret)?, ui)?;
        let token_source = "what was entered".to_owned();
        Ok((base_url, Session { client, token_source, ui }))
    }

    /// The base URL.
    pub(crate) fn resolve(self) -> Result<String, Failure> {
        let profile = self.profile.load()?;
        Ok(self.base_url(&profile))
    }

    fn base_url(self, profile: &Profile) -> String {
        let given = self.base_url.filter(|url| !url.is_empty());
        let url = given.or_else(|| profile.base_url.clone());
        let url = url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        url.trim_end_matches('/').to_owned()
    }
}

fn client(base_url: &str, token: Token, ui: Ui) -> Result<Client, Failure> {
    let retry = RetryPolicy::default().on_wait(move |wait| ui.note(&waiting(wait)));
    let agent = concat!("registries/", env!("CARGO_PKG_VERSION"));
    let builder = Client::builder().base_url(base_url).token(token).user_agent(agent);
    Ok(builder.retry(retry).build()?)
}

/// The token, and where it comes from.
fn token(
    file: Option<PathBuf>,
    profile: Profile,
    base_url: &str,
) -> Result<(Token, String), Failure> {
    if let Some((secret, variable)) = from_environment() {
        return Ok((Token::new(secret)?, variable));
    }
    let given = file.filter(|file| !file.as_os_str().is_empty());
    if let (None, Some(file), Some(own)) = (&given, &profile.token_file, &profile.base_url)
        && own.trim_end_matches('/') != base_url
    {
        return Err(Failure::Usage(format!(
            "the token in {} belongs to {own}, as the profile says, and is not sent to {base_url}; \
             unset REGISTRIES_BASE_URL, or set --token-file",
            file.display()
        )));
    }
    if let Some(file) = given.or(profile.token_file) {
        return Ok((Token::from_file(&file)?, format!("the file {}", file.display())));
    }
    if let Some((secret, place)) = tokens::find(base_url)? {
        return Ok((Token::new(secret)?, place.described()));
    }
    Err(Failure::Usage(format!(
        "there is no access token for {base_url}; run `registries auth login`, or set {TOKEN}, or \
         --token-file to a file that holds one"
    )))
}

/// The token of the environment, and its variable.
pub(crate) fn from_environment() -> Option<(String, String)> {
    let secret = std::env::var_os(TOKEN).filter(|secret| !secret.is_empty())?;
    Some((secret.to_string_lossy().into_owned(), format!("the variable {TOKEN}")))
}

fn waiting(wait: &Wait) -> String {
    format!("waiting {} s before {} is sent again", wait.delay.as_secs_f32().ceil(), wait.operation)
}

/// A client, and how it reports what it does.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// Where the token comes from.
    pub(crate) token_source: String,
    pub(crate) ui: Ui,
}

impl Session {
    /// Waits for a call that is sent, and says how it went if that is asked for.
    pub(crate) async fn send<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let sent = sent.await;
        self.trace(began, sent.as_ref().map(Some));
        Ok(sent?.into_inner())
    }

    /// Revokes a new token if its secret could not be printed, which would be lost.
    pub(crate) async fn revoke_unless(
        &self,
        printed: Result<(), Failure>,
        token: RegistryTokenHandle,
        id: &str,
    ) -> Result<(), Failure> {
        let Err(failure) = printed else { return Ok(()) };
        let end = match self.send(token.delete_if_exists().send()).await {
            Ok(_) => format!("the token {id} was revoked"),
            Err(error) => format!("the token {id} has to be revoked, which failed: {error}"),
        };
        Err(Failure::NotDone(format!("{failure}; {end}")))
    }

    /// The entries of all pages of a list.
    pub(crate) async fn all<T>(&self, mut pages: Pages<T>) -> Result<Vec<T>, Failure>
    where
        T: Clone + PartialEq,
    {
        let mut all = Vec::new();
        loop {
            let began = Instant::now();
            let page = pages.next_page().await;
            self.trace(began, page.as_ref().map(Option::as_ref));
            match page? {
                Some(page) => all.extend(page.into_inner()),
                None => return Ok(all),
            }
        }
    }

    /// Says how a request went.
    fn trace<T>(&self, began: Instant, sent: Result<Option<&Response<T>>, &Error>) {
        let took = began.elapsed().as_millis();
        let request = |id: Option<&str>| id.map(|id| format!(", request {id}")).unwrap_or_default();
        let text = match sent {
            Ok(None) => return,
            Ok(Some(response)) => {
                let (id, left) = (request(response.request_id()), left(&response.rate_limits()));
                format!("{} in {took} ms{id}{left}", response.status())
            }
            Err(error) => {
                let status = error.status().map(|status| status.to_string());
                let status = status.unwrap_or_else(|| "no response".to_owned());
                format!("{status} after {took} ms{}", request(error.request_id()))
            }
        };
        self.ui.trace(&text);
    }
}

/// How many requests are left.
fn left(limits: &RateLimits) -> String {
    let windows = [("organization", &limits.organization), ("user", &limits.user)];
    let left = windows.into_iter().filter_map(|(name, window)| {
        Some(format!(", {} of {} left ({name})", window.remaining?, window.limit?))
    });
    left.collect()
}
