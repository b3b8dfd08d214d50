//! What is common to every operation: the contract, rate limits, other origins, and what is explored.

mod contract;
mod cors;
mod explored;
mod limits;

pub(super) use self::contract::of_operations;
use crate::case::Case;

pub(super) const CASES: &[&[Case]] =
    &[explored::CASES, limits::CASES, cors::CASES, contract::CASES];
