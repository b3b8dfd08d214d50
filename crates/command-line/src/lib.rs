//! What the programs of this project have in common, so that they behave alike: how arguments and
//! values are read, what is printed and where, and what the exit statuses mean.
//!
//! Without the feature `program` there are only [`text`] and [`visible`], which libraries use.

pub mod text;
pub mod visible;

#[cfg(feature = "program")]
mod alike;
#[cfg(feature = "program")]
mod arguments;
#[cfg(feature = "program")]
mod color;
#[cfg(feature = "program")]
mod consent;
#[cfg(feature = "program")]
mod duration;
#[cfg(feature = "program")]
mod failure;
#[cfg(feature = "program")]
mod mistaken;
#[cfg(feature = "program")]
mod output;
#[cfg(feature = "program")]
mod shell;
#[cfg(feature = "program")]
mod status;
#[cfg(feature = "program")]
mod time;
#[cfg(feature = "program")]
mod typed;
#[cfg(feature = "program")]
mod variables;

#[cfg(feature = "program")]
pub(crate) use self::shell::pages;
#[cfg(feature = "program")]
pub use self::{
    alike::meant,
    arguments::{command, parse},
    color::{Color, is_colored},
    consent::Consent,
    duration::duration,
    failure::{Failure, causes},
    output::{print, print_aside, print_received, print_secret, say, say_error},
    shell::{Completions, helps, man, torn_lines},
    status::Status,
    time::time,
    typed::{Typed, leave_interrupts, typed_line},
    variables::{VARIABLES, check_variables},
};
