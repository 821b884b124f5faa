//! One guardrail on one account: its findings.

use std::sync::Arc;

use super::Engine;
use super::evidence::cut;
use super::judge::{Judge, Judgement};
use super::view::{Group, View};
use crate::model::{
    Evidence, Extent, Finding, GLOBAL, Inventory, Observed, Origin, Resource, ResourceId, Unknown, Value, Verdict,
    fingerprint, fingerprint_in_file,
};
use crate::rule::{About, Absent, Guardrail, Require};

pub(super) fn of(engine: &Engine, guardrail: &Guardrail, view: &View<'_>) -> Vec<Finding> {
    let about = guardrail.about();
    let finding =
        |resource: ResourceId, judgement: Judgement| finding(about, view.inventory, resource, None, judgement);
    if view.inventory.extent == Extent::Declared && !view.declares(guardrail) {
        return Vec::new();
    }
    if about.classes.bind(&view.inventory.account) == Some(false) {
        return vec![finding(view.subject(guardrail, GLOBAL), Judgement::of(Verdict::NotApplicable))];
    }
    let mut judge = Judge::new(engine, guardrail, view);
    let mut findings = Vec::new();
    for group in view.groups(guardrail) {
        let judged = group.resources.iter().map(|resource| (*resource, judge.judge(resource))).collect();
        match guardrail.rule.applies_to.require {
            Require::Any => {
                let subject = view.subject(guardrail, &group.region);
                let origin = group.resources.first().and_then(|resource| resource.origin.clone());
                let judgement = any(guardrail, &group, judged);
                findings.push(self::finding(about, view.inventory, subject, origin, judgement));
            }
            Require::Each => {
                let empty = judged.is_empty() && group.gaps.is_empty();
                findings.extend(judged.into_iter().map(|(resource, judgement)| {
                    let origin = resource.origin.clone();
                    self::finding(about, view.inventory, resource.id.clone(), origin, judgement)
                }));
                findings.extend(group.gaps.iter().map(|gap| {
                    let subject =
                        ResourceId { resource_type: gap.resource_type.clone(), ..view.subject(guardrail, &gap.region) };
                    finding(subject, Judgement::unknown(gap.cause.clone()))
                }));
                if empty && group.counts_absence {
                    findings.push(finding(view.subject(guardrail, &group.region), Judgement::of(absent(guardrail))));
                }
            }
        }
    }
    findings
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

pub(super) fn finding(
    about: About<'_>,
    inventory: &Inventory,
    resource: ResourceId,
    origin: Option<Arc<Origin>>,
    judgement: Judgement,
) -> Finding {
    let Judgement { mut verdict, mut evidence } = judgement;
    let class_unsaid = about.classes.bind(&inventory.account).is_none();
    if class_unsaid && verdict == Verdict::Fail {
        verdict = Verdict::Unknown;
        evidence.cause = Some(Unknown::NotDeclared("class".into()));
    }
    let account = inventory.account.id.clone();
    Finding {
        fingerprint: match &origin {
            Some(origin) => fingerprint_in_file(about.id, origin),
            None => fingerprint(about.id, &account, &resource),
        },
        guardrail: about.id.to_owned(),
        alias: about.alias.map(str::to_owned),
        severity: about.severity,
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
