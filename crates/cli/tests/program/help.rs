//! What the program says by itself: every help, and every message about a mistake in its use.

use std::{fmt::Write as _, fs, path::Path};

use crate::support::{bare, printed};

const COMMANDS: [&str; 30] = [
    "",
    "list",
    "get",
    "create",
    "update",
    "rename",
    "delete",
    "token",
    "token list",
    "token get",
    "token create",
    "token update",
    "token delete",
    "org",
    "org list",
    "org get",
    "org limits",
    "apply",
    "export",
    "policy",
    "policy check",
    "policy build",
    "auth",
    "auth login",
    "auth status",
    "auth logout",
    "auth revoke",
    "api",
    "schema",
    "completions",
];

async fn said(arguments: &[&str], variables: &[(&str, &str)], folder: &Path) -> String {
    let mut command = bare(arguments, folder);
    command.envs(variables.iter().copied());
    let output = printed(command, "").await;
    let variables = variables.iter().map(|(name, value)| format!("{name}={value} "));
    let mut text =
        format!("$ {}registries {}\n", variables.collect::<String>(), arguments.join(" "));
    let (stdout, stderr, status) = (output.stdout, output.stderr, output.status);
    let _ = writeln!(text, "{stdout}{stderr}[exit status {status}]\n");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_help() {
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let mut both = String::new();
        for option in ["-h", "--help"] {
            let arguments: Vec<&str> = command.split_whitespace().chain([option]).collect();
            let text = said(&arguments, &[], folder.path()).await;
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{command} {option}: {line}");
            }
            // A terminal has 24 lines, and three are not of the help.
            let lines = text.lines().count() - 3;
            assert!(option == "--help" || lines <= 24, "{command}: {lines} lines");
            both += &text;
        }
        let name = if command.is_empty() { "registries" } else { command };
        insta::assert_snapshot!(format!("help-{}", name.replace(' ', "-")), both);
    }
}

/// The arguments, and variables.
type Mistake<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let token = ("REGISTRIES_TOKEN", "0123456789abcdef0123");
    let org = ("REGISTRIES_ORG", "my-org");
    let nowhere = ("REGISTRIES_BASE_URL", "127.0.0.1");
    let settings = folder.path().join(".config/registries");
    fs::create_dir_all(&settings).unwrap();
    let write = |text: &str| fs::write(settings.join("config.toml"), text).unwrap();
    write("[profile.staging]\norg = \"my-org\"\n");
    let mistakes: [Mistake; 25] = [
        (&[], &[]),
        (&["lst"], &[]),
        (&["list", "--no-such-option"], &[]),
        (&["list", "--output", "xml"], &[]),
        (&["list"], &[]),
        (&["list"], &[org]),
        (&["list", "--org", "my-org"], &[("REGISTRIES_TOKEN", "Bearer 0123456789abcdef")]),
        (&["list"], &[org, ("REGISTRIES_TOKEN_FILE", "none")]),
        (&["list"], &[org, token, nowhere]),
        (&["get", ".."], &[org, token]),
        (&["create", "My Gems"], &[org, token]),
        (&["create", "a", "--ecosystem", "ruby", "--policy", "none.yaml"], &[org, token]),
        (&["update", "my-gems"], &[org, token]),
        (&["update", "my-gems", "--emoji", ":gem:", "--clear", "emoji"], &[org, token]),
        (&["delete", "my-gems"], &[org, token]),
        (&["list", "-q", "-v"], &[org, token]),
        (&["list", "--profile", "none"], &[token]),
        (&["list"], &[("REGISTRIES_CLI_PROFILE", "staging")]),
        (&["create", "-dash", "--ecosystem", "ruby"], &[org, token]),
        (&["get", "-dash"], &[org, token]),
        (&["org", "get", "my-org"], &[token]),
        (&["apply", "registries.yaml"], &[org, token]),
        (&["api", "FETCH", "/"], &[token]),
        (&["api", "POST", "/a", "--field", "a"], &[token]),
        (&["auth", "logout"], &[]),
    ];
    let mut text = String::new();
    for (arguments, variables) in mistakes {
        text += &said(arguments, variables, folder.path()).await;
    }
    write("[profile.staging]\norganization = \"my-org\"\n");
    text += &said(&["list", "--profile", "staging"], &[token], folder.path()).await;
    let text = text.replace(&folder.path().display().to_string(), "~");
    insta::assert_snapshot!("mistakes", text);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_arguments_are_shown_as_they_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(&["li\u{1b}[31mst"], &[], folder.path()).await;
    let said = text.lines().nth(1).unwrap();
    assert!(said.contains(r"li\u001b[31mst"), "{said}");
}

/// Every shell has completions, and every command a manual page.
#[tokio::test(flavor = "multi_thread")]
async fn completions_and_the_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = printed(bare(&["completions", shell], folder.path()), "").await.stdout;
        assert!(text.contains("registries") && text.contains("limits"), "{shell}");
    }
    let page = printed(bare(&["man"], folder.path()), "").await.stdout;
    for command in COMMANDS.iter().filter(|it| !it.is_empty()) {
        let name = format!("registries\\-{}", command.replace(' ', "\\-"));
        assert!(page.contains(&name), "{name}");
    }
}
