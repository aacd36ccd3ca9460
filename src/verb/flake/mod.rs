//! Flaky tests: what runs say of them, and trying one.

pub mod args;
pub mod check;
pub mod checked;
pub mod report;
pub mod series;
pub mod text;
