//! Floor 7: the front door.

pub mod progress;
