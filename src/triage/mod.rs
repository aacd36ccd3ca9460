//! Judgement: what a failure is. Signatures, root causes, digests; values in, values out.

mod cause;
mod digest;
mod signature;

pub use cause::{Causes, Facts, cause};
pub use digest::{Digested, ToDigest, digest};
pub use signature::signature;
