//! `govcheck rules docs` and `govcheck rules coverage`: the guardrails as Markdown, from the rules and the registries.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::fleet::Rules;
use super::{AppError, Context, print};
use crate::cli::RuleArgs;
use crate::exit::Exit;
use crate::model::{Lang, ORGANIZATION_POLICY, Scope, visible};
use crate::rule::{About, CfnSchema, ClassName, Classes, Guardrail, Kind, Params, Preventive, Selected};
use crate::source::aws::{Way, actions_of, needed_actions, way_to};
use crate::source::{shape, terraform};

pub(super) fn docs(args: &RuleArgs, context: Context) -> Result<Exit, AppError> {
    let rules = Rules::load(args)?;
    print(&handbook(&rules, context.lang))?;
    Ok(Exit::Compliant)
}

pub(super) fn coverage(args: &RuleArgs, context: Context) -> Result<Exit, AppError> {
    let rules = Rules::load(args)?;
    let schema = CfnSchema::load()
        .map_err(|error| AppError::refused(format!("failed to {error}"), "this build is broken; install another"))?;
    print(&coverage_of(&rules, schema, context.lang))?;
    Ok(Exit::Compliant)
}

/// A guardrail of either sort.
#[derive(Clone, Copy)]
enum Either<'a> {
    Assertion(&'a Guardrail),
    Preventive(&'a Preventive),
}

impl<'a> Either<'a> {
    fn about(self) -> About<'a> {
        match self {
            Self::Assertion(guardrail) => guardrail.about(),
            Self::Preventive(guardrail) => guardrail.about(),
        }
    }

    fn kind(self, lang: Lang) -> &'static str {
        match self {
            Self::Preventive(_) => lang.pick("preventive", "予防的統制"),
            Self::Assertion(guardrail) => match guardrail.rule.kind {
                Kind::Detective => lang.pick("detective", "発見的統制"),
                Kind::Baseline => lang.pick("baseline", "ベースライン"),
            },
        }
    }

    fn params(self) -> BTreeSet<String> {
        match self {
            Self::Assertion(guardrail) => guardrail.params().into_iter().map(str::to_owned).collect(),
            Self::Preventive(guardrail) => guardrail.params(),
        }
    }

    /// What files can declare of what it judges.
    fn types(self) -> Vec<&'a str> {
        match self {
            Self::Assertion(guardrail) => guardrail.types().iter().map(String::as_str).collect(),
            Self::Preventive(_) => vec![ORGANIZATION_POLICY],
        }
    }

    fn needed_types(self) -> BTreeSet<String> {
        match self {
            Self::Assertion(guardrail) => guardrail.needed_types(),
            Self::Preventive(_) => Preventive::NEEDED_TYPES.iter().map(|kind| (*kind).to_owned()).collect(),
        }
    }
}

/// By alias, then by id.
fn sorted(rules: &Rules) -> Vec<Either<'_>> {
    let Selected { guardrails, preventive } = &rules.selected;
    let assertions = guardrails.iter().map(|guardrail| Either::Assertion(guardrail));
    let preventive = preventive.iter().map(|guardrail| Either::Preventive(guardrail));
    let mut all: Vec<Either<'_>> = assertions.chain(preventive).collect();
    all.sort_by_key(|either| (either.about().alias, either.about().id));
    all
}

fn handbook(rules: &Rules, lang: Lang) -> String {
    let guardrails = sorted(rules);
    let mut text = String::new();
    let _ = writeln!(text, "# {}\n", lang.pick("Guardrails", "ガードレール一覧"));
    let _ = writeln!(
        text,
        "{}\n",
        lang.pick(
            "Written by `govcheck rules docs`; do not edit.",
            "`govcheck rules docs --lang ja` が出力したもの。手で編集しない。",
        )
    );
    let columns = lang.pick("| alias | guardrail | severity | classes |", "| 別名 | ガードレール | 重大度 | 区分 |");
    let _ = writeln!(text, "{columns}\n|---|---|---|---|");
    for About { id, alias, title, severity, classes, .. } in guardrails.iter().map(|guardrail| guardrail.about()) {
        let link = format!("[{}](#{id})", safe(title.get(lang)));
        let (alias, severity) = (safe(alias.unwrap_or_default()), severity.label(lang));
        let _ = writeln!(text, "| {alias} | {link} | {severity} | {} |", class_names(classes, lang));
    }
    for guardrail in guardrails {
        chapter(&mut text, guardrail, &rules.pack.params, lang);
    }
    text
}

fn chapter(text: &mut String, guardrail: Either<'_>, params: &Params, lang: Lang) {
    let rule = guardrail.about();
    let _ = writeln!(text, "\n## {}\n\n**{}**\n", rule.id, safe(rule.title.get(lang)));
    let mut facts = vec![
        rule.alias.unwrap_or_default().to_owned(),
        rule.severity.label(lang).to_owned(),
        guardrail.kind(lang).to_owned(),
        class_names(rule.classes, lang),
    ];
    facts.retain(|fact| !fact.is_empty());
    let _ = writeln!(text, "{}\n", facts.join(" · "));
    let _ = writeln!(text, "{}\n", safe(rule.rationale.get(lang).trim()));
    let _ = writeln!(text, "{}: {}\n", lang.pick("What to do", "対処"), safe(rule.remediation.get(lang).trim()));
    let judges = match guardrail {
        Either::Preventive(_) => lang.pick("service control policies", "サービスコントロールポリシー").to_owned(),
        Either::Assertion(_) => guardrail.types().iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", "),
    };
    let _ = writeln!(text, "- {}: {judges}", lang.pick("Judges", "判定対象"));
    for (framework, ids) in rule.controls {
        let _ = writeln!(text, "- {}: {}", safe(framework), safe(&ids.join(", ")));
    }
    let effective = params.effective();
    for name in guardrail.params() {
        let value = effective.get(&name).map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "- {}: `{name}` = `{value}`", lang.pick("Parameter", "パラメーター"));
    }
}

fn class_names(classes: Classes<'_>, lang: Lang) -> String {
    let name = |class: &ClassName| match class {
        ClassName::All => lang.pick("all accounts", "すべてのアカウント").to_owned(),
        other => {
            serde_json::to_value(other).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        }
    };
    classes.0.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn coverage_of(rules: &Rules, schema: CfnSchema, lang: Lang) -> String {
    let guardrails = sorted(rules);
    let mut text = String::new();
    let _ = writeln!(text, "# {}\n", lang.pick("Coverage", "網羅性"));
    let _ = writeln!(text, "{}\n", lang.pick(ABOUT_EN, ABOUT_JA));
    let _ = writeln!(
        text,
        "{}\n|---|---|---|---|---|---|",
        lang.pick(
            "| guardrail | live | CloudFormation | Terraform | policies | IAM actions |",
            "| ガードレール | ライブ | CloudFormation | Terraform | ポリシー | IAM アクション |",
        )
    );
    let plans = terraform::mapped_types();
    for guardrail in guardrails {
        let About { id, alias, .. } = guardrail.about();
        let types = guardrail.needed_types();
        let ways: BTreeSet<&str> = types.iter().map(|kind| way(kind, lang)).collect();
        let name = alias.unwrap_or(id);
        let policies = match guardrail {
            Either::Preventive(_) => lang.pick("yes", "可"),
            Either::Assertion(_) => "–",
        };
        let actions: Vec<&str> = needed_actions(&types).into_iter().collect();
        let ways = ways.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "| [{}](guardrails.md#{id}) | {ways} | {} | {} | {policies} | {} |",
            safe(name),
            declarable(guardrail, lang, shape::in_templates),
            declarable(guardrail, lang, |kind| plans.contains(kind)),
            actions.join(" ")
        );
    }
    let _ = writeln!(text, "\n## {}\n", lang.pick("Resource types", "リソースタイプ"));
    let _ = writeln!(
        text,
        "{}\n|---|---|---|---|---|",
        lang.pick(
            "| type | read | listed | in CloudFormation | IAM actions |",
            "| タイプ | 取得方法 | 一覧の単位 | CloudFormation | IAM アクション |",
        )
    );
    for kind in &rules.types() {
        let listed = match way_to(kind) {
            Some((_, Scope::Global)) => lang.pick("per account", "アカウント"),
            Some((_, Scope::Regional)) => lang.pick("per region", "リージョン"),
            None => "–",
        };
        let actions: Vec<&str> = actions_of(kind).into_iter().collect();
        let _ = writeln!(
            text,
            "| `{kind}` | {} | {listed} | {} | {} |",
            way(kind, lang),
            offered(schema, kind, lang),
            actions.join(" ")
        );
    }
    text
}

const ABOUT_EN: &str = "Written by `govcheck rules coverage`; do not edit. Which source can decide a guardrail, and what that needs. \
*direct*: a collector of govcheck's own; *Cloud Control*: read through the Cloud Control API, whose listings are only as \
complete as the service makes them. *yes* or *partly*: all or some of the types that it judges can be declared there; under *policies*, \
that service control policies prove it.";
const ABOUT_JA: &str = "`govcheck rules coverage --lang ja` が出力したもの。手で編集しない。ガードレールをどの情報源で判定できるか、そのために何の権限が必要かを示す。\
「直接」は govcheck 自身のコレクター、「Cloud Control」は Cloud Control API による取得で、一覧の完全さは各サービスに依存する。「可」「一部」は、判定対象のタイプのすべて、または一部がそこで宣言できることを示す。「ポリシー」の「可」は、サービスコントロールポリシーから証明できることを示す。";

/// Whether files can declare what a guardrail judges.
fn declarable(guardrail: Either<'_>, lang: Lang, can: impl Fn(&str) -> bool) -> &'static str {
    let types = guardrail.types();
    match types.iter().filter(|kind| can(kind)).count() {
        0 => "–",
        all if all == types.len() => lang.pick("yes", "可"),
        _ => lang.pick("partly", "一部"),
    }
}

fn way(kind: &str, lang: Lang) -> &'static str {
    match way_to(kind) {
        Some((Way::Direct, _)) => lang.pick("direct", "直接"),
        Some((Way::CloudControl, _)) => "Cloud Control",
        None => lang.pick("not read", "取得しない"),
    }
}

/// Where CloudFormation has a type of the name.
fn offered(schema: CfnSchema, kind: &str, lang: Lang) -> &'static str {
    match schema.regions(kind) {
        Some((true, true)) => lang.pick("Tokyo, Osaka", "東京、大阪"),
        Some((true, false)) => lang.pick("Tokyo", "東京"),
        Some((false, true)) => lang.pick("Osaka", "大阪"),
        _ => lang.pick("no", "なし"),
    }
}

/// Text from a rule file as it may stand in a table or paragraph.
fn safe(text: &str) -> String {
    let text = visible(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('*', "\\*").replace('`', "\\`").split_whitespace().collect::<Vec<_>>().join(" ")
}
