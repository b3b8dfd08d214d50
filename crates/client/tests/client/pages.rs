//! Lists that come page by page.

use registries_client::Client;
use registries_server::{Embedded, Scope};

use crate::support::{Reply, Scripted, builder};

fn page(slugs: &[&str], headers: &str) -> Reply {
    let entries = slugs.iter().map(|slug| format!(r#"{{"id":"{slug}","slug":"{slug}"}}"#));
    let body = format!("[{}]", entries.collect::<Vec<_>>().join(","));
    Reply::new(200, headers, &body)
}

async fn slugs(client: &Client) -> Vec<String> {
    let all = client.organizations().per_page(2).all().await.unwrap();
    all.into_iter().map(|organization| organization.slug).collect()
}

#[tokio::test]
async fn organizations_come_as_a_stream_page_by_page_or_at_once() {
    let server = Embedded::start().await.unwrap();
    let secret = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).build().unwrap();
    let mut organizations = client.organizations().per_page(1);
    assert_eq!(organizations.next().await.unwrap().unwrap().slug, server.organization());
    assert!(organizations.next().await.is_none());
    assert_eq!(client.organizations().all().await.unwrap().len(), 1);
    let mut pages = client.organizations();
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 1);
    assert!(pages.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn the_header_says_whether_there_is_another_page() {
    let next = "Link: <https://elsewhere/v2/organizations?page=2>; rel=\"next\"";
    let first = "Link: <https://elsewhere/v2/organizations?page=1>; rel=\"first\"";
    let server = Scripted::start([page(&["a"], next), page(&["b", "c"], first)]).await;
    assert_eq!(slugs(&server.client()).await, ["a", "b", "c"]);
    let lines: Vec<_> = server.received().into_iter().map(|it| it.line).collect();
    assert_eq!(
        lines,
        ["GET /v2/organizations?page=1&per_page=2", "GET /v2/organizations?page=2&per_page=2",]
    );
}

#[tokio::test]
async fn without_the_header_a_page_that_is_not_full_is_the_last() {
    let server = Scripted::start([page(&["a", "b"], ""), page(&["c"], "")]).await;
    assert_eq!(slugs(&server.client()).await, ["a", "b", "c"]);
    let server = Scripted::start([page(&["a", "b"], ""), page(&[], "")]).await;
    assert_eq!(slugs(&server.client()).await, ["a", "b"]);
}

#[tokio::test]
async fn a_deployment_that_knows_no_pages_is_asked_twice_at_most() {
    let server = Scripted::start(vec![page(&["a", "b"], ""); 3]).await;
    assert_eq!(slugs(&server.client()).await, ["a", "b"]);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_stream_ends_after_an_error_and_a_page_can_be_asked_for_again() {
    let replies = || [page(&["a", "b"], ""), Reply::json(500, "{}"), page(&["c"], "")];
    let server = Scripted::start(replies()).await;
    let mut stream = server.client().organizations().per_page(2);
    for slug in ["a", "b"] {
        assert_eq!(stream.next().await.unwrap().unwrap().slug, slug);
    }
    stream.next().await.unwrap().unwrap_err();
    assert!(stream.next().await.is_none());

    let server = Scripted::start(replies()).await;
    let mut pages = server.client().organizations().per_page(2);
    pages.next_page().await.unwrap();
    pages.next_page().await.unwrap_err();
    assert_eq!(pages.next_page().await.unwrap().unwrap()[0].slug, "c");
}
