//! `govcheck rules`: what the guardrails are, and whether they are right.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::fleet::Rules;
use super::{AppError, Context, handbook, print};
use crate::cli::{RuleArgs, RulesCommand};
use crate::exit::Exit;
use crate::model::{Lang, Severity, Text, visible};
use crate::output::{guardrail_table, param_table};
use crate::rule::{Guardrail, Preventive, RulePack, lint};
use crate::selftest::{run_cases, run_preventive_cases};

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
        guardrail_table(rules.selected.abouts(), context.lang)
    };
    print(&table)?;
    Ok(Exit::Compliant)
}

fn show(id: &str, dir: Option<&Path>, context: Context) -> Result<Exit, AppError> {
    let pack = match dir {
        Some(dir) => RulePack::with_folder(dir)?,
        None => RulePack::embedded()?,
    };
    if let Some(guardrail) = pack.find_preventive(id) {
        print(&visible(&preventive_description(guardrail, context)))?;
        return Ok(Exit::Compliant);
    }
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
    let heading = |en: &'static str, ja: &'static str| lang.pick(en, ja);
    let mut text = head(&rule.id, rule.alias.as_deref(), &rule.title, rule.severity, lang);
    let _ = writeln!(text, "{}: {}", heading("judges", "判定対象"), guardrail.types().join(", "));
    text += &body(&rule.controls, &rule.rationale, &rule.remediation, lang);
    for (key, source) in [("when", rule.when.as_deref()), ("assert", Some(rule.assert.as_str()))] {
        if let Some(source) = source {
            let _ = writeln!(text, "\n{key}\n  {}", source.trim_end().replace('\n', "\n  "));
        }
    }
    text + &parameters(&guardrail.params().into_iter().collect::<Vec<_>>(), lang)
}

fn preventive_description(guardrail: &Preventive, context: Context) -> String {
    let rule = &guardrail.rule;
    let lang = context.lang;
    let mut text = head(&rule.id, rule.alias.as_deref(), &rule.title, rule.severity, lang);
    let judges = lang.pick("judges: service control policies", "判定対象: サービスコントロールポリシー");
    let _ = writeln!(text, "{judges} (govcheck policy prove)");
    text += &body(&rule.controls, &rule.rationale, &rule.remediation, lang);
    let must_deny = serde_json::to_string_pretty(&rule.must_deny).unwrap_or_default();
    let _ = writeln!(text, "\nmust_deny\n  {}", must_deny.replace('\n', "\n  "));
    let params = guardrail.params();
    text + &parameters(&params.iter().map(String::as_str).collect::<Vec<_>>(), lang)
}

fn head(id: &str, alias: Option<&str>, title: &Text, severity: Severity, lang: Lang) -> String {
    let alias = alias.map(|alias| format!(" ({alias})")).unwrap_or_default();
    let label = lang.pick("severity", "重大度");
    format!("{id}{alias}\n{}\n\n{label}: {}\n", title.get(lang), severity.label(lang))
}

fn body(controls: &BTreeMap<String, Vec<String>>, rationale: &Text, remediation: &Text, lang: Lang) -> String {
    let mut text = String::new();
    for (framework, ids) in controls {
        let _ = writeln!(text, "{framework}: {}", ids.join(", "));
    }
    let _ = writeln!(text, "\n{}\n  {}", lang.pick("Why", "理由"), rationale.get(lang));
    let _ = writeln!(text, "\n{}\n  {}", lang.pick("What to do", "対処"), remediation.get(lang));
    text
}

fn parameters(names: &[&str], lang: Lang) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("\n{}: {}\n", lang.pick("parameters", "パラメータ"), names.join(", "))
}

fn test(dir: Option<&Path>) -> Result<Exit, AppError> {
    let pack = pack(dir)?;
    let (mut total, mut failures) = (0, Vec::new());
    for guardrail in &pack.guardrails {
        let (count, failed) = run_cases(guardrail, &pack.params);
        total += count;
        failures.extend(failed);
    }
    let catalogue = super::policy::catalogue()?;
    for guardrail in &pack.preventive {
        let (count, failed) = run_preventive_cases(guardrail, catalogue, &pack.params);
        total += count;
        failures.extend(failed);
    }
    let mut text = String::new();
    for failure in &failures {
        let _ = writeln!(text, "{}: {}: {}", failure.guardrail, failure.case, failure.problem);
    }
    let _ = writeln!(
        text,
        "{} guardrails, {total} cases, {} failed",
        pack.guardrails.len() + pack.preventive.len(),
        failures.len()
    );
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
    let _ = writeln!(text, "{} guardrails, {count} remarks", pack.guardrails.len() + pack.preventive.len());
    print(&visible(&text))?;
    Ok(if count == 0 { Exit::Compliant } else { Exit::Failing })
}
