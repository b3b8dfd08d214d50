//! `conformance run`.

use std::{env, io::Write, process::ExitCode, time::Duration};

use clap::Args;
use registries_conformance::{
    Deployment, Options, Profile, Report, Verdict, cases,
    deployment::{self, DeploymentError, Token},
    reference::Reference,
    report,
};
use tokio::sync::watch;

use super::{Failure, no_such_case, progress, target::ReportTarget};

#[derive(Args)]
#[command(after_help = "Examples:
  conformance run
      the embedded reference server
  REGISTRIES_TOKEN=… conformance run --base-url https://api.example.com/v2 --org my-org
      a deployment
  REGISTRIES_TOKEN=… conformance run --base-url … --org my-org --profile smoke
      a deployment in production: reads only
  conformance run --filter update --report json=report.json
      some cases only, with a report for machines

The token needs the scopes read_registries, write_registries (or create_registries too, where the
deployment knows it) and delete_registries. A run creates a few registries whose names begin with
\"conformance\", touches no others, and removes them whatever happens.

Exit status: 0 the deployment conforms, 1 it does not, 2 wrong usage, 3 could not be carried out.")]
pub(crate) struct RunArgs {
    /// The API root of the deployment, including /v2; without it the embedded reference server
    #[arg(long, value_name = "URL", env = "REGISTRIES_BASE_URL")]
    base_url: Option<String>,
    /// The slug of the organization to work in
    #[arg(long, value_name = "SLUG", env = "REGISTRIES_ORG")]
    org: Option<String>,
    /// The environment variable that holds the access token [default: `REGISTRIES_TOKEN`]
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// The environment variable that holds a token with the scope `read_registries` only
    #[arg(long, value_name = "NAME")]
    limited_token_env: Option<String>,
    /// The environment variable that holds a token that the run may revoke
    #[arg(long, value_name = "NAME")]
    revocable_token_env: Option<String>,
    /// How much to look at
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// Only cases with this text in their name; may be given more than once
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Write a report as well; may be given more than once
    #[arg(long, value_name = "json=PATH")]
    report: Vec<ReportTarget>,
    /// Let warnings fail the deployment
    #[arg(long)]
    strict: bool,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

pub(crate) async fn execute(args: RunArgs) -> Result<ExitCode, Failure> {
    if cases::selected(&args.filter, args.profile).is_empty() {
        return Err(no_such_case(&args.filter));
    }
    for target in &args.report {
        target.check()?;
    }
    let (embedded, deployment) = if let Some(base_url) = &args.base_url {
        (None, remote(&args, base_url)?)
    } else {
        let Reference { server, deployment, .. } = embedded(&args).await?;
        let timeout = Duration::from_secs(args.timeout);
        (Some(server), Deployment { timeout, ..deployment })
    };
    let (bar, listener) = progress::listener();
    let options = Options {
        filters: args.filter.clone(),
        profile: args.profile,
        embedded: embedded.is_some(),
        interrupt: Some(interruption()),
        progress: Some(listener),
    };
    let report = registries_conformance::run(deployment, options).await;
    bar.finish_and_clear();
    if let Some(server) = embedded {
        server.shutdown().await;
    }
    let report = report.map_err(|error| unusable(&error))?;
    let report = if args.strict { report.strict() } else { report };
    publish(&report, &args.report)?;
    Ok(match report.verdict {
        Verdict::Conforms => ExitCode::SUCCESS,
        Verdict::Deviates => ExitCode::from(1),
        Verdict::Incomplete => ExitCode::from(3),
    })
}

fn remote(args: &RunArgs, base_url: &str) -> Result<Deployment, Failure> {
    let org = args.org.as_deref().ok_or_else(|| {
        Failure::Usage("--base-url needs --org SLUG (or REGISTRIES_ORG) too".into())
    })?;
    let deployment = Deployment {
        base_url: deployment::base_url(base_url).map_err(|error| unusable(&error))?,
        organization: deployment::organization(org).map_err(|error| unusable(&error))?,
        token: token(args.token_env.as_deref().unwrap_or("REGISTRIES_TOKEN"))?,
        limited_token: args.limited_token_env.as_deref().map(token).transpose()?,
        revocable_token: args.revocable_token_env.as_deref().map(token).transpose()?,
        timeout: Duration::from_secs(args.timeout),
    };
    let Deployment { token, limited_token: limited, revocable_token: revocable, .. } = &deployment;
    let others = [limited, revocable];
    if others.iter().any(|other| other.as_ref() == Some(token))
        || (limited.is_some() && limited == revocable)
    {
        return Err(Failure::Usage(
            "two of the tokens are the same: the limited one may only read, the revocable one is \
             revoked, and neither can do what the run's token does"
                .into(),
        ));
    }
    Ok(deployment)
}

fn token(variable: &str) -> Result<Token, Failure> {
    match env::var(variable) {
        Ok(text) => Token::new(&text)
            .map_err(|error| Failure::Usage(format!("{error}: environment variable {variable}"))),
        Err(env::VarError::NotPresent) => Err(Failure::Usage(format!(
            "the environment variable {variable} is not set; put the access token into it, or name \
             another with --token-env, --limited-token-env or --revocable-token-env"
        ))),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::Usage(format!("the environment variable {variable} is not text")))
        }
    }
}

async fn embedded(args: &RunArgs) -> Result<Reference, Failure> {
    let for_a_deployment = [
        ("--org", args.org.is_some() && env::var_os("REGISTRIES_ORG").is_none()),
        ("--token-env", args.token_env.is_some()),
        ("--limited-token-env", args.limited_token_env.is_some()),
        ("--revocable-token-env", args.revocable_token_env.is_some()),
    ];
    if let Some((option, _)) = for_a_deployment.iter().find(|(_, given)| *given) {
        return Err(Failure::Usage(format!(
            "{option} is for a deployment: give its --base-url URL too, or neither of them"
        )));
    }
    Reference::start().await.map_err(|error| Failure::NotCarriedOut(error.to_string()))
}

/// Becomes true on Ctrl-C or SIGTERM; the second time the process ends at once.
fn interruption() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if !asked_to_stop().await {
            return;
        }
        eprintln!("conformance: stopping; removing what was created (once more to leave it there)");
        // The run may be over already; then there is nobody to tell.
        let _ = sender.send(true);
        if asked_to_stop().await {
            eprintln!(
                "conformance: stopped; registries that begin with \"conformance\" may be left"
            );
            std::process::exit(3);
        }
    });
    receiver
}

/// Waits for Ctrl-C or SIGTERM; false when there is no listening for them.
async fn asked_to_stop() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => outcome.is_ok(),
            received = terminate.recv() => received.is_some(),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.is_ok()
}

fn unusable(error: &DeploymentError) -> Failure {
    match error {
        DeploymentError::Client(_) => Failure::NotCarriedOut(error.to_string()),
        _ => Failure::Usage(error.to_string()),
    }
}

fn publish(report: &Report, targets: &[ReportTarget]) -> Result<(), Failure> {
    for target in targets {
        target.write(report)?;
    }
    // Whoever reads it may stop early; the exit status still tells the verdict.
    let _ = anstream::stdout().write_all(report::human(report).as_bytes());
    Ok(())
}
