//! Removing what the run created.

use std::time::Duration;

use tokio::time::Instant;

use super::{Progress, RefusedInARow, Runner};
use crate::{exchange::Credential, steps::Step};

/// How long it takes at most.
const LONGEST: Duration = Duration::from_mins(5);

impl Runner {
    /// Removes what the run created and its steps did not remove. It also checks that what they
    /// removed is gone, unless the last step has shown that.
    pub(super) async fn clean_up(&mut self) {
        if self.ledger.is_clean() {
            return;
        }
        self.cleaning_up = true;
        // The run's own time may be used up, and this is not to go on for ever either.
        let deadline = self.deadline.replace(Instant::now() + LONGEST);
        self.refused_in_a_row = RefusedInARow::default();
        self.lost_in_a_row = 0;
        // What never got a response may show late.
        let delay = self.longest_delay();
        if self.pause(delay).await.is_ok() {
            self.remove_what_is_there().await;
        }
        self.deadline = deadline;
        self.cleaning_up = false;
    }

    async fn remove_what_is_there(&mut self) {
        // Twice: a deletion that succeeded may not have happened, and two registries may have had
        // one slug.
        for _ in 0..2 {
            self.look_around().await;
            if self.ledger.to_remove().is_empty() {
                return;
            }
            self.report_progress(Progress::CleaningUp);
            self.remove_everything().await;
        }
        self.look_around().await;
    }

    /// Asks for the list to see what is there of what the run created.
    async fn look_around(&mut self) {
        if let Ok(request) = self.request(Step::ListAfter)
            && let Ok(answer) = self.exchange(None, &request).await
        {
            self.ledger.settle(&answer);
        }
    }

    async fn remove_everything(&mut self) {
        for slug in self.ledger.to_remove() {
            if let Ok(request) =
                self.request_to("delete_registry", Credential::Main, Some(&slug), None)
                && let Ok(answer) = self.exchange(None, &request).await
            {
                self.ledger.removed(&slug, &answer);
            }
        }
    }
}
