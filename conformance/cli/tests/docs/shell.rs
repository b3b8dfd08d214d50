//! The shell that a page's commands run in.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    fs::File,
    io::Write as _,
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use regex::Regex;
use url::Url;

use crate::{
    IS_COMMAND,
    pages::{self, Block, Page},
    postgres::Database,
};

/// How long the commands of a page may take; those of the slowest take seconds.
const TIME: Duration = Duration::from_mins(5);

/// Variables that the shell has from the process of the tests.
const PASSED_ON: [&str; 6] =
    ["HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "CARGO_TARGET_DIR"];

/// Beginnings of such variables: how cargo builds is not to change.
const PASSED_ON_PREFIXES: [&str; 4] = ["CARGO_PROFILE_", "CARGO_INCREMENTAL", "RUSTUP_", "LLVM_"];

/// Runs what a page has to run, and fails with what was printed.
pub(crate) fn run(page: &Page) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let bin = folder.path().join("bin");
    let work = folder.path().join("work");
    fs::create_dir(&bin)?;
    fs::create_dir(&work)?;
    programs(&bin)?;
    let ports = Ports::of(page)?;
    let (script, database) = script(page, &work, &ports)?;
    let path = folder.path().join("script");
    fs::write(&path, &script)?;
    let printed = folder.path().join("printed");
    let mut command = Command::new("bash");
    command.arg(&path).current_dir(&work).env_clear().envs(passed_on());
    command
        .env("PATH", env::join_paths([bin].into_iter().chain(env::split_paths(&path_variable())))?);
    command.env("REGISTRIES_SERVER_LISTEN", ports.replaced("127.0.0.1:8080"));
    if let Some(database) = &database {
        command.envs(postgres_variables(&database.url()));
    }
    let output = File::create(&printed)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
    let status = Shell(command.spawn()?).wait();
    let printed = fs::read_to_string(&printed)?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("{status}\n{printed}").into()),
        None => Err(format!("not done after {TIME:?}\n{printed}").into()),
    }
}

fn path_variable() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}

fn passed_on() -> impl Iterator<Item = (String, String)> {
    env::vars().filter(|(name, _)| {
        PASSED_ON.contains(&name.as_str())
            || PASSED_ON_PREFIXES.iter().any(|it| name.starts_with(it))
    })
}

/// The page's commands as a script that ends at the first one that fails, and the database they use.
fn script(page: &Page, work: &Path, ports: &Ports) -> Result<(String, Option<Database>), Failed> {
    let mut database = None;
    let mut script = String::from("set -eu\n");
    for block in &page.blocks {
        if let Some(name) = block.file() {
            fs::write(work.join(name), ports.replaced(&block.text))?;
        }
        match block.needs() {
            Some("postgres") if database.is_some() => {}
            Some("postgres") => match Database::create() {
                Some(created) => database = Some(created),
                None => break,
            },
            Some(program) if !is_installed(program) => {
                // Written past what captures the output of tests that succeed.
                writeln!(std::io::stderr(), "skipped what needs {program} in {}", page.name)?;
                break;
            }
            _ => {}
        }
        let commands = block.script();
        if commands.is_empty() {
            continue;
        }
        let _ = writeln!(script, "echo '== {}:{}' >&2", page.name, block.line);
        let mut commands = ports.replaced(&commands);
        if let Some(database) = &database {
            let url: Url = database.url().parse()?;
            commands =
                commands.replace("postgres:///registries", &format!("postgres://{}", url.path()));
        }
        script.push_str(&commands);
        for port in listened_at(block) {
            let _ = writeln!(script, "wait-for-port {}", ports.replaced(&port));
        }
    }
    Ok((script, database))
}

fn is_installed(program: &str) -> bool {
    env::split_paths(&path_variable()).any(|folder| folder.join(program).exists())
}

/// The ports at which something listens that a block starts in the background: a reader sees when it
/// does.
fn listened_at(block: &Block) -> Vec<String> {
    let listens = Regex::new(r"listen [^ ]*?:(\d+)").unwrap();
    let in_a_loop = Regex::new(r"for port in ([\d ]+);").unwrap();
    let mut ports = Vec::new();
    // A command with its continued lines, and loops, which end in `&` too, as one.
    for command in block.text.replace("\\\n", " ").lines().filter(|line| line.ends_with('&')) {
        let named: Vec<String> =
            listens.captures_iter(command).map(|found| found[1].to_owned()).collect();
        if let Some(found) = in_a_loop.captures(&block.text) {
            ports.extend(found[1].split_whitespace().map(str::to_owned));
        } else if named.is_empty() {
            ports.push("8080".to_owned());
        }
        ports.extend(named);
    }
    ports
}

/// The programs of the project, by the names that readers give them, and what the pages expect beside
/// them.
fn programs(bin: &Path) -> Result<(), Failed> {
    let this = env::current_exe()?;
    let (this, root) = (this.display(), pages::root().display());
    let conformance = env!("CARGO_BIN_EXE_conformance");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut aliases = String::new();
    for (alias, program) in self::aliases()? {
        let _ = writeln!(aliases, "{alias}) shift; exec {program} \"$@\" ;;");
    }
    for (name, script) in [
        ("conformance", format!("exec '{conformance}' \"$@\"")),
        ("registries-server", format!("{IS_COMMAND}=registries-server exec '{this}' \"$@\"")),
        ("registries", format!("{IS_COMMAND}=registries exec '{this}' \"$@\"")),
        // The aliases run what the tests were built with. Cargo itself only builds examples, which
        // have the same dependencies as the tests.
        (
            "cargo",
            format!(
                "case \"$1\" in\n{aliases}run) shift; test \"$1\" = --example;\n\
                 exec '{cargo}' run --quiet --manifest-path '{root}/Cargo.toml' \"$@\" ;;\n\
                 *) echo \"the test of the pages has no cargo $1\"; exit 1 ;;\nesac"
            ),
        ),
        ("wait-for-port", wait_for_port()),
        // The database is there already, with a name of its own.
        ("createdb", "exit 0".to_owned()),
    ] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\nset -e\n{script}\n"))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Ends when something listens at a port of this machine, and fails when nothing does in the end.
fn wait_for_port() -> String {
    "for i in $(seq 600); do\n\
     if (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; then exit 0; fi\nsleep 0.05\ndone\n\
     echo \"nothing listens at port $1\"; exit 1"
        .to_owned()
}

/// Cargo's aliases for programs: the name of each, and the program that it runs.
fn aliases() -> Result<Vec<(String, String)>, Failed> {
    let text = fs::read_to_string(pages::root().join(".cargo/config.toml"))?;
    let config: toml::Table = text.parse()?;
    let aliases = config["alias"].as_table().unwrap();
    let program =
        |alias: &str| alias.strip_prefix("run --bin ")?.strip_suffix(" --").map(str::to_owned);
    let programs = aliases.iter().filter_map(|(name, alias)| {
        program(alias.as_str()?).map(|program| (name.clone(), program))
    });
    Ok(programs.filter(|(_, program)| program != "xtask").collect())
}

/// The ports that a page names, and free ones for them, so that tests can run beside each other.
struct Ports(BTreeMap<String, u16>);

impl Ports {
    fn of(page: &Page) -> Result<Self, Failed> {
        let port = port_pattern();
        let mut ports = BTreeMap::from([("8080".to_owned(), 0)]);
        ports.extend(port.find_iter(&page.text).map(|it| (it.as_str().to_owned(), 0)));
        // Held until all are chosen, so that no two are the same.
        let mut held = Vec::new();
        for port in ports.values_mut() {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            *port = listener.local_addr()?.port();
            held.push(listener);
        }
        Ok(Self(ports))
    }

    fn replaced(&self, text: &str) -> String {
        let free = |found: &regex::Captures<'_>| {
            self.0.get(&found[0]).map_or_else(|| found[0].to_owned(), u16::to_string)
        };
        port_pattern().replace_all(text, free).into_owned()
    }
}

fn port_pattern() -> Regex {
    Regex::new(r"\b(80[89]\d|8443|9090)\b").unwrap()
}

/// What leads `postgres:///DATABASE` to the server of a URL.
fn postgres_variables(url: &str) -> Vec<(&'static str, String)> {
    let url: Url = url.parse().unwrap();
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut variables = vec![
        ("PGHOST", decoded(url.host_str().unwrap_or_default())),
        ("PGUSER", decoded(url.username())),
    ];
    variables.extend(url.port().map(|port| ("PGPORT", port.to_string())));
    variables.extend(url.password().map(|password| ("PGPASSWORD", decoded(password))));
    variables
}

/// A shell, and all that it started.
struct Shell(Child);

impl Shell {
    /// Its status; `None` when it takes too long.
    fn wait(&mut self) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < TIME {
            if let Some(status) = self.0.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // What runs in the background, too. It may all have ended.
        let group = Pid::from_raw(self.0.id().cast_signed());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.0.wait();
    }
}
