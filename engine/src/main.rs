//! The program `puls`. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    puls::cli::main()
}
