//! Results, in the form that was asked for.

use std::{
    fmt::{self, Debug},
    io::IsTerminal as _,
};

use clap::{Args, ValueEnum};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::{
    failure::Failure,
    table,
    ui::{print, print_secret},
    views::View,
    visible::visible_lines,
};

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns, for people
    #[default]
    Table,
    /// JSON, indented
    Json,
    /// YAML
    Yaml,
    /// JSON, an object a line
    Ndjson,
}

/// Forms that a command prints its result in, and help that names them.
pub(crate) trait Form:
    ValueEnum + Clone + Copy + Debug + Default + Send + Sync + 'static
{
    const HELP: &str;
}

impl Form for Format {
    const HELP: &str = "Print table, json, yaml or ndjson";
}

/// How a result is printed: the option of every command that prints one.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Output<F: Form = Format> {
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true,
        help = F::HELP
    )]
    pub(crate) output: F,
}

impl Output {
    /// Whether people read it.
    pub(crate) fn is_table(self) -> bool {
        self.output == Format::Table
    }

    /// Prints one object.
    pub(crate) fn object<V: View>(self, object: &V) -> Result<(), Failure> {
        match self.output {
            Format::Table => {
                let Properties(properties) = to_json(object).and_then(|json| from_json(&json))?;
                print(&table::properties(&properties))
            }
            _ => self.data(object),
        }
    }

    /// Prints a list.
    pub(crate) fn list<V: View>(self, objects: &[V]) -> Result<(), Failure> {
        match self.output {
            Format::Table => {
                let objects: Result<Vec<Value>, Failure> = objects
                    .iter()
                    .map(|it| to_json(it).and_then(|json| from_json(&json)))
                    .collect();
                print(&table::rows(&objects?, V::COLUMNS))
            }
            Format::Ndjson => objects.iter().try_for_each(|object| self.data(object)),
            _ => self.data(&objects),
        }
    }

    /// Prints what has no columns: as JSON, unless YAML was asked for.
    pub(crate) fn data(self, data: &impl Serialize) -> Result<(), Failure> {
        print(&self.text(data)?)
    }

    /// The text of what has no columns.
    pub(crate) fn text(self, data: &impl Serialize) -> Result<String, Failure> {
        let text = match self.output {
            Format::Ndjson => to_json(data)?,
            Format::Yaml => return yaml(data),
            Format::Table | Format::Json => {
                serde_json::to_string_pretty(data).map_err(|error| formless(&error))?
            }
        };
        Ok(format!("{}\n", visible_lines(&text)))
    }
}

/// What a command that changes something prints for programs.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Outcomes {
    /// Print the outcome as json, yaml or ndjson
    #[arg(short, long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    output: Option<DataFormat>,
}

/// A form for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataFormat {
    /// JSON, indented
    Json,
    /// YAML
    Yaml,
    /// JSON, an object a line
    Ndjson,
}

impl Outcomes {
    /// A list to print, if there is to be one.
    pub(crate) fn list(self) -> Option<OpenList> {
        Some(OpenList { format: self.output?, is_empty: true })
    }
}

/// A list whose entries are printed as they come.
#[derive(Debug)]
pub(crate) struct OpenList {
    format: DataFormat,
    is_empty: bool,
}

impl OpenList {
    /// Prints an entry.
    ///
    /// # Errors
    ///
    /// Also without a reader: an entry may have a secret that is never shown again.
    pub(crate) fn entry(&mut self, entry: &impl Serialize) -> Result<(), Failure> {
        let text = match self.format {
            DataFormat::Ndjson => visible_lines(&to_json(entry)?) + "\n",
            DataFormat::Yaml => yaml(&[entry])?,
            DataFormat::Json => {
                let text = serde_json::to_string_pretty(entry).map_err(|error| formless(&error))?;
                let text = visible_lines(&text).replace('\n', "\n  ");
                format!("{}\n  {text}", if self.is_empty { "[" } else { "," })
            }
        };
        self.is_empty = false;
        print_secret(&text)
    }

    /// Prints the end of the list.
    pub(crate) fn end(self) -> Result<(), Failure> {
        match (self.format, self.is_empty) {
            (DataFormat::Ndjson, _) | (DataFormat::Yaml, false) => Ok(()),
            (DataFormat::Json | DataFormat::Yaml, true) => print("[]\n"),
            (DataFormat::Json, false) => print("\n]\n"),
        }
    }
}

/// YAML, which on a terminal shows what it has no escapes for.
pub(crate) fn yaml(data: &impl Serialize) -> Result<String, Failure> {
    let text = serde_saphyr::to_string(data).map_err(|error| formless(&error))?;
    Ok(if std::io::stdout().is_terminal() { visible_lines(&text) } else { text })
}

fn to_json(data: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(data).map_err(|error| formless(&error))
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| formless(&error))
}

fn formless(error: &dyn std::error::Error) -> Failure {
    Failure::NotDone(format!("the result has no such form: {error}"))
}

/// The properties of an object, in their order.
struct Properties(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut properties = Vec::new();
        while let Some(property) = map.next_entry()? {
            properties.push(property);
        }
        Ok(Properties(properties))
    }
}
