//! `registries schema`.

use clap::{Args, ValueEnum};

use crate::{
    apply::File,
    failure::Failure,
    ui::print,
    views::{AccessToken, CreatedToken, Limit, Organization, Registry, RegistryToken, schema},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries schema registry > registry.schema.json

`registries get` and the commands that change a registry print one, `list` an
array of them. With --output ndjson, each line is one.")]
pub(crate) struct PrintSchema {
    /// What is printed
    #[arg(value_name = "OBJECT")]
    of: Object,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Object {
    File,
    Registry,
    Token,
    CreatedToken,
    Organization,
    Limit,
    AccessToken,
}

impl PrintSchema {
    pub(super) fn run(self) -> Result<(), Failure> {
        let schema = match self.of {
            Object::File => schemars::schema_for!(File),
            Object::Registry => schema::<Registry>(),
            Object::Token => schema::<RegistryToken>(),
            Object::CreatedToken => schema::<CreatedToken>(),
            Object::Organization => schema::<Organization>(),
            Object::Limit => schema::<Limit>(),
            Object::AccessToken => schema::<AccessToken>(),
        };
        print(&format!("{:#}\n", schema.as_value()))
    }
}
