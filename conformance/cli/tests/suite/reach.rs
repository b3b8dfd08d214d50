//! Every report format but annotations has the interpretations, what was seen, and what was not.

use http::StatusCode;
use registries_conformance::{
    Options, Report,
    report::{self, PropertyCoverage, RequirementStatus},
};
use registries_strength::reference::Reference;

use crate::support::{Changed, behind, hasty, run};

/// A form of a report, without what each form escapes in another way.
struct Form {
    name: &'static str,
    /// Whether it names everything, or is brief.
    is_whole: bool,
    letters: String,
    /// How often it says how many more there are: `… 17 more`.
    rests: usize,
}

fn rests(text: &str) -> usize {
    let rests = text.split("… ").skip(1).filter_map(|rest| rest.split_once(" more"));
    rests.filter(|(count, _)| count.parse::<usize>().is_ok_and(|it| it > 0)).count()
}

fn letters(text: &str) -> String {
    text.replace("&quot;", "")
        .replace("&#34;", "")
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

fn forms(report: &Report) -> [Form; 5] {
    let form = |name, is_whole, text: String| {
        let (letters, rests) = (letters(&text), rests(&text));
        Form { name, is_whole, letters, rests }
    };
    [
        form("json", true, serde_json::to_string(report).unwrap()),
        form("html", true, report::html(report).unwrap()),
        form("junit", true, report::junit(report).unwrap()),
        form("verbose", false, report::verbose(report).to_string()),
        form("markdown", false, report::markdown(report)),
    ]
}

impl Form {
    fn has(&self, text: &str) {
        let Self { name, letters: all, .. } = self;
        assert!(all.contains(&letters(text)), "{name} does not have {text}: {all}");
    }
}

/// A run that sees little, and one that breaks much.
async fn reports() -> [Report; 3] {
    let reference = Reference::start().await.unwrap();
    let whole = run(&reference.deployment).await;
    let options = Options { filters: vec!["get-succeeds".to_owned()], ..hasty() };
    let part = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    let change = Changed(|_, answer| {
        if answer.status == StatusCode::OK {
            answer.headers.remove("ratelimit-user-limit");
        }
    });
    let proxy = behind(&reference, change).await;
    let deviating = run(&reference.at(&proxy.base_url)).await;
    [whole, part, deviating]
}

#[tokio::test]
async fn every_format_has_the_interpretations() {
    for report in reports().await {
        assert!(report.readings.iter().any(|it| it.follows.is_none()), "{:#?}", report.readings);
        for form in forms(&report) {
            for reading in &report.readings {
                form.has(&reading.id);
                if let Some(follows) = &reading.follows {
                    form.has(follows);
                } else if form.name == "junit" {
                    form.has(&format!("reading.{} value not shown", reading.id));
                } else if form.name != "json" {
                    form.has("not shown");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_format_has_what_was_seen_and_what_was_not() {
    let [whole, part, deviating] = reports().await;
    assert!(!part.coverage.aspects()[0].unseen.is_empty(), "operations that were not seen");
    assert!(deviating.count_requirements(RequirementStatus::Failed) > 0);
    for report in [whole, part, deviating] {
        for form in forms(&report) {
            for requirement in &report.requirements {
                let failed = requirement.status == RequirementStatus::Failed;
                if form.is_whole || failed {
                    form.has(&requirement.id);
                }
            }
            for aspect in report.coverage.aspects().iter().filter(|it| !it.unseen.is_empty()) {
                if !form.is_whole {
                    // At least one, and how many more there are.
                    form.has(&format!("{} not seen: {}", aspect.name, aspect.unseen[0]));
                } else if form.name == "junit" {
                    let name = format!("coverage.{}", aspect.name.replace(' ', "-"));
                    form.has(&format!("{name}.seen value {}", aspect.seen.join(", ")));
                    form.has(&format!("{name}.not-seen value {}", aspect.unseen.join(", ")));
                }
            }
            if form.name == "junit" {
                for it in &report.requirements {
                    form.has(&format!("requirement.{} value {}", it.id, it.status));
                }
            } else if !form.is_whole {
                assert!(form.rests > 0, "{} does not say how many more there are", form.name);
            }
        }
    }
}

/// The tables of the HTML have a row or a word for each thing, and say which was not seen.
#[tokio::test]
async fn the_html_marks_what_was_not_seen() {
    for report in reports().await {
        let html = report::html(&report).unwrap();
        let coverage = &report.coverage;
        let missed = |it: &PropertyCoverage| {
            usize::from(it.non_null == 0) + usize::from(it.nullable && it.null == 0)
        };
        let unseen = coverage.statuses.iter().filter(|it| it.times == 0).count()
            + coverage.values.iter().filter(|it| it.times == 0).count()
            + coverage.properties.iter().map(missed).sum::<usize>();
        assert!(unseen > 10, "{unseen}");
        assert_eq!(html.matches("not seen").count(), unseen);
        let things = coverage.statuses.len() + coverage.values.len();
        assert_eq!(html.matches("<span class=\"thing").count(), things);
        for it in &coverage.properties {
            assert!(html.contains(&format!("<code>{}</code>", it.name())), "{}", it.name());
        }
    }
}
