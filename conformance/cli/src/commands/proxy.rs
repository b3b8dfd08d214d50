//! `conformance proxy`.

use std::{io, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Args;
use registries_command_line::{Status, print_aside, say, text::plain};
use registries_conformance::{
    deployment,
    har::Recorder,
    traffic::{self, Proxy, ProxyOptions},
};

use super::{
    Failure, archive, check,
    signals::Signals,
    target::{CheckForm, ReportTarget},
    values,
};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  Listen at a port; clients use http://127.0.0.1:8090/v2 as their API root:
    conformance proxy --upstream https://api.example.com/v2 \\
      --listen 127.0.0.1:8090
  Listen at a free port, which is printed; write a report and a recording:
    conformance proxy --upstream http://127.0.0.1:8080/v2 \\
      --report json=seen.json --record seen.har

Every request is forwarded as it is, to the same path. A finding is printed when
it is first seen. Ctrl-C or SIGTERM prints all of them with their counts.
The recording has the exchanges of this API, without credentials.

The schema of the report is conformance/check.schema.json.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "no response deviates"),
        (Status::Negative, "a response deviates"),
        (Status::NotCarriedOut, "not carried out, or there was no response of this API"),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance proxy --upstream https://api.example.com/v2 --listen :8090
Clients then use http://127.0.0.1:8090/v2 as their API root.",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct ProxyArgs {
    /// API root of the deployment, including /v2
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// Additional CA certificates (PEM)
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
    /// Address to listen on
    ///
    /// HOST:PORT, or :PORT for 127.0.0.1. Port 0 is any free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = values::listen)]
    listen: SocketAddr,
    /// Write a report as well; repeat it for more
    #[arg(long, value_name = "json=PATH")]
    report: Vec<ReportTarget<CheckForm>>,
    /// Print the verdict and errors only
    #[arg(short, long)]
    quiet: bool,
    /// Record the exchanges of this API as a HAR file, without credentials
    #[arg(long, value_name = "FILE.har")]
    record: Option<PathBuf>,
}

pub(crate) async fn execute(args: ProxyArgs) -> Result<ExitCode, Failure> {
    ReportTarget::check_all(&args.report)?;
    archive::check_target(args.record.as_ref())?;
    let upstream = deployment::base_url(&args.upstream);
    let upstream = upstream.map_err(|error| Failure::Usage(format!("--upstream: {error}")))?;
    let recorder = args.record.as_ref().map(|_| Recorder::default());
    let certificates = args.ca_certificate.as_deref();
    let certificates = certificates
        .map(|it| super::deployment::certificates("--ca-certificate", it))
        .transpose()?;
    let quiet = args.quiet;
    let options = ProxyOptions {
        ca_certificates: certificates.unwrap_or_default(),
        recorder: recorder.clone(),
        listener: Some(Box::new(move |finding| {
            if !quiet {
                print_aside(&format!("{}\n", traffic::human_finding(finding).ansi().trim_end()));
            }
        })),
        unanswered: Some(Box::new(|reason| {
            say(&format!(
                "the upstream returned no response: {reason}; check --upstream, and that a server \
                 listens there. Clients get 502 for it; this is reported once"
            ));
        })),
    };
    let mut signals = Signals::listen()?;
    let proxy = Proxy::bind(args.listen, &upstream, options).await;
    let proxy = proxy.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Failure::Usage(error.to_string()),
        _ => Failure::NotCarriedOut(format!(
            "cannot listen on {}: {}; choose another address with --listen",
            args.listen,
            plain(&error)
        )),
    })?;
    say(&format!("listening; the API root for clients is {}", proxy.base_url()));
    let report = proxy.serve(signals.next()).await;
    let report = report.map_err(|error| Failure::NotCarriedOut(error.to_string()))?;
    if let (Some(recorder), Some(path)) = (&recorder, &args.record) {
        archive::write(recorder, path)?;
    }
    check::conclude(&report, &args.report, args.quiet)
}
