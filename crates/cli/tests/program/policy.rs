//! OIDC policies.

use crate::support::{Place, bare, printed};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_built_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "policy",
        "build",
        "--claim",
        "organization_slug=my-org",
        "--claim",
        "pipeline_slug=a,b",
        "--scope",
        "read_packages",
    ];
    let built = printed(bare(&arguments, folder.path()), "").await;
    assert_eq!(built.status, 0, "{}", built.stderr);
    insta::assert_snapshot!("built", built.stdout);
    let check = ["policy", "check", "-"];
    let checked = printed(bare(&check, folder.path()), &built.stdout).await;
    assert_eq!((checked.status, checked.stdout.as_str()), (0, "the policy is valid\n"));
    // What `jq -r '.oidc_policy // empty'` prints for a registry without a policy.
    let none = printed(bare(&check, folder.path()), "").await;
    assert_eq!(none.status, 0, "{}", none.stderr);
    assert!(none.stdout.contains("there is no policy"), "{}", none.stdout);
    let wrong = "- iss: https://example.com\n  claims: {}\n";
    let checked = printed(bare(&check, folder.path()), wrong).await;
    assert_eq!((checked.status, checked.stderr.as_str()), (1, ""));
    insta::assert_snapshot!("invalid", checked.stdout);
}

const HEAD: &str = "- iss: https://agent.buildkite.com\n";

/// What a server says about each text, as the policy of a registry, is said without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_checked_as_the_server_checks_it() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let claims = |claims: &str| format!("{HEAD}  claims: {claims}\n");
    let mut valid = 0;
    let mut texts: Vec<String> = [
        "",
        " ",
        "\n",
        "# nothing\n",
        "~",
        "null",
        "[]",
        "{}",
        "5",
        "x",
        "- 1",
        "[",
        "\u{feff}- iss: https://agent.buildkite.com\n  claims: {a: b}\n",
        "%YAML 1.2\n---\n[]\n",
        "--- []\n--- []\n",
        "[]\n...\n",
        "- iss: &a https://agent.buildkite.com\n  claims: {a: *a}\n",
        "- &a {iss: https://agent.buildkite.com, claims: {a: b}}\n- *a\n",
        "- !!map {iss: https://agent.buildkite.com, claims: {a: b}}\n",
        "- iss: !!str https://agent.buildkite.com\n  claims: {a: b}\n",
        "- {<<: {iss: https://agent.buildkite.com}, claims: {a: b}}\n",
        "- iss: https://agent.buildkite.com\n  iss: https://agent.buildkite.com\n  claims: {a: b}\n",
        "- iss: https://agent.buildkite.com\n  ISS: x\n  claims: {a: b}\n",
        "- iss: https://oidc.circleci.com/org/a\n  claims: {a: b}\n",
        "- iss: https://oidc.circleci.com/org/a/b\n  claims: {a: b}\n",
        "- {iss: https://example.com, claims: {a: {}}, scopes: [all], x: 1}\n",
        "[{\"iss\": \"https://agent.buildkite.com\", \"claims\": {\"a\": \"\\ud83c\\udf3b\"}}]",
        "[{\"iss\": \"https://agent.buildkite.com\", \"claims\": {\"a\": 1, \"a\": 2}}]",
        "- iss: https://agent.buildkite.com\n  claims: {a: b}\n  scopes: []\n",
        "- iss: https://agent.buildkite.com\n  claims: {a: b}\n  scopes: [read_packages, 5]\n",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(
        [
            "{a: 1e400}",
            "{a: .nan}",
            "{a: -.inf}",
            "{a: 123456789012345678901234567890}",
            "{a: 0x1F}",
            "{a: 0o17}",
            "{a: 1_000}",
            "{a: no}",
            "{a: True}",
            "{a: ~}",
            "{a: }",
            "{a: 2026-01-01}",
            "{a: \"\\x07\"}",
            "{a: !x b}",
            "{a: {in: [1, {}]}}",
            "{a: {in: []}}",
            "{a: {equals: [1]}}",
            "{a: {matches: 5}}",
            "{a: {matches: [\"x*\", 5]}}",
            "{a: {matches: x, matches: y}}",
            "{1: b}",
            "{~: b}",
            "{[a]: b}",
            "{? a : b}",
            "{a: b",
            "[a]",
            "{}",
            "{a: \"\u{7}\"}",
        ]
        .map(claims),
    );
    texts.push(claims(&format!("{{a: {}b{}}}", "[".repeat(20), "]".repeat(20))));
    texts.push(claims(&format!("{{a: {}}}", "x".repeat(70_000))));
    texts.push(format!("{}\n", "- 1\n".repeat(30)));
    for text in &texts {
        let file = place.write("policy.yaml", text);
        let sent = place.run(&["update", "gems", "--policy", &file]).await;
        let checked = place.run(&["policy", "check", &file]).await;
        let problems = |said: &str| {
            let lines = said.lines().filter(|line| line.starts_with("  - "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(checked.status, sent.status, "{text:?}: {} {}", checked.stderr, sent.stderr);
        assert_eq!(problems(&checked.stdout), problems(&sent.stderr), "{text:?}");
        valid += usize::from(checked.status == 0);
    }
    assert!((10..texts.len() - 20).contains(&valid), "{valid} of {}", texts.len());
}
