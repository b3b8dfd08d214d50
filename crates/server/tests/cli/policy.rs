//! `registries-server policy check`.

use std::path::{Path, PathBuf};

use crate::harness::{run, stderr, stdout};

const POLICY: &str = "\
- iss: https://agent.buildkite.com
  claims: {pipeline_slug: deploy}
- iss: https://agent.buildkite.com
  scopes: [read_packages]
  claims: {pipeline_slug: {matches: 'test-*'}}
";

fn file(directory: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn claims(pipeline: &str) -> String {
    format!(
        r#"{{"iss": "https://agent.buildkite.com", "iat": 1800000000, "nbf": 1800000000,
            "exp": 1800000300, "aud": "https://packages.buildkite.com/my-org/my-registry",
            "pipeline_slug": "{pipeline}"}}"#
    )
}

#[test]
fn it_prints_which_statement_matches_or_why_none_does() {
    let directory = tempfile::tempdir().unwrap();
    let policy = file(directory.path(), "policy.yaml", POLICY);
    for (pipeline, at, status, expected) in [
        (
            "deploy",
            "2027-01-15T08:01:00Z",
            0,
            "statement 1 matches: read_packages, write_packages\n",
        ),
        ("test-1", "2027-01-15T08:01:00Z", 0, "statement 2 matches: read_packages\n"),
        (
            "other",
            "2027-01-15T08:01:00Z",
            1,
            "no statement matches:\n  statement 1: pipeline_slug: equals \"deploy\" does not match; \
             the token has \"other\"\n  statement 2: pipeline_slug: matches \"test-*\" does not match; the \
             token has \"other\"\n",
        ),
        (
            "deploy",
            "2028-01-01T00:00:00Z",
            1,
            "the token is not valid:\n  exp is not in the future: it is 2027-01-15T08:05:00Z, \
             and the time is 2028-01-01T00:00:00Z\n",
        ),
    ] {
        let claims = file(directory.path(), "claims.json", &claims(pipeline));
        let arguments = [
            "policy",
            "check",
            &policy,
            "--claims",
            &claims,
            "--registry",
            "my-org/my-registry",
            "--at",
            at,
        ];
        let output = run(&arguments);
        assert_eq!(stdout(&output), expected, "{pipeline} {at}");
        assert_eq!(output.status.code(), Some(status), "{pipeline} {at}");
    }
}

#[test]
fn the_registry_is_the_one_that_the_claims_name_unless_it_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let policy = file(directory.path(), "policy.yaml", POLICY);
    let check = |claims: &str, more: &[&str]| {
        let claims = file(directory.path(), "claims.json", claims);
        let at = ["--at", "2027-01-15T08:01:00Z"];
        let all = [&["policy", "check", &policy, "--claims", &claims], &at[..], more].concat();
        let output = run(&all);
        (stdout(&output) + &stderr(&output), output.status.code())
    };
    let claims = claims("deploy");
    let assumed = "assuming that the token is for my-org/my-registry, because of its aud\n";
    let matches = "statement 1 matches: read_packages, write_packages\n";
    assert_eq!(check(&claims, &[]), (format!("{assumed}{matches}"), Some(0)));
    let aud = r#""https://packages.buildkite.com/my-org/my-registry""#;
    let start = "the token is not valid:\n  aud is ";
    let refused = format!("{start}not https://packages.buildkite.com/a/b: it is {aud}\n");
    assert_eq!(check(&claims, &["--registry", "a/b"]), (refused, Some(1)));
    let list = claims.replace(aud, &format!("[{aud}]"));
    let refused =
        format!("{start}a list, [{aud}]; it must be the string {}\n", aud.trim_matches('"'));
    assert_eq!(check(&list, &["--registry", "my-org/my-registry"]), (refused, Some(1)));
    for other in [
        r#""https://packages.buildkite.com/my-org""#,
        r#""https://packages.buildkite.com/my-org/My Registry""#,
        r#""https://example.org/my-org/my-registry""#,
        r#"["https://packages.buildkite.com/my-org/my-registry"]"#,
        "null",
    ] {
        let (text, status) = check(&claims.replace(aud, other), &[]);
        let article = if other.starts_with('[') { "a list, " } else { "" };
        let start = format!("error: aud is {article}{other}, not the URL of a registry, https://");
        let end = "; set --registry, or the expected aud with --audience\n";
        assert!(text.starts_with(&start) && text.ends_with(end), "{other}: {text}");
        assert_eq!(status, Some(2), "{other}");
    }
}

#[test]
fn a_matcher_on_a_claim_of_another_type_is_explained_and_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let policy = file(
        directory.path(),
        "policy.yaml",
        "- iss: https://agent.buildkite.com\n  claims: {build_number: {matches: '4*'}}\n\
         - iss: https://agent.buildkite.com\n  claims: {build_number: '42', step: null}\n",
    );
    let number = claims("deploy").replace('}', r#", "build_number": 42, "step": null}"#);
    let claims = file(directory.path(), "claims.json", &number);
    let at = ["--at", "2027-01-15T08:01:00Z", "--registry", "my-org/my-registry"];
    let output = run(&[&["policy", "check", &policy, "--claims", &claims], &at[..]].concat());
    assert_eq!(
        stdout(&output),
        "no statement matches:\n  \
         statement 1: build_number: matches \"4*\" does not match; the token has 42 (a number, not a \
         string)\n  \
         statement 2: build_number: equals \"42\" does not match; the token has 42 (a number, not a \
         string)\n"
    );
    assert_eq!(
        stderr(&output),
        "warning: statement 1, claim build_number: matches \"4*\" is applied to 42 (a number): `matches` \
         is documented for strings only; on other types it does not match here\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn it_prints_everything_that_is_wrong_with_a_policy() {
    let directory = tempfile::tempdir().unwrap();
    let valid = file(
        directory.path(),
        "policy.json",
        r#"[{"iss": "https://agent.buildkite.com", "claims": {"a": 1}}]"#,
    );
    let output = run(&["policy", "check", &valid]);
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("the policy is valid\n", Some(0))
    );
    let wrong = file(
        directory.path(),
        "wrong.yaml",
        "- iss: https://example.org\n- claims: {a: {is: 1}}\n",
    );
    let output = run(&["policy", "check", &wrong]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with(&format!("{wrong}: the policy is not valid:\n  - ")), "{text}");
    for place in [
        "statement 1, iss",
        "statement 1: claims",
        "statement 2: iss",
        "claim \"a\", matcher \"is\"",
    ] {
        assert!(text.contains(place), "{place}: {text}");
    }
}
