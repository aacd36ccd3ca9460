//! JSON text as a gate must read it: strict, bounded, exact integers, duplicate keys refused, strings borrowed from
//! the bytes. Positions are not kept; `locate` finds one again from a JSON pointer when a failure needs it.

mod brief;
mod fault;
mod number;
mod parse;
mod parser;
mod place;
mod pull;
mod scan;
mod value;

pub use brief::{plain, quoted};
pub use fault::{JsonLimits, ParseError, ParseErrorKind, utf8};
pub use parse::parse;
pub use parser::ParseStop;
pub use place::{TextPlace, TextPlaces, locate, locate_many, place_of_offset, places_of_offsets};
pub use pull::{Pull, Scratch, pull, pull_again};
pub use scan::simple_escape;
pub use value::{Json, JsonObject};
