//! A guardrail: one rule file, read and compiled.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::About;
use super::expression::Expression;
use crate::model::schema::Segment;
use crate::model::{Account, AccountClass, Severity, Text};
use crate::syntax::{Fault, Node, SourceFile, parse};

/// Where a guardrail acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 発見的統制: finds what is wrong.
    Detective,
    /// A service or setting that every account must have.
    Baseline,
}

/// Whether each resource must hold the assertion, or any one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Require {
    #[default]
    Each,
    Any,
}

/// The group of resources that is judged together, and that stands for them where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    Account,
    Region,
}

/// The verdict where a group has no resource of the type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    Pass,
    Fail,
    #[default]
    NotApplicable,
}

/// The classes of accounts that a guardrail binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClassName {
    All,
    NumberUse,
    Lgwan,
    InternetFacing,
    Cicd,
    General,
}

/// One resource type or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "serde_json::Value", into = "Vec<String>")]
pub struct ResourceTypes(#[schemars(with = "OneOrMany")] pub Vec<String>);

/// The schema of [`ResourceTypes`].
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<serde_json::Value> for ResourceTypes {
    fn from(value: serde_json::Value) -> Self {
        let text = |value: serde_json::Value| value.as_str().map(str::to_owned);
        match value {
            serde_json::Value::Array(items) => Self(items.into_iter().filter_map(text).collect()),
            other => Self(text(other).into_iter().collect()),
        }
    }
}

impl From<ResourceTypes> for Vec<String> {
    fn from(types: ResourceTypes) -> Self {
        types.0
    }
}

/// What a guardrail is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppliesTo {
    /// The resource type, or a list of them.
    pub resource: ResourceTypes,
    /// The account classes that it binds.
    pub classes: Vec<ClassName>,
    #[serde(default)]
    pub require: Require,
    /// By default the account for types that belong to no region, the region for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
    #[serde(default)]
    pub absent: Absent,
    /// Judge after all accounts were seen: the properties of each resource that are kept for it. `fleet` is then the list
    /// of the resources of the types in all accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub across: Vec<String>,
}

/// What a case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    Pass,
    Fail,
    Unknown,
    NotApplicable,
}

/// An example of a guardrail with its verdict: documentation that is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub expect: Expect,
    /// The properties of the one resource; `{$unknown: CAUSE}` stands for an unknown leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<serde_json::Value>,
    /// The properties of all resources of the group, for guardrails that judge groups or absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Vec<serde_json::Value>>,
    /// Other resources by type; `{$unknown: CAUSE}` in place of a list is a type that could not be listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "CaseAccount::is_default")]
    pub account: CaseAccount,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "CaseMeta::is_default")]
    pub meta: CaseMeta,
    /// The other resources of the fleet, for guardrails with `across`; `{$unknown: CAUSE}` is one that was not seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fleet: Vec<serde_json::Value>,
    /// The scanned accounts by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, CaseAccount>,
    /// RFC 3339; 2026-01-01T00:00:00Z when it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseAccount {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<AccountClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

impl CaseAccount {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseMeta {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

impl CaseMeta {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A rule file as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// In kebab-case, saying what must hold; also the name of the file.
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: String,
    /// Another name to select it by, as in a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    pub title: Text,
    /// Why it matters and what is looked at.
    pub rationale: Text,
    /// What to do when it fails.
    pub remediation: Text,
    pub kind: Kind,
    pub severity: Severity,
    pub applies_to: AppliesTo,
    /// Control ids by framework.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<String, Vec<String>>,
    /// CEL; where it is false, the guardrail does not apply to the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// CEL; true where the guardrail holds.
    pub assert: String,
    /// CEL; what exactly is wrong, evaluated where the guardrail fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    pub cases: Vec<Case>,
}

/// A guardrail, ready to judge.
#[derive(Debug)]
pub struct Guardrail {
    pub rule: RuleFile,
    pub source: SourceFile,
    pub when: Option<Expression>,
    pub assert: Expression,
    pub found: Option<Expression>,
}

/// The classes a guardrail binds, as a question.
#[derive(Clone, Copy)]
pub struct Classes<'a>(pub &'a [ClassName]);

impl Classes<'_> {
    /// Whether an account is bound; for one without a declared class, nobody knows.
    pub fn bind(&self, account: &Account) -> Option<bool> {
        self.bind_class(account.class)
    }

    /// Whether accounts of a class are bound; for those of which no class is declared, nobody knows.
    pub fn bind_class(&self, class: Option<AccountClass>) -> Option<bool> {
        if self.0.contains(&ClassName::All) {
            return Some(true);
        }
        let class = class?;
        Some(self.0.iter().any(|name| match name {
            ClassName::All => true,
            ClassName::NumberUse => class == AccountClass::NumberUse,
            ClassName::Lgwan => class == AccountClass::Lgwan,
            ClassName::InternetFacing => class == AccountClass::InternetFacing,
            ClassName::Cicd => class == AccountClass::Cicd,
            ClassName::General => class == AccountClass::General,
        }))
    }
}

impl Guardrail {
    /// Reads and compiles a rule file.
    ///
    /// # Errors
    /// What is wrong with the file, at its place.
    pub fn load(source: SourceFile) -> Result<Self, Fault> {
        let document = parse(&source)?;
        let rule: RuleFile = document
            .read(&source)
            .map_err(|fault| fault.help("`govcheck schema rule` prints the JSON Schema of rule files"))?;
        check_names(&rule, &document, &source)?;
        let compile = |key: &str, text: &str| {
            Expression::compile(text).map_err(|problem| {
                let span = document.get(key).map_or(0..0, |node| node.span.clone());
                Fault::at(&source, span, format!("`{key}` is not usable: {problem}"))
                    .help("`govcheck rules show` on a shipped guardrail gives an example")
            })
        };
        let when = rule.when.as_deref().map(|text| compile("when", text)).transpose()?;
        let assert = compile("assert", &rule.assert)?;
        let found = rule.found.as_deref().map(|text| compile("found", text)).transpose()?;
        for (key, expression) in [("when", when.as_ref()), ("assert", Some(&assert)), ("found", found.as_ref())] {
            if let Some(problem) = expression.and_then(|expression| outside_extract(&rule, expression)) {
                let span = document.get(key).map_or(0..0, |node| node.span.clone());
                return Err(Fault::at(&source, span, problem).help("docs/guardrail-files.md describes `across`"));
            }
        }
        Ok(Self { rule, when, assert, found, source })
    }

    pub fn id(&self) -> &str {
        &self.rule.id
    }

    /// The resource types that it judges.
    pub fn types(&self) -> &[String] {
        &self.rule.applies_to.resource.0
    }

    pub fn about(&self) -> About<'_> {
        let RuleFile { id, alias, title, rationale, remediation, severity, controls, applies_to, .. } = &self.rule;
        About {
            id,
            alias: alias.as_deref(),
            title,
            rationale,
            remediation,
            severity: *severity,
            controls,
            classes: Classes(&applies_to.classes),
        }
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.when.iter().chain([&self.assert]).chain(&self.found)
    }

    /// The types named in `resources("TYPE")` and `account_resources("TYPE")`.
    pub fn other_types(&self) -> BTreeSet<&str> {
        self.expressions().flat_map(Expression::other_types).collect()
    }

    /// The types named in `account_resources("TYPE")`.
    pub fn account_types(&self) -> BTreeSet<&str> {
        self.expressions().flat_map(Expression::account_types).collect()
    }

    /// Whether it may read a property of the resources of a type.
    pub fn reads(&self, kind: &str, property: &str) -> bool {
        let judged = self.types().iter().any(|own| own == kind);
        self.other_types().contains(kind) || judged && self.expressions().any(|expression| expression.reads(property))
    }

    /// Whether it reads the variable `meta`.
    pub fn reads_meta(&self) -> bool {
        self.expressions().any(Expression::reads_meta)
    }

    /// Whether it is judged over all accounts, after they were seen.
    pub fn is_across(&self) -> bool {
        !self.rule.applies_to.across.is_empty()
    }

    /// The parameters that it reads.
    pub fn params(&self) -> BTreeSet<&str> {
        self.expressions().flat_map(Expression::params).collect()
    }

    /// Every type that must be collected to judge it.
    pub fn needed_types(&self) -> BTreeSet<String> {
        let own = self.types().iter().cloned();
        own.chain(self.other_types().into_iter().map(str::to_owned)).collect()
    }
}

/// What an expression reads that is not there when it is evaluated.
fn outside_extract(rule: &RuleFile, expression: &Expression) -> Option<String> {
    let across = &rule.applies_to.across;
    if across.is_empty() {
        return expression.reads_fleet().then(|| "`fleet` needs `applies_to.across`".to_owned());
    }
    let other = expression.other_types().next();
    if let Some(other) = other {
        return Some(format!("with `across`, `{other}` is not at hand: use `fleet`"));
    }
    let kept = |path: &[Segment]| matches!(path.first(), Some(Segment::Key(key)) if across.contains(key));
    let lost = expression.properties().iter().find(|property| !kept(&property.path))?;
    Some(format!("`{lost}` is not among the properties that `across` keeps"))
}

fn check_names(rule: &RuleFile, document: &Node, source: &SourceFile) -> Result<(), Fault> {
    let at = |path: &[&str]| {
        let mut node = document;
        for key in path {
            node = node.get(key).unwrap_or(node);
        }
        node.span.clone()
    };
    let kebab = |text: &str| {
        !text.is_empty()
            && text.split('-').all(|word| {
                !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
    };
    if !kebab(&rule.id) {
        return Err(Fault::at(source, at(&["id"]), "the id is not in kebab-case").help("as in `bucket-is-encrypted`"));
    }
    if rule.applies_to.resource.0.is_empty() {
        return Err(Fault::at(source, at(&["applies_to", "resource"]), "no resource type is given")
            .help("give a type such as AWS::S3::Bucket, or a list of types"));
    }
    if rule.applies_to.classes.is_empty() {
        return Err(Fault::at(source, at(&["applies_to", "classes"]), "no account class is given").help("as in [all]"));
    }
    Ok(())
}
