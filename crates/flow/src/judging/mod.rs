//! What of a run and a workspace is judged, and what is said of it.

pub mod failures;
pub mod for_run;
pub mod json;
pub mod judged;
pub mod no_run;
pub mod siblings;
pub mod standing;
pub mod whole;
pub mod whole_text;
