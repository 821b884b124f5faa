//! Guardrails on the inventory of one account: pure, synchronous, in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{
    Evidence, Finding, GLOBAL, Gap, Inventory, Map, Observed, Resource, ResourceId, Scope as TypeScope, Unknown, Value,
    Verdict, fingerprint,
};
use crate::rule::{Absent, Expression, Guardrail, Outcome, Params, Per, Require, Scope, Segment};

/// Lists in evidence are cut to this many items; the inventory keeps them whole.
const EVIDENCE_ITEMS: usize = 20;

/// What judges: the guardrails, the parameters, and the time.
pub struct Engine {
    guardrails: Vec<Arc<Guardrail>>,
    params: Value,
    now: DateTime<Utc>,
}

impl Engine {
    pub fn new(guardrails: Vec<Arc<Guardrail>>, params: &Params, now: DateTime<Utc>) -> Self {
        Self::with_params(guardrails, params.to_value(&BTreeMap::new()), now)
    }

    /// With the variable `params` as it is.
    pub fn with_params(guardrails: Vec<Arc<Guardrail>>, params: Value, now: DateTime<Utc>) -> Self {
        Self { guardrails, params, now }
    }

    pub fn guardrails(&self) -> &[Arc<Guardrail>] {
        &self.guardrails
    }

    /// The resource types that the guardrails read.
    pub fn needed_types(&self) -> BTreeSet<String> {
        self.guardrails.iter().flat_map(|guardrail| guardrail.needed_types()).collect()
    }

    /// Every finding of the account, sorted by guardrail and resource.
    pub fn evaluate(&self, inventory: &Inventory) -> Vec<Finding> {
        let view = View::new(inventory);
        let mut findings: Vec<Finding> =
            self.guardrails.iter().flat_map(|guardrail| self.judge(guardrail, &view)).collect();
        findings.sort_by(|a, b| (&a.guardrail, &a.resource).cmp(&(&b.guardrail, &b.resource)));
        findings
    }

    fn judge(&self, guardrail: &Guardrail, view: &View<'_>) -> Vec<Finding> {
        let finding =
            |resource: ResourceId, judgement: Judgement| finding(guardrail, view.inventory, resource, judgement);
        if guardrail.classes().bind(&view.inventory.account) == Some(false) {
            return vec![finding(view.subject(guardrail, GLOBAL), Judgement::of(Verdict::NotApplicable))];
        }
        let mut findings = Vec::new();
        for group in view.groups(guardrail) {
            let judged: Vec<(&Resource, Judgement)> = group
                .resources
                .iter()
                .map(|resource| (*resource, self.judge_resource(guardrail, resource, view)))
                .collect();
            match guardrail.rule.applies_to.require {
                Require::Any => {
                    let subject = view.subject(guardrail, &group.region);
                    findings.push(finding(subject, any(guardrail, &group, judged)));
                }
                Require::Each => {
                    let empty = judged.is_empty() && group.gaps.is_empty();
                    findings.extend(
                        judged.into_iter().map(|(resource, judgement)| finding(resource.id.clone(), judgement)),
                    );
                    findings.extend(group.gaps.iter().map(|gap| {
                        let subject = ResourceId {
                            resource_type: gap.resource_type.clone(),
                            ..view.subject(guardrail, &gap.region)
                        };
                        finding(subject, Judgement::unknown(gap.cause.clone()))
                    }));
                    if empty && group.counts_absence {
                        findings
                            .push(finding(view.subject(guardrail, &group.region), Judgement::of(absent(guardrail))));
                    }
                }
            }
        }
        findings
    }

    fn judge_resource(&self, guardrail: &Guardrail, resource: &Resource, view: &View<'_>) -> Judgement {
        let meta = meta(resource);
        let others = view.others(guardrail, &resource.id.region);
        let scope = Scope {
            resource: &resource.properties,
            meta: &meta,
            account: &view.account,
            params: &self.params,
            others: &others,
            now: self.now,
        };
        match guardrail.when.as_ref().map(|when| when.evaluate_bool(&scope)) {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) => return Judgement::of(Verdict::NotApplicable),
            Some(Err(Outcome::Unknown(cause))) => return Judgement::unknown(cause),
            Some(Err(_)) => {
                return Judgement::unknown(Unknown::RuleError("`when` needs a property that is absent".into()));
            }
        }
        let outcome = guardrail.assert.evaluate_bool(&scope);
        let observed = observe(&guardrail.assert, &resource.properties);
        let (verdict, cause) = match outcome {
            Ok(true) => (Verdict::Pass, None),
            Ok(false) | Err(Outcome::Missing(_) | Outcome::Known(_)) => (Verdict::Fail, None),
            Err(Outcome::Unknown(cause)) => (Verdict::Unknown, Some(cause)),
        };
        let found = match (&guardrail.found, verdict) {
            (Some(found), Verdict::Fail) => match found.evaluate(&scope) {
                Outcome::Known(value) => Some(cut(&value)).filter(|value| !value.one_or_many().is_empty()),
                _ => None,
            },
            _ => None,
        };
        Judgement { verdict, evidence: Evidence { observed, found, cause } }
    }
}

/// A verdict and what it rests on.
struct Judgement {
    verdict: Verdict,
    evidence: Evidence,
}

impl Judgement {
    fn of(verdict: Verdict) -> Self {
        Self { verdict, evidence: Evidence::default() }
    }

    fn unknown(cause: Unknown) -> Self {
        Self { verdict: Verdict::Unknown, evidence: Evidence { cause: Some(cause), ..Evidence::default() } }
    }
}

fn absent(guardrail: &Guardrail) -> Verdict {
    match guardrail.rule.applies_to.absent {
        Absent::Pass => Verdict::Pass,
        Absent::Fail => Verdict::Fail,
        Absent::NotApplicable => Verdict::NotApplicable,
    }
}

/// One verdict for a group: one resource that holds is enough, and one that is not known may be it.
fn any(guardrail: &Guardrail, group: &Group<'_>, judged: Vec<(&Resource, Judgement)>) -> Judgement {
    let name = |resource: &Resource| {
        let name = resource.id.arn.as_deref().unwrap_or(&resource.id.name);
        Observed { property: "resource".to_owned(), value: Some(name.into()) }
    };
    if let Some((resource, judgement)) = judged.iter().find(|(_, judgement)| judgement.verdict == Verdict::Pass) {
        let mut evidence = judgement.evidence.clone();
        evidence.observed.insert(0, name(resource));
        return Judgement { verdict: Verdict::Pass, evidence };
    }
    let unknown = judged.iter().find_map(|(_, judgement)| judgement.evidence.cause.clone());
    if let Some(cause) = unknown.or_else(|| group.gaps.first().map(|gap| gap.cause.clone())) {
        return Judgement::unknown(cause);
    }
    let failed: Vec<_> = judged.into_iter().filter(|(_, judgement)| judgement.verdict == Verdict::Fail).collect();
    if failed.is_empty() {
        return Judgement::of(absent(guardrail));
    }
    let found: Vec<Value> = failed
        .iter()
        .filter_map(|(_, judgement)| judgement.evidence.found.as_ref())
        .flat_map(|found| found.one_or_many().to_vec())
        .collect();
    let found = (!found.is_empty()).then(|| cut(&Value::list(found)));
    let observed = failed.into_iter().flat_map(|(resource, judgement)| {
        let prefix = resource.id.name.clone();
        judgement
            .evidence
            .observed
            .into_iter()
            .map(move |observed| Observed { property: format!("{prefix}: {}", observed.property), ..observed })
    });
    Judgement { verdict: Verdict::Fail, evidence: Evidence { observed: observed.collect(), found, cause: None } }
}

fn finding(guardrail: &Guardrail, inventory: &Inventory, resource: ResourceId, judgement: Judgement) -> Finding {
    let Judgement { mut verdict, mut evidence } = judgement;
    let class_unsaid = guardrail.classes().bind(&inventory.account).is_none();
    if class_unsaid && verdict == Verdict::Fail {
        verdict = Verdict::Unknown;
        evidence.cause = Some(Unknown::NotDeclared("class".into()));
    }
    let account = inventory.account.id.clone();
    Finding {
        fingerprint: fingerprint(guardrail.id(), &account, &resource),
        guardrail: guardrail.id().to_owned(),
        alias: guardrail.rule.alias.clone(),
        severity: guardrail.rule.severity,
        account,
        region: resource.region.clone(),
        resource,
        verdict,
        evidence,
    }
}

/// Resources that are judged together.
struct Group<'a> {
    region: String,
    resources: Vec<&'a Resource>,
    gaps: Vec<Gap>,
    /// Whether having no resource here says anything: the region was looked at.
    counts_absence: bool,
}

/// The inventory as guardrails ask for it.
struct View<'a> {
    inventory: &'a Inventory,
    account: Value,
    by_type: BTreeMap<&'a str, Vec<&'a Resource>>,
}

impl<'a> View<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
        for resource in &inventory.resources {
            by_type.entry(&resource.id.resource_type).or_default().push(resource);
        }
        Self { inventory, account: inventory.account.to_value(), by_type }
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = &'a Resource> {
        self.by_type.get(kind).into_iter().flatten().copied()
    }

    /// The gaps of a type; one that nobody collected is a single gap.
    fn gaps(&self, kind: &str) -> Vec<Gap> {
        if !self.inventory.types.contains_key(kind) {
            return vec![Gap { region: GLOBAL.into(), resource_type: kind.to_owned(), cause: Unknown::NotCollected }];
        }
        self.inventory.gaps.iter().filter(|gap| gap.resource_type == kind).cloned().collect()
    }

    /// Who stands for a group where no resource does: the account, or the region.
    fn subject(&self, guardrail: &Guardrail, region: &str) -> ResourceId {
        let name = if region == GLOBAL { self.inventory.account.id.as_str() } else { region };
        ResourceId {
            resource_type: guardrail.types().first().cloned().unwrap_or_default(),
            region: region.to_owned(),
            name: name.to_owned(),
            arn: None,
        }
    }

    fn groups(&self, guardrail: &Guardrail) -> Vec<Group<'a>> {
        let types = guardrail.types();
        let resources: Vec<&Resource> = types.iter().flat_map(|kind| self.of_type(kind)).collect();
        let gaps: Vec<Gap> = types.iter().flat_map(|kind| self.gaps(kind)).collect();
        let regional = |kind: &String| self.inventory.types.get(kind) == Some(&TypeScope::Regional);
        let per = guardrail.rule.applies_to.per.unwrap_or(if types.iter().any(regional) {
            Per::Region
        } else {
            Per::Account
        });
        if per == Per::Account {
            return vec![Group { region: GLOBAL.into(), resources, gaps, counts_absence: true }];
        }
        let elsewhere = resources.iter().map(|resource| &resource.id.region).chain(gaps.iter().map(|gap| &gap.region));
        let regions: BTreeSet<&String> = self.inventory.regions.iter().chain(elsewhere).collect();
        // A listing that failed for the account as a whole leaves no region without doubt.
        let everywhere = gaps.iter().any(|gap| gap.region == GLOBAL);
        regions
            .into_iter()
            .map(|region| Group {
                region: region.clone(),
                resources: resources.iter().copied().filter(|resource| resource.id.region == *region).collect(),
                gaps: gaps.iter().filter(|gap| gap.region == *region).cloned().collect(),
                counts_absence: !everywhere && self.inventory.regions.contains(region),
            })
            .collect()
    }

    /// What `resources("TYPE")` gives for a resource of a region: those of the region, and those of none.
    fn others(&self, guardrail: &Guardrail, region: &str) -> Value {
        let visible = |place: &str| place == region || place == GLOBAL || region == GLOBAL;
        Value::map(guardrail.other_types().into_iter().map(|kind| {
            let seen = self.of_type(kind).filter(|resource| visible(&resource.id.region));
            let unseen = self.gaps(kind).into_iter().filter(|gap| visible(&gap.region));
            let items =
                seen.map(|resource| resource.properties.clone()).chain(unseen.map(|gap| Value::unknown(gap.cause)));
            (kind, Value::list(items))
        }))
    }
}

/// The variable `meta`.
fn meta(resource: &Resource) -> Value {
    let id = &resource.id;
    Value::map([
        ("type", id.resource_type.as_str().into()),
        ("name", id.name.as_str().into()),
        ("arn", id.arn.clone().into()),
        ("region", id.region.as_str().into()),
        ("tags", resource.properties.get("Tags").map_or_else(|| Value::Map(Arc::default()), tags)),
    ])
}

/// Tags as a map. A tag whose key is not known may be any.
fn tags(tags: &Value) -> Value {
    let unseen = |value: &Value| matches!(value, Value::Unknown(_)).then(|| value.clone());
    let items = tags.one_or_many();
    let unknown = items.iter().find_map(|tag| unseen(tag).or_else(|| unseen(tag.get("Key")?)));
    unknown.unwrap_or_else(|| {
        let pairs = items.iter().filter_map(|tag| {
            Some((Arc::from(tag.get("Key")?.as_str()?), tag.get("Value").cloned().unwrap_or_default()))
        });
        Value::Map(Arc::new(pairs.collect::<Map>()))
    })
}

/// The properties that the assertion names, down to the first list.
fn observe(assert: &Expression, properties: &Value) -> Vec<Observed> {
    let paths: BTreeSet<Vec<&str>> = assert
        .properties()
        .iter()
        .filter(|property| property.other_type.is_none())
        .map(|property| {
            let keys = property.path.iter().map_while(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                Segment::Item => None,
            });
            keys.collect()
        })
        .collect();
    let shown = paths.iter().filter(|path| {
        !path.is_empty() && !paths.iter().any(|longer| longer.len() > path.len() && longer.starts_with(path))
    });
    shown
        .map(|path| {
            let value = path.iter().try_fold(properties, |value, key| match value {
                Value::Unknown(_) => Some(value),
                value => value.get(key),
            });
            Observed { property: path.join("."), value: value.map(cut) }
        })
        .collect()
}

/// The value with its long lists cut.
fn cut(value: &Value) -> Value {
    match value {
        Value::List(items) if items.len() > EVIDENCE_ITEMS => {
            let more = format!("… and {} more", items.len() - EVIDENCE_ITEMS);
            Value::list(items.iter().take(EVIDENCE_ITEMS).map(cut).chain([more.into()]))
        }
        Value::List(items) => Value::list(items.iter().map(cut)),
        Value::Map(map) => Value::Map(Arc::new(map.iter().map(|(key, value)| (key.clone(), cut(value))).collect())),
        scalar => scalar.clone(),
    }
}
