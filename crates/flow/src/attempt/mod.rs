//! What a suite is started with, what of its results is read, and what is looked at around it: for whoever starts one.

mod result_files;
pub mod results;
pub mod seen;
pub mod steps;
pub mod tracked;
pub mod watching;

use std::time::Duration;

/// What a suite gets between TERM and KILL.
pub const GRACE: Duration = Duration::from_secs(10);
