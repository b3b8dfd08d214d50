//! `backup` and `restore` where there is something in the way, or beside it: the result is right, or the
//! command refuses and changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::{Server, run, stderr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Backup,
    Restore,
}

/// The file that a case is about: that which is read, or that which is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Source,
    Target,
}

/// What there is about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It has a write-ahead log that holds a commit.
    Wal,
    /// It has the index of a write-ahead log.
    Shm,
    /// It has the journal of a transaction that was not finished.
    Journal,
    /// It is a symbolic link.
    Link,
    /// A server runs on it.
    InUse,
    /// It is a database with a page of garbage. Where it is absent, the log is garbage.
    Damaged,
    /// It is not a database. Where it is absent, the journal is not one either.
    Text,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    command: Command,
    about: About,
    is_present: bool,
    condition: Condition,
    force: bool,
}

impl Case {
    fn all() -> Vec<Self> {
        use Condition::{Damaged, InUse, Journal, Link, Shm, Text, Wal};
        let mut all = Vec::new();
        for command in [Command::Backup, Command::Restore] {
            for about in [About::Source, About::Target] {
                for is_present in [false, true] {
                    for condition in [Wal, Shm, Journal, Link, InUse, Damaged, Text] {
                        for force in [false, true] {
                            all.push(Self { command, about, is_present, condition, force });
                        }
                    }
                }
            }
        }
        all
    }

    /// What the command says when it refuses; nothing where it has to do it right.
    fn refusal(self) -> Option<&'static str> {
        use Condition::{Damaged, InUse, Journal, Link, Shm, Text, Wal};
        match (self.about, self.is_present, self.condition) {
            (About::Source, false, _) => Some("there is no file"),
            (About::Source, true, Damaged) => Some("was not used: it is damaged: "),
            (About::Source, true, Text) => Some("was not used: it is not an SQLite database"),
            (About::Source, true, condition) => match (self.command, condition) {
                // They are a part of the database, which servers go on to use.
                (Command::Backup, _) | (_, Shm | Link) => None,
                (Command::Restore, InUse) => Some("is in use"),
                (Command::Restore, _) => Some("may hold changes to it"),
            },
            (About::Target, true, _) if !self.force => Some("--force replaces it"),
            (About::Target, _, InUse) => Some("is in use"),
            (About::Target, false, Wal | Journal | Damaged | Text) if !self.force => {
                Some("--force removes it")
            }
            (About::Target, ..) => None,
        }
    }
}

/// Databases with one organization each, and what `SQLite` had beside them.
struct Samples {
    directory: TempDir,
}

impl Samples {
    fn new() -> Self {
        let samples = Self { directory: tempfile::tempdir().unwrap() };
        for slug in ["source", "target"] {
            let path = samples.path(slug, "");
            let database = format!("sqlite://{}", path.display());
            let created = run(&["org", "create", "--database", &database, slug]);
            assert!(created.status.success(), "{created:?}");
            let connection = Connection::open(&path).unwrap();
            connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
            drop(connection);
            samples.add_log(slug);
            samples.add_journal(slug);
        }
        samples
    }

    /// The file of this kind.
    fn path(&self, slug: &str, kind: &str) -> PathBuf {
        self.directory.path().join(format!("{slug}{kind}"))
    }

    /// A commit that is in the log only, when a process is killed.
    fn add_log(&self, slug: &str) {
        let path = self.path(slug, ".logged");
        std::fs::copy(self.path(slug, ""), &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        insert(&connection, &format!("{slug}-in-the-log"));
        for (kind, suffix) in [(".with-log", ""), (".wal", "-wal"), (".shm", "-shm")] {
            let from = self.path(slug, &format!(".logged{suffix}"));
            std::fs::copy(from, self.path(slug, kind)).unwrap();
        }
    }

    /// A transaction that has begun to write to the database, when a process is killed.
    fn add_journal(&self, slug: &str) {
        let path = self.path(slug, ".journaled");
        std::fs::copy(self.path(slug, ""), &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA cache_size = 2; BEGIN IMMEDIATE").unwrap();
        for index in 0..2000 {
            insert(&connection, &format!("{slug}-in-flight-{index}"));
        }
        std::fs::copy(&path, self.path(slug, ".in-flight")).unwrap();
        let journal = self.path(slug, ".journaled-journal");
        std::fs::copy(journal, self.path(slug, ".journal")).unwrap();
    }
}

fn insert(connection: &Connection, slug: &str) {
    let sql = "INSERT INTO organizations (id, slug, name, created_at) VALUES (?1, ?1, ?1, 0)";
    connection.execute(sql, [slug]).unwrap();
}

/// What a case finds.
struct Scene {
    directory: TempDir,
    case: Case,
    server: Option<Server>,
}

impl Scene {
    fn set(case: Case, samples: &Samples) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("elsewhere")).unwrap();
        let mut scene = Self { directory, case, server: None };
        if case.about == About::Target {
            std::fs::copy(samples.path("source", ""), scene.path("source")).unwrap();
        }
        scene.set_condition(samples);
        scene
    }

    fn set_condition(&mut self, samples: &Samples) {
        let name = if self.case.about == About::Source { "source" } else { "target" };
        let path = self.path(name);
        let is_present = self.case.is_present;
        let put = |kind: &str, at: &Path| {
            std::fs::copy(samples.path(name, kind), at).unwrap();
        };
        let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
        match self.case.condition {
            Condition::Wal | Condition::Shm | Condition::Journal => {
                let (database, kind, suffix) = match self.case.condition {
                    Condition::Wal => (".with-log", ".wal", "-wal"),
                    Condition::Shm => ("", ".shm", "-shm"),
                    _ => (".in-flight", ".journal", "-journal"),
                };
                put(kind, &beside(suffix));
                if is_present {
                    put(database, &path);
                }
            }
            Condition::Link => {
                let linked = PathBuf::from("elsewhere/linked.db");
                std::os::unix::fs::symlink(&linked, &path).unwrap();
                if is_present {
                    put("", &self.directory.path().join(linked));
                }
            }
            Condition::InUse => {
                put("", &path);
                let database = format!("sqlite://{}", path.display());
                let serve = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
                self.server = Some(Server::start(&serve));
                if !is_present {
                    std::fs::remove_file(&path).unwrap();
                }
            }
            Condition::Damaged if is_present => {
                put("", &path);
                let mut bytes = std::fs::read(&path).unwrap();
                // That of an index, which is only read by a search for damage.
                let last = bytes.len() - 4096;
                bytes[last..].fill(0xa5);
                std::fs::write(&path, bytes).unwrap();
            }
            Condition::Text if is_present => std::fs::write(&path, TEXT).unwrap(),
            Condition::Damaged => std::fs::write(beside("-wal"), TEXT).unwrap(),
            Condition::Text => std::fs::write(beside("-journal"), TEXT).unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self) -> std::process::Output {
        assert_eq!(self.server.is_some(), self.case.condition == Condition::InUse);
        let (source, target) = (self.path("source"), self.path("target"));
        let (command, database, file) = match self.case.command {
            Command::Backup => ("backup", source, target),
            Command::Restore => ("restore", target, source),
        };
        let database = format!("sqlite://{}", database.display());
        let mut arguments = vec![command, "--database", &database, file.to_str().unwrap()];
        if self.case.force {
            arguments.push("--force");
        }
        run(&arguments)
    }

    /// All files, with what is in them and where links lead. The index of a log changes when a
    /// process tries to lock it, and has no data.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        for folder in [self.directory.path().to_owned(), self.path("elsewhere")] {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if let Ok(leads_to) = std::fs::read_link(&path) {
                    files.insert(path, leads_to.into_os_string().into_encoded_bytes());
                } else if path.is_file() && !path.to_str().unwrap().ends_with("-shm") {
                    files.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        files
    }
}

const TEXT: &str = "this is a text and neither a database nor a log, as anybody can see";

/// The organizations in a database, as any process that opens it finds them: with what is beside
/// it.
fn organizations(path: &Path) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy");
    let path = path.canonicalize().unwrap();
    for suffix in ["", "-wal", "-journal"] {
        let from = format!("{}{suffix}", path.display());
        if suffix.is_empty() || Path::new(&from).exists() {
            std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
        }
    }
    let connection = Connection::open(copy).unwrap();
    let whole = "SELECT integrity_check FROM pragma_integrity_check";
    let whole: String = connection.query_row(whole, [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    let mut select = connection.prepare("SELECT slug FROM organizations ORDER BY slug").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn check(case: Case, samples: &Samples) {
    let scene = Scene::set(case, samples);
    let before = scene.files();
    let source = scene.path("source");
    let wanted = (case.refusal().is_none()).then(|| organizations(&source));
    let output = scene.run();
    let Some(wanted) = wanted else {
        assert!(matches!(output.status.code(), Some(1..=3)), "{case:?}: {output:?}");
        let refusal = case.refusal().unwrap();
        assert!(stderr(&output).contains(refusal), "{case:?}: {output:?}");
        assert!(scene.files() == before, "{case:?} changed something: {output:?}");
        return;
    };
    assert!(output.status.success(), "{case:?}: {output:?}");
    let expected: &[&str] = match (case.about, case.condition) {
        (About::Source, Condition::Wal) => &["source", "source-in-the-log"],
        _ => &["source"],
    };
    assert_eq!(wanted, expected, "{case:?}");
    let target = scene.path("target");
    assert_eq!(organizations(&target), wanted, "{case:?}");
    let place = target.canonicalize().unwrap();
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = format!("{}{suffix}", place.display());
        assert!(!Path::new(&beside).exists(), "{case:?}: {beside}");
    }
    if (case.about, case.condition) == (About::Target, Condition::Link) {
        assert!(target.is_symlink(), "{case:?}: the link is still there");
    }
    let after = scene.files();
    let is_source = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("source") || (case.about == About::Source && name == "linked.db")
    };
    assert_eq!(organizations(&source), wanted, "{case:?}");
    if case.command == Command::Restore {
        for (path, bytes) in before.iter().filter(|(path, _)| is_source(path)) {
            assert!(after.get(path) == Some(bytes), "{case:?} changed {}", path.display());
        }
    }
    let others = after.keys().filter(|path| !is_source(path) && **path != place);
    let others: Vec<_> = others.filter(|path| **path != target).collect();
    assert!(others.is_empty(), "{case:?} left {others:?}");
}

#[test]
fn what_is_in_the_way_or_beside_a_file_leads_to_the_right_result_or_to_a_refusal() {
    let samples = Samples::new();
    for case in Case::all() {
        check(case, &samples);
    }
}

/// Each has the name of a side file of the other.
#[test]
fn a_copy_is_not_put_where_a_side_file_belongs() {
    let samples = Samples::new();
    let directory = tempfile::tempdir().unwrap();
    for (database, file) in [("a.db", "a.db-wal"), ("a.db", "a.db-journal"), ("a-shm", "a")] {
        let [database, file] = [database, file].map(|name| directory.path().join(name));
        std::fs::copy(samples.path("source", ""), &database).unwrap();
        let url = format!("sqlite://{}", database.display());
        let refused = run(&["backup", "--database", &url, file.to_str().unwrap(), "--force"]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(stderr(&refused).contains("that SQLite keeps beside"), "{refused:?}");
        assert!(!file.exists());
        assert_eq!(organizations(&database), ["source"]);
    }
    let [one, other] = ["one.db", "other.db"].map(|name| directory.path().join(name));
    std::fs::copy(samples.path("source", ""), &one).unwrap();
    std::fs::hard_link(&one, &other).unwrap();
    for command in ["backup", "restore"] {
        let url = format!("sqlite://{}", one.display());
        let refused = run(&[command, "--database", &url, other.to_str().unwrap(), "--force"]);
        assert!(stderr(&refused).contains("is the database itself"), "{refused:?}");
    }
}
