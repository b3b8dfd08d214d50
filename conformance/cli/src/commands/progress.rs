//! What a person who waits for a run sees, on standard error.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use registries_conformance::{Listener, Progress};

/// A bar at a terminal, none elsewhere.
pub(crate) fn bar() -> ProgressBar {
    if std::io::stderr().is_terminal() {
        ProgressBar::new(0).with_style(style())
    } else {
        ProgressBar::hidden()
    }
}

/// A bar at a terminal; elsewhere plain lines, and only for what takes long.
pub(crate) fn listener() -> (ProgressBar, Listener) {
    let bar = bar();
    let shown = bar.clone();
    let listener = move |progress: Progress<'_>| match progress {
        Progress::Sending { step, done, total } => {
            shown.set_length(total as u64);
            shown.set_position(done as u64);
            shown.set_message(step.to_owned());
        }
        Progress::Exploring { sent, limit } => {
            shown.set_length(limit as u64);
            shown.set_position(sent as u64);
            shown.set_message("requests at most; stateful and property-based tests");
        }
        Progress::Waiting { wait } => say(&shown, &waiting(wait)),
        Progress::CleaningUp => say(&shown, "removing what the run created"),
        _ => {}
    };
    (bar, Box::new(listener))
}

fn say(bar: &ProgressBar, message: &str) {
    if bar.is_hidden() {
        registries_command_line::say(message);
    } else {
        bar.set_message(message.to_owned());
    }
}

fn waiting(wait: Duration) -> String {
    format!("waiting {} s for the deployment's rate limit", wait.as_secs_f32().ceil())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
