//! Lists that come page by page.

use registries_client::{Client, Error, ErrorKind};
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

/// The header of a page that names another one.
fn next(page: &str) -> String {
    format!("Link: <https://elsewhere/v2/organizations?page={page}>; rel=\"next\"")
}

/// What a list has before its error, and the error.
async fn until_the_error(server: &Scripted) -> (Vec<String>, Error) {
    let mut list = server.client().organizations().per_page(2);
    let mut slugs = Vec::new();
    loop {
        match list.next().await.expect("it ends with an error") {
            Ok(organization) => slugs.push(organization.slug),
            Err(error) => {
                assert!(list.next().await.is_none());
                return (slugs, error);
            }
        }
    }
}

#[tokio::test]
async fn a_next_page_that_cannot_be_is_an_error_after_the_entries_before() {
    for (link, problem) in [
        (next("2"), "`Link` of page 2 names page 2 as the next one"),
        (next("1"), "`Link` of page 2 names page 1 as the next one"),
        (next("x"), "`Link` of page 2 names a next page without a number"),
        ("Link: <?after=abc>; rel=next".to_owned(), "names a next page without a number"),
        ("Link: <?page=3>; rel=next, <?page=4>; REL=Next".to_owned(), "two different next pages"),
    ] {
        let server = Scripted::start([page(&["a", "b"], &next("2")), page(&["c"], &link)]).await;
        let (slugs, error) = until_the_error(&server).await;
        assert_eq!(slugs, ["a", "b", "c"]);
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!((error.kind(), server.received().len()), (ErrorKind::Decode, 2));
        let server = Scripted::start([page(&["a", "b"], &next("2")), page(&["c"], &link)]).await;
        server.client().organizations().all().await.unwrap_err();
    }
}

#[tokio::test]
async fn the_next_page_may_be_named_in_any_form() {
    for link in [
        "Link: <?page=2>; rel=next",
        "Link: </v2/organizations?page=2>; Rel=\"NEXT\"",
        "Link: <https://h/?page=1>; rel=\"first\"\nLink: <https://h/?page=2>; rel=\"last next\"",
        "link: <?per_page=1&page=2>; title=\"a, b; c\"; rel=next, <?page=9>; rel=last",
    ] {
        let server = Scripted::start([page(&["a"], link), page(&["b"], "")]).await;
        assert_eq!(slugs(&server.client()).await, ["a", "b"], "{link}");
    }
}

#[tokio::test]
async fn an_empty_page_is_not_the_last_if_it_names_another() {
    let empty = || page(&[], &next("3"));
    let server = Scripted::start([page(&["a"], &next("2")), empty(), page(&["b"], "")]).await;
    assert_eq!(slugs(&server.client()).await, ["a", "b"]);
    let pages = (1..).map(|number: u32| page(&[], &next(&(number + 1).to_string())));
    let server = Scripted::start(pages.take(20)).await;
    let (slugs, error) = until_the_error(&server).await;
    assert_eq!((slugs.len(), server.received().len()), (0, 10));
    assert!(error.to_string().contains("page 10 is the 10th empty one in a row"), "{error}");
}

#[tokio::test]
async fn pages_that_repeat_themselves_and_name_another_are_an_error() {
    let pages = (1..).map(|number: u32| page(&["a", "b"], &next(&(number + 1).to_string())));
    let server = Scripted::start(pages.take(20)).await;
    let (slugs, error) = until_the_error(&server).await;
    assert_eq!((slugs.len(), server.received().len()), (2, 2));
    assert!(error.to_string().contains("page 2 is the same as the one before"), "{error}");
}

#[tokio::test]
async fn the_size_of_a_page_is_sent_also_by_default() {
    let server = Scripted::start([page(&["a"], "")]).await;
    server.client().organizations().all().await.unwrap();
    assert_eq!(server.only().line, "GET /v2/organizations?page=1&per_page=30");
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
