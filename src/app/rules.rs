//! `govcheck rules`: what the guardrails are, and whether they are right.

use std::fmt::Write as _;
use std::path::Path;

use super::fleet::Rules;
use super::{AppError, Context, handbook, print};
use crate::cli::{RuleArgs, RulesCommand};
use crate::exit::Exit;
use crate::model::visible;
use crate::output::{guardrail_table, param_table};
use crate::rule::{Guardrail, RulePack, lint};
use crate::selftest::run_cases;

pub(super) fn run(command: &RulesCommand, context: Context) -> Result<Exit, AppError> {
    match command {
        RulesCommand::List { rules, parameters } => list(rules, *parameters, context),
        RulesCommand::Show { id, rules } => show(id, rules.as_deref(), context),
        RulesCommand::Docs { rules } => handbook::docs(rules, context),
        RulesCommand::Coverage { rules } => handbook::coverage(rules, context),
        RulesCommand::Test { dir } => test(dir.as_deref()),
        RulesCommand::Lint { dir } => lint_pack(dir.as_deref()),
    }
}

fn pack(dir: Option<&Path>) -> Result<RulePack, AppError> {
    Ok(match dir {
        Some(dir) => RulePack::only_folder(dir)?,
        None => RulePack::embedded()?,
    })
}

fn list(args: &RuleArgs, parameters: bool, context: Context) -> Result<Exit, AppError> {
    let rules = Rules::load(args)?;
    let table = if parameters {
        param_table(&rules.pack.params, context.lang)
    } else {
        guardrail_table(&rules.selected, context.lang)
    };
    print(&table)?;
    Ok(Exit::Compliant)
}

fn show(id: &str, dir: Option<&Path>, context: Context) -> Result<Exit, AppError> {
    let pack = match dir {
        Some(dir) => RulePack::with_folder(dir)?,
        None => RulePack::embedded()?,
    };
    let Some(guardrail) = pack.find(id) else {
        let help = pack
            .nearest(id)
            .map_or("`govcheck rules list` shows them".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(AppError::refused(format!("there is no guardrail `{id}`"), help));
    };
    print(&visible(&description(guardrail, context)))?;
    Ok(Exit::Compliant)
}

fn description(guardrail: &Guardrail, context: Context) -> String {
    let rule = &guardrail.rule;
    let lang = context.lang;
    let mut text = String::new();
    let heading = |en: &'static str, ja: &'static str| lang.pick(en, ja);
    let alias = rule.alias.as_deref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    let _ = writeln!(text, "{}{alias}\n{}\n", rule.id, rule.title.get(lang));
    let _ = writeln!(text, "{}: {}", heading("severity", "重大度"), rule.severity.label(lang));
    let _ = writeln!(text, "{}: {}", heading("judges", "判定対象"), guardrail.types().join(", "));
    for (framework, ids) in &rule.controls {
        let _ = writeln!(text, "{framework}: {}", ids.join(", "));
    }
    let _ = writeln!(text, "\n{}\n  {}", heading("Why", "理由"), rule.rationale.get(lang));
    let _ = writeln!(text, "\n{}\n  {}", heading("What to do", "対処"), rule.remediation.get(lang));
    for (key, source) in [("when", rule.when.as_deref()), ("assert", Some(rule.assert.as_str()))] {
        if let Some(source) = source {
            let _ = writeln!(text, "\n{key}\n  {}", source.trim_end().replace('\n', "\n  "));
        }
    }
    let params = guardrail.params();
    if !params.is_empty() {
        let names = params.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "\n{}: {names}", heading("parameters", "パラメータ"));
    }
    text
}

fn test(dir: Option<&Path>) -> Result<Exit, AppError> {
    let pack = pack(dir)?;
    let (mut total, mut failures) = (0, Vec::new());
    for guardrail in &pack.guardrails {
        let (count, failed) = run_cases(guardrail, &pack.params);
        total += count;
        failures.extend(failed);
    }
    let mut text = String::new();
    for failure in &failures {
        let _ = writeln!(text, "{}: {}: {}", failure.guardrail, failure.case, failure.problem);
    }
    let _ = writeln!(text, "{} guardrails, {total} cases, {} failed", pack.guardrails.len(), failures.len());
    print(&visible(&text))?;
    Ok(if failures.is_empty() { Exit::Compliant } else { Exit::Failing })
}

fn lint_pack(dir: Option<&Path>) -> Result<Exit, AppError> {
    let pack = pack(dir)?;
    let remarks = lint::lint(&pack)
        .map_err(|error| AppError::refused(format!("failed to {error}"), "this build is broken; install another"))?;
    let mut text = String::new();
    for remark in &remarks {
        let _ = writeln!(text, "{}: {}", remark.subject, remark.message);
    }
    let count = text.lines().count();
    let _ = writeln!(text, "{} guardrails, {count} remarks", pack.guardrails.len());
    print(&visible(&text))?;
    Ok(if count == 0 { Exit::Compliant } else { Exit::Failing })
}
