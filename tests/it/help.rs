//! `--help` of every verb, as people read it.

use crate::support::{Ws, finish};

const VERBS: &[&[&str]] = &[
    &[],
    &["check"],
    &["validate"],
    &["schema"],
    &["schema", "list"],
    &["schema", "show"],
    &["waiver"],
    &["waiver", "list"],
    &["waiver", "audit"],
    &["waiver", "add"],
    &["waiver", "renew"],
    &["waiver", "remove"],
    &["quarantine"],
    &["quarantine", "list"],
    &["quarantine", "audit"],
    &["quarantine", "add"],
    &["quarantine", "remove"],
    &["explain"],
    &["reproduce"],
    &["prove"],
    &["gate"],
    &["gate", "new"],
    &["gate", "try"],
    &["gate", "list"],
    &["init"],
    &["doctor"],
    &["run"],
    &["replay"],
    &["ingest"],
    &["merge"],
    &["diff"],
    &["events"],
    &["flake"],
    &["flake", "check"],
    &["flake", "report"],
    &["completions"],
    &["man"],
];

#[test]
fn help_of_every_verb() {
    let ws = Ws::new();
    for verb in VERBS {
        let mut command = ws.command(&[*verb, &["--help"]].concat());
        command.env("COLUMNS", "100").env("TERM", "dumb");
        let run = finish(command).expect(0);
        assert_eq!(run.stderr, "", "{verb:?}");
        let text: String = run.stdout.lines().map(|l| format!("{}\n", l.trim_end())).collect();
        let name = std::iter::once("help").chain(verb.iter().copied()).collect::<Vec<_>>().join("_");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn no_verb_is_without_its_snapshot() {
    fn names(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
            names(sub, &[path, &[sub.get_name().to_string()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    names(&tollgate::cli::command(), &[], &mut found);
    let listed: Vec<Vec<String>> =
        VERBS.iter().map(|v| v.iter().map(|w| (*w).to_string()).collect()).collect();
    for verb in found {
        assert!(listed.contains(&verb), "{verb:?} is not in VERBS");
    }
}
