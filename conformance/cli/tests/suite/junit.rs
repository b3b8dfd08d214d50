//! The `JUnit` XML, as others read it.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use registries_conformance::{Report, report};
use registries_strength::reference::Reference;

use crate::{
    reports::evil_report,
    support::{is_required, run, skipped},
};

/// What is wrong with a file in the eyes of libxml2; `None` where there is no xmllint.
fn mistakes(junit: &str) -> Option<String> {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/junit/junit.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema", schema, "-"]);
    let spawned = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut process) = spawned else {
        assert!(!is_required("REGISTRIES_TEST_XMLLINT"), "there is no xmllint");
        skipped("the JUnit XML", "there is no xmllint (Debian package libxml2-utils)");
        return None;
    };
    // One that gives up early has said why.
    let _ = process.stdin.take().unwrap().write_all(junit.as_bytes());
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() { String::new() } else { said })
}

fn of(report: &Report) -> String {
    report::junit(report).unwrap()
}

/// One that conforms, one that was stopped, and one of a deployment that answers markup and control
/// characters, as it is and strictly.
#[tokio::test]
async fn every_reader_takes_it() {
    let reference = Reference::start().await.unwrap();
    let conforming = run(&reference.deployment).await;
    let stopped = run(&reference.at("http://127.0.0.1:9/v2")).await;
    let evil = evil_report().await;
    for report in [&conforming, &stopped, &evil, &evil.clone().strict()] {
        let junit = of(report);
        let Some(mistakes) = mistakes(&junit) else { return };
        assert_eq!(mistakes, "", "{junit}");
    }
}

/// Lest the test above could not fail.
#[tokio::test]
async fn what_no_reader_takes_is_noticed() {
    let reference = Reference::start().await.unwrap();
    let junit = of(&run(&reference.deployment).await);
    for (old, new) in [
        ("</testsuites>", ""),
        ("<testcase ", "<testcase line=\"1\" "),
        ("conforms to the contract", "a control character \u{1b}"),
        ("</properties>", "</properties><requirements/>"),
        ("<testsuite name=", "<testsuite title="),
    ] {
        assert!(junit.contains(old), "{old}");
        let Some(mistakes) = mistakes(&junit.replacen(old, new, 1)) else { return };
        assert_ne!(mistakes, "", "{new}");
    }
}
