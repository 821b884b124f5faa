//! `govcheck scan`: accounts to inventories to findings to a report.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use super::fleet::{Rules, engine, scan_into};
use super::{AppError, Context};
use crate::bundle::Bundle;
use crate::cli::{FailOn, ScanArgs};
use crate::exit::Exit;
use crate::model::Report;
use crate::outcome::{Across, Evidence, Outcomes};
use crate::output::{Document, Format, RenderError, find_format};

pub(super) fn run(args: &ScanArgs, context: Context) -> Result<Exit, AppError> {
    let files = output_files(&args.output)?;
    let (rules, mut bundle, engine, anew) = match &args.from {
        Some(dir) => {
            let bundle = Bundle::read(dir)?;
            let rules = Rules::for_bundle(&args.rules, &bundle)?;
            let engine = engine(&rules, &bundle)?;
            (rules, bundle, engine, true)
        }
        None => {
            let rules = Rules::load(&args.rules)?;
            let (bundle, engine) = scan_into(&args.bundle, args.fresh, &args.fleet, &rules, context)?;
            (rules, bundle, engine, false)
        }
    };
    let across = Across::of(&bundle, &engine, anew)?;
    let outcomes = Outcomes { engine: &engine, of: Evidence::Bundle { bundle: &bundle, anew, across: &across } };
    let report = outcomes.report(bundle.manifest.run_info(rules.pack.info(&rules.selected)))?;
    if !anew {
        let json = serde_json::to_vec_pretty(&report).unwrap_or_default();
        bundle.write_report(&json)?;
    }
    let outcomes = Outcomes { engine: &engine, of: Evidence::Bundle { bundle: &bundle, anew, across: &across } };
    let document = Document { report: &report, outcomes: &outcomes, lang: context.lang, color: false, width: None };
    // A file that cannot be written costs neither the other files nor the report on standard output.
    let written: Vec<_> = files.iter().map(|(format, path)| write_file(&document, format, path)).collect();
    let terminal = io::stdout().is_terminal();
    let document =
        Document { color: context.color && terminal, width: terminal.then(terminal_width).flatten(), ..document };
    let mut stdout = BufWriter::new(io::stdout().lock());
    match (args.format.render)(&document, &mut stdout).and_then(|()| Ok(stdout.flush()?)) {
        Err(RenderError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.map_err(|error| app_error(error, "standard output"))?,
    }
    written.into_iter().collect::<Result<(), _>>()?;
    Ok(exit(&report, args.fail_on, anew))
}

/// Interrupted before failing before unknown before compliant; a report about nothing is not compliance.
fn exit(report: &Report, fail_on: FailOn, anew: bool) -> Exit {
    let summary = &report.summary;
    let failing = summary.failures.keys().any(|severity| fail_on.least().is_some_and(|least| *severity >= least));
    if report.run.interrupted && !anew {
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
