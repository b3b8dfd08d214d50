//! Which responses say that a resource is missing.

use registries_client::ErrorKind;
use registries_server::{Embedded, Scope};
use serde_json::json;

use crate::support::{Reply, Scripted, builder};

#[tokio::test]
async fn only_404_means_that_there_is_nothing() {
    for status in [401, 403, 410, 422, 500] {
        let server = Scripted::start(vec![Reply::json(status, "{}"); 2]).await;
        let registry = server.client().organization("my-org").registry("r");
        assert_eq!(registry.find().await.unwrap_err().status().unwrap(), status);
        assert_eq!(registry.delete_if_exists().await.unwrap_err().status().unwrap(), status);
    }
}

#[tokio::test]
async fn only_the_error_of_the_api_means_that_there_is_nothing() {
    let other = [
        Reply::new(404, "Content-Type: text/html", "<h1>Not Found</h1>"),
        Reply::new(404, "", ""),
        Reply::json(404, "{}"),
        Reply::json(404, r#"["No registry found"]"#),
        Reply::broken_with(404, r#"{"message":"No registry found""#),
        Reply::json(404, r#"{"message":"No organization found"}"#),
        Reply::json(404, r#"{"message":"no Route matched with those values"}"#),
    ];
    for reply in other {
        let server = Scripted::start(vec![reply.clone(); 4]).await;
        let registry = server.client().organization("my-org").registry("r");
        for error in [
            registry.find().await.unwrap_err(),
            registry.delete_if_exists().await.unwrap_err(),
            registry.token("t").find().await.unwrap_err(),
            registry.token("t").delete_if_exists().await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{reply:?}");
            // What is not of the API, or is about the path as a whole.
            let is_of_url = error.message().is_none_or(|it| it.contains("Route"));
            assert_eq!(error.to_string().contains("check the base URL"), is_of_url, "{error}");
        }
    }
    for message in ["No registry found", "Not Found", "No registry in this organization"] {
        let gone = Reply::json(404, &json!({ "message": message }).to_string());
        let server = Scripted::start(vec![gone; 2]).await;
        let registry = server.client().organization("my-org").registry("r");
        assert!(registry.find().await.unwrap().is_none());
        assert!(!registry.delete_if_exists().await.unwrap());
    }
}

#[tokio::test]
async fn what_contains_a_missing_resource_has_to_be_there() {
    let server = Embedded::start().await.unwrap();
    let secret = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).build().unwrap();
    let org = client.organization(server.organization());
    org.create_registry("Gems", "ruby").await.unwrap();
    let id = "0191b6a2-aa51-70d0-8a5f-aabce115b0fd";
    assert!(org.registry("none").find().await.unwrap().is_none());
    assert!(!org.registry("none").delete_if_exists().await.unwrap());
    assert!(org.registry("gems").token(id).find().await.unwrap().is_none());
    assert!(!org.registry("gems").token(id).delete_if_exists().await.unwrap());
    assert!(client.organization("none").find().await.unwrap().is_none());

    let typo = client.organization("none").registry("gems");
    assert!(typo.find().await.unwrap_err().is_not_found());
    assert!(typo.delete_if_exists().await.unwrap_err().is_not_found());
    let typo = org.registry("none").token(id);
    assert!(typo.find().await.unwrap_err().is_not_found());
    assert!(typo.delete_if_exists().await.unwrap_err().is_not_found());
    let base_url = server.base_url().replace("/v2", "/v3");
    let elsewhere = builder(base_url, &secret).build().unwrap();
    let typo = elsewhere.organization(server.organization()).registry("gems");
    assert!(typo.find().await.unwrap_err().is_not_found());
    assert!(typo.delete_if_exists().await.unwrap_err().is_not_found());
}
