#![doc = include_str!("../README.md")]

mod contract;
mod generate;
mod lower;
#[cfg(feature = "mocks")]
mod mocks;
mod open_set;
mod polish;
#[cfg(feature = "surface")]
mod surface;
mod times;
#[cfg(feature = "surface")]
mod written;

pub use contract::parse;
pub use generate::generate_client;
pub use lower::lower;
#[cfg(feature = "mocks")]
pub use mocks::generate_mocks;
#[cfg(feature = "surface")]
pub use surface::client_surface;
#[cfg(feature = "surface")]
pub use written::written_surface;

/// Why no client came out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The contract is neither JSON nor, with the feature `yaml`, YAML.
    #[error("the contract cannot be read: {0}")]
    Unreadable(String),
    /// The contract holds something that the lowering does not know how to carry over.
    #[error("{place}: {problem}")]
    Contract {
        /// Where in the contract, for example an operation or a schema.
        place: String,
        /// What stands there, and what to do about it.
        problem: String,
    },
    /// The lowered contract is no `OpenAPI` 3.0 document. This is a bug of the lowering.
    #[error("the lowered contract is not an OpenAPI document: {0}")]
    Lowered(#[from] serde_json::Error),
    /// progenitor refused the lowered contract.
    #[error("progenitor could not generate a client: {0}")]
    Progenitor(String),
    /// progenitor's output is not of the form that the rewriting of it was made for, as after an
    /// update of progenitor. The rewriting has to be looked at again.
    #[error("progenitor's output has an unexpected form: {0}")]
    Output(String),
}

impl Error {
    pub(crate) fn contract(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Contract { place: place.into(), problem: problem.into() }
    }

    pub(crate) fn output(form: impl Into<String>) -> Self {
        Self::Output(form.into())
    }
}

impl From<syn::Error> for Error {
    fn from(error: syn::Error) -> Self {
        Self::Output(error.to_string())
    }
}
