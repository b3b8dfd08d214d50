//! What is common to every operation: the contract, rate limits, other origins, and what is explored.

mod contract;
mod cors;
mod explored;
mod limits;
mod readings;

pub(super) use self::{contract::of_operations, readings::READINGS};
use crate::case::Case;

pub(super) const CASES: &[&[Case]] =
    &[explored::CASES, limits::CASES, cors::CASES, contract::CASES];
