//! `govcheck policy`: what service control policies seem to do and do not, and what they decide about one request.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{AppError, Context, print};
use crate::cli::{PolicyCommand, PolicyEvalArgs, PolicyFormat, PolicyLintArgs};
use crate::exit::Exit;
use crate::model::{Lang, visible};
use crate::policy::{
    Catalogue, Decision, Effect, Exemption, Exported, Hierarchy, LintCode, Principal, Request, Step, Truth, Verdict,
    evaluate, lint, read_policy,
};
use crate::syntax::{Faults, SourceFile};

pub(super) fn run(command: &PolicyCommand, context: Context) -> Result<Exit, AppError> {
    match command {
        PolicyCommand::Lint(args) => remarks(args, context.lang),
        PolicyCommand::Eval(args) => explain(args, context.lang),
        PolicyCommand::Prove(args) => super::prove::run(args, context),
    }
}

pub(super) fn catalogue() -> Result<&'static Catalogue, AppError> {
    Catalogue::load().map_err(|error| AppError::refused(error.to_string(), "this build is broken; install another"))
}

pub(super) fn print_json(document: &impl Serialize) -> Result<(), AppError> {
    print(&(serde_json::to_string_pretty(document).unwrap_or_default() + "\n"))
}

/// A remark of `policy lint`, as JSON.
#[derive(Serialize)]
struct JsonRemark {
    file: String,
    line: Option<usize>,
    statement: String,
    code: LintCode,
    message: String,
}

fn remarks(args: &PolicyLintArgs, lang: Lang) -> Result<Exit, AppError> {
    let catalogue = catalogue()?;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for path in &args.files {
        let policy = SourceFile::read(path).map_err(Faults::from).and_then(|file| read_policy(&file, args.policy_type));
        match policy {
            Err(more) => faults.extend(more.0),
            Ok(policy) => found.extend(lint(&policy, catalogue).into_iter().map(|remark| JsonRemark {
                file: path.display().to_string(),
                line: remark.line,
                statement: remark.statement,
                code: remark.code,
                message: remark.message.get(lang).to_owned(),
            })),
        }
    }
    Faults::check(faults)?;
    match args.format {
        PolicyFormat::Json => print_json(&found)?,
        PolicyFormat::Text => print(&visible(&remark_lines(&found, args.files.len(), lang)))?,
    }
    Ok(if found.is_empty() { Exit::Compliant } else { Exit::Failing })
}

fn remark_lines(found: &[JsonRemark], files: usize, lang: Lang) -> String {
    let mut text = String::new();
    for JsonRemark { file, line, statement, message, .. } in found {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let _ = writeln!(text, "{file}{line}: {statement}: {message}");
    }
    let count = found.len();
    text + &lang.pick(format!("{files} policies, {count} remarks\n"), format!("ポリシー {files} 件、指摘 {count} 件\n"))
}

fn explain(args: &PolicyEvalArgs, lang: Lang) -> Result<Exit, AppError> {
    let request = request(args)?;
    let hierarchy = hierarchy(args, &request)?;
    let verdict = evaluate(&hierarchy, &request);
    match args.format {
        PolicyFormat::Json => print_json(&JsonVerdict::of(&verdict, lang))?,
        PolicyFormat::Text => print(&visible(&verdict_text(&verdict, lang)))?,
    }
    Ok(if verdict.decision == Decision::Undecided { Exit::Unknown } else { Exit::Compliant })
}

fn request(args: &PolicyEvalArgs) -> Result<Request, AppError> {
    let is_action = args.action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if !is_action || args.action.contains(['*', '?', ' ']) {
        let message = format!("`{}` is not an action", args.action);
        return Err(AppError::refused(message, "give one action, as in ec2:RunInstances"));
    }
    let principal = args.principal.as_deref().map(Principal::parse).transpose();
    let principal = principal.map_err(|error| {
        AppError::refused(error.to_string(), "as in arn:aws:iam::111111111111:role/path/name, or …:root")
    })?;
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in &args.context {
        let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            AppError::refused(
                format!("`{pair}` is not KEY=VALUE"),
                "as in --context aws:MultiFactorAuthPresent=false; leave out keys that are absent",
            )
        })?;
        given.entry(key.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    if let Some(region) = &args.region {
        given.entry("aws:requestedregion".to_owned()).or_insert_with(|| vec![region.clone()]);
    }
    let context = crate::policy::Context::of_request(given, principal.as_ref());
    Ok(Request { action: args.action.clone(), resource: args.resource.clone(), principal, context })
}

fn hierarchy(args: &PolicyEvalArgs, request: &Request) -> Result<Hierarchy, AppError> {
    let exported = Exported::read(&args.policies.scp)?;
    let own = request.principal.as_ref().map(|principal| principal.account.clone());
    let account = args.account.as_ref().map(ToString::to_string).or(own).ok_or_else(|| {
        AppError::refused("neither an account nor a principal is given", "give --account, --principal, or both")
    })?;
    of_account(&exported, &account)
}

/// The policies that bind an account.
pub(super) fn of_account(exported: &Exported, account: &str) -> Result<Hierarchy, AppError> {
    let known = exported.accounts().join(", ");
    exported
        .hierarchy(account)
        .map_err(|error| AppError::refused(error.to_string(), format!("tree.yaml has these: {known}")))
}

/// What `policy eval` says, as JSON.
#[derive(Serialize)]
pub(super) struct JsonVerdict {
    decision: Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption: Option<Exemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    trace: Vec<JsonStep>,
}

#[derive(Serialize)]
struct JsonStep {
    level: String,
    policy: String,
    statement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    effect: &'static str,
    applies: &'static str,
    action: &'static str,
    resource: &'static str,
    conditions: Vec<JsonCondition>,
}

#[derive(Serialize)]
struct JsonCondition {
    operator: String,
    key: String,
    holds: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl JsonVerdict {
    pub(super) fn of(verdict: &Verdict, lang: Lang) -> Self {
        Self {
            decision: verdict.decision,
            exemption: verdict.exemption,
            reason: verdict.reason.as_ref().map(|reason| reason.describe(lang)),
            trace: verdict.trace.iter().map(|step| JsonStep::of(step, lang)).collect(),
        }
    }
}

impl JsonStep {
    fn of(step: &Step, lang: Lang) -> Self {
        let condition = |(operator, key, holds): &(String, String, Truth)| JsonCondition {
            operator: operator.clone(),
            key: key.clone(),
            holds: word(holds),
            reason: open_reason(holds, lang),
        };
        Self {
            level: step.level.to_string(),
            policy: step.policy.to_string(),
            statement: step.statement.clone(),
            line: step.line,
            effect: effect(step.effect),
            applies: word(&step.applies),
            action: word(&step.action),
            resource: word(&step.resource),
            conditions: step.conditions.iter().map(condition).collect(),
        }
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    }
}

fn word(truth: &Truth) -> &'static str {
    match truth {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Open(_) => "undecided",
    }
}

fn open_reason(truth: &Truth, lang: Lang) -> Option<String> {
    match truth {
        Truth::Open(reason) => Some(reason.describe(lang)),
        Truth::Yes | Truth::No => None,
    }
}

/// The word of a decision, the same in every language and in JSON.
pub(super) fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitlyDenied => "explicitly_denied",
        Decision::ImplicitlyDenied => "implicitly_denied",
        Decision::Undecided => "undecided",
    }
}

pub(super) fn exemption_text(exemption: Exemption, lang: Lang) -> &'static str {
    match exemption {
        Exemption::PoliciesNotEnabled => lang.pick(
            "the organization has not enabled service control policies: none applies",
            "組織でサービスコントロールポリシーが有効になっていないため、どれも適用されない",
        ),
        Exemption::ManagementAccount => lang.pick(
            "service control policies do not restrict the management account",
            "サービスコントロールポリシーは管理アカウントを制限しない",
        ),
        Exemption::ServiceLinkedRole => lang.pick(
            "service control policies do not restrict service-linked roles",
            "サービスコントロールポリシーはサービスリンクロールを制限しない",
        ),
        Exemption::OtherAccount => lang.pick(
            "the principal is of another account, whose own policies decide",
            "プリンシパルは別のアカウントのもので、そのアカウントのポリシーが決める",
        ),
    }
}

fn verdict_text(verdict: &Verdict, lang: Lang) -> String {
    let mut text = decision_word(verdict.decision).to_owned();
    let exemption = verdict.exemption.map(|exemption| exemption_text(exemption, lang).to_owned());
    if let Some(why) = exemption.or_else(|| verdict.reason.as_ref().map(|reason| reason.describe(lang))) {
        let _ = write!(text, ": {why}");
    }
    text.push('\n');
    for step in &verdict.trace {
        let _ = write!(text, "\n{}", step_text(step, lang));
    }
    text
}

/// A statement with what it had to say, in two lines.
pub(super) fn step_text(step: &Step, lang: Lang) -> String {
    let line = step.line.map(|line| format!(":{line}")).unwrap_or_default();
    let applies = match &step.applies {
        Truth::Yes => lang.pick("applies", "適用される"),
        Truth::No => lang.pick("does not apply", "適用されない"),
        Truth::Open(_) => lang.pick("may apply", "適用されるか判断できない"),
    };
    let part = |name: &str, truth: &Truth| match open_reason(truth, lang) {
        Some(why) => format!("{name} {} ({why})", word(truth)),
        None => format!("{name} {}", word(truth)),
    };
    let mut parts = vec![part("action", &step.action), part("resource", &step.resource)];
    parts.extend(step.conditions.iter().map(|(operator, key, holds)| part(&format!("{operator} {key}"), holds)));
    let Step { level, policy, statement, .. } = step;
    format!("{level} / {policy}{line} / {statement}: {} {applies}\n    {}\n", effect(step.effect), parts.join(", "))
}
