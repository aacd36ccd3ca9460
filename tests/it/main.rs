//! One test binary; modules are named after what they guard.

mod bad_input;
mod contract;
mod fixtures;
mod help;
mod language;
mod layering;
mod policy_from;
mod properties;
mod report;
mod report_sample;
mod support;
