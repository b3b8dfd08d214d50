//! Where answers come from: a deployment, or the recording of a run.

use chrono::{DateTime, Utc};

use crate::{
    engine::connections::Overlong,
    engine::deployment::{Deployment, Live},
    engine::har::{Recorder, Recording},
    exchange::{Answer, NoAnswer, Request},
};

/// Takes requests and has answers.
pub(crate) enum Transport {
    /// Sends them to a deployment, and may record what comes back.
    Live {
        /// The deployment.
        live: Live,
        /// What records.
        recorder: Option<Recorder>,
    },
    /// Sends nothing, and looks up the recorded response.
    Recorded(Recording),
}

impl Transport {
    /// The deployment, or the one that was recorded; its tokens are then placeholders.
    pub(crate) fn deployment(&self) -> &Deployment {
        match self {
            Self::Live { live, .. } => live.deployment(),
            Self::Recorded(recording) => recording.deployment(),
        }
    }

    /// The recording, if that is where answers come from.
    pub(crate) fn recording(&self) -> Option<&Recording> {
        match self {
            Self::Live { .. } => None,
            Self::Recorded(recording) => Some(recording),
        }
    }

    /// A response that did not end where it said, if a request has met what was left of it.
    pub(crate) fn overlong(&self) -> Option<Overlong> {
        match self {
            Self::Live { live, .. } => live.overlong(),
            Self::Recorded(_) => None,
        }
    }

    /// Why no more responses can be kept, if they cannot.
    pub(crate) fn is_full(&self) -> Option<String> {
        match self {
            Self::Live { live, .. } => live.is_full(),
            Self::Recorded(_) => None,
        }
    }

    /// Whether the server expects TLS where plain HTTP was sent.
    pub(crate) async fn expects_tls(&self) -> bool {
        match self {
            Self::Live { live, .. } => live.expects_tls().await,
            Self::Recorded(_) => false,
        }
    }

    /// Whether a request beside those that every run sends can be sent: a recording has it, or it has
    /// not.
    pub(crate) fn can_send(&self, step: &str, request: &Request) -> bool {
        match self {
            Self::Live { .. } => true,
            Self::Recorded(recording) => recording.has_as(step, request),
        }
    }

    /// When a recorded run began.
    pub(crate) fn begun(&self) -> Option<DateTime<Utc>> {
        self.recording().and_then(Recording::begun)
    }

    /// When a request was sent, and what became of it. It belongs to a step unless it is to clean up.
    pub(crate) async fn send(
        &self,
        step: Option<&str>,
        request: &Request,
    ) -> (Option<DateTime<Utc>>, Result<Answer, NoAnswer>) {
        match self {
            Self::Live { live, recorder } => {
                let begun = Utc::now();
                let outcome = live.send(request).await;
                if let Some(recorder) = recorder {
                    let base_url = &live.deployment().base_url;
                    recorder.exchange(step, base_url, begun, request, &outcome);
                }
                (Some(begun), outcome)
            }
            Self::Recorded(recording) => recording.next(step.unwrap_or_default(), request),
        }
    }
}
