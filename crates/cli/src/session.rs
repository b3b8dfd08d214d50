//! Which API is called, with which token, for which organization.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{Args, ValueHint, builder::OsStringValueParser};
use registries_client::{
    Client, DEFAULT_BASE_URL, Error, Exchange, OrganizationHandle, Pages, RateLimits,
    RegistryHandle, RegistryTokenHandle, Response, RetryPolicy, Token,
};

use crate::{
    config::{Profile, ProfileOption},
    failure::Failure,
    settings::{BASE_URL, Given, ORG, Origin, Setting, TOKEN_FILE, first},
    tokens,
    ui::Ui,
    visible::visible,
};

/// The variable that has the access token.
const TOKEN: &str = "REGISTRIES_TOKEN";

/// Which API is called.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Address {
    #[command(flatten)]
    given: Given,
    /// Base URL of the API [default: https://api.buildkite.com/v2]
    #[arg(long, value_name = "URL", env = BASE_URL.variable, hide_env_values = true)]
    base_url: Option<String>,
    #[command(flatten)]
    profile: ProfileOption,
}

/// Which API is called, and with which token.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    address: Address,
    /// File with the access token
    #[arg(
        long,
        value_name = "FILE",
        env = TOKEN_FILE.variable,
        hide_env_values = true,
        hide_short_help = true,
        // Not that of paths, which refuses an empty variable.
        value_parser = OsStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    token_file: Option<OsString>,
}

/// The same, and an organization.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct InOrganization {
    #[command(flatten)]
    given: Given,
    /// Slug of the organization
    #[arg(long, value_name = "SLUG", env = ORG.variable, hide_env_values = true)]
    org: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl InOrganization {
    /// The organization.
    pub(crate) fn open(self, ui: Ui) -> Result<(Session, OrganizationHandle), Failure> {
        let (profile, org) = self.profile_and_org()?;
        let org = org.ok_or_else(Self::none)?;
        let session = self.connection.open_with(&profile, ui)?;
        let organization = session.client.organization(org.value);
        Ok((session, organization))
    }

    /// Any place, and the organization if one is given.
    pub(crate) fn open_with_org(
        self,
        ui: Ui,
    ) -> Result<(Session, Option<Setting<String>>), Failure> {
        let (profile, org) = self.profile_and_org()?;
        Ok((self.connection.open_with(&profile, ui)?, org))
    }

    /// The failure where no organization is given.
    pub(crate) fn none() -> Failure {
        Failure::Usage(
            "no organization is given; set --org or REGISTRIES_ORG, or org in a profile".to_owned(),
        )
    }

    fn profile_and_org(&self) -> Result<(Profile, Option<Setting<String>>), Failure> {
        let profile = self.connection.address.profile.load()?;
        let given = ORG.read(self.org.clone(), &self.given)?;
        let org = first(given, profile.org.clone(), &profile);
        Ok((profile, org))
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
        self.open_with(&profile, ui)
    }

    fn open_with(self, profile: &Profile, ui: Ui) -> Result<Session, Failure> {
        let base_url = self.address.base_url(profile)?;
        let file = TOKEN_FILE.read(self.token_file, &self.given)?;
        let (token, source) = token(file, profile, &base_url)?;
        session(&base_url, token, source, ui)
    }
}

impl Address {
    /// A client of it with this token, which was entered.
    pub(crate) fn open(&self, secret: &str, ui: Ui) -> Result<Session, Failure> {
        session(&self.resolve()?, new_token(secret, &Source::Entered)?, Source::Entered, ui)
    }

    /// The base URL.
    pub(crate) fn resolve(&self) -> Result<Setting<String>, Failure> {
        self.base_url(&self.profile.load()?)
    }

    /// Where a command with the same arguments takes its token from, if there is one.
    pub(crate) fn token_source(&self) -> Option<Source> {
        let profile = self.profile.load().ok()?;
        let base_url = self.base_url(&profile).ok()?;
        let file = std::env::var_os(TOKEN_FILE.variable);
        let file = TOKEN_FILE.read(file, &Given::default()).ok()?;
        Some(token(file, &profile, &base_url).ok()?.1)
    }

    fn base_url(&self, profile: &Profile) -> Result<Setting<String>, Failure> {
        let given = BASE_URL.read(self.base_url.clone(), &self.given)?;
        let url = first(given, profile.base_url.clone(), profile);
        let url = url.unwrap_or_else(|| Setting {
            value: DEFAULT_BASE_URL.to_owned(),
            origin: Origin::Default,
        });
        Ok(Setting { value: url.value.trim_end_matches('/').to_owned(), ..url })
    }
}

fn session(
    base_url: &Setting<String>,
    token: Token,
    token_source: Source,
    ui: Ui,
) -> Result<Session, Failure> {
    let Setting { value, origin } = base_url;
    let retry = RetryPolicy::default().on_wait(move |wait| ui.note(&wait.to_string()));
    let agent = concat!("registries/", env!("CARGO_PKG_VERSION"));
    let builder = Client::builder().base_url(value).token(token.clone()).user_agent(agent);
    let builder = builder.retry(retry).on_exchange(move |it| ui.trace(|| exchanged(it)));
    let client = builder.build().map_err(|error| misconfigured(error, origin))?;
    Ok(Session { client, base_url_source: origin.clone(), token, token_source, ui })
}

fn new_token(secret: &str, source: &Source) -> Result<Token, Failure> {
    Token::new(secret).map_err(|error| misconfigured(error, source))
}

/// What is wrong with a setting, and where that comes from.
fn misconfigured(error: Error, source: &impl fmt::Display) -> Failure {
    match error {
        Error::Configuration(problem) => Failure::Usage(format!("{problem} (from {source})")),
        error => error.into(),
    }
}

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Entered,
    Variable,
    File(PathBuf, Origin),
    Stored(tokens::Place),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => f.write_str("what was entered"),
            Self::Variable => write!(f, "the variable {TOKEN}"),
            Self::File(path, origin) => write!(f, "the file {} ({origin})", path.display()),
            Self::Stored(place) => f.write_str(&place.described()),
        }
    }
}

/// The token, and where it comes from: an argument, a variable, the profile, or the stored one. With a
/// profile that an argument names, what it says goes before variables: its file, and the token that is
/// stored for its base URL.
fn token(
    file: Option<Setting<OsString>>,
    profile: &Profile,
    base_url: &Setting<String>,
) -> Result<(Token, Source), Failure> {
    let is_file_first = match &file {
        Some(Setting { origin: Origin::Argument(_), .. }) => true,
        _ => profile.is_argument && profile.token_file.is_some(),
    };
    if !is_file_first {
        let is_of_profile = profile.is_argument && matches!(base_url.origin, Origin::Profile(_));
        if is_of_profile && let Some(stored) = stored(&base_url.value)? {
            return Ok(stored);
        }
        if let Some(secret) = std::env::var_os(TOKEN).filter(|secret| !secret.is_empty()) {
            let token = new_token(&secret.to_string_lossy(), &Source::Variable)?;
            return Ok((token, Source::Variable));
        }
    }
    let own_file = profile.token_file.clone().map(PathBuf::into_os_string);
    if let Some(Setting { value, origin }) = first(file, own_file, profile) {
        let value = PathBuf::from(value);
        check_destination(&origin, profile, &base_url.value)?;
        let token = Token::from_file(&value).map_err(|error| misconfigured(error, &origin))?;
        return Ok((token, Source::File(value, origin)));
    }
    stored(&base_url.value)?.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no access token for {}; run `registries auth login`, or set {TOKEN}, or \
             --token-file to a file that contains one",
            base_url.value
        ))
    })
}

/// The stored token for a base URL.
pub(crate) fn stored(base_url: &str) -> Result<Option<(Token, Source)>, Failure> {
    let Some((secret, place)) = tokens::find(base_url)? else { return Ok(None) };
    let source = Source::Stored(place);
    Ok(Some((new_token(&secret, &source)?, source)))
}

/// A profile's token goes to the profile's API only.
fn check_destination(origin: &Origin, profile: &Profile, base_url: &str) -> Result<(), Failure> {
    match (origin, &profile.base_url) {
        (Origin::Profile(name), Some(own)) if own.trim_end_matches('/') != base_url => {
            Err(Failure::Usage(format!(
                "the token of the profile {name} belongs to {own} and is not sent to {base_url}; \
                 leave out --base-url and REGISTRIES_BASE_URL, or set --token-file"
            )))
        }
        _ => Ok(()),
    }
}

/// A client, and how it reports what it does.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) base_url_source: Origin,
    pub(crate) token: Token,
    pub(crate) token_source: Source,
    pub(crate) ui: Ui,
}

impl Session {
    /// Waits for a call that is sent, and says how it went if that is asked for.
    pub(crate) async fn send<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
    ) -> Result<T, Failure> {
        Ok(self.respond(sent).await?.into_inner())
    }

    /// The same, with the whole response.
    pub(crate) async fn respond<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
    ) -> Result<Response<T>, Failure> {
        sent.await.map_err(|error| self.failure(error))
    }

    /// Revokes a new token if its secret could not be printed, which would be lost.
    pub(crate) async fn revoke_unless(
        &self,
        printed: Result<(), Failure>,
        token: RegistryTokenHandle,
        id: &str,
    ) -> Result<(), Failure> {
        let Err(failure) = printed else { return Ok(()) };
        let end = self.revoke(token, id).await;
        Err(Failure::NotDone(format!("{failure}; {end}")))
    }

    /// Revokes a token, and says so or why not.
    pub(crate) async fn revoke(&self, token: RegistryTokenHandle, id: &str) -> String {
        let id = visible(id);
        match self.send(token.delete_if_exists().send()).await {
            Ok(_) => format!("the token {id} was revoked"),
            Err(error) => format!("the token {id} has to be revoked, which failed: {error}"),
        }
    }

    /// The entries of all pages of a list.
    pub(crate) async fn all<T>(&self, mut pages: Pages<T>) -> Result<Vec<T>, Failure>
    where
        T: Clone + PartialEq,
    {
        let mut all = Vec::new();
        loop {
            match pages.next_page().await.map_err(|error| self.failure(error))? {
                Some(page) => all.extend(page.into_inner()),
                None => return Ok(all),
            }
        }
    }

    /// A call that failed. When the token was not accepted, it says which one that was.
    fn failure(&self, error: Error) -> Failure {
        if error.is_unauthorized() {
            Failure::Token(error, self.token_source.to_string())
        } else {
            error.into()
        }
    }
}

/// An exchange in one line, without the secrets in it.
fn exchanged(exchange: &Exchange<'_>) -> String {
    let Exchange { method, url, duration, result, .. } = exchange;
    let what = format!("{method} {url}");
    let took = duration.as_millis();
    match result {
        Ok(response) => {
            let id = response.request_id().map(|id| format!(", request {id}"));
            let left = left(&response.rate_limits());
            let id = id.unwrap_or_default();
            format!("{what}: {} in {took} ms{id}{left}", response.status())
        }
        Err(error) => format!("{what}: no response after {took} ms: {error}"),
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
