//! `govcheck schema`, `completions` and `man`: the documents that the binary makes of itself.

use clap::CommandFactory;

use super::{AppError, print};
use crate::cli::{Cli, SchemaName};
use crate::config::{AccountsFile, ProjectFile};
use crate::exit::Exit;
use crate::output::JsonReport;
use crate::rule::AnyRuleFile;

pub(super) fn run(of: SchemaName) -> Result<Exit, AppError> {
    let schema = match of {
        SchemaName::Accounts => schemars::schema_for!(AccountsFile),
        SchemaName::Rule => schemars::schema_for!(AnyRuleFile),
        SchemaName::Config => schemars::schema_for!(ProjectFile),
        SchemaName::Report => schemars::schema_for!(JsonReport),
    };
    print(&(serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"))?;
    Ok(Exit::Compliant)
}

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, AppError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "govcheck", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Compliant)
}

pub(super) fn man() -> Result<Exit, AppError> {
    let mut text = Vec::new();
    let command = Cli::command();
    for page in std::iter::once(command.clone()).chain(command.get_subcommands().cloned()) {
        let rendered = clap_mangen::Man::new(page).render(&mut text);
        rendered.map_err(|source| AppError::Output { to: "the manual page".into(), source })?;
    }
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Compliant)
}
