//! Which API is called, with which token, for which organization.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{Args, ValueHint, builder::OsStringValueParser};
use registries_client::{
    Client, ClientBuilder, DEFAULT_BASE_URL, Error, OrganizationHandle, Pages, RegistryHandle,
    RegistryTokenHandle, Response, RetryPolicy, Token, reqwest::Certificate,
};
use registries_command_line::{
    duration,
    text::{self, plain},
};
use tokio::time::Instant;

use crate::{
    config::{Profile, ProfileOption},
    credential::{Source, misconfigured, new_token, token},
    deadline::{Deadline, LastWait},
    exchanged::exchanged,
    failure::Failure,
    missing::{Missing, Subject},
    settings::{BASE_URL, CA_CERTIFICATE, Given, ORG, Origin, Setting, TIMEOUT, TOKEN_FILE, first},
    ui::{Ui, say},
    visible::visible,
};

/// How many bytes a file of certificates may have.
const CERTIFICATES: u64 = 16 << 20;

/// Which API is called.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Address {
    #[command(flatten)]
    given: Given,
    /// Base URL of the API [default: https://api.buildkite.com/v2]
    #[arg(
        long,
        value_name = "URL",
        env = BASE_URL.variable,
        hide_env_values = true,
        hide_short_help = true
    )]
    base_url: Option<String>,
    /// Additional CA certificates (PEM)
    #[arg(
        long,
        value_name = "FILE",
        env = CA_CERTIFICATE.variable,
        hide_env_values = true,
        hide_short_help = true,
        // Not that of paths, which refuses an empty variable.
        value_parser = OsStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    ca_certificate: Option<OsString>,
    /// Time limit of the command, such as 30s or 5m [default: none]
    #[arg(
        long,
        value_name = "DURATION",
        env = TIMEOUT.variable,
        hide_env_values = true,
        hide_short_help = true
    )]
    timeout: Option<String>,
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
        let mut session = self.connection.open_with(&profile, ui)?;
        session.subject.organization = Some(org.value.clone());
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
        let (mut session, organization) = self.open(ui)?;
        session.subject.registry = Some(slug.clone());
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
        self.address.session(profile, base_url, token, source, ui)
    }
}

impl Address {
    /// A client of it with this token, which was entered.
    pub(crate) fn open(&self, secret: &str, ui: Ui) -> Result<Session, Failure> {
        let profile = self.profile.load()?;
        let (base_url, source) = (self.base_url(&profile)?, Source::Entered);
        self.session(&profile, base_url, new_token(secret, &source)?, source, ui)
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

    fn session(
        &self,
        profile: &Profile,
        base_url: Setting<String>,
        token: Token,
        token_source: Source,
        ui: Ui,
    ) -> Result<Session, Failure> {
        let deadline = self.deadline()?;
        let wait = LastWait::default();
        let last = wait.clone();
        let retry = RetryPolicy::default().on_wait(move |wait| {
            ui.note(&wait.to_string());
            last.set(wait);
        });
        let agent = concat!("registries/", env!("CARGO_PKG_VERSION"));
        let builder = Client::builder().base_url(base_url.value).token(token.clone());
        let builder = builder.user_agent(agent).retry(retry);
        let builder =
            if ui.verbose { builder.on_exchange(move |it| say(&exchanged(it))) } else { builder };
        let client = match self.ca_certificates(profile)? {
            Some((trusted, source)) => builder
                .http(move |http| http.tls_certs_merge(trusted.clone()))
                .build()
                .map_err(|error| misconfigured(error, &source))?,
            None => builder.build()?,
        };
        let base_url_source = base_url.origin;
        let subject = Subject::default();
        Ok(Session { client, base_url_source, token, token_source, subject, deadline, wait, ui })
    }

    /// The certificates to trust besides those of the system, and where they come from.
    fn ca_certificates(
        &self,
        profile: &Profile,
    ) -> Result<Option<(Vec<Certificate>, String)>, Failure> {
        let given = CA_CERTIFICATE.read(self.ca_certificate.clone(), &self.given)?;
        let own = profile.ca_certificate.clone().map(PathBuf::into_os_string);
        let Some(Setting { value, origin }) = first(given, own, profile) else { return Ok(None) };
        let path = PathBuf::from(value);
        let wrong = |problem: &dyn fmt::Display| {
            let path = path.display();
            Failure::Usage(format!(
                "cannot read certificates from {path}: {problem} (from {origin})"
            ))
        };
        let pem = text::bytes(&path, CERTIFICATES).map_err(|error| wrong(&plain(&error)))?;
        let pem = text::utf8(&pem).map_err(|error| wrong(&error))?;
        let certificates = Certificate::from_pem_bundle(pem).map_err(|error| wrong(&error))?;
        if certificates.is_empty() {
            return Err(wrong(&"it has no certificate in PEM"));
        }
        Ok(Some((certificates, format!("the certificates in {}, {origin}", path.display()))))
    }

    /// When the command has to have ended.
    fn deadline(&self) -> Result<Option<Deadline>, Failure> {
        let Some(given) = TIMEOUT.read(self.timeout.as_deref(), &self.given)? else {
            return Ok(None);
        };
        let Setting { value, origin } = given;
        let limit = duration(value)
            .and_then(|limit| {
                if limit.is_zero() {
                    Err("expected a duration that is not zero")
                } else {
                    Ok(limit)
                }
            })
            .map_err(|problem| Failure::Usage(format!("{value:?}: {problem} (from {origin})")))?;
        Ok(Some(Deadline { at: Instant::now() + limit, limit, origin }))
    }

    fn base_url(&self, profile: &Profile) -> Result<Setting<String>, Failure> {
        let given = BASE_URL.read(self.base_url.clone(), &self.given)?;
        let url = first(given, profile.base_url.clone(), profile);
        let url = url.unwrap_or_else(|| Setting {
            value: DEFAULT_BASE_URL.to_owned(),
            origin: Origin::Default,
        });
        normalized(url)
    }
}

/// A base URL in the form in which it is compared, sent and printed, and in which a token is stored.
pub(crate) fn normalized(url: Setting<String>) -> Result<Setting<String>, Failure> {
    let value = ClientBuilder::normalized_base_url(&url.value);
    let value = value.map_err(|error| misconfigured(error, &url.origin))?;
    Ok(Setting { value, ..url })
}

/// What a request does on the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it reads.
    None,
    Change,
}

/// A client, and how it reports what it does.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) base_url_source: Origin,
    pub(crate) token: Token,
    pub(crate) token_source: Source,
    pub(crate) subject: Subject,
    deadline: Option<Deadline>,
    wait: LastWait,
    pub(crate) ui: Ui,
}

impl Session {
    /// Waits for a call that changes something.
    pub(crate) async fn send<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
    ) -> Result<T, Failure> {
        Ok(self.respond(sent, Effect::Change).await?.into_inner())
    }

    /// Waits for a call that only reads.
    pub(crate) async fn read<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
    ) -> Result<T, Failure> {
        Ok(self.respond(sent, Effect::None).await?.into_inner())
    }

    /// Waits for a call, and returns the whole response.
    pub(crate) async fn respond<T>(
        &self,
        sent: impl Future<Output = Result<Response<T>, Error>>,
        effect: Effect,
    ) -> Result<Response<T>, Failure> {
        self.in_time(sent, effect).await
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
        // The time limit of the command may be over, and the token would stay.
        match token.delete_if_exists().send().await.map_err(|error| self.failure(error)) {
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
            match self.in_time(pages.next_page(), Effect::None).await? {
                Some(page) => all.extend(page.into_inner()),
                None => return Ok(all),
            }
        }
    }

    /// Waits for a call until the command has to have ended.
    async fn in_time<T>(
        &self,
        sent: impl Future<Output = Result<T, Error>>,
        effect: Effect,
    ) -> Result<T, Failure> {
        let Some(deadline) = &self.deadline else {
            return sent.await.map_err(|error| self.failure(error));
        };
        let sent = tokio::time::timeout_at(deadline.at, sent).await;
        let sent = sent.map_err(|_| {
            let so_far = match (self.wait.text(), effect) {
                (Some(wait), _) => format!(": {wait}"),
                (None, Effect::None) => String::new(),
                (None, Effect::Change) => {
                    "; a request that was under way may have been carried out".to_owned()
                }
            };
            Failure::NotDone(format!("{}{so_far}", deadline.missed()))
        })?;
        sent.map_err(|error| self.failure(error))
    }

    /// That the command has to have ended, if it has.
    pub(crate) fn over(&self) -> Option<String> {
        self.deadline.as_ref().filter(|it| Instant::now() >= it.at).map(Deadline::missed)
    }

    /// A call that failed. When the token was not accepted, it says which one that was; when something is
    /// missing, what that is.
    fn failure(&self, error: Error) -> Failure {
        if error.is_unauthorized() {
            Failure::Token(error, self.token_source.to_string())
        } else if error.is_not_found() {
            Missing::of(error, &self.subject)
        } else {
            error.into()
        }
    }
}
