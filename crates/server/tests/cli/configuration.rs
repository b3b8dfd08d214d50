//! Where settings come from: flags, the environment, a file.

use serde_json::Value;

use crate::harness::{Deployment, Server, command, http_client, run, stderr, stdout};

/// The limit of a user's requests in a server's headers.
async fn user_limit(server: &Server) -> String {
    let response = http_client().get(server.registries()).send().await.unwrap();
    response.headers()["ratelimit-user-limit"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_goes_before_the_environment_before_the_file_before_the_default() {
    let deployment = Deployment::new();
    let path = deployment.file("registries.toml");
    let text = format!(
        "database = \"{}\"\nlisten = \"127.0.0.1:0\"\nrate_limit_user = 7\nrate_limit_org = \"off\"",
        deployment.database()
    );
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let server = Server::start(&["serve", "--config", path]);
    assert_eq!(user_limit(&server).await, "7");

    let in_environment = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("REGISTRIES_SERVER_CONFIG", path).env("REGISTRIES_SERVER_RATE_LIMIT_USER", "8");
        Server::start_command(command)
    };
    assert_eq!(user_limit(&in_environment(&["serve"])).await, "8");
    let server = in_environment(&["serve", "--rate-limit-user", "9"]);
    assert_eq!(user_limit(&server).await, "9");
    // The database is that of the file: others find it there as well.
    let arguments = ["token", "create", "--config", path, "--org", "my-org", "--scopes", "all"];
    let token = stdout(&run(&arguments));
    let url = format!("{}/access-token", server.base_url);
    let response = http_client().get(url).bearer_auth(token.trim_end()).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["description"], "Access token");
}

#[test]
fn the_example_is_a_configuration() {
    let deployment = Deployment::new();
    let path = deployment.file("example.toml");
    std::fs::write(&path, run(&["config", "example"]).stdout).unwrap();
    let server = deployment.serve(&["--config", path.to_str().unwrap()]);
    assert!(server.base_url.ends_with("/v2"));
}

#[test]
fn a_variable_for_no_setting_is_an_error_that_names_the_right_one() {
    let deployment = Deployment::new();
    let database = deployment.database();
    let database = ["--database", database.as_str()];
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["dev"],
        &["org", "list"],
        &["policy", "check", "policy.yaml"],
        &["doctor"],
    ] {
        let takes_database = !["dev", "policy"].contains(&arguments[0]);
        let database = if takes_database { &database[..] } else { &[] };
        let mut command = command(&[arguments, database].concat());
        let output = command.env("REGISTRIES_SERVER_RATELIMIT_USER", "1").output().unwrap();
        let printed = stdout(&output) + &stderr(&output);
        let meant = "variable REGISTRIES_SERVER_RATELIMIT_USER; did you mean \
                     REGISTRIES_SERVER_RATE_LIMIT_USER?";
        assert!(printed.contains(meant), "{arguments:?}: {printed}");
        // What doctor finds is a response.
        let status = if arguments == ["doctor"] { 1 } else { 2 };
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        // And it looks at the rest all the same.
        let looked_at = printed.contains("is not accessible to other users");
        assert_eq!(looked_at, arguments == ["doctor"], "{arguments:?}: {printed}");
    }
}

#[test]
fn the_settings_are_printed_although_a_variable_is_unknown() {
    let mut command = command(&["config", "example"]);
    let output = command.env("REGISTRIES_SERVER_X", "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, run(&["config", "example"]).stdout);
}

#[test]
fn dev_listens_at_the_given_address() {
    // A port that was free a moment ago, at an address of which no other test takes one.
    let free = std::net::TcpListener::bind("127.0.0.9:0").unwrap().local_addr().unwrap();
    let server = Server::start(&["dev", "--listen", &free.to_string()]);
    assert_eq!(server.base_url, format!("http://{free}/v2"));
}
