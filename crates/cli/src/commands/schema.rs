//! `registries schema`.

use clap::{Args, ValueEnum};

use crate::{
    apply::{Applied, File},
    failure::Failure,
    ui::print,
    views::{
        AccessToken, CreatedToken, Deletion, Limit, Organization, Registry, RegistryToken, schema,
    },
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries schema registry > registry.schema.json

`registries get` and the commands that change a registry print one, `list` an
array of them. With --output ndjson, each line is one. `apply` prints changes,
and `delete` deletions.")]
pub(crate) struct PrintSchema {
    /// What is printed
    #[arg(value_name = "OBJECT")]
    of: Object,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Object {
    File,
    Change,
    Deletion,
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
            Object::Change => schema::<Applied>(),
            Object::Deletion => schema::<Deletion>(),
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
