//! `kill -9` during writes: what was answered with 200 is there afterwards.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sqlx::Row;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::harness::{Deployment, Server, http_client};

const ROUNDS: usize = 8;
const CALLERS: usize = 8;
/// Answered creates after which a round's server is killed.
const WRITES: usize = 60;

/// What the server has answered.
#[derive(Default)]
struct Answered {
    /// Registries by slug: as they were answered, and as they would be after an update that was not.
    there: HashMap<String, Vec<Value>>,
    /// Slugs of registries whose deletion was answered.
    gone: HashSet<String>,
    /// Slugs of creates and deletes without an answer, which may have been carried out or not.
    open: HashSet<String>,
}

impl Answered {
    fn creating(&mut self, slug: &str) {
        self.open.insert(slug.to_owned());
    }

    fn created(&mut self, slug: &str, registry: Value) {
        self.open.remove(slug);
        self.there.insert(slug.to_owned(), vec![registry]);
    }

    fn updating(&mut self, slug: &str, registry: Value) {
        self.there.get_mut(slug).unwrap().push(registry);
    }

    fn deleting(&mut self, slug: &str) {
        self.there.remove(slug);
        self.open.insert(slug.to_owned());
    }

    fn deleted(&mut self, slug: &str) {
        self.open.remove(slug);
        self.gone.insert(slug.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_write_is_lost_and_none_is_half_done_in_a_file() {
    write_and_kill(&Deployment::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_write_is_lost_and_none_is_half_done_on_postgres() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    write_and_kill(&deployment).await;
}

async fn write_and_kill(deployment: &Deployment) {
    let token = deployment.token();
    let answered = Arc::new(Mutex::new(Answered::default()));
    for round in 0..ROUNDS {
        let server = deployment.serve(&["--rate-limit-user", "off", "--rate-limit-org", "off"]);
        check(&server, &token, &*answered.lock().await).await;
        let done = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let prefix = format!("r{round}c{caller}");
            let (url, token) = (server.registries(), token.clone());
            callers.spawn(write(url, token, prefix, answered.clone(), done.clone()));
        }
        while done.load(Ordering::Relaxed) < WRITES {
            if let Some(caller) = callers.try_join_next() {
                caller.unwrap();
                panic!("a caller went without an answer before the server was killed");
            }
            tokio::task::yield_now().await;
        }
        server.signal(Signal::SIGKILL);
        callers.join_all().await;
        let (status, _) = server.wait();
        assert_eq!(status.code(), None, "it was killed");
        if let Some(path) = deployment.path() {
            check_file(&path).await;
        }
    }
    let server = deployment.serve(&["--rate-limit-user", "off", "--rate-limit-org", "off"]);
    let answered = answered.lock().await;
    check(&server, &token, &answered).await;
    let checked = answered.there.len() + answered.gone.len();
    assert!(checked + answered.open.len() >= ROUNDS * WRITES, "{checked}");
    assert!(answered.gone.len() > ROUNDS, "deletes took part");
}

/// Creates, updates and deletes until the server does not answer any more.
async fn write(
    url: String,
    token: String,
    prefix: String,
    answered: Arc<Mutex<Answered>>,
    done: Arc<AtomicUsize>,
) {
    let client = http_client();
    let send = async |request: reqwest::RequestBuilder| -> Option<String> {
        let response = request.bearer_auth(&token).send().await.ok()?;
        let status = response.status();
        let text = response.text().await.ok()?;
        assert_eq!(status, 200, "{text}");
        Some(text)
    };
    for index in 0.. {
        let slug = format!("{prefix}n{index}");
        answered.lock().await.creating(&slug);
        let body = json!({"name": slug, "ecosystem": "ruby", "description": "x".repeat(2000)});
        let Some(text) = send(client.post(&url).json(&body)).await else { return };
        let registry: Value = serde_json::from_str(&text).unwrap();
        answered.lock().await.created(&slug, registry.clone());
        done.fetch_add(1, Ordering::Relaxed);
        let own = format!("{url}/{slug}");
        if index % 3 == 1 {
            let mut expected = registry;
            expected["description"] = Value::Null;
            expected["color"] = json!("#123456");
            answered.lock().await.updating(&slug, expected.clone());
            let update = json!({"description": null, "color": "#123456"});
            let Some(text) = send(client.patch(&own).json(&update)).await else { return };
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
            answered.lock().await.created(&slug, expected);
        }
        if index % 3 == 2 {
            answered.lock().await.deleting(&slug);
            if send(client.delete(&own)).await.is_none() {
                return;
            }
            answered.lock().await.deleted(&slug);
        }
    }
}

/// Everything that was answered holds, and whatever else is there was asked for.
async fn check(server: &Server, token: &str, answered: &Answered) {
    let request = http_client().get(server.registries()).bearer_auth(token);
    let list: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
    let found: HashMap<&str, Value> = list
        .iter()
        .map(|registry| (registry["slug"].as_str().unwrap(), without_addresses(registry)))
        .collect();
    assert_eq!(found.len(), list.len(), "a slug occurs twice");
    for (slug, states) in &answered.there {
        let found = found.get(slug.as_str());
        let is_one = states.iter().any(|state| found == Some(&without_addresses(state)));
        assert!(is_one, "{slug} was lost or half written: {found:?}");
    }
    for slug in found.keys() {
        assert!(!answered.gone.contains(*slug), "{slug} came back");
        let known = answered.there.contains_key(*slug) || answered.open.contains(*slug);
        assert!(known, "nobody created {slug}");
    }
}

/// A registry without what changes with the server's port.
fn without_addresses(registry: &Value) -> Value {
    let mut registry = registry.clone();
    for property in ["url", "web_url"] {
        registry.as_object_mut().unwrap().remove(property);
    }
    registry
}

/// The database is whole, and no row points to nothing.
async fn check_file(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let rows = sqlx::query("PRAGMA integrity_check").fetch_all(&pool).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, ["ok"]);
    let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&pool).await.unwrap();
    assert!(orphans.is_empty());
    pool.close().await;
}
