//! `docs/exit-codes.md` is what the verbs end with: each code of its table is brought about, and no code is left out that was.

use crate::docs_pages::part;
use crate::docs_run::{Follower, rows};
use crate::docs_verbs::{call, leaves};
use std::collections::BTreeSet;

/// A workspace with a green gate, and suites that pass, fail, and show no test that ran.
const SETUP: &str = r#"
mkdir -p gates schemas empty
cat > tollgate.toml <<'END'
[workspace]
packs = []
results = "runs"
output = "out"
git = false

[suites.unit]
names = ["good"]
command = "sh {name}.sh"
single = "sh {name}.sh {test}"
reader = "tap"

[suites.red]
names = ["bad"]
command = "sh {name}.sh"
reader = "tap"

[suites.idle]
names = ["idle"]
command = "sh {name}.sh"
reader = "tap"

[profiles.ci]
kinds = ["unit"]

[profiles.red]
kinds = ["red"]

[profiles.idle]
kinds = ["idle"]

[profiles.none]
kinds = ["unit"]
skip = ["*"]
END
printf 'echo 1..1\necho ok 1 - a\n' > good.sh
printf 'echo 1..1\necho not ok 1 - a\necho "  ---"\necho "  message: expected 3, got 4"\necho "  ..."\nexit 1\n' > bad.sh
printf 'echo 1..1\necho "ok 1 - a # SKIP"\n' > idle.sh
echo '{"$id": "e.v1", "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}' > schemas/e.v1.json
echo '{"schema": "e.v1", "n": 1}' > doc.json
cat > gates/ok.toml <<'END'
name = "N"
why = "W"
owner = "o"
blocking = true
lanes = ["preflight", "full"]
reproduce = "true"

[artifacts.doc]
path = "doc.json"
schema = "e.v1"

[[checks]]
id = "n"
assert = "doc.n == 1"
END
idle() { sed -i 's/^\[art/applies_when = "false"\n&/' gates/ok.toml; }
broken() { mkdir tests; echo '[' > tests/suite_classification.toml; }
entry() { mkdir tests; printf '[quarantine.bad]\nowner = "o"\n' > tests/suite_classification.toml; }
waive() { tollgate waiver add ok --owner o --reason r --issue i --exit-criteria e "$@"; }
quarantine() { tollgate quarantine add bad --category FLAKE-ENV --owner o --reason r --issue i --reproduce c --exit-criteria e --evidence "$1"; }
halves() { for i in 0 1; do tollgate run --profile "$1" --shard-kind unit --shard-index $i --shard-total 2 --out $i; done; }
"#;

/// A verb, the code that the last of the commands ends with, and the commands.
const ENDS: &[(&str, i32, &str)] = &[
    ("check", 0, "tollgate check"),
    ("check", 1, "rm doc.json; tollgate check"),
    ("check", 2, "echo 'x = 1' >> gates/ok.toml; tollgate check"),
    ("check", 3, "tollgate check --lane certification"),
    ("check", 3, "idle; tollgate check"),
    ("validate", 0, "tollgate validate doc.json"),
    ("validate", 1, "tollgate validate good.sh"),
    ("validate", 3, "tollgate validate empty"),
    ("schema list", 0, "tollgate schema list"),
    ("schema show", 0, "tollgate schema show e.v1"),
    ("schema show", 2, "tollgate schema show e.v2"),
    ("explain", 0, "tollgate explain ok"),
    ("explain", 1, "tollgate explain 'nothing of the kind'"),
    ("reproduce", 0, "tollgate reproduce ok"),
    ("reproduce", 2, "tollgate reproduce none"),
    ("reproduce", 3, "tollgate reproduce"),
    ("reproduce", 4, "mkdir out; echo x > out/full_suite_verdict.json; tollgate reproduce"),
    (
        "reproduce",
        1,
        "rm doc.json; tollgate check; sed -i 's/\"reproduce_command\": \"true\"/\"reproduce_command\": \"other\"/' \
         out/full_suite_verdict.json; tollgate reproduce",
    ),
    ("reproduce --exec", 0, "tollgate reproduce ok --exec"),
    ("reproduce --exec", 1, "sed -i 's/\"true\"/\"false\"/' gates/ok.toml; tollgate reproduce ok --exec"),
    (
        "reproduce --exec",
        4,
        "sed -i 's/\"true\"/\"no-such-program\"/' gates/ok.toml; tollgate reproduce ok --exec",
    ),
    ("reproduce --exec", 3, "tollgate reproduce --exec"),
    ("prove", 0, "tollgate prove"),
    ("prove", 1, "sed -i 's/doc.n == 1/doc.n >= 1/' gates/ok.toml; tollgate prove"),
    ("prove", 3, "idle; tollgate prove"),
    ("gate new", 0, "tollgate gate new other"),
    ("gate new", 2, "tollgate gate new ok"),
    ("gate list", 0, "tollgate gate list"),
    ("gate try", 0, "tollgate gate try '1 == 1'"),
    ("gate try", 1, "tollgate gate try '1 == 2'"),
    ("gate try", 2, "tollgate gate try '1 =='"),
    ("waiver list", 0, "waive --now 2026-01-01T00:00:00Z; tollgate waiver list --now 2026-03-01T00:00:00Z"),
    ("waiver list", 1, "broken; tollgate waiver list"),
    ("waiver add", 0, "waive"),
    ("waiver add", 2, "waive --check none"),
    ("waiver renew", 0, "waive; tollgate waiver renew ok"),
    ("waiver renew", 2, "tollgate waiver renew ok"),
    ("waiver remove", 0, "waive; tollgate waiver remove ok"),
    ("waiver remove", 2, "tollgate waiver remove ok"),
    ("waiver audit", 0, "waive; tollgate waiver audit"),
    ("waiver audit", 1, "waive --now 2026-01-01T00:00:00Z; tollgate waiver audit --now 2026-03-01T00:00:00Z"),
    ("quarantine list", 0, "entry; tollgate quarantine list"),
    ("quarantine list", 1, "broken; tollgate quarantine list"),
    ("quarantine audit", 0, "tollgate quarantine audit"),
    ("quarantine audit", 1, "entry; tollgate quarantine audit"),
    ("quarantine add", 0, "tollgate run --profile red --out one; quarantine one/bad/failure_digest.json"),
    ("quarantine add", 2, "quarantine none.json"),
    ("quarantine remove", 0, "entry; tollgate quarantine remove bad"),
    ("quarantine remove", 2, "tollgate quarantine remove bad"),
    ("init", 0, "rm tollgate.toml; tollgate init"),
    ("init", 2, "tollgate init"),
    ("doctor", 0, "tollgate doctor"),
    ("doctor", 1, "rm doc.json; tollgate doctor"),
    ("run", 0, "tollgate run"),
    ("run", 1, "tollgate run --profile red"),
    ("run", 3, "tollgate run --profile idle"),
    ("run", 3, "tollgate run --profile none"),
    (
        "run",
        4,
        "tollgate run --out one; echo x > one/summary.json; tollgate run --rerun-from one/summary.json",
    ),
    ("run --list", 0, "tollgate run --list"),
    ("run --list", 3, "tollgate run --list --profile none"),
    ("replay", 0, "tollgate run --profile red --out one; cp good.sh bad.sh; tollgate replay one"),
    ("replay", 1, "tollgate run --profile red --out one; tollgate replay one"),
    ("replay", 3, "tollgate run --out one; tollgate replay one"),
    ("replay", 4, "tollgate replay none"),
    ("ingest", 0, "sh good.sh > a.tap; tollgate ingest tap a.tap"),
    ("ingest", 1, "sh bad.sh > a.tap; tollgate ingest tap a.tap"),
    ("ingest", 3, "sh idle.sh > a.tap; tollgate ingest tap a.tap"),
    ("ingest", 4, "echo 1..2 > a.tap; tollgate ingest tap a.tap"),
    ("merge", 0, "halves ci; tollgate merge 0 1 --out all"),
    ("merge", 1, "halves ci; tollgate merge 0 --out all"),
    ("merge", 1, "halves red; tollgate merge 0 1 --out all"),
    ("merge", 3, "halves idle; tollgate merge 0 1 --out all"),
    ("diff", 0, "tollgate run --out one; tollgate run --out two; tollgate diff one two"),
    ("diff", 1, "tollgate run --out one; cp bad.sh good.sh; tollgate run --out two; tollgate diff one two"),
    ("diff", 4, "tollgate run --out one; echo x > two.json; tollgate diff one two.json"),
    ("flake check", 0, "tollgate flake check good --runs 2"),
    ("flake check", 1, "tollgate flake check bad --runs 2"),
    ("flake check", 2, "tollgate flake check idle --runs 2"),
    ("flake report", 0, "tollgate run --profile red --out one; tollgate flake report one"),
    ("flake report", 4, "echo x > one.json; tollgate flake report one.json"),
    ("events", 0, "tollgate run --out one; tollgate events one"),
    ("events", 1, "echo x > e.jsonl; tollgate events e.jsonl"),
    ("events", 3, ": > e.jsonl; tollgate events e.jsonl"),
    ("events", 4, "tollgate events none.jsonl"),
    ("completions", 0, "tollgate completions bash"),
    ("man", 0, "tollgate man"),
];

#[test]
fn each_verb_ends_as_the_commands_say() {
    let mut wrong = Vec::new();
    for (verb, code, commands) in ENDS {
        let follower = Follower::new();
        // Commands before the last may end in any way.
        let output = follower.shell(&format!("set +e\n{SETUP}\n{commands}\n")).output().unwrap();
        if output.status.code() != Some(*code) {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            wrong
                .push(format!("{verb} ends with {:?}, not {code}: {commands}\n{said}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_verbs_has_each_code_that_was_brought_about() {
    let table = rows(&part("docs/exit-codes.md", "## Verb by verb"));
    let mut told = BTreeSet::new();
    let mut verbs = BTreeSet::new();
    for row in &table {
        for verb in row[0].split(", ").map(|verb| verb.trim_matches('`')) {
            assert!(verbs.insert(verb.to_string()), "{verb} stands twice");
            let cells = row[1..].iter().zip(0..).filter(|(cell, _)| !cell.is_empty());
            told.extend(cells.map(|(_, code)| (verb.to_string(), code)));
        }
    }
    let brought: BTreeSet<(String, i32)> =
        ENDS.iter().map(|(verb, code, _)| (verb.to_string(), *code)).collect();
    assert_eq!(told, brought);
    let known: BTreeSet<String> = leaves().into_iter().collect();
    let leaf = |verb: &String| verb.split(" --").next().unwrap_or_default().to_string();
    assert_eq!(verbs.iter().map(leaf).collect::<BTreeSet<_>>(), known);
    // Every code that a verb ends with is in the first table.
    let codes = rows(&part("docs/exit-codes.md", "# Exit codes"));
    let codes: Vec<&str> =
        codes.iter().map(|row| row[0].trim_matches('`')).filter(|cell| cell.len() == 1).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_wrong_command_line_is_2_and_an_answer_that_cannot_be_written_is_4() {
    let follower = Follower::new();
    let made = "tollgate run --profile red --out one; tollgate run --out two; halves ci; sh good.sh > a.tap";
    let output = follower.shell(&format!("{SETUP}\nset +e\n{made}\n")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for verb in leaves() {
        let words = call(&verb);
        let run = |format: &str| {
            let output = follower.shell(&format!("{words} --format {format}")).output().unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let (code, said) = run("nope");
        assert_eq!(code, Some(2), "{verb}: {said}");
        let (code, said) = run("json:tollgate.toml/x");
        assert_eq!(code, Some(4), "{verb}: {said}");
    }
}
