//! Tokens that are kept, and profiles.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::{
    asking::Terminal,
    support::{Place, printed},
};

/// The program without a token in its environment, and without a keyring.
fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.command(arguments);
    command.env_remove("REGISTRIES_TOKEN");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_kept_used_and_removed() {
    let place = Place::new().await;
    let login = printed(command(&place, &["auth", "login"]), &format!("{}\n", place.token)).await;
    assert_eq!(login.status, 0, "{}", login.stderr);
    let path = place.home.path().join(".config/registries/tokens.toml");
    assert!(login.stderr.contains(&format!("in the file {}", path.display())), "{}", login.stderr);
    assert!(!login.stderr.contains(&place.token));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let status = printed(command(&place, &["auth", "status", "-o", "json"]), "").await;
    assert!(status.stdout.contains(&path.display().to_string()), "{}", status.stdout);
    // It is for this base URL only.
    let other = ["list", "--base-url", "http://127.0.0.1:1/v2"];
    let other = printed(command(&place, &other), "").await;
    assert_eq!(other.status, 2, "{}", other.stderr);
    assert!(other.stderr.contains("registries auth login"), "{}", other.stderr);

    let logout = printed(command(&place, &["auth", "logout"]), "").await;
    assert_eq!(logout.status, 0, "{}", logout.stderr);
    assert!(!fs::read_to_string(&path).unwrap().contains(&place.token));
    assert_eq!(printed(command(&place, &["auth", "logout"]), "").await.status, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_work_is_not_kept() {
    let place = Place::new().await;
    for (input, status) in [("bkua_unknown\n", 1), ("\n", 2), ("", 2), ("two words\n", 2)] {
        let login = printed(command(&place, &["auth", "login"]), input).await;
        assert_eq!(login.status, status, "{input:?}: {}", login.stderr);
        assert!(!place.home.path().join(".config/registries/tokens.toml").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_typed_is_not_shown() {
    let place = Place::new().await;
    let mut terminal = Terminal::with(command(&place, &["auth", "login", "--in-file"]), 80);
    terminal.answer("Access token: ", &place.token);
    let (screen, status) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("kept a token") && !screen.contains(&place.token), "{screen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_which_api_organization_and_token() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let folder = place.home.path().join("settings/registries");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("token"), &place.token).unwrap();
    let text = format!(
        "[profile.default]\norg = \"none\"\n\n[profile.local]\nbase-url = \"{}\"\norg = \
         \"example-org\"\ntoken-file = \"token\"\n",
        place.server.base_url()
    );
    fs::write(folder.join("config.toml"), text).unwrap();
    for profile in [&["--profile", "local"][..], &[]] {
        let mut command = command(&place, &[&["list", "-o", "ndjson"], profile].concat());
        command.env_remove("REGISTRIES_BASE_URL").env_remove("REGISTRIES_ORG");
        command.env("XDG_CONFIG_HOME", place.home.path().join("settings"));
        if profile.is_empty() {
            command.env("REGISTRIES_CLI_PROFILE", "local");
        }
        let listed = printed(command, "").await;
        assert_eq!(listed.status, 0, "{}", listed.stderr);
        assert!(listed.stdout.contains("\"gems\""), "{}", listed.stdout);
    }

    // Its token goes nowhere else.
    let mut command = command(&place, &["list", "--profile", "local"]);
    command.env("REGISTRIES_BASE_URL", "http://127.0.0.1:1/v2");
    command.env("XDG_CONFIG_HOME", place.home.path().join("settings"));
    let refused = printed(command, "").await;
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("is not sent to http://127.0.0.1:1/v2"), "{}", refused.stderr);
}
