//! The forms of results, and what is said besides them.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, printed};

async fn with_two_registries() -> Place {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby", "--description", "of all"]).await;
    let odd = "\u{1b}[31mred \u{202e}";
    place.ok(&["create", "Images", "--ecosystem", "container", "--description", odd]).await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_a_list() {
    let place = with_two_registries().await;
    insta::assert_snapshot!("table", place.settled(&place.ok(&["list"]).await));
    let forms = ["json", "yaml", "ndjson"];
    for form in forms {
        let text = place.ok(&["list", "--output", form]).await;
        insta::assert_snapshot!(form, place.settled(&text));
    }
    let empty = place.ok(&["token", "list", "gems"]).await;
    insta::assert_snapshot!(empty, @"ID  DESCRIPTION  CREATED AT  CREATED BY");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_an_object() {
    let place = with_two_registries().await;
    for form in ["table", "json", "yaml", "ndjson"] {
        let text = place.ok(&["get", "gems", "--output", form]).await;
        insta::assert_snapshot!(format!("object-{form}"), place.settled(&text));
    }
}

/// People read policies as they are written, and times in one form.
#[tokio::test(flavor = "multi_thread")]
async fn lines_stay_lines_and_times_have_one_form() {
    let place = with_two_registries().await;
    let policy = "- iss: https://agent.buildkite.com\n  claims:\n    organization_slug: my-org\n";
    let file = place.write("policy.yaml", policy);
    let updated = place.ok(&["update", "gems", "--policy", &file]).await;
    assert_eq!(updated, place.ok(&["get", "gems"]).await);
    insta::assert_snapshot!("object-with-policy", place.settled(&updated));
    place.ok(&["token", "create", "gems", "--description", "CI"]).await;
    let time = regex::Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(\s|$)").unwrap();
    for arguments in [&["auth", "status"][..], &["org", "list"], &["token", "list", "gems"]] {
        let text = place.ok(arguments).await;
        assert!(time.is_match(&text), "{arguments:?}: {text}");
    }
    let limits = place.ok(&["org", "limits"]).await;
    let row = regex::Regex::new(r"\nrest +200 +\d+ +\d+s +\d{4}-\S+Z +false\n").unwrap();
    assert!(row.is_match(&limits), "{limits}");
}

/// What a deployment sends does nothing to a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_active_is_printed() {
    let place = with_two_registries().await;
    for arguments in [&["list"][..], &["list", "-o", "json"], &["list", "-o", "yaml"]] {
        let text = place.ok(arguments).await;
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("red"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_has_its_schema() {
    let place = with_two_registries().await;
    place.ok(&["token", "create", "gems", "--description", "CI"]).await;
    for (object, arguments) in [
        ("registry", &["list"][..]),
        ("token", &["token", "list", "gems"]),
        ("created-token", &["token", "create", "gems", "--description", "CI"]),
        ("organization", &["org", "list"]),
        ("limit", &["org", "limits"]),
        ("access-token", &["auth", "status"]),
    ] {
        let schema = place.ok(&["schema", object]).await;
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let text = place.ok(&[arguments, &["-o", "ndjson"]].concat()).await;
        assert!(!text.is_empty(), "{object}");
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert!(validator.is_valid(&value), "{object}: {line}");
            let properties = schema["properties"].as_object().unwrap();
            assert!(value.as_object().unwrap().keys().eq(properties.keys()), "{object}: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_can_be_left_out_and_exchanges_shown() {
    let place = Place::new().await;
    let quiet = place.run(&["-q", "create", "Gems", "--ecosystem", "ruby"]).await;
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    let verbose = place.run(&["get", "gems", "--verbose"]).await;
    let url =
        format!("{}/packages/organizations/example-org/registries/gems", place.server.base_url());
    let line = format!(
        r"^GET {url}: 200 OK in \d+ ms, request \S+, \d+ of 200 left \(organization\), \d+ of 50 left \(user\)\n$"
    );
    let line = regex::Regex::new(&line).unwrap();
    assert!(line.is_match(&verbose.stderr), "{}", verbose.stderr);
    // Each exchange of a command has a line, and no line has a secret.
    let file = "registries:\n- {name: Gems, ecosystem: ruby, tokens: [CI]}\n";
    let applied = place.run(&["apply", "-v", "-f", &place.write("a.yaml", file)]).await;
    let lines = applied.stderr.lines().filter(|line| line.contains(": 200 OK in "));
    assert_eq!(lines.count(), 3, "{}", applied.stderr);
    assert!(!applied.stderr.contains("bkrt_"), "{}", applied.stderr);
    let path = format!("/x?token={}", place.token);
    let odd = place.run(&["api", "GET", &path, "-v"]).await;
    for text in [&verbose.stderr, &applied.stderr, &odd.stderr] {
        assert!(!text.contains(&place.token), "{text}");
    }
    // A request that is sent again has a line for each time.
    let mut command = place.command(&["list", "-v"]);
    command.env("REGISTRIES_BASE_URL", "http://127.0.0.1:1/v2");
    let failed = printed(command, "").await;
    assert_eq!(failed.stderr.matches(": no response after ").count(), 4, "{}", failed.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_early_is_no_failure_and_a_full_device_is_one() {
    let place = with_two_registries().await;
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [&["list"][..], &["--help"], &["completions", "bash"], &["man"]] {
        let mut command = place.command(arguments);
        let output = command.stdout(Stdio::from(full())).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: cannot write to standard output"), "{stderr}");
    }
    let mut command = place.command(&["list", "-o", "table"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stdout(writer).status().unwrap();
    assert!(status.success());
    // Nothing is lost but the message.
    let mut command = place.command(&["get", "none"]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::from(full())).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn colors_are_for_terminals_unless_they_are_asked_for() {
    let place = with_two_registries().await;
    let always = place.ok(&["list", "--color", "always"]).await;
    assert!(always.starts_with("\u{1b}[1mSLUG"), "{always:?}");
    assert!(!place.ok(&["list"]).await.contains('\u{1b}'));
    let never = printed(place.command(&["list", "--color", "never"]), "").await;
    assert!(!never.stdout.contains('\u{1b}'));
}
