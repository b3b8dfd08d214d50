//! What every backend must do, as tests that run on each of them.

mod races;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Belongings, DatabaseUrl, Page, Part, Storage, StorageError, WhenMissing, test_postgres,
};
use crate::domain::ecosystem::Ecosystem;
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::domain::properties::{Color, Description, Emoji, RegistryName, RegistrySlug, TeamIds};
use crate::domain::registry::{Change, Registry, RegistryChanges};
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use crate::domain::token::{AccessToken, Secret, TokenDigest};
use registries_policy::OidcPolicy;

use races::{
    one_of_many_gets_a_slug, one_of_many_revokes_a_token, registries_go_while_they_get_tokens,
    registries_that_want_each_others_slugs_keep_their_own,
    updates_of_one_registry_do_not_lose_each_other,
};

/// More than any test stores.
const ALL: Page = Page { after: None, limit: 1000, bytes: u32::MAX };

/// A database of `PostgreSQL`, with the tables of a server.
pub(crate) async fn open(database: &test_postgres::Database) -> Storage {
    let url: DatabaseUrl = database.url().parse().unwrap();
    url.open(WhenMissing::Create).await.unwrap()
}

/// Runs every test on one empty database.
pub(crate) async fn run(storage: Storage) {
    it_is_known_whether_there_are_organizations(&storage).await;
    organizations_are_found_by_their_slug(&storage).await;
    tokens_are_found_by_their_digest(&storage).await;
    tokens_share_a_user_with_one_email(&storage).await;
    teams_and_users_are_listed_by_their_names(&storage).await;
    tokens_are_listed_in_order(&storage).await;
    a_token_is_revoked_once(&storage).await;
    a_token_of_no_organization_is_not_stored(&storage).await;
    registries_are_returned_as_they_were_stored(&storage).await;
    registries_are_listed_in_order(&storage).await;
    a_slug_is_taken_once_in_an_organization(&storage).await;
    an_update_changes_what_it_names(&storage).await;
    a_rename_moves_the_registry(&storage).await;
    an_update_finds_the_registry_that_it_means(&storage).await;
    deletes_are_final(&storage).await;
    registry_tokens_are_returned_as_they_were_stored(&storage).await;
    registry_tokens_are_listed_in_parts(&storage).await;
    registry_tokens_change_and_go(&storage).await;
    registry_tokens_go_with_their_registry(&storage).await;
    one_of_many_gets_a_slug(storage.clone(), storage.clone()).await;
    updates_of_one_registry_do_not_lose_each_other(storage.clone(), storage.clone()).await;
    registries_that_want_each_others_slugs_keep_their_own(storage.clone(), storage.clone()).await;
    one_of_many_revokes_a_token(storage.clone(), storage.clone()).await;
    registries_go_while_they_get_tokens(storage.clone(), storage.clone()).await;
    organizations_are_deleted_with_what_is_theirs(&storage).await;
    users_are_deleted_with_their_tokens_unless_something_is_left_of_them(&storage).await;
    a_database_that_was_let_go_is_not_available(&storage).await;
}

/// Runs the tests of what two processes on one empty database owe each other.
pub(crate) async fn run_on_two(one: Storage, other: Storage) {
    writes_of_one_are_read_by_the_other(&one, &other).await;
    one_of_many_gets_a_slug(one.clone(), other.clone()).await;
    updates_of_one_registry_do_not_lose_each_other(one.clone(), other.clone()).await;
    registries_that_want_each_others_slugs_keep_their_own(one.clone(), other.clone()).await;
    one_of_many_revokes_a_token(one.clone(), other.clone()).await;
    registries_go_while_they_get_tokens(one, other).await;
}

async fn it_is_known_whether_there_are_organizations(storage: &Storage) {
    storage.ping().await.unwrap();
    assert!(!storage.has_organizations().await.unwrap());
    organization(storage).await;
    assert!(storage.has_organizations().await.unwrap());
    assert!(storage.pool_size().open >= 1);
}

async fn organizations_are_found_by_their_slug(storage: &Storage) {
    let created = organization(storage).await;
    assert_eq!(storage.organization(&created.slug).await.unwrap(), Some(created.clone()));
    let unknown: OrganizationSlug = "unknown".parse().unwrap();
    assert_eq!(storage.organization(&unknown).await.unwrap(), None);
    let again = Organization { id: Uuid::now_v7(), ..created };
    let error = storage.create_organization(&again).await.unwrap_err();
    assert!(matches!(error, StorageError::Taken), "{error:?}");
}

async fn tokens_are_found_by_their_digest(storage: &Storage) {
    // By their bytes: people would put `_` before `-`.
    let mut organizations = Vec::new();
    for end in ["-b", "0", "_a", "a"] {
        organizations.push(organization_called(storage, &format!("sorted{end}")).await);
    }
    let token = AccessToken {
        description: "ü \u{1f33b}".to_owned(),
        scopes: vec![Scope::ReadRegistries, Scope::WritePackages],
        organizations: organizations.iter().rev().cloned().collect(),
        expires_at: Some(now()),
        revoked_at: Some(now()),
        ..token(&[])
    };
    let digest = digest_of(token.id);
    assert_eq!(storage.token(&digest).await.unwrap(), None);
    assert_eq!(storage.create_token(&token, &digest).await.unwrap(), token.user);
    let expected = AccessToken { organizations, ..token };
    assert_eq!(storage.token(&digest).await.unwrap(), Some(expected));
    assert_eq!(storage.token(&Secret::presented("other").digest()).await.unwrap(), None);
}

async fn tokens_share_a_user_with_one_email(storage: &Storage) {
    let first = token(&[organization(storage).await]);
    let user = User { id: Uuid::now_v7(), name: "Other".to_owned(), ..first.user.clone() };
    let second = AccessToken { user, ..token(&first.organizations) };
    let stored = storage.create_token(&first, &digest_of(first.id)).await.unwrap();
    assert_eq!(storage.create_token(&second, &digest_of(second.id)).await.unwrap(), stored);
    assert_eq!(storage.token(&digest_of(second.id)).await.unwrap().unwrap().user, stored);
}

async fn teams_and_users_are_listed_by_their_names(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    let team = |organization: &Organization, name: &str| Team {
        id: Uuid::now_v7(),
        organization_id: organization.id,
        name: name.to_owned(),
        created_at: now(),
    };
    let teams = [team(&one, "b"), team(&one, "_"), team(&one, "B"), team(&other, "b")];
    for team in &teams {
        storage.create_team(team).await.unwrap();
    }
    let [b, underscore, capital, _] = teams;
    assert_eq!(storage.teams(one.id).await.unwrap(), [capital, underscore, b]);
    assert_eq!(storage.teams(Uuid::now_v7()).await.unwrap(), []);
    let again = storage.create_team(&team(&one, "b")).await.unwrap_err();
    assert!(matches!(again, StorageError::Taken), "{again:?}");

    let user = token(&[]).user;
    storage.create_user(&user).await.unwrap();
    assert!(storage.users().await.unwrap().contains(&user));
    let again = User { id: Uuid::now_v7(), name: "again".to_owned(), ..user.clone() };
    let again = storage.create_user(&again).await.unwrap_err();
    assert!(matches!(again, StorageError::Taken), "{again:?}");
    assert!(storage.organizations().await.unwrap().contains(&one));
    let slugs: Vec<_> = storage.organizations().await.unwrap();
    assert!(slugs.is_sorted_by_key(|organization| organization.slug.clone()));
    assert!(storage.users().await.unwrap().is_sorted_by_key(|user| user.email.clone()));
}

async fn tokens_are_listed_in_order(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    let (first, second) = (token(&[one.clone(), other.clone()]), token(std::slice::from_ref(&one)));
    for token in [&second, &first] {
        let digest = digest_of(token.id);
        storage.create_token(token, &digest).await.unwrap();
    }
    let ids = |tokens: Vec<AccessToken>| tokens.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(storage.tokens(one.id).await.unwrap()), [first.id, second.id]);
    let tokens = storage.tokens(other.id).await.unwrap();
    assert_eq!(tokens[0].organizations.len(), 2);
    assert_eq!(ids(tokens), [first.id]);
}

async fn a_token_is_revoked_once(storage: &Storage) {
    let token = token(&[organization(storage).await]);
    let digest = digest_of(token.id);
    storage.create_token(&token, &digest).await.unwrap();
    assert!(storage.revoke_token(token.id, now()).await.unwrap());
    assert!(!storage.revoke_token(token.id, now()).await.unwrap());
    assert!(!storage.revoke_token(Uuid::now_v7(), now()).await.unwrap());
    let stored = storage.token(&digest).await.unwrap().unwrap();
    assert_eq!(stored.revoked_at, Some(now()));
}

async fn a_token_of_no_organization_is_not_stored(storage: &Storage) {
    let nowhere = Organization {
        id: Uuid::now_v7(),
        slug: "nowhere".parse().unwrap(),
        name: "Nowhere".to_owned(),
        created_at: now(),
    };
    let token = token(&[nowhere]);
    let digest = digest_of(token.id);
    let error = storage.create_token(&token, &digest).await.unwrap_err();
    assert!(matches!(error, StorageError::Orphan), "{error:?}");
    assert_eq!(storage.token(&digest).await.unwrap(), None);
}

async fn registries_are_returned_as_they_were_stored(storage: &Storage) {
    let organization = organization(storage).await;
    let full = full(&organization);
    let none = TeamIds::from_stored(Vec::new());
    let bare = Registry { team_ids: Some(none), ..registry(&organization, "bare") };
    for registry in [full, bare] {
        storage.create_registry(&registry).await.unwrap();
        let found = storage.registry(organization.id, &registry.slug).await.unwrap();
        assert_eq!(found, Some(registry));
    }
}

async fn registries_are_listed_in_order(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    let before = storage.count_registries().await.unwrap();
    let mut created = Vec::new();
    for name in ["c", "a", "b"] {
        let registry = registry(&one, name);
        storage.create_registry(&registry).await.unwrap();
        created.push(registry);
    }
    storage.create_registry(&registry(&other, "a")).await.unwrap();
    assert_eq!(storage.registries(one.id, ALL).await.unwrap().items, created);
    assert_eq!(storage.registries(other.id, ALL).await.unwrap().items.len(), 1);
    assert_eq!(storage.registries(Uuid::now_v7(), ALL).await.unwrap().items, []);
    assert_eq!(storage.count_registries().await.unwrap(), before + 4);
    let part = async |after: Option<Uuid>, limit, bytes| {
        let part = storage.registries(one.id, Page { after, limit, bytes }).await.unwrap();
        (part.items, part.is_last)
    };
    let (all, [a, b, c]) = (u32::MAX, [0, 1, 2].map(|index: usize| Some(created[index].id)));
    assert_eq!(part(None, 2, all).await, (created[..2].to_vec(), false));
    assert_eq!(part(b, 2, all).await, (created[2..].to_vec(), true));
    assert_eq!(part(None, 3, all).await, (created.clone(), false), "there may be more");
    assert_eq!(part(c, 3, all).await, (vec![], true));
    // Each has four bytes, its name and three times its slug: the second one exceeds them.
    assert_eq!(part(None, 4, 3).await, (created[..1].to_vec(), false));
    assert_eq!(part(None, 4, 4).await, (created[..2].to_vec(), false));
    assert_eq!(part(a, 4, 4).await, (created[1..].to_vec(), true));
    let large = full(&organization(storage).await);
    storage.create_registry(&large).await.unwrap();
    let page = Page { after: None, limit: 1000, bytes: 0 };
    let found = storage.registries(large.organization_id, page).await.unwrap();
    assert_eq!(found, Part { items: vec![large], is_last: true });
}

async fn a_slug_is_taken_once_in_an_organization(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    storage.create_registry(&registry(&one, "same name")).await.unwrap();
    let error = storage.create_registry(&registry(&one, "Same-Name")).await.unwrap_err();
    assert!(matches!(error, StorageError::Taken), "{error:?}");
    storage.create_registry(&registry(&other, "same name")).await.unwrap();
    assert_eq!(storage.registries(one.id, ALL).await.unwrap().items.len(), 1);
}

async fn an_update_changes_what_it_names(storage: &Storage) {
    let stored = full(&organization(storage).await);
    storage.create_registry(&stored).await.unwrap();
    let update = async |changes: RegistryChanges| {
        storage.update_registry(stored.id, &stored.slug, &changes).await.unwrap()
    };
    let none = RegistryChanges::default();
    assert_eq!(update(none.clone()).await, Some(stored.clone()));

    let description = Description::parse("other").unwrap();
    let changes = RegistryChanges { description: Change::Set(description.clone()), ..none.clone() };
    let expected = Registry { description: Some(description), ..stored.clone() };
    assert_eq!(update(changes).await, Some(expected.clone()));

    let changes = RegistryChanges {
        emoji: Change::Clear,
        color: Change::Set(Color::parse("#000000").unwrap()),
        oidc_policy: Change::Clear,
        ..none.clone()
    };
    let expected = Registry {
        emoji: None,
        color: Some(Color::parse("#000000").unwrap()),
        oidc_policy: None,
        ..expected
    };
    assert_eq!(update(changes).await, Some(expected.clone()));

    let changes = RegistryChanges {
        description: Change::Clear,
        emoji: Change::Set(Emoji::parse(":wave:").unwrap()),
        color: Change::Clear,
        oidc_policy: Change::Set(OidcPolicy::from_yaml("[]").unwrap()),
        ..none
    };
    let expected = Registry {
        description: None,
        emoji: Some(Emoji::parse(":wave:").unwrap()),
        color: None,
        oidc_policy: Some(OidcPolicy::from_yaml("[]").unwrap()),
        ..expected
    };
    assert_eq!(update(changes).await, Some(expected.clone()));
    let found = storage.registry(stored.organization_id, &stored.slug).await.unwrap();
    assert_eq!(found, Some(expected));
}

async fn a_rename_moves_the_registry(storage: &Storage) {
    let organization = organization(storage).await;
    let (old, other) = (registry(&organization, "old"), registry(&organization, "other"));
    storage.create_registry(&old).await.unwrap();
    storage.create_registry(&other).await.unwrap();

    let error = storage.update_registry(old.id, &old.slug, &rename("Other")).await.unwrap_err();
    assert!(matches!(error, StorageError::Taken), "{error:?}");
    let found = storage.registry(organization.id, &old.slug).await.unwrap();
    assert_eq!(found.as_ref(), Some(&old), "nothing is left of an update that failed");

    let renamed =
        storage.update_registry(old.id, &old.slug, &rename("New")).await.unwrap().unwrap();
    assert_eq!((renamed.id, renamed.slug.as_str(), renamed.name.as_str()), (old.id, "new", "New"));
    assert_eq!(storage.registry(organization.id, &old.slug).await.unwrap(), None);
    let found = storage.registry(organization.id, &renamed.slug).await.unwrap();
    assert_eq!(found.as_ref(), Some(&renamed));

    let same =
        storage.update_registry(old.id, &renamed.slug, &rename("NEW")).await.unwrap().unwrap();
    assert_eq!((same.slug.as_str(), same.name.as_str()), ("new", "NEW"));
}

async fn an_update_finds_the_registry_that_it_means(storage: &Storage) {
    let organization = organization(storage).await;
    let registry = registry(&organization, "here");
    storage.create_registry(&registry).await.unwrap();
    let elsewhere: RegistrySlug = "elsewhere".parse().unwrap();
    let changes = rename("there");
    let moved = storage.update_registry(registry.id, &elsewhere, &changes).await.unwrap();
    assert_eq!(moved, None, "it was renamed in the meantime");
    let gone = storage.update_registry(Uuid::now_v7(), &registry.slug, &changes).await.unwrap();
    assert_eq!(gone, None, "another one has its slug now");
}

async fn deletes_are_final(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    let registry = registry(&one, "a");
    storage.create_registry(&registry).await.unwrap();
    assert!(!storage.delete_registry(other.id, &registry.slug).await.unwrap());
    assert!(storage.delete_registry(one.id, &registry.slug).await.unwrap());
    assert!(!storage.delete_registry(one.id, &registry.slug).await.unwrap());
    assert_eq!(storage.registry(one.id, &registry.slug).await.unwrap(), None);
    assert_eq!(storage.registries(one.id, ALL).await.unwrap().items, []);
    storage.create_registry(&Registry { id: Uuid::now_v7(), ..registry }).await.unwrap();
}

async fn organizations_are_deleted_with_what_is_theirs(storage: &Storage) {
    let (one, other) = (organization(storage).await, organization(storage).await);
    let (own, shared) = (token(std::slice::from_ref(&one)), token(&[one.clone(), other.clone()]));
    for token in [&own, &shared] {
        storage.create_token(token, &digest_of(token.id)).await.unwrap();
    }
    for organization in [&one, &other] {
        storage.create_registry(&registry(organization, "a")).await.unwrap();
        let (id, name) = (Uuid::now_v7(), "a".to_owned());
        let team = Team { id, organization_id: organization.id, name, created_at: now() };
        storage.create_team(&team).await.unwrap();
    }
    assert!(!storage.delete_team(one.id, "b").await.unwrap());
    assert!(storage.delete_team(one.id, "a").await.unwrap());
    let belongings = storage.belongings(one.id).await.unwrap();
    assert_eq!(belongings, Belongings { registries: 1, tokens: 1, teams: 0 });
    assert!(storage.delete_organization(one.id).await.unwrap());
    assert!(!storage.delete_organization(one.id).await.unwrap());
    assert_eq!(storage.organization(&one.slug).await.unwrap(), None);
    assert_eq!(storage.registries(one.id, ALL).await.unwrap().items, []);
    assert_eq!(storage.token(&digest_of(own.id)).await.unwrap(), None);
    let left = storage.token(&digest_of(shared.id)).await.unwrap().unwrap();
    assert_eq!(left.organizations, std::slice::from_ref(&other));
    let belongings = storage.belongings(other.id).await.unwrap();
    assert_eq!(belongings, Belongings { registries: 1, tokens: 1, teams: 1 });
    let late = storage.create_registry(&registry(&one, "late")).await.unwrap_err();
    assert!(matches!(late, StorageError::Orphan), "{late:?}");
}

async fn users_are_deleted_with_their_tokens_unless_something_is_left_of_them(storage: &Storage) {
    let (registry, user) = registry_and_user(storage).await;
    let token = registry_token(&registry, &user, "");
    storage.create_registry_token(&token, &digest_of(token.id)).await.unwrap();
    let refused = storage.delete_user(&user.email).await.unwrap_err();
    assert!(matches!(refused, StorageError::Orphan), "{refused:?}");
    assert_eq!(storage.tokens_of_user(&user.email).await.unwrap(), Some(1), "nothing was deleted");
    storage.delete_registry_token(registry.id, token.id).await.unwrap();
    assert!(storage.delete_user(&user.email).await.unwrap());
    assert!(!storage.delete_user(&user.email).await.unwrap());
    assert_eq!(storage.tokens_of_user(&user.email).await.unwrap(), None);
    assert_eq!(storage.tokens(registry.organization_id).await.unwrap(), []);
}

async fn a_database_that_was_let_go_is_not_available(storage: &Storage) {
    let token = token(&[organization(storage).await]);
    let digest = digest_of(token.id);
    storage.create_token(&token, &digest).await.unwrap();
    // What was asked for before is not known any more either.
    assert!(storage.token(&digest).await.unwrap().is_some());
    storage.close().await;
    let error = storage.count_registries().await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable(_)), "{error:?}");
    let error = storage.token(&digest).await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable(_)), "{error:?}");
}

async fn writes_of_one_are_read_by_the_other(one: &Storage, other: &Storage) {
    let organization = organization(one).await;
    assert_eq!(other.organization(&organization.slug).await.unwrap(), Some(organization.clone()));
    let token = token(std::slice::from_ref(&organization));
    let digest = digest_of(token.id);
    one.create_token(&token, &digest).await.unwrap();
    assert_eq!(other.token(&digest).await.unwrap(), Some(token.clone()));
    assert!(other.revoke_token(token.id, now()).await.unwrap());
    assert!(one.token(&digest).await.unwrap().unwrap().is_revoked());
    let registry = full(&organization);
    one.create_registry(&registry).await.unwrap();
    let found = other.registries(organization.id, ALL).await.unwrap().items;
    assert_eq!(found, std::slice::from_ref(&registry));
    assert!(other.delete_registry(organization.id, &registry.slug).await.unwrap());
    assert_eq!(one.registries(organization.id, ALL).await.unwrap().items, []);
}

/// An organization for this test only.
async fn registry_tokens_are_returned_as_they_were_stored(storage: &Storage) {
    let (registry, user) = registry_and_user(storage).await;
    let other = registry_and_user(storage).await.0;
    let mut stored = Vec::new();
    for description in ["", "\u{1f33b} two\nlines"] {
        let token = registry_token(&registry, &user, description);
        assert!(storage.create_registry_token(&token, &digest_of(token.id)).await.unwrap());
        let found = storage.registry_token(registry.id, token.id).await.unwrap();
        assert_eq!(found, Some(token.clone()));
        assert_eq!(storage.registry_token(other.id, token.id).await.unwrap(), None);
        stored.push(token);
    }
    assert_eq!(storage.registry_tokens(registry.id, ALL).await.unwrap().items, stored);
    assert_eq!(storage.registry_tokens(other.id, ALL).await.unwrap().items, []);
}

async fn registry_tokens_are_listed_in_parts(storage: &Storage) {
    let (registry, user) = registry_and_user(storage).await;
    let mut created = Vec::new();
    for description in ["four", "more", "last"] {
        let token = registry_token(&registry, &user, description);
        assert!(storage.create_registry_token(&token, &digest_of(token.id)).await.unwrap());
        created.push(token);
    }
    let part = async |after: Option<Uuid>, limit, bytes| {
        let page = Page { after, limit, bytes };
        let part = storage.registry_tokens(registry.id, page).await.unwrap();
        (part.items, part.is_last)
    };
    let (all, [a, b, c]) = (u32::MAX, [0, 1, 2].map(|index: usize| Some(created[index].id)));
    assert_eq!(part(None, 2, all).await, (created[..2].to_vec(), false));
    assert_eq!(part(b, 2, all).await, (created[2..].to_vec(), true));
    assert_eq!(part(None, 3, all).await, (created.clone(), false), "there may be more");
    assert_eq!(part(c, 3, all).await, (vec![], true));
    // Each has four bytes: the second one exceeds them.
    assert_eq!(part(None, 4, 3).await, (created[..1].to_vec(), false));
    assert_eq!(part(None, 4, 4).await, (created[..2].to_vec(), false));
    assert_eq!(part(a, 4, 4).await, (created[1..].to_vec(), true));
}

async fn registry_tokens_change_and_go(storage: &Storage) {
    let (registry, user) = registry_and_user(storage).await;
    let token = registry_token(&registry, &user, "before");
    storage.create_registry_token(&token, &digest_of(token.id)).await.unwrap();
    let description = Description::parse("after").unwrap();
    let update =
        async |registry, id| storage.update_registry_token(registry, id, &description).await;
    assert!(update(registry.id, token.id).await.unwrap());
    assert!(!update(Uuid::now_v7(), token.id).await.unwrap());
    assert!(!update(registry.id, Uuid::now_v7()).await.unwrap());
    let found = storage.registry_token(registry.id, token.id).await.unwrap();
    assert_eq!(found.unwrap().description, description);
    assert!(!storage.delete_registry_token(Uuid::now_v7(), token.id).await.unwrap());
    assert!(storage.delete_registry_token(registry.id, token.id).await.unwrap());
    assert!(!storage.delete_registry_token(registry.id, token.id).await.unwrap());
    assert!(!update(registry.id, token.id).await.unwrap());
}

async fn registry_tokens_go_with_their_registry(storage: &Storage) {
    let (registry, user) = registry_and_user(storage).await;
    let token = registry_token(&registry, &user, "");
    storage.create_registry_token(&token, &digest_of(token.id)).await.unwrap();
    storage.delete_registry(registry.organization_id, &registry.slug).await.unwrap();
    assert_eq!(storage.registry_token(registry.id, token.id).await.unwrap(), None);
    let late = registry_token(&registry, &user, "");
    assert!(!storage.create_registry_token(&late, &digest_of(late.id)).await.unwrap());
}

async fn registry_and_user(storage: &Storage) -> (Registry, User) {
    let organization = organization(storage).await;
    let registry = registry(&organization, "with tokens");
    storage.create_registry(&registry).await.unwrap();
    let token = token(&[organization]);
    (registry, storage.create_token(&token, &digest_of(token.id)).await.unwrap())
}

fn registry_token(registry: &Registry, user: &User, description: &str) -> RegistryToken {
    RegistryToken {
        id: Uuid::now_v7(),
        registry_id: registry.id,
        description: Description::parse(description).unwrap(),
        created_at: now(),
        created_by: user.clone(),
    }
}

fn digest_of(id: Uuid) -> TokenDigest {
    Secret::presented(&id.to_string()).digest()
}

async fn organization(storage: &Storage) -> Organization {
    organization_called(storage, &format!("org-{}", Uuid::now_v7())).await
}

async fn organization_called(storage: &Storage, slug: &str) -> Organization {
    let slug = slug.parse().unwrap();
    let (id, name) = (Uuid::now_v7(), "Org \u{fc}".to_owned());
    let organization = Organization { id, slug, name, created_at: now() };
    storage.create_organization(&organization).await.unwrap();
    organization
}

/// A token with a user of its own.
fn token(organizations: &[Organization]) -> AccessToken {
    let id = Uuid::now_v7();
    AccessToken {
        id,
        user: User {
            id,
            email: format!("{id}@users.example.org"),
            name: "Somebody".to_owned(),
            created_at: now(),
        },
        description: "A token".to_owned(),
        scopes: Scope::ALL.to_vec(),
        organizations: organizations.to_vec(),
        created_at: now(),
        expires_at: None,
        revoked_at: None,
    }
}

fn registry(organization: &Organization, name: &str) -> Registry {
    let name = RegistryName::parse(name).unwrap();
    Registry {
        id: Uuid::now_v7(),
        organization_id: organization.id,
        slug: name.slug().unwrap(),
        name,
        ecosystem: Ecosystem::parse("ruby").unwrap(),
        description: None,
        emoji: None,
        color: None,
        oidc_policy: None,
        team_ids: None,
        created_at: now(),
    }
}

/// A registry with every property.
fn full(organization: &Organization) -> Registry {
    let policy = "- iss: https://agent.buildkite.com\n  claims:\n    a: \u{fc}\n";
    Registry {
        description: Some(Description::parse("two\nlines \u{1f33b}").unwrap()),
        emoji: Some(Emoji::parse("\u{1f33b}").unwrap()),
        color: Some(Color::parse("#f0CCff").unwrap()),
        oidc_policy: Some(OidcPolicy::from_yaml(policy).unwrap()),
        team_ids: Some(TeamIds::from_stored(vec![Uuid::now_v7(), Uuid::now_v7()])),
        ..registry(organization, "Everything \u{fc} \u{1f33b}")
    }
}

fn rename(name: &str) -> RegistryChanges {
    let name = RegistryName::parse(name).unwrap();
    let slug = name.slug().unwrap();
    RegistryChanges { name: Some((name, slug)), ..RegistryChanges::default() }
}

fn set<T: Clone>(value: Option<&T>) -> Change<T> {
    Change::Set(value.unwrap().clone())
}

/// A time that every backend stores exactly: whole milliseconds.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_123).unwrap()
}
