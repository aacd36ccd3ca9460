//! One test binary; modules are named after what they guard.

mod layering;
mod report;
mod report_sample;
