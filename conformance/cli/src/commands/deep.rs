//! The options of the profile `deep`.

use std::time::Duration;

use clap::Args;
use registries_conformance::Profile;

use super::{Failure, values};

/// How many requests `deep` sends by default.
const MAX_REQUESTS: usize = 1000;

/// What says how far `deep` goes, and how long a run takes.
#[derive(Args)]
pub(super) struct DeepArgs {
    #[arg(
        long,
        value_name = "N",
        value_parser = values::count,
        hide_short_help = true,
        help = "Send at most N requests in `deep`, clean-up not counted",
        long_help = "Send at most N requests in `deep`, clean-up not counted\n\n[default: 1000]"
    )]
    max_requests: Option<usize>,
    /// Stop after this time, waits included; what was created is removed
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = values::duration,
        hide_short_help = true
    )]
    pub(super) max_time: Option<Duration>,
    /// Repeat the random tests of an earlier `deep` run
    #[arg(long, value_name = "N", value_parser = values::seed, hide_short_help = true)]
    pub(super) seed: Option<u64>,
    /// Let `deep` use up the user's rate limit at its end
    ///
    /// The response is checked. For up to a minute, requests with the user's other tokens are
    /// rejected too.
    #[arg(long, hide_short_help = true)]
    pub(super) exhaust_user_limit: bool,
}

impl DeepArgs {
    /// How many requests may be sent.
    pub(super) fn max_requests(&self) -> usize {
        self.max_requests.unwrap_or(MAX_REQUESTS)
    }

    /// Refuses what would have no effect: options of `deep` for another profile, and fewer requests
    /// than the steps of the chosen cases, which are `needed`, take.
    pub(super) fn check(&self, profile: Profile, needed: usize) -> Result<(), Failure> {
        let given = [
            ("--max-requests", self.max_requests.is_some()),
            ("--seed", self.seed.is_some()),
            ("--exhaust-user-limit", self.exhaust_user_limit),
        ];
        if profile != Profile::Deep
            && let Some((option, _)) = given.iter().find(|(_, given)| *given)
        {
            return Err(Failure::Usage(format!(
                "{option} is for the profile deep, not {profile}: add --profile deep, or leave it out"
            )));
        }
        match self.max_requests {
            Some(limit) if limit < needed => Err(Failure::Usage(format!(
                "--max-requests {limit} is too few: the chosen cases take {needed} requests before \
                 the stateful and property-based tests; allow more, or choose fewer cases with --filter or --group"
            ))),
            _ => Ok(()),
        }
    }
}
