//! The operations on registries, as they are meant to be used.

use registries_server::Scope;
use serde_json::{Value, json};

use crate::harness::{Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    the_seed_is_reproduced_property_by_property,
    what_is_created_is_returned_everywhere,
    names_keep_every_character_of_any_script,
    an_update_keeps_clears_and_sets_by_each_of_three_methods,
    what_cannot_change_may_be_repeated,
    a_rename_changes_the_slug_and_the_addresses_and_the_old_one_is_gone,
    the_list_is_in_the_order_of_creation,
    a_delete_is_final,
    organizations_do_not_see_each_other,
}

const CREATE_REQUEST: &str = documented!("seed-registries/create-a-registry.request.json");
const CREATE_RESPONSE: &str = documented!("seed-registries/create-a-registry.response.json");
const GET_RESPONSE: &str = documented!("seed-registries/get-a-registry.response.json");
const LIST_RESPONSE: &str = documented!("seed-registries/list-all-registries.response.json");

/// What the seed prints, with the id, the addresses and the organization of this server; and the type,
/// which official clients read besides.
fn localized(printed: &str, created: &Value, api: &Api) -> Value {
    let mut value: Value = serde_json::from_str(printed).unwrap();
    let registry = if value.is_array() { &mut value[0] } else { &mut value };
    let base = api.server.base_url();
    registry["id"] = created["id"].clone();
    registry["graphql_id"] = created["graphql_id"].clone();
    registry["url"] = json!(format!("{base}{}", api.registry("my-registry")));
    let web = base.strip_suffix("/v2").unwrap();
    registry["web_url"] = json!(format!("{web}/organizations/example-org/registries/my-registry"));
    registry["type"] = json!("source");
    value
}

/// The names of the properties in their order.
fn order(json: &str) -> Vec<&str> {
    let pieces: Vec<&str> = json.split('"').skip(1).collect();
    let is_name = |pair: &&[&str]| pair.get(1).is_some_and(|it| it.trim_start().starts_with(':'));
    pieces.chunks(2).filter(is_name).map(|pair| pair[0]).collect()
}

async fn the_seed_is_reproduced_property_by_property(database: Database) {
    let api = Api::start_on(&database).await;
    let request: Value = serde_json::from_str(CREATE_REQUEST).unwrap();
    let created = api.send("POST", &api.registries(), request).await;
    let id = created.body.clone();
    for (answer, printed) in [
        (created, CREATE_RESPONSE),
        (api.get(&api.registry("my-registry")).await, GET_RESPONSE),
        (api.get(&api.registries()).await, LIST_RESPONSE),
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, localized(printed, &id, &api));
        assert_eq!(order(&answer.text), [&order(printed)[..], &["type"]].concat());
    }
}

/// What a registry of everything is created and changed with.
fn everything() -> Value {
    json!({
        "name": "Everything \u{1f33b}", "ecosystem": "java", "description": "two\nlines",
        "emoji": ":sunflower:", "color": "#f0ccff",
        "oidc_policy": "- iss: https://agent.buildkite.com\n  claims: {pipeline_slug: a} # \u{fc}\n",
        "team_ids": ["0191DF84-85E4-77AA-83BA-6579084728EB"],
    })
}

async fn what_is_created_is_returned_everywhere(database: Database) {
    let api = Api::start_on(&database).await;
    let mut transcript = Transcript::of(&api);
    let mut all = Vec::new();
    for body in [
        everything(),
        json!({"name": "without teams", "ecosystem": "ruby"}),
        json!({"name": "no teams", "ecosystem": "ruby", "team_ids": []}),
        json!({"name": "nulls", "ecosystem": "ruby",
            "description": null, "emoji": null, "color": null, "oidc_policy": null}),
        json!({"name": "as the Go client clears", "ecosystem": "ruby",
            "description": "", "emoji": "", "color": "", "oidc_policy": ""}),
        json!({"name": "no policy", "ecosystem": "ruby", "oidc_policy": []}),
        json!({"name": "unknown", "ecosystem": "ruby", "public": true, "id": 1, "new": {}}),
    ] {
        let created = transcript.create(body).await.body;
        let path = api.registry(created["slug"].as_str().unwrap());
        assert_eq!(api.get(&path).await.body, created);
        assert_eq!(api.send("PATCH", &path, json!({})).await.body, created);
        assert_eq!(
            api.send("PUT", &path, json!({"public": true, "slug": "x"})).await.body,
            created
        );
        all.push(created);
    }
    assert_eq!(api.get(&api.registries()).await.body, Value::Array(all));
    insta::assert_snapshot!("created", transcript);
}

async fn names_keep_every_character_of_any_script(database: Database) {
    let api = Api::start_on(&database).await;
    let mut slugs = String::new();
    for name in [
        "  My  Registry ",
        "\u{5317}\u{4eac}",
        "\u{424}\u{443} & A\u{300}",
        "\u{1f33b}",
        "a'b\"c\\d</e>%00",
        "\u{202e}abc",
        "\u{13000}\u{13001}",
        "!!!",
    ] {
        let created = api.create(name).await;
        let slug = created["slug"].as_str().unwrap();
        assert_eq!(created["name"], name);
        assert_eq!(api.get(&api.registry(slug)).await.body["name"], name);
        slugs.extend([format!("{} is at {slug}\n", name.escape_debug())]);
    }
    insta::assert_snapshot!("names", slugs);
}

async fn an_update_keeps_clears_and_sets_by_each_of_three_methods(database: Database) {
    let api = Api::start_on(&database).await;
    let full = json!({
        "description": "text", "emoji": ":a:", "color": "#000000",
        "oidc_policy": [{"iss": "https://agent.buildkite.com", "claims": {"a": "b"}}],
    });
    let path = api.registry("a");
    let transcript_of = async |method: &str| {
        let mut transcript = Transcript::of(&api);
        api.create("a").await;
        for change in [
            full.clone(),
            json!({"description": "other"}),
            json!({"description": null, "emoji": null, "color": null, "oidc_policy": null}),
            full.clone(),
            // As the Go client clears: an empty description stays.
            json!({"description": "", "emoji": "", "color": "", "oidc_policy": ""}),
            full.clone(),
            json!({"emoji": ""}),
            json!({"color": ""}),
            json!({"oidc_policy": []}),
        ] {
            let answer = api.send(method, &path, change.clone()).await;
            transcript.add(&change.to_string(), &answer);
            assert_eq!(api.get(&path).await.body, answer.body, "{method} {change}");
        }
        assert_eq!(api.send("DELETE", &path, Value::Null).await.status, 200);
        transcript.to_string()
    };
    let transcript = transcript_of("PATCH").await;
    assert_eq!(transcript_of("POST").await, transcript);
    assert_eq!(transcript_of("PUT").await, transcript);
    insta::assert_snapshot!("updated", transcript);
}

async fn what_cannot_change_may_be_repeated(database: Database) {
    let api = Api::start_on(&database).await;
    let (a, b) = ("0191df84-85e4-77aa-83ba-6579084728eb", "0191df84-85e4-77aa-83ba-6579084728ec");
    let body = json!({"name": "a", "ecosystem": "ruby", "team_ids": [a, b]});
    let created = api.create_with(body).await;
    let path = api.registry("a");
    for same in [json!({"ecosystem": "ruby", "team_ids": [b, a]}), created.clone()] {
        assert_eq!(api.send("PATCH", &path, same).await.body, created);
    }
    let mut transcript = Transcript::of(&api);
    transcript.send("PATCH", &path, json!({"ecosystem": "java", "team_ids": [a]})).await;
    assert_eq!(api.get(&path).await.body, created);
    insta::assert_snapshot!("immutable", transcript);
}

async fn a_rename_changes_the_slug_and_the_addresses_and_the_old_one_is_gone(database: Database) {
    let api = Api::start_on(&database).await;
    let (old, new) = (api.registry("old-name"), api.registry("new-name"));
    let mut transcript = Transcript::of(&api);
    transcript.create(json!({"name": "Old name", "ecosystem": "ruby"})).await;
    let renamed = transcript.send("PATCH", &old, json!({"name": "New name"})).await;
    transcript.get(&old).await;
    assert_eq!(api.get(&new).await.body, renamed.body);
    // The old slug is free again, the new one is not.
    api.create("Old name").await;
    transcript.send("PATCH", &old, json!({"name": "NEW NAME"})).await;
    // A new name may lead to the slug that the registry has.
    transcript.send("PATCH", &new, json!({"name": "NEW NAME"})).await;
    insta::assert_snapshot!("renamed", transcript);
}

async fn the_list_is_in_the_order_of_creation(database: Database) {
    let api = Api::start_on(&database).await;
    assert_eq!(api.get(&api.registries()).await.body, json!([]));
    let mut created = Vec::new();
    for index in 0..40 {
        created.push(api.create(&format!("r {}", (index * 7) % 40)).await);
    }
    assert_eq!(api.get(&api.registries()).await.body, Value::Array(created.clone()));
    // A rename moves nothing.
    created[1] = api.send("PATCH", &api.registry("r-7"), json!({"name": "aaa"})).await.body;
    assert_eq!(api.get(&api.registries()).await.body, Value::Array(created));
}

async fn a_delete_is_final(database: Database) {
    let api = Api::start_on(&database).await;
    let first = api.create("a").await;
    let path = api.registry("a");
    let mut transcript = Transcript::of(&api);
    for method in ["DELETE", "GET", "DELETE", "PATCH"] {
        let body = if method == "PATCH" { json!({}) } else { Value::Null };
        transcript.send(method, &path, body).await;
    }
    transcript.get(&api.registries()).await;
    assert_eq!(api.server.registries().await.unwrap(), 0);
    assert_ne!(api.create("a").await["id"], first["id"]);
    insta::assert_snapshot!("deleted", transcript);
}

async fn organizations_do_not_see_each_other(database: Database) {
    let api = Api::start_on(&database).await;
    api.server.create_organization("other_org").await.unwrap();
    let mine = api.create("shared name").await;
    let mut transcript = Transcript::of(&api);
    transcript.token = api.server.create_token("other_org", &Scope::ALL).await.unwrap();
    let list = "/packages/organizations/other_org/registries";
    let one = format!("{list}/shared-name");
    for (method, path) in [("POST", list), ("GET", list), ("DELETE", &one), ("GET", list)] {
        let body = json!({"name": "shared name", "ecosystem": "java"});
        transcript.send(method, path, body).await;
        assert_eq!(api.get(&api.registries()).await.body, json!([mine]));
    }
    insta::assert_snapshot!("of-another-organization", transcript);
}
