//! The `govcheck` binary: parse, run, print the error, exit.

use std::process::ExitCode;

use clap::Parser;
use govcheck::app;
use govcheck::cli::Cli;
use govcheck::exit::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Unusable.into() } else { ExitCode::SUCCESS };
        }
    };
    match app::run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            app::print_error(&error, &cli);
            Exit::Unusable.into()
        }
    }
}
