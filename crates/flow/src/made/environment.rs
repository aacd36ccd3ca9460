//! `environment.json`: where a run takes place.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_core::model::plan::{RunSettings, Shard};
use tollgate_core::model::run::{Environment, Identity, NodeJs, Os, schema};
use tollgate_core::model::suite::SuiteSpec;
use tollgate_core::model::tree::WorkingTree;
use tollgate_host::git::RepositoryPlace;
use tollgate_host::machine;
use tollgate_host::process::{CommandLimits, Ending, run};
use tollgate_text::command::CommandLine;
use tollgate_text::digest::Running;
use tollgate_text::redact::Masker;

/// How long a tool may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the machine and its environment say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFacts {
    /// Operating system.
    pub os: Os,
    /// Cores that tollgate may use.
    pub cpus: u64,
    /// `rustc --version`, where the run has to do with Rust.
    pub rustc: Option<String>,
    /// Node.js, where there is one.
    pub node: Option<NodeJs>,
    /// `VCR_MODE`.
    pub vcr_mode: Option<String>,
    /// Whether `CI` is set.
    pub ci: bool,
}

/// Asks the machine, as suites see it: in the root, where `rust-toolchain.toml` and relative folders of `PATH` decide which
/// program a name stands for. For verbs that start what the workspace says anyway. rustc is asked only where the root or a
/// command speaks of cargo: its proxy is slow to start.
pub fn facts(root: &Path, settings: &RunSettings, env: &BTreeMap<String, String>) -> MachineFacts {
    asked(root, settings, env, root, |name, path| machine::find_program(name, path, root))
}

/// As `facts`, for verbs that read what something else ran, perhaps where a change is judged: nothing that stands in the
/// root or its repository chooses the programs that are asked.
pub fn facts_of_the_machine(
    root: &Path,
    settings: &RunSettings,
    env: &BTreeMap<String, String>,
) -> MachineFacts {
    // Where it cannot be told how far the repository reaches, the root is known at least.
    let theirs =
        RepositoryPlace::find(root).ok().flatten().map_or_else(|| root.to_path_buf(), |place| place.top);
    asked(root, settings, env, Path::new("/"), |name, path| {
        let folders = machine::outside_folders(path, &theirs);
        folders.into_iter().map(|folder| folder.join(name)).find(|file| {
            machine::is_executable(file)
                && std::fs::canonicalize(file).is_ok_and(|real| !real.starts_with(&theirs))
        })
    })
}

fn asked(
    root: &Path,
    settings: &RunSettings,
    env: &BTreeMap<String, String>,
    dir: &Path,
    find: impl Fn(&str, &OsStr) -> Option<PathBuf>,
) -> MachineFacts {
    let path = OsStr::new(env.get("PATH").map_or("", String::as_str));
    let uses_cargo =
        settings.suites.iter().any(|s| s.command.as_ref().is_some_and(|c| c.program().ends_with("cargo")));
    let rustc = (uses_cargo || root.join("Cargo.toml").exists())
        .then(|| find("rustc", path))
        .flatten()
        .and_then(|rustc| version(dir, &rustc))
        .map(|text| text.strip_prefix("rustc ").unwrap_or(&text).to_string());
    let node = find("node", path).map(|found| NodeJs {
        version: version(dir, &found),
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
    MachineFacts { os, cpus: machine::cpus(), rustc, node, vcr_mode, ci }
}

/// Bun installs itself under the name `node` as `<home>/.bun/bin/node`; it never counts as Node.js.
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
fn version(dir: &Path, program: &Path) -> Option<String> {
    let quoted = tollgate_text::command::quote(program.to_str()?).into_owned();
    let command = CommandLine::parse(&format!("{quoted} --version")).ok()?;
    let limits = CommandLimits { dir, timeout: PATIENCE, grace: Duration::from_secs(1), keep: 4 << 10 };
    let done = run(&command, &limits, &mut |_| {}).ok()?;
    let text = String::from_utf8(done.output).ok()?;
    let first = text.lines().next()?.trim();
    (done.ending == Ending::Exited(0) && !first.is_empty()).then(|| first.to_string())
}

/// The time zone of the machine, where no variable says another: what `/etc/localtime` leads to.
pub fn time_zone() -> Option<String> {
    let link = std::fs::read_link("/etc/localtime").ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// The digest of the environment in which the suites of a kind run, 16 hex digits: system, architecture, locale, time zone (`zone` is that of
/// the machine), and the variables and commands that `tollgate.toml` gives the kind, with what the variables hold that it names. A
/// result of another environment shows nothing of this one. The host has no part in it, and secrets go in masked.
pub fn digest(
    spec: &SuiteSpec,
    env: &BTreeMap<String, String>,
    named: &[String],
    zone: Option<&str>,
    masker: &Masker,
) -> String {
    let commands: Vec<&CommandLine> = spec.command.iter().collect();
    let set: BTreeMap<&str, &str> = spec
        .env
        .iter()
        .chain(commands.iter().flat_map(|c| c.env()))
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let seen = |name: &str| set.get(name).copied().or_else(|| env.get(name).map(String::as_str));
    let lines: Vec<String> = commands.iter().map(ToString::to_string).collect();
    let mut names: BTreeSet<&str> = set.keys().copied().chain(named.iter().map(String::as_str)).collect();
    names.extend(env.keys().map(String::as_str).filter(|name| {
        name.starts_with("LC_")
            || ["LANG", "LANGUAGE", "TZ"].contains(name)
            || lines.iter().any(|line| reads(line, name))
    }));
    let mut texts = vec![machine::os_name().to_string(), machine::arch().into(), spec.cwd.clone()];
    if seen("TZ").is_none() {
        texts.push(format!("zone {}", zone.unwrap_or_default()));
    }
    texts.extend(lines);
    // What is not set, and what is set to nothing, are two.
    texts.extend(names.into_iter().map(|name| format!("{name} {:?}", seen(name))));
    let mut running = Running::default();
    for text in texts {
        let text = masker.mask(&text).0;
        running.update(&(text.len() as u64).to_be_bytes());
        running.update(text.as_bytes());
    }
    running.hex()[..16].to_string()
}

/// Whether a command names the variable, as a shell does: `$NAME`, `${NAME}`.
fn reads(line: &str, name: &str) -> bool {
    line.match_indices('$').any(|(at, _)| {
        let rest = &line[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

/// The document.
pub fn document(
    facts: &MachineFacts,
    identity: &Identity,
    tree: Option<&WorkingTree>,
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
    fn a_judge_asks_no_program_that_a_change_put_there() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("ws");
        for (path, says) in [("ws/bin/node", "v1"), ("safe/node", "v2")] {
            let file = root.parent().unwrap().join(path);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(&file, format!("#!/bin/sh\necho {says}; pwd >&2\n")).unwrap();
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let folders =
            ["bin".into(), root.join("bin"), root.join("../safe"), "/bin".into(), "/usr/bin".into()];
        let path = std::env::join_paths::<_, PathBuf>(folders).unwrap().into_string().unwrap();
        let env = BTreeMap::from([("PATH".to_string(), path)]);
        let settings = RunSettings { suites: Vec::new(), lint: Vec::new(), profiles: Vec::new() };
        let said = |facts: MachineFacts| facts.node.unwrap().version;
        assert_eq!(
            said(facts(&root, &settings, &env)).as_deref(),
            Some("v1"),
            "a run is of what the workspace says"
        );
        assert_eq!(said(facts_of_the_machine(&root, &settings, &env)).as_deref(), Some("v2"));
    }

    #[test]
    fn what_may_decide_a_result_is_in_the_digest_and_the_host_is_not() {
        let text =
            "[suites.unit]\nnames = ['a']\ncommand = 'A=1 sh -c \"run $FEATURE\"'\nenv = { B = '2' }\n";
        let dir = tempfile::tempdir().unwrap();
        let of = |text: &str, env: &[(&str, &str)], named: &[&str], zone: &str| {
            fs_err::write(dir.path().join("tollgate.toml"), text).unwrap();
            let root = tollgate_host::files::Root::open(dir.path()).unwrap();
            let spec = tollgate_host::config::run_settings(&crate::embedded_in_tests::EMBEDDED, &root)
                .unwrap()
                .1
                .suites
                .remove(0);
            let env = env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let named: Vec<String> = named.iter().map(|n| n.to_string()).collect();
            digest(
                &spec,
                &env,
                &named,
                Some(zone),
                &Masker::new(Vec::<(&str, &str)>::new(), |_| false).unwrap(),
            )
        };
        let base = of(text, &[], &[], "UTC");
        assert_eq!(base.len(), 16);
        for host in ["HOSTNAME", "GITHUB_RUN_ID", "HOME", "FEATURES"] {
            assert_eq!(of(text, &[(host, "x")], &[], "UTC"), base, "{host}");
        }
        // What the kind sets itself wins over what is there.
        assert_eq!(of(text, &[("A", "9"), ("B", "9")], &[], "UTC"), base);
        let mut seen = BTreeSet::from([base]);
        for other in [
            of(text, &[("LC_ALL", "C")], &[], "UTC"),
            of(text, &[("LANG", "de_DE.UTF-8")], &[], "UTC"),
            of(text, &[("TZ", "Asia/Tokyo")], &[], "UTC"),
            of(text, &[], &[], "Asia/Tokyo"),
            of(text, &[("FEATURE", "on")], &[], "UTC"),
            of(text, &[("CHANNEL", "beta")], &["CHANNEL"], "UTC"),
            of(&text.replace("'2'", "'3'"), &[], &[], "UTC"),
            of(&text.replace("A=1", "A=2"), &[], &[], "UTC"),
            of(&text.replace("run ", "run --all "), &[], &[], "UTC"),
        ] {
            assert!(seen.insert(other), "{seen:?}");
        }
    }

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
