//! A lane, as the command line spells it.

use clap::ValueEnum;
use tollgate_core::model::lane::Lane;

/// The lane, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LaneArg {
    /// Blocking gates only, stops at the first failure
    Preflight,
    /// Every gate
    Full,
    /// Every gate, the waiver audit, promotion and next steps
    Certification,
}

impl From<LaneArg> for Lane {
    fn from(lane: LaneArg) -> Lane {
        match lane {
            LaneArg::Preflight => Lane::Preflight,
            LaneArg::Full => Lane::Full,
            LaneArg::Certification => Lane::Certification,
        }
    }
}
