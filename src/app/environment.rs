//! `environment.json`: where a run takes place.

use crate::base::command::CommandLine;
use crate::base::machine;
use crate::base::process::{Ending, Limits, run};
use crate::model::plan::{RunSettings, Shard};
use crate::model::run::{Environment, Identity, Node, Os, schema};
use crate::model::tree::Tree;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// How long a tool may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the machine and its environment say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Operating system.
    pub os: Os,
    /// Cores that tollgate may use.
    pub cpus: u64,
    /// `rustc --version`, where the run has to do with Rust.
    pub rustc: Option<String>,
    /// Node.js, where there is one.
    pub node: Option<Node>,
    /// `VCR_MODE`.
    pub vcr_mode: Option<String>,
    /// Whether `CI` is set.
    pub ci: bool,
}

/// Asks the machine. rustc is asked only where the root or a command speaks of cargo: its proxy is slow to start.
pub fn facts(root: &Path, settings: &RunSettings, env: &BTreeMap<String, String>) -> Facts {
    let path = OsStr::new(env.get("PATH").map_or("", String::as_str));
    let uses_cargo = settings.suites.iter().any(|s| s.command.program().ends_with("cargo"));
    let rustc = (uses_cargo || root.join("Cargo.toml").exists())
        .then(|| machine::find_program("rustc", path, root))
        .flatten()
        .and_then(|rustc| version(root, &rustc))
        .map(|text| text.strip_prefix("rustc ").unwrap_or(&text).to_string());
    let node = machine::find_program("node", path, root).map(|found| Node {
        version: version(root, &found),
        is_bun_shim: is_bun_shim(&found),
        path: found.display().to_string(),
    });
    let os = Os {
        name: machine::os_name().into(),
        version: Some(machine::kernel_release()).filter(|v| !v.is_empty()),
        arch: machine::arch().into(),
    };
    let vcr_mode = env.get("VCR_MODE").filter(|mode| !mode.is_empty()).cloned();
    let ci = env.get("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
    Facts { os, cpus: machine::cpus(), rustc, node, vcr_mode, ci }
}

/// Bun installs itself under the name `node` as `<home>/.bun/bin/node`; it never counts as Node.js (`mission.md` R2).
fn is_bun_shim(found: &Path) -> bool {
    let real = std::fs::canonicalize(found).unwrap_or_else(|_| found.to_path_buf());
    let is_bun = |path: &Path| {
        path.ends_with(".bun/bin/node")
            || path.file_name().is_some_and(|name| name == "bun")
            || path.iter().any(|part| part.to_string_lossy().starts_with("bun-node"))
    };
    is_bun(found) || is_bun(&real)
}

/// The first line of what `program --version` says; `None` when it says nothing or fails.
fn version(root: &Path, program: &Path) -> Option<String> {
    let quoted = crate::base::command::quote(program.to_str()?).into_owned();
    let command = CommandLine::parse(&format!("{quoted} --version")).ok()?;
    let limits = Limits { dir: root, timeout: PATIENCE, grace: Duration::from_secs(1), keep: 4 << 10 };
    let done = run(&command, &limits, &mut |_| {}).ok()?;
    let text = String::from_utf8(done.output).ok()?;
    let first = text.lines().next()?.trim();
    (done.ending == Ending::Exited(0) && !first.is_empty()).then(|| first.to_string())
}

/// The document.
pub fn document(
    facts: &Facts,
    identity: &Identity,
    tree: Option<&Tree>,
    profile: &str,
    shard: &Shard,
) -> Environment {
    Environment {
        schema: schema::ENVIRONMENT.into(),
        identity: identity.clone(),
        tree: tree.cloned(),
        git_sha: identity.commit.clone(),
        profile: profile.to_string(),
        vcr_mode: facts.vcr_mode.clone(),
        shard: shard.clone(),
        os: facts.os.clone(),
        cpus: facts.cpus,
        ci: facts.ci,
        rustc: facts.rustc.clone(),
        node: facts.node.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buns_shim_is_no_node() {
        for (path, shim) in [
            ("/home/a/.bun/bin/node", true),
            ("/usr/local/bin/bun", true),
            ("/tmp/bun-node-1234/node", true),
            ("/usr/bin/node", false),
            ("/home/bun/bin/node", false),
        ] {
            assert_eq!(is_bun_shim(Path::new(path)), shim, "{path}");
        }
    }
}
