//! Tokens in a keyring: that of GNOME, on a message bus of its own.

use std::{env, fs, process::Command};

use crate::support::{Place, printed};

/// Unlocks a new keyring, and runs the commands that follow.
const UNLOCK: &str = "echo password | gnome-keyring-daemon --unlock --components=secrets && ";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_leaves_the_keyring_when_it_is_stored_in_the_file_or_revoked() {
    if !are_there(&["dbus-run-session", "gnome-keyring-daemon"]) {
        let is_required = env::var("REGISTRIES_TEST_KEYRING").is_ok_and(|it| it == "required");
        assert!(!is_required, "there is no gnome-keyring");
        eprintln!("skipped: there is no gnome-keyring");
        return;
    }
    let place = Place::new().await;
    let token = place.write("token", &place.token);
    let program = env!("CARGO_BIN_EXE_registries");
    let settings = place.home.path().join(".config/registries");
    fs::create_dir_all(&settings).unwrap();
    let stored = settings.join("tokens.toml").display().to_string();
    let in_keyring = place.write("in-keyring", "");
    for (then, said) in [
        (format!("{program} auth login --in-file < {token}"), "stored a token"),
        (format!("{program} auth logout"), "removed the token"),
        (format!("{program} auth revoke --yes"), "removed it from the system's keyring"),
    ] {
        // Afterwards the file says again that the token is in the keyring, where none is found.
        let script = format!(
            "{UNLOCK} {program} auth login < {token} && cp {stored} {in_keyring} && {program} list && \
             {then} && cp {in_keyring} {stored} && {program} list"
        );
        let mut command = Command::new("dbus-run-session");
        command
            .args(["--", "bash", "-c", &script])
            .env_clear()
            .env("HOME", place.home.path())
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("REGISTRIES_BASE_URL", place.server.base_url())
            .env("REGISTRIES_ORG", place.server.organization());
        let shown = printed(command, "").await;
        assert!(shown.stderr.contains("in the system's keyring; its scopes"), "{}", shown.stderr);
        assert!(shown.stderr.contains(said), "{then}: {}", shown.stderr);
        assert!(shown.stderr.contains("there is no access token for"), "{then}: {}", shown.stderr);
        assert_eq!(shown.status, 2, "{then}: {}", shown.stderr);
    }
}

fn are_there(programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    programs.iter().all(|program| folders.iter().any(|folder| folder.join(program).is_file()))
}
