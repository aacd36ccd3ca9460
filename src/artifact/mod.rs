//! Edge: evidence. Find, read once, hash, date, parse, validate; absence is a value.
//!
//! `Sources::read` reads and hashes every file that a set of gates names, once each, in parallel; `Documents::parse`
//! borrows those bytes; `Documents::evidence` is what one gate sees. Two steps, because documents borrow the bytes.
