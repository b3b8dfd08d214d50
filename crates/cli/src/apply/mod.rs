//! Declared registries: the file, what differs from it, and how that is changed.

mod file;
mod plan;
mod run;

pub(crate) use self::{
    file::{Declared, File},
    plan::{Change, Found, Plan},
    run::{AT_A_TIME, run},
};
