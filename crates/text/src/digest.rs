//! SHA-256, as lower-case hex.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The SHA-256 of `bytes`, lower-case hex, 64 characters.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A running SHA-256 for what arrives in blocks.
#[derive(Default, Clone)]
pub struct Running(Sha256);

impl Running {
    /// Feeds a block.
    pub fn update(&mut self, block: &[u8]) {
        self.0.update(block);
    }

    /// The digest of all blocks fed so far, lower-case hex.
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}
