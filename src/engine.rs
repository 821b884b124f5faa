//! Guardrails on the inventory of one account: pure, synchronous, in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{
    Account, AccountId, Evidence, Extent, Finding, GLOBAL, Gap, Inventory, Map, Observed, Origin, Resource, ResourceId,
    Scope as TypeScope, Unknown, Value, Verdict, fingerprint, fingerprint_in_file,
};
use crate::rule::{Absent, Expression, Guardrail, Outcome, Params, Per, Require, Scope, Segment};

/// Lists in evidence are cut to this many items; the inventory keeps them whole.
const EVIDENCE_ITEMS: usize = 20;

/// Types that rules look up by an id or name that another resource gives. Files may name one that exists elsewhere, so that
/// not finding it among what they declare says nothing.
const NAMED_FROM_OUTSIDE: [&str; 9] = [
    "AWS::ApiGateway::RestApi",
    "AWS::DocDB::DBClusterParameterGroup",
    "AWS::EC2::NatGateway",
    "AWS::EC2::PrefixList",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Neptune::DBClusterParameterGroup",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::RDS::DBParameterGroup",
];

/// What judges: the guardrails, the parameters, and the time.
pub struct Engine {
    guardrails: Vec<Arc<Guardrail>>,
    params: Value,
    accounts: Value,
    now: DateTime<Utc>,
}

impl Engine {
    pub fn new(guardrails: Vec<Arc<Guardrail>>, params: &Params, now: DateTime<Utc>) -> Self {
        Self::with_params(guardrails, params.to_value(&BTreeMap::new()), now)
    }

    /// With the variable `params` as it is.
    pub fn with_params(guardrails: Vec<Arc<Guardrail>>, params: Value, now: DateTime<Utc>) -> Self {
        Self { guardrails, params, accounts: Value::map([]), now }
    }

    /// With the accounts of the scan as the variable `accounts`.
    pub fn with_accounts<'a>(mut self, accounts: impl IntoIterator<Item = &'a Account>) -> Self {
        self.accounts = Value::map(accounts.into_iter().map(|account| (account.id.as_str(), described(account))));
        self
    }

    /// The time that guardrails see as `now`.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn guardrails(&self) -> &[Arc<Guardrail>] {
        &self.guardrails
    }

    /// The resource types that the guardrails read.
    pub fn needed_types(&self) -> BTreeSet<String> {
        self.guardrails.iter().flat_map(|guardrail| guardrail.needed_types()).collect()
    }

    /// Every finding of the guardrails that look at one account alone, sorted by guardrail and resource.
    pub fn evaluate(&self, inventory: &Inventory) -> Vec<Finding> {
        self.evaluate_in(inventory, None)
    }

    /// With a fleet, the findings of the guardrails that look across all accounts instead.
    pub fn evaluate_in(&self, inventory: &Inventory, fleet: Option<&Fleet>) -> Vec<Finding> {
        let view = View { fleet, ..View::new(inventory) };
        let guardrails = self.guardrails.iter().filter(|guardrail| guardrail.is_across() == fleet.is_some());
        sorted(guardrails.flat_map(|guardrail| self.judge(guardrail, &view)).collect())
    }

    /// The findings of the guardrails across all accounts, from what was extracted of each. `missing` is the number of
    /// accounts that were to be seen and were not.
    pub fn evaluate_across(&self, extracts: &[Inventory], missing: usize) -> Vec<Finding> {
        self.evaluate_across_each(extracts, missing).into_iter().flatten().collect()
    }

    /// The same, by extract.
    pub fn evaluate_across_each(&self, extracts: &[Inventory], missing: usize) -> Vec<Vec<Finding>> {
        let mut findings = vec![Vec::new(); extracts.len()];
        for guardrail in self.guardrails.iter().filter(|guardrail| guardrail.is_across()) {
            let fleet = self.fleet(guardrail, extracts, missing);
            for (extract, findings) in extracts.iter().zip(&mut findings) {
                let view = View { fleet: Some(&fleet), ..View::new(extract) };
                findings.extend(self.judge(guardrail, &view));
            }
        }
        findings
    }

    /// The resources of all accounts to which a guardrail applies, as far as is known.
    fn fleet(&self, guardrail: &Guardrail, extracts: &[Inventory], missing: usize) -> Fleet {
        let mut fleet = Fleet::of_values(vec![Value::unknown(Unknown::Interrupted); missing]);
        for extract in extracts {
            let view = View::new(extract);
            for resource in guardrail.types().iter().flat_map(|kind| view.of_type(kind)) {
                let beside = Beside::of(guardrail, resource, &view);
                if guardrail.when.as_ref().map(|when| when.evaluate_bool(&self.scope(resource, &beside, &view)))
                    != Some(Ok(false))
                {
                    fleet.add(&extract.account.id, resource);
                }
            }
            // What is in a region that is not enabled does not act on the others.
            let gaps = guardrail.types().iter().flat_map(|kind| view.gaps(kind));
            let gaps = gaps.filter(|gap| gap.cause != Unknown::RegionDisabled);
            fleet.items.extend(gaps.map(|gap| FleetItem { of: None, value: Value::unknown(gap.cause) }));
        }
        fleet
    }

    /// The little of an account that the guardrails across all accounts read.
    pub fn extract(&self, inventory: &Inventory) -> Inventory {
        let mut kept: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for guardrail in self.guardrails.iter().filter(|guardrail| guardrail.is_across()) {
            for kind in guardrail.types() {
                let properties = guardrail.rule.applies_to.across.iter().map(String::as_str);
                kept.entry(kind).or_default().extend(properties);
            }
        }
        let wanted = |kind: &str| kept.get(kind);
        let types = inventory.types.iter().filter(|(kind, _)| wanted(kind).is_some());
        let types = types.map(|(kind, scope)| (kind.clone(), *scope)).collect();
        let resource = |resource: &Resource| {
            let names = wanted(&resource.id.resource_type)?.iter();
            let properties = match &resource.properties {
                Value::Map(_) => {
                    Value::map(names.map(|name| (*name, resource.properties.get(name).cloned().unwrap_or_default())))
                }
                other => other.clone(),
            };
            Some(Resource { properties, ..resource.clone() })
        };
        Inventory {
            account: inventory.account.clone(),
            regions: inventory.regions.clone(),
            types,
            extent: inventory.extent,
            resources: inventory.resources.iter().filter_map(resource).collect(),
            gaps: inventory.gaps.iter().filter(|gap| wanted(&gap.resource_type).is_some()).cloned().collect(),
        }
    }

    fn scope<'a>(&'a self, resource: &'a Resource, beside: &'a Beside, view: &'a View<'_>) -> Scope<'a> {
        Scope {
            resource: &resource.properties,
            meta: &beside.meta,
            account: &view.account,
            accounts: &self.accounts,
            fleet: &beside.fleet,
            params: &self.params,
            others: &beside.others,
            account_others: &beside.account_others,
            now: self.now,
        }
    }

    fn judge(&self, guardrail: &Guardrail, view: &View<'_>) -> Vec<Finding> {
        let finding =
            |resource: ResourceId, judgement: Judgement| finding(guardrail, view.inventory, resource, None, judgement);
        if view.inventory.extent == Extent::Declared && !view.declares(guardrail) {
            return Vec::new();
        }
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
                    let origin = group.resources.first().and_then(|resource| resource.origin.clone());
                    let judgement = any(guardrail, &group, judged);
                    findings.push(self::finding(guardrail, view.inventory, subject, origin, judgement));
                }
                Require::Each => {
                    let empty = judged.is_empty() && group.gaps.is_empty();
                    findings.extend(judged.into_iter().map(|(resource, judgement)| {
                        let origin = resource.origin.clone();
                        self::finding(guardrail, view.inventory, resource.id.clone(), origin, judgement)
                    }));
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
        let beside = Beside::of(guardrail, resource, view);
        let scope = self.scope(resource, &beside, view);
        match guardrail.when.as_ref().map(|when| when.evaluate_bool(&scope)) {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) => return Judgement::of(Verdict::NotApplicable),
            Some(Err(Outcome::Unknown(cause))) => return Judgement::unknown(cause),
            Some(Err(_)) => {
                return Judgement::unknown(Unknown::RuleError("`when` needs a property that is absent".into()));
            }
        }
        let outcome = guardrail.assert.evaluate_bool(&scope);
        let observed = observe(&guardrail.assert, resource);
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

/// What an expression sees beside the resource.
struct Beside {
    meta: Value,
    others: Value,
    account_others: Value,
    fleet: Value,
}

impl Beside {
    fn of(guardrail: &Guardrail, resource: &Resource, view: &View<'_>) -> Self {
        let account = &view.inventory.account.id;
        Self {
            meta: meta(resource),
            others: view.others(guardrail.other_types(), Some(&resource.id.region)),
            account_others: view.others(guardrail.account_types(), None),
            fleet: view.fleet.map_or_else(|| Value::list([]), |fleet| fleet.without(account, &resource.id)),
        }
    }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| (&a.guardrail, &a.resource).cmp(&(&b.guardrail, &b.resource)));
    findings
}

/// The resources of all accounts, as guardrails across them see them.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    items: Vec<FleetItem>,
}

#[derive(Clone, Debug)]
struct FleetItem {
    /// What it stands for; nothing for what was not seen, or of a case.
    of: Option<(AccountId, ResourceId)>,
    value: Value,
}

impl Fleet {
    pub fn of_values(values: impl IntoIterator<Item = Value>) -> Self {
        Self { items: values.into_iter().map(|value| FleetItem { of: None, value }).collect() }
    }

    fn add(&mut self, account: &AccountId, resource: &Resource) {
        let id = &resource.id;
        let value = match &resource.properties {
            Value::Map(map) => {
                let own = [
                    ("account", account.as_str().into()),
                    ("region", id.region.as_str().into()),
                    ("name", id.name.as_str().into()),
                ];
                Value::map(own.into_iter().chain(map.iter().map(|(key, value)| (key.as_ref(), value.clone()))))
            }
            unknown => unknown.clone(),
        };
        self.items.push(FleetItem { of: Some((account.clone(), id.clone())), value });
    }

    /// Without the resource itself, which a second account may see under the same ARN.
    fn without(&self, account: &AccountId, resource: &ResourceId) -> Value {
        let itself = |(of, id): &(AccountId, ResourceId)| match (&id.arn, &resource.arn) {
            (Some(arn), Some(own)) => arn == own,
            _ => id == resource && of == account,
        };
        let others = self.items.iter().filter(|item| !item.of.as_ref().is_some_and(itself));
        Value::list(others.map(|item| item.value.clone()))
    }
}

/// An account as rules see it, in which a class that nobody declared is unknown.
fn described(account: &Account) -> Value {
    let class = account
        .class
        .map_or_else(|| Value::unknown(Unknown::NotDeclared("class".into())), |class| class.as_str().into());
    match account.to_value() {
        Value::Map(map) => {
            let others = map.iter().filter(|(key, _)| key.as_ref() != "class");
            Value::map(others.map(|(key, value)| (key.as_ref(), value.clone())).chain([("class", class)]))
        }
        other => other,
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
        Observed { property: "resource".to_owned(), value: Some(name.into()), place: None }
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

fn finding(
    guardrail: &Guardrail,
    inventory: &Inventory,
    resource: ResourceId,
    origin: Option<Arc<Origin>>,
    judgement: Judgement,
) -> Finding {
    let Judgement { mut verdict, mut evidence } = judgement;
    let class_unsaid = guardrail.classes().bind(&inventory.account).is_none();
    if class_unsaid && verdict == Verdict::Fail {
        verdict = Verdict::Unknown;
        evidence.cause = Some(Unknown::NotDeclared("class".into()));
    }
    let account = inventory.account.id.clone();
    Finding {
        fingerprint: match &origin {
            Some(origin) => fingerprint_in_file(guardrail.id(), origin),
            None => fingerprint(guardrail.id(), &account, &resource),
        },
        guardrail: guardrail.id().to_owned(),
        alias: guardrail.rule.alias.clone(),
        severity: guardrail.rule.severity,
        account,
        region: resource.region.clone(),
        resource,
        verdict,
        evidence,
        origin,
        waiver: None,
        known: false,
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
    fleet: Option<&'a Fleet>,
}

impl<'a> View<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
        for resource in &inventory.resources {
            by_type.entry(&resource.id.resource_type).or_default().push(resource);
        }
        Self { inventory, account: described(&inventory.account), by_type, fleet: None }
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

    /// Whether there is anything of the guardrail's own types: of what some files do not declare, nothing is said.
    fn declares(&self, guardrail: &Guardrail) -> bool {
        guardrail.types().iter().any(|kind| self.by_type.contains_key(kind.as_str()) || !self.gaps(kind).is_empty())
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
        let whole = self.inventory.extent == Extent::Account;
        if per == Per::Account {
            return vec![Group { region: GLOBAL.into(), resources, gaps, counts_absence: whole }];
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
                counts_absence: whole && !everywhere && self.inventory.regions.contains(region),
            })
            .filter(|group| whole || !group.resources.is_empty() || !group.gaps.is_empty())
            .collect()
    }

    /// What `resources("TYPE")` gives for a resource of a region: those of the region, and those of none; for one of no
    /// region, those of every region. Without a region: what `account_resources("TYPE")` gives.
    fn others(&self, types: BTreeSet<&str>, region: Option<&str>) -> Value {
        let visible = |place: &str| region.is_none_or(|region| place == region || place == GLOBAL || region == GLOBAL);
        // What is in a region that is not enabled does not act on the others.
        let counts = |gap: &Gap| visible(&gap.region) && (region.is_some() || gap.cause != Unknown::RegionDisabled);
        // A bucket or a trail may be where nobody looked for what belongs to a region.
        let scanned = |region: &str| region == GLOBAL || self.inventory.regions.iter().any(|scanned| scanned == region);
        let unscanned = region.is_some_and(|region| !scanned(region));
        let unlooked = |kind: &str| unscanned && self.inventory.types.get(kind) == Some(&TypeScope::Regional);
        Value::map(types.into_iter().map(|kind| {
            let seen = self.of_type(kind).filter(|resource| visible(&resource.id.region));
            let unseen = self.gaps(kind).into_iter().filter(counts);
            let items =
                seen.map(|resource| resource.properties.clone()).chain(unseen.map(|gap| Value::unknown(gap.cause)));
            let outside = self.inventory.extent == Extent::Declared && NAMED_FROM_OUTSIDE.contains(&kind);
            let elsewhere = (outside || unlooked(kind)).then(|| Value::unknown(Unknown::NotCollected));
            (kind, Value::list(items.chain(elsewhere)))
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
fn observe(assert: &Expression, resource: &Resource) -> Vec<Observed> {
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
            let value = path.iter().try_fold(&resource.properties, |value, key| match value {
                Value::Unknown(_) => Some(value),
                value => value.get(key),
            });
            let property = path.join(".");
            let place = resource.origin.as_ref().and_then(|origin| origin.place_of(&property));
            Observed { property, value: value.map(cut), place }
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
