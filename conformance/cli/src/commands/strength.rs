//! `conformance strength`.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use clap::Args;
use registries_command_line::{Status, print};
use registries_conformance::{
    Profile,
    strength::{Class, Grouping, Measured, Strength, Total},
};
use registries_strength::{self as catalogue, Deviation};

use super::{
    Failure, each_matches, progress,
    target::{Measurement, ReportTarget, StrengthForm},
};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  Measure every defect and every legal variation:
    conformance strength
  Only those with \"update\" in their name or of that class:
    conformance strength update --report json=strength.json
  Print the classes and names of some, and measure nothing:
    conformance strength identity --list

Each run injects one defect, or one legal variation, between the suite and the
reference server. All of them take minutes. Without --profile, core is measured
with all of them, and deep with the variations and the defects that core missed.
With --profile, that profile is measured with all of them.

The schema of the report is conformance/strength.schema.json.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "every defect is detected, and every variation passes"),
        (
            Status::Negative,
            "a defect is missed, a variation fails, or with all of them, reports miss\n     their goals; smoke and core, measured alone, miss what deep detects",
        ),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance strength
  conformance strength update --report json=strength.json
  conformance strength identity --list",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct StrengthArgs {
    /// Measure this profile only
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// Select defects and variations by a part of their name, or by class
    #[arg(value_name = "TEXT", value_delimiter = ',')]
    filters: Vec<String>,
    /// Print classes and names, and run nothing
    #[arg(long, conflicts_with_all = ["report", "missed", "profile"])]
    list: bool,
    /// Print only what was missed, false alarms and the totals
    #[arg(long)]
    missed: bool,
    /// Write a report as well, json or markdown; repeat it for more
    ///
    /// The markdown report compares core and deep, and so needs both profiles.
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportTarget<StrengthForm>>,
}

pub(crate) async fn execute(args: StrengthArgs) -> Result<ExitCode, Failure> {
    ReportTarget::check_all(&args.report)?;
    args.report.iter().try_for_each(|target| target.check_profile(args.profile))?;
    each_matches(&args.filters, "defect or variation", "conformance strength --list", |text| {
        !chosen(&[text.to_owned()]).is_empty()
    })?;
    let chosen = chosen(&args.filters);
    if args.list {
        let lines = chosen.iter().map(|(name, class)| format!("{class:<14}  {name}\n"));
        print(&lines.collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let bar = progress::bar();
    let wanted = |name: &str| chosen.contains_key(name);
    let progress = |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let measured = match args.profile {
        Some(profile) => catalogue::measure(profile, wanted, progress)
            .await
            .map(|strength| Measurement { core: None, strength }),
        None => catalogue::measure_both(wanted, progress)
            .await
            .map(|[core, strength]| Measurement { core: Some(core), strength }),
    };
    bar.finish_and_clear();
    let measured = measured.map_err(|error| Failure::NotCarriedOut(error.to_string()))?;
    let human = human(&measured.strength, args.missed);
    ReportTarget::write_all(&args.report, &measured, &human)?;
    let Measurement { strength, .. } = measured;
    // Of a few defects, chance decides how they are grouped.
    let is_grouped = !args.filters.is_empty() || strength.grouping.meets_goals();
    let holds = strength.passes() && is_grouped;
    Ok(if holds { ExitCode::SUCCESS } else { Status::Negative.into() })
}

/// The defects and variations that are meant, each with its class.
fn chosen(filters: &[String]) -> BTreeMap<String, Class> {
    let is_meant = |it: &Deviation| {
        let class = it.class.to_string();
        filters.is_empty() || filters.iter().any(|text| it.name.contains(text) || *text == class)
    };
    let all = catalogue::deviations().into_iter().chain(catalogue::variations());
    all.filter(is_meant).map(|it| (it.name, it.class)).collect()
}

fn human(strength: &Strength, only_missed: bool) -> String {
    let mut text = String::new();
    let width = strength.deviations.iter().map(|it| it.name.len()).max().unwrap_or_default();
    let deviations = strength.deviations.iter().filter(|it| !(only_missed && it.caught));
    for Measured { name, class, level, caught, by, requests, .. } in deviations {
        let outcome = if *caught { "detected" } else { "MISSED  " };
        let by = match by.as_slice() {
            [] => String::new(),
            [one] => format!("by {one}"),
            [one, rest @ ..] => format!("by {one} and {} more", rest.len()),
        };
        let line =
            format!("{outcome}  {level:<6}  {requests:>3}  {class:<14}  {name:<width$}  {by}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let variations = strength.variations.iter().filter(|it| !only_missed || it.is_false_alarm());
    for Measured { name, class, caught, by, requests, verdict, .. } in variations {
        let outcome = if *caught { "FALSE ALARM" } else { "passed  " };
        let by = if *caught { format!("by {}", by.join(", ")) } else { String::new() };
        let verdict = format!("{verdict:?}").to_lowercase();
        let line = format!(
            "{outcome:<6}  legal   {requests:>3}  {class:<14}  {name:<width$}  {verdict} {by}"
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    write_totals(&mut text, strength);
    text
}

fn write_totals(text: &mut String, strength: &Strength) {
    text.push('\n');
    for (class, Total { right, all }) in strength.by_class() {
        let _ = writeln!(text, "{class:<14}  {right:>3} of {all:>3}");
    }
    for (level, Total { right, all }) in strength.by_level() {
        let _ = writeln!(text, "{level:<14}  {right:>3} of {all:>3} detected");
    }
    let Total { right, all } = strength.passed();
    let _ = writeln!(text, "legal           {right:>3} of {all:>3} passed");
    let grouping = &strength.grouping;
    if grouping.deviations == 0 {
        return;
    }
    let _ = writeln!(
        text,
        "\nA report has {:.2} causes on average, of {} that were detected; in {:.1} of 100, the first names \
         what was changed (goals: at most {:.1}, at least {:.0})",
        grouping.mean_causes,
        grouping.deviations,
        grouping.named_percent(),
        Grouping::MOST_CAUSES,
        Grouping::NAMED_PERCENT,
    );
    if grouping.pairs.all == 0 {
        return;
    }
    let _ = writeln!(
        text,
        "Of {} pairs of defects in different operations, in {:.1} of 100 each defect has a cause that \
         names it",
        grouping.pairs.all,
        grouping.pairs.apart_percent()
    );
}
