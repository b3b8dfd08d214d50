//! Declared registries.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

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
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), ("", "nothing to change\n"));
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
        assert_eq!(plan, "nothing to change\n", "{exported}");
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
    let text = |ecosystem: &str| {
        format!(
            "registries:\n- {{name: A, ecosystem: {ecosystem}}}\n- {{name: B, ecosystem: ruby}}\n"
        )
    };
    let file = place.write("a.yaml", text("rubi"));
    let failed = place.run(&["apply", "-f", &file]).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    for said in
        ["did you mean ruby?", "created b", "failed: A", "must be one of", "1 of 2 changes done"]
    {
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    let file = place.write("a.yaml", text("ruby"));
    let repeated = place.run(&["apply", "-f", &file]).await;
    assert_eq!(repeated.status, 0);
    assert!(repeated.stderr.contains("1 of 1 change done"), "{}", repeated.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_file_are_named() {
    let place = Place::new().await;
    place.ok(&["create", "A", "--ecosystem", "ruby"]).await;
    for (text, status, said) in [
        ("", 2, "a.yaml: the file is empty; expected an object with the property registries"),
        ("# none\n", 2, "a.yaml: the file is empty"),
        ("null\n", 2, "a.yaml: the file is empty"),
        ("[]\n", 2, "a.yaml:1:1: expected an object with the property registries, not a list"),
        ("{}\n", 2, "a.yaml:1:1: the property registries is missing"),
        ("registries:\n", 2, "registries must be a list, not null"),
        ("registries: 5\n", 2, "a.yaml:1:13: registries must be a list, not a number"),
        (
            "registries: [5]\n",
            2,
            "a.yaml:1:14: a registry must be an object with name and ecosystem, not",
        ),
        (
            "registries:\n- name: A\n",
            2,
            "a.yaml:2:3: this registry has no ecosystem, which is required",
        ),
        (
            "registries:\n- {ecosystem: a, name: [b]}\n",
            2,
            "a.yaml:2:24: name must be text, not a list",
        ),
        ("registries:\n- {name: null}\n", 2, "name must be text, not null"),
        ("{\"registries\": [{\"name\": {}}]}", 2, "a.yaml:1:26: name must be text, not an object"),
        ("registries:\n- {name: A, tokens: x}\n", 2, "tokens must be a list of texts, not text"),
        (
            "registries:\n- {name: A, team_ids: [[]]}\n",
            2,
            "team_ids must be a list of nothing but texts",
        ),
        ("registries:\n- {name: A, emoji: {}}\n", 2, "emoji must be text or null, not an object"),
        ("a: b: c\n", 2, "a.yaml:1:5: this is not YAML: mapping values"),
        ("registries:\n- {name: A\n", 2, "a.yaml:2:3: this is not YAML: "),
        ("registries: []\n---\nregistries: []\n", 2, "a.yaml:3:1: a second document begins here"),
        ("registries:\n- &a {name: A}\n- *a\n", 2, "anchors and aliases are not supported"),
        (
            "registries:\n- {name: A, name: B}\n",
            2,
            "a.yaml:2:13: the property \"name\" is given twice",
        ),
        (
            "registries:\n- {name: A, ecosystem: ruby, colour: red}\n",
            2,
            "a.yaml:2:30: unknown property \"colour\" (did you mean color?); known: name, ecosystem, \
             description, emoji, color, policy, team_ids, tokens\n",
        ),
        ("registry:\n- {name: A}\n", 2, "(did you mean registries?)"),
        (
            "registries:\n- name: A\n  ecosystem: ruby\n\n- ecosystem: ruby\n  name: A\n",
            2,
            "a.yaml:5: two registries have the name \"A\", the first on line 2\n",
        ),
        (
            "registries:\n- {name: A, ecosystem: ruby}\n- {name: B, ecosystem: ruby, policy: [{iss: x}]}\n",
            2,
            "a.yaml:3: the policy of \"B\" is not valid:\n  - statement 1: claims is required\n",
        ),
        ("registries:\n- {name: B, ecosystem: ruby, policy: \"- &a x\"}\n", 2, "it has an anchor"),
        ("registries:\n- {name: B, ecosystem: ruby, policy: 5}\n", 2, "it must be YAML text"),
        (
            "registries:\n- name: B\n  ecosystem: ruby\n  policy: [{iss: \
             https://agent.buildkite.com, claims: {a: .nan}}]\n",
            2,
            "a.yaml:4:59: ",
        ),
        (
            "registries:\n- {name: My Gems, ecosystem: ruby}\n- {name: my gems, ecosystem: ruby}\n",
            2,
            "a.yaml:3: \"My Gems\" and \"my gems\" lead to the same slug, my-gems; choose another name\n",
        ),
    ] {
        let file = place.write("a.yaml", text);
        let failed = place.run(&["apply", "-f", &file]).await;
        assert_eq!(failed.status, status, "{}", failed.stderr);
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    // Nothing was changed.
    assert_eq!(place.server.registries().await.unwrap(), 1);
    let from_input = printed(place.command(&["apply", "-f", "-"]), "registries: 5").await;
    assert!(from_input.stderr.starts_with("error: standard input:1:13: "), "{}", from_input.stderr);
}

/// Whatever the contract does not allow is found before the first change, also of a registry that is
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_out_is_found_before_anything_changes() {
    let place = Place::new().await;
    place.ok(&["create", "My Gems", "--ecosystem", "ruby"]).await;
    let file = "
registries:
- {name: First, ecosystem: ruby}
- {name: Second, ecosystem: \"\", color: red}
- {name: My Gems, ecosystem: ruby, color: \"#abc\"}
- {name: \"\", ecosystem: ruby, team_ids: [all]}
";
    let file = place.write("a.yaml", file);
    for options in [&["--dry-run"][..], &["-o", "json"], &[]] {
        let refused = place.run(&[&["apply", "-f", &file], options].concat()).await;
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
        insta::allow_duplicates! {
            insta::assert_snapshot!("not-allowed", refused.stderr.replace(&file, "a.yaml"));
        }
    }
    for (text, said) in [
        (
            "registries:\n- {name: B, ecosystem: ruby}\n- {name: My Gems, ecosystem: python}\n",
            "a.yaml:3: the ecosystem of \"My Gems\" is ruby, and cannot change to python; delete the registry \
             first, or declare what it is\n",
        ),
        (
            "registries:\n- {name: B, ecosystem: ruby}\n- {name: my-gems, ecosystem: ruby}\n",
            "a.yaml:3: \"my-gems\" leads to the slug my-gems, which \"My Gems\" has; declare that name, or \
             rename the registry with `registries rename my-gems \"my-gems\"`\n",
        ),
    ] {
        let file = place.write("a.yaml", text);
        let refused = place.run(&["apply", "-f", &file]).await;
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
        assert!(refused.stderr.ends_with(said), "{said}: {}", refused.stderr);
    }
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

/// In YAML, the character DEL is written as an escape.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_json_are_named_where_it_is_no_yaml() {
    let place = Place::new().await;
    let first = "{\"name\": \"A \u{7f}\", \"ecosystem\": \"ruby\"";
    for (rest, said) in [
        (format!("}}, {first}}}"), "two registries have the name"),
        (r#", "policy": "x"}"#.to_owned(), "the policy of"),
        (r#", "colour": "x"}"#.to_owned(), "unknown property \"colour\" (did you mean color?)"),
    ] {
        let file = place.write("a.json", format!("{{\"registries\": [{first}{rest}]}}"));
        let refused = place.run(&["apply", "-f", &file, "--dry-run"]).await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        let said = format!("error: {file}: {said}");
        assert!(refused.stderr.starts_with(&said), "{said}: {}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_stops_between_changes() {
    let place = Place::new().await;
    let registries = (0..2000).map(|n| format!("- {{name: A{n}, ecosystem: ruby}}"));
    let registries = registries.collect::<Vec<_>>().join("\n");
    let file = place.write("a.yaml", format!("registries:\n{registries}\n"));
    let mut command = place.command(&["apply", "-f", &file]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while place.server.registries().await.unwrap() < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_when_a_change_fails() {
    let place = Place::new().await;
    place.ok(&["apply", "-f", &place.write("a.yaml", FILE)]).await;
    // The slug is that of My Gems.
    let file = "
registries:
  - {name: my_gems, ecosystem: ruby, tokens: [CI]}
  - {name: Images, ecosystem: container, description: images, tokens: [pull]}
";
    let file = place.write("b.yaml", file);
    let apply = ["apply", "-f", &file, "--prune", "--yes"];
    let failed = place.run(&apply).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    for said in ["failed: my_gems\n", "1 of 3 changes done", "; nothing was deleted; "] {
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    place.ok(&["get", "my-gems"]).await;
    // The tokens of a registry that is there stay as well.
    let file = "
registries:
  - {name: My Gems, ecosystem: ruby, description: x, emoji: x, tokens: []}
  - {name: Images, ecosystem: container}
";
    let file = place.write("c.yaml", file);
    let quiet = ["apply", "-f", &file, "--prune", "--yes", "--quiet"];
    let failed = place.run(&quiet).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("failed: My Gems\n"), "{}", failed.stderr);
    let tokens = place.ok(&["token", "list", "my-gems"]).await;
    assert!(tokens.contains("CI") && tokens.contains("deploy"), "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fails_halfway_says_what_was_done() {
    let place = Place::new().await;
    let long = "x".repeat(10_000);
    let file = format!("registries:\n- {{name: A, ecosystem: ruby, tokens: [CI, {long}]}}\n");
    let file = place.write("a.yaml", file);
    let failed = place.run(&["apply", "-f", &file, "--quiet"]).await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    let said = "failed: A, after: created a, created the token \"CI\" of a\n";
    assert!(failed.stderr.contains(said), "{}", failed.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_of_the_last_changes_deletes_nothing() {
    let place = Place::new().await;
    place.ok(&["create", "Old", "--ecosystem", "ruby"]).await;
    let file = "registries:\n- {name: A, ecosystem: ruby}\n- {name: B, ecosystem: ruby}\n";
    let file = place.write("a.yaml", file);
    let url = place.server.base_url().to_owned();
    let (prune, stays) = (["--prune", "--yes"], Duration::from_mins(1));
    for (options, delay, signals, status, end) in [
        (&prune[..], stays, 2, 3, "Ctrl-C again ends at once\n"),
        (&prune[..], Duration::from_secs(4), 1, 3, "1 change not begun; nothing was deleted\n"),
        (&prune[..0], Duration::from_secs(4), 1, 0, "nothing to change\n"),
    ] {
        let (slow, begun) = slow(&url, delay);
        let mut command = place.command(&["apply", "-f", &file]);
        command.args(options).env("REGISTRIES_BASE_URL", slow).stderr(Stdio::piped());
        let started = Instant::now();
        let ended = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut stderr = BufReader::new(child.stderr.take().unwrap());
            let mut said = String::new();
            if status != 0 {
                (0..2).for_each(|_| begun.recv().unwrap());
                for _ in 0..signals {
                    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
                    while !said.contains("stopping after") {
                        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
                    }
                }
            }
            stderr.read_to_string(&mut said).unwrap();
            (child.wait().unwrap().code(), said)
        });
        let (code, said) = ended.await.unwrap();
        assert_eq!(code, Some(status), "{said}");
        assert!(said.ends_with(end), "{said}");
        assert!(started.elapsed() < stays / 2);
        place.ok(&["get", "old"]).await;
    }
    assert_eq!(place.server.registries().await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_policy_stay_words() {
    let place = Place::new().await;
    let file = "
registries:
  - name: A
    ecosystem: ruby
    policy: [{iss: https://agent.buildkite.com, claims: {organization_slug: o, build_source: no}}]
";
    place.ok(&["apply", "-f", &place.write("a.yaml", file)]).await;
    let quoted = place.write("b.yaml", file.replace("no}", "\"no\"}"));
    assert_eq!(place.run(&["apply", "-f", &quoted]).await.stderr, "nothing to change\n");
    let policy = place.ok(&["get", "a", "-o", "json"]).await;
    assert!(policy.contains(r#"build_source: \"no\""#), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_description_stays() {
    let place = Place::new().await;
    place.ok(&["apply", "-f", &place.write("a.yaml", FILE)]).await;
    place.ok(&["token", "create", "my-gems", "--description", ""]).await;
    let exported = place.ok(&["export"]).await;
    assert!(!exported.contains("deploy"), "{exported}");
    let declared = place.write("b.yaml", FILE);
    for file in [place.write("c.yaml", &exported), declared] {
        let applied = place.run(&["apply", "-f", &file, "--prune", "--yes"]).await;
        assert_eq!(applied.stderr, "nothing to change\n");
    }
}

/// The address of a server that passes on to this one, each POST after a while; and what receives
/// when one has come.
pub(crate) fn slow(url: &str, delay: Duration) -> (String, mpsc::Receiver<()>) {
    let server = url.trim_start_matches("http://").trim_end_matches("/v2").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, receiver) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (begun, mut client) = (begun.clone(), client.unwrap());
            let mut server = TcpStream::connect(&server).unwrap();
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || {
                let mut bytes = [0; 8192];
                while let Ok(read @ 1..) = client.read(&mut bytes) {
                    if bytes.starts_with(b"POST") {
                        let _ = begun.send(());
                        thread::sleep(delay);
                    }
                    if server.write_all(&bytes[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (format!("http://{address}/v2"), receiver)
}
