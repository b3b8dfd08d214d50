//! Declared registries: the file, what differs from it, and how that is changed.

mod applied;
mod difference;
mod file;
mod plan;
mod run;
mod shape;
mod valid;

pub(crate) use self::{
    applied::Applied,
    difference::Difference,
    file::{Declared, File, Source},
    plan::{Change, Found, Plan, check_names},
    run::{AT_A_TIME, Report, run},
};
