//! Reports: one on standard output, any number in files, and what the exit code says of them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use super::{AppError, Context};
use crate::cli::{FailOn, ReportArgs};
use crate::exit::Exit;
use crate::model::Report;
use crate::outcome::Outcomes;
use crate::output::{Document, Format, RenderError, find_format};

/// Where the reports go.
pub(super) struct Reports {
    format: &'static Format,
    files: Vec<(&'static Format, String)>,
}

impl Reports {
    /// # Errors
    /// When the format of a file is not clear.
    pub(super) fn of(args: &ReportArgs) -> Result<Self, AppError> {
        Ok(Self { format: args.format, files: output_files(&args.output)? })
    }

    /// Writes all of them.
    ///
    /// # Errors
    /// When one cannot be written; the others are.
    pub(super) fn write(&self, report: &Report, outcomes: &Outcomes<'_>, context: Context) -> Result<(), AppError> {
        let document = Document { report, outcomes, lang: context.lang, color: false, width: None };
        // A file that cannot be written costs neither the other files nor the report on standard output.
        let written: Vec<_> = self.files.iter().map(|(format, path)| write_file(&document, format, path)).collect();
        let terminal = io::stdout().is_terminal();
        let document =
            Document { color: context.color && terminal, width: terminal.then(terminal_width).flatten(), ..document };
        let mut stdout = BufWriter::new(io::stdout().lock());
        match (self.format.render)(&document, &mut stdout).and_then(|()| Ok(stdout.flush()?)) {
            Err(RenderError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            other => other.map_err(|error| app_error(error, "standard output"))?,
        }
        written.into_iter().collect()
    }
}

/// Interrupted before failing before unknown before compliant; a report about nothing is not compliance.
pub(super) fn exit(report: &Report, fail_on: FailOn, interrupted: bool) -> Exit {
    let summary = &report.summary;
    let failing = summary.failures.keys().any(|severity| fail_on.least().is_some_and(|least| *severity >= least));
    if interrupted {
        Exit::Interrupted
    } else if failing {
        Exit::Failing
    } else if !summary.is_established() {
        Exit::Unknown
    } else {
        Exit::Compliant
    }
}

fn output_files(given: &[String]) -> Result<Vec<(&'static Format, String)>, AppError> {
    given
        .iter()
        .map(|text| {
            let (name, path) = match text.split_once('=') {
                Some((name, path)) => (name, path),
                None => (text.rsplit_once('.').map_or("", |(_, extension)| extension), text.as_str()),
            };
            let format = find_format(name).ok_or_else(|| {
                AppError::refused(
                    format!("the format of the output `{text}` is not clear"),
                    format!("write FORMAT=PATH, where the format is one of {}", crate::output::format_names()),
                )
            })?;
            Ok((format, path.to_owned()))
        })
        .collect()
}

/// Writes beside the target first, so that a full disk leaves no half report under its name.
fn write_file(document: &Document<'_>, format: &Format, path: &str) -> Result<(), AppError> {
    let unfinished = format!("{path}.unfinished");
    let write = || -> Result<(), RenderError> {
        let mut out = BufWriter::new(File::create(&unfinished)?);
        (format.render)(document, &mut out)?;
        out.flush()?;
        std::fs::rename(&unfinished, path)?;
        Ok(())
    };
    write().map_err(|error| {
        let _ = std::fs::remove_file(&unfinished);
        app_error(error, path)
    })
}

fn app_error(error: RenderError, to: &str) -> AppError {
    match error {
        RenderError::Io(source) => AppError::Output { to: to.to_owned(), source },
        RenderError::Bundle(error) => error.into(),
    }
}

fn terminal_width() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| console_width().filter(|width| *width > 0))
}

fn console_width() -> Option<u16> {
    comfy_table::Table::new().width()
}
