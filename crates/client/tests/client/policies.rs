//! Policies: built, sent, and read back from either form.

use registries_client::{
    Error, Field, Matcher, Policy, PolicyError, PolicyScope, Scalar, Statement, types,
};
use registries_server::{Embedded, Scope};
use serde_json::{Value, json};

use crate::support::builder;

/// A statement with everything that there is.
fn statement() -> Statement {
    Statement::builder(Statement::circleci("0191df84"))
        .claim("text", "my-org")
        .claim("number", 42)
        .claim("boolean", true)
        .claim("null", None::<&str>)
        .claim("in", Matcher::In(vec!["a".into(), 42.into(), Scalar::Null]))
        .claim("none", Matcher::none_of([1, 2]))
        .claim("glob", Matcher::matches("release-*"))
        .claim(
            "several",
            [Matcher::equals("a"), Matcher::not_equals("b"), Matcher::matches_one_of(["a*", "?b"])],
        )
        .scopes(PolicyScope::ALL)
        .build()
        .unwrap()
}

fn json_of(policy: impl Into<Policy>) -> Value {
    serde_json::to_value(policy.into()).unwrap()
}

#[test]
fn a_policy_is_written_as_the_contract_has_it() {
    let expected = json!([{
        "iss": "https://oidc.circleci.com/org/0191df84",
        "scopes": ["read_packages", "write_packages", "delete_packages"],
        "claims": {
            "text": "my-org", "number": 42, "boolean": true, "null": null,
            "in": {"in": ["a", 42, null]}, "none": {"not_in": [1, 2]},
            "glob": {"matches": "release-*"},
            "several": {"equals": "a", "not_equals": "b", "matches": ["a*", "?b"]},
        },
    }]);
    assert_eq!(json_of(statement()), expected);
    assert_eq!(json_of(vec![statement()]), expected);
    assert_eq!(json_of("- iss: x"), json!("- iss: x"));
    let update: types::UpdateRegistry =
        types::UpdateRegistry::builder().oidc_policy(statement()).try_into().unwrap();
    assert_eq!(serde_json::to_value(update).unwrap(), json!({"oidc_policy": expected}));
}

#[test]
fn what_was_written_is_read_back() {
    let policy = Policy::new([statement(), statement()]);
    assert_eq!(policy.statements().unwrap(), [statement(), statement()]);
    let read = &policy.statements().unwrap()[0];
    assert_eq!(read.scopes().unwrap(), PolicyScope::ALL);
    assert_eq!(read.claims().count(), 8);
    let several: Vec<_> = read.claim("several").unwrap().iter().collect();
    assert!(several.contains(&&Matcher::NotEquals("b".into())), "{several:?}");

    // As YAML, too, and as JSON in a text.
    let yaml = Policy::from_yaml(policy.to_yaml().unwrap()).unwrap();
    assert!(yaml.as_text().is_some() && yaml.as_json().is_none());
    assert_eq!(yaml.statements(), policy.statements());
    let text = Policy::from(serde_json::to_string(&policy).unwrap());
    assert_eq!(text.statements(), policy.statements());
    for empty in [json!(""), json!([])] {
        let policy: Policy = serde_json::from_value(empty).unwrap();
        assert_eq!(policy.statements().unwrap(), []);
    }
}

#[test]
fn no_invalid_statement_is_built() {
    let start = || Statement::builder(Statement::BUILDKITE).claim("a", "b");
    for (builder, problem) in [
        (Statement::builder("https://example.org").claim("a", "b"), "iss: "),
        (Statement::builder(Statement::circleci("")).claim("a", "b"), "iss: "),
        (Statement::builder(Statement::circleci("a/b")).claim("a", "b"), "iss: "),
        (Statement::builder(Statement::BUILDKITE), "claims: at least one"),
        (start().claim("a", "c"), r#"claim "a": is there twice"#),
        (start().claim("c", []), r#"claim "c": at least one matcher"#),
        (start().claim("c", Matcher::In(vec![])), "matcher `in`: is an empty list"),
        (start().claim("c", Matcher::NotIn(vec![])), "matcher `not_in`: is an empty list"),
        (start().claim("c", Matcher::Matches(vec![])), "matcher `matches`: is an empty list"),
        (
            start().claim("c", [Matcher::equals(1), Matcher::equals(2)]),
            "matcher `equals`: is there twice",
        ),
        (start().scopes([]), "scopes: at least one"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let all = Statement::builder("x").scopes([]).build().unwrap_err();
    assert_eq!(all.problems().len(), 3, "{all}");
    assert!(matches!(Error::from(all), Error::InvalidParameter(_)));
}

#[test]
fn an_invalid_policy_is_read_as_everything_that_is_wrong_with_it() {
    let problems = |policy: &str| Policy::from(policy).statements().unwrap_err().to_string();
    for (policy, problem) in [
        ("a: b", "not a list"),
        ("- a", "statement 1, which is not a map"),
        ("[{iss: x, claims: {a: b}}]", r#"statement 1, iss: "x""#),
        ("[{iss: 7, claims: {a: b}}]", "iss: "),
        ("[{ISS, claims: {a: [b]}}]", r#"statement 1, claim "a": is neither"#),
        ("[{ISS, claims: {a: {like: b}}}]", r#"matcher "like": there is no such"#),
        ("[{ISS, claims: {a: {in: b}}}]", "matcher `in`: is not a list"),
        ("[{ISS, claims: {a: {in: []}}}]", "matcher `in`: is an empty list"),
        ("[{ISS, claims: {a: {matches: 1}}}]", "matcher `matches`: is not a glob"),
        ("[{ISS, claims: [a]}]", "claims: is not a map"),
        ("[{ISS, claims: {a: b}, scopes: [read_registries]}]", "scopes: there are only"),
        ("[{ISS, claims: {a: b}, scopes: read_packages}]", "scopes: is not a list"),
        ("[{ISS, claims: {a: b}, aud: c}]", r#""aud": there is no such property"#),
        ("[{ISS, claims: {a: &x b, c: *x}}]", "plain YAML"),
        ("[{ISS, claims: {a: b, a: c}}]", "plain YAML"),
        ("[", "plain YAML"),
    ] {
        let text = problems(&policy.replace("ISS", "iss: 'https://agent.buildkite.com'"));
        assert!(text.contains(problem), "{policy}: {text}");
        assert!(!text.contains('\n'), "{text}");
    }
    assert!(Policy::from_yaml("- a").is_err());
}

/// What the contract says about policies is what is known here.
#[test]
fn issuers_and_scopes_are_those_of_the_contract() {
    let contract: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    let statement = &contract["components"]["schemas"]["OidcStatement"]["properties"];
    let scopes = PolicyScope::ALL.map(PolicyScope::as_str);
    assert_eq!(statement["scopes"]["items"]["enum"], json!(scopes));
    let host = |issuer: &str| issuer.trim_start_matches("https://").replace('.', "\\.");
    let hosts = [Statement::BUILDKITE, Statement::GITHUB_ACTIONS].map(host).join("|");
    let circleci = host(&Statement::circleci("[^/]+"));
    assert_eq!(statement["iss"]["pattern"], format!("^https://({hosts}|{circleci})$"));
}

#[tokio::test]
async fn a_deployment_takes_what_is_built_and_returns_it_in_a_form_that_is_read() {
    let server = Embedded::start().await.unwrap();
    let token = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &token).build().unwrap();
    let org = client.organization(server.organization());
    let policy = Policy::new([statement()]);
    let made = org.create_registry("a", "ruby").policy(policy.clone()).await.unwrap();
    let stored = made.oidc_policy.unwrap();
    assert!(stored.as_text().is_some(), "{stored:?}");
    assert_eq!(stored.statements(), policy.statements());

    let gems = org.registry(made.slug);
    let yaml = policy.to_yaml().unwrap();
    let updated = gems.update().policy(Policy::from_yaml(yaml.clone()).unwrap()).await.unwrap();
    assert_eq!(updated.oidc_policy.as_ref().and_then(Policy::as_text), Some(yaml.as_str()));
    assert_eq!(updated.oidc_policy.unwrap().statements(), policy.statements());
    let empty = gems.update().policy(Policy::new([])).await.unwrap();
    let statements = empty.oidc_policy.map_or(Ok(vec![]), |policy| policy.statements());
    assert_eq!(statements, Ok::<_, PolicyError>(vec![]));
    let none = gems.update().policy(Field::Null).await.unwrap();
    assert_eq!(none.oidc_policy, None);
}
