//! What the program embeds, for tests: the same files.

use tollgate_core::model::embedded::Embedded;
pub use tollgate_testing::{GATES, ROOT_CAUSES, RUNBOOK, SCHEMAS};

pub static EMBEDDED: Embedded =
    Embedded { gates: GATES, schemas: SCHEMAS, runbook: RUNBOOK, root_causes: ROOT_CAUSES };
