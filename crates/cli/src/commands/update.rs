//! `registries update`.

use clap::{Args, ValueEnum};
use registries_client::Field;

use super::create::{Properties, given};
use crate::{
    failure::Failure,
    input,
    output::Output,
    session::InOrganization,
    ui::Ui,
    views::{Registry, View},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries update my-gems --description \"Gems of all teams\" --emoji :gem:
  registries update my-gems --policy policy.yaml
  registries update my-gems --clear emoji,color

What is not named stays as it is. `registries rename` changes the name. The
ecosystem and the teams cannot change.")]
pub(crate) struct Update {
    /// Slug of the registry
    slug: String,
    #[command(flatten)]
    properties: Properties,
    /// Properties to clear, separated by commas
    #[arg(long, value_name = "PROPERTIES", value_delimiter = ',')]
    clear: Vec<Property>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    within: InOrganization,
}

/// What can be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Property {
    Description,
    Emoji,
    Color,
    Policy,
}

impl Update {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let Properties { description, emoji, registry_color, policy } = self.properties;
        let policy = input::policy(policy.as_ref())?;
        let clear = self.clear;
        let field = |property: Property, value: Option<String>| match value {
            Some(_) if clear.contains(&property) => {
                let name = property.to_possible_value();
                let name = name.as_ref().map_or("", |name| name.get_name());
                Err(Failure::Usage(format!("{name} cannot be both set and cleared")))
            }
            None if clear.contains(&property) => Ok(Field::Null),
            value => Ok(given(value)),
        };
        let description = field(Property::Description, description)?;
        let emoji = field(Property::Emoji, emoji)?;
        let color = field(Property::Color, registry_color)?;
        let policy = field(Property::Policy, policy)?;
        if [&description, &emoji, &color, &policy].into_iter().all(Field::is_absent) {
            return Err(Failure::Usage(
                "nothing to change; name a property, such as --description TEXT".to_owned(),
            ));
        }
        let (session, registry) = self.within.open_registry(ui, self.slug)?;
        let mut call = registry.update().description(description).emoji(emoji).color(color);
        call = match policy {
            Field::Absent => call,
            Field::Null => call.clear_policy(),
            Field::Value(policy) => call.policy(policy),
        };
        let registry = Registry::of(&session.send(call.send()).await?)?;
        ui.note(&format!("updated {}", registry.slug()));
        self.output.object(&registry)
    }
}
