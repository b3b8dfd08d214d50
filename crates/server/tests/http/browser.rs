//! The page that describes the API, as a person sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

use crate::harness::Api;

/// A process that drives a browser. It is killed when it is dropped.
struct Driver {
    process: Child,
    url: String,
}

impl Driver {
    /// `None` where there is none, unless there has to be one.
    fn start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        let started = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut process) = started else {
            let required =
                std::env::var("REGISTRIES_TEST_BROWSER").is_ok_and(|it| it == "required");
            assert!(!required, "there is no chromedriver");
            // Written past what captures the output of tests that succeed.
            let note = "skipped what needs a browser: there is no chromedriver (Debian package \
                        chromium-driver)\n";
            std::io::stderr().write_all(note.as_bytes()).unwrap();
            return None;
        };
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}", port.expect("it says where it listens"));
        Some(Self { process, url })
    }

    async fn browser(&self) -> Client {
        let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let options = json!({"args": arguments});
        let capabilities = std::iter::once(("goog:chromeOptions".to_owned(), options)).collect();
        ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn click(browser: &Client, selector: &str) {
    browser.wait().for_element(Locator::Css(selector)).await.unwrap().click().await.unwrap();
}

/// Types over what stands in a field.
async fn fill(browser: &Client, selector: &str, text: &str) {
    // Control and A at once, as WebDriver writes it.
    const SELECT_ALL: &str = "\u{e009}a\u{e000}";
    let field = browser.wait().for_element(Locator::Css(selector)).await.unwrap();
    field.send_keys(&format!("{SELECT_ALL}{text}")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_and_tries_the_api_in_a_browser() {
    let Some(driver) = Driver::start() else { return };
    let api = Api::start().await;
    api.create("seen in a browser").await;
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let browser = driver.browser().await;
    browser.goto(&format!("{root}/docs/")).await.unwrap();
    browser.wait().for_element(Locator::Css(".opblock")).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "Registries API");
    let bars = browser.find_all(Locator::Css(".topbar")).await.unwrap();
    assert!(bars.is_empty(), "nothing opens other contracts");
    let text = browser.source().await.unwrap();
    for summary in ["List all registries", "Create a registry", "Registry tokens"] {
        assert!(text.contains(summary), "{summary}");
    }

    click(&browser, ".auth-wrapper .authorize").await;
    fill(&browser, ".auth-container input", &api.token).await;
    click(&browser, ".auth-btn-wrapper .authorize").await;
    click(&browser, ".auth-btn-wrapper .btn-done").await;
    let operation = "#operations-Registries-list_registries";
    click(&browser, &format!("{operation} .opblock-summary-control")).await;
    // The organization that exists is filled in.
    click(&browser, &format!("{operation} .execute")).await;
    let answered = format!("{operation} .live-responses-table tbody .response-col_status");
    let status = browser.wait().for_element(Locator::Css(&answered)).await.unwrap();
    assert_eq!(status.text().await.unwrap().lines().next(), Some("200"));
    let text = browser.source().await.unwrap();
    assert!(text.contains("seen-in-a-browser"));
    assert!(text.contains("Required scope: <code>read_registries</code>"));

    // As wide as a phone, and nothing is wider.
    browser.set_window_size(500, 800).await.unwrap();
    let script = "return document.documentElement.scrollWidth <= window.innerWidth";
    assert_eq!(browser.execute(script, Vec::new()).await.unwrap(), true);

    let script = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    let loaded = browser.execute(script, Vec::new()).await.unwrap();
    let loaded: Vec<String> =
        loaded.as_array().unwrap().iter().map(|url| url.as_str().unwrap().to_owned()).collect();
    let elsewhere: Vec<_> =
        loaded.iter().filter(|url| !url.starts_with(root) && !url.starts_with("data:")).collect();
    assert!(!loaded.is_empty() && elsewhere.is_empty(), "{elsewhere:?}");
    let known = browser.execute("return Object.keys(localStorage)", Vec::new()).await.unwrap();
    assert_eq!(known, Value::Array(Vec::new()), "the token is not kept");
    browser.close().await.unwrap();
}
