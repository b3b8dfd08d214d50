//! Stored tokens, and profiles.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use nix::sys::signal::Signal;

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
async fn a_token_is_stored_used_and_removed() {
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
async fn a_base_url_is_the_same_however_it_is_written() {
    let place = Place::new().await;
    let port = place.server.base_url().rsplit(':').next().unwrap();
    let [loud, plain] = ["HTTP://LocalHost", "http://localhost"].map(|it| format!("{it}:{port}"));
    let with = |url: &str, arguments: &[&str]| {
        let mut command = command(&place, arguments);
        command.env("REGISTRIES_BASE_URL", url);
        command
    };
    for (at_login, later) in [(&loud, &plain), (&plain, &loud), (&loud, &loud)] {
        let login = with(at_login, &["auth", "login", "--in-file"]);
        let login = printed(login, &place.token).await;
        assert_eq!(login.status, 0, "{}", login.stderr);
        for arguments in [&["list"][..], &["auth", "logout"]] {
            let found = printed(with(later, arguments), "").await;
            assert_eq!(found.status, 0, "{arguments:?}: {}", found.stderr);
        }
    }
    // A profile's token goes to the profile's API, in whichever form.
    let folder = place.home.path().join(".config/registries");
    fs::write(folder.join("token"), &place.token).unwrap();
    let text = format!("[profile.default]\nbase-url = \"{loud}\"\ntoken-file = \"token\"\n");
    fs::write(folder.join("config.toml"), text).unwrap();
    let listed = printed(with(&plain, &["list"]), "").await;
    assert_eq!(listed.status, 0, "{}", listed.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_a_base_url_are_refused_and_not_printed() {
    let place = Place::new().await;
    let url = "https://user:hunter2hunter2@example.com/v2";
    let folder = place.home.path().join(".config/registries");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("token"), &place.token).unwrap();
    let text = format!("[profile.bad]\nbase-url = \"{url}\"\ntoken-file = \"token\"\n");
    fs::write(folder.join("config.toml"), text).unwrap();
    for (arguments, origin) in [
        (&["list", "--base-url", url][..], "--base-url"),
        (&["auth", "logout", "--base-url", url], "--base-url"),
        (&["auth", "login", "--base-url", url], "--base-url"),
        (&["list", "--profile", "bad"], "the profile bad"),
        (&["list", "--profile", "bad", "--base-url", "https://example.com/v2"], "the profile bad"),
    ] {
        let refused = printed(command(&place, arguments), &place.token).await;
        assert_eq!(refused.status, 2, "{arguments:?}: {}", refused.stderr);
        let said = format!("(from {origin})\n");
        assert!(refused.stderr.ends_with(&said), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("contains credentials"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_given_as_an_argument_is_not_printed() {
    let place = Place::new().await;
    for arguments in [
        &["auth", "login", "bkua_hunter2"][..],
        &["auth", "login", "--token=bkua_hunter2"],
        &["auth", "bkua_hunter2"],
        &["list", "--output", "bkua_hunter2"],
        &["list", "--profile", "bkua_hunter2"],
        &["list", "--timeout", "bkua_hunter2"],
        &["list", "--base-url", "bkua_hunter2"],
        &["api", "POST", "/x", "--input", "bkua_hunter2"],
    ] {
        let refused = place.run(arguments).await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_work_is_not_stored() {
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
    assert!(screen.contains("stored a token") && !screen.contains(&place.token), "{screen}");
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
    command.args(["--base-url", "http://127.0.0.1:1/v2"]);
    command.env("XDG_CONFIG_HOME", place.home.path().join("settings"));
    let refused = printed(command, "").await;
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("is not sent to http://127.0.0.1:1/v2"), "{}", refused.stderr);
}

/// The program with two profiles, whose tokens are of two organizations.
async fn with_profiles(place: &Place) {
    place.server.create_organization("other-org").await.unwrap();
    let token = place.server.create_token("other-org", &registries_server::Scope::ALL);
    let folder = place.home.path().join(".config/registries");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("token"), token.await.unwrap()).unwrap();
    let url = place.server.base_url();
    let text = format!(
        "[profile.other]\nbase-url = \"{url}/\"\norg = \"other-org\"\ntoken-file = \
         \"token\"\n\n[profile.url]\nbase-url = \"{url}\"\n"
    );
    fs::write(folder.join("config.toml"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_goes_before_variables_and_these_before_a_profile() {
    let place = Place::new().await;
    with_profiles(&place).await;
    let nowhere = "http://127.0.0.1:1/v2";
    let (mine, file) = (place.write("mine", &place.token), ".config/registries/token");
    let other = place.home.path().join(file).display().to_string();
    for (arguments, variables, organization, sources) in [
        // What the profile names goes before every variable, if an argument names the profile.
        (
            &["--profile", "other"][..],
            &[("REGISTRIES_BASE_URL", nowhere)][..],
            "other-org",
            [
                "the profile other",
                "the profile other",
                &format!("the file {other} (the profile other)"),
            ],
        ),
        // A variable that names it is no better than others.
        (
            &[],
            &[("REGISTRIES_CLI_PROFILE", "other")],
            "example-org",
            [
                "the variable REGISTRIES_BASE_URL",
                "the variable REGISTRIES_ORG",
                "the variable REGISTRIES_TOKEN",
            ],
        ),
        // Other arguments go before the profile.
        (
            &["--profile", "other", "--org", "example-org", "--token-file", &mine],
            &[],
            "example-org",
            ["the profile other", "--org", &format!("the file {mine} (--token-file)")],
        ),
        // What the profile does not name is still the variable's.
        (
            &["--profile", "url"],
            &[("REGISTRIES_BASE_URL", nowhere)],
            "example-org",
            ["the profile url", "the variable REGISTRIES_ORG", "the variable REGISTRIES_TOKEN"],
        ),
        (
            &["--token-file", &other],
            &[],
            "example-org",
            [
                "the variable REGISTRIES_BASE_URL",
                "the variable REGISTRIES_ORG",
                &format!("the file {other} (--token-file)"),
            ],
        ),
    ] {
        let status = [&["auth", "status", "-o", "json"], arguments].concat();
        let mut command = place.command(&status);
        command.envs(variables.iter().copied());
        let shown = printed(command, "").await;
        assert_eq!(shown.status, 0, "{arguments:?}: {}", shown.stderr);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(shown["organization"], organization, "{arguments:?}");
        let names = ["base_url_source", "organization_source", "source"];
        for (name, source) in names.into_iter().zip(sources) {
            assert_eq!(shown[name], source, "{arguments:?}");
        }
    }
    for argument in ["--profile", "--org", "--base-url", "--token-file"] {
        let empty = place.run(&["list", argument, ""]).await;
        assert_eq!(empty.status, 2, "{}", empty.stderr);
        assert!(empty.stderr.contains(&format!("{argument} is empty")), "{}", empty.stderr);
    }
    // An empty variable is as good as none.
    let mut command = place.command(&["list"]);
    command.env("REGISTRIES_TOKEN_FILE", "").env("REGISTRIES_CLI_PROFILE", "");
    assert_eq!(printed(command, "").await.status, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_stored_for_a_profile_goes_before_the_variable() {
    let place = Place::new().await;
    with_profiles(&place).await;
    // The variable has a token of another deployment.
    let with_other = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("REGISTRIES_TOKEN", "bkua_of_another_deployment");
        command
    };
    let login = ["auth", "login", "--in-file", "--profile", "url"];
    let login = printed(with_other(&login), &place.token).await;
    assert_eq!(login.status, 0, "{}", login.stderr);
    assert!(!login.stderr.contains("instead of it"), "{}", login.stderr);
    let listed = printed(with_other(&["list", "--profile", "url"]), "").await;
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    // Without the argument it is the variable's, and a refusal says so.
    let refused = printed(with_other(&["list"]), "").await;
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    let hint = "hint: the token is from the variable REGISTRIES_TOKEN; ";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    let login = printed(with_other(&["auth", "login", "--in-file"]), &place.token).await;
    let note = "a token from the variable REGISTRIES_TOKEN is used instead of it\n";
    assert!(login.stderr.ends_with(note), "{}", login.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_cannot_be_used_is_said() {
    let place = Place::new().await;
    let login = printed(command(&place, &["auth", "login", "--quiet"]), &place.token).await;
    assert_eq!(login.status, 0, "{}", login.stderr);
    let said = "warning: the system's keyring cannot be used: ";
    assert!(login.stderr.starts_with(said), "{}", login.stderr);
    assert!(login.stderr.contains("--in-file"), "{}", login.stderr);
    let in_file = ["auth", "login", "--quiet", "--in-file"];
    let in_file = printed(command(&place, &in_file), &place.token).await;
    assert_eq!((in_file.status, in_file.stderr.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_others_can_read_are_refused() {
    let place = Place::new().await;
    printed(command(&place, &["auth", "login", "--in-file"]), &place.token).await;
    let path = place.home.path().join(".config/registries/tokens.toml");
    for mode in [0o644, 0o620, 0o604] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = printed(command(&place, &["list"]), "").await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        let said = format!("run `chmod 600 {}`", path.display());
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("mode {mode:o}")), "{}", refused.stderr);
        // The variable's token is used all the same.
        assert_eq!(place.run(&["list"]).await.status, 0);
    }
    // Another login makes it private again.
    printed(command(&place, &["auth", "login", "--in-file"]), &place.token).await;
    assert_eq!(printed(command(&place, &["list"]), "").await.status, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_not_stored() {
    let place = Place::new().await;
    for from_variable in [false, true] {
        let token = place.server.create_token("example-org", &registries_server::Scope::ALL);
        let token = token.await.unwrap();
        printed(command(&place, &["auth", "login", "--in-file"]), &token).await;
        let mut revoke = command(&place, &["auth", "revoke", "--yes"]);
        if from_variable {
            revoke.env("REGISTRIES_TOKEN", &token);
        }
        let revoked = printed(revoke, "").await;
        assert_eq!(revoked.status, 0, "{}", revoked.stderr);
        assert!(revoked.stderr.contains("removed it from the file "), "{}", revoked.stderr);
        let after = printed(command(&place, &["auth", "logout"]), "").await;
        assert_eq!(after.status, 1, "{}", after.stderr);
    }
    // Another one stays.
    printed(command(&place, &["auth", "login", "--in-file"]), &place.token).await;
    let token = place.server.create_token("example-org", &registries_server::Scope::ALL);
    let mut revoke = command(&place, &["auth", "revoke", "--yes"]);
    revoke.env("REGISTRIES_TOKEN", token.await.unwrap());
    assert_eq!(printed(revoke, "").await.status, 0);
    assert_eq!(printed(command(&place, &["list"]), "").await.status, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_what_is_typed_again_after_an_interruption() {
    let place = Place::new().await;
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut terminal = Terminal::with(command(&place, &["auth", "login", "--in-file"]), 80);
        terminal.wait_for("Access token: ");
        assert!(!terminal.shows_what_is_typed());
        terminal.signal(signal);
        // This end keeps the terminal, whose settings are looked at after the program has ended.
        let (status, shows) = terminal.end_of_program();
        assert_eq!((status, shows), (3, true), "{signal}");
    }
    // As a person types it.
    let mut terminal = Terminal::with(command(&place, &["auth", "login", "--in-file"]), 80);
    terminal.answer("Access token: ", "two words");
    assert_eq!(terminal.end_of_program(), (2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_settings_is_reported_without_the_text() {
    let place = Place::new().await;
    let folder = place.home.path().join(".config/registries");
    fs::create_dir_all(&folder).unwrap();
    for (text, line, said) in [
        ("[profile.default]\ntoken = \"hunter2\"\n", 2, "token-file"),
        ("[profile.default]\norg = 5\n", 2, "not a setting of a profile"),
        ("\n[profile.default]\norg = \"a\n", 3, "not TOML"),
        ("tokens = \"hunter2\"\n", 1, "`registries auth login` stores a token"),
        ("[profile]\ntoken = \"hunter2\"\n", 2, "not a setting of a profile"),
        ("profile = \"hunter2\"\n", 1, "[profile.NAME]"),
        ("[profile.default]\nhunter2 = 1\n", 2, "ca-certificate"),
        ("[profile.default]\norg = [\"hunter2\"]\n", 2, "each with a text"),
        ("[profile.default]\norg = hunter2\n", 2, "not TOML"),
        ("hunter2\n", 1, "not TOML"),
    ] {
        fs::write(folder.join("config.toml"), text).unwrap();
        let refused = place.run(&["list"]).await;
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        assert!(
            refused.stderr.contains(&format!("config.toml, line {line}: ")),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}
