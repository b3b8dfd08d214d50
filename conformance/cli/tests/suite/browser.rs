//! A browser, driven by the `WebDriver` protocol.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::support::{is_required, skipped};

/// A browser with a profile of its own. Both end when it is dropped.
pub(crate) struct Browser {
    session: String,
    http: reqwest::Client,
    driver: Driver,
}

/// A process that drives browsers.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// `None` where there is none, unless there has to be one.
    fn start(test: &str) -> Option<Self> {
        let mut command = Command::new("chromedriver");
        let started = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut process) = started else {
            assert!(!is_required("REGISTRIES_TEST_BROWSER"), "there is no chromedriver");
            skipped(test, "there is no chromedriver (Debian package chromium-driver)");
            return None;
        };
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').parse().unwrap())
        });
        Some(Self { process, port: port.expect("it says where it listens") })
    }

    /// Lets it end its browsers: they would go on without it.
    fn end_browsers(&self) -> io::Result<()> {
        let mut driver = TcpStream::connect(("127.0.0.1", self.port))?;
        driver.set_read_timeout(Some(Duration::from_secs(30)))?;
        driver
            .write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        driver.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.end_browsers();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// A browser for a test, in which pages may run scripts or may not; `None` where there is none.
    pub(crate) async fn start(test: &str, runs_scripts: bool) -> Option<Self> {
        let driver = Driver::start(test)?;
        // What a person switches off in the settings.
        let setting = if runs_scripts { 1 } else { 2 };
        let capabilities = json!({
            "goog:chromeOptions": {
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--disable-background-networking", "--no-first-run", "--window-size=1100,1600",
                ],
                "prefs": {"profile.managed_default_content_settings.javascript": setting},
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut browser = Self { session: String::new(), http, driver };
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let session = browser.post("", body).await;
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn url(&self, command: &str) -> String {
        format!("http://127.0.0.1:{}/session{}{command}", self.driver.port, self.session)
    }

    /// What the driver answers to a command.
    async fn post(&self, command: &str, body: Value) -> Value {
        let answer = self.http.post(self.url(command)).json(&body).send().await.unwrap();
        let mut answer: Value = answer.json().await.unwrap();
        assert!(answer["value"].get("error").is_none(), "{command}: {answer}");
        answer["value"].take()
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    /// What a function's body returns in the page, whether the page may run scripts or not.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Clicks as a person does.
    pub(crate) async fn click(&self, selector: &str) {
        let found = json!({"using": "css selector", "value": selector});
        let element = self.post("/element", found).await;
        let id = element.as_object().unwrap().values().next().unwrap();
        self.post(&format!("/element/{}/click", id.as_str().unwrap()), json!({})).await;
    }

    /// Lets pages see another medium, or another choice of the person's.
    pub(crate) async fn emulate(&self, medium: &str, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let params = json!({"media": medium, "features": features});
        let body = json!({"cmd": "Emulation.setEmulatedMedia", "params": params});
        self.post("/goog/cdp/execute", body).await;
    }

    /// Makes pages as narrow as on a phone.
    pub(crate) async fn narrow(&self, width: u32) {
        let params = json!({"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true});
        let body = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": params});
        self.post("/goog/cdp/execute", body).await;
    }

    /// What was written to the console.
    pub(crate) async fn console(&self) -> Value {
        self.post("/se/log", json!({"type": "browser"})).await
    }

    /// The page as a PDF.
    pub(crate) async fn printed(&self) -> Vec<u8> {
        let pdf = self.post("/print", json!({"background": true})).await;
        BASE64_STANDARD.decode(pdf.as_str().unwrap()).unwrap()
    }

    /// What a person sees of the page, as a PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let answer = self.http.get(self.url("/screenshot")).send();
        let answer: Value = answer.await.unwrap().json().await.unwrap();
        BASE64_STANDARD.decode(answer["value"].as_str().unwrap()).unwrap()
    }
}
