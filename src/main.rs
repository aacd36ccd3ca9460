//! The `tollgate` binary: nothing but the way in.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate::cli::main()
}
