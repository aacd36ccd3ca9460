//! Floor 7: the front door.
