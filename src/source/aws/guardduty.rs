//! Amazon GuardDuty detectors.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::types::{DetectorFeatureConfigurationResult, DetectorStatus};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
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
    let client = Client::new(&unit.config());
    let pages = client.list_detectors().into_paginator().send();
    let (ids, failure) = unit.list("guardduty:ListDetectors", pages, |page| (page.detector_ids, page.next_token)).await;
    Batch::of(DETECTOR, (each(ids, |id| detector(unit, &client, id).map(Some)).await, failure))
}

async fn detector(unit: &Unit, client: &Client, id: String) -> Resource {
    let read = match unit.call("guardduty:GetDetector", client.get_detector().detector_id(&id).send()).await {
        Err(failure) => convert::unseen(["Enable", "FindingPublishingFrequency", "Features", "Tags"], &failure),
        Ok(detector) => vec![
            ("Enable", detector.status().map(|status| *status == DetectorStatus::Enabled).into()),
            ("FindingPublishingFrequency", detector.finding_publishing_frequency().map(|every| every.as_str()).into()),
            ("Features", Value::list(detector.features().iter().map(feature))),
            ("Tags", convert::tag_map(detector.tags())),
        ],
    };
    let arn = unit.arn("guardduty", &format!("detector/{id}"));
    let properties = Value::map([("Id", id.as_str().into())].into_iter().chain(read));
    unit.resource(DETECTOR, id, Some(arn), properties)
}

fn feature(feature: &DetectorFeatureConfigurationResult) -> Value {
    Value::map([
        ("Name", feature.name().map(|name| name.as_str()).into()),
        ("Status", feature.status().map(|status| status.as_str()).into()),
    ])
}
