//! Declared registries.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    asking::Terminal,
    support::{Place, printed},
};

const FILE: &str = r##"
registries:
  - name: My Gems
    ecosystem: ruby
    description: gems
    emoji: ":gem:"
    color: "#f0ccff"
    policy:
      - iss: https://agent.buildkite.com
        scopes: [read_packages]
        claims: {organization_slug: example-org}
    tokens: [CI, deploy]
  - name: Images
    ecosystem: container
"##;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_applied_and_applied_again() {
    let place = Place::new().await;
    let file = place.write("registries.yaml", FILE);
    let apply = ["apply", "-f", &file];
    let plan = place.ok(&["apply", "-f", &file, "--dry-run"]).await;
    insta::assert_snapshot!("plan-of-creations", plan);
    assert_eq!(place.server.registries().await.unwrap(), 0);
    let applied = place.run(&apply).await;
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    assert!(applied.stderr.ends_with("2 of 2 changes done\n"), "{}", applied.stderr);
    let secrets: Vec<Vec<&str>> =
        applied.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(secrets.len(), 2, "{}", applied.stdout);
    for (secret, description) in secrets.iter().zip(["CI", "deploy"]) {
        assert_eq!(secret[..2], ["my-gems", description]);
        assert!(secret[2].starts_with("bkrt_"), "{secret:?}");
    }
    let again = place.run(&apply).await;
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), ("", "nothing is to change\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_applied_without_a_change() {
    let place = Place::new().await;
    let file = place.write("registries.yaml", FILE);
    place.ok(&["apply", "-f", &file]).await;
    place
        .ok(&[
            "update",
            "images",
            "--policy",
            &place.write(
                "p.yaml",
                "# text\n- iss: https://agent.buildkite.com\n  claims: {a: \"no\"}\n",
            ),
        ])
        .await;
    for arguments in [&["export"][..], &["export", "--no-tokens"]] {
        let exported = place.ok(arguments).await;
        let file = place.write("exported.yaml", &exported);
        let plan = place.ok(&["apply", "-f", &file, "--prune", "--dry-run"]).await;
        assert_eq!(plan, "nothing is to change\n", "{exported}");
        let schema: Value = serde_json::from_str(&place.ok(&["schema", "file"]).await).unwrap();
        let value: Value =
            serde_json::to_value(serde_saphyr::from_str::<Value>(&exported).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&value), "{exported}");
    }
    // Into another organization it is the same.
    place.server.create_organization("other-org").await.unwrap();
    let exported = place.ok(&["export"]).await;
    let mut other = place.command(&["apply", "-f", "-"]);
    let token = place.server.create_token("other-org", &registries_server::Scope::ALL);
    let token = token.await.unwrap();
    other.env("REGISTRIES_ORG", "other-org").env("REGISTRIES_TOKEN", &token);
    let applied = printed(other, &exported).await;
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    let mut again = place.command(&["export"]);
    again.env("REGISTRIES_ORG", "other-org").env("REGISTRIES_TOKEN", &token);
    assert_eq!(printed(again, "").await.stdout, exported);
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_and_tokens_change_and_what_is_left_out_stays() {
    let place = Place::new().await;
    place.ok(&["apply", "-f", &place.write("a.yaml", FILE)]).await;
    let changed = "
registries:
  - {name: My Gems, ecosystem: ruby, description: all gems, emoji: null, tokens: [CI, new]}
";
    let file = place.write("b.yaml", changed);
    let plan = place.ok(&["apply", "-f", &file, "--dry-run"]).await;
    insta::assert_snapshot!("plan-of-changes", plan);
    place.ok(&["apply", "-f", &file]).await;
    let gems: Value =
        serde_json::from_str(&place.ok(&["get", "my-gems", "-o", "json"]).await).unwrap();
    assert_eq!(gems["description"], "all gems");
    assert_eq!((&gems["emoji"], &gems["color"]), (&Value::Null, &"#f0ccff".into()));
    let plan = place.ok(&["apply", "-f", &file, "--prune", "--dry-run"]).await;
    insta::assert_snapshot!("plan-with-prune", plan);
    let refused = place.run(&["apply", "-f", &file, "--prune"]).await;
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("- Images, with its packages and tokens"),
        "{}",
        refused.stderr
    );
    for (answer, left) in [("n", 2), ("y", 1)] {
        let mut terminal = Terminal::start(&place, &["apply", "-f", &file, "--prune"], 80);
        terminal.answer("Carry this out? [y/N] ", answer);
        terminal.end();
        assert_eq!(place.server.registries().await.unwrap(), left);
    }
    let tokens = place.ok(&["token", "list", "my-gems"]).await;
    assert!(tokens.contains("new") && !tokens.contains("deploy"), "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_fails_does_not_stop_the_rest_and_is_repeated() {
    let place = Place::new().await;
    let text = |color: &str| {
        format!(
            "registries:\n- {{name: A, ecosystem: ruby, color: \"{color}\"}}\n- {{name: B, \
             ecosystem: ruby}}\n"
        )
    };
    let file = place.write("a.yaml", text("red"));
    let failed = place.run(&["apply", "-f", &file]).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    for said in ["created b", "failed: A", "hexadecimal", "1 of 2 changes done"] {
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    let file = place.write("a.yaml", text("#ff0000"));
    let repeated = place.run(&["apply", "-f", &file]).await;
    assert_eq!(repeated.status, 0);
    assert!(repeated.stderr.contains("1 of 1 change done"), "{}", repeated.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_file_are_named() {
    let place = Place::new().await;
    place.ok(&["create", "A", "--ecosystem", "ruby"]).await;
    for (text, status, said) in [
        ("registries: 5\n", 2, "a.yaml"),
        ("registries:\n- {name: A, ecosystem: ruby, colour: red}\n", 2, "colour"),
        ("registries:\n- {name: A, ecosystem: ruby}\n- {name: A, ecosystem: ruby}\n", 2, "two"),
        ("registries:\n- {name: A, ecosystem: python}\n", 1, "cannot change to python"),
    ] {
        let file = place.write("a.yaml", text);
        let failed = place.run(&["apply", "-f", &file]).await;
        assert_eq!(failed.status, status, "{}", failed.stderr);
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_stops_between_changes() {
    let place = Place::new().await;
    let registries = (0..2000).map(|n| format!("- {{name: A{n}, ecosystem: ruby}}"));
    let registries = registries.collect::<Vec<_>>().join("\n");
    let file = place.write("a.yaml", format!("registries:\n{registries}\n"));
    let mut command = place.command(&["apply", "-f", &file]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while place.server.registries().await.unwrap() < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let stderr = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
        (child.wait().unwrap(), stderr)
    });
    let (status, stderr) = output.await.unwrap();
    assert_eq!(status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("interrupted; "), "{stderr}");
    let created = stderr.lines().filter(|line| line.starts_with("created ")).count();
    assert_eq!(place.server.registries().await.unwrap(), created);
    assert!(created < 2000);
}
