//! Expected failures: they are reported and do not fail a deployment, until their time is over.

use std::fs;

use http::StatusCode;
use registries_conformance::{
    Report, Status, Verdict,
    report::{
        self,
        known::{self, KnownState},
    },
};
use registries_strength::reference::Reference;
use serde_json::{Value, json};

use crate::support::{Changed, bare, behind, conformance, output, run};

/// A deployment whose deletes are accepted instead of done with, and whose registries are public in
/// words.
const DEVIATING: Changed = Changed(|request, answer| {
    if request.is_delete() && answer.status == StatusCode::OK {
        answer.status = StatusCode::ACCEPTED;
    }
    answer.each_registry(|registry| registry["public"] = json!("no"));
});

async fn deviating() -> Report {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, DEVIATING).await;
    run(&reference.at(&proxy.base_url)).await
}

/// Entries for the failed cases of a report.
fn entries(report: &Report, until: &str) -> String {
    let failed = report.cases.iter().filter(|case| case.status == Status::Fail);
    let entry =
        |name: &str| format!("[[known]]\ncase = \"{name}\"\nreason = \"r\"\nuntil = {until}\n");
    failed.map(|case| entry(&case.name)).collect()
}

#[tokio::test]
async fn what_is_known_does_not_fail_through_its_last_day() {
    let report = deviating().await;
    assert_eq!(report.verdict, Verdict::Deviates);
    let failed = report.count(Status::Fail);
    let known = known::read(&entries(&report, "2026-05-31"), &[]).unwrap();

    let on_the_day = report.clone().knowing(&known, "2026-05-31".parse().unwrap());
    assert_eq!(on_the_day.verdict, Verdict::Conforms);
    assert_eq!(on_the_day.count(Status::Fail), failed, "the status stays");
    assert!(on_the_day.known.iter().all(|known| known.state == KnownState::Occurs));
    let forms = [
        (report::human(&on_the_day).to_string(), "as expected"),
        (report::html(&on_the_day).unwrap(), "expected</"),
        (report::markdown(&on_the_day), ", expected"),
        (report::junit(&on_the_day).unwrap(), "known"),
        (serde_json::to_string(&on_the_day).unwrap(), "known"),
    ];
    for (form, expected) in forms {
        assert!(form.contains(expected), "{expected}: {form}");
    }
    assert!(!report::github(&on_the_day).contains("::error"));
    assert!(report::human(&on_the_day).to_string().contains("expected failures apart"));

    let after = report.clone().knowing(&known, "2026-06-01".parse().unwrap());
    assert_eq!(after.verdict, Verdict::Deviates);
    assert!(report::human(&after).to_string().contains("still occurs, and its time is over"));
    assert!(report::github(&after).contains("::error title=expected failure"));

    let some = known::read(&entries(&report, "2026-05-31"), &[]).unwrap();
    let some = report.knowing(&some[1..], "2026-05-31".parse().unwrap());
    assert_eq!(some.verdict, Verdict::Deviates, "one is not known");
}

#[tokio::test]
async fn only_the_place_that_is_known_is() {
    let report = deviating().await;
    let case = "list-registries-fits-the-contract";
    let read = |place: &str| {
        let text = format!(
            "[[known]]\ncase = \"{case}\"\nplace = \"{place}\"\nreason = \"r\"\nuntil = 2026-05-31"
        );
        known::read(&text, &[]).unwrap()
    };
    let today = "2026-01-01".parse().unwrap();
    let status = |report: &Report| {
        report.cases.iter().find(|it| it.name == case).map(|it| (it.status, it.counts_as()))
    };
    let known = report.clone().knowing(&read("/*/public"), today);
    assert_eq!(status(&known), Some((Status::Fail, Status::Pass)));
    let known = report.knowing(&read("/*/name"), today);
    assert_eq!(status(&known), Some((Status::Fail, Status::Fail)));
    assert_eq!(known.known[0].state, KnownState::Gone);
}

#[tokio::test]
async fn the_command_reports_the_results_of_expected_failures() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, DEVIATING).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, json) = (folder.path().join("known.toml"), folder.path().join("report.json"));
    let unneeded = "[[known]]\ncase = \"get-succeeds\"\nreason = \"r\"\nuntil = 2999-01-01\n";
    for (until, expected) in [("2999-12-31", 0), ("2020-12-31", 1)] {
        fs::write(&file, entries(&report, until) + unneeded).unwrap();
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", &proxy.base_url, "--known"]).arg(&file);
        command.args(["--report", &format!("json={}", json.display())]);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, expected, "{stdout}{stderr}");
        assert!(stdout.contains("get-succeeds no longer occurs"), "{stdout}");
        let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
        let schema = registries_conformance::report::json_schema();
        assert!(jsonschema::is_valid(&schema, &report));
        assert_eq!(report["known"].as_array().unwrap().last().unwrap()["state"], "gone");
    }
}

#[tokio::test]
async fn a_file_with_a_mistake_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.toml");
    fs::write(&file, "[[known]]\ncase = \"delete-suceeds\"\nreason = \"r\"\nuntil = 2026-01-01")
        .unwrap();
    for (path, said) in [
        (file.as_path(), "perhaps \"delete-succeeds\" is meant"),
        (&folder.path().join("none.toml"), "there is no such file"),
    ] {
        let mut command = bare();
        command.args(["run", "--known"]).arg(path);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 2, "{stdout}{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}
