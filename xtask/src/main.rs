//! Keeps everything derived from the contract in step.
fn main() {}
