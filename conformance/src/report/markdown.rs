//! The report as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use super::{
    CaseReport, Report, Status, Verdict,
    causes::causes,
    reach::{NOT_SHOWN, WHOLE, ids},
    visible::all_visible,
};
use crate::level::Level;

/// How long the causes may get, in bytes. GitHub takes comments of 65,536 characters.
const LIMIT: usize = 50_000;

/// The report as Markdown, which is short where there is little to say.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let report = &all_visible(report);
    let sign = match report.verdict {
        Verdict::Conforms => "✅",
        Verdict::Deviates => "❌",
        Verdict::Incomplete => "⚠️",
    };
    let base_url = code(&report.deployment.base_url);
    let mut text = format!("## {sign} {base_url} {}\n\n", plain(&report.conclusion()));
    let (requests, duration) = (report.requests, report.duration());
    let _ = writeln!(text, "{}; {requests} requests in {duration}.", report.tally());
    for line in report.reach() {
        let _ = writeln!(text, "\n{line}");
    }
    write_left_behind(&mut text, report);
    write_causes(&mut text, report);
    write_cases(&mut text, report);
    write_known(&mut text, report);
    write_readings(&mut text, report);
    write_gaps(&mut text, report);
    let (suite, contract) = (&report.suite_version, &report.contract_version);
    let _ = writeln!(
        text,
        "\n<sub>registries-conformance {}, contract {}, {}</sub>",
        plain(suite),
        plain(contract),
        plain(&report.started_at)
    );
    text
}

fn write_left_behind(text: &mut String, report: &Report) {
    if !report.left_behind.is_empty() {
        let slugs: Vec<String> = report.left_behind.iter().map(|slug| code(slug)).collect();
        let _ = writeln!(text, "\nCould not be removed, please delete: {}", slugs.join(", "));
    }
    if report.left_behind_uncertain {
        text.push_str("\nCould not list registries, so some that this run created may remain.\n");
    }
}

/// What is wrong, each cause once.
fn write_causes(text: &mut String, report: &Report) {
    let limit = text.len() + LIMIT;
    let mut left_out = 0;
    for cause in causes(&report.cases) {
        let (level, title) = (cause.level(), plain(&cause.title()));
        let open = if cause.level() < Level::May { " open" } else { "" };
        let mut details = format!("\n<details{open}><summary><b>{level}</b> {title}</summary>\n\n");
        for (name, value) in cause.rows() {
            let value = if CODE.contains(&name) { code(&value) } else { plain(&value) };
            let _ = writeln!(details, "- {name}: {value}");
        }
        details.push_str("\n</details>\n");
        if text.len() + details.len() > limit {
            left_out += 1;
        } else {
            text.push_str(&details);
        }
    }
    if left_out > 0 {
        let _ = writeln!(text, "\n{left_out} more causes do not fit here.");
    }
}

/// The rows of a cause that are shown as they are written.
const CODE: [&str; 4] = ["expected", "received", "body", "repeat"];

/// The cases that failed, warn or could not be judged. Those that a stopped run did not reach are left
/// out.
fn write_cases(text: &mut String, report: &Report) {
    let was_reached = |case: &&CaseReport| case.reason.is_none() || case.reason != report.stopped;
    let is_reported = |case: &&CaseReport| {
        case.status != Status::Pass && case.status != Status::Skip && was_reached(case)
    };
    let mut cases: Vec<&CaseReport> = report.cases.iter().filter(is_reported).collect();
    if cases.is_empty() {
        return;
    }
    cases.sort_by_key(|case| case.level);
    text.push_str("\n| status | level | case | required | |\n|---|---|---|---|---|\n");
    for case in cases {
        let known = if case.is_excused() { ", expected" } else { "" };
        let _ = writeln!(
            text,
            "| **{}**{known} | {} | {} | {} | {} |",
            case.status,
            case.level,
            code(&case.name),
            plain(&format!("{} ({})", case.requirement, case.citation)),
            plain(&case.note())
        );
    }
}

fn write_known(text: &mut String, report: &Report) {
    let mut news = report.known.iter().filter_map(|it| Some((it, it.news()?))).peekable();
    if news.peek().is_none() {
        return;
    }
    text.push_str("\nExpected failures that need a look:\n\n");
    for (known, news) in news {
        let place = known.place.as_ref().map(|it| format!(" at {}", code(it))).unwrap_or_default();
        let reason = plain(&known.reason);
        let _ = writeln!(text, "- {}{place} {news} ({reason})", code(&known.case));
    }
}

fn write_readings(text: &mut String, report: &Report) {
    let (shown, others) = report.readings();
    // Of a run that was stopped that is evident.
    if shown.is_empty() && (others.is_empty() || report.stopped.is_some()) {
        return;
    }
    text.push_str("\n<details><summary>Where the sources disagree, it follows</summary>\n\n");
    text.push_str("| point | about | interpretation |\n|---|---|---|\n");
    for (reading, follows) in shown {
        let (id, subject) = (plain(&reading.id), plain(&reading.subject));
        let _ = writeln!(text, "| {id} | {subject} | {} |", plain(follows));
    }
    if !others.is_empty() {
        let _ = writeln!(text, "\n{NOT_SHOWN} by this run: {}", plain(&ids(&others)));
    }
    text.push_str("\n</details>\n");
}

/// What the run leaves open of the requirements and of the contract.
fn write_gaps(text: &mut String, report: &Report) {
    let gaps = report.gaps();
    if gaps.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>What is not covered, or was not seen</summary>\n\n");
    for gap in gaps {
        let _ = writeln!(text, "- {}: {}", gap.about, gap.brief(code));
    }
    let _ = writeln!(text, "\n{WHOLE}\n\n</details>");
}

/// Text that stays text, also in a cell of a table.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            // A response of a deployment must not notify a user or link an issue.
            '@' => plain.push_str("&#64;"),
            '#' => plain.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => plain.extend(['\\', c]),
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

/// Text as code, in a fence that is longer than any in it. In a cell of a table a bar would end it.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_deployment_answers_stays_text() {
        let evil = "<script> @everyone [a](b) |x| **b**\n# c";
        let expected = "&lt;script&gt; &#64;everyone \\[a\\](b) \\|x\\| \\*\\*b\\*\\* &#35; c";
        assert_eq!(plain(evil), expected);
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a b`");
    }
}
