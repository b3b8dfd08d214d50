//! The tokens of a registry.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::support::{Place, Printed, answering_all};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_its_creation_to_its_end() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let created = place.run(&["token", "create", "gems", "--description", "CI"]).await;
    assert_eq!(created.status, 0, "{}", created.stderr);
    let secret = created.stdout.trim();
    assert!(secret.starts_with("bkrt_") && !secret.contains('\n'), "{secret}");
    assert!(created.stderr.starts_with("created the token "), "{}", created.stderr);
    assert!(!created.stderr.contains(secret));

    let listed = place.ok(&["token", "list", "gems", "-o", "json"]).await;
    assert!(!listed.contains(secret));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(listed[0]["description"], "CI");
    assert!(listed[0].get("token").is_none());

    place.ok(&["token", "update", "gems", id, "--description", "CI of all"]).await;
    let got = place.ok(&["token", "get", "gems", id, "-o", "json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&got).unwrap()["description"], "CI of all");

    place.ok(&["token", "delete", "gems", id, "--yes"]).await;
    assert_eq!(place.run(&["token", "get", "gems", id]).await.status, 1);
    assert_eq!(place.run(&["token", "delete", "gems", id, "--yes"]).await.status, 1);
    place.ok(&["token", "delete", "gems", id, "--yes", "--if-exists"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_secret_with_the_rest() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let create = ["token", "create", "gems", "--description", "CI", "-o", "ndjson"];
    let created: Value = serde_json::from_str(&place.ok(&create).await).unwrap();
    assert!(created["token"].as_str().unwrap().starts_with("bkrt_"));
    assert_eq!(created["description"], "CI");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_secret_cannot_be_printed_is_revoked() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let file = "registries:\n- {name: Gems, ecosystem: ruby, tokens: [CI]}\n";
    let file = place.write("a.yaml", file);
    let create = ["token", "create", "gems", "--description", "CI"];
    let json = [&create[..], &["--output", "json"]].concat();
    for arguments in [&create[..], &json, &["apply", "-f", &file]] {
        let Printed { status, stderr, .. } = without_reader(place.command(arguments)).await;
        assert_eq!(status, 3, "{stderr}");
        assert!(
            stderr.contains("cannot write to standard output: the reader has closed it"),
            "{stderr}"
        );
        assert!(stderr.contains("; the token ") && stderr.contains(" was revoked\n"), "{stderr}");
        assert!(!stderr.contains("created the token"), "{stderr}");
        assert_eq!(place.ok(&["token", "list", "gems", "-o", "json"]).await, "[]\n");
    }
    assert_eq!(without_reader(place.command(&["list"])).await.status, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_if_standard_output_is_closed_but_not_if_it_is_discarded() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    for (output, status, count) in [(">&-", 3, 0), ("> /dev/null", 0, 1)] {
        let program = env!("CARGO_BIN_EXE_registries");
        let script = format!("{program} token create gems --description CI {output}");
        let mut command = place.command(&[]);
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command = Command::new("sh");
        command.args(["-c", &script]).env_clear().envs(environment);
        command.current_dir(place.home.path());
        let shown = crate::support::printed(command, "").await;
        assert_eq!(shown.status, status, "{output}: {}", shown.stderr);
        let listed: Value =
            serde_json::from_str(&place.ok(&["token", "list", "gems", "-o", "json"]).await)
                .unwrap();
        assert_eq!(listed.as_array().unwrap().len(), count, "{output}");
    }
}

/// The time limit of a command does not keep a lost secret valid.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_after_the_time_limit() {
    let place = Place::new().await;
    let token = "{\"id\":\"0191df84-85e4-77aa-83ba-6579084728eb\",\"description\":\"CI\",\
                 \"token\":\"bkrt_secret\"}";
    let (url, requests) = answering_all(move |request| {
        if request.starts_with("DELETE ") {
            std::thread::sleep(Duration::from_secs(11));
            return Some(("204 No Content", ""));
        }
        Some(("201 Created\r\nContent-Type: application/json", token))
    });
    let create = ["token", "create", "gems", "--description", "CI", "--timeout", "10s"];
    let mut command = place.command(&create);
    command.env("REGISTRIES_BASE_URL", url);
    let shown = without_reader(command).await;
    assert_eq!(shown.status, 3, "{}", shown.stderr);
    assert!(shown.stderr.contains(" was revoked\n"), "{}", shown.stderr);
    assert_eq!(requests.try_iter().filter(|it| it.starts_with("DELETE ")).count(), 1);
}

/// Runs a command whose standard output is closed.
async fn without_reader(mut command: Command) -> Printed {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Printed {
        status: output.status.code().unwrap(),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
