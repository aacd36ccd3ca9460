//! What ships inside the binary: gate packs, schemas, runbook entries (see `build.rs`).

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
