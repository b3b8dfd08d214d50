//! One window of a rate limit, as responses report it.

use std::time::Duration;

use super::queue::Before;
use crate::{rate_limit, retry::MARGIN};

/// The longest time until a window starts anew that is believed.
const LONGEST: Duration = Duration::from_secs(2 * 60);

/// How far `RateLimit-Reset` may be from the truth: it is in whole seconds.
const ROUNDING: Duration = Duration::from_secs(1);

/// How long one request, sent to find out what is left, is waited for before one more is.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Only this part of what is left may be unanswered. Other processes may be using the same window,
/// and only responses say how much. With a sixth, of four processes that send all they can, three
/// requests in a window are refused at most (`tests.rs`).
const UNANSWERED: i64 = 6;

/// What is known of a window, and how many requests are unanswered in it.
///
/// While nothing is known, one request is sent to find out, and one more whenever that takes long.
/// Responses that say nothing open the window; failures do not.
#[derive(Debug, Default)]
pub(super) struct Window {
    limit: Option<u64>,
    known: Option<Known>,
    /// Until when nothing is sent, after a request was refused.
    closed_until: Option<Duration>,
    /// Whether responses say nothing of this window.
    is_open: bool,
    /// When the last request was sent, which may be to find out what is left.
    asked_at: Duration,
    under_way: u64,
}

/// What responses said of the current window.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// How many requests are left, of which those that are unanswered have yet to be subtracted.
    left: i64,
    /// The window ends after this. A response says how long it lasts, and not since when: that is
    /// between its request and its arrival.
    earliest_end: Duration,
    /// The window ends before this.
    latest_end: Duration,
}

/// Why a request may not be sent now. The later in this order, the longer it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    /// This one is before it.
    Behind(Before),
    /// Earlier requests are unanswered. It may be sent at this time, even if they still are.
    Unanswered(Duration),
    /// The limit has nothing left until this time.
    Exhausted(Duration),
}

impl Window {
    /// Whether a request may be sent now.
    pub(super) fn may_start(&mut self, now: Duration) -> Result<(), Hold> {
        if self.known.is_some_and(|known| known.is_over(now)) {
            self.known = None;
            self.is_open = false;
        }
        self.closed_until = self.closed_until.filter(|until| *until > now);
        if let Some(until) = self.closed_until {
            return Err(Hold::Exhausted(until));
        }
        if let Some(known) = self.known {
            let under_way = i64::try_from(self.under_way).unwrap_or(i64::MAX);
            return match (known.left / UNANSWERED).max(1).min(known.left) {
                most if under_way < most => Ok(()),
                ..=0 => Err(Hold::Exhausted(known.until())),
                _ => Err(Hold::Unanswered(known.until())),
            };
        }
        let patience = self.asked_at.saturating_add(PATIENCE);
        let is_free = self.is_open && self.under_way < self.limit.unwrap_or(u64::MAX);
        if self.under_way == 0 || is_free || patience <= now {
            Ok(())
        } else {
            Err(Hold::Unanswered(patience))
        }
    }

    pub(super) fn start(&mut self, now: Duration) {
        self.asked_at = now;
        self.under_way += 1;
    }

    /// A request that was sent then was answered, with this about the window. A response that says
    /// nothing opens it, if it comes from the deployment itself and is no refusal.
    pub(super) fn answered(
        &mut self,
        sent: Duration,
        now: Duration,
        header: &rate_limit::Window,
        may_open: bool,
    ) {
        self.under_way = self.under_way.saturating_sub(1);
        let remaining = if header.warning { Some(0) } else { header.remaining };
        let (Some(left), Some(reset)) = (remaining, header.reset) else {
            self.is_open |= may_open && self.known.is_none() && self.closed_until.is_none();
            return;
        };
        let reset = reset.min(LONGEST);
        let latest_end = now.saturating_add(reset);
        let earliest_end = sent.saturating_add(reset).min(latest_end);
        let told_now = Known { left, earliest_end, latest_end };
        self.known = Some(self.known.map_or(told_now, |known| known.and(told_now)));
        self.limit = header.limit.or(self.limit);
    }

    /// A request has no response, or its call was dropped. It may have been counted.
    pub(super) fn dropped(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(known) = &mut self.known {
            known.left = known.left.saturating_sub(1);
        }
    }

    /// A request was refused: nothing is left until then, or until what an earlier refusal said.
    pub(super) fn close(&mut self, until: Duration) {
        self.known = None;
        self.is_open = false;
        self.closed_until = self.closed_until.max(Some(until));
    }

    /// Whether a request is unanswered.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// Whether nothing is known any more.
    pub(super) fn is_forgotten(&self, now: Duration) -> bool {
        let is_closed = self.closed_until.is_some_and(|until| until > now);
        !self.is_busy() && !is_closed && self.known.is_none_or(|known| known.is_over(now))
    }
}

impl Known {
    /// What two responses say together. They may come in any order: of the same window the least
    /// counts, of two windows the later one.
    fn and(self, other: Self) -> Self {
        if self.latest_end.saturating_add(ROUNDING) < other.earliest_end {
            other
        } else if other.latest_end.saturating_add(ROUNDING) < self.earliest_end {
            self
        } else {
            let earliest_end = self.earliest_end.max(other.earliest_end);
            let latest_end = self.latest_end.min(other.latest_end);
            Self { left: self.left.min(other.left), earliest_end, latest_end }
        }
    }

    /// When the next window has begun for certain.
    fn until(self) -> Duration {
        self.latest_end.saturating_add(MARGIN)
    }

    fn is_over(self, now: Duration) -> bool {
        self.until() <= now
    }
}
