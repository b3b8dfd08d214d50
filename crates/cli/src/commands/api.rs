//! `registries api`.

use std::path::PathBuf;

use clap::Args;
use registries_client::Method;
use serde_json::{Map, Value};

use crate::{
    failure::Failure, input, session::InOrganization, ui::Ui, ui::print, visible::visible_lines,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries api GET '/organizations/{org}/teams?per_page=100'
  registries api POST '/packages/organizations/{org}/registries' \\
    --field name=\"My Gems\" --field ecosystem=ruby
  registries api POST '/organizations/{org}/teams' --input team.json

{org} is the organization. A request has the same token, retries and pace as
every command. Unlike other commands, nothing is asked first.")]
pub(crate) struct Api {
    /// Method, such as GET
    #[arg(value_parser = method)]
    method: Method,
    /// Path below the base URL; its segments are encoded
    path: String,
    /// Property of the body; a value that is JSON is sent as it is
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = field)]
    field: Vec<(String, Value)>,
    /// File with the body in JSON; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "field")]
    input: Option<PathBuf>,
    #[command(flatten)]
    within: InOrganization,
}

impl Api {
    pub(super) async fn run(self, ui: Ui) -> Result<(), Failure> {
        let body = match &self.input {
            Some(path) => Some(read(path)?),
            None if self.field.is_empty() => None,
            None => Some(self.field.into_iter().collect::<Map<_, _>>().into()),
        };
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let (session, path) = if path.contains("{org}") {
            let (session, organization) = self.within.open(ui)?;
            (session, path.replace("{org}", organization.slug()))
        } else {
            (self.within.open_with_org(ui)?.0, path.to_owned())
        };
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let mut call = session.client.request(self.method, segments);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            call = call.query(name, value);
        }
        if let Some(body) = body {
            call = call.json(&body);
        }
        let answer = session.send(call.send()).await?;
        let text = String::from_utf8_lossy(&answer);
        let text = match serde_json::from_str::<Value>(&text) {
            Ok(json) => format!("{json:#}"),
            Err(_) => text.into_owned(),
        };
        if text.is_empty() { Ok(()) } else { print(&format!("{}\n", visible_lines(&text))) }
    }
}

fn read(path: &std::path::Path) -> Result<Value, Failure> {
    serde_json::from_str(&input::read(path)?)
        .map_err(|error| Failure::Usage(format!("{} is no JSON: {error}", path.display())))
}

fn method(text: &str) -> Result<Method, String> {
    const KNOWN: [Method; 5] =
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let known = KNOWN.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "expected GET, POST, PUT, PATCH or DELETE".to_owned())
}

fn field(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let json = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), json))
}
