//! Which package manager of JavaScript a folder uses, by its lock files.

use super::place::ProjectFolder;
use tollgate_text::json::Json;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

/// The lock files of each. The others come first: npm's is what `npm install` leaves beside one of theirs.
const LOCKS: [(&str, Manager); 6] = [
    ("pnpm-lock.yaml", Manager::Pnpm),
    ("yarn.lock", Manager::Yarn),
    ("bun.lock", Manager::Bun),
    ("bun.lockb", Manager::Bun),
    ("package-lock.json", Manager::Npm),
    ("npm-shrinkwrap.json", Manager::Npm),
];

impl Manager {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Manager::Npm => "npm",
            Manager::Pnpm => "pnpm",
            Manager::Yarn => "yarn",
            Manager::Bun => "bun",
        }
    }

    /// How one comes by it.
    pub fn source(self) -> &'static str {
        match self {
            Manager::Npm => "https://nodejs.org",
            Manager::Pnpm => "npm install -g pnpm",
            Manager::Yarn => "npm install -g yarn",
            Manager::Bun => "npm install -g bun",
        }
    }

    /// The words that run a script, before what is handed to it.
    pub fn script(self, name: &str) -> String {
        match (self, name) {
            (Manager::Npm, "test") => "npm test".into(),
            (Manager::Npm, name) => format!("npm run {name}"),
            (other, name) => format!("{} run {name}", other.name()),
        }
    }

    /// The same with something handed to it: npm alone keeps what begins with `-` to itself.
    pub fn script_with(self, name: &str, arguments: &str) -> String {
        let between = if self == Manager::Npm { " --" } else { "" };
        format!("{}{between} {arguments}", self.script(name))
    }

    /// The words that start a tool of the project.
    pub fn tool(self, tool: &str) -> String {
        match self {
            Manager::Npm => format!("npx {tool}"),
            Manager::Pnpm => format!("pnpm exec {tool}"),
            Manager::Yarn => format!("yarn run {tool}"),
            Manager::Bun => format!("bunx {tool}"),
        }
    }
}

/// The manager of a folder: what `packageManager` says, else the lock file there or in the nearest folder above; and a sentence where
/// that is a guess.
pub(super) fn of(place: &ProjectFolder<'_>, package: &Json<'_>) -> (Manager, Option<String>) {
    for here in std::iter::once(*place).chain(place.above()) {
        let found: Vec<(&str, Manager)> = LOCKS.into_iter().filter(|(lock, _)| here.has(lock)).collect();
        let stated = if here.folder == place.folder { stated(package) } else { above(&here) };
        let Some((_, first)) = found.first().copied() else {
            match stated {
                Some(stated) => return (stated, None),
                None => continue,
            }
        };
        let several = found.iter().any(|(_, manager)| *manager != first);
        let manager = stated.unwrap_or(first);
        let guess = (several && stated.is_none()).then(|| {
            let names: Vec<&str> = found.iter().map(|(lock, _)| *lock).collect();
            format!(
                "Lock files of several managers ({}): {} is taken. Delete what is not used, or say `packageManager` in package.json.",
                names.join(", "),
                manager.name()
            )
        });
        return (manager, guess);
    }
    (Manager::Npm, Some("No lock file: npm is taken. With one every machine tests the same versions.".into()))
}

fn above(place: &ProjectFolder<'_>) -> Option<Manager> {
    let text = place.text("package.json")?;
    let package =
        tollgate_text::json::parse(text.as_bytes(), &tollgate_text::json::JsonLimits::default()).ok()?;
    stated(&package)
}

/// `packageManager`, for example `pnpm@9.1.0`.
fn stated(package: &Json<'_>) -> Option<Manager> {
    let text = package.get("packageManager").and_then(Json::as_str)?;
    let name = text.split('@').next()?;
    [Manager::Npm, Manager::Pnpm, Manager::Yarn, Manager::Bun]
        .into_iter()
        .find(|manager| manager.name() == name)
}
