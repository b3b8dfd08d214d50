//! A run touches only what it created, whatever the deployment answers.

use registries_conformance::{Options, Profile, Verdict};
use registries_strength::{self as strength, faulty_proxy::FaultyProxy, reference::Reference};
use serde_json::{Value, json};

use crate::support::hasty;

/// Registries of another client, which exist before the run.
struct Theirs {
    client: reqwest::Client,
    url: String,
    secret: String,
}

impl Theirs {
    async fn create(reference: &Reference, names: &[&str]) -> Self {
        let organization = reference.server.organization();
        let root = reference.server.base_url();
        let theirs = Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: format!("{root}/packages/organizations/{organization}/registries"),
            secret: reference.secrets[0].clone(),
        };
        for name in names {
            let body = json!({"name": name, "ecosystem": "ruby", "description": "of others"});
            let create = theirs.client.post(&theirs.url).bearer_auth(&theirs.secret).json(&body);
            let created: Value = create.send().await.unwrap().json().await.unwrap();
            let url = format!("{}/{}/tokens", theirs.url, created["slug"].as_str().unwrap());
            let body = json!({"description": "of others"});
            let create = theirs.client.post(url).bearer_auth(&theirs.secret).json(&body);
            assert!(create.send().await.unwrap().status().is_success());
        }
        theirs
    }

    /// Everything that is there, registry tokens too.
    async fn all(&self) -> Vec<(Value, Value)> {
        let mut all = Vec::new();
        for registry in self.get(&self.url).await.as_array().unwrap() {
            let url = format!("{}/{}/tokens", self.url, registry["slug"].as_str().unwrap());
            all.push((registry.clone(), self.get(&url).await));
        }
        all
    }

    async fn get(&self, url: &str) -> Value {
        let get = self.client.get(url).bearer_auth(&self.secret);
        get.send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_is_left_alone_whatever_the_response() {
    let mistaken = ["create-answers-the-first-registry", "update-answers-the-first-registry"];
    for name in mistaken {
        for profile in [Profile::Core, Profile::Deep] {
            let reference = Reference::start().await.unwrap();
            let theirs = Theirs::create(&reference, &["theirs", "others"]).await;
            let before = theirs.all().await;
            let mut deviations = strength::deviations().into_iter();
            let behaviour = deviations.find(|it| it.name == name).unwrap().behaviour;
            let proxy = FaultyProxy::start(reference.server.base_url(), behaviour).await.unwrap();
            let options = Options { profile, ..hasty() };
            let run = registries_conformance::run(reference.at(&proxy.base_url), options);
            let report = run.await.unwrap();
            assert_eq!(report.verdict, Verdict::Deviates, "{name} in {profile}");
            assert_eq!(theirs.all().await, before, "{name} in {profile}");
            assert_eq!(report.left_behind, [] as [String; 0], "{name} in {profile}");
        }
    }
}
