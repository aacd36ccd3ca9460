//! One test binary; modules are named after what they guard.

mod fixtures;
mod layering;
mod report;
mod report_sample;
