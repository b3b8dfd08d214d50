//! Whatever text a deployment or a file supplies does nothing to a terminal, a log or a reader of XML.

use std::collections::BTreeSet;

use registries_conformance::{
    Report,
    report::{self, diff, known},
    traffic::{self, CheckReport},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    reports::evil_report,
    support::{bare, output},
};

/// Characters that do something to what shows them, or that XML cannot hold.
fn active() -> impl Iterator<Item = char> {
    let controls = (0..0x20_u32).chain(0x7f..0xa0);
    let others = [0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff];
    let directions = (0x202a..0x202f).chain(0x2066..0x206a);
    let unseen = (0x2060..0x2065).chain(0xfff9..0xfffc);
    let no_characters = 0xfdd0..0xfdf0;
    controls
        .chain(others)
        .chain(directions)
        .chain(unseen)
        .chain(no_characters)
        .filter_map(char::from_u32)
}

/// Commands of CI systems, at the beginning of the text and of its lines, and every such character.
fn hostile() -> String {
    let commands = "::error::x\n::error::y\r\n \t::stop-commands::z ##[error]a ##vso[task.b]c";
    let marks: String = active().flat_map(|c| [c, '-']).collect();
    format!("{commands}{marks}\u{1b}]8;;http://h\u{7}\n::add-mask::d")
}

/// `value` with the hostile text in every place that takes one: all of its texts but the few whose words
/// are given, and the names in its maps.
fn with_hostile_texts<T: Serialize + DeserializeOwned>(value: &T) -> (T, BTreeSet<String>) {
    let mut json = serde_json::to_value(value).unwrap();
    slim(&mut json);
    let mut places = BTreeSet::new();
    find_places(&json, "", &mut places);
    let takes = |place: &String| {
        let mut changed = json.clone();
        put(&mut changed, "", &|it| it == place);
        serde_json::from_value::<T>(changed).is_ok()
    };
    let places: BTreeSet<String> = places.iter().filter(|place| takes(place)).cloned().collect();
    put(&mut json, "", &|place| places.contains(place));
    (serde_json::from_value(json).unwrap(), places)
}

/// Leaves a few items of each list, which have what the others have.
fn slim(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.truncate(3);
            items.iter_mut().for_each(slim);
        }
        Value::Object(properties) => properties.values_mut().for_each(slim),
        _ => {}
    }
}

/// Where there are texts, without the numbers of items.
fn find_places(value: &Value, place: &str, places: &mut BTreeSet<String>) {
    match value {
        Value::String(_) => drop(places.insert(place.to_owned())),
        Value::Array(items) => items.iter().for_each(|item| find_places(item, place, places)),
        Value::Object(properties) => {
            for (name, value) in properties {
                find_places(value, &format!("{place}/{name}"), places);
            }
        }
        _ => {}
    }
}

fn put(value: &mut Value, place: &str, is_chosen: &dyn Fn(&String) -> bool) {
    match value {
        Value::String(text) if is_chosen(&place.to_owned()) => *text = hostile(),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, place, is_chosen)),
        Value::Object(properties) => {
            for (name, value) in properties.iter_mut() {
                put(value, &format!("{place}/{name}"), is_chosen);
            }
            // A header's name is the deployment's, too.
            if place.ends_with("/headers") {
                properties.insert(hostile(), hostile().into());
            }
        }
        _ => {}
    }
}

/// Requires that nothing of it is left in `text`, which has the form `form`.
fn assert_harmless(form: &str, text: &str) {
    let allowed = |c: char| c == '\n' || (c == '\t' && matches!(form, "human" | "html" | "json"));
    for c in active().filter(|c| !allowed(*c)) {
        assert!(!text.contains(c), "{form}: {c:?} is left");
    }
    for line in text.lines() {
        assert!(!line.contains("##["), "{form}: {line}");
        assert!(!line.contains("##vso["), "{form}: {line}");
        let own = form == "github"
            && ["error", "warning", "notice"]
                .iter()
                .any(|severity| line.starts_with(&format!("::{severity} title=")));
        assert!(own || !line.trim_start().starts_with("::"), "{form}: {line}");
    }
}

/// What a terminal shows, without the colors that the command gives it.
fn uncolored(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(start) = text.find("\u{1b}[") {
        let end = start + text[start..].find('m').unwrap();
        text.replace_range(start..=end, "");
    }
    text
}

#[tokio::test]
async fn no_text_of_a_run_does_anything_in_any_form_of_its_report() {
    let known = "[[known]]\ncase = \"errors-are-json\"\nreason = \"r\"\nuntil = 2020-01-31\n\
                 place = \"/a\"\n";
    let known = known::read(known, &[]).unwrap();
    let today = "2026-01-31".parse().unwrap();
    let mut report = evil_report().await.knowing(&known, today);
    report.left_behind.push("slug".into());
    report.cases.retain(|case| !case.findings.is_empty());
    report.cases[0].reason = Some("reason".into());
    report.stopped = Some("stopped".into());
    for stopped in [true, false] {
        let (mut hostile, places) = with_hostile_texts(&report);
        for place in ["/stopped", "/left_behind", "/cases/name", "/cases/findings/received"] {
            assert!(places.contains(place), "{place} of {places:?}");
        }
        assert!(places.len() > 40, "{places:?}");
        if !stopped {
            hostile.stopped = None;
        }
        assert_harmless("human", &uncolored(report::human(&hostile).ansi()));
        assert_harmless("human", &uncolored(report::verbose(&hostile).ansi()));
        assert_harmless("github", &report::github(&hostile));
        assert_harmless("markdown", &report::markdown(&hostile));
        assert_harmless("html", &report::html(&hostile).unwrap());
        assert_harmless("junit", &report::junit(&hostile).unwrap());
        let json = report::json(&hostile).unwrap();
        assert_harmless("json", &json);
        // For a machine nothing is lost.
        let read: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&hostile).unwrap());

        let mut other = hostile.clone();
        other.deployment.base_url.push('2');
        other.cases.iter_mut().for_each(|case| case.name.push('2'));
        for (before, after) in [(&report, &hostile), (&hostile, &other), (&hostile, &report)] {
            let (comparison, _) = with_hostile_texts(&diff::compare(before, after));
            assert_harmless("diff", &uncolored(diff::human(&comparison).ansi()));
        }
    }
}

#[tokio::test]
async fn no_text_of_traffic_does_anything_to_a_terminal() {
    let recorded = include_str!("../../../data/har/mitmproxy.har");
    let mut har: Value = serde_json::from_str(recorded).unwrap();
    for entry in har["log"]["entries"].as_array_mut().unwrap() {
        // No response is as it should be, and says so in terms that are not to be repeated.
        entry["response"]["content"] = json!({
            "size": 1, "mimeType": "text/html\u{9b}", "text": format!("[{}]", json!(hostile())),
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let [archive, written] = ["a.har", "a.json"].map(|name| folder.path().join(name));
    std::fs::write(&archive, har.to_string()).unwrap();
    let mut command = bare();
    command.arg("check").arg(&archive).args(["--report", &format!("json={}", written.display())]);
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 1, "{stdout}");
    assert_harmless("check", &stdout);
    let text = std::fs::read_to_string(written).unwrap();
    assert_harmless("json", &text);

    let report: CheckReport = serde_json::from_str(&text).unwrap();
    let (hostile, places) = with_hostile_texts(&report);
    assert!(places.contains("/findings/request"), "{places:?}");
    assert_harmless("check", &uncolored(traffic::human(&hostile).ansi()));
    for finding in &hostile.findings {
        assert_harmless("proxy", &uncolored(traffic::human_finding(finding).ansi()));
    }
}

/// What the command says of a file names the file, and may quote it.
#[tokio::test]
async fn no_name_of_a_file_does_anything_to_a_terminal() {
    let path = "/no/such/a\u{1b}[31m\u{202e}\n::error::x##[error]y";
    for arguments in [vec!["check", path], vec!["diff", path, path], vec!["run", "--replay", path]]
    {
        let mut command = bare();
        command.args(&arguments);
        let (_, _, stderr) = output(command).await;
        assert!(stderr.contains("/no/such/a\\u001b"), "{stderr:?}");
        assert_harmless("error", &stderr);
    }
}
