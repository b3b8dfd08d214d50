//! Many callers at once, who may be of two processes.

use super::{
    ALL, digest_of, full, now, organization, registry, registry_token, rename, set, token,
};
use crate::domain::registry::RegistryChanges;
use crate::storage::{Storage, StorageError};

pub(super) async fn one_of_many_gets_a_slug(one: Storage, other: Storage) {
    let organization = organization(&one).await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..32 {
        let storage = if index % 2 == 0 { one.clone() } else { other.clone() };
        let registry = registry(&organization, "wanted");
        tasks.spawn(async move { storage.create_registry(&registry).await });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let taken = |result: &&Result<_, _>| matches!(result, Err(StorageError::Taken));
    assert_eq!(results.iter().filter(taken).count(), 31, "{results:?}");
}

pub(super) async fn updates_of_one_registry_do_not_lose_each_other(one: Storage, other: Storage) {
    let organization = organization(&one).await;
    let bare = registry(&organization, "shared");
    one.create_registry(&bare).await.unwrap();
    let none = RegistryChanges::default();
    let expected = full(&organization);
    let changes = [
        RegistryChanges { description: set(expected.description.as_ref()), ..none.clone() },
        RegistryChanges { emoji: set(expected.emoji.as_ref()), ..none.clone() },
        RegistryChanges { color: set(expected.color.as_ref()), ..none.clone() },
        RegistryChanges { oidc_policy: set(expected.oidc_policy.as_ref()), ..none },
    ];
    let mut tasks = tokio::task::JoinSet::new();
    for (index, changes) in changes.into_iter().enumerate() {
        let storage = if index % 2 == 0 { one.clone() } else { other.clone() };
        let (id, slug) = (bare.id, bare.slug.clone());
        tasks.spawn(async move { storage.update_registry(id, &slug, &changes).await });
    }
    for result in tasks.join_all().await {
        assert!(result.unwrap().is_some());
    }
    let found = other.registry(organization.id, &bare.slug).await.unwrap().unwrap();
    assert_eq!(found.description, expected.description);
    assert_eq!(found.emoji, expected.emoji);
    assert_eq!(found.color, expected.color);
    assert_eq!(found.oidc_policy, expected.oidc_policy);
}

/// Each write waits for the other: a database that locks rows has to give up on one of them.
pub(super) async fn registries_that_want_each_others_slugs_keep_their_own(
    one: Storage,
    other: Storage,
) {
    let organization = organization(&one).await;
    let registries = [registry(&organization, "left"), registry(&organization, "right")];
    for registry in &registries {
        one.create_registry(registry).await.unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..64 {
        let storage = if index % 4 < 2 { one.clone() } else { other.clone() };
        let (mine, theirs) = (registries[index % 2].clone(), registries[1 - index % 2].clone());
        let changes = rename(theirs.name.as_str());
        tasks.spawn(async move { storage.update_registry(mine.id, &mine.slug, &changes).await });
    }
    for result in tasks.join_all().await {
        assert!(matches!(result, Err(StorageError::Taken)), "{result:?}");
    }
    assert_eq!(one.registries(organization.id, ALL).await.unwrap().items, registries);
}

/// A database that lets both begin finds out at the end that a token belongs to nothing.
pub(super) async fn registries_go_while_they_get_tokens(one: Storage, other: Storage) {
    let organization = organization(&one).await;
    let creator = token(std::slice::from_ref(&organization));
    let user = one.create_token(&creator, &digest_of(creator.id)).await.unwrap();
    for round in 0..16 {
        let registry = registry(&organization, &format!("going {round}"));
        one.create_registry(&registry).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for index in 0..8 {
            let storage = if index % 2 == 0 { one.clone() } else { other.clone() };
            let token = registry_token(&registry, &user, "");
            let (id, slug) = (organization.id, registry.slug.clone());
            tasks.spawn(async move {
                match index {
                    4 => storage.delete_registry(id, &slug).await,
                    _ => storage.create_registry_token(&token, &digest_of(token.id)).await,
                }
            });
        }
        for result in tasks.join_all().await {
            assert!(result.is_ok(), "{result:?}");
        }
        assert_eq!(other.registry_tokens(registry.id, ALL).await.unwrap().items, []);
    }
}

pub(super) async fn one_of_many_revokes_a_token(one: Storage, other: Storage) {
    let token = token(&[organization(&one).await]);
    let digest = digest_of(token.id);
    one.create_token(&token, &digest).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..32 {
        let storage = if index % 2 == 0 { one.clone() } else { other.clone() };
        let id = token.id;
        tasks.spawn(async move { storage.revoke_token(id, now()).await.unwrap() });
    }
    let revoked = tasks.join_all().await;
    assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1, "{revoked:?}");
}
