//! Code generators that the project has nothing to do with take the contract: each makes a client that
//! creates and lists registries at a running server. `tests/generators/prepare` installs them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use registries_strength::reference::Reference;
use serde_json::{Value, json};

use crate::support::{is_required, output, skipped};

/// `required` where the generators have to be there.
const VARIABLE: &str = "REGISTRIES_TEST_GENERATORS";

#[tokio::test]
async fn openapi_generator_makes_a_client() {
    lists_registries("openapi-generator", "Of Python").await;
}

#[tokio::test]
async fn openapi_python_client_makes_a_client() {
    lists_registries("openapi-python-client", "Of httpx").await;
}

#[tokio::test]
async fn openapi_typescript_makes_a_client() {
    lists_registries("openapi-typescript", "Of TypeScript").await;
}

/// Generates, runs what uses it, and looks at what that found.
async fn lists_registries(generator: &str, name: &str) {
    let tools = tools();
    if !tools.join("installed").exists() {
        let why = format!(
            "there are no generators in {}: tests/generators/prepare installs them",
            tools.display()
        );
        assert!(!is_required(VARIABLE), "{why}");
        return skipped(generator, &why);
    }
    let reference = Reference::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(scripts().join("run"));
    command.arg(generator).arg(tools).arg(folder.path());
    command.env("REGISTRIES_BASE_URL", reference.server.base_url());
    command.env("REGISTRIES_ORG", reference.server.organization());
    command.env("REGISTRIES_TOKEN", &reference.secrets[0]);
    // The server is this machine's, whatever proxy there is.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    let found: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    let policy = "- iss: https://agent.buildkite.com\n  claims: {organization_slug: \"a\"}\n";
    let expected = json!({
        "names": [name],
        "color": ["#F0CCff", null],
        "description": [null, "new"],
        "policy": policy,
        "secret": true,
        "times": ["str", "str"],
    });
    assert_eq!(found, expected, "{stderr}");
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generators")
}

/// Where `prepare` installs them.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generators")
}
