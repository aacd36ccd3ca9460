//! What tests of several crates share: the files that the program embeds, and git in a repository of their own.

use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Runs git in a test's repository, whatever the user's own configuration says, and gives what it prints without white space around.
///
/// # Panics
/// Git cannot be started, or fails.
#[expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test makes its own repository, and stops by panicking"
)]
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}
