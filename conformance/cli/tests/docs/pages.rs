//! Pages of Markdown, and the blocks in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where pages are, from the root; those in a folder of these too.
const FOLDERS: [&str; 5] = ["conformance", "crates", "deploy", "docs", "xtask"];

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// Every page, in the order of their names.
pub(crate) fn all() -> Vec<Page> {
    let folders = FOLDERS.iter().flat_map(|folder| {
        let inner = entries(&root().join(folder)).into_iter().filter(|it| it.is_dir());
        [root().join(folder)].into_iter().chain(inner)
    });
    let files = [root().to_owned()].into_iter().chain(folders).flat_map(|it| entries(&it));
    let pages = files.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let names = pages.map(|it| it.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

/// A page.
pub(crate) struct Page {
    /// Its path from the root.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
}

/// A block of code.
pub(crate) struct Block {
    /// The number of its first line in the page.
    pub(crate) line: usize,
    /// What follows the fence: a language.
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The comment on the line before it.
    comment: Option<String>,
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        Self::new(name.to_owned(), fs::read_to_string(root().join(name)).unwrap())
    }

    pub(crate) fn new(name: String, text: String) -> Self {
        let (mut blocks, mut open, mut comment) = (Vec::new(), None::<Block>, None);
        for (number, line) in text.lines().enumerate() {
            if let Some(mut block) = open.take() {
                if line.trim_start() == "```" {
                    blocks.push(block);
                } else {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
            } else if let Some(kind) = line.trim_start().strip_prefix("```") {
                let kind = kind.to_owned();
                let comment = comment.take();
                open = Some(Block { line: number + 2, kind, text: String::new(), comment });
            } else {
                let inner = line.strip_prefix("<!-- ").and_then(|it| it.strip_suffix(" -->"));
                comment = inner.map(str::to_owned);
            }
        }
        assert!(open.is_none(), "{name}: a block does not end");
        Self { name, text, blocks }
    }

    /// The lines of its `console` blocks.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter(|block| block.is_console()).flat_map(|block| block.text.lines())
    }

    /// Whether anything in it is run.
    pub(crate) fn has_commands(&self) -> bool {
        self.blocks.iter().any(|block| !block.script().is_empty())
    }

    /// The page's own text, with what is code, a comment or a heading left out.
    pub(crate) fn prose(&self) -> String {
        let (mut is_code, mut is_comment) = (false, false);
        let mut prose = String::new();
        for line in self.text.lines() {
            let is_fence = line.trim_start().starts_with("```");
            is_comment |= line.starts_with("<!--");
            if !is_fence && !is_code && !is_comment && !line.starts_with('#') {
                prose.push_str(line);
            }
            prose.push('\n');
            is_code ^= is_fence;
            is_comment &= !line.contains("-->");
        }
        prose
    }
}

impl Block {
    fn is_console(&self) -> bool {
        self.kind == "console"
    }

    /// What its comment says of this.
    fn said(&self, what: &str) -> Option<&str> {
        self.comment.as_deref()?.strip_prefix(what)?.strip_prefix(": ")
    }

    /// The program without which the rest of the page is not run.
    pub(crate) fn needs(&self) -> Option<&str> {
        self.said("needs")
    }

    /// The file that it is.
    pub(crate) fn file(&self) -> Option<&str> {
        self.said("file")
    }

    /// The commands in it that are not run, and why.
    pub(crate) fn not_run(&self) -> Option<(Vec<&str>, &str)> {
        let reason = self.said("not run").filter(|_| self.is_console())?;
        let is_left_out = |line: &&str| Self::only(reason).is_none_or(|only| only == *line);
        Some((self.text.lines().filter(is_left_out).collect(), reason))
    }

    /// The one command that a reason is about, if not all of the block.
    fn only(reason: &str) -> Option<&str> {
        reason.strip_prefix('`')?.split('`').next()
    }

    /// What is run of it.
    pub(crate) fn script(&self) -> String {
        if !self.is_console() {
            return String::new();
        }
        let left_out = self.not_run().map(|(commands, _)| commands).unwrap_or_default();
        let run =
            self.text.split_inclusive('\n').filter(|line| !left_out.contains(&line.trim_end()));
        run.collect()
    }
}
