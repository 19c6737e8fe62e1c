//! `botyard`: everything on this machine. See [`local::command`].

use std::process::ExitCode;

fn main() -> ExitCode {
    local::command::main(std::env::args_os().skip(1))
}
