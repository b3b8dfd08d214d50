//! One window of a rate limit, as responses tell it.

use std::time::Duration;

use crate::{rate_limit, retry::MARGIN};

/// The longest time until a window starts anew that is believed.
const LONGEST: Duration = Duration::from_secs(2 * 60);

/// How far apart the ends of the same window may seem: headers tell whole seconds, and responses
/// take their time.
const TOLERANCE: Duration = Duration::from_secs(5);

/// How long one request, sent to find out what is left, is waited for before one more is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Only this part of what is left may be unanswered. Other processes may be using the same window,
/// and only responses tell how much. With a sixth, of four processes that send all they can, three
/// requests in a window are refused at most (`tests.rs`).
const UNANSWERED: i64 = 6;

/// What is known of a window, and what is under way in it.
///
/// While nothing is known, one request is sent to find out, and one more whenever that takes long.
/// Responses that say nothing open the window; failures do not.
#[derive(Debug, Default)]
pub(super) struct Window {
    limit: Option<u64>,
    /// How many requests are left, of which those under way have yet to be taken, and until when.
    left: Option<(i64, Duration)>,
    /// Whether responses say nothing of this window.
    is_open: bool,
    /// When the last request was sent, which may be to find out what is left.
    asked_at: Duration,
    under_way: u64,
}

impl Window {
    /// Whether a request may be sent now; or else when to look again, if nothing comes back before.
    pub(super) fn may_start(&mut self, now: Duration) -> Result<(), Duration> {
        if self.left.is_some_and(|(_, until)| until <= now) {
            self.left = None;
            self.is_open = false;
        }
        if let Some((left, until)) = self.left {
            let under_way = i64::try_from(self.under_way).unwrap_or(i64::MAX);
            let most = (left / UNANSWERED).max(1).min(left);
            return if under_way < most { Ok(()) } else { Err(until) };
        }
        let patience = self.asked_at.saturating_add(PATIENCE);
        let is_free = self.is_open && self.under_way < self.limit.unwrap_or(u64::MAX);
        if self.under_way == 0 || is_free || patience <= now { Ok(()) } else { Err(patience) }
    }

    pub(super) fn start(&mut self, now: Duration) {
        self.asked_at = now;
        self.under_way += 1;
    }

    /// A request was answered, with this about the window. An answer that says nothing opens it, if
    /// it is one of the deployment itself and no refusal.
    pub(super) fn answered(&mut self, now: Duration, told: &rate_limit::Window, may_open: bool) {
        self.under_way = self.under_way.saturating_sub(1);
        let remaining = if told.warning { Some(0) } else { told.remaining };
        let (Some(remaining), Some(reset)) = (remaining, told.reset) else {
            self.is_open |= may_open && self.left.is_none();
            return;
        };
        let until = now.saturating_add(reset.min(LONGEST)).saturating_add(MARGIN);
        self.left = Some(match self.left {
            // The responses of one window may come in any order: the least counts.
            Some((left, end)) if until.abs_diff(end) <= TOLERANCE => (left.min(remaining), end),
            Some(later) if until < later.1 => later,
            _ => (remaining, until),
        });
        self.limit = told.limit.or(self.limit);
    }

    /// A request has no answer, or nobody waits for it any more. It may have been counted.
    pub(super) fn dropped(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some((left, _)) = &mut self.left {
            *left = left.saturating_sub(1);
        }
    }

    /// A request was refused: nothing is left until then.
    pub(super) fn close(&mut self, until: Duration) {
        self.left = Some((0, until));
    }

    /// Whether something is to come back.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// Whether nothing is known any more.
    pub(super) fn is_forgotten(&self, now: Duration) -> bool {
        !self.is_busy() && self.left.is_none_or(|(_, until)| until <= now)
    }
}
