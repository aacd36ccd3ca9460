//! Lanes, modes.

use serde::{Deserialize, Serialize};

/// Which gates are judged, and what is said about them (`docs/lanes.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Blocking gates only; stops at the first failure in gate order.
    Preflight,
    /// Every gate.
    Full,
    /// Every gate, the waiver audit, promotion and next steps.
    Certification,
}

impl Lane {
    /// `preflight`, `full`, `certification`.
    pub fn name(self) -> &'static str {
        match self {
            Lane::Preflight => "preflight",
            Lane::Full => "full",
            Lane::Certification => "certification",
        }
    }

    /// All three.
    pub const ALL: [Lane; 3] = [Lane::Preflight, Lane::Full, Lane::Certification];

    /// The stem of the files a lane writes: `preflight`, `full_suite`, `certification`.
    pub fn stem(self) -> &'static str {
        match self {
            Lane::Preflight => "preflight",
            Lane::Full => "full_suite",
            Lane::Certification => "certification",
        }
    }

    /// The names of all files that the lanes write into the output folder.
    pub fn files() -> Vec<String> {
        let mut names: Vec<String> =
            Lane::ALL.iter().map(|lane| format!("{}_verdict.json", lane.stem())).collect();
        for lane in [Lane::Full, Lane::Certification] {
            names.push(format!("{}_events.jsonl", lane.stem()));
            names.push(format!("{}_report.md", lane.stem()));
        }
        names.extend(["waiver_audit.json".to_string(), "replay_bundle.json".to_string()]);
        names
    }
}

/// Whether promotion follows the verdict or a recorded emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Promotion only on a green verdict.
    Strict,
    /// Promotion by a valid `[rollback]` record; verdict and exit code stay what they are.
    Rollback,
}

impl Mode {
    /// `strict`, `rollback`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Strict => "strict",
            Mode::Rollback => "rollback",
        }
    }
}
