#!/usr/bin/env python3
"""Turn the benchmark corpora `gates` and `big` into tollgate's shapes.

    convert.py CORPUS OUT        writes OUT/gates (a workspace) and OUT/big (two run summaries), where CORPUS has them
    convert.py --check CORPUS VERDICT    hold a verdict of OUT/gates to the corpus's 1,000 known answers

OUT/gates is judged with `tollgate check --root OUT/gates --out DIR`; OUT/big holds `tollgate.run.summary.v1` documents.
"""
import json
import sys
from pathlib import Path

ARTIFACTS = ["audit", "coverage", "e2e", "unit"]
STATUS = {"passed": "passed", "failed": "failed", "skipped": "ignored"}


def gates(corpus, out):
    (out / "gates").mkdir(parents=True, exist_ok=True)
    (out / "schemas").mkdir(exist_ok=True)
    (out / "artifacts").mkdir(exist_ok=True)
    (out / "tollgate.toml").write_text('[workspace]\npacks = []\ngates = ["gates"]\nschemas = ["schemas"]\n')
    shape = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "bench.any", "type": "object"}
    (out / "schemas/bench.any.json").write_text(json.dumps(shape))
    for name in ARTIFACTS:
        (out / f"artifacts/{name}.json").write_bytes((corpus / f"artifacts/{name}.json").read_bytes())
    for gate in json.loads((corpus / "gates.json").read_text()):
        lines = [f'name = "{gate["id"]}"', 'why = "benchmark"', 'owner = "bench"', "blocking = true",
                 'lanes = ["full"]', 'reproduce = "true"']
        used = [n for n in ARTIFACTS if any(n + "." in a["cel"] for a in gate["assertions"])]
        for name in used:
            lines += [f"[artifacts.{name}]", f'path = "artifacts/{name}.json"', 'shape = "bench.any"']
        for a in gate["assertions"]:
            # The corpus's lists are known not to be empty; tollgate's lint wants that said.
            cel = a["cel"]
            if ".suites.all(" in cel:
                root = cel.split(".", 1)[0]
                cel = (f"size({root}.suites) > 0 && {root}.suites.all(s, size(s.tests) > 0 && "
                       + cel.split("(s, ", 1)[1])
            lines += ["[[checks]]", f'id = "{a["id"]}"', f"assert = {json.dumps(cel)}"]
        (out / f"gates/{gate['id']}.toml").write_text("\n".join(lines) + "\n")


def big(corpus, out):
    out.mkdir(parents=True, exist_ok=True)
    for side in ("baseline", "current"):
        source = json.loads((corpus / f"{side}.json").read_text())
        suites, total, passed = [], 0, 0
        for suite in source["suites"]:
            tests = [{"name": t["id"], "status": STATUS[t["status"]], "duration_ms": t["duration_ms"]} for t in suite["tests"]]
            failed = sum(t["status"] == "failed" for t in tests)
            suites.append({"name": suite["name"], "kind": "unit", "status": "failed" if failed else "passed",
                           "duration_ms": suite["duration_ms"], "attempts": 1, "failed": failed,
                           "passed": sum(t["status"] == "passed" for t in tests), "flaky": 0,
                           "ignored": sum(t["status"] == "ignored" for t in tests), "tests": tests})
            total += 1
            passed += not failed
        names = [s["name"] for s in suites if s["failed"]]
        summary = {"schema": "tollgate.run.summary.v1", "generated_at": source["generated_at"], "run_id": source["run"]["id"],
                   "correlation_id": source["run"]["id"], "commit": source["run"]["commit"], "profile": "ci",
                   "status": "failed" if names else "passed", "failed_names": [], "failed_unit_names": names,
                   "passed_suites": 0, "total_suites": 0, "passed_units": passed, "total_units": total,
                   "suites": [], "units": suites, "not_run": [], "masked": 0}
        (out / f"{side}.json").write_text(json.dumps(summary, separators=(",", ":")))


def check(corpus, verdict):
    found = {g["id"]: {f["check"] for f in g["findings"]} for g in json.loads(Path(verdict).read_text())["gates"]}
    wrong = passing = 0
    for gate in json.loads((corpus / "gates/gates.json").read_text()):
        for a in gate["assertions"]:
            green = a["id"] not in found[gate["id"]]
            passing += green
            wrong += green != a["expect"]
    print(f"tollgate: 1000 assertions, {passing} pass, {wrong} wrong")
    return 1 if wrong else 0


def main():
    if sys.argv[1] == "--check":
        sys.exit(check(Path(sys.argv[2]), sys.argv[3]))
    corpus, out = Path(sys.argv[1]), Path(sys.argv[2])
    if (corpus / "gates").is_dir():
        gates(corpus / "gates", out / "gates")
    if (corpus / "big").is_dir():
        big(corpus / "big", out / "big")


if __name__ == "__main__":
    main()
