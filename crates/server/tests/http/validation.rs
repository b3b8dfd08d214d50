//! What a registry may be: every rule, on create and on update.

use serde_json::{Value, json};

use crate::harness::{Api, Database, on_every_database};
use crate::transcript::{Transcript, brief};

on_every_database! {
    a_name_whose_slug_is_longer_than_every_database_keeps_is_refused,
}

/// Each makes an otherwise valid body invalid.
fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("name", json!(null)),
        ("name", json!(1)),
        ("name", json!([])),
        ("name", json!("")),
        ("name", json!(" \t\u{3000}")),
        ("name", json!("\u{200b}\u{feff}")),
        ("name", json!("a\u{0}b")),
        ("name", json!("a\nb")),
        ("name", json!("x".repeat(256))),
        ("ecosystem", json!(null)),
        ("ecosystem", json!({})),
        ("ecosystem", json!("")),
        ("ecosystem", json!("Ruby")),
        ("ecosystem", json!("rubygems")),
        ("description", json!(1)),
        ("description", json!(["a"])),
        ("description", json!("a\u{0}")),
        ("description", json!("x".repeat(4097))),
        ("emoji", json!(false)),
        ("emoji", json!(" ")),
        ("emoji", json!("sunflower")),
        ("emoji", json!("\u{1f33b}\u{1f33b}")),
        ("color", json!(0xf0_ccff)),
        ("color", json!(" ")),
        ("color", json!("f0ccff")),
        ("color", json!("#fcf")),
        ("oidc_policy", json!({})),
        ("oidc_policy", json!(true)),
        ("oidc_policy", json!(" \n")),
        ("oidc_policy", json!("[a")),
        ("oidc_policy", json!("iss: https://agent.buildkite.com")),
        ("oidc_policy", json!([1])),
        ("oidc_policy", json!("x".repeat(70_000))),
        ("team_ids", json!(null)),
        ("team_ids", json!("0191df84-85e4-77aa-83ba-6579084728eb")),
        ("team_ids", json!([1])),
        ("team_ids", json!(["team-one-uuid"])),
        ("team_ids", json!(vec!["0191df84-85e4-77aa-83ba-6579084728eb"; 1001])),
    ]
}

#[tokio::test]
async fn invalid_values_are_refused_on_create_and_update_and_change_nothing() {
    let api = Api::start().await;
    let there = api.create("there").await;
    let mut transcript = Transcript::of(&api);
    for (property, value) in invalid() {
        let what = format!("{property}: {}", brief(&value));
        let mut body = json!({"name": "new", "ecosystem": "ruby"});
        body[property] = value.clone();
        let created = api.send("POST", &api.registries(), body).await;
        transcript.row(&what, &created);
        let body = json!({"description": "changed", property: value});
        let updated = api.send("PATCH", &api.registry("there"), body).await;
        if updated.body != created.body {
            transcript.row(&format!("{what} on update"), &updated);
        }
        assert_eq!([created.status, updated.status].map(|it| it.as_u16()), [422, 422], "{what}");
    }
    assert_eq!(api.get(&api.registries()).await.body, json!([there]));
    insta::assert_snapshot!("invalid", transcript);
}

#[tokio::test]
async fn valid_values_are_accepted() {
    let api = Api::start().await;
    let policy = json!([{"iss": "https://agent.buildkite.com", "claims": {"a": "b"}}]);
    for (property, value) in [
        ("name", json!("x".repeat(255))),
        ("name", json!("\u{e9}".repeat(255))),
        ("ecosystem", json!("python")),
        ("ecosystem", json!("container")),
        ("ecosystem", json!("helm_oci")),
        ("description", json!("")),
        ("description", json!("\u{1f33b}".repeat(4096))),
        ("emoji", json!(":custom_emoji-1:")),
        ("emoji", json!("\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}")),
        ("color", json!("#F0CCFF")),
        ("oidc_policy", json!([])),
        ("oidc_policy", policy),
    ] {
        let mut body = json!({"name": "new", "ecosystem": "ruby"});
        body[property] = value.clone();
        let created = api.create_with(body).await;
        if property != "oidc_policy" {
            assert_eq!(created[property], value);
        }
        let slug = created["slug"].as_str().unwrap();
        assert_eq!(api.send("DELETE", &api.registry(slug), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn all_problems_are_reported_at_once() {
    let api = Api::start().await;
    api.create("My Registry").await;
    api.create("mine").await;
    let mine = api.registry("mine");
    let mut transcript = Transcript::of(&api);
    let all =
        json!({"description": 1, "emoji": "a", "color": "b", "oidc_policy": 1, "team_ids": 1});
    transcript.create(all).await;
    transcript.create(json!({"name": "My registry!", "ecosystem": "cobol"})).await;
    transcript.send("PUT", &mine, json!({"name": "my registry", "color": "red"})).await;
    // A registry does not take its own slug.
    transcript.send("PUT", &mine, json!({"name": "Mine", "color": "red"})).await;
    for name in ["My-Registry", "  MY  REGISTRY  ", "m\u{fd} registry"] {
        transcript.create(json!({"name": name, "ecosystem": "java"})).await;
    }
    insta::assert_snapshot!("problems", transcript);
}

/// As many emoji as a name may have, those with the longest names: a slug that does not fit into an
/// index of `PostgreSQL`.
fn longest_name() -> String {
    let mut emoji: Vec<char> = ('\u{1f300}'..='\u{1faff}').collect();
    emoji.sort_by_key(|emoji| std::cmp::Reverse(deunicode::deunicode_char(*emoji).map(str::len)));
    emoji.iter().take(255).collect()
}

async fn a_name_whose_slug_is_longer_than_every_database_keeps_is_refused(database: Database) {
    let api = Api::start_on(&database).await;
    let mine = api.create("mine").await;
    let long = json!({"name": longest_name(), "ecosystem": "ruby"});
    let created = api.send("POST", &api.registries(), long.clone()).await;
    let updated = api.send("PATCH", &api.registry("mine"), long).await;
    assert_eq!(updated.body, created.body);
    let mut transcript = Transcript::of(&api);
    transcript.row("a name of emoji", &created);
    insta::assert_snapshot!("long-slug", transcript);
    assert_eq!(api.get(&api.registry("mine")).await.body, mine);
    // Characters that are written as their code points lead to the longest slugs of all others.
    let name: String = ('\u{10ff00}'..='\u{10fffe}').collect();
    let created = api.create(&name).await;
    let slug = created["slug"].as_str().unwrap();
    assert_eq!(api.get(&api.registry(slug)).await.body, created);
    assert_eq!(created["name"], name);
}

/// What a policy is refused with.
#[tokio::test]
async fn errors_of_policies_have_place_and_problem() {
    let api = Api::start().await;
    let mut transcript = Transcript::of(&api);
    let bad = json!([
        {"iss": "https://agent.buildkite.com", "claims": {"a": "b"}},
        {"iss": "https://example.org", "claims": {"branch": {"like": "main", "in": "main"}}},
    ]);
    let text = json!(bad.to_string());
    let yaml = "- iss: https://agent.buildkite.com\n  claims:\n    ";
    let yaml = |rest: &str| json!(format!("{yaml}{rest}"));
    for policy in [
        bad,
        text,
        yaml("a: &x b"),
        yaml("a: &x b\n    c: *x"),
        yaml("a: {in: [!!str b]}"),
        yaml("a: b\n    a: c"),
    ] {
        let body = json!({"name": "a", "ecosystem": "ruby", "oidc_policy": policy});
        let answer = api.send("POST", &api.registries(), body).await;
        transcript.row(&policy.to_string(), &answer);
    }
    insta::assert_snapshot!("policies", transcript);
}

#[tokio::test]
async fn a_policy_is_returned_as_text_and_can_be_sent_back() {
    let api = Api::start().await;
    let array = json!([{
        "iss": "https://oidc.circleci.com/org/0191df84", "scopes": ["read_packages"],
        "claims": {"a": {"matches": ["x*", "\u{1f33b}?"]}, "b": 1, "c": {"not_in": [true, 1.5]}},
    }]);
    let created =
        api.create_with(json!({"name": "a", "ecosystem": "ruby", "oidc_policy": array})).await;
    let text = created["oidc_policy"].clone();
    assert!(text.is_string());
    let again = api.send("PUT", &api.registry("a"), json!({"oidc_policy": text})).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &created));
}

/// A policy with one claim, whose name is given.
fn policy_about(claim: &str) -> Value {
    json!([{"iss": "https://agent.buildkite.com", "claims": {claim: {"in": [null, 1e20, "x"]}}}])
}

#[tokio::test]
async fn an_accepted_policy_can_be_read_back_however_long_its_keys_are() {
    let api = Api::start().await;
    api.create("a").await;
    for claim in [
        "x".repeat(1_100),
        "\u{1f33b}".repeat(1_023),
        "\"\n".repeat(900),
        "\u{0}\u{7f}\u{85}\u{feff}\u{ffff}\u{10ffff}".to_owned(),
        ": # - ? & * !".to_owned(),
    ] {
        let policy = policy_about(&claim);
        let text = serde_json::to_string(&policy).unwrap();
        // As an array, and as a text that has it; what comes back is taken again, to the letter.
        for (given, expected) in [(policy, None), (json!(text), Some(json!(text)))] {
            let body = json!({"oidc_policy": given});
            let first = api.send("PATCH", &api.registry("a"), body).await;
            assert_eq!(first.status, 200, "{}", first.text);
            let kept = first.body["oidc_policy"].clone();
            assert!(expected.is_none_or(|expected| expected == kept), "{kept}");
            let again = api.send("PATCH", &api.registry("a"), json!({"oidc_policy": kept})).await;
            assert_eq!((again.status.as_u16(), &again.body["oidc_policy"]), (200, &kept));
        }
    }
}

#[tokio::test]
async fn a_legal_policy_as_text_comes_back_byte_for_byte() {
    let api = Api::start().await;
    api.create("a").await;
    for text in [
        "- iss: https://agent.buildkite.com\n  claims: {a: b}\n\n\n",
        "- iss: https://agent.buildkite.com\r\n  claims:\r\n    a: b\r\n",
        "- iss: https://agent.buildkite.com\n  claims: {a: b}",
        "\u{feff}- iss: https://agent.buildkite.com\n  claims: {a: b}\n",
        "%YAML 1.2\n---\n- iss: https://agent.buildkite.com\n  claims: {a: b}\n...\n",
        "# \u{1f33b}\n-   iss: 'https://agent.buildkite.com'\n    claims:\n      ? a\n      : b # c\n",
        "- iss: >-\n    https://agent.buildkite.com\n  claims:\n    a: |\n      two\n      lines\n    b: \"\\u2028\"\n",
        "[{\"iss\": \"https:\\/\\/agent.buildkite.com\", \"claims\": {\"a\": \"\\ud83c\\udf3b\"}}]",
        "\t[\n\t{\n\t\"iss\":\t\"https://agent.buildkite.com\",\n\t\"claims\":{\"a\":1}}]\t\n",
        "[]",
        "- iss: https://agent.buildkite.com\n  claims: {a: null, b: , ~: {in: [~]}}\n",
    ] {
        let body = json!({"oidc_policy": text});
        let answer = api.send("PATCH", &api.registry("a"), body).await;
        assert_eq!(answer.status, 200, "{text:?}: {}", answer.text);
        assert_eq!(answer.body["oidc_policy"], json!(text));
        assert_eq!(api.get(&api.registry("a")).await.body["oidc_policy"], json!(text));
    }
}

#[tokio::test]
async fn a_body_full_of_problems_is_rejected_with_the_first_ones() {
    let api = Api::start().await;
    let mut transcript = Transcript::of(&api);
    let many = vec!["[]"; 200_000].join(",");
    let statement =
        r#"{"iss": "https://agent.buildkite.com", "claims": {"a": {"in": 1}}, "scopes": ["#;
    for policy in [format!("[{many}]"), format!("[{statement}{many}]}}]")] {
        let body = format!(r#"{{"name": "a", "ecosystem": "ruby", "oidc_policy": {policy}}}"#);
        let request = api.request("POST", &api.registries()).bearer_auth(&api.token);
        let request = request.header("Content-Type", "application/json").body(body);
        let answer = crate::harness::Answer::to(request).await;
        transcript.row(&brief(&policy.into()), &answer);
    }
    insta::assert_snapshot!("full-of-problems", transcript);
}
