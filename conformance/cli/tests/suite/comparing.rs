//! `conformance diff`: what became better or worse between two runs.

use std::{fs, path::Path, process::Command};

use http::StatusCode;
use registries_conformance::{
    Options, Profile, Report, Status,
    report::{
        diff::{self, Change},
        known,
    },
};
use registries_strength::reference::Reference;
use serde_json::{Value, json};

use crate::support::{Changed, assert_schema, bare, behind, hasty, output, run};

async fn report_of(change: Changed) -> Report {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, change).await;
    run(&reference.at(&proxy.base_url)).await
}

const AS_IT_IS: Changed = Changed(|_, _| {});
const ACCEPTED: Changed = Changed(|request, answer| {
    if request.is_delete() && answer.status == StatusCode::OK {
        answer.status = StatusCode::ACCEPTED;
    }
});
const PUBLIC_IN_WORDS: Changed =
    Changed(|_, answer| answer.each_registry(|registry| registry["public"] = json!("no")));

#[tokio::test]
async fn two_runs_of_the_same_deployment_differ_in_nothing() {
    for change in [|| AS_IT_IS, || ACCEPTED, || PUBLIC_IN_WORDS] {
        let comparison = diff::compare(&report_of(change()).await, &report_of(change()).await);
        assert!(!comparison.regressed, "{}", diff::human(&comparison));
        assert!(
            diff::human(&comparison).to_string().contains("nothing changed"),
            "{comparison:#?}"
        );
    }
}

#[tokio::test]
async fn what_became_worse_one_way_became_better_the_other() {
    let (before, after) = (report_of(AS_IT_IS).await, report_of(ACCEPTED).await);
    let worse = diff::compare(&before, &after);
    assert!(worse.regressed);
    let case = worse.cases.iter().find(|it| it.case == "delete-succeeds").unwrap();
    assert_eq!((case.before, case.after), (Some(Status::Pass), Some(Status::Fail)));
    assert_eq!(case.change, Change::Worse);
    assert_eq!((worse.appeared.len(), worse.vanished.len()), (after.findings().count(), 0));
    let [requirement] = &worse.requirements[..] else { panic!("{:#?}", worse.requirements) };
    assert_eq!(
        (requirement.id.as_str(), requirement.change),
        ("registry.delete.success", Change::Worse)
    );
    assert!(
        diff::human(&worse).to_string().contains("registry.delete.success: verified → failed\n")
    );

    let better = diff::compare(&after, &before);
    assert!(!better.regressed);
    assert_eq!(better.vanished.len(), worse.appeared.len());
    assert!(better.cases.iter().all(|it| it.change == Change::Better));
    assert_eq!(better.requirements[0].change, Change::Better);
}

#[tokio::test]
async fn a_finding_that_appears_in_a_case_that_failed_before_is_worse() {
    let before = report_of(PUBLIC_IN_WORDS).await;
    let after = report_of(Changed(|_, answer| {
        answer.each_registry(|registry| {
            registry["public"] = json!("no");
            registry["color"] = json!(7);
        });
    }));
    let comparison = diff::compare(&before, &after.await);
    assert!(comparison.regressed);
    let case = "create-registry-fits-the-contract";
    assert!(comparison.cases.iter().all(|it| it.case != case));
    let places = comparison.appeared.iter().filter(|it| it.finding.case == case);
    assert!(places.clone().all(|it| it.finding.place.as_deref() == Some("/color")));
    assert!(places.count() > 0);
}

#[tokio::test]
async fn what_is_known_and_what_is_left_out_is_no_regression() {
    let (before, after) = (report_of(AS_IT_IS).await, report_of(ACCEPTED).await);
    let failed = after.cases.iter().filter(|case| case.status == Status::Fail);
    let entries = failed.map(|case| {
        format!("[[known]]\ncase = \"{}\"\nreason = \"r\"\nuntil = 2026-01-02\n", case.name)
    });
    let known = known::read(&entries.collect::<String>(), &[]).unwrap();
    let known = after.knowing(&known, "2026-01-02".parse().unwrap());
    let comparison = diff::compare(&before, &known);
    assert!(!comparison.regressed && !comparison.appeared.is_empty());
    assert_eq!(comparison.requirements[0].change, Change::Unclear);

    let mut part = before.clone();
    part.cases.truncate(3);
    let comparison = diff::compare(&before, &part);
    assert!(!comparison.regressed);
    assert!(comparison.cases.iter().all(|it| it.after.is_none() && it.change == Change::Unclear));

    let smoke = Options { profile: Profile::Smoke, ..hasty() };
    let reference = Reference::start().await.unwrap();
    let smoke = registries_conformance::run(reference.deployment.clone(), smoke).await.unwrap();
    let comparison = diff::compare(&before, &smoke);
    assert!(
        !comparison.regressed
            && diff::human(&comparison).to_string().contains("one of the runs covered")
    );

    let comparison = diff::compare(&part, &report_of(ACCEPTED).await);
    assert!(!comparison.regressed, "what was not looked at before says nothing");
    assert!(
        diff::human(&comparison).to_string().contains("cases that only one of the runs looked at")
    );
}

#[tokio::test]
async fn a_reading_that_changed_is_reported() {
    let before = report_of(AS_IT_IS).await;
    let after = report_of(Changed(|_, answer| {
        answer.each_registry(|registry| {
            let url = registry["web_url"].as_str().unwrap();
            registry["web_url"] = json!(url.replace("/registries/", "/packages/registries/"));
        });
    }));
    let comparison = diff::compare(&before, &after.await);
    assert!(!comparison.regressed);
    assert_eq!(comparison.readings.len(), 1);
    assert!(
        diff::human(&comparison)
            .to_string()
            .contains("web-url: /organizations/{org}/registries/{slug} → ")
    );
}

fn write(path: &Path, report: &Report) {
    fs::write(path, serde_json::to_string(report).unwrap()).unwrap();
}

fn compare(before: &Path, after: &Path, options: &[&str]) -> Command {
    let mut command = bare();
    command.arg("diff").args([before, after]).args(options);
    command
}

#[tokio::test]
async fn the_command_exits_with_1_for_a_regression_and_2_for_a_foreign_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (good, bad) = (path("good.json"), path("bad.json"));
    write(&good, &report_of(AS_IT_IS).await);
    write(&bad, &report_of(ACCEPTED).await);
    let attempts = [(&good, &bad, 1, "became worse"), (&bad, &good, 0, "nothing became worse")];
    for (before, after, expected, said) in attempts {
        let (status, stdout, stderr) = output(compare(before, after, &[])).await;
        assert_eq!(status, expected, "{stdout}{stderr}");
        assert!(stdout.contains(said) && !stdout.contains('\u{1b}'), "{stdout}");
    }
    let (status, stdout, _) = output(compare(&good, &bad, &["--json"])).await;
    let comparison: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((status, &comparison["regressed"]), (1, &json!(true)));
    assert_schema(&comparison, "diff.schema.json");

    let mut empty = report_of(AS_IT_IS).await;
    empty.cases.clear();
    write(&path("empty.json"), &empty);
    for (before, after) in [("good.json", "empty.json"), ("empty.json", "good.json")] {
        let (status, stdout, stderr) = output(compare(&path(before), &path(after), &[])).await;
        assert_eq!(status, 3, "{stdout}{stderr}");
        assert!(stderr.contains("empty.json has no cases"), "{stderr}");
    }

    let foreign = [
        ("none.json", None, "there is no such file"),
        ("text.json", Some("no"), "not JSON"),
        ("other.json", Some(r#"{"deviations":[]}"#), "no format_version"),
        ("newer.json", Some(r#"{"format_version":2}"#), "format_version is 2"),
        ("part.json", Some(r#"{"format_version":1}"#), "missing field"),
    ];
    for (name, text, said) in foreign {
        if let Some(text) = text {
            fs::write(path(name), text).unwrap();
        }
        let (status, stdout, stderr) = output(compare(&good, &path(name), &[])).await;
        assert_eq!(status, 2, "{stdout}{stderr}");
        assert!(stderr.contains(said) && stderr.contains(name), "{stderr}");
    }
}

/// Reports of before there were expected failures and excerpts can still be compared.
#[tokio::test]
async fn an_older_report_of_the_same_version_is_read() {
    let report = report_of(ACCEPTED).await;
    let mut value = serde_json::to_value(&report).unwrap();
    for key in ["strict", "known"] {
        value.as_object_mut().unwrap().remove(key);
    }
    for case in value["cases"].as_array_mut().unwrap() {
        case.as_object_mut().unwrap().remove("operations");
        for finding in case["findings"].as_array_mut().unwrap() {
            for key in ["request", "response", "known"] {
                finding.as_object_mut().unwrap().remove(key);
            }
        }
    }
    let older = diff::read(&value.to_string()).unwrap();
    assert!(!diff::compare(&older, &report).regressed);
}
