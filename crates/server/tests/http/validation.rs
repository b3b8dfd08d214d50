//! What a registry may be: every rule, on create and on update.

use serde_json::{Value, json};

use crate::harness::{Api, Database, on_every_database};

on_every_database! {
    a_name_whose_slug_is_longer_than_every_database_keeps_is_refused,
}

/// Property, value and the code of the problem; the value makes an otherwise valid body invalid.
fn invalid() -> Vec<(&'static str, Value, &'static str)> {
    let mut cases = vec![
        ("name", json!(null), "wrong_type"),
        ("name", json!(1), "wrong_type"),
        ("name", json!([]), "wrong_type"),
        ("name", json!(""), "invalid"),
        ("name", json!(" \t\u{3000}"), "invalid"),
        ("name", json!("\u{200b}\u{feff}"), "invalid"),
        ("name", json!("a\u{0}b"), "invalid"),
        ("name", json!("a\nb"), "invalid"),
        ("name", json!("x".repeat(256)), "too_long"),
        ("ecosystem", json!(null), "wrong_type"),
        ("ecosystem", json!({}), "wrong_type"),
        ("ecosystem", json!(""), "invalid"),
        ("ecosystem", json!("Ruby"), "invalid"),
        ("ecosystem", json!("rubygems"), "invalid"),
        ("description", json!(1), "wrong_type"),
        ("description", json!(["a"]), "wrong_type"),
        ("description", json!("a\u{0}"), "invalid"),
        ("description", json!("x".repeat(4097)), "too_long"),
        ("emoji", json!(false), "wrong_type"),
        ("emoji", json!(" "), "invalid"),
        ("emoji", json!("sunflower"), "invalid"),
        ("emoji", json!("\u{1f33b}\u{1f33b}"), "invalid"),
        ("color", json!(0xf0_ccff), "wrong_type"),
        ("color", json!(" "), "invalid"),
        ("color", json!("f0ccff"), "invalid"),
        ("color", json!("#fcf"), "invalid"),
        ("oidc_policy", json!({}), "wrong_type"),
        ("oidc_policy", json!(true), "wrong_type"),
        ("oidc_policy", json!(" \n"), "invalid"),
        ("oidc_policy", json!("[a"), "invalid"),
        ("oidc_policy", json!("iss: https://agent.buildkite.com"), "wrong_type"),
        ("oidc_policy", json!([1]), "wrong_type"),
        ("oidc_policy", json!("x".repeat(70_000)), "too_long"),
        ("team_ids", json!(null), "wrong_type"),
        ("team_ids", json!("0191df84-85e4-77aa-83ba-6579084728eb"), "wrong_type"),
        ("team_ids", json!([1]), "wrong_type"),
        ("team_ids", json!(["team-one-uuid"]), "invalid"),
    ];
    cases.push(("team_ids", json!(vec!["0191df84-85e4-77aa-83ba-6579084728eb"; 1001]), "too_long"));
    cases
}

#[tokio::test]
async fn invalid_values_are_refused_on_create() {
    let api = Api::start().await;
    for (property, value, code) in invalid() {
        let mut body = json!({"name": "new", "ecosystem": "ruby"});
        body[property] = value;
        let answer = api.send("POST", &api.registries(), body.clone()).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{body}: {problems:?}");
        assert_eq!((problems[0].0, problems[0].1), (property, code), "{body}");
    }
    assert_eq!(api.server.registries().await.unwrap(), 0);
}

#[tokio::test]
async fn invalid_values_are_refused_on_update_and_change_nothing() {
    let api = Api::start().await;
    let created = api.create("there").await;
    for (property, value, code) in invalid() {
        let mut body = json!({"description": "changed"});
        body[property] = value;
        let answer = api.send("PATCH", &api.registry("there"), body.clone()).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{body}: {problems:?}");
        assert_eq!((problems[0].0, problems[0].1), (property, code), "{body}");
    }
    assert_eq!(api.get(&api.registry("there")).await.body, created);
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
async fn all_problems_are_told_at_once() {
    let api = Api::start().await;
    api.create("taken").await;
    let body =
        json!({"description": 1, "emoji": "a", "color": "b", "oidc_policy": 1, "team_ids": 1});
    let answer = api.send("POST", &api.registries(), body).await;
    let fields: Vec<_> = answer.problems().iter().map(|problem| (problem.0, problem.1)).collect();
    assert_eq!(
        fields,
        [
            ("name", "missing"),
            ("ecosystem", "missing"),
            ("description", "wrong_type"),
            ("emoji", "invalid"),
            ("color", "invalid"),
            ("oidc_policy", "wrong_type"),
            ("team_ids", "wrong_type"),
        ]
    );
    let body = json!({"name": "Taken!", "ecosystem": "none"});
    let answer = api.send("POST", &api.registries(), body).await;
    let fields: Vec<_> = answer.problems().iter().map(|problem| (problem.0, problem.1)).collect();
    assert_eq!(fields, [("name", "taken"), ("ecosystem", "invalid")]);

    api.create("mine").await;
    let body = json!({"name": "taken", "color": "red"});
    let answer = api.send("PUT", &api.registry("mine"), body).await;
    let fields: Vec<_> = answer.problems().iter().map(|problem| (problem.0, problem.1)).collect();
    assert_eq!(fields, [("name", "taken"), ("color", "invalid")]);
    let body = json!({"name": "Mine", "color": "red"});
    let answer = api.send("PUT", &api.registry("mine"), body).await;
    assert_eq!(answer.problems().len(), 1, "a registry does not take its own slug");
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
    for (method, path) in [("POST", api.registries()), ("PATCH", api.registry("mine"))] {
        let answer = api.send(method, &path, long.clone()).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!((problems[0].0, problems[0].1), ("name", "too_long"));
        assert!(problems[0].2.contains("slug"), "{problems:?}");
    }
    assert_eq!(api.get(&api.registry("mine")).await.body, mine);
    // Characters that are written as their code points lead to the longest slugs of all others.
    let name: String = ('\u{10ff00}'..='\u{10fffe}').collect();
    let created = api.create(&name).await;
    let slug = created["slug"].as_str().unwrap();
    assert_eq!(
        (slug.len(), api.get(&api.registry(slug)).await.body["name"].as_str()),
        (2039, Some(&*name))
    );
}

#[tokio::test]
async fn a_body_that_is_no_object_is_422() {
    let api = Api::start().await;
    api.create("there").await;
    for body in ["null", "[]", "1", "\"a\"", "true"] {
        for (method, path) in [("POST", api.registries()), ("PATCH", api.registry("there"))] {
            let request = api.request(method, &path).bearer_auth(&api.token);
            let request = request.header("Content-Type", "application/json").body(body);
            let answer = crate::harness::Answer::to(request).await;
            assert_eq!(answer.problems()[0].0, "body", "{body}");
        }
    }
}

#[tokio::test]
async fn an_ecosystem_that_is_not_accepted_is_answered_with_those_that_are() {
    let api = Api::start().await;
    let body = json!({"name": "a", "ecosystem": "cobol"});
    let answer = api.send("POST", &api.registries(), body).await;
    let message = answer.problems()[0].2;
    for ecosystem in ["ruby", "java", "python", "container", "terraform"] {
        assert!(message.contains(ecosystem), "{message}");
    }
}

#[tokio::test]
async fn a_slug_that_is_taken_is_refused_with_the_slug() {
    let api = Api::start().await;
    api.create("My Registry").await;
    for name in ["my registry", "My-Registry", "  MY  REGISTRY  ", "m\u{fd} registry"] {
        let body = json!({"name": name, "ecosystem": "java"});
        let answer = api.send("POST", &api.registries(), body).await;
        let problems = answer.problems();
        assert_eq!((problems.len(), problems[0].0, problems[0].1), (1, "name", "taken"), "{name}");
        assert!(problems[0].2.contains("my-registry"), "{}", problems[0].2);
    }
}

#[tokio::test]
async fn policies_are_told_statement_claim_and_matcher() {
    let api = Api::start().await;
    let bad = json!([
        {"iss": "https://agent.buildkite.com", "claims": {"a": "b"}},
        {"iss": "https://example.org", "claims": {"branch": {"like": "main", "in": "main"}}},
    ]);
    let text = serde_json::to_string(&bad).unwrap();
    for policy in [bad, json!(text)] {
        let body = json!({"name": "a", "ecosystem": "ruby", "oidc_policy": policy});
        let answer = api.send("POST", &api.registries(), body).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.0 == "oidc_policy"));
        let messages: Vec<&str> = problems.iter().map(|problem| problem.2).collect();
        assert!(messages.iter().all(|message| message.starts_with("statement 2, ")));
        let of_claim = |matcher: &str| {
            let place = format!("claim \"branch\", matcher \"{matcher}\"");
            messages.iter().any(|message| message.contains(&place))
        };
        assert!(of_claim("like") && of_claim("in"), "{messages:?}");
    }
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

#[tokio::test]
async fn anchors_aliases_and_tags_are_refused() {
    let api = Api::start().await;
    let start = "- iss: https://agent.buildkite.com\n  claims:\n    ";
    for (rest, fragment) in [
        ("a: &x b", "statement 1, claim \"a\", line 3, column 8: it has an anchor"),
        ("a: &x b\n    c: *x", "statement 1, claim \"a\", line 3, column 8: it has an anchor"),
        (
            "a: {in: [!!str b]}",
            "statement 1, claim \"a\", matcher \"in\", line 3, column 14: it has a tag",
        ),
        (
            "a: b\n    a: c",
            "statement 1, claim \"a\", line 4, column 5: it has the key \"a\" twice",
        ),
    ] {
        let policy = format!("{start}{rest}");
        let body = json!({"name": "a", "ecosystem": "ruby", "oidc_policy": policy});
        let answer = api.send("POST", &api.registries(), body).await;
        assert!(answer.problems()[0].2.contains(fragment), "{}", answer.text);
    }
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
async fn a_body_full_of_problems_is_answered_with_the_first_ones() {
    let api = Api::start().await;
    let many = vec!["[]"; 200_000].join(",");
    let statement =
        r#"{"iss": "https://agent.buildkite.com", "claims": {"a": {"in": 1}}, "scopes": ["#;
    for (policy, count) in
        [(format!("[{many}]"), 200_000), (format!("[{statement}{many}]}}]"), 200_001)]
    {
        let body = format!(r#"{{"name": "a", "ecosystem": "ruby", "oidc_policy": {policy}}}"#);
        let request = api.request("POST", &api.registries()).bearer_auth(&api.token);
        let request = request.header("Content-Type", "application/json").body(body);
        let answer = crate::harness::Answer::to(request).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 21);
        assert_eq!(problems[20].2, format!("oidc_policy has {} more problems", count - 20));
        assert!(answer.text.len() < 10_000, "{}", answer.text.len());
    }
}
