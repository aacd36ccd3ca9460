//! One test binary; modules are named after what they guard.

mod fixtures;
mod layering;
mod policy_from;
mod report;
mod report_sample;
