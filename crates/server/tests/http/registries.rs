//! The operations on registries, as they are meant to be used.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use registries_server::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};

on_every_database! {
    the_seed_is_reproduced_property_by_property,
    ids_are_uuids_of_version_7_and_graphql_ids_are_made_of_them,
    every_property_is_stored_and_returned_everywhere,
    team_ids_are_there_if_creation_gave_any,
    null_is_a_value_like_any_other,
    unknown_properties_are_ignored_and_public_is_one_of_them,
    names_keep_every_character_of_any_script,
    an_update_keeps_clears_and_sets_by_each_of_three_methods,
    empty_values_clear_as_the_go_client_does_it_and_an_empty_description_stays,
    what_cannot_change_may_be_repeated,
    a_rename_changes_the_slug_and_the_addresses_and_the_old_one_is_gone,
    the_list_is_in_the_order_of_creation,
    a_delete_is_final_and_answered_without_a_body,
    organizations_do_not_see_each_other,
}

const CREATE_REQUEST: &str = include_str!("../data/seed-registries/create-a-registry.request.json");
const CREATE_RESPONSE: &str =
    include_str!("../data/seed-registries/create-a-registry.response.json");
const GET_RESPONSE: &str = include_str!("../data/seed-registries/get-a-registry.response.json");
const LIST_RESPONSE: &str =
    include_str!("../data/seed-registries/list-all-registries.response.json");

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

/// The names of the properties that the seed prints in their order, and the type after them.
fn expected_order(printed: &str) -> Vec<String> {
    let mut order = property_order(printed);
    order.push("type".to_owned());
    order
}

/// The names of the properties of an object in the order in which they were sent.
fn property_order(text: &str) -> Vec<String> {
    let names = text.split('"').skip(1).step_by(2).collect::<Vec<_>>();
    let keys = text.match_indices("\":").count();
    let mut found = Vec::new();
    for name in names {
        if text.contains(&format!("\"{name}\":")) && !found.contains(&name.to_owned()) {
            found.push(name.to_owned());
        }
    }
    assert_eq!(found.len(), keys);
    found
}

async fn the_seed_is_reproduced_property_by_property(database: Database) {
    let api = Api::start_on(&database).await;
    let request: Value = serde_json::from_str(CREATE_REQUEST).unwrap();
    let created = api.send("POST", &api.registries(), request).await;
    assert_eq!(created.status, 200);
    assert_eq!(created.body, localized(CREATE_RESPONSE, &created.body, &api));
    assert_eq!(property_order(&created.text), expected_order(CREATE_RESPONSE));

    let found = api.get(&api.registry("my-registry")).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body, localized(GET_RESPONSE, &created.body, &api));
    assert_eq!(property_order(&found.text), expected_order(GET_RESPONSE));

    let list = api.get(&api.registries()).await;
    assert_eq!(list.status, 200);
    assert_eq!(list.body, localized(LIST_RESPONSE, &created.body, &api));
    assert_eq!(property_order(&list.text), expected_order(LIST_RESPONSE));
}

async fn ids_are_uuids_of_version_7_and_graphql_ids_are_made_of_them(database: Database) {
    let api = Api::start_on(&database).await;
    let registry = api.create("a").await;
    let id = uuid::Uuid::try_parse(registry["id"].as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 7);
    let decoded = BASE64_STANDARD.decode(registry["graphql_id"].as_str().unwrap()).unwrap();
    assert_eq!(decoded, format!("Registry---{id}").into_bytes());
}

async fn every_property_is_stored_and_returned_everywhere(database: Database) {
    let api = Api::start_on(&database).await;
    let policy = "- iss: https://agent.buildkite.com\n  claims: {pipeline_slug: a} # \u{fc}\n";
    let body = json!({
        "name": "Everything \u{1f33b}", "ecosystem": "java", "description": "two\nlines",
        "emoji": ":sunflower:", "color": "#f0ccff", "oidc_policy": policy,
        "team_ids": ["0191DF84-85E4-77AA-83BA-6579084728EB"],
    });
    let created = api.create_with(body.clone()).await;
    let expected = json!({
        "id": created["id"], "graphql_id": created["graphql_id"], "slug": "everything-sunflower",
        "url": created["url"], "web_url": created["web_url"], "name": body["name"],
        "ecosystem": "java", "description": "two\nlines", "emoji": ":sunflower:",
        "color": "#f0ccff", "public": false, "oidc_policy": policy,
        "team_ids": ["0191df84-85e4-77aa-83ba-6579084728eb"], "type": "source",
    });
    assert_eq!(created, expected);
    let slug = created["slug"].as_str().unwrap();
    assert_eq!(api.get(&api.registry(slug)).await.body, expected);
    assert_eq!(api.get(&api.registries()).await.body, json!([expected]));
    let updated = api.send("PATCH", &api.registry(slug), json!({})).await;
    assert_eq!((updated.status.as_u16(), updated.body), (200, expected));
}

async fn team_ids_are_there_if_creation_gave_any(database: Database) {
    let api = Api::start_on(&database).await;
    let none = api.create("none").await;
    assert!(none.as_object().unwrap().get("team_ids").is_none());
    let empty =
        api.create_with(json!({"name": "empty", "ecosystem": "ruby", "team_ids": []})).await;
    assert_eq!(empty["team_ids"], json!([]));
}

async fn null_is_a_value_like_any_other(database: Database) {
    let api = Api::start_on(&database).await;
    let body = json!({
        "name": "a", "ecosystem": "ruby",
        "description": null, "emoji": null, "color": null, "oidc_policy": null,
    });
    let created = api.create_with(body).await;
    for property in ["description", "emoji", "color", "oidc_policy"] {
        assert_eq!(created[property], Value::Null);
    }
}

async fn unknown_properties_are_ignored_and_public_is_one_of_them(database: Database) {
    let api = Api::start_on(&database).await;
    let body = json!({"name": "a", "ecosystem": "ruby", "public": true, "id": 1, "new": {}});
    let created = api.create_with(body).await;
    assert_eq!((&created["public"], &created["new"]), (&json!(false), &Value::Null));
    let updated = api.send("PUT", &api.registry("a"), json!({"public": true, "slug": "x"})).await;
    assert_eq!((updated.status.as_u16(), updated.body), (200, created));
}

async fn names_keep_every_character_of_any_script(database: Database) {
    let api = Api::start_on(&database).await;
    for (name, slug) in [
        ("  My  Registry ", "my-registry"),
        ("\u{5317}\u{4eac}", "bei-jing"),
        ("\u{424}\u{443} & A\u{300}", "fu-a"),
        ("\u{1f33b}", "sunflower"),
        ("a'b\"c\\d</e>%00", "a-b-c-d-e-00"),
        ("\u{202e}abc", "abc"),
        ("\u{13000}\u{13001}", "u13000-u13001"),
        ("!!!", "u21-u21-u21"),
    ] {
        let created = api.create(name).await;
        assert_eq!((&created["name"], &created["slug"]), (&json!(name), &json!(slug)));
        assert_eq!(api.get(&api.registry(slug)).await.body["name"], name);
    }
}

async fn an_update_keeps_clears_and_sets_by_each_of_three_methods(database: Database) {
    let api = Api::start_on(&database).await;
    for method in ["POST", "PATCH", "PUT"] {
        let path = api.registry("a");
        let body = json!({
            "name": "a", "ecosystem": "ruby", "description": "text", "emoji": ":a:",
            "color": "#000000", "oidc_policy": "[]",
        });
        let created = api.create_with(body).await;

        let updated = api.send(method, &path, json!({"description": "other"})).await;
        let mut expected = created.clone();
        expected["description"] = json!("other");
        assert_eq!((updated.status.as_u16(), &updated.body), (200, &expected), "{method}");

        let nulls = json!({"description": null, "emoji": null, "color": null, "oidc_policy": null});
        let updated = api.send(method, &path, nulls).await;
        for property in ["description", "emoji", "color", "oidc_policy"] {
            expected[property] = Value::Null;
        }
        assert_eq!(updated.body, expected, "{method}");
        assert_eq!(api.get(&path).await.body, expected, "{method}");
        assert_eq!(api.send("DELETE", &path, Value::Null).await.status, 200);
    }
}

async fn empty_values_clear_as_the_go_client_does_it_and_an_empty_description_stays(
    database: Database,
) {
    let api = Api::start_on(&database).await;
    let policy = json!([{"iss": "https://agent.buildkite.com", "claims": {"a": "b"}}]);
    for empty_policy in [json!(""), json!([])] {
        let empty =
            json!({"description": "", "emoji": "", "color": "", "oidc_policy": empty_policy});
        let is_cleared = |registry: &Value| {
            assert_eq!(registry["description"], "", "{registry}");
            for property in ["emoji", "color", "oidc_policy"] {
                assert_eq!(registry[property], Value::Null, "{property} {empty_policy}");
            }
        };
        let mut body = empty.clone();
        (body["name"], body["ecosystem"]) = (json!("a"), json!("ruby"));
        is_cleared(&api.create_with(body).await);
        let path = api.registry("a");
        is_cleared(&api.get(&path).await.body);
        for method in ["POST", "PATCH", "PUT"] {
            let full = json!({
                "description": "text", "emoji": ":a:", "color": "#000000", "oidc_policy": policy,
            });
            let full = api.send(method, &path, full).await.body;
            assert_eq!((&full["emoji"], &full["description"]), (&json!(":a:"), &json!("text")));
            let cleared = api.send(method, &path, empty.clone()).await;
            assert_eq!(cleared.status, 200, "{}", cleared.text);
            is_cleared(&cleared.body);
            is_cleared(&api.get(&path).await.body);
            is_cleared(&api.get(&api.registries()).await.body[0]);
            // Each alone leaves the others.
            for property in ["emoji", "color", "oidc_policy"] {
                let mut expected = api.send(method, &path, full.clone()).await.body;
                let one = json!({property: empty[property]});
                let answer = api.send(method, &path, one).await;
                expected[property] = Value::Null;
                assert_eq!(answer.body, expected, "{property}");
            }
        }
        assert_eq!(api.send("DELETE", &path, Value::Null).await.status, 200);
    }
}

async fn what_cannot_change_may_be_repeated(database: Database) {
    let api = Api::start_on(&database).await;
    let (a, b) = ("0191df84-85e4-77aa-83ba-6579084728eb", "0191df84-85e4-77aa-83ba-6579084728ec");
    let body = json!({"name": "a", "ecosystem": "ruby", "team_ids": [a, b]});
    let created = api.create_with(body).await;
    let same = json!({"ecosystem": "ruby", "team_ids": [b, a]});
    assert_eq!(api.send("PATCH", &api.registry("a"), same).await.body, created);
    assert_eq!(api.send("PUT", &api.registry("a"), created.clone()).await.body, created);

    let answer =
        api.send("PATCH", &api.registry("a"), json!({"ecosystem": "java", "team_ids": [a]})).await;
    let problems = answer.problems();
    let pairs: Vec<_> = problems.iter().map(|(field, code, _)| (*field, *code)).collect();
    assert_eq!(pairs, [("ecosystem", "immutable"), ("team_ids", "immutable")]);
}

async fn a_rename_changes_the_slug_and_the_addresses_and_the_old_one_is_gone(database: Database) {
    let api = Api::start_on(&database).await;
    let created = api.create("Old name").await;
    let renamed = api.send("PATCH", &api.registry("old-name"), json!({"name": "New name"})).await;
    assert_eq!(renamed.status, 200);
    assert_eq!((&renamed.body["id"], &renamed.body["slug"]), (&created["id"], &json!("new-name")));
    for property in ["url", "web_url"] {
        let old = created[property].as_str().unwrap();
        assert_eq!(renamed.body[property], json!(old.replace("old-name", "new-name")));
    }
    assert_eq!(api.get(&api.registry("old-name")).await.status, 404);
    assert_eq!(api.get(&api.registry("new-name")).await.body, renamed.body);
    // The old slug is free again, the new one is not.
    api.create("Old name").await;
    let answer = api.send("PATCH", &api.registry("old-name"), json!({"name": "NEW NAME"})).await;
    assert_eq!(
        answer.problems().iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(),
        [("name", "taken")]
    );
    // A new name may lead to the slug that the registry has.
    let answer = api.send("PATCH", &api.registry("new-name"), json!({"name": "NEW NAME"})).await;
    assert_eq!(
        (&answer.body["name"], &answer.body["slug"]),
        (&json!("NEW NAME"), &json!("new-name"))
    );
}

async fn the_list_is_in_the_order_of_creation(database: Database) {
    let api = Api::start_on(&database).await;
    assert_eq!(api.get(&api.registries()).await.body, json!([]));
    let mut created = Vec::new();
    for index in 0..40 {
        created.push(api.create(&format!("r {}", (index * 7) % 40)).await);
    }
    assert_eq!(api.get(&api.registries()).await.body, Value::Array(created.clone()));
    api.send("PATCH", &api.registry("r-7"), json!({"name": "aaa"})).await;
    let slugs = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|registry| registry["id"].clone()).collect()
    };
    let list = api.get(&api.registries()).await.body;
    assert_eq!(slugs(&list), slugs(&Value::Array(created)), "a rename moves nothing");
}

async fn a_delete_is_final_and_answered_without_a_body(database: Database) {
    let api = Api::start_on(&database).await;
    let first = api.create("a").await;
    let answer = api.send("DELETE", &api.registry("a"), Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    assert_eq!(api.get(&api.registry("a")).await.status, 404);
    assert_eq!(api.send("DELETE", &api.registry("a"), Value::Null).await.status, 404);
    assert_eq!(api.send("PATCH", &api.registry("a"), json!({})).await.status, 404);
    assert_eq!(api.get(&api.registries()).await.body, json!([]));
    assert_eq!(api.server.registries().await.unwrap(), 0);
    assert_ne!(api.create("a").await["id"], first["id"]);
}

async fn organizations_do_not_see_each_other(database: Database) {
    let api = Api::start_on(&database).await;
    api.server.create_organization("other_org").await.unwrap();
    let token = api.server.create_token("other_org", &Scope::ALL).await.unwrap();
    let mine = api.create("shared name").await;
    let send = async |method: &str, path: &str| {
        let request = api.request(method, path).bearer_auth(&token);
        let body = json!({"name": "shared name", "ecosystem": "java"});
        Answer::to(request.json(&body)).await
    };
    let theirs = send("POST", "/packages/organizations/other_org/registries").await;
    assert_eq!((theirs.status.as_u16(), &theirs.body["slug"]), (200, &json!("shared-name")));
    assert!(theirs.body["url"].as_str().unwrap().contains("/organizations/other_org/registries/"));
    let list = send("GET", "/packages/organizations/other_org/registries").await;
    assert_eq!(list.body, json!([theirs.body]));
    assert_eq!(api.get(&api.registries()).await.body, json!([mine]));
    send("DELETE", "/packages/organizations/other_org/registries/shared-name").await;
    assert_eq!(api.get(&api.registries()).await.body, json!([mine]));
}
