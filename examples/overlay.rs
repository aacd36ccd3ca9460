//! Lays out the workspace of a fixture, to be looked at and judged by hand:
//!
//! ```text
//! cargo run --example overlay -- fixtures/gates/pass_rate/fail-test-failed target/overlay
//! cargo run -- check --root target/overlay --now 2026-11-20T12:00:00Z
//! ```

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "it lays out folders for a contributor"
)]

#[path = "../tests/it/overlay.rs"]
mod overlay;
#[path = "../tests/it/patched.rs"]
mod patched;

use std::path::Path;

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, into] = args.as_slice() else {
        return Err("say the overlay and a new folder".to_string());
    };
    let into = Path::new(into);
    if into.exists() {
        return Err(format!("{} is there already", into.display()));
    }
    // Copied, not linked: what is laid out may be edited.
    let expected = overlay::lay(Path::new(from), into, |from, to| std::fs::copy(from, to).map(drop))?;
    for key in ["rule", "reason", "checks", "artifact"] {
        if let Some(value) = expected.get(key) {
            println!("{key}: {value}");
        }
    }
    Ok(())
}
