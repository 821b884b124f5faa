//! What an inventory holds about requests that must be denied, in each of the ways to know.

use super::policies::Interned;
use super::told::{Answer, Told};
use crate::model::{GLOBAL, Inventory, POLICY_PATH, PROBE, Question as Request, SIMULATION, Unknown, Value};
use crate::policy::Hierarchy;

/// The type of regions, and the reads that its collector makes in those abroad.
const REGION: &str = "AWS::::Region";
const READS_ABROAD: [&str; 4] =
    ["tag:GetResources", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVolumes", "ec2:DescribeSnapshots"];

/// A way that was not taken is not there.
pub(super) struct Known {
    pub(super) account: String,
    pub(super) policies: Option<Result<Path, Unknown>>,
    pub(super) simulation: Option<Told>,
    pub(super) probe: Option<Told>,
    pub(super) scan: Option<Told>,
}

/// The policies on the way to the account.
pub(super) struct Path {
    /// Who gave them: `organizations` or `files`.
    pub(super) source: String,
    pub(super) hierarchy: Hierarchy,
}

impl Known {
    pub(super) fn of(inventory: &Inventory, interned: &mut Interned) -> Self {
        let path = |found: &Value| {
            let source = found.get("Source").and_then(Value::as_str).unwrap_or_default().to_owned();
            let hierarchy = interned.hierarchy(found, &inventory.account.id)?;
            Ok(Path { source, hierarchy })
        };
        let policies = taken(inventory, POLICY_PATH).map(|found| found.and_then(path));
        let told = |kind: &str, read: fn(&Value) -> Told| {
            taken(inventory, kind).map(|found| found.map_or_else(Told::failed, read))
        };
        let simulation = told(SIMULATION, Told::by_simulation);
        let probe = told(PROBE, Told::by_probe);
        let principal = [&simulation, &probe].into_iter().flatten().find_map(|told| told.principal.clone());
        let scan = scan(inventory).map(|told| Told { principal, ..told });
        Self { account: inventory.account.id.to_string(), policies, simulation, probe, scan }
    }
}

/// The one resource of a type, or why it is not there; nothing when nobody asked.
fn taken<'a>(inventory: &'a Inventory, kind: &str) -> Option<Result<&'a Value, Unknown>> {
    let found = inventory.resources.iter().find(|resource| resource.id.resource_type == kind);
    let gap = || inventory.gaps.iter().find(|gap| gap.resource_type == kind);
    match found.map(|resource| &resource.properties) {
        Some(Value::Unknown(cause)) => Some(Err(cause.as_ref().clone())),
        Some(found) => Some(Ok(found)),
        None => gap().map(|gap| Err(gap.cause.clone())),
    }
}

/// Calls of the collectors that a policy denied, and those that went through abroad. Only listings: of what is called on
/// a single resource, the policies may tell the resources apart.
fn scan(inventory: &Inventory) -> Option<Told> {
    let mut told = Told::default();
    for gap in &inventory.gaps {
        if let Unknown::AccessDeniedByScp(action) = &gap.cause
            && gap.region != GLOBAL
        {
            told.answers.insert(request(action, &gap.region), Answer::Denied);
        }
    }
    for resource in inventory.resources.iter().filter(|resource| resource.id.resource_type == REGION) {
        let seen = resource.properties.get("Resources");
        let answer = match resource.properties.get("DeniedByScp") {
            Some(Value::Bool(true)) => Answer::Denied,
            Some(Value::Bool(false)) if seen.is_some_and(|seen| seen.first_unknown().is_none()) => Answer::Allowed,
            _ => continue,
        };
        let region = resource.id.region.as_str();
        told.answers.extend(READS_ABROAD.map(|action| (request(action, region), answer.clone())));
    }
    (!told.answers.is_empty()).then_some(told)
}

fn request(action: &str, region: &str) -> Request {
    Request {
        action: action.to_owned(),
        resource: "*".to_owned(),
        region: region.to_owned(),
        principal: None,
        context: Default::default(),
    }
}
