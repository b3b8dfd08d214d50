//! A database that goes away and comes back, under a running server.

use std::io::Write;
use std::path::PathBuf;

use registries_server::EmbeddedOptions;
use serde_json::json;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::harness::{Answer, Api};
use crate::postgres::{Cluster, Database};
use crate::slow;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_blocks_no_request_for_ever() {
    // It does for as long as no test may change.
    if !slow::is_full() {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let database = Database::create_on(&cluster.url);
    let socket = cluster.directory.join(".s.PGSQL.5432");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (swallow, swallows) = watch::channel(false);
    tokio::spawn(network(listener, socket, swallows));

    let mut url: url::Url = database.url().parse().unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(port)).unwrap();
    let options = EmbeddedOptions { database: Some(url.into()), ..EmbeddedOptions::default() };
    let api = Api::start_with(options).await;
    api.create("before").await;
    swallow.send(true).unwrap();
    assert_unavailable(&api.get(&api.registries()).await);
    swallow.send(false).unwrap();
    // Each of the connections that lead nowhere may be tried once.
    for _ in 0..16 {
        let answer = api.get(&api.registries()).await;
        if answer.status == 200 {
            return;
        }
        assert_unavailable(&answer);
    }
    panic!("it does not recover");
}

/// Leads connections to the database, until it swallows what is on them. New ones are led there again
/// when it stops that, old ones never.
async fn network(listener: TcpListener, socket: PathBuf, swallows: watch::Receiver<bool>) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let (socket, mut swallows) = (socket.clone(), swallows.clone());
        tokio::spawn(async move {
            let mut database = UnixStream::connect(socket).await.unwrap();
            tokio::select! {
                biased;
                () = async { drop(swallows.wait_for(|swallows| *swallows).await) } => {
                    std::future::pending::<()>().await;
                }
                // Either side may break it off.
                _ = tokio::io::copy_bidirectional(&mut client, &mut database) => {}
            }
        });
    }
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("2"));
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains("cannot reach its database"), "{message}");
    assert_eq!(answer.body.as_object().unwrap().len(), 1, "nothing else is told");
}
