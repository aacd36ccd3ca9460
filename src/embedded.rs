//! What ships inside the binary: gate packs, schemas, runbook entries (see `build.rs`).

use tollgate_core::model::embedded::Embedded;

/// All of it.
pub static EMBEDDED: Embedded =
    Embedded { gates: GATES, schemas: SCHEMAS, runbook: RUNBOOK, root_causes: ROOT_CAUSES };

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
