//! Why a suite failed, and how to see it again: the documents of a failure.

use crate::model::run::Identity;
use crate::model::signature::Basis;
use crate::model::test::SourcePlace;
use serde::{Deserialize, Serialize};

/// Why a suite failed; `unknown` when no pattern fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootCause {
    /// An assertion did not hold.
    AssertionFailure,
    /// It took too long.
    Timeout,
    /// It panicked outside an assertion.
    Panic,
    /// A signal ended it.
    Signal,
    /// Memory ran out.
    Oom,
    /// A connection, a name, a certificate.
    Network,
    /// Disk, file descriptors, ports, permissions.
    Resource,
    /// A program or library is not installed.
    MissingDependency,
    /// It did not compile.
    BuildFailure,
    /// A fixture or setup step failed.
    Setup,
    /// No pattern fits.
    Unknown,
}

impl RootCause {
    /// Every class but `unknown`.
    pub const NAMED: [RootCause; 10] = [
        RootCause::AssertionFailure,
        RootCause::Timeout,
        RootCause::Panic,
        RootCause::Signal,
        RootCause::Oom,
        RootCause::Network,
        RootCause::Resource,
        RootCause::MissingDependency,
        RootCause::BuildFailure,
        RootCause::Setup,
    ];

    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            RootCause::AssertionFailure => "assertion_failure",
            RootCause::Timeout => "timeout",
            RootCause::Panic => "panic",
            RootCause::Signal => "signal",
            RootCause::Oom => "oom",
            RootCause::Network => "network",
            RootCause::Resource => "resource",
            RootCause::MissingDependency => "missing_dependency",
            RootCause::BuildFailure => "build_failure",
            RootCause::Setup => "setup",
            RootCause::Unknown => "unknown",
        }
    }
}

/// `failure_digest.json`: one a failed suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureDigest {
    /// `tollgate.run.failure_digest.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// The suite.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// Its status.
    pub status: String,
    /// Why.
    pub root_cause_class: RootCause,
    /// Stable over line numbers, addresses, times and temporary paths.
    pub signature: String,
    /// What that rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The failed tests.
    pub impacted_scenario_ids: Vec<String>,
    /// The first failing assertion; null where no test says one.
    pub first_failing_assertion: Option<Assertion>,
    /// How to see it again.
    pub remediation_pointer: RemediationPointer,
}

/// An assertion that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// The test.
    pub test: Option<String>,
    /// Where it stands; null where the tool does not say.
    pub location: Option<SourcePlace>,
    /// What it said.
    pub message: String,
}

/// Commands of a digest; built from `tollgate.toml`, never from output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemediationPointer {
    /// The narrowest: the failed test where there is one, else the suite.
    pub replay_command: String,
    /// The whole suite.
    pub suite_replay_command: String,
    /// The first failed test; null where the kind has no `single`.
    pub targeted_test_replay_command: Option<String>,
}

/// `failure_diagnostics_index.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureIndex {
    /// `tollgate.run.failure_index.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// By suite.
    pub digests: Vec<IndexedDigest>,
}

/// A line of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedDigest {
    /// The suite.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// Workspace-relative.
    pub digest_path: String,
    /// Workspace-relative.
    pub timeline_path: String,
    /// Why it failed.
    pub root_cause_class: RootCause,
    /// The failure signature.
    pub signature: String,
    /// What that rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}
