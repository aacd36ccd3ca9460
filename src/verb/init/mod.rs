//! `tollgate init`: what stands in a folder, the suites that suit it, and the files that say so. One file an ecosystem; `recipes.rs`
//! lists them.

pub mod args;
mod bats;
mod cpp;
mod dotnet;
mod elixir;
mod golang;
mod human;
mod java;
mod javascript;
mod kinds;
mod manager;
mod php;
mod place;
mod proposal;
mod python;
mod recipes;
mod ruby;
mod rust;
mod script;
mod swift;
mod text;
mod tree;
mod write;

pub use human::human;
pub use write::{InitRequest, InitSuite, Initialised, init};
