//! Amazon CloudFront distributions.

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{DistributionSummary, ViewerCertificate};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "cloudfront-distributions",
    scope: Scope::Global,
    types: &[DISTRIBUTION],
    actions: &["cloudfront:ListDistributions"],
    run: |unit| distributions(unit).boxed(),
}];

/// The region of the one endpoint.
/// <https://docs.aws.amazon.com/general/latest/gr/cf_region.html>
const REGION: &str = "us-east-1";

async fn distributions(unit: &Unit) -> Batch {
    let there = unit.at(REGION);
    let client = Client::new(&there.config());
    let pages = client.list_distributions().into_paginator().page_size(100).send();
    let (summaries, failure) = there
        .list("cloudfront:ListDistributions", pages, |page| match page.distribution_list {
            Some(list) => (list.items, list.next_marker),
            None => (None, None),
        })
        .await;
    Batch::of(DISTRIBUTION, (summaries.iter().map(|summary| distribution(unit, summary)).collect(), failure))
}

fn distribution(unit: &Unit, summary: &DistributionSummary) -> Resource {
    let behavior = summary
        .default_cache_behavior()
        .map(|behavior| Value::map([("ViewerProtocolPolicy", behavior.viewer_protocol_policy().as_str().into())]));
    let aliases = summary.aliases().map(|aliases| convert::sorted_texts(aliases.items()));
    let config = Value::map([
        ("Enabled", summary.enabled().into()),
        ("Staging", summary.staging().into()),
        ("Comment", convert::text(Some(summary.comment()))),
        ("Aliases", aliases.into()),
        ("WebACLId", convert::text(Some(summary.web_acl_id()))),
        ("ViewerCertificate", summary.viewer_certificate().map(certificate).into()),
        ("DefaultCacheBehavior", behavior.into()),
    ]);
    let id = summary.id();
    let properties =
        Value::map([("Id", id.into()), ("DomainName", summary.domain_name().into()), ("DistributionConfig", config)]);
    unit.global(DISTRIBUTION, id, Some(summary.arn().to_owned()), properties)
}

fn certificate(certificate: &ViewerCertificate) -> Value {
    Value::map([
        ("CloudFrontDefaultCertificate", certificate.cloud_front_default_certificate().into()),
        ("AcmCertificateArn", convert::text(certificate.acm_certificate_arn())),
        ("MinimumProtocolVersion", certificate.minimum_protocol_version().map(|version| version.as_str()).into()),
    ])
}
