//! Identifiers and secrets, passed in.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::TryRng;
use uuid::{ContextV7, Timestamp, Uuid};

/// Makes identifiers and secrets. The server gets its randomness from nowhere else.
pub(crate) trait Ids: Send + Sync + 'static {
    /// A UUID of version 7 that is greater than every one before it.
    fn uuid(&self, now: DateTime<Utc>) -> Uuid;

    /// Bytes that cannot be guessed; an error if the system has none.
    fn secret(&self) -> Result<[u8; 32], NoRandomness>;
}

/// The system has no random bytes to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub(crate) struct NoRandomness(#[source] rand::rngs::SysError);

/// Identifiers from the time and a counter, secrets from the operating system.
#[derive(Debug, Default)]
pub(crate) struct SystemIds {
    /// Orders the identifiers of one millisecond, and of a clock that was set back.
    context: Mutex<ContextV7>,
}

impl Ids for SystemIds {
    fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
    }

    fn secret(&self) -> Result<[u8; 32], NoRandomness> {
        let mut bytes = [0; 32];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(NoRandomness)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn identifiers_are_version_7_and_ascend_within_a_millisecond() {
        let ids = SystemIds::default();
        let now = SystemClock.now();
        let made: Vec<Uuid> = (0..1000).map(|_| ids.uuid(now)).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn secrets_differ() {
        let ids = SystemIds::default();
        assert_ne!(ids.secret().unwrap(), ids.secret().unwrap());
    }
}
