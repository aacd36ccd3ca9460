//! Floor 7: the front door. argv in; bytes and an exit code out.

mod args;
mod diff;
mod dispatch;
mod env;
mod live;
mod output;
mod progress;
mod quarantine;
mod request;
mod run;
mod run_args;
mod screen;
mod term;
mod verbs;
mod words;

pub use args::command;
pub use dispatch::main;
