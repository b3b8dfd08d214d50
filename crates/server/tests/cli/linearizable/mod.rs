//! Creates, renames and deletes of the same names by 64 callers: their responses could have
//! come one after the other.

mod search;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Deployment, Server, UNLIMITED, http_client};
use crate::slow;
use search::{Call, Event, Renamed, SLUGS, Write, search};

const CALLERS: u64 = 64;
/// How often a call is repeated for which the server had no time.
const TRIES: usize = 100;
/// Each has slugs of its own, and is looked at by itself.
const GROUPS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn on_one_process_with_a_file() {
    look(&Deployment::new(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_three_processes_with_a_file() {
    look(&Deployment::new(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_one_process_with_postgres() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    look(&deployment, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_three_processes_with_postgres() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    look(&deployment, 3).await;
}

async fn look(deployment: &Deployment, processes: usize) {
    let servers: Vec<Server> = (0..processes).map(|_| deployment.serve(&UNLIMITED)).collect();
    let token = deployment.token();
    let (client, seed) = (http_client(), rand::random::<u32>());
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for index in 0..CALLERS {
        let caller = Caller {
            is_on_file: deployment.path().is_some(),
            client: client.clone(),
            urls: servers.iter().map(Server::registries).collect(),
            token: token.clone(),
        };
        let random = StdRng::seed_from_u64((u64::from(seed) << 32) + index);
        callers.spawn(caller.call(random));
    }
    let mut groups = vec![Vec::new(); GROUPS];
    for (group, event) in callers.join_all().await.into_iter().flatten() {
        groups[group].push(event);
    }
    let lasted = begun.elapsed();
    let begun = Instant::now();
    for history in &groups {
        let found = search(history);
        assert_eq!(found, Ok(()), "with {seed} of {}: {history:#?}", history.len());
    }
    print_summary(deployment, processes, &groups, lasted, begun.elapsed());
    // A write without a response may explain a wrong read.
    let is_reported = |event: &Event| !matches!(event.call, Call::Unanswered(_));
    for history in groups.iter_mut().filter(|history| history.iter().all(is_reported)) {
        assert_lies_are_found(history);
    }
}

/// The search finds it when one of the responses was another one.
fn assert_lies_are_found(history: &mut [Event]) {
    for index in (0..history.len()).step_by(history.len() / 3) {
        let truth = history[index].call.clone();
        let of_nobody = || Some("of nobody".to_owned());
        history[index].call = match truth {
            Call::List { .. } => Call::List { found: [(); SLUGS].map(|()| of_nobody()) },
            Call::Rename { from, to, .. } => {
                Call::Rename { from, to, renamed: Renamed::To("of nobody".to_owned()) }
            }
            Call::Create { slug, .. } | Call::Get { slug, .. } | Call::Delete { slug, .. } => {
                Call::Get { slug, found: of_nobody() }
            }
            Call::Unanswered(_) => continue,
        };
        assert!(search(history).is_err(), "{truth:?} could be {:?}", history[index].call);
        history[index].call = truth;
    }
}

fn print_summary(
    deployment: &Deployment,
    processes: usize,
    groups: &[Vec<Event>],
    lasted: Duration,
    searched: Duration,
) {
    let all = || groups.iter().flatten();
    let count = |is: fn(&Call) -> bool| all().filter(|event| is(&event.call)).count();
    let created = count(|call| matches!(call, Call::Create { created: Some(_), .. }));
    let taken = count(|call| matches!(call, Call::Create { created: None, .. }));
    let renamed = count(|call| matches!(call, Call::Rename { renamed: Renamed::To(_), .. }));
    let deleted = count(|call| matches!(call, Call::Delete { deleted: true, .. }));
    let unanswered = count(|call| matches!(call, Call::Unanswered(_)));
    let longest = all().map(|event| event.went_on - event.asked).max();
    println!(
        "{} with {processes} processes: {} calls of {CALLERS} callers in {lasted:?}, the longest \
         {longest:?}; {created} created, {taken} taken, {renamed} renamed, {deleted} deleted, {unanswered} \
         unanswered; the order was found in {searched:?}",
        deployment.kind(),
        all().count(),
    );
    assert!(created > 0 && taken > 0 && renamed > 0 && deleted > 0);
}

struct Caller {
    is_on_file: bool,
    client: reqwest::Client,
    urls: Vec<String>,
    token: String,
}

impl Caller {
    async fn call(self, mut random: StdRng) -> Vec<(usize, Event)> {
        let mut events = Vec::new();
        for _ in 0..if slow::is_full() { 20 } else { 6 } {
            let group = random.random_range(0..GROUPS);
            let url = &self.urls[random.random_range(0..self.urls.len())];
            let asked = Instant::now();
            let call = self.one(&mut random, url, group).await;
            events.push((group, Event { call, asked, went_on: Instant::now() }));
        }
        events
    }

    async fn one(&self, random: &mut StdRng, url: &str, group: usize) -> Call {
        let name = |slug: usize| format!("g{group}s{slug}");
        let slug = random.random_range(0..SLUGS);
        let at = format!("{url}/{}", name(slug));
        match random.random_range(0..10) {
            0..3 => {
                let body = json!({"name": name(slug), "ecosystem": "ruby"});
                let create = self.client.post(url).json(&body);
                match self.write(create, &[200, 422]).await {
                    Some((_, body)) => Call::Create { slug, created: id(&body) },
                    None => Call::Unanswered(Write::Create { slug }),
                }
            }
            3..5 => {
                let (_, body) = self.read(self.client.get(at), &[200, 404]).await;
                Call::Get { slug, found: id(&body) }
            }
            5 => {
                let (_, body) = self.read(self.client.get(url), &[200]).await;
                let list = body.as_array().unwrap().iter();
                let mut by_slug: HashMap<String, Option<String>> = list
                    .map(|registry| (registry["slug"].as_str().unwrap().to_owned(), id(registry)))
                    .collect();
                let found = std::array::from_fn(|slug| by_slug.remove(&name(slug)).flatten());
                Call::List { found }
            }
            6..8 => {
                let to = (slug + random.random_range(1..SLUGS)) % SLUGS;
                let rename = self.client.patch(at).json(&json!({"name": name(to)}));
                let Some((status, body)) = self.write(rename, &[200, 404, 422]).await else {
                    return Call::Unanswered(Write::Rename { from: slug, to });
                };
                let renamed = match status.as_u16() {
                    200 => Renamed::To(id(&body).unwrap()),
                    404 => Renamed::NotFound,
                    _ => Renamed::Taken,
                };
                Call::Rename { from: slug, to, renamed }
            }
            _ => match self.write(self.client.delete(at), &[200, 404]).await {
                Some((status, _)) => Call::Delete { slug, deleted: status == 200 },
                None => Call::Unanswered(Write::Delete { slug }),
            },
        }
    }

    /// The final response to a read.
    async fn read(&self, request: RequestBuilder, statuses: &[u16]) -> (StatusCode, Value) {
        for _ in 0..TRIES {
            if let Some(answer) = self.send(&request, statuses).await {
                return answer;
            }
        }
        panic!("the server never has time for a read");
    }

    /// The response to a write; `None` if the server had no time to respond.
    async fn write(
        &self,
        request: RequestBuilder,
        statuses: &[u16],
    ) -> Option<(StatusCode, Value)> {
        if !self.is_on_file {
            return self.send(&request, statuses).await;
        }
        // A write to a file waits for all others, for some time. Nothing was written then.
        Some(self.read(request, statuses).await)
    }

    async fn send(
        &self,
        request: &RequestBuilder,
        statuses: &[u16],
    ) -> Option<(StatusCode, Value)> {
        let request = request.try_clone().unwrap().bearer_auth(&self.token);
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        assert!(statuses.contains(&status.as_u16()), "{status}: {text}");
        Some((status, serde_json::from_str(&text).unwrap_or_default()))
    }
}

fn id(registry: &Value) -> Option<String> {
    registry["id"].as_str().map(str::to_owned)
}
