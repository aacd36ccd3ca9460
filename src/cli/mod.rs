//! Floor 7: the front door. argv in; bytes and an exit code out.

mod args;
mod aside;
mod dispatch;
mod env;
mod live;
mod output;
mod progress;
mod run;
mod screen;
mod shell;
mod term;
mod words;

pub use args::command;
pub use dispatch::main;
