//! Tests that take long are smaller, or skipped where they cannot be, unless `REGISTRIES_TEST_SLOW` is 1, as in CI.

use std::io::Write;
use std::sync::Once;

/// Whether they have their full size. Says so once if they do not.
pub(crate) fn is_full() -> bool {
    static NOTE: Once = Once::new();
    let is_full = std::env::var("REGISTRIES_TEST_SLOW").is_ok_and(|it| it == "1");
    if !is_full {
        // Written past what captures the output of tests that succeed.
        let note = b"slow tests are small or skipped: REGISTRIES_TEST_SLOW is not 1\n";
        NOTE.call_once(|| std::io::stderr().write_all(note).unwrap());
    }
    is_full
}
