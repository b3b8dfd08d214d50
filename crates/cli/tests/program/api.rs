//! Requests of any kind.

use serde_json::Value;

use crate::support::{Place, printed};

#[tokio::test(flavor = "multi_thread")]
async fn any_request_can_be_sent() {
    let place = Place::new().await;
    let path = "/packages/organizations/{org}/registries";
    let create = ["api", "post", path, "-f", "name=My Gems", "-f", "ecosystem=ruby"];
    let created: Value = serde_json::from_str(&place.ok(&create).await).unwrap();
    assert_eq!(created["slug"], "my-gems");
    let update = ["api", "POST", "packages/organizations/{org}/registries/my-gems", "--input", "-"];
    let updated =
        printed(place.command(&update), "{\"description\": \"a\", \"emoji\": null}").await;
    assert!(updated.stdout.contains("\"description\": \"a\""), "{}", updated.stderr);
    let page = place.ok(&["api", "GET", "/organizations?per_page=1&page=1"]).await;
    assert_eq!(serde_json::from_str::<Value>(&page).unwrap()[0]["slug"], "example-org");
    let delete = ["api", "DELETE", "/packages/organizations/{org}/registries/my-gems"];
    place.ok(&delete).await;
    assert_eq!(place.run(&delete).await.status, 1);
    let without = printed(
        {
            let mut command = place.command(&["api", "GET", "/access-token"]);
            command.env_remove("REGISTRIES_ORG");
            command
        },
        "",
    );
    assert_eq!(without.await.status, 0);
}
