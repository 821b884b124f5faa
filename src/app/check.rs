//! `govcheck check`: files to what they declare to findings to a report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};

use super::fleet::Rules;
use super::inputs::{Found, Input, find};
use super::reports::{Reports, exit};
use super::{AppError, Context};
use crate::cli::{CheckArgs, RuleArgs};
use crate::config::{Deployed, Project, is_region, read_parameters};
use crate::exit::Exit;
use crate::model::{Account, AccountClass, AccountId, RulePackInfo, RunInfo};
use crate::outcome::{Baseline, Evidence, Outcomes, judge_declared};
use crate::source::declared::{Declared, Surroundings, UNNAMED_ACCOUNT};
use crate::source::files::Files;
use crate::source::{cloudformation, terraform};
use crate::syntax::{Fault, Faults, SourceFile, nearest};

/// Where the Government Cloud is, unless something says otherwise.
const DEFAULT_REGION: &str = "ap-northeast-1";
/// Read when it is there.
const PROJECT_FILE: &str = "govcheck.yaml";
/// How many passed-over files are named.
const NAMED: usize = 10;

pub(super) fn run(args: &CheckArgs, context: Context) -> Result<Exit, AppError> {
    let reports = Reports::of(&args.report)?;
    let project = project(args.config.as_deref())?;
    let rules = Rules::load(&rule_args(args, &project))?;
    let baseline = match &args.baseline {
        Some(path) => Baseline::read(&SourceFile::read_up_to(path, MAX_REPORT)?)?,
        None => Baseline::default(),
    };
    let deployment = Deployment::of(args, project, &rules)?;
    let started_at = Utc::now();
    let units = declared(find(&args.paths)?, args.strict, &deployment)?;
    let accounts: Vec<Account> =
        units.iter().flat_map(|unit| &unit.worlds).map(|world| world.inventory.account.clone()).collect();
    let engine = rules.engine(started_at).with_accounts(&accounts);
    let judged = judge_declared(&engine, units, &baseline);
    let outcomes = Outcomes { engine: &engine, of: Evidence::Declared(&judged) };
    let report = outcomes.report(run_info(rules.pack.info(&rules.selected), started_at))?;
    reports.write(&report, &outcomes, context)?;
    Ok(exit(&report, args.report.fail_on, false))
}

/// The largest baseline that is read, in bytes.
const MAX_REPORT: u64 = 256 * 1024 * 1024;

fn project(given: Option<&Path>) -> Result<Project, AppError> {
    match given {
        Some(path) => Ok(Project::read(path)?),
        None if Path::new(PROJECT_FILE).exists() => Ok(Project::read(Path::new(PROJECT_FILE))?),
        None => Ok(Project::default()),
    }
}

fn rule_args(args: &CheckArgs, project: &Project) -> RuleArgs {
    let RuleArgs { only, exclude, severity, rules, params } = &args.rules;
    RuleArgs {
        only: only.clone(),
        exclude: exclude.clone(),
        severity: *severity,
        rules: rules.clone().or_else(|| project.file.rules.clone()),
        params: params.clone().or_else(|| project.file.params.clone()),
    }
}

/// What the command line and the project say of where files are deployed.
struct Deployment {
    class: Option<AccountClass>,
    account: Option<AccountId>,
    region: Option<String>,
    parameters: BTreeMap<String, String>,
    project: Project,
    types: BTreeSet<String>,
}

impl Deployment {
    fn of(args: &CheckArgs, project: Project, rules: &Rules) -> Result<Self, AppError> {
        if let Some(region) = args.region.as_ref().filter(|region| !is_region(region)) {
            return Err(AppError::refused(format!("`{region}` is not a region"), "as in ap-northeast-1"));
        }
        let mut parameters = BTreeMap::new();
        for given in &args.parameters {
            parameters.extend(read_parameters(given)?);
        }
        let (class, account, region) = (args.class, args.account.clone(), args.region.clone());
        Ok(Self { class, account, region, parameters, project, types: rules.declared_types() })
    }

    /// As CloudFormation does, a value that no template takes is refused: its name is probably a slip.
    fn refuse_strange_parameters(&self, inputs: &[Input]) -> Result<(), AppError> {
        let mut known = BTreeSet::new();
        for input in inputs {
            let Input::Template { document, .. } = input else { return Ok(()) };
            known.extend(cloudformation::parameters(document));
        }
        let Some(strange) = self.parameters.keys().find(|name| !known.contains(name.as_str())) else { return Ok(()) };
        let help = match nearest(strange, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "leave it out, or check its name".to_owned(),
        };
        Err(AppError::refused(format!("no template has the parameter `{strange}`"), help))
    }

    fn surroundings(&self, name: &str) -> Result<Surroundings, Fault> {
        let Deployed { class, account, region, mut parameters } = self.project.deployed(name);
        let id = match self.account.clone().or(account) {
            Some(id) => id,
            None => UNNAMED_ACCOUNT.parse().map_err(|error| Fault::of_file(name, format!("{error}")))?,
        };
        parameters.extend(self.parameters.clone());
        let account = Account { class: self.class.or(class), ..Account::new(id) };
        let region = self.region.clone().or(region).unwrap_or_else(|| DEFAULT_REGION.to_owned());
        Ok(Surroundings { account, region, parameters, types: self.types.clone() })
    }
}

/// Reads every input; the faults of all of them are reported together.
fn declared(found: Found, strict: bool, deployment: &Deployment) -> Result<Vec<Declared>, AppError> {
    if strict && !found.passed_over.is_empty() {
        let named: Vec<&str> = found.passed_over.iter().take(NAMED).map(String::as_str).collect();
        let more = found.passed_over.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(AppError::refused(
            format!("there are files of another kind: {}{more}", named.join(", ")),
            "leave them out, or leave --strict out",
        ));
    }
    for name in &found.passed_over {
        tracing::debug!(file = name, "passed over: no template, assembly or plan");
    }
    deployment.refuse_strange_parameters(&found.inputs)?;
    let (mut units, mut faults) = (Vec::new(), Vec::new());
    for input in found.inputs {
        let named = !matches!(input, Input::Template { named: false, .. });
        match read(input, deployment) {
            Ok(read) => units.extend(read.into_iter().map(|unit| (named, unit))),
            Err(wrong) => faults.extend(wrong.0),
        }
    }
    Faults::check(faults)?;
    // What is part of another template is judged there, with the values that it is given.
    let parts: BTreeSet<Arc<str>> = units.iter().flat_map(|(_, unit)| other_files(unit)).collect();
    let kept = units.into_iter().filter(|(named, unit)| *named || !parts.contains(&unit.name));
    Ok(kept.map(|(_, unit)| unit).collect())
}

/// The files of nested stacks.
fn other_files(unit: &Declared) -> impl Iterator<Item = Arc<str>> {
    let resources = unit.worlds.iter().flat_map(|world| &world.inventory.resources);
    let files = resources.filter_map(|resource| resource.origin.as_ref()).map(|origin| origin.file.clone());
    files.filter(|file| *file != unit.name)
}

fn read(input: Input, deployment: &Deployment) -> Result<Vec<Declared>, Faults> {
    match input {
        Input::Template { file, document, root, .. } => {
            let at = deployment.surroundings(&file.name)?;
            Ok(vec![cloudformation::read(&file, &document, &at, &Files::below(&root))?])
        }
        Input::Assembly { folder } => {
            let at = deployment.surroundings(&folder.to_string_lossy())?;
            cloudformation::assembly::read_assembly(&folder, &at)
        }
        Input::Plan { file, folder } => {
            let at = deployment.surroundings(&file.name)?;
            Ok(vec![terraform::read(&file.name, &file.text, &at, folder.as_deref())?])
        }
    }
}

fn run_info(rule_pack: RulePackInfo, started_at: chrono::DateTime<Utc>) -> RunInfo {
    let text = |time: chrono::DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    RunInfo {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        rule_pack,
        caller: None,
        started_at: text(started_at),
        finished_at: text(Utc::now()),
        interrupted: false,
        calls: BTreeMap::new(),
    }
}
