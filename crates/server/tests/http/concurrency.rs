//! Many callers at once.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Api, Database, on_every_database};

on_every_database! {
    one_of_many_gets_a_slug,
    creates_renames_and_deletes_of_the_same_slugs_never_fail,
    updates_of_different_properties_do_not_lose_each_other,
    callers_who_give_up_in_the_middle_harm_nobody,
}

async fn one_of_many_gets_a_slug(database: Database) {
    let api = Arc::new(Api::start_on(&database).await);
    for round in 0..5 {
        let mut tasks = JoinSet::new();
        for index in 0..32 {
            let api = api.clone();
            tasks.spawn(async move {
                // Different names that lead to one slug.
                let name = format!("wanted{}{round}", if index % 2 == 0 { " " } else { "-" });
                let body = json!({"name": name, "ecosystem": "ruby"});
                let answer = api.send("POST", &api.registries(), body).await;
                if answer.status != 200 {
                    assert_eq!(answer.problems()[0].1, "taken");
                }
                answer.status.as_u16()
            });
        }
        let statuses = tasks.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(api.server.registries().await.unwrap(), round + 1);
    }
}

async fn creates_renames_and_deletes_of_the_same_slugs_never_fail(database: Database) {
    let api = Arc::new(Api::start_on(&database).await);
    let mut tasks = JoinSet::new();
    for index in 0..48_usize {
        let api = api.clone();
        tasks.spawn(async move {
            let (slug, other) = (format!("r{}", index % 3), format!("r{}", (index + 1) % 3));
            let answers = [
                api.send("POST", &api.registries(), json!({"name": slug, "ecosystem": "ruby"}))
                    .await,
                api.send("PATCH", &api.registry(&slug), json!({"name": other})).await,
                api.send("DELETE", &api.registry(&other), json!(null)).await,
                api.get(&api.registries()).await,
            ];
            let list = answers[3].body.as_array().unwrap();
            let mut slugs: Vec<_> = list.iter().map(|r| r["slug"].as_str().unwrap()).collect();
            slugs.sort_unstable();
            assert!(slugs.is_sorted_by(|a, b| a < b), "a slug occurs twice: {slugs:?}");
            answers.map(|answer| answer.status.as_u16())
        });
    }
    for [create, rename, delete, list] in tasks.join_all().await {
        assert!([200, 422].contains(&create), "{create}");
        assert!([200, 404, 422].contains(&rename), "{rename}");
        assert!([200, 404].contains(&delete), "{delete}");
        assert_eq!(list, 200);
    }
    let list = api.get(&api.registries()).await;
    assert_eq!(list.body.as_array().unwrap().len(), api.server.registries().await.unwrap());
}

async fn updates_of_different_properties_do_not_lose_each_other(database: Database) {
    let api = Arc::new(Api::start_on(&database).await);
    for _ in 0..10 {
        api.create("shared").await;
        let mut tasks = JoinSet::new();
        for (property, value) in
            [("description", "text"), ("emoji", ":a:"), ("color", "#123456"), ("oidc_policy", "[]")]
        {
            let api = api.clone();
            tasks.spawn(async move {
                let answer =
                    api.send("PATCH", &api.registry("shared"), json!({property: value})).await;
                assert_eq!(answer.status, 200);
            });
        }
        tasks.join_all().await;
        let found = api.get(&api.registry("shared")).await.body;
        assert_eq!(found["description"], "text");
        assert_eq!(found["emoji"], ":a:");
        assert_eq!(found["color"], "#123456");
        assert_eq!(found["oidc_policy"], "[]");
        api.send("DELETE", &api.registry("shared"), json!(null)).await;
    }
}

/// A request that is given up is carried out wholly or not at all, and whatever it held is let go:
/// a database in memory, which is one connection, would be gone with it.
async fn callers_who_give_up_in_the_middle_harm_nobody(database: Database) {
    let api = Arc::new(Api::start_on(&database).await);
    api.create("there").await;
    for delay in 0..200 {
        let task = tokio::spawn({
            let api = api.clone();
            async move {
                let body = json!({"name": format!("r {delay}"), "ecosystem": "ruby"});
                api.send("POST", &api.registries(), body).await;
                api.send("PATCH", &api.registry("there"), json!({"color": "#123456"})).await;
            }
        });
        for _ in 0..delay % 50 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(std::time::Duration::from_micros(delay * 20)).await;
        task.abort();
        // An aborted task ends with an error, one that was done does not.
        let _ = task.await;
    }
    let list = api.get(&api.registries()).await;
    assert_eq!(list.status, 200);
    assert_eq!(list.body[0]["name"], "there");
    api.create("another").await;
}
