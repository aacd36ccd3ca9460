//! The ids of runs: by which verb a run came to be, and what tells it from every other.

use tollgate_text::digest::sha256_hex;
use tollgate_text::time::Now;

/// Of a run that is made now.
pub fn run(now: Now) -> String {
    format!("run-{}-{}", now.time().format("%Y%m%dT%H%M%SZ"), &unlike_any("")[..8])
}

/// Of a run that was ingested.
pub fn ingest() -> String {
    format!("ingest-{}", &unlike_any("")[..16])
}

/// Of a merged run: the same shards, in whatever order, make the same run.
pub fn merge(shards: &[&str]) -> String {
    let mut ids = shards.to_vec();
    ids.sort_unstable();
    format!("merge-{}", &sha256_hex(ids.join("\0").as_bytes())[..16])
}

/// Of a check of what `correlation` stands for.
pub fn check(correlation: &str) -> String {
    unlike_any(&format!("{correlation} "))[..32].to_string()
}

/// A digest that no other process has, nor this one at another moment.
fn unlike_any(of: &str) -> String {
    let unique = format!("{of}{} {}", std::process::id(), tollgate_host::clock::unique());
    sha256_hex(unique.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_how_its_run_came_to_be() {
        let now = Now::parse("2026-11-20T12:00:00Z").unwrap();
        let tail = |id: String, head: &str| id.strip_prefix(head).unwrap().len();
        assert_eq!(tail(run(now), "run-20261120T120000Z-"), 8);
        assert_eq!(tail(ingest(), "ingest-"), 16);
        assert_eq!(check("c").len(), 32);
        assert_eq!(merge(&["b", "a"]), merge(&["a", "b"]));
        assert_ne!(merge(&["a", "b"]), merge(&["a", "c"]));
    }
}
