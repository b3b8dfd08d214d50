//! Declared registries: the file, what differs from it, and how that is changed.

mod applied;
mod difference;
mod file;
mod plan;
mod run;

pub(crate) use self::{
    applied::Applied,
    difference::Difference,
    file::{Declared, File},
    plan::{Change, Found, Plan, check_names},
    run::{AT_A_TIME, Report, run},
};
