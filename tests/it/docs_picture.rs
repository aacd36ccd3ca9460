//! The picture in README: what `tollgate check` prints at the end of step 4 of `docs/getting-started.md`, drawn. `docs/picture.sh` draws it
//! anew.

use crate::docs_pages::{page, repository};
use crate::docs_run::Follower;
use regex::Regex;

const PICTURE: &str = "docs/red-verdict.svg";
/// Pixels of a character and of a line, and around the text.
const CHARACTER: f64 = 7.8;
const LINE: usize = 18;
const MARGIN: usize = 16;

/// A piece of a line in one look.
#[derive(Default, Clone)]
struct Look {
    colour: Option<&'static str>,
    bold: bool,
    dim: bool,
}

impl Look {
    fn take(&mut self, codes: &str) {
        for code in codes.split(';') {
            match code {
                "" | "0" => *self = Look::default(),
                "1" => self.bold = true,
                "2" => self.dim = true,
                "22" => (self.bold, self.dim) = (false, false),
                "39" => self.colour = None,
                code => self.colour = colour(code),
            }
        }
    }

    fn attributes(&self) -> String {
        let fill = self
            .colour
            .or(self.dim.then_some("#8b949e"))
            .map(|c| format!(" fill=\"{c}\""))
            .unwrap_or_default();
        let weight = if self.bold { " font-weight=\"bold\"" } else { "" };
        fill + weight
    }
}

fn colour(code: &str) -> Option<&'static str> {
    Some(match code {
        "31" | "91" => "#ff7b72",
        "32" | "92" => "#7ee787",
        "33" | "93" => "#e3b341",
        "34" | "94" => "#79c0ff",
        "35" | "95" => "#d2a8ff",
        "36" | "96" => "#76e3ea",
        "90" => "#8b949e",
        _ => return None,
    })
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A line with its escapes as `tspan`s.
fn line(text: &str, look: &mut Look) -> String {
    let mut out = String::new();
    let mut pieces = text.split("\u{1b}[");
    let mut put = |text: &str, look: &Look| {
        if !text.is_empty() {
            let attributes = look.attributes();
            let text = xml(text);
            match attributes.is_empty() {
                true => out.push_str(&text),
                false => out.push_str(&format!("<tspan{attributes}>{text}</tspan>")),
            }
        }
    };
    put(pieces.next().unwrap_or_default(), look);
    for piece in pieces {
        let (codes, rest) = piece.split_once('m').unwrap_or_else(|| panic!("{piece:?} is no colour"));
        look.take(codes);
        put(rest, look);
    }
    out
}

fn draw(text: &str) -> String {
    let plain = Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").to_string();
    let columns = plain.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let width = (columns as f64 * CHARACTER).ceil() as usize + 2 * MARGIN;
    let height = plain.lines().count() * LINE + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"13\" fill=\"#e6edf3\" xml:space=\"preserve\">\n"
    );
    let mut look = Look::default();
    for (at, text) in text.lines().enumerate() {
        let drawn = line(text, &mut look);
        let y = MARGIN + (at + 1) * LINE - 5;
        out.push_str(&format!("<text x=\"{MARGIN}\" y=\"{y}\">{drawn}</text>\n"));
    }
    out + "</g>\n</svg>\n"
}

/// The evidence holds how long its tests took, so its digest, and the id that is made of all digests, are not the same twice; the commit
/// holds what cargo writes into its lock file, and its age what its tests took.
fn comparable(svg: &str) -> String {
    let made = Regex::new(
        r"sha256 [0-9a-f]{12}, [0-9.]+ (B|KiB)|\brun [0-9a-f]{32}|commit [0-9a-f]{12}|[0-9]+ s old",
    )
    .unwrap();
    made.replace_all(svg, "DIGEST").to_string()
}

#[test]
fn the_picture_is_what_the_program_prints() {
    let follower = Follower::new();
    let mut shown = page("docs/getting-started.md");
    // The same moments and names each time: the commit, the run, the verdict.
    for block in &mut shown.blocks {
        let dated = "GIT_AUTHOR_DATE=2026-11-20T11:00:00Z GIT_COMMITTER_DATE=2026-11-20T11:00:00Z git commit";
        block.text = block.text.replace("git commit", dated);
        block.text = block.text.replace("tollgate run\n", "tollgate run --now 2026-11-20T11:59:00Z\n");
    }
    follower.follow(&shown, Some(3));
    let check = "tollgate check --now 2026-11-20T12:00:00Z --deterministic";
    let output = follower.shell(check).env("CLICOLOR_FORCE", "1").env("COLUMNS", "100").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let drawn = draw(&String::from_utf8(output.stderr).unwrap());
    let path = repository().join(PICTURE);
    if std::env::var_os("TOLLGATE_DRAW").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        comparable(&drawn),
        comparable(&kept),
        "the picture is not what is printed: run docs/picture.sh"
    );
}

#[test]
fn escapes_become_looks_and_text_stays_text() {
    let svg = draw("\u{1b}[1;31mFAIL\u{1b}[0m a<b\n");
    assert!(svg.contains("<tspan fill=\"#ff7b72\" font-weight=\"bold\">FAIL</tspan> a&lt;b</text>"), "{svg}");
}
