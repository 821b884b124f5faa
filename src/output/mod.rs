//! Reports: one file per format. A renderer shows what the report holds; it decides nothing and leaves nothing out.

mod declared_table;
mod github;
mod gitlab;
mod issue;
mod json;
mod junit;
mod listing;
mod markdown;
mod ndjson;
#[cfg(test)]
mod sample;
mod sarif;
mod snippet;
mod stream;
mod survey;
mod table;

use std::io::{self, Write};

pub use json::JsonReport;
pub(crate) use listing::plain_table;
pub use listing::{guardrail_table, param_table};

use crate::bundle::BundleError;
use crate::model::{Lang, Report};
use crate::outcome::Outcomes;

/// What a renderer is given.
pub struct Document<'a> {
    pub report: &'a Report,
    /// Findings and gaps, one account at a time.
    pub outcomes: &'a Outcomes<'a>,
    pub lang: Lang,
    pub color: bool,
    /// The width of the terminal in columns, when there is one.
    pub width: Option<u16>,
}

/// A format of the report.
#[derive(Debug)]
pub struct Format {
    pub name: &'static str,
    pub render: fn(&Document<'_>, &mut dyn Write) -> Result<(), RenderError>,
}

/// Every format.
pub static FORMATS: &[Format] = &[
    Format { name: "table", render: table::render },
    Format { name: "json", render: json::render },
    Format { name: "ndjson", render: ndjson::render },
    Format { name: "sarif", render: sarif::render },
    Format { name: "junit", render: junit::render },
    Format { name: "github", render: github::render },
    Format { name: "gitlab", render: gitlab::render },
    Format { name: "markdown", render: markdown::render },
];

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// A format by its name.
pub fn find_format(name: &str) -> Option<&'static Format> {
    let name = match name {
        "txt" => "table",
        "md" => "markdown",
        name => name,
    };
    FORMATS.iter().find(|format| format.name == name)
}

/// The names of all formats, for messages.
pub fn format_names() -> String {
    FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
}

/// For clap.
///
/// # Errors
/// When there is no such format.
pub fn parse_format(name: &str) -> Result<&'static Format, String> {
    find_format(name).ok_or_else(|| format!("the formats are {}", format_names()))
}
