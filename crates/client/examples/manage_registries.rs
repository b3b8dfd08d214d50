//! Creates a registry, lists, gets and updates it, and deletes it again.
//!
//! ```text
//! export REGISTRIES_BASE_URL=http://127.0.0.1:8080/v2 REGISTRIES_ORG=my-org REGISTRIES_TOKEN=…
//! cargo run --example manage_registries
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it does")]

use std::{env, time::SystemTime};

use anyhow::{Context as _, anyhow, ensure};
use registries_client::{Client, ClientBuilder, OrganizationHandle, RetryPolicy, types};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The client's default is the vendor's API. An example only writes to a server that the user
    // named.
    let base_url = env::var("REGISTRIES_BASE_URL").map_err(|_| {
        anyhow!("REGISTRIES_BASE_URL is not set; set it as in http://127.0.0.1:8080/v2")
    })?;
    let organization = env::var("REGISTRIES_ORG")
        .map_err(|_| anyhow!("REGISTRIES_ORG is not set; set it to the slug of an organization"))?;
    println!("Using    {base_url}, organization {organization}");
    let retry = RetryPolicy::default()
        .on_wait(|wait| eprintln!("Waiting {:.1?}, since {}", wait.delay, wait.cause));
    let client = ClientBuilder::from_env()?.retry(retry).build()?;
    let toured = tour(&client, &organization).await;
    if base_url.trim_end_matches('/').ends_with("/v2") {
        return toured;
    }
    toured.with_context(|| format!("{base_url} does not end in /v2, as base URLs usually do"))
}

/// Creates a registry, does what can be done with it, and deletes it whatever happened.
pub(crate) async fn tour(client: &Client, organization: &str) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let name = format!("example {}", now.as_millis());
    let organization = client.organization(organization);
    let create = organization.create_registry(name, "ruby");
    let created = create.description("created by an example").await?;
    println!("Created  {} ({})", created.slug, created.id);

    let used = use_registry(&organization, &created).await;
    let deleted = organization.registry(&created.slug).delete().await;
    deleted.with_context(|| format!("{} is left over; delete it by hand", created.slug))?;
    println!("Deleted  {}", created.slug);
    used
}

async fn use_registry(
    organization: &OrganizationHandle,
    created: &types::Registry,
) -> anyhow::Result<()> {
    let listed = organization.registries().await?;
    ensure!(listed.iter().any(|registry| registry.id == created.id), "the list lacks the registry");
    println!("Listed   {} registries, {} among them", listed.len(), created.slug);

    let registry = organization.registry(&created.slug);
    let got = registry.get().send().await?;
    println!("Got      {}, description: {:?}", got.slug, got.description);
    if let Some(left) = got.rate_limits().user.remaining {
        println!("         {left} requests left in this minute");
    }

    // What is not named stays as it is.
    let updated = registry.update().color("#f0ccff").clear_description().await?;
    ensure!(updated.description.is_none(), "the description is still there");
    println!("Updated  {}, color: {:?}, no description", updated.slug, updated.color);
    Ok(())
}
