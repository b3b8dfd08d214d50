//! The comments in the sources, each as a page.

use std::{fs, path::Path};

use crate::pages::{Page, entries, root};

/// Where sources are, from the root.
const FOLDERS: [&str; 3] = ["conformance", "crates", "xtask"];

/// What begins a line of a comment. The longer ones come first.
const MARKS: [&str; 3] = ["//!", "///", "//"];

/// The comments of every source, by file and line.
pub(crate) fn all() -> Vec<Page> {
    let mut comments = Vec::new();
    for folder in FOLDERS {
        collect(&root().join(folder), &mut comments);
    }
    comments
}

fn collect(path: &Path, comments: &mut Vec<Page>) {
    if path.is_dir() {
        // Programs that are installed for tests, such as those of npm, have sources too.
        let mut inner = entries(path);
        inner.retain(|it| it.file_name().is_some_and(|it| it != "node_modules"));
        inner.sort();
        for path in inner {
            collect(&path, comments);
        }
    } else if path.extension().is_some_and(|it| it == "rs") {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        comments.extend(of(&name, &fs::read_to_string(path).unwrap()));
    }
}

/// The comments in a source. Lines with the same mark that follow each other are one comment.
fn of(name: &str, source: &str) -> Vec<Page> {
    let mut comments: Vec<(usize, &str, String)> = Vec::new();
    let mut last = None;
    for (number, line) in (1..).zip(source.lines()) {
        let line = line.trim_start();
        let mark = MARKS.into_iter().find(|mark| line.starts_with(mark));
        if let Some(mark) = mark {
            if last != Some(mark) {
                comments.push((number, mark, String::new()));
            }
            if let Some((_, _, text)) = comments.last_mut() {
                text.push_str(line.strip_prefix(mark).unwrap_or_default());
                text.push('\n');
            }
        }
        last = mark;
    }
    let page = |(number, _, text)| Page::new(format!("{name}:{number}"), text);
    comments.into_iter().map(page).collect()
}
