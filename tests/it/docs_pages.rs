//! README and the pages of `docs/` as tests see them: blocks, and what stands between them.

use std::path::{Path, PathBuf};

/// A fenced block.
pub struct Block {
    /// The page and the line of its fence, for messages.
    pub at: String,
    /// The first word behind the fence.
    pub lang: String,
    /// What stands behind that word: a file's path, or how a block is run.
    pub info: String,
    pub text: String,
}

impl Block {
    /// Whether a test runs it.
    pub fn runs(&self) -> bool {
        self.lang == "sh" && (self.info == "run" || self.info.starts_with("run="))
    }
}

/// A page: its path in the repository, its blocks, and its text without them.
pub struct Page {
    pub path: String,
    pub blocks: Vec<Block>,
    pub prose: String,
}

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README and every page below `docs/`, by path.
pub fn pages() -> Vec<Page> {
    let mut paths = vec!["README.md".to_string()];
    collect(&repository().join("docs"), "docs", &mut paths);
    paths.sort();
    paths.iter().map(|path| page(path)).collect()
}

pub fn page(path: &str) -> Page {
    let text = std::fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    parse(path, &text)
}

fn collect(folder: &Path, shown: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = format!("{shown}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &name, paths);
        } else if name.ends_with(".md") {
            paths.push(name);
        }
    }
}

fn parse(path: &str, text: &str) -> Page {
    let mut page = Page { path: path.into(), blocks: Vec::new(), prose: String::new() };
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(fence) = line.trim_start().strip_prefix("```") else {
            page.prose.push_str(line);
            page.prose.push('\n');
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let (lang, info) = fence.split_once(' ').unwrap_or((fence, ""));
        let mut body = String::new();
        let closed = lines.by_ref().map(|(_, line)| line).any(|line| {
            let end = line.trim() == "```";
            if !end {
                body.push_str(line.get(indent..).unwrap_or_default());
                body.push('\n');
            }
            end
        });
        let at = format!("{path}:{}", at + 1);
        assert!(closed, "{at}: the block has no end");
        page.blocks.push(Block { at, lang: lang.into(), info: info.trim().into(), text: body });
    }
    page
}

/// The part of a page below a heading, as it is written, up to the next heading of the same or a higher level. It ends in a newline.
pub fn part(path: &str, heading: &str) -> String {
    let text = std::fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let level = |line: &str| line.chars().take_while(|c| *c == '#').count();
    let mut lines = text.lines().skip_while(|line| *line != heading);
    let own = level(lines.next().unwrap_or_else(|| panic!("{path} has no part `{heading}`")));
    let below = lines.take_while(|line| !(1..=own).contains(&level(line)));
    below.flat_map(|line| [line, "\n"]).collect()
}

/// What stands between single backticks in a text.
pub fn spans(prose: &str) -> Vec<String> {
    let whole = prose.split("\n\n").flat_map(|paragraph| {
        let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        joined.split('`').skip(1).step_by(2).map(String::from).collect::<Vec<_>>()
    });
    whole.collect()
}

#[test]
fn blocks_and_spans_are_found() {
    let page = parse("p.md", "a `b\nc` d\n\n  ```sh run=1\n  x\n   y\n  ```\n\ne `f`\n");
    let [block] = page.blocks.as_slice() else { panic!("one block") };
    assert_eq!((block.lang.as_str(), block.info.as_str()), ("sh", "run=1"));
    assert_eq!((block.text.as_str(), block.at.as_str()), ("x\n y\n", "p.md:4"));
    assert_eq!(spans(&page.prose), ["b c", "f"]);
}
