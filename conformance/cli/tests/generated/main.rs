//! Requests that are generated from the contract: valid, nearly valid and garbage. The
//! server fails on none of them, and every response conforms to the contract.
//!
//! `REGISTRIES_GENERATED_REQUESTS` sets their number, and `REGISTRIES_GENERATED_SEED` repeats them.
//! `REGISTRIES_GENERATED_DATABASE` is the URL of the server's database. By default that is a file
//! of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test prints what it measured")]

mod requests;
mod values;
mod wire;

use std::{
    collections::BTreeMap,
    env,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use registries_conformance::{
    Answer,
    contract::{Contract, TEXT},
};
use registries_server::{Embedded, EmbeddedOptions, Scope};
use serde_json::Value;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    requests::{Request, Source},
    values::Maker,
    wire::Wire,
};

const CALLERS: u64 = 4;
const REQUESTS: u64 = 100_000;

/// Time limit for a response. It is long, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// What panicked in this process, in which the server runs.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test(flavor = "multi_thread")]
async fn every_response_is_as_the_contract_says() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
        before(panic);
    }));
    let requests = variable("REGISTRIES_GENERATED_REQUESTS").unwrap_or(REQUESTS);
    let seed = variable("REGISTRIES_GENERATED_SEED").unwrap_or_else(rand::random::<u32>);
    println!("{requests} requests with REGISTRIES_GENERATED_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("registries.db").display());
    let database = env::var("REGISTRIES_GENERATED_DATABASE").unwrap_or(file);
    let options = EmbeddedOptions { database: Some(database), ..EmbeddedOptions::default() };
    let server = Arc::new(Embedded::start_with(options).await.unwrap());
    let contract = Contract::built_in();
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: Arc<Value> =
        Arc::new(serde_saphyr::from_str_with_options(TEXT, options).unwrap());

    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for index in 0..CALLERS {
        let caller = Caller {
            server: server.clone(),
            contract,
            document: document.clone(),
            random: StdRng::seed_from_u64((u64::from(seed) << 32) + index),
            tokens: Vec::new(),
            slugs: Vec::new(),
            ids: Vec::new(),
            seen: Seen::default(),
        };
        callers.spawn(caller.call(requests / CALLERS));
    }
    let mut all = Seen::default();
    for other in callers.join_all().await {
        all.add(other);
    }
    assert!(PANICS.lock().unwrap().is_empty(), "{:#?}", PANICS.lock().unwrap());
    all.print_summary(begun.elapsed());
    if requests >= REQUESTS {
        all.assert_much_was_tried(contract);
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} cannot be {text:?}")))
}

struct Caller {
    server: Arc<Embedded>,
    contract: &'static Contract,
    document: Arc<Value>,
    random: StdRng,
    tokens: Vec<String>,
    slugs: Vec<String>,
    ids: Vec<(String, String)>,
    seen: Seen,
}

impl Caller {
    async fn call(mut self, requests: u64) -> Seen {
        let (_, address) = self.server.base_url().split_once("://").unwrap();
        let mut wire = Wire::to(address.strip_suffix("/v2").unwrap());
        for _ in 0..requests {
            self.restock().await;
            let request = self.request();
            let bytes = request.bytes();
            let begun = Instant::now();
            if self.random.random_ratio(1, 20) {
                self.throw(&wire, bytes).await;
            } else {
                let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(3000)]);
                let answer = timeout(PATIENCE, wire.exchange(&bytes, request.method == "HEAD"));
                let answer = answer.await.unwrap_or_else(|_| panic!("no answer: {}", shown()));
                let answer = answer.unwrap_or_else(|error| panic!("{error}: {}", shown()));
                if let Err(problem) = self.look(&request, &answer) {
                    panic!("{problem}\n{}\n{answer:#?}", shown());
                }
            }
            self.seen.longest = self.seen.longest.max(begun.elapsed());
        }
        self.seen
    }

    /// There is always a token that works, and not too many registry tokens are remembered.
    async fn restock(&mut self) {
        if self.tokens.is_empty() {
            for scopes in [&Scope::ALL[..], &[Scope::ReadRegistries], &[]] {
                let token = self.server.create_token(self.server.organization(), scopes).await;
                self.tokens.push(token.unwrap());
            }
        }
        self.ids.truncate(20);
    }

    fn request(&mut self) -> Request {
        let needed = match (self.slugs.len(), self.ids.len()) {
            (..3, _) => Some("create_registry"),
            (11.., _) => Some("delete_registry"),
            (_, 0) => Some("create_registry_token"),
            _ => None,
        };
        let operation = if let Some(needed) = needed {
            self.contract.operation(needed).unwrap()
        } else {
            let all = self.contract.operations();
            let revokes = |id: &str| id == "revoke_access_token";
            let mut operation = all.choose(&mut self.random).unwrap();
            // It takes a while to make the tokens that this uses up.
            if revokes(&operation.id) && !self.random.random_ratio(1, 30) {
                operation = &all[0];
            }
            operation
        };
        let (method, path) = (operation.method.clone(), operation.path.clone());
        let mut source = Source {
            contract: &self.document,
            random: &mut self.random,
            organization: self.server.organization(),
            tokens: &self.tokens,
            slugs: &self.slugs,
            ids: &self.ids,
        };
        source.request(&method, &path)
    }

    /// Sends what was a request, and may be none any more.
    async fn throw(&mut self, wire: &Wire, mut bytes: Vec<u8>) {
        Maker { contract: &self.document, random: &mut self.random }.garble(&mut bytes);
        let answer = timeout(PATIENCE, wire.throw(&bytes)).await;
        let answer = answer.unwrap_or_else(|_| {
            panic!("neither an answer nor the end: {:?}", String::from_utf8_lossy(&bytes))
        });
        let answer = answer.unwrap();
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 "), "{bytes:?}: {text}");
        assert!(!text.contains("HTTP/1.1 5"), "{:?}: {text}", String::from_utf8_lossy(&bytes));
        self.seen.count("garbage", text.get(9..12).and_then(|it| it.parse().ok()).unwrap_or(0));
    }

    /// Validates a response, and remembers the ids and slugs in it.
    fn look(&mut self, request: &Request, answer: &Answer) -> Result<(), String> {
        if answer.status >= 500 {
            return Err("the server failed".to_owned());
        }
        let path = request.target.split('?').next().unwrap_or_default();
        // The server takes a slash at the end as well.
        let path = path.strip_suffix('/').filter(|it| it.starts_with("/v2/")).unwrap_or(path);
        let contract = self.contract;
        let operation = contract
            .operations()
            .iter()
            .find(|it| it.method == request.method && is_of(path, &it.path));
        let Some(operation) = operation else {
            self.seen.count(&format!("other {}", request.method), answer.status);
            return look_at_other(request, answer);
        };
        self.seen.count(&operation.id, answer.status);
        let problems = contract.validate(&operation.id, answer);
        if !problems.is_empty() {
            return Err(format!("not as the contract says: {problems:#?}"));
        }
        self.remember(&operation.id, path, answer);
        Ok(())
    }

    fn remember(&mut self, operation: &str, path: &str, answer: &Answer) {
        let value = |name: &str| Some(answer.json.as_ref()?.get(name)?.as_str()?.to_owned());
        match operation {
            "revoke_access_token" if answer.status == 204 => self.tokens.clear(),
            "create_registry_token" => {
                let slug = path.split('/').rev().nth(1).unwrap_or_default().to_owned();
                self.ids.extend(value("id").map(|id| (slug, id)));
            }
            "delete_registry_token" => {
                self.ids.retain(|(_, id)| !path.ends_with(&format!("/{id}")));
            }
            "delete_registry" if answer.is_success() || answer.status == 404 => {
                self.slugs.retain(|slug| !path.ends_with(&format!("/{slug}")));
            }
            "list_registry_tokens" | "get_registry_token" | "update_registry_token" => {}
            _ => self.slugs.extend(value("slug").filter(|it| it != self.server.organization())),
        }
        self.slugs.sort_unstable();
        self.slugs.dedup();
        self.ids.retain(|(slug, _)| self.slugs.contains(slug));
    }
}

/// Whether a path is of the form that the contract has.
fn is_of(path: &str, form: &str) -> bool {
    let Some(path) = path.strip_prefix("/v2").or(Some(path).filter(|it| *it == "/")) else {
        return false;
    };
    let (mut path, mut form) = (path.split('/'), form.split('/'));
    loop {
        match (path.next(), form.next()) {
            (None, None) => return true,
            (Some(segment), Some(form)) if form.starts_with('{') && !segment.is_empty() => {}
            (Some(segment), Some(form)) if segment == form => {}
            _ => return false,
        }
    }
}

/// What is no operation is refused, and says why.
fn look_at_other(request: &Request, answer: &Answer) -> Result<(), String> {
    if request.method == "HEAD" || request.method == "OPTIONS" {
        return Ok(());
    }
    let message = answer.json.as_ref().and_then(|body| body["message"].as_str());
    if !(400..500).contains(&answer.status) || message.is_none_or(str::is_empty) {
        return Err("no refusal that says why".to_owned());
    }
    if answer.status == 405 && answer.header("allow").is_none() {
        return Err("it does not tell what is allowed".to_owned());
    }
    Ok(())
}

/// How often each operation returned each status.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<String, BTreeMap<u16, u64>>,
    longest: Duration,
}

impl Seen {
    fn count(&mut self, what: &str, status: u16) {
        *self.statuses.entry(what.to_owned()).or_default().entry(status).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        for (what, statuses) in other.statuses {
            for (status, times) in statuses {
                *self.statuses.entry(what.clone()).or_default().entry(status).or_default() += times;
            }
        }
        self.longest = self.longest.max(other.longest);
    }

    fn print_summary(&self, lasted: Duration) {
        let all: u64 = self.statuses.values().flat_map(BTreeMap::values).sum();
        println!("{all} answers in {lasted:?}, the longest took {:?}", self.longest);
        for (what, statuses) in &self.statuses {
            println!("{what}: {statuses:?}");
        }
    }

    /// Every operation succeeded sometimes, and was refused sometimes.
    fn assert_much_was_tried(&self, contract: &Contract) {
        for operation in contract.operations() {
            let statuses = self.statuses.get(&operation.id);
            let saw =
                |least, most| statuses.is_some_and(|it| it.range(least..most).next().is_some());
            assert!(saw(200, 300) && saw(400, 500), "{}: {statuses:?}", operation.id);
        }
    }
}
