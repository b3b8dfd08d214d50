//! Error messages and exit statuses.

use registries_server::Scope;

use crate::support::{Place, Printed, answering, printed};

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_says_what_to_do() {
    let mut place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let mut text = String::new();
    for arguments in [
        &["get", "none"][..],
        &["delete", "none", "--yes"],
        &["token", "list", "none"],
        &["org", "get", "--org", "none"],
        &["api", "GET", "/organizations/none"],
        &["list", "--org", "none"],
        &["create", "Gems", "--ecosystem", "ruby"],
        &["create", "Other", "--ecosystem", "cobol", "--registry-color", "red"],
        &["token", "get", "gems", "0191df84-85e4-77aa-83ba-6579084728eb"],
    ] {
        text += &described(arguments, &place.run(arguments).await);
    }
    let limited = place.server.create_token(place.server.organization(), &[Scope::ReadAccounts]);
    place.token = limited.await.unwrap();
    let create: &[_] = &["create", "Gems", "--ecosystem", "ruby"];
    text += &described(create, &place.run(create).await);
    place.token = "bkua_unknown".to_owned();
    text += &described(&["list"], &place.run(&["list"]).await);
    insta::assert_snapshot!("refusals", place.settled(&text));
}

fn described(arguments: &[&str], printed: &Printed) -> String {
    format!(
        "$ registries {}\n{}{}[exit status {}]\n\n",
        arguments.join(" "),
        printed.stdout,
        printed.stderr,
        printed.status
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_out_is_no_refusal() {
    let place = Place::new().await;
    for (answer, status, said) in [
        ("503 Service Unavailable", 3, "hint: the request id is 7"),
        ("500 Internal Server Error", 3, "hint: the request id is 7"),
        ("200 OK", 3, "hint: the request id is 7"),
        ("409 Conflict", 1, "error: the API returned 409 Conflict"),
        ("302 Found", 1, "error: the API returned 302 Found"),
    ] {
        let mut command = place.command(&["create", "Gems", "--ecosystem", "ruby"]);
        command
            .env("REGISTRIES_BASE_URL", answering(format!("{answer}\r\nX-Request-Id: 7"), "{}").0);
        let failed = printed(command, "").await;
        assert_eq!((failed.status, failed.stdout.as_str()), (status, ""), "{}", failed.stderr);
        assert!(failed.stderr.contains(said), "{answer}: {}", failed.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_without_text_do_not_hide_the_message() {
    let place = Place::new().await;
    for (body, said) in [
        ("{\"message\":\"The name is odd\",\"errors\":[{\"x\":1}]}", "The name is odd"),
        ("{\"message\":\"m\",\"errors\":[{\"x\":1},{\"code\":\"odd\"}]}", ":\n  - odd\n"),
    ] {
        let mut command = place.command(&["create", "Gems", "--ecosystem", "ruby"]);
        let head = "422 Unprocessable Entity\r\nContent-Type: application/json";
        command.env("REGISTRIES_BASE_URL", answering(head, body).0);
        let refused = printed(command, "").await;
        assert_eq!(refused.status, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_prints_the_token() {
    let place = Place::new().await;
    for (variable, value) in [
        ("REGISTRIES_BASE_URL", "http://user:hunter2hunter2@127.0.0.1/v2"),
        ("REGISTRIES_TOKEN", "hunter2 hunter2"),
        ("REGISTRIES_TOKEN", "hunter2hunter2"),
    ] {
        let mut command = place.command(&["list", "-v"]);
        command.env(variable, value);
        let shown = printed(command, "").await;
        assert_ne!(shown.status, 0);
        assert!(!shown.stderr.contains("hunter2"), "{}", shown.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_nothing_reads_is_refused_before_a_token_is_sent() {
    let place = Place::new().await;
    let listed = |name: &str| {
        let mut command = place.command(&["list"]);
        command.env(name, "http://127.0.0.1:1/v2");
        printed(command, "")
    };
    let refused = listed("REGISTRIES_BAES_URL").await;
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    let said = "REGISTRIES_BAES_URL (did you mean REGISTRIES_BASE_URL?)";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    for of_others in ["REGISTRIES_PACE", "REGISTRIES_SERVER_LOG", "REGISTRIES_STAGING_TOKEN"] {
        let shown = listed(of_others).await;
        assert_eq!(shown.status, 0, "{}", shown.stderr);
    }
}

/// A message that names nothing is about what the command names, and one of something else is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_404_says_what_there_is_none_of() {
    let place = Place::new().await;
    for (body, said) in [
        (
            "{\"message\":\"Not Found\"}",
            "there is no token 7 of gems in example-org (404 Not Found)\n",
        ),
        (
            "{\"message\":\"No registry found\"}",
            "there is no registry gems in example-org (404 Not Found)\n",
        ),
        (
            "{\"message\":\"Nothing at this path\"}",
            "the API returned 404 Not Found (Nothing at this path)\n",
        ),
        ("<html>", "the API returned 404 Not Found (6 bytes)\nhint: this is no error of the API"),
    ] {
        let url = answering("404 Not Found", body).0;
        let missing = place.run(&["token", "get", "gems", "7", "--base-url", &url]).await;
        assert_eq!(missing.status, 1, "{}", missing.stderr);
        assert!(
            missing.stderr.starts_with(&format!("error: {said}")),
            "{said}: {}",
            missing.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_json_is_said_to_be_none() {
    let place = Place::new().await;
    for (text, said) in [
        ("", "is empty; expected the body in JSON, such as {}\n"),
        ("{\n[", ":2:1: this is not JSON\n"),
    ] {
        let file = place.write("a.json", text);
        let refused = place.run(&["api", "POST", "/x", "--input", &file]).await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        assert!(refused.stderr.ends_with(said), "{said}: {}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_there_is_none_of_is_looked_for_in_a_file() {
    let place = Place::new().await;
    let path = place.home.path().join(".config/registries/config.toml");
    let shown = path.display();
    let list = ["list", "--profile", "a"];
    let none = place.run(&list).await;
    let said = format!("error: there is no profile \"a\": there is no file {shown}\n");
    assert_eq!((none.status, none.stderr), (2, said));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "").unwrap();
    let none = place.run(&list).await;
    let said = format!("error: there is no profile \"a\": {shown} has no [profile.NAME]\n");
    assert_eq!((none.status, none.stderr), (2, said));
}
