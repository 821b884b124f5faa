//! `govcheck scan`: accounts to inventories to findings to a report.

use super::fleet::{Rules, engine, scan_into};
use super::reports::{Reports, exit};
use super::{AppError, Context};
use crate::bundle::Bundle;
use crate::cli::ScanArgs;
use crate::exit::Exit;
use crate::outcome::{Across, Evidence, Outcomes};

pub(super) fn run(args: &ScanArgs, context: Context) -> Result<Exit, AppError> {
    let reports = Reports::of(&args.report)?;
    let (rules, mut bundle, engine, anew) = match &args.from {
        Some(dir) => {
            let bundle = Bundle::read(dir)?;
            let rules = Rules::for_bundle(&args.rules, &bundle)?;
            let engine = engine(&rules, &bundle)?;
            (rules, bundle, engine, true)
        }
        None => {
            let rules = Rules::load(&args.rules)?;
            let (bundle, engine) = scan_into(&args.bundle, args.fresh, &args.fleet, &args.asking, &rules, context)?;
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
    reports.write(&report, &outcomes, context)?;
    Ok(exit(&report, args.report.fail_on, report.run.interrupted && !anew))
}
