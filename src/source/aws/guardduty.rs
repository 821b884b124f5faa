//! Amazon GuardDuty detectors.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::types::DetectorStatus;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DETECTOR: &str = "AWS::GuardDuty::Detector";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "guardduty-detectors",
    scope: Scope::Regional,
    types: &[DETECTOR],
    actions: &["guardduty:ListDetectors", "guardduty:GetDetector"],
    run: |unit| detectors(unit).boxed(),
}];

async fn detectors(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let pages = client.list_detectors().into_paginator().send();
    let (ids, failure) = unit.list("guardduty:ListDetectors", pages, |page| (page.detector_ids, page.next_token)).await;
    let mut batch = Batch::of(DETECTOR, (Vec::new(), failure));
    for id in ids {
        batch.push(detector(unit, &client, &id).await);
    }
    batch
}

async fn detector(unit: &Unit, client: &Client, id: &str) -> Resource {
    let arn = Some(unit.arn("guardduty", &format!("detector/{id}")));
    let got = unit.call("guardduty:GetDetector", client.get_detector().detector_id(id).send()).await;
    let properties = match got {
        Err(failure) => unseen(id, &failure),
        Ok(detector) => Value::map([
            ("Id", id.into()),
            ("Enable", detector.status().map(|status| *status == DetectorStatus::Enabled).into()),
            ("FindingPublishingFrequency", detector.finding_publishing_frequency().map(|every| every.as_str()).into()),
            (
                "Features",
                Value::list(detector.features().iter().map(|feature| {
                    Value::map([
                        ("Name", feature.name().map(|name| name.as_str()).into()),
                        ("Status", feature.status().map(|status| status.as_str()).into()),
                    ])
                })),
            ),
            (
                "Tags",
                convert::tags(
                    detector
                        .tags()
                        .into_iter()
                        .flatten()
                        .map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))),
                ),
            ),
        ]),
    };
    unit.resource(DETECTOR, id, arn, properties)
}

/// A detector that is known to exist, and nothing more.
fn unseen(id: &str, failure: &Failure) -> Value {
    let leaf = || failure.clone().into_value();
    Value::map([
        ("Id", id.into()),
        ("Enable", leaf()),
        ("FindingPublishingFrequency", leaf()),
        ("Features", leaf()),
        ("Tags", leaf()),
    ])
}
