//! `govcheck policy prove`: whether exported service control policies deny what preventive guardrails say they must.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::policy::{JsonVerdict, catalogue, exemption_text, of_account, print_json, step_text};
use super::{AppError, Context, print};
use crate::cli::{PolicyFormat, PolicyProveArgs};
use crate::config::{Target, read_accounts};
use crate::exit::Exit;
use crate::model::{AccountClass, Lang, Unknown, Verdict, visible};
use crate::policy::{
    Exempt, Exemption, Exported, Hierarchy, Hole, KeyValue, Principal, Proof, ProofVerdict, Prover, Request, Undecided,
    evaluate,
};
use crate::rule::{Preventive, RulePack, Selected, Selection, verdict_of};
use crate::syntax::SourceFile;

/// Stands for every account where the policies are not attached to any.
const ANY_ACCOUNT: &str = "000000000000";
/// How many open actions, and how many ways through, a text shows.
const SHOWN_ACTIONS: usize = 40;
const SHOWN_HOLES: usize = 3;

pub(super) fn run(args: &PolicyProveArgs, context: Context) -> Result<Exit, AppError> {
    let pack = pack(args)?;
    let guardrails = args.guardrails.iter().map(|name| find(&pack, name)).collect::<Result<Vec<_>, _>>()?;
    let guardrails: Vec<Arc<Preventive>> = guardrails.into_iter().flatten().collect();
    let classes = classes(args)?;
    let hierarchies = hierarchies(args, classes.as_ref())?;
    let mut results = Vec::new();
    for guardrail in &guardrails {
        results.extend(judge(guardrail, &pack, &hierarchies, classes.as_ref(), context.lang)?);
    }
    match args.format {
        PolicyFormat::Json => print_json(&BTreeMap::from([("results", &results)]))?,
        PolicyFormat::Text => {
            let texts: Vec<String> = results.iter().map(|result| result.text(context.lang)).collect();
            print(&visible(&texts.join("\n")))?;
        }
    }
    let any = |verdict| results.iter().any(|result| result.verdict == verdict);
    Ok(match () {
        () if any(Verdict::Fail) => Exit::Failing,
        () if any(Verdict::Unknown) => Exit::Unknown,
        () => Exit::Compliant,
    })
}

fn pack(args: &PolicyProveArgs) -> Result<RulePack, AppError> {
    let mut pack = match &args.rules {
        Some(folder) => RulePack::with_folder(folder)?,
        None => RulePack::embedded()?,
    };
    if let Some(path) = &args.params {
        pack.params.override_from(&SourceFile::read(path)?)?;
    }
    Ok(pack)
}

/// Those whose id or alias a pattern matches.
fn find(pack: &RulePack, pattern: &str) -> Result<Vec<Arc<Preventive>>, AppError> {
    if let Some(guardrail) = pack.find_preventive(pattern) {
        return Ok(vec![Arc::clone(guardrail)]);
    }
    let selection = Selection { only: vec![pattern.to_owned()], ..Selection::default() };
    match pack.select(&selection) {
        Ok(Selected { preventive, .. }) if !preventive.is_empty() => Ok(preventive),
        _ => {
            let known: Vec<&str> = pack.preventive.iter().map(|guardrail| guardrail.id()).collect();
            Err(AppError::refused(
                format!("there is no preventive guardrail `{pattern}`"),
                format!("there are these: {}", known.join(", ")),
            ))
        }
    }
}

/// The class of each account, where somebody declared one.
type Declared = BTreeMap<String, Option<AccountClass>>;

/// What the accounts file says, if one was given.
fn classes(args: &PolicyProveArgs) -> Result<Option<Declared>, AppError> {
    let fleet = args.accounts.as_deref().map(read_accounts).transpose()?;
    let class = |target: Target| (target.account.id.to_string(), target.account.class);
    Ok(fleet.map(|fleet| fleet.targets.into_iter().map(class).collect()))
}

/// Whether a guardrail binds an account; without an accounts file, those that are asked about are bound.
fn binds(guardrail: &Preventive, declared: Option<&Declared>, account: &str) -> Option<bool> {
    match declared {
        None => Some(true),
        Some(declared) => guardrail.about().classes.bind_class(declared.get(account).copied().flatten()),
    }
}

/// The policies of each account that is asked about.
fn hierarchies(args: &PolicyProveArgs, declared: Option<&Declared>) -> Result<Vec<(String, Hierarchy)>, AppError> {
    let exported = Exported::read(&args.policies.scp)?;
    let mut accounts: Vec<String> = args.account.iter().map(ToString::to_string).collect();
    if accounts.is_empty() {
        accounts.extend(exported.accounts().into_iter().map(str::to_owned));
    }
    if accounts.is_empty() {
        accounts.extend(declared.into_iter().flat_map(BTreeMap::keys).cloned());
    }
    if accounts.is_empty() {
        accounts.push(ANY_ACCOUNT.to_owned());
    }
    accounts.into_iter().map(|account| of_account(&exported, &account).map(|hierarchy| (account, hierarchy))).collect()
}

/// A verdict for each group of accounts that share a proof, in the order of their first accounts; those that the guardrail
/// does not bind are the last.
fn judge(
    guardrail: &Preventive,
    pack: &RulePack,
    hierarchies: &[(String, Hierarchy)],
    declared: Option<&Declared>,
    lang: Lang,
) -> Result<Vec<JsonResult>, AppError> {
    let catalogue = catalogue()?;
    let binds = |account: &String| binds(guardrail, declared, account);
    let (others, bound): (Vec<_>, Vec<_>) = hierarchies.iter().partition(|(account, _)| binds(account) == Some(false));
    let accounts = |of: &[&(String, Hierarchy)]| of.iter().map(|(account, _)| account.clone()).collect::<Vec<_>>();
    let mut results = Vec::new();
    match guardrail.question(catalogue, &pack.params, &BTreeMap::new()) {
        Err(error) if !bound.is_empty() => {
            let undecided = JsonUndecided { actions: Vec::new(), reason: error.to_string() };
            results
                .push(JsonResult { undecided: vec![undecided], ..JsonResult::new(guardrail, accounts(&bound), lang) });
        }
        Err(_) => {}
        Ok(question) => {
            let mut prover = Prover::new(question, catalogue);
            let mut groups: Vec<(Found<'_>, Vec<String>)> = Vec::new();
            for (account, hierarchy) in bound {
                let found =
                    Found { proof: prover.prove(hierarchy), hierarchy, account, bound: binds(account).is_some(), lang };
                match groups.iter_mut().find(|(known, _)| known.is_same(&found)) {
                    Some((_, members)) => members.push(account.clone()),
                    None => groups.push((found, vec![account.clone()])),
                }
            }
            results.extend(groups.into_iter().map(|(found, accounts)| found.result(guardrail, accounts)));
        }
    }
    if !others.is_empty() {
        let verdict = Verdict::NotApplicable;
        results.push(JsonResult { verdict, proof: None, ..JsonResult::new(guardrail, accounts(&others), lang) });
    }
    Ok(results)
}

/// A proof, told of one of the accounts that share it.
struct Found<'a> {
    proof: Arc<Proof>,
    hierarchy: &'a Hierarchy,
    account: &'a str,
    /// Whether it is certain that the guardrail binds the account.
    bound: bool,
    lang: Lang,
}

impl Found<'_> {
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.proof, &other.proof) && self.bound == other.bound
    }

    /// A shared proof is about an account whose id nothing mentions, so that it can be replaced.
    fn named(&self, text: &str) -> String {
        text.replace(ANY_ACCOUNT, self.account)
    }

    fn request(&self, request: &Request) -> Request {
        let mut context = crate::policy::Context::closed();
        for (key, value) in request.context.iter() {
            let value = match value {
                KeyValue::Values(values) => KeyValue::Values(values.iter().map(|text| self.named(text)).collect()),
                other => other.clone(),
            };
            context.set(key, value);
        }
        let principal = request.principal.as_ref().map(|principal| Principal {
            arn: self.named(&principal.arn),
            account: self.named(&principal.account),
            kind: principal.kind,
        });
        let resource = request.resource.as_deref().map(|text| self.named(text));
        Request { action: request.action.clone(), resource, principal, context }
    }

    fn exempt(&self, exempt: &[Exempt]) -> Vec<Exempt> {
        exempt.iter().map(|one| Exempt { principal: self.named(&one.principal), ..one.clone() }).collect()
    }

    fn hole(&self, hole: &Hole) -> JsonHole {
        let request = self.request(&hole.request);
        let verdict = evaluate(self.hierarchy, &request);
        JsonHole {
            actions: hole.actions.clone(),
            request: JsonRequest::of(&request),
            only: self.exempt(&hole.only),
            steps: verdict.trace.iter().map(|step| step_text(step, self.lang)).collect(),
            explained: JsonVerdict::of(&verdict, self.lang),
        }
    }

    fn result(&self, guardrail: &Preventive, accounts: Vec<String>) -> JsonResult {
        let (proof, lang) = (&self.proof, self.lang);
        let verdict = verdict_of(proof);
        // As a scan does: whom nobody declared to be bound cannot fail.
        let unsaid = !self.bound && verdict == Verdict::Fail;
        let future = |hole: &Hole| JsonFuture {
            actions: hole.actions.clone(),
            request: JsonRequest::of(&self.request(&hole.request)),
        };
        let undecided =
            |open: &Undecided| JsonUndecided { actions: open.actions.clone(), reason: open.reason.describe(lang) };
        JsonResult {
            verdict: if unsaid { Verdict::Unknown } else { verdict },
            proof: Some(proof.verdict),
            cause: unsaid.then(|| Unknown::NotDeclared("class".into()).describe(lang)),
            asked: proof.asked,
            exemption: proof.exemption,
            open: proof.open.clone(),
            holes: proof.holes.iter().map(|hole| self.hole(hole)).collect(),
            future: proof.future.iter().map(future).collect(),
            exempt: self.exempt(&proof.exempt),
            undecided: proof.undecided.iter().map(undecided).collect(),
            ..JsonResult::new(guardrail, accounts, lang)
        }
    }
}

/// A guardrail in accounts that share a proof.
#[derive(Serialize)]
struct JsonResult {
    guardrail: String,
    alias: Option<String>,
    title: String,
    /// The classes of accounts that it binds.
    classes: Vec<AccountClass>,
    accounts: Vec<String>,
    verdict: Verdict,
    /// Nothing where the guardrail does not bind the accounts.
    proof: Option<ProofVerdict>,
    /// Why what gets through is no failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// How many documented actions were asked about.
    asked: usize,
    exemption: Option<Exemption>,
    /// What gets through for anybody, in patterns.
    open: Vec<String>,
    holes: Vec<JsonHole>,
    /// What would get through if AWS added it.
    future: Vec<JsonFuture>,
    exempt: Vec<Exempt>,
    undecided: Vec<JsonUndecided>,
}

/// Actions that get through in the same way, with a request that does.
#[derive(Serialize)]
struct JsonHole {
    actions: Vec<String>,
    request: JsonRequest,
    only: Vec<Exempt>,
    #[serde(flatten)]
    explained: JsonVerdict,
    #[serde(skip)]
    steps: Vec<String>,
}

#[derive(Serialize)]
struct JsonFuture {
    actions: Vec<String>,
    request: JsonRequest,
}

#[derive(Serialize)]
struct JsonUndecided {
    actions: Vec<String>,
    reason: String,
}

#[derive(Serialize)]
struct JsonRequest {
    action: String,
    resource: Option<String>,
    principal: Option<String>,
    /// Only the keys that the request has.
    context: BTreeMap<String, Vec<String>>,
}

impl JsonRequest {
    fn of(request: &Request) -> Self {
        let values = |(key, value): (&str, &KeyValue)| match value {
            KeyValue::Values(values) => Some((key.to_owned(), values.clone())),
            KeyValue::Absent | KeyValue::Open(_) => None,
        };
        Self {
            action: request.action.clone(),
            resource: request.resource.clone(),
            principal: request.principal.as_ref().map(|principal| principal.arn.clone()),
            context: request.context.iter().filter_map(values).collect(),
        }
    }
}

impl JsonResult {
    /// A result of which nothing is known yet.
    fn new(guardrail: &Preventive, accounts: Vec<String>, lang: Lang) -> Self {
        let rule = &guardrail.rule;
        let classes = guardrail.about().classes;
        Self {
            guardrail: rule.id.clone(),
            alias: rule.alias.clone(),
            title: rule.title.get(lang).to_owned(),
            classes: AccountClass::ALL
                .into_iter()
                .filter(|class| classes.bind_class(Some(*class)) == Some(true))
                .collect(),
            accounts,
            verdict: Verdict::Unknown,
            proof: Some(ProofVerdict::Undecided),
            cause: None,
            asked: 0,
            exemption: None,
            open: Vec::new(),
            holes: Vec::new(),
            future: Vec::new(),
            exempt: Vec::new(),
            undecided: Vec::new(),
        }
    }

    fn text(&self, lang: Lang) -> String {
        let name = self.alias.as_deref().map(|alias| format!("{alias} ")).unwrap_or_default();
        let proof = self.proof.map_or_else(|| lang.pick("not applicable", "対象外"), |proof| proof_word(proof, lang));
        let mut text = format!("{name}{}: {proof}\n{}\n", self.guardrail, self.title);
        let mut line = |label: &str, what: &str| {
            let _ = writeln!(text, "  {label}: {what}");
        };
        line(lang.pick("accounts", "アカウント"), &self.accounts.join(", "));
        if self.classes.len() < AccountClass::ALL.len() {
            let names: Vec<&str> = self.classes.iter().map(|class| class.label(lang)).collect();
            line(lang.pick("only for accounts of these classes", "対象となるアカウント区分"), &names.join(", "));
        }
        if let Some(cause) = &self.cause {
            line(lang.pick("counts as unknown", "判定不能とする理由"), cause);
        }
        if self.proof.is_none() {
            return text;
        }
        line(lang.pick("documented actions asked about", "対象の文書化されたアクション"), &self.asked.to_string());
        if let Some(exemption) = self.exemption {
            line(lang.pick("no policy applies", "ポリシーは適用されない"), exemption_text(exemption, lang));
        }
        if !self.open.is_empty() {
            line(lang.pick("open to everybody", "誰でも通る"), &shortened(&self.open, lang));
        }
        for undecided in self.undecided.iter().take(SHOWN_HOLES) {
            let what = if undecided.actions.is_empty() { String::new() } else { shortened(&undecided.actions, lang) };
            line(lang.pick("undecided", "判断できない"), format!("{what} ({})", undecided.reason).trim_start());
        }
        for exempt in &self.exempt {
            line(lang.pick("exempt", "対象外"), &exempt_text(exempt, lang));
        }
        if let Some(future) = self.future.first() {
            let label = lang.pick("would get through if AWS added it", "AWS が追加すれば通る");
            let region = future.request.context.get("aws:requestedregion").map(|names| names.join(", "));
            let actions = shortened(&future.actions, lang);
            line(label, &format!("{actions} ({})", region.unwrap_or_default()));
        }
        for hole in self.holes.iter().take(SHOWN_HOLES) {
            text.push_str(&hole.text(lang));
        }
        if let Some(more) = self.holes.len().checked_sub(SHOWN_HOLES).filter(|more| *more > 0) {
            let _ = writeln!(
                text,
                "  {}",
                lang.pick(format!("… and {more} more ways through"), format!("… ほか {more} 通り"))
            );
        }
        text
    }
}

impl JsonHole {
    fn text(&self, lang: Lang) -> String {
        let JsonRequest { action, resource, principal, context } = &self.request;
        let mut text = format!("\n  {}: {action}\n", lang.pick("gets through", "通るリクエスト"));
        let others = shortened(self.actions.get(1..).unwrap_or_default(), lang);
        if !others.is_empty() {
            let _ = writeln!(text, "    {}: {others}", lang.pick("and in the same way", "同じように通るもの"));
        }
        for (label, value) in [("principal", principal), ("resource", resource)] {
            if let Some(value) = value {
                let _ = writeln!(text, "    {label}: {value}");
            }
        }
        // The principal has decided the others.
        for (key, values) in context.iter().filter(|(key, _)| !key.starts_with("aws:principal")) {
            let _ = writeln!(text, "    {key} = {}", values.join(", "));
        }
        for exempt in &self.only {
            let _ = writeln!(text, "    {}: {}", lang.pick("only", "次に限る"), exempt_text(exempt, lang));
        }
        for step in &self.steps {
            let _ = write!(text, "    {}", step.replace("\n    ", "\n        "));
        }
        text
    }
}

fn proof_word(verdict: ProofVerdict, lang: Lang) -> &'static str {
    match verdict {
        ProofVerdict::Proved => lang.pick("proved", "証明された"),
        ProofVerdict::ProvedExcept => {
            lang.pick("proved, except for exempt principals", "対象外のプリンシパルを除き証明された")
        }
        ProofVerdict::Counterexample => lang.pick("counterexample", "反例あり"),
        ProofVerdict::Undecided => lang.pick("undecided", "判断できない"),
    }
}

fn exempt_text(exempt: &Exempt, lang: Lang) -> String {
    let mut text = exempt.principal.clone();
    let how = exempt.ways.join(", ");
    text += &match (exempt.ways.is_empty(), exempt.undecided.is_empty()) {
        (false, _) => lang.pick(format!(" - others can become it by {how}"), format!(" - 他から成り代われる: {how}")),
        (true, true) => lang.pick(" - protected", " - 保護されている").to_owned(),
        (true, false) => {
            let open = exempt.undecided.join(", ");
            lang.pick(format!(" - undecided: {open}"), format!(" - 判断できない: {open}"))
        }
    };
    text
}

fn shortened(items: &[String], lang: Lang) -> String {
    let shown = items.iter().take(SHOWN_ACTIONS).cloned().collect::<Vec<_>>().join(", ");
    match items.len().checked_sub(SHOWN_ACTIONS) {
        Some(more) if more > 0 => shown + &lang.pick(format!(" … and {more} more"), format!(" … ほか {more} 件")),
        _ => shown,
    }
}
