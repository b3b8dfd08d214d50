//! `registries api`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use registries_client::{ClientBuilder, HeaderMap, Method, StatusCode};
use serde_json::value::RawValue;

use crate::{
    failure::Failure,
    input, json,
    output::{self, Output},
    session::{Effect, InOrganization, Session},
    settings::Setting,
    ui::{Ui, print_received},
    visible::visible,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries api GET '/organizations/{org}/teams?per_page=100'
  registries api POST '/packages/organizations/{org}/registries' \\
    --field name=\"My Gems\" --field ecosystem=ruby
  registries api POST '/organizations/{org}/teams' --input team.json
  registries api HEAD /access-token --include

{org} is the organization. Path, query and body are sent as they are given, and
the body of the response, also of an error, is printed as it came in; json
indents it, and ndjson prints an entry a line. A request has the same token,
retries and pace as every command. Unlike other commands, nothing is asked
first.")]
pub(crate) struct Api {
    /// Method, such as GET
    #[arg(value_parser = method)]
    method: Method,
    /// Path below the base URL, or a URL that begins with it; encoded
    path: String,
    /// Property of the body; JSON or else text
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = field)]
    field: Vec<(String, Box<RawValue>)>,
    /// File with the body in JSON; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "field")]
    input: Option<PathBuf>,
    /// Print the status and the headers first
    #[arg(long, short)]
    include: bool,
    #[command(flatten)]
    output: Output<Layout>,
    #[command(flatten)]
    within: InOrganization,
}

/// How the body of a response is printed. Its properties stay in their order, and its numbers as they
/// are written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Layout {
    #[default]
    Raw,
    Json,
    Ndjson,
}

impl Api {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let body = match &self.input {
            Some(path) => Some(read(path)?),
            None if self.field.is_empty() => None,
            None => Some(object(&self.field)?),
        };
        let (session, org) = self.within.open_with_org(ui)?;
        let path = path(&self.path, session.client.base_url(), org)?;
        let effect = if self.method.is_safe() { Effect::None } else { Effect::Change };
        let mut call = session.client.request_path(self.method, path);
        if let Some(body) = body {
            call = call.json(&body);
        }
        let sent = session.respond(call.send(), effect).await;
        let head = |status, headers| self.include.then(|| head(status, headers, &session));
        let response = match sent {
            Ok(response) => response,
            Err(failure) => {
                if let Some(response) = failure.response() {
                    let head = head(response.status(), response.headers()).unwrap_or_default();
                    let body = response.body();
                    // That it is no JSON is not what failed.
                    let body = self.output.output.of(body).unwrap_or_else(|_| body.to_vec());
                    print_received(&[head.into_bytes(), body].concat())?;
                }
                return Err(failure);
            }
        };
        let mut text = head(response.status(), response.headers()).unwrap_or_default().into_bytes();
        text.extend(self.output.output.of(response.body())?);
        print_received(&text)
    }
}

impl output::Form for Layout {
    const HELP: &str = "Print raw, json or ndjson";
}

impl Layout {
    fn of(self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let none = |_| Failure::NotDone("the response is not JSON; leave out --output".to_owned());
        match self {
            _ if body.is_empty() => Ok(Vec::new()),
            Self::Raw => Ok(body.to_vec()),
            Self::Json => {
                let body: &RawValue = serde_json::from_slice(body).map_err(none)?;
                Ok((json::indented(body) + "\n").into_bytes())
            }
            Self::Ndjson => {
                let body: &RawValue = serde_json::from_slice(body).map_err(none)?;
                let entries: Vec<&RawValue> =
                    serde_json::from_str(body.get()).unwrap_or_else(|_| vec![body]);
                Ok(entries
                    .into_iter()
                    .flat_map(|it| (json::in_a_line(it) + "\n").into_bytes())
                    .collect())
            }
        }
    }
}

/// The status and the headers, as they may be printed. A deployment may send the token back in them.
fn head(status: StatusCode, headers: &HeaderMap, session: &Session) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = session.token.redact(&String::from_utf8_lossy(value.as_bytes()));
        format!("{name}: {}\n", visible(&value))
    });
    format!("{status}\n{}\n", lines.collect::<String>())
}

/// The length of the scheme, host and port that a text begins with, if it is the URL of a server.
fn origin_length(given: &str) -> Option<usize> {
    let scheme = given.find("://")?;
    if !["http", "https"].iter().any(|known| given[..scheme].eq_ignore_ascii_case(known)) {
        return None;
    }
    let host = scheme + "://".len();
    Some(given[host..].find(['/', '?', '#']).map_or(given.len(), |end| host + end))
}

/// The path below the base URL, with the organization in it.
fn path(given: &str, base_url: &str, org: Option<Setting<String>>) -> Result<String, Failure> {
    let path = match origin_length(given) {
        None => given,
        Some(end) => {
            let (origin, rest) = given.split_at(end);
            let url = ClientBuilder::normalized_base_url(origin).map(|origin| origin + rest);
            let below = url.ok().and_then(|url| url.strip_prefix(base_url).map(str::len));
            let below = below.map(|length| &given[given.len() - length..]);
            // What is given is not printed: there may be secrets in it.
            below.filter(|it| it.is_empty() || it.starts_with(['/', '?'])).ok_or_else(|| {
                Failure::Usage(format!(
                    "the URL is not below the base URL {base_url}, where the token goes; give the path \
                     below it, or set --base-url"
                ))
            })?
        }
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if !path.contains("{org}") {
        return Ok(path);
    }
    let org = org.ok_or_else(InOrganization::none)?;
    Ok(path.replace("{org}", &encoded(&org.value)))
}

/// A segment of a path.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn read(path: &std::path::Path) -> Result<Box<RawValue>, Failure> {
    let text = input::read(path)?;
    serde_json::from_str(&text).map_err(|error| {
        let place = input::place(path);
        Failure::Usage(if text.trim().is_empty() {
            format!("{place} is empty; expected the body in JSON, such as {{}}")
        } else {
            format!("{place}:{}:{}: this is not JSON", error.line(), error.column())
        })
    })
}

/// The object with these properties, in their order.
fn object(fields: &[(String, Box<RawValue>)]) -> Result<Box<RawValue>, Failure> {
    let again = fields
        .iter()
        .enumerate()
        .find(|(index, (name, _))| fields[..*index].iter().any(|(earlier, _)| earlier == name));
    if let Some((_, (name, _))) = again {
        return Err(Failure::Usage(format!("--field {name} is given twice")));
    }
    let properties: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}:{}", serde_json::Value::from(name.as_str()), value.get()))
        .collect();
    RawValue::from_string(format!("{{{}}}", properties.join(",")))
        .map_err(|error| Failure::Usage(format!("the fields are no JSON: {error}")))
}

fn method(text: &str) -> Result<Method, String> {
    const KNOWN: [Method; 6] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let known = KNOWN.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "expected GET, HEAD, POST, PUT, PATCH or DELETE".to_owned())
}

fn field(text: &str) -> Result<(String, Box<RawValue>), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let json = serde_json::from_str(value).or_else(|_| {
        let text = serde_json::Value::from(value).to_string();
        RawValue::from_string(text).map_err(|error| error.to_string())
    });
    Ok((name.to_owned(), json?))
}
