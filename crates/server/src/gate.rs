//! What every request passes, whichever route it takes: who is it, and how often were they here.

use std::net::{IpAddr, SocketAddr};

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::auth::Authentication;
use crate::domain::organization::Organization;
use crate::domain::token::{AccessToken, Secret};
use crate::error::{Error, Unauthenticated};
use crate::limits::{Caller, Usage, Window};
use crate::network::Network;
use crate::observe::Counted;

/// Authenticates the request, counts it, and lets it pass or refuses it. Whether a token is needed
/// at all is the route's business: it finds the outcome in the request's extensions.
pub(crate) async fn gate(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let authenticated = authenticate(&app, request.headers(), peer.ip()).await;
    let token = authenticated.as_ref().ok();
    let organization = token.and_then(|token| organization(token, parameters.as_ref().ok()));
    let counted = organization.map(|organization| Counted(organization.slug.clone()));
    let caller = match token {
        Some(token) => {
            Caller::User { user: token.user.id, organization: organization.map(|o| o.id) }
        }
        None => Caller::at(peer.ip()),
    };
    let (usage, admitted) = admit(&app, &caller, authenticated).await;
    let mut response = match admitted {
        Ok(authentication) => {
            request.extensions_mut().insert(authentication);
            request.extensions_mut().insert(usage);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    add_headers(response.headers_mut(), usage);
    if let Some(counted) = counted {
        response.extensions_mut().insert(counted);
    }
    response
}

/// Counts the request, and returns whether it goes on.
///
/// Without a database, the user and their count are unknown: it is then refused for that alone, and
/// not counted.
async fn admit(
    app: &App,
    caller: &Caller,
    authenticated: Result<AccessToken, Error>,
) -> (Usage, Result<Authentication, Error>) {
    let clock = &*app.clock;
    if let Err(error @ (Error::Unavailable(_) | Error::Internal(_))) = authenticated {
        return (app.limits.uncounted(clock.now()), Err(error));
    }
    let counted = match app.storage.shared_counts() {
        Some(others) => app.limits.count_with_others(caller, clock, others).await,
        None => Ok(app.limits.count(caller, clock)),
    };
    let usage = match counted {
        Ok(usage) => usage,
        Err(error) => return (app.limits.uncounted(clock.now()), Err(error.into())),
    };
    match (usage.exceeded(), authenticated) {
        (Some((scope, window)), _) => (usage, Err(Error::RateLimited { scope, window })),
        // Requests with unknown tokens that run beside this one need not have been counted yet.
        (None, Err(error @ Error::TooManyUnknownTokens { window })) => {
            (Usage { user: window, ..usage }, Err(error))
        }
        (None, Ok(token)) => (usage, Ok(Ok(token))),
        (None, Err(Error::Unauthenticated(why))) => (usage, Ok(Err(why))),
        (None, Err(other)) => (usage, Err(other)),
    }
}

async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    address: IpAddr,
) -> Result<AccessToken, Error> {
    let (digest, network) = (bearer(headers)?.digest(), Network::of(address));
    app.limits
        .may_look_up(network, &digest, &*app.clock)
        .map_err(|window| Error::TooManyUnknownTokens { window })?;
    let found = app.storage.token(&digest).await.map_err(Error::from);
    let token = found.and_then(|found| Ok(valid(app, found)?));
    // A database that is away says nothing of the token.
    if !matches!(token, Err(Error::Unavailable(_) | Error::Internal(_))) {
        app.limits.looked_up(network, digest, token.is_ok());
    }
    token
}

fn valid(app: &App, found: Option<AccessToken>) -> Result<AccessToken, Unauthenticated> {
    let token = found.ok_or(Unauthenticated::UnknownToken)?;
    if token.is_revoked() {
        return Err(Unauthenticated::RevokedToken);
    }
    if token.is_expired(app.clock.now()) {
        return Err(Unauthenticated::ExpiredToken);
    }
    Ok(token)
}

/// The token in `Authorization: Bearer TOKEN` (seed). Basic authentication is not supported
/// (documented, Authentication). The scheme's case does not matter (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Result<Secret, Unauthenticated> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Unauthenticated::NoCredentials)?;
    if values.next().is_some() {
        return Err(Unauthenticated::MalformedCredentials);
    }
    let text = value.to_str().map_err(|_| Unauthenticated::MalformedCredentials)?;
    let (scheme, token) = text.split_once(' ').ok_or(Unauthenticated::MalformedCredentials)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("Bearer") || token.is_empty() || token.contains([' ', ',']) {
        return Err(Unauthenticated::MalformedCredentials);
    }
    Ok(Secret::presented(token))
}

/// The organization in whose window a request counts: the one of the path if the token covers it,
/// else the token's first. So no token uses up the limit of another organization.
fn organization<'a>(
    token: &'a AccessToken,
    parameters: Option<&RawPathParams>,
) -> Option<&'a Organization> {
    let named = parameters
        .and_then(|parameters| parameters.iter().find(|(name, _)| *name == "org"))
        .map(|(_, slug)| slug);
    token
        .organizations
        .iter()
        .find(|organization| Some(organization.slug.as_str()) == named)
        .or(token.organizations.first())
}

/// The headers of a window.
struct WindowHeaders {
    scope: HeaderName,
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
    warning: HeaderName,
}

static ORGANIZATION: WindowHeaders = WindowHeaders {
    scope: HeaderName::from_static("ratelimit-scope"),
    limit: HeaderName::from_static("ratelimit-limit"),
    remaining: HeaderName::from_static("ratelimit-remaining"),
    reset: HeaderName::from_static("ratelimit-reset"),
    warning: HeaderName::from_static("ratelimit-warning"),
};

static USER: WindowHeaders = WindowHeaders {
    scope: HeaderName::from_static("ratelimit-user-scope"),
    limit: HeaderName::from_static("ratelimit-user-limit"),
    remaining: HeaderName::from_static("ratelimit-user-remaining"),
    reset: HeaderName::from_static("ratelimit-user-reset"),
    warning: HeaderName::from_static("ratelimit-user-warning"),
};

impl WindowHeaders {
    fn add(
        &self,
        headers: &mut HeaderMap,
        scope: &'static str,
        window: Window,
        exhausted: &'static str,
    ) {
        headers.insert(&self.scope, HeaderValue::from_static(scope));
        headers.insert(&self.limit, window.limit.into());
        headers.insert(&self.remaining, window.remaining().into());
        headers.insert(&self.reset, window.reset.into());
        if window.is_exhausted() {
            headers.insert(&self.warning, HeaderValue::from_static(exhausted));
        }
    }
}

/// Every response has the headers of both windows (documented, Rate limits). What the warnings say
/// is not documented, only that they are there.
pub(crate) fn add_headers(headers: &mut HeaderMap, usage: Usage) {
    // There is room at once for what is added here and by the layers around.
    headers.reserve(16);
    let exhausted = "The rate limit of this organization is exhausted.";
    ORGANIZATION.add(headers, Usage::ORGANIZATION_SCOPE, usage.organization, exhausted);
    let exhausted = "The rate limit of this user is exhausted.";
    USER.add(headers, Usage::USER_SCOPE, usage.user, exhausted);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::extract::connect_info::MockConnectInfo;
    use axum::http::StatusCode;
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::clock::ManualClock;
    use crate::config::{Config, Limits, PublicUrls, RateLimit};
    use crate::ids::SystemIds;
    use crate::router::router;
    use crate::storage::Storage;

    /// Requests with unknown tokens run beside it that were looked up and not counted yet.
    #[tokio::test]
    async fn a_token_that_is_not_looked_up_is_always_a_429() {
        let urls = PublicUrls::new(&"http://127.0.0.1".parse().unwrap(), None);
        let limits = Limits { user: RateLimit::PerMinute(2), ..Limits::default() };
        let config = Config { limits, ..Config::new(urls) };
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:18Z".parse().unwrap()));
        let storage = Storage::in_memory().unwrap();
        let app = App::new(config, storage, clock, Arc::new(SystemIds::default()));
        let peer = SocketAddr::from(([192, 0, 2, 1], 1));
        for text in ["a", "b"] {
            let (network, digest) = (Network::of(peer.ip()), Secret::presented(text).digest());
            assert!(app.limits.may_look_up(network, &digest, &*app.clock).is_ok());
            app.limits.looked_up(network, digest, false);
        }
        for path in ["/v2/access-token", "/", "/v2/unknown"] {
            let routes = router(app.clone()).layer(MockConnectInfo(peer));
            let request =
                Request::get(path).header("Host", "x").header("Authorization", "Bearer c");
            let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
            assert_eq!(response.headers()["ratelimit-user-remaining"], "0", "{path}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&body["limit"], &body["current"]), (&2.into(), &3.into()), "{path}");
            assert_eq!(body["reset"], 42, "{path}");
        }
    }
}
