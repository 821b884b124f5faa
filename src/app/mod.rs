//! One file per verb of the command line; each reads as the flow of the program.

mod accounts;
mod check;
mod collect;
mod fleet;
mod handbook;
mod inputs;
mod permissions;
mod policy;
mod preventive;
mod prove;
mod reports;
mod rules;
mod scan;
mod schema;
mod stop;

use std::io::{IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use tracing_subscriber::EnvFilter;

use crate::bundle::BundleError;
use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::model::{Lang, visible};
use crate::syntax::{Fault, Faults};

/// Why a command could not run.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum AppError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Faults(#[from] Faults),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Bundle(#[from] BundleError),
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Refused { message: String, help: String },
    #[error("failed to write the report to {to}: {source}")]
    #[diagnostic(help("check the path and the free space; the bundle keeps what was seen"))]
    Output { to: String, source: std::io::Error },
}

impl AppError {
    fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), help: help.into() }
    }
}

/// What every verb needs to know of the command line.
#[derive(Clone, Copy, Debug)]
struct Context {
    lang: Lang,
    quiet: bool,
    color: bool,
}

/// Runs the command.
///
/// # Errors
/// When it could not run at all; a report that finds failures is not an error.
pub fn run(cli: &Cli) -> Result<Exit, AppError> {
    start_log(cli);
    let context = Context { lang: language(cli), quiet: cli.quiet, color: use_color(cli) };
    match &cli.command {
        Command::Scan(args) => scan::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Collect(args) => collect::run(args, context),
        Command::Accounts(command) => accounts::run(command, context),
        Command::Rules(command) => rules::run(command, context),
        Command::Policy(command) => policy::run(command, context),
        Command::Permissions(args) => permissions::run(args),
        Command::Schema { of } => schema::run(*of),
        Command::Completions { shell } => schema::completions(*shell),
        Command::Man => schema::man(),
    }
}

/// Prints an error with its place and what to do, on standard error.
pub fn print_error(error: &AppError, cli: &Cli) {
    let plain = render(error, ThemeStyles::none());
    let harmless = visible(&plain);
    // Where there is something to replace, colours are given up: they are escape sequences themselves.
    let color = use_color(cli) && std::io::stderr().is_terminal() && harmless == plain;
    let text = if color { render(error, ThemeStyles::ansi()) } else { harmless };
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn render(error: &AppError, styles: ThemeStyles) -> String {
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    // Wrapping would break names at their hyphens.
    let handler = GraphicalReportHandler::new_themed(theme).with_wrap_lines(false);
    let mut text = String::new();
    match handler.render_report(&mut text, error) {
        Ok(()) => text,
        Err(_) => format!("{error}\n"),
    }
}

fn language(cli: &Cli) -> Lang {
    cli.lang.unwrap_or_else(|| {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = variables.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let locale = locale.or_else(sys_locale::get_locale);
        locale.map_or(Lang::En, |locale| Lang::from_locale(&locale))
    })
}

/// As <https://no-color.org> asks.
fn use_color(cli: &Cli) -> bool {
    !cli.no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn start_log(cli: &Cli) {
    let level = match (cli.quiet, cli.verbose) {
        (true, _) => "error",
        (_, 0) if std::io::stderr().is_terminal() => "warn",
        (_, 0) => "govcheck=info,warn",
        (_, 1) => "govcheck=debug,warn",
        _ => "govcheck=trace,aws_smithy_runtime=debug,aws_config=debug,warn",
    };
    let filter = std::env::var("GOVCHECK_LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(level)))
        .with_writer(std::io::stderr)
        .with_ansi(use_color(cli) && std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

/// Writes to standard output; a reader that went away is not an error.
fn print(text: &str) -> Result<(), AppError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(AppError::Output { to: "standard output".into(), source })
        }
        _ => Ok(()),
    }
}
