//! Certificates, proxies, and how long a command may take.

use std::{fs, process::Command, time::Duration};

use rcgen::{CertificateParams, KeyPair};
use registries_server::{Embedded, EmbeddedOptions, Scope, TlsFiles};

use crate::{
    asking::Terminal,
    support::{Place, answering, answering_all, printed},
};

/// A server with a certificate of its own, which is in the file `certificate.pem`.
async fn over_tls() -> Place {
    let home = tempfile::tempdir().unwrap();
    let signing_key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let made = parameters.self_signed(&signing_key).unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| home.path().join(name));
    fs::write(&certificate, made.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let tls = Some(TlsFiles { certificate, key });
    let options = EmbeddedOptions { tls, ..EmbeddedOptions::default() };
    let server = Embedded::start_with(options).await.unwrap();
    let token = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    Place { server, token, home }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_trusted_where_it_is_named() {
    let place = over_tls().await;
    let unknown = place.run(&["list"]).await;
    assert_eq!(unknown.status, 3, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("--ca-certificate"), "{}", unknown.stderr);
    let file = place.home.path().join("certificate.pem").display().to_string();
    place.ok(&["list", "--ca-certificate", &file]).await;
    let with = |variable: &str, value: &str, arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env(variable, value);
        command
    };
    let variable = "REGISTRIES_CA_CERTIFICATE";
    assert_eq!(printed(with(variable, &file, &["list"]), "").await.status, 0);
    assert_eq!(printed(with(variable, "", &["list"]), "").await.status, 3);
    let folder = place.home.path().join(".config/registries");
    fs::create_dir_all(&folder).unwrap();
    let text = "[profile.default]\nca-certificate = \"../../certificate.pem\"\n";
    fs::write(folder.join("config.toml"), text).unwrap();
    place.ok(&["list"]).await;
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    place.write("broken.pem", broken);
    let device = if cfg!(unix) { "it is a device" } else { "cannot read" };
    for (file, said) in [
        ("none.pem", "there is no such file"),
        ("/dev/zero", device),
        ("key.pem", "it has no certificate in PEM"),
        (".config/registries/config.toml", "it has no certificate in PEM"),
    ] {
        let wrong = printed(with(variable, file, &["list"]), "").await;
        assert_eq!(wrong.status, 2, "{}", wrong.stderr);
        let source = format!("(from the variable {variable})\n");
        assert!(wrong.stderr.contains(said) && wrong.stderr.ends_with(&source), "{}", wrong.stderr);
    }
    let wrong = printed(with(variable, "broken.pem", &["list"]), "").await;
    let source = format!("(from the certificates in broken.pem, the variable {variable})\n");
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.ends_with(&source), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_in_its_time() {
    let place = Place::new().await;
    let (url, requests) = answering_all(|_| None);
    let file = place.write("a.yaml", "registries:\n- {name: A, ecosystem: ruby}\n");
    let silent = |arguments: &[&str]| -> Command {
        let mut command = place.command(arguments);
        command.env("REGISTRIES_BASE_URL", &url).env("REGISTRIES_TIMEOUT", "300ms");
        command
    };
    for arguments in [
        &["list"][..],
        &["org", "list"],
        &["delete", "a", "b", "--yes"],
        &["apply", "-f", &file],
        &["api", "GET", "/x", "--timeout", "200ms"],
    ] {
        let ended = printed(silent(arguments), "").await;
        assert_eq!(ended.status, 3, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("not done within "), "{arguments:?}: {}", ended.stderr);
        let has_effect = ended.stderr.contains("may have been carried out");
        assert_eq!(has_effect, arguments[0] == "delete", "{arguments:?}: {}", ended.stderr);
        // Nothing is sent again, and nothing more is begun.
        let sent: Vec<String> = requests.try_iter().collect();
        assert!(sent.len() <= 1, "{arguments:?}: {sent:?}");
    }
    // It says what it waits for.
    let (url, requests) =
        answering_all(|_| Some(("503 Service Unavailable\r\nRetry-After: 60", "")));
    let unavailable = ["list", "--base-url", &url, "--timeout", "10s", "--quiet"];
    let waiting = place.run(&unavailable).await;
    let said =
        "error: not done within 10s (from --timeout): waiting 60 s to send list_registries again";
    assert!(waiting.stderr.starts_with(said), "{}", waiting.stderr);
    assert_eq!(requests.try_iter().count(), 1);
    place.ok(&["list", "--timeout", "30"]).await;
    for value in ["", "0", "soon", "-1s", "99999999d"] {
        let wrong = place.run(&["list", &format!("--timeout={value}")]).await;
        assert_eq!(wrong.status, 2, "{value}: {}", wrong.stderr);
        assert!(wrong.stderr.contains("--timeout"), "{value}: {}", wrong.stderr);
    }
}

/// The changes that there is no time for are not begun.
#[tokio::test(flavor = "multi_thread")]
async fn apply_stops_when_its_time_is_over() {
    let place = Place::new().await;
    let (url, requests) =
        answering_all(|request| request.starts_with("GET ").then_some(("200 OK", "[]")));
    let registries = (0..50).map(|number| format!("- {{name: A{number}, ecosystem: ruby}}"));
    let text = format!("registries:\n{}\n", registries.collect::<Vec<_>>().join("\n"));
    let file = place.write("a.yaml", text);
    let apply = ["apply", "-f", &file, "--base-url", &url, "--timeout", "10s"];
    let ended = place.run(&apply).await;
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    let failed = ended.stderr.lines().filter(|line| line.starts_with("failed: ")).count();
    assert!((1..=16).contains(&failed), "{}", ended.stderr);
    let left = format!("{} not begun", 50 - failed);
    assert!(ended.stderr.contains(&left), "{left}: {}", ended.stderr);
    let sent = requests.try_iter().filter(|request| request.starts_with("POST ")).count();
    assert!(sent <= failed, "{sent}: {}", ended.stderr);
}

/// An answer that takes too long is no interruption.
#[tokio::test(flavor = "multi_thread")]
async fn apply_begins_nothing_after_its_time() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let file = place.write("a.yaml", "registries: []\n");
    let apply = ["apply", "-f", &file, "--prune", "--timeout", "10s"];
    let mut terminal = Terminal::start(&place, &apply, 80);
    terminal.wait_for("Carry this out?");
    tokio::time::sleep(Duration::from_secs(11)).await;
    terminal.answer("", "y");
    let (screen, status) = terminal.end();
    assert_eq!(status, 3, "{screen}");
    let said = "not done within 10s (from --timeout); 1 change not begun; nothing was deleted";
    assert!(screen.contains(said), "{screen}");
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_used_unless_the_host_is_excepted() {
    let place = Place::new().await;
    let (proxy, requests) = answering("403 Forbidden", "");
    let proxy = proxy.trim_end_matches("/v2");
    for (variables, status) in [
        (&[("HTTP_PROXY", proxy)][..], 1),
        (&[("HTTP_PROXY", proxy), ("NO_PROXY", "127.0.0.1")], 0),
    ] {
        let mut command = place.command(&["list"]);
        command.envs(variables.iter().copied());
        let listed = printed(command, "").await;
        assert_eq!(listed.status, status, "{}", listed.stderr);
    }
    let received = requests.recv().unwrap();
    assert!(received.starts_with(&format!("GET {}", place.server.base_url())), "{received}");
}
