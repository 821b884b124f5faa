//! The regions of the account, and what a few reads find in the enabled ones outside Japan.

use aws_sdk_ec2::types::Region;
use futures::{FutureExt, StreamExt, stream};

use super::arn_type::type_and_id;
use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::ec2::client;
use super::{Collector, Scope, tagging};
use crate::model::{Unknown, Value};

const REGION: &str = "AWS::::Region";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "regions",
    scope: Scope::Global,
    types: &[REGION],
    actions: &[
        "ec2:DescribeRegions",
        "tag:GetResources",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeVolumes",
        "ec2:DescribeSnapshots",
    ],
    run: |unit| regions(unit).boxed(),
}];

/// Where Government Cloud accounts work; whatever is allowed beyond, there is nothing to find out about these.
pub(super) const GOVERNMENT_CLOUD: [&str; 2] = ["ap-northeast-1", "ap-northeast-3"];

/// How many reads probe a region.
const PROBES: usize = 4;

/// As many resources of a region are named; one is enough for a verdict.
const NAMED: usize = 100;

async fn regions(unit: &Unit) -> Batch {
    let listing = client(unit).describe_regions().all_regions(true).send();
    let answer = match unit.call("ec2:DescribeRegions", listing).await {
        Err(failure) => return Batch::failed(REGION, failure),
        Ok(answer) => answer,
    };
    let regions = stream::iter(answer.regions.unwrap_or_default());
    let mut seen = regions.map(|region| properties(unit, region)).buffered(CALLS_AT_ONCE / PROBES);
    let mut batch = Batch::default();
    while let Some((name, properties)) = seen.next().await {
        batch.push(unit.resource_in(&name, REGION, name.as_str(), None, properties));
    }
    batch
}

async fn properties(unit: &Unit, region: Region) -> (String, Value) {
    let name = region.region_name.unwrap_or_default();
    let status = region.opt_in_status;
    let probed = status.as_deref() != Some("not-opted-in") && !GOVERNMENT_CLOUD.contains(&name.as_str());
    let (denied, resources) = match probed {
        true => found(probe(&unit.at(&name)).await),
        false => (Value::Null, Value::Null),
    };
    let properties = Value::map([
        ("RegionName", name.as_str().into()),
        ("OptInStatus", status.into()),
        ("DeniedByScp", denied),
        ("Resources", resources),
    ]);
    (name, properties)
}

/// What one read saw, as types and ids, and where it failed.
type Probe = (Vec<(String, String)>, Option<Failure>);

async fn probe(unit: &Unit) -> [Probe; PROBES] {
    tokio::join!(tagged(unit), interfaces(unit), volumes(unit), snapshots(unit)).into()
}

async fn tagged(unit: &Unit) -> Probe {
    let (mappings, failure) = tagging::list(unit).await;
    let arns = mappings.into_iter().filter_map(|mapping| mapping.resource_arn);
    (arns.map(|arn| type_and_id(&arn)).collect(), failure)
}

async fn interfaces(unit: &Unit) -> Probe {
    let pages = client(unit).describe_network_interfaces().into_paginator().page_size(1000).send();
    let (interfaces, failure) =
        unit.list("ec2:DescribeNetworkInterfaces", pages, |page| (page.network_interfaces, page.next_token)).await;
    let ids = interfaces.into_iter().filter_map(|interface| interface.network_interface_id);
    (of_type("AWS::EC2::NetworkInterface", ids), failure)
}

async fn volumes(unit: &Unit) -> Probe {
    let pages = client(unit).describe_volumes().into_paginator().page_size(500).send();
    let (volumes, failure) = unit.list("ec2:DescribeVolumes", pages, |page| (page.volumes, page.next_token)).await;
    (of_type("AWS::EC2::Volume", volumes.into_iter().filter_map(|volume| volume.volume_id)), failure)
}

async fn snapshots(unit: &Unit) -> Probe {
    let pages = client(unit).describe_snapshots().owner_ids("self").into_paginator().page_size(1000).send();
    let (snapshots, failure) =
        unit.list("ec2:DescribeSnapshots", pages, |page| (page.snapshots, page.next_token)).await;
    (of_type("AWS::EC2::Snapshot", snapshots.into_iter().filter_map(|snapshot| snapshot.snapshot_id)), failure)
}

fn of_type(kind: &str, ids: impl Iterator<Item = String>) -> Vec<(String, String)> {
    ids.map(|id| (kind.to_owned(), id)).collect()
}

/// `DeniedByScp` and `Resources`.
fn found(probes: [Probe; PROBES]) -> (Value, Value) {
    let (seen, failures): (Vec<_>, Vec<_>) = probes.into_iter().unzip();
    let names = named(seen.into_iter().flatten().collect());
    let failures: Vec<Failure> = failures.into_iter().flatten().collect();
    let by_scp = |failure: &Failure| matches!(failure.cause, Unknown::AccessDeniedByScp(_));
    let denied = names.is_empty() && failures.len() == PROBES && failures.iter().all(by_scp);
    // What the role lacks can be mended, so it is the more useful cause beside a policy's denial.
    let cause = failures.iter().find(|failure| !by_scp(failure)).or(failures.first());
    let items = names.into_iter().map(|(kind, id)| Value::map([("Type", kind.into()), ("Id", id.into())]));
    let resources = match cause.filter(|_| !denied).cloned().map(Failure::into_value) {
        None => Value::list(items),
        Some(unknown) if items.len() == 0 => unknown,
        Some(unknown) => Value::list(items.chain([unknown])),
    };
    (denied.into(), resources)
}

/// At most [`NAMED`] resources, sorted. Those of global services, which AWS lists in one region, give way to the others.
fn named(mut seen: Vec<(String, String)>) -> Vec<(String, String)> {
    seen.sort_by_cached_key(|(kind, id)| (is_global(id), kind.clone(), id.clone()));
    seen.dedup();
    seen.truncate(NAMED);
    seen.sort();
    seen
}

/// Whether an id is an ARN that names no region.
fn is_global(id: &str) -> bool {
    id.starts_with("arn:") && id.split(':').nth(3) == Some("")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn failed(cause: Unknown) -> Probe {
        (Vec::new(), Some(Failure { cause, code: String::new(), message: String::new() }))
    }

    fn scp() -> Probe {
        failed(Unknown::AccessDeniedByScp("ec2:DescribeVolumes".into()))
    }

    fn denied() -> Probe {
        failed(Unknown::AccessDenied("tag:GetResources".into()))
    }

    fn saw(kind: &str, id: &str) -> Probe {
        (vec![(kind.into(), id.into())], None)
    }

    fn nothing() -> Probe {
        (Vec::new(), None)
    }

    fn judged(probes: [Probe; PROBES]) -> (Json, Json) {
        let (denied, resources) = found(probes);
        (serde_json::to_value(denied).unwrap(), serde_json::to_value(resources).unwrap())
    }

    #[test]
    fn a_region_is_denied_only_when_every_probe_is() {
        assert_eq!(judged([scp(), scp(), scp(), scp()]), (json!(true), json!([])));
        let unknown = json!({"$unknown": {"access_denied_by_scp": "ec2:DescribeVolumes"}});
        assert_eq!(judged([scp(), scp(), nothing(), scp()]), (json!(false), unknown));
        let unknown = json!({"$unknown": {"access_denied": "tag:GetResources"}});
        assert_eq!(judged([scp(), scp(), scp(), denied()]), (json!(false), unknown));
    }

    #[test]
    fn what_was_found_stays_beside_what_is_unknown() {
        assert_eq!(judged([nothing(), nothing(), nothing(), nothing()]), (json!(false), json!([])));
        let volume = json!({"Type": "AWS::EC2::Volume", "Id": "vol-1"});
        let twice = || saw("AWS::EC2::Volume", "vol-1");
        assert_eq!(judged([twice(), twice(), nothing(), nothing()]), (json!(false), json!([volume])));
        let unknown = json!({"$unknown": {"access_denied": "tag:GetResources"}});
        assert_eq!(judged([denied(), nothing(), twice(), scp()]), (json!(false), json!([volume, unknown])));
    }

    #[test]
    fn global_resources_do_not_crowd_out_regional_ones() {
        let global =
            |n: usize| ("AWS::CloudFront::Distribution".into(), format!("arn:aws:cloudfront::1:distribution/{n}"));
        let mut seen: Vec<(String, String)> = (0..200).map(global).collect();
        seen.push(("AWS::EC2::Volume".into(), "vol-1".into()));
        let names = named(seen);
        assert_eq!(names.len(), NAMED);
        assert_eq!(names.last(), Some(&("AWS::EC2::Volume".into(), "vol-1".into())));
    }
}
