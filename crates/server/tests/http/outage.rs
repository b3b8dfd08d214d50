//! A database that goes away and comes back, under a running server.

use std::io::Write;

use registries_server::EmbeddedOptions;
use serde_json::json;

use crate::harness::{Answer, Api};
use crate::postgres::{Cluster, Database};

impl Cluster {
    /// Carries out `stop`, which is a crash, or `start`.
    fn order(&mut self, order: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{order}").unwrap();
        self.wait_until_ready();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_survives_its_database() {
    // Its own: the others need theirs.
    let Some(mut cluster) = Cluster::start() else { return };
    let database = Database::create_on(&cluster.url);
    let options = EmbeddedOptions { database: Some(database.url()), ..EmbeddedOptions::default() };
    let api = Api::start_with(options).await;
    api.create("before").await;
    for name in ["first", "second"] {
        cluster.order("stop");
        let create = json!({"name": name, "ecosystem": "ruby"});
        let (path, list) = (api.registry("before"), api.registries());
        let answers = tokio::join!(
            api.get(&list),
            api.send("POST", &list, create.clone()),
            api.send("DELETE", &path, json!(null)),
            api.send("DELETE", "/access-token", json!(null)),
        );
        for answer in <[Answer; 4]>::from(answers) {
            assert_unavailable(&answer);
        }
        cluster.order("start");
        let answer = api.get(&list).await;
        assert_eq!(answer.status, 200, "from the first request: {answer:?}");
        assert_eq!(api.send("POST", &list, create).await.status, 200);
    }
    assert_eq!(api.get(&api.registries()).await.body.as_array().unwrap().len(), 3);
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("2"));
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains("cannot reach its database"), "{message}");
    assert_eq!(answer.body.as_object().unwrap().len(), 1, "nothing else is told");
}
