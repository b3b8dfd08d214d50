//! What `apply` prints of a plan and of its changes.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Place, answering, printed};

const BEFORE: &str = r"
registries:
  - name: Gems
    ecosystem: ruby
    description: gems
    policy: |
      # Who may read.
      - iss: https://agent.buildkite.com
        scopes: [read_packages]
        claims:
          organization_slug: example-org
          pipeline_slug: {in: [a, b]}
    tokens: [CI, old]
  - name: Images
    ecosystem: container
";

const AFTER: &str = r##"
registries:
  - name: Gems
    ecosystem: ruby
    description: null
    policy:
      - iss: https://agent.buildkite.com
        scopes: [read_packages, write_packages]
        claims:
          organization_slug: example-org
          pipeline_slug: {in: [a, c]}
    tokens: [CI, new]
  - name: More
    ecosystem: ruby
    color: "#f0ccff"
    policy: "- {iss: https://agent.buildkite.com, claims: {a: b}}"
"##;

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_shows_what_changes_about_a_policy() {
    let place = Place::new().await;
    place.ok(&["apply", "-f", &place.write("a.yaml", BEFORE)]).await;
    let file = place.write("b.yaml", AFTER);
    let plan = place.ok(&["apply", "-f", &file, "--prune", "--dry-run"]).await;
    insta::assert_snapshot!("plan-with-policies", plan);
    // Only the layout differs.
    let same = BEFORE.replace("scopes: [read_packages]", "scopes:   [ read_packages ]");
    let same = same.replace("# Who may read.", "# Who can read.");
    let same = place.run(&["apply", "-f", &place.write("c.yaml", same)]).await;
    assert_eq!(same.stderr, "nothing to change\n");
    let none = "registries:\n- {name: Gems, ecosystem: ruby, policy: null}\n";
    let plan = place.ok(&["apply", "-f", &place.write("d.yaml", none), "--dry-run"]).await;
    assert!(plan.contains("    policy: removed\n      - - "), "{plan}");
}

fn parsed(form: &str, text: &str) -> Vec<Value> {
    match form {
        "ndjson" => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        _ => serde_saphyr::from_str(text).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_the_plan_and_what_became_of_it() {
    for form in ["json", "yaml", "ndjson"] {
        let place = Place::new().await;
        let schema: Value = serde_json::from_str(&place.ok(&["schema", "change"]).await).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        place.ok(&["apply", "-f", &place.write("a.yaml", BEFORE)]).await;
        let file = place.write("b.yaml", AFTER);
        let apply = ["apply", "-f", &file, "--prune", "--yes", "--output", form];
        let plan = place.ok(&[&apply[..], &["--dry-run"]].concat()).await;
        let outcomes = place.ok(&apply).await;
        if form == "json" {
            assert_eq!(serde_json::from_str::<Value>(&plan).unwrap(), json!(parsed(form, &plan)));
        }
        let (plan, mut outcomes) = (parsed(form, &plan), parsed(form, &outcomes));
        for change in plan.iter().chain(&outcomes) {
            assert!(validator.is_valid(change), "{change:#}");
        }
        let summary = |changes: &[Value]| {
            let mut summary: Vec<String> = changes
                .iter()
                .map(|it| {
                    format!("{} {} {}", it["action"], it["name"], it["outcome"]).replace('"', "")
                })
                .collect();
            summary.sort();
            summary
        };
        assert_eq!(
            summary(&plan),
            [
                "create More planned",
                "delete Images planned",
                "update Gems planned",
                "update Gems planned"
            ]
        );
        assert_eq!(
            summary(&outcomes),
            ["create More done", "delete Images done", "update Gems done", "update Gems done"]
        );
        let gems = |changes: &[Value]| {
            changes
                .iter()
                .find(|it| it["properties"][0]["property"] == "description")
                .unwrap()
                .clone()
        };
        assert_eq!(gems(&plan)["properties"][0]["from"], "gems");
        assert_eq!(gems(&plan)["new_tokens"][0]["token"], Value::Null);
        let secret = gems(&outcomes)["new_tokens"][0]["token"].clone();
        assert!(secret.as_str().unwrap().starts_with("bkrt_"), "{outcomes:#?}");
        assert_eq!(outcomes.iter().filter(|it| it.to_string().contains("bkrt_")).count(), 1);
        outcomes.retain(|it| !it["revoked_tokens"].as_array().unwrap().is_empty());
        assert_eq!(outcomes[0]["revoked_tokens"][0]["description"], "old");
        let nothing = place.run(&apply).await;
        assert_eq!(nothing.status, 0, "{}", nothing.stderr);
        assert_eq!(nothing.stdout, if form == "ndjson" { "" } else { "[]\n" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_what_failed_and_what_was_not_begun() {
    let place = Place::new().await;
    place.ok(&["create", "Old", "--ecosystem", "ruby"]).await;
    let file =
        "registries:\n- {name: A, ecosystem: ruby, emoji: x}\n- {name: B, ecosystem: ruby}\n";
    let file = place.write("a.yaml", file);
    let failed = place.run(&["apply", "-f", &file, "--prune", "--yes", "-o", "ndjson"]).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    let outcomes = parsed("ndjson", &failed.stdout);
    for (name, outcome) in [("A", "failed"), ("B", "done"), ("Old", "not_begun")] {
        let change = outcomes.iter().find(|it| it["name"] == name).unwrap();
        assert_eq!(change["outcome"], outcome, "{change}");
        assert_eq!(change["error"].is_string(), outcome == "failed", "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_change_that_nobody_reads_are_revoked() {
    let place = Place::new().await;
    let file = "registries:\n- {name: Gems, ecosystem: ruby, tokens: [CI, deploy]}\n";
    let file = place.write("a.yaml", file);
    for form in ["json", "yaml", "ndjson"] {
        let mut command = place.command(&["apply", "-f", &file, "--output", form]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer).stderr(Stdio::piped());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert_eq!(stderr.matches(" was revoked").count(), 2, "{stderr}");
        assert_eq!(place.ok(&["token", "list", "gems", "-o", "json"]).await, "[]\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_printed_is_said_with_what_was_done() {
    let place = Place::new().await;
    let file =
        "registries:\n- {name: A, ecosystem: ruby, tokens: [CI]}\n- {name: B, ecosystem: ruby}\n";
    let file = place.write("a.yaml", file);
    let into_full_device = async |arguments: &[&str]| {
        let mut command = place.command(arguments);
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        command.stdout(full).stderr(Stdio::piped());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        stderr
    };
    for form in ["json", "yaml", "ndjson"] {
        let said = into_full_device(&["apply", "-f", &file, "--output", form]).await;
        assert!(said.contains("failed: A, after: "), "{form}: {said}");
        assert!(said.contains(": the disk is full; the token "), "{form}: {said}");
        assert!(said.contains("the same command goes on with what is missing\n"), "{form}: {said}");
    }
    let said = into_full_device(&["delete", "a", "b", "--yes", "--output", "json"]).await;
    assert!(said.starts_with("deleted a\n"), "{said}");
    assert!(said.ends_with(": the disk is full; 1 not begun\n"), "{said}");
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

/// A list with such registries, as a server may send it.
async fn with_list(
    place: &Place,
    list: &'static str,
    arguments: &[&str],
) -> crate::support::Printed {
    let mut command = place.command(arguments);
    let (url, _) = answering("200 OK\r\nContent-Type: application/json", list);
    command.env("REGISTRIES_BASE_URL", url);
    printed(command, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_of_one_name_are_told_apart_by_nobody() {
    const TWO: &str = r#"[
        {"id": "1", "slug": "a", "name": "A", "ecosystem": "ruby", "graphql_id": "", "url": "", "web_url": "",
         "public": false},
        {"id": "2", "slug": "a-1", "name": "A", "ecosystem": "ruby", "graphql_id": "", "url": "",
         "web_url": "", "public": false}]"#;
    let place = Place::new().await;
    let file = place.write("a.yaml", "registries:\n- {name: A, ecosystem: ruby}\n");
    let said = "two registries have the name \"A\", with the slugs a and a-1; rename one of them";
    for arguments in [&["export", "--no-tokens"][..], &["apply", "-f", &file]] {
        let refused = with_list(&place, TWO, arguments).await;
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    // They are in no way of another one.
    let other = place.write("b.yaml", "registries:\n- {name: B, ecosystem: ruby}\n");
    let planned = with_list(&place, TWO, &["apply", "-f", &other, "--dry-run"]).await;
    assert_eq!(planned.status, 0, "{}", planned.stderr);
}

/// Each line stays a line, and nothing reaches the terminal but text.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_only_show_themselves() {
    const LIST: &str = r#"[{"id": "1", "slug": "a\nb\u001b[31m", "name": "N\n+ fake\u202e", "ecosystem":
        "ru\nby", "description": "d\u001b[2J\nx", "graphql_id": "", "url": "", "web_url": "", "public":
        false}]"#;
    let place = Place::new().await;
    let file = "registries:\n- {name: \"X\\n- fake\\e[31m\", ecosystem: \"ru\\nby\", tokens: \
                [\"t\\nt\"]}\n";
    let file = place.write("a.yaml", file);
    for (arguments, lines) in [
        (&["list"][..], 2),
        (&["list", "-o", "ndjson"], 1),
        (&["apply", "-f", &file, "--dry-run"], 4),
        (&["apply", "-f", &file, "--dry-run", "--prune"], 5),
        (&["apply", "-f", &file, "--dry-run", "--prune", "-o", "ndjson"], 2),
    ] {
        let shown = with_list(&place, LIST, arguments).await;
        assert_eq!(shown.status, 0, "{}", shown.stderr);
        assert_eq!(shown.stdout.lines().count(), lines, "{arguments:?}: {}", shown.stdout);
        let text = shown.stdout + &shown.stderr;
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{arguments:?}: {text:?}");
    }
    // The reference server refuses it, and both say so in one line each.
    let refused = place.run(&["apply", "-f", &file]).await;
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("failed: X\\u000a- fake\\u001b[31m\n"), "{}", refused.stderr);
}
