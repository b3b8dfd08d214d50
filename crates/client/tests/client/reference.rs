//! The client and the reference server.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use registries_client::{Client, Error, Field, RetryPolicy, WaitCause, types};
use registries_server::{Embedded, EmbeddedOptions, ManualClock, RateLimit, Scope};

use crate::{
    example,
    support::{ClockOf, builder},
};

const POLICY: &str = "- iss: https://agent.buildkite.com\n  claims: {organization_slug: my-org}\n";

/// A server, the slug of its organization, and a client whose token has these scopes.
async fn start(scopes: &[Scope]) -> (Embedded, String, Client) {
    let server = Embedded::start().await.unwrap();
    let organization = server.organization().to_owned();
    let client = client_of(&server, scopes, RetryPolicy::none()).await;
    (server, organization, client)
}

async fn client_of(server: &Embedded, scopes: &[Scope], retry: RetryPolicy) -> Client {
    let secret = server.create_token(server.organization(), scopes).await.unwrap();
    builder(server.base_url(), &secret).retry(retry).build().unwrap()
}

#[tokio::test]
async fn a_registry_is_created_listed_got_updated_and_deleted() {
    let (server, org, client) = start(&Scope::ALL).await;
    let create = types::CreateRegistry::builder()
        .name("My Registry")
        .ecosystem("ruby")
        .description("gems")
        .emoji(":sunflower:")
        .color("#f0ccff");
    let created = client.create_registry().org_slug(&org).body(create).send().await.unwrap();
    assert_eq!((&*created.slug, &*created.name), ("my-registry", "My Registry"));
    assert_eq!(created.public, Some(false));
    assert!(created.rate_limits().user.limit.is_some());

    let listed = client.list_registries().org_slug(&org).send().await.unwrap();
    assert_eq!(listed.into_inner(), [created.clone().into_inner()]);
    let got = client.get_registry().org_slug(&org).registry_slug("my-registry").send().await;
    assert_eq!(got.unwrap().into_inner(), *created);

    let update =
        |body| client.update_registry().org_slug(&org).registry_slug("my-registry").body(body);
    let body = types::UpdateRegistry::builder().description(Field::Null).emoji("🌻");
    let updated = update(body).send().await.unwrap();
    assert_eq!(updated.description, None, "cleared");
    assert_eq!(updated.emoji.as_deref(), Some("🌻"), "set");
    assert_eq!(updated.color.as_deref(), Some("#f0ccff"), "left");
    let policy = types::UpdateRegistry::builder().oidc_policy(POLICY);
    assert!(
        update(policy).send().await.unwrap().oidc_policy.as_ref().unwrap().as_text()
            == Some(POLICY)
    );
    let renamed = update(types::UpdateRegistry::builder().name("Other")).send().await.unwrap();
    assert_eq!((&*renamed.slug, &renamed.id), ("other", &created.id));

    client.delete_registry().org_slug(&org).registry_slug("other").send().await.unwrap();
    assert_eq!(server.registries().await.unwrap(), 0);
}

#[tokio::test]
async fn a_registry_token_is_created_listed_got_updated_and_deleted() {
    let (_server, org, client) = start(&Scope::ALL).await;
    let create = types::CreateRegistry::builder().name("a").ecosystem("ruby");
    client.create_registry().org_slug(&org).body(create).send().await.unwrap();

    let create = client.create_registry_token().org_slug(&org).registry_slug("a");
    let created = create.body_map(|body| body.description("for machines")).send().await.unwrap();
    let secret = created.token.clone().unwrap();
    assert!(secret.expose().len() > 20);
    assert!(!format!("{created:?}").contains(secret.expose()));
    assert_eq!(created.registry.as_ref().unwrap().slug.as_deref(), Some("a"));

    let listed = client.list_registry_tokens().org_slug(&org).registry_slug("a").send().await;
    let listed = listed.unwrap();
    assert_eq!((listed.len(), &listed[0].id), (1, &created.id));

    let update = client.update_registry_token().org_slug(&org).registry_slug("a");
    let update = update.token_id(&created.id).body_map(|body| body.description("for people"));
    assert_eq!(update.send().await.unwrap().description.as_deref(), Some("for people"));
    let get = client.get_registry_token().org_slug(&org).registry_slug("a").token_id(&created.id);
    let got = get.clone().send().await.unwrap();
    assert_eq!(got.description.as_deref(), Some("for people"));
    assert_eq!(got.created_by, created.created_by);

    let delete = client.delete_registry_token().org_slug(&org).registry_slug("a");
    delete.token_id(&created.id).send().await.unwrap();
    assert!(get.send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn organizations_and_their_limits_are_read() {
    let (_server, org, client) = start(&Scope::ALL).await;
    let got = client.get_organization().org_slug(&org).send().await.unwrap();
    assert_eq!((&got.slug, got.name.as_deref()), (&org, Some(&*org)));
    let listed = client.list_organizations().send().await.unwrap();
    assert_eq!(listed.into_inner(), [got.into_inner()]);
    let beyond = client.list_organizations().page(2).per_page(10).send().await.unwrap();
    assert!(beyond.is_empty());

    let limits = client.get_rate_limit().org_slug(&org).send().await.unwrap();
    let headers = limits.rate_limits().organization;
    let rest = limits.scopes.as_ref().unwrap().rest.as_ref().unwrap();
    assert_eq!(rest.limit.unwrap().try_into().ok(), headers.limit);
}

#[tokio::test]
async fn the_host_greets_without_a_token() {
    let (server, _, _) = start(&[]).await;
    let stranger = builder(server.base_url(), "no").build().unwrap();
    assert!(stranger.get_access_token().send().await.unwrap_err().is_unauthorized());
    let greeting = stranger.get_root().send().await.unwrap();
    assert!(greeting.message.as_deref().is_some_and(|it| !it.is_empty()));
    assert!(greeting.timestamp.unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn errors_of_the_server_are_distinguished() {
    let (server, org, client) = start(&[Scope::ReadRegistries]).await;
    let request = client.get_registry().org_slug(&org).registry_slug("no-such-registry");
    let missing = request.send().await.unwrap_err();
    assert!(missing.is_not_found() && missing.message().is_some(), "{missing}");

    let create = types::CreateRegistry::builder().name("n").ecosystem("ruby");
    let request = client.create_registry().org_slug(&org).body(create);
    let forbidden = request.clone().send().await.unwrap_err();
    assert!(forbidden.is_forbidden() && forbidden.message().is_some(), "{forbidden}");

    let stranger = builder(server.base_url(), "no").build().unwrap();
    let unknown = stranger.list_registries().org_slug(&org).send().await.unwrap_err();
    assert!(unknown.is_unauthorized() && unknown.message().is_some(), "{unknown}");

    let client = client_of(&server, &Scope::ALL, RetryPolicy::none()).await;
    let odd = types::CreateRegistry::builder().name("").ecosystem("ruby").color("pink");
    let invalid = client.create_registry().org_slug(&org).body(odd).send().await.unwrap_err();
    assert!(invalid.is_validation(), "{invalid}");
    let Error::Api(invalid) = invalid else { panic!("{invalid}") };
    assert_eq!(invalid.errors().len(), 2, "{invalid}");
}

#[tokio::test]
async fn a_revoked_token_stops_working() {
    let (_server, _, client) = start(&[Scope::ReadRegistries]).await;
    let token = client.get_access_token().send().await.unwrap();
    assert_eq!(token.scopes, ["read_registries"]);
    assert_eq!(client.revoke_access_token().send().await.unwrap().status(), 204);
    assert!(client.get_access_token().send().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn an_exhausted_limit_is_waited_out() {
    // Ten seconds into a minute, with which the server's windows begin.
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH + Duration::from_secs(10)));
    let server = Embedded::start_with(EmbeddedOptions {
        user_rate_limit: RateLimit::PerMinute(2),
        clock: Arc::clone(&clock) as _,
        ..EmbeddedOptions::default()
    });
    let server = server.await.unwrap();
    let (sender, waits) = std::sync::mpsc::channel();
    let retry = RetryPolicy::default()
        .on_wait(move |wait| sender.send(wait.clone()).unwrap())
        .jitter_with(|| 0.0);
    let secret = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).retry(retry).clock(ClockOf(clock));
    let client = client.build().unwrap();
    for _ in 0..3 {
        client.list_registries().org_slug(server.organization()).send().await.unwrap();
    }
    let wait = waits.try_recv().unwrap();
    assert_eq!((wait.cause, wait.attempt), (WaitCause::Paced, 0), "no request was refused");
    assert_eq!(wait.delay, Duration::from_millis(50_500));
    assert!(waits.try_recv().is_err(), "one wait was enough");
}

#[tokio::test]
async fn the_example_works_and_leaves_nothing() {
    let (server, org, client) = start(&Scope::ALL).await;
    example::tour(&client, &org).await.unwrap();
    assert_eq!(server.registries().await.unwrap(), 0);
}

#[tokio::test]
async fn the_example_cleans_up_after_a_failure() {
    // Without the scope to read, the example fails after it has created its registry.
    let (server, org, client) = start(&[Scope::WriteRegistries, Scope::DeleteRegistries]).await;
    let error = example::tour(&client, &org).await.unwrap_err();
    assert!(error.downcast_ref::<Error>().unwrap().is_forbidden(), "{error}");
    assert_eq!(server.registries().await.unwrap(), 0);
}
