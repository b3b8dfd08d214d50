//! No secret is in anything that can be written: every report, recording and comparison, whatever the
//! command prints, and the `Debug` forms of the library.

mod forms;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use registries_conformance::{
    Deployment, Options, OwnCase, Report,
    deployment::{self, Token},
    har::{Har, Recorder, Recording},
    level::{Citation, Grade},
    report::{self, diff},
    traffic,
};
use registries_strength::reference::Reference;
use serde_json::json;
use tempfile::TempDir;

use self::forms::{CANARIES, CANARY, FORMS, Indiscreet, shown};
use crate::support::{bare, behind, hasty, output};

/// Everything that was written, by a name, and the words of the commands that wrote it.
#[derive(Default)]
struct Written {
    texts: Vec<(String, Vec<u8>)>,
    commands: Vec<Vec<String>>,
}

impl Written {
    fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.texts.push((name.into(), bytes.into()));
    }

    /// What a command prints, which is to exit so.
    async fn command(&mut self, command: Command, expected: i32) {
        let name = self.begun(&command);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, expected, "{name}: {stdout}{stderr}");
        assert!(!stdout.is_empty() || !stderr.is_empty(), "{name}");
        self.add(format!("{name}: standard output"), stdout);
        self.add(format!("{name}: standard error"), stderr);
    }

    /// Takes note of a command; its name.
    fn begun(&mut self, command: &Command) -> String {
        let words = command.get_args().map(|it| it.to_string_lossy().into_owned());
        let words: Vec<String> = words.collect();
        let name = words.join(" ");
        self.commands.push(words);
        name
    }

    /// Whether a command, with this option if there is one, was among those that wrote.
    fn knows(&self, command: &str, option: Option<&str>) -> bool {
        self.commands.iter().any(|words| {
            words[0] == command
                && words.get(1).is_none_or(|word| word != "--help")
                && option.is_none_or(|option| words.iter().any(|word| word == option))
        })
    }

    fn folder(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            self.add(path.file_name().unwrap().to_string_lossy(), fs::read(&path).unwrap());
        }
    }
}

/// A command whose environment has the canaries.
fn with_canaries(arguments: &[&str]) -> Command {
    let mut command = bare();
    command.args(arguments).env("REGISTRIES_ORG", "example-org");
    for (name, canary) in ["REGISTRIES_TOKEN", "LIMITED", "REVOCABLE"].iter().zip(CANARIES) {
        command.env(name, canary);
    }
    command
}

/// `--report` for every form that a command has, as it says itself.
fn every_report(command: &str, folder: &Path, stem: &str) -> Vec<String> {
    let stderr = bare().args([command, "--report", "none"]).output().unwrap().stderr;
    let stderr = String::from_utf8(stderr).unwrap();
    let (_, forms) = stderr.split_once("the formats are: ").unwrap();
    let forms = forms.lines().next().unwrap().split(", ");
    forms
        .flat_map(|form| {
            let path = folder.join(format!("{stem}.{form}"));
            ["--report".to_owned(), format!("{form}={}", path.display())]
        })
        .collect()
}

/// Runs, replays and comparisons of them.
async fn runs(written: &mut Written, base_url: &str, folder: &Path, inputs: &Path) {
    let tokens = ["--limited-token-env", "LIMITED", "--revocable-token-env", "REVOCABLE"];
    let known = inputs.join("known.toml");
    let entry = "[[known]]\ncase = \"delete-succeeds\"\nreason = \"r\"\nuntil = 2020-01-31\n";
    fs::write(&known, entry).unwrap();
    let har = folder.join("run.har").display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = with_canaries(&["run"]);
        command.args(arguments).arg("--known").arg(&known);
        command
    };
    let hasty = ["--consistency-wait", "100ms"];
    let mut first = run(&["--base-url", base_url, "--record", &har, "--strict"]);
    first.args(hasty);
    first.args(tokens).args(every_report("run", folder, "run"));
    written.command(first, 1).await;
    let mut again = run(&["--replay", &har, "--report", "github=-"]);
    again.args(every_report("run", folder, "replay"));
    written.command(again, 1).await;
    let config = inputs.join("deployments.toml");
    fs::write(
        &config,
        format!("[deployment.a]\nbase-url = \"{base_url}\"\norg = \"example-org\"\n"),
    )
    .unwrap();
    let mut deep = run(&["--profile", "deep", "--max-requests", "150", "--deployment", "a"]);
    deep.args(hasty).arg("--config").arg(config).args(["--report", "markdown=-"]);
    written.command(deep, 1).await;

    let [before, after] =
        ["run.json", "replay.json"].map(|it| folder.join(it).display().to_string());
    written.command(with_canaries(&["diff", &before, &after]), 0).await;
    written.command(with_canaries(&["diff", &before, &after, "--json"]), 0).await;
    let mut diff = with_canaries(&["diff", &before, &after]);
    diff.args(every_report("diff", folder, "diff"));
    written.command(diff, 0).await;
    for options in [&["--older-than", "0s"][..], &["--remove"]] {
        let sweep = ["sweep", "--base-url", base_url];
        written.command(with_canaries(&[&sweep, options].concat()), 0).await;
    }
    let mut strength = with_canaries(&["strength", "secret-in"]);
    strength.args(every_report("strength", folder, "strength"));
    written.command(strength, 0).await;
}

/// What clients send through the proxy, and the archive of another recorder.
async fn traffic(written: &mut Written, upstream: &str, folder: &Path, inputs: &Path) {
    let har = folder.join("proxy.har").display().to_string();
    let mut command = with_canaries(&["proxy", "--upstream", upstream, "--record", &har]);
    command.args(every_report("proxy", folder, "proxy"));
    let name = written.begun(&command);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let listening = lines.next().unwrap().unwrap();
    let through = listening.rsplit(' ').next().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{through}/access-token?access_token={}", FORMS[1].1("canary-in-a-query/+"));
    for canary in CANARIES {
        let request = client.get(&url).bearer_auth(canary);
        let request = request.header("cookie", "session=canary-of-a-session/+~0123456789");
        assert!(request.send().await.unwrap().text().await.unwrap().contains(CANARY));
    }
    let killed = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(killed.unwrap().success());
    let lines_of_stderr: Vec<String> = lines.map(Result::unwrap).collect();
    let ended = child.wait_with_output().unwrap();
    // Undocumented properties of responses are no deviation.
    assert_eq!(ended.status.code(), Some(0));
    written.add(format!("{name}: standard output"), ended.stdout);
    written.add(format!("{name}: standard error"), lines_of_stderr.join("\n"));

    // As a browser would have recorded it: with the tokens.
    let recorded = fs::read_to_string(&har).unwrap();
    let foreign = inputs.join("foreign.har");
    let text = recorded
        .replace("Bearer $REGISTRIES_TOKEN_2", &format!("Bearer {}", CANARIES[1]))
        .replace("Bearer $REGISTRIES_TOKEN\"", &format!("Bearer {}\"", CANARIES[0]))
        .replace("$REGISTRIES_TOKEN", &FORMS[1].1(CANARIES[0]));
    fs::write(&foreign, &text).unwrap();
    let mut check = with_canaries(&["check", &foreign.display().to_string()]);
    check.args(every_report("check", folder, "check"));
    written.command(check, 0).await;
    for (old, broken, status) in [
        ("\"queryString\": [", "\"queryString\": \"canary\", \"q\": [", 0),
        ("\"status\": 200", "\"status\": \"canary\"", 0),
        ("\"log\"", "canary", 2),
    ] {
        fs::write(&foreign, text.replacen(old, broken, 1)).unwrap();
        written.command(with_canaries(&["check", &foreign.display().to_string()]), status).await;
    }
}

/// What the command says when it is used in a wrong way, and where a token stands in the wrong place.
async fn errors(written: &mut Written, base_url: &str, inputs: &Path) {
    let config = inputs.join("secret.toml").display().to_string();
    fs::write(&config, format!("[deployment.a]\ntoken = \"{}\"\n", CANARIES[0])).unwrap();
    let of_a_person = base_url.replace("//", "//u:canary-password@");
    let with_query = format!("{base_url}?access_token=canary-in-a-query");
    let run = ["run", "--base-url", base_url];
    let mut attempts = vec![
        vec!["run", "--deployment", "a", "--config", &config],
        vec!["sweep", "--deployment", "a", "--config", &config],
        vec!["run", "--base-url", base_url, "--ca-certificate", &config],
        vec!["sweep", "--base-url", base_url, "--ca-certificate", &config],
        vec!["run", "--base-url", &of_a_person],
        vec!["run", "--base-url", &with_query],
        vec!["proxy", "--upstream", &of_a_person],
        vec!["proxy", "--upstream", base_url, "--ca-certificate", &config],
        vec!["check", "a.har", "--base-url", &with_query],
        vec!["sweep", "--base-url", &of_a_person],
        vec!["run", "--token=canary-token"],
    ];
    for option in ["--token-env", "--limited-token-env", "--revocable-token-env"] {
        attempts.push([&run[..], &[option, "canary_of_letters"]].concat());
        attempts.push([&run[..], &[option, "BROKEN"]].concat());
    }
    attempts.push([&run[..], &["--limited-token-env", "REGISTRIES_TOKEN"]].concat());
    for attempt in attempts {
        let mut command = with_canaries(&attempt);
        command.env("BROKEN", "canary \n in two lines");
        written.command(command, 2).await;
    }
    let mut refused = with_canaries(&run);
    refused.env("REGISTRIES_TOKEN", "canary-of-nobody");
    written.command(refused, 3).await;
    let mut away = with_canaries(&["run", "--base-url", "http://127.0.0.1:9/v2"]);
    away.env("HTTP_PROXY", "http://u:canary@127.0.0.1:9");
    written.command(away, 3).await;
}

/// Every command's help, and what needs no deployment.
async fn helps(written: &mut Written) {
    let help = bare().arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands: BTreeSet<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    for command in &commands {
        written.command(with_canaries(&[command, "--help"]), 0).await;
    }
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--requirements"],
        &["list", "--requirements", "--json"],
        &["completions", "bash"],
        &["man"],
    ] {
        written.command(with_canaries(arguments), 0).await;
    }
    for command in commands {
        assert!(written.knows(command, None), "{command} is a command that is not looked at here");
        let help = bare().args([command, "--help"]).output().unwrap().stdout;
        let help = String::from_utf8(help).unwrap();
        let options = help.lines().filter_map(|line| line.trim().strip_prefix("--"));
        let of_files = options.filter(|it| it.contains("<FILE") || it.contains("PATH>"));
        for option in of_files.filter_map(|it| it.split(' ').next()) {
            let is_known = written.knows(command, Some(&format!("--{option}")));
            assert!(is_known, "{command} --{option} is not looked at here");
        }
    }
}

/// What the library returns and reports, with a project's own case that reports all it knows.
async fn library(written: &mut Written, deployment: &Deployment) {
    let progress = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&progress);
    let citation = Citation { grade: Grade::Documented, cite: "our handbook".into() };
    let tells = OwnCase::new("tells-all", "Nothing is told.", citation.clone(), |session| {
        Box::pin(async move {
            let body = json!({"name": session.name("own"), "ecosystem": "ruby"});
            let request = session.request("create_registry", None, Some(&body))?;
            let sent = session.send(request).await?;
            let all = format!("{sent:?} {:?}", session.exchanges().collect::<Vec<_>>());
            Ok(vec![session.found(&sent, None, "nothing", all)])
        })
    });
    let panics = OwnCase::new("panics", "It does not panic.", citation, |session| {
        Box::pin(async move { panic!("{:?}", session.exchanges().collect::<Vec<_>>()) })
    });
    let debug = format!("{tells:?} {panics:?} {deployment:?}");
    let recorder = Recorder::default();
    let options = Options {
        own: vec![tells, panics],
        recorder: Some(recorder.clone()),
        progress: Some(Box::new(move |progress| {
            listener.lock().unwrap().push(format!("{progress:?}"));
        })),
        ..hasty()
    };
    let report = registries_conformance::run(deployment.clone(), options).await.unwrap();
    for name in ["tells-all", "panics"] {
        let case = report.cases.iter().find(|case| case.name == name).unwrap();
        let text = format!("{case:?}");
        assert!(text.contains("$REGISTRIES_TOKEN"), "{text}");
    }
    let har: Har = recorder.har();
    let text = serde_json::to_vec(&har).unwrap();
    let recording = Recording::parse(&text).unwrap();
    let checked = traffic::check(&har, None, "a recording");
    let comparison = diff::compare(&report, &report);
    written.add("Debug", format!("{debug} {report:?} {har:?} {recording:?} {checked:?}"));
    written.add("Debug of a comparison", format!("{comparison:?} {}", diff::human(&comparison)));
    written.add("progress", progress.lock().unwrap().join("\n"));
    written.add("recording", text);
    for (name, text) in forms(&report) {
        written.add(name, text);
    }
    let wrong = deployment::base_url("http://u:canary@h/v2").unwrap_err();
    written.add(
        "errors",
        format!("{wrong} {wrong:?} {:?}", Token::new("canary \n in two").unwrap_err()),
    );
}

fn forms(report: &Report) -> [(&'static str, String); 7] {
    [
        ("human", report::human(report).to_string()),
        ("verbose", report::verbose(report).to_string()),
        ("json", serde_json::to_string(report).unwrap()),
        ("junit", report::junit(report).unwrap()),
        ("html", report::html(report).unwrap()),
        ("markdown", report::markdown(report)),
        ("github", report::github(report)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_anything_that_is_written() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Indiscreet(reference.secrets.clone())).await;
    let [token, limited_token, _] = CANARIES.map(|it| Token::new(it).unwrap());
    let deployment = Deployment {
        token,
        limited_token: Some(limited_token),
        // A run that uses it up is made with the command.
        revocable_token: None,
        ..reference.at(&proxy.base_url)
    };
    let (folder, inputs): (TempDir, TempDir) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut written = Written::default();
    library(&mut written, &deployment).await;
    runs(&mut written, &proxy.base_url, folder.path(), inputs.path()).await;
    traffic(&mut written, &proxy.base_url, folder.path(), inputs.path()).await;
    errors(&mut written, &proxy.base_url, inputs.path()).await;
    helps(&mut written).await;
    written.folder(folder.path());

    let secrets = reference.secrets.iter();
    for (name, bytes) in &written.texts {
        assert_eq!(shown(bytes), None, "{name} has a canary: {}", String::from_utf8_lossy(bytes));
        for secret in secrets.clone() {
            assert!(
                !String::from_utf8_lossy(bytes).contains(secret.as_str()),
                "{name} has a secret"
            );
        }
    }
    // What was given away stands there by its name, and was not just left out.
    for name in
        ["human", "run.json", "run.html", "replay.junit", "run.har", "proxy.har", "check.json"]
    {
        let (_, bytes) = written.texts.iter().find(|(known, _)| known == name).unwrap();
        assert!(String::from_utf8_lossy(bytes).contains("$REGISTRIES_TOKEN"), "{name}");
    }
}
