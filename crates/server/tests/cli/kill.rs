//! `kill -9` during writes: what got a response is there afterwards, and nothing is half done.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::harness::{Deployment, Server, UNLIMITED, http_client, patiently};
use crate::{rows, slow};

const CALLERS: usize = 8;

/// A registry as its caller may find it: each property that is named here, and tokens of exactly these
/// descriptions.
#[derive(Debug, Clone, PartialEq)]
struct Registry {
    properties: Value,
    tokens: Vec<String>,
}

/// By the name with which it began: the states that a registry can be in. It is one as long as
/// every write got a response; with one whose response was lost, it is as before or as after that.
type States = HashMap<String, Vec<Option<Registry>>>;

#[tokio::test(flavor = "multi_thread")]
async fn no_write_with_a_response_is_lost_and_none_is_half_done_in_a_file() {
    write_and_kill(&Deployment::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_with_a_response_is_lost_and_none_is_half_done_on_postgres() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    write_and_kill(&deployment).await;
}

async fn write_and_kill(deployment: &Deployment) {
    let rounds = if slow::is_full() { 20 } else { 3 };
    let (client, token) = (http_client(), deployment.token());
    let done = Arc::new(AtomicUsize::new(0));
    let (mut all, mut open) = (States::new(), [0; 2]);
    let (begun, mut starting) = (Instant::now(), Duration::ZERO);
    let mut server = deployment.serve(&UNLIMITED);
    for round in 0..rounds {
        // At another point of what the callers do in every round.
        let writes = 20 + 80 * round / rounds;
        let mut written = write_until_killed(server, &client, &token, round, writes, &done).await;
        rows::assert_whole(deployment).await;
        let start = Instant::now();
        server = deployment.serve(&UNLIMITED);
        starting += start.elapsed();
        Reader { client: &client, server: &server, token: &token }
            .settle(&mut written, &mut open)
            .await;
        all.extend(written);
    }
    let reader = Reader { client: &client, server: &server, token: &token };
    let list = reader.list().await;
    let mut tokens = 0;
    for (name, states) in &all {
        let found = reader.registry(&list, name).await;
        assert_eq!(found, states[0], "{name} changed by itself");
        tokens += found.map_or(0, |registry| registry.tokens.len());
    }
    let there = all.values().filter(|states| states[0].is_some()).count();
    assert_eq!(list.len(), there, "nobody created the others");
    assert_eq!(rows::count(deployment).await, [list.len(), tokens]);
    println!(
        "{}: killed {rounds} times in {:?}; {} writes of {} registries were answered, and {} were not, \
         of which {} were carried out; {there} registries and {tokens} registry tokens are left; it \
         started in {:?} on average",
        deployment.kind(),
        begun.elapsed(),
        done.load(Ordering::Relaxed),
        all.len(),
        open[0] + open[1],
        open[1],
        starting / u32::try_from(rounds).unwrap(),
    );
    assert!(open[0] + open[1] > rounds, "it was killed during writes");
    assert!(there > 0 && there < all.len(), "some were deleted");
}

/// Kills the server while all callers write, after so many writes, and returns what they wrote.
async fn write_until_killed(
    server: Server,
    client: &reqwest::Client,
    token: &str,
    round: usize,
    writes: usize,
    done: &Arc<AtomicUsize>,
) -> States {
    let written = Arc::new(Mutex::new(States::new()));
    let before = done.load(Ordering::Relaxed);
    let mut callers = JoinSet::new();
    for index in 0..CALLERS {
        let prefix = format!("r{round}c{index}");
        let caller = Caller {
            client: client.clone(),
            url: server.registries(),
            token: token.to_owned(),
            written: written.clone(),
            done: done.clone(),
        };
        callers.spawn(async move { caller.write(&prefix).await });
    }
    while done.load(Ordering::Relaxed) < before + writes {
        assert!(callers.try_join_next().is_none(), "a caller went without an answer");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.signal(Signal::SIGKILL);
    callers.join_all().await;
    let (status, _) = server.wait();
    assert_eq!(status.code(), None, "it was killed");
    Arc::into_inner(written).unwrap().into_inner()
}

struct Caller {
    client: reqwest::Client,
    url: String,
    token: String,
    written: Arc<Mutex<States>>,
    /// How many writes got a response.
    done: Arc<AtomicUsize>,
}

impl Caller {
    /// Writes until the server does not answer any more.
    async fn write(&self, prefix: &str) {
        for index in 0.. {
            let lived = self.live(&format!("{prefix}n{index}"), index % 2 == 0).await;
            if matches!(lived, Err(Lost::NoAnswer)) {
                return;
            }
        }
    }

    /// All that a registry goes through, until the response to a write is lost.
    async fn live(&self, name: &str, to_its_end: bool) -> Result<(), Lost> {
        let body = json!({"name": name, "ecosystem": "ruby", "description": "x".repeat(2000)});
        let create = self.client.post(&self.url).json(&body);
        let mut registry = Registry { properties: body, tokens: Vec::new() };
        registry.properties = self.step(name, None, Some(&registry), create).await?;

        let tokens = format!("{}/{name}/tokens", self.url);
        let mut ids = Vec::new();
        for description in ["one", "two"] {
            let before = registry.clone();
            registry.tokens.push(description.to_owned());
            let create = self.client.post(&tokens).json(&json!({"description": description}));
            let token = self.step(name, Some(&before), Some(&registry), create).await?;
            ids.push(token["id"].as_str().unwrap().to_owned());
        }

        let before = registry.clone();
        registry.tokens = vec!["one".to_owned(), "changed".to_owned()];
        let update = self.client.post(format!("{tokens}/{}", ids[1]));
        let update = update.json(&json!({"description": "changed"}));
        self.step(name, Some(&before), Some(&registry), update).await?;

        let before = registry.clone();
        let slug = format!("{name}-renamed");
        let change = json!({"name": slug, "description": null, "color": "#123456"});
        registry.properties = json!({"id": before.properties["id"], "slug": slug});
        for (property, value) in change.as_object().unwrap() {
            registry.properties[property] = value.clone();
        }
        let rename = self.client.patch(format!("{}/{name}", self.url)).json(&change);
        registry.properties = self.step(name, Some(&before), Some(&registry), rename).await?;

        let before = registry.clone();
        registry.tokens.remove(0);
        let delete = self.client.delete(format!("{}/{slug}/tokens/{}", self.url, ids[0]));
        self.step(name, Some(&before), Some(&registry), delete).await?;
        if to_its_end {
            let delete = self.client.delete(format!("{}/{slug}", self.url));
            self.step(name, Some(&registry), None, delete).await?;
        }
        Ok(())
    }

    /// Sends what leads from one state to another, and returns the responses.
    async fn step(
        &self,
        name: &str,
        before: Option<&Registry>,
        after: Option<&Registry>,
        request: RequestBuilder,
    ) -> Result<Value, Lost> {
        let set = async |states: &[Option<&Registry>]| {
            let states = states.iter().map(|state| state.cloned()).collect();
            self.written.lock().await.insert(name.to_owned(), states);
        };
        set(&[before, after]).await;
        let no_answer = |_| Lost::NoAnswer;
        let response = request.bearer_auth(&self.token).send().await.map_err(no_answer)?;
        let status = response.status();
        let text = response.text().await.map_err(no_answer)?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Err(Lost::NoTime);
        }
        assert_eq!(status, 200, "{text}");
        let answer = without_addresses(serde_json::from_str(&text).unwrap_or_default());
        if answer.get("slug").is_some() {
            let registry = after.map(|it| Registry { properties: answer.clone(), ..it.clone() });
            assert!(is_as(registry.as_ref(), after), "{answer}");
            set(&[registry.as_ref()]).await;
        } else {
            set(&[after]).await;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }
}

/// Why the response to a write is lost.
enum Lost {
    NoAnswer,
    /// The server waited for the database for too long, as it does on a machine that has much to do.
    NoTime,
}

/// Whether what was found has all that was expected.
fn is_as(found: Option<&Registry>, expected: Option<&Registry>) -> bool {
    let (Some(found), Some(expected)) = (found, expected) else {
        return found.is_none() && expected.is_none();
    };
    let mut properties = expected.properties.as_object().unwrap().iter();
    found.tokens == expected.tokens
        && properties.all(|(name, value)| found.properties.get(name) == Some(value))
}

/// Looks at what is there.
struct Reader<'a> {
    client: &'a reqwest::Client,
    server: &'a Server,
    token: &'a str,
}

impl Reader<'_> {
    /// Each registry is in one of the states that it can be in, and from now on is to stay so. Counts in
    /// `open` the writes without a response: those that were not carried out, and those that were.
    async fn settle(&self, written: &mut States, open: &mut [usize; 2]) {
        let list = self.list().await;
        for (name, states) in written {
            let found = self.registry(&list, name).await;
            let state = states.iter().position(|state| is_as(found.as_ref(), state.as_ref()));
            let state = state.unwrap_or_else(|| panic!("{name} is {found:?} and not {states:?}"));
            if states.len() > 1 {
                open[state] += 1;
            }
            *states = vec![found];
        }
    }

    /// All registries by slug.
    async fn list(&self) -> HashMap<String, Value> {
        let list = self.get(self.server.registries()).await;
        let length = list.len();
        let by_slug = |registry: Value| {
            (registry["slug"].as_str().unwrap().to_owned(), without_addresses(registry))
        };
        let list: HashMap<_, _> = list.into_iter().map(by_slug).collect();
        assert_eq!(list.len(), length, "a slug occurs twice");
        list
    }

    /// The registry that began with this name.
    async fn registry(&self, list: &HashMap<String, Value>, name: &str) -> Option<Registry> {
        let slugs = [name.to_owned(), format!("{name}-renamed")];
        let there: Vec<_> = slugs.iter().filter_map(|slug| Some((slug, list.get(slug)?))).collect();
        assert!(there.len() < 2, "{name} is there twice");
        let (slug, properties) = *there.first()?;
        let tokens = self.get(format!("{}/{slug}/tokens", self.server.registries())).await;
        let description = |token: &Value| token["description"].as_str().unwrap().to_owned();
        let tokens = tokens.iter().map(description).collect();
        Some(Registry { properties: properties.clone(), tokens })
    }

    async fn get(&self, url: String) -> Vec<Value> {
        patiently(self.client.get(url).bearer_auth(self.token)).await.json().await.unwrap()
    }
}

/// A registry without what changes with the server's port.
fn without_addresses(mut registry: Value) -> Value {
    if let Some(properties) = registry.as_object_mut() {
        properties.retain(|name, _| name != "url" && name != "web_url");
    }
    registry
}
