//! Which reading of what the sources disagree about a deployment follows, as registry tokens show it.

use serde_json::Value;

use super::super::Reads;
use crate::{observed::Observed, steps::Step};

pub(in crate::areas) const READINGS: &[(&str, Reads)] = &[
    ("registry-token-urls", registry_token_urls),
    ("registry-token-secret", registry_token_secret),
];

fn registry_token_urls(run: &Observed) -> Option<String> {
    let token = Value::Object(run.object(Step::CreateRegistryToken).ok()?.clone());
    let url = |pointer: &str| token.pointer(pointer).and_then(Value::as_str);
    let is_http = match url("/url")?.split_once("://")?.0 {
        "http" => true,
        "https" => false,
        _ => return None,
    };
    let elsewhere = url("/organization/url")?.contains("/analytics/");
    Some(match (is_http, elsewhere) {
        (false, false) => "https, and nothing below /analytics/".into(),
        (true, false) => "http, and nothing below /analytics/".into(),
        (false, true) => "https, with an organization below /analytics/".into(),
        (true, true) => "http, with an organization below /analytics/".into(),
    })
}

fn registry_token_secret(run: &Observed) -> Option<String> {
    let has = |step| Some(run.object(step).ok()?.get("token").is_some_and(|it| !it.is_null()));
    let (created, got) = (has(Step::CreateRegistryToken)?, has(Step::GetRegistryToken)?);
    Some(match (created, got) {
        (_, true) => "at any time".into(),
        (true, false) => "in the response to its creation only".into(),
        (false, false) => "nowhere in the API".into(),
    })
}
