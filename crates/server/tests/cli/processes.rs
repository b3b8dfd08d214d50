//! Three server processes on one `PostgreSQL` database, with requests spread over them.

use std::collections::BTreeSet;

use chrono::Utc;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Deployment, Server, UNLIMITED, http_client, patiently, run, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn every_process_reads_what_any_has_returned() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    they_read_what_any_has_returned(&deployment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_on_a_file_reads_what_any_has_returned() {
    they_read_what_any_has_returned(&Deployment::new()).await;
}

async fn they_read_what_any_has_returned(deployment: &Deployment) {
    let servers = three(deployment, &UNLIMITED);
    let (token, client) = (deployment.token(), http_client());
    for index in 0..30 {
        let [one, two, three] = [0, 1, 2].map(|turn| servers[(index + turn) % 3].registries());
        let slug = format!("r{index}");
        let body = json!({"name": slug, "ecosystem": "ruby"});
        let created = client.post(one).bearer_auth(&token).json(&body).send().await.unwrap();
        assert_eq!(created.status(), 200);
        let id = created.json::<Value>().await.unwrap()["id"].clone();
        let found = client.get(format!("{two}/{slug}")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(found.json::<Value>().await.unwrap()["id"], id);
        let color = async || {
            let found = client.get(format!("{three}/{slug}")).bearer_auth(&token).send().await;
            found.unwrap().json::<Value>().await.unwrap()["color"].clone()
        };
        assert_eq!(color().await, Value::Null);
        let update = client.patch(format!("{two}/{slug}")).bearer_auth(&token);
        let update = update.json(&json!({"color": "#123456"})).send().await.unwrap();
        assert_eq!(update.status(), 200);
        assert_eq!(color().await, "#123456", "it had been asked for before");
        let list = client.get(&three).bearer_auth(&token).send().await.unwrap();
        let list: Vec<Value> = list.json().await.unwrap();
        assert_eq!((&list[0]["id"], &list[0]["color"]), (&id, &json!("#123456")));
        let deleted = client.delete(format!("{three}/{slug}")).bearer_auth(&token);
        assert_eq!(deleted.send().await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_is_taken_once_whichever_process_is_asked() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    let servers = three(&deployment, &UNLIMITED);
    let (token, client) = (deployment.token(), http_client());
    let mut tasks = JoinSet::new();
    for index in 0..90 {
        let name = format!("r{}", index / 9);
        let body = json!({"name": name, "ecosystem": "ruby"});
        let request = client.post(servers[index % 3].registries()).bearer_auth(&token).json(&body);
        tasks.spawn(async move { (name, request.send().await.unwrap().status().as_u16()) });
    }
    let answers = tasks.join_all().await;
    for name in (0..10).map(|number| format!("r{number}")) {
        let count = |wanted| answers.iter().filter(|it| **it == (name.clone(), wanted)).count();
        // On a busy machine a response may be lost.
        let (created, unanswered) = (count(200), count(503));
        assert!(created == 1 || created == 0 && unanswered > 0, "{name}: {answers:?}");
        assert_eq!(created + unanswered + count(422), 9, "{name}: {answers:?}");
    }
    for server in &servers {
        let list = patiently(client.get(server.registries()).bearer_auth(&token)).await;
        let list: Vec<Value> = list.json().await.unwrap();
        let slugs: BTreeSet<_> = list.iter().map(|r| r["slug"].as_str().unwrap()).collect();
        assert_eq!((list.len(), slugs.len()), (10, 10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_works_on_no_process() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    let servers = three(&deployment, &UNLIMITED);
    let client = http_client();
    for revoking in &servers {
        let token = deployment.token();
        let get = async |server: &Server| {
            let request = client.get(server.registries()).bearer_auth(&token);
            loop {
                let status = request.try_clone().unwrap().send().await.unwrap().status().as_u16();
                // Once the machine has time for it.
                if status != 503 {
                    return status;
                }
            }
        };
        for server in &servers {
            assert_eq!(get(server).await, 200);
        }
        let url = format!("{}/access-token", revoking.base_url);
        assert_eq!(client.delete(url).bearer_auth(&token).send().await.unwrap().status(), 204);
        for server in &servers {
            assert_eq!(get(server).await, 401, "at once");
        }
    }
}

/// No more requests are accepted than by one process, and no fewer.
#[tokio::test(flavor = "multi_thread")]
async fn processes_share_rate_limits() {
    let client = http_client();
    // What was sent in two minutes may be accepted twice as often, and a machine may have no time for a
    // response: then all begins again.
    loop {
        let Some(deployment) = Deployment::on_postgres() else { return };
        let servers = three(&deployment, &["--rate-limit-user", "30", "--rate-limit-org", "50"]);
        let tokens = ["a@example.org", "b@example.org"].map(|user| token_of(&deployment, user));
        let minute = || Utc::now().timestamp() / 60;
        let before = minute();
        let mut tasks = JoinSet::new();
        for index in 0..180 {
            let user = index % 2;
            let server = &servers[index % 3];
            let request = client.get(server.registries()).bearer_auth(&tokens[user]);
            tasks.spawn(async move { (user, request.send().await.unwrap().status().as_u16()) });
        }
        let answers = tasks.join_all().await;
        let is_reported = answers.iter().all(|(_, status)| *status != 503);
        if minute() != before || !is_reported {
            continue;
        }
        let of = |user, status| answers.iter().filter(|answer| **answer == (user, status)).count();
        assert_eq!(of(0, 200) + of(0, 429), 90, "{answers:?}");
        assert_eq!(of(1, 200) + of(1, 429), 90, "{answers:?}");
        assert!(of(0, 200) <= 30 && of(1, 200) <= 30, "{answers:?}");
        assert_eq!(of(0, 200) + of(1, 200), 50, "{answers:?}");
        return;
    }
}

fn three(deployment: &Deployment, arguments: &[&str]) -> [Server; 3] {
    [(); 3].map(|()| deployment.serve(arguments))
}

fn token_of(deployment: &Deployment, user: &str) -> String {
    let database = deployment.database();
    let arguments =
        ["token", "create", "--database", &database, "--org", "my-org", "--scopes", "all"];
    let output = run(&[&arguments[..], &["--user", user]].concat());
    assert!(output.status.success(), "{output:?}");
    stdout(&output).trim_end().to_owned()
}
