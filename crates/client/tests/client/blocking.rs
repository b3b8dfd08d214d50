//! Calls of programs without `async`.

use registries_client::{Client, Method};
use registries_server::{Embedded, Scope};
use serde_json::Value;

use crate::support::builder;

/// What a program without `async` does with the client.
fn tour(client: &Client, org: &str) {
    let org = client.organization(org);
    org.create_registry("My Gems", "ruby").wait().unwrap();
    let mut gems = org.registry("my-gems");
    assert_eq!(gems.get().send_wait().unwrap().status(), 200);
    gems.rename("Your Gems").wait().unwrap();
    assert_eq!(gems.slug(), "your-gems");
    // Threads may call at the same time.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(gems.find().wait().unwrap().is_some()));
        }
    });
    assert!(gems.delete_if_exists().wait().unwrap());
    let organizations: Result<Vec<_>, _> = client.organizations().wait().collect();
    assert_eq!(organizations.unwrap().len(), 1);
    let token = client.request(Method::GET, ["access-token"]).send_json_wait::<Value>().unwrap();
    assert!(token["uuid"].is_string());
    let error = org.registry("no").get().wait().unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_without_async_makes_calls() {
    let server = Embedded::start().await.unwrap();
    let org = server.organization().to_owned();
    let secret = server.create_token(&org, &Scope::ALL).await.unwrap();
    let base_url = server.base_url().to_owned();
    // A thread of its own, as the program's would be.
    let called = std::thread::spawn(move || {
        tour(&builder(base_url, &secret).build().unwrap(), &org);
    });
    tokio::task::spawn_blocking(|| called.join().unwrap()).await.unwrap();
}
