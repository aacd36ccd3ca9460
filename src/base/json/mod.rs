//! JSON text as a gate must read it: strict, bounded, exact integers, duplicate keys refused, strings borrowed from
//! the bytes. Positions are not kept; `locate` finds one again from a JSON pointer when a failure needs it.

mod brief;
mod number;
mod parse;
mod place;
mod pull;
mod scan;
mod value;

pub use brief::{plain, quoted};
pub use parse::{Limits, ParseError, ParseErrorKind, Stop, parse, utf8};
pub use place::{Place, locate, locate_many, place_of_offset, places_of_offsets};
pub use pull::{Pull, Scratch, pull, pull_again};
pub use value::{Json, Object};
