//! Amazon S3: buckets, and the public access block of the account.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::Bucket;
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit, each};
use super::s3_bucket::{BLOCKS, Reader, blocks, is_gone};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const ACCOUNT_BLOCK: &str = "AWS::S3::AccountPublicAccessBlock";
const BUCKET: &str = "AWS::S3::Bucket";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "s3-account-public-access-block",
        scope: Scope::Global,
        types: &[ACCOUNT_BLOCK],
        actions: &["s3:GetAccountPublicAccessBlock"],
        run: |unit| account_block(unit).boxed(),
    },
    Collector {
        name: "s3-buckets",
        scope: Scope::Global,
        types: &[BUCKET],
        actions: &[
            "s3:ListAllMyBuckets",
            "s3:GetBucketLocation",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetEncryptionConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPolicyStatus",
            "s3:GetBucketAcl",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketLogging",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetReplicationConfiguration",
        ],
        run: |unit| buckets(unit).boxed(),
    },
];

async fn account_block(unit: &Unit) -> Batch {
    let client = aws_sdk_s3control::Client::new(&unit.config());
    let call = client.get_public_access_block().account_id(unit.account()).send();
    let said = unit.ask("s3:GetAccountPublicAccessBlock", call, |answer| answer.public_access_block_configuration);
    let properties = match said.await {
        Ok(block) => Value::map(blocks([
            block.block_public_acls(),
            block.block_public_policy(),
            block.ignore_public_acls(),
            block.restrict_public_buckets(),
        ])),
        Err(failure) if failure.is(&["NoSuchPublicAccessBlockConfiguration"]) => Value::map(blocks([Some(false); 4])),
        Err(failure) => Value::map(convert::unseen(BLOCKS, &failure)),
    };
    Batch::one(unit.global(ACCOUNT_BLOCK, unit.account(), None, properties))
}

async fn buckets(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.list_buckets().into_paginator().page_size(1000).send();
    let (listed, failure) =
        unit.list("s3:ListAllMyBuckets", pages, |page| (page.buckets, page.continuation_token)).await;
    let mut batch = Batch::of(BUCKET, (Vec::new(), failure));
    let mut located = Vec::new();
    let mut answers = stream::iter(listed).map(|bucket| locate(unit, &client, bucket)).buffered(CALLS_AT_ONCE);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(bucket) => located.extend(bucket),
            Err(failure) => batch.fail(BUCKET, failure),
        }
    }
    let places = places(unit, &located);
    let regions = Regions::new(unit, &client, &located);
    batch.resources = each(located, |bucket| resource(unit, &places, &regions, bucket)).await;
    batch
}

/// Bucket names go into the path and not into the host name, so that the buckets of a region share connections.
fn client(unit: &Unit) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&unit.config()).force_path_style(true);
    Client::from_conf(config.build())
}

/// A bucket, and the region in which it is.
struct Located {
    name: String,
    arn: String,
    region: String,
}

/// Nothing when the bucket was deleted in the meantime. A bucket of which not even the region can be learned is a gap.
async fn locate(unit: &Unit, client: &Client, bucket: Bucket) -> Result<Option<Located>, Failure> {
    let Some(name) = bucket.name else { return Ok(None) };
    let arn = bucket.bucket_arn.unwrap_or_else(|| format!("arn:{}:s3:::{name}", unit.session.partition()));
    let region = match bucket.bucket_region.filter(|region| !region.is_empty()) {
        Some(region) => region,
        None => match ask_region(unit, client, &name).await {
            Err(failure) if is_gone(&failure) => return Ok(None),
            region => region?,
        },
    };
    Ok(Some(Located { name, arn, region }))
}

async fn ask_region(unit: &Unit, client: &Client, bucket: &str) -> Result<String, Failure> {
    let answer = client.get_bucket_location().bucket(bucket).send().await;
    // S3 names the region even when it refuses to answer.
    let refused = answer.as_ref().err().and_then(|error| error.raw_response());
    if let Some(region) = refused.and_then(|response| response.headers().get("x-amz-bucket-region")) {
        return Ok(region.to_owned());
    }
    let answer = unit.call("s3:GetBucketLocation", async { answer }).await?;
    Ok(region_of(answer.location_constraint().map_or("", |constraint| constraint.as_str())))
}

/// Where buckets are: those of the account's listing, and others on request.
pub(super) struct Regions<'a> {
    unit: &'a Unit,
    client: &'a Client,
    listed: BTreeMap<String, String>,
}

impl<'a> Regions<'a> {
    fn new(unit: &'a Unit, client: &'a Client, located: &[Located]) -> Self {
        let listed = located.iter().map(|bucket| (bucket.name.clone(), bucket.region.clone()));
        Self { unit, client, listed: listed.collect() }
    }

    /// The region of a bucket, be it another account's; unknown when nobody tells.
    pub(super) async fn of(&self, bucket: &str) -> Value {
        match self.listed.get(bucket) {
            Some(region) => region.as_str().into(),
            None => ask_region(self.unit, self.client, bucket).await.map_or_else(Failure::into_value, Value::from),
        }
    }
}

/// The region of a location constraint. Two regions are older than the rule that it is the region's code.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
fn region_of(constraint: &str) -> String {
    match constraint {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        code => code,
    }
    .to_owned()
}

/// The clients of the regions that have buckets.
fn places(unit: &Unit, located: &[Located]) -> BTreeMap<String, (Unit, Client)> {
    let mut places = BTreeMap::new();
    for region in located.iter().map(|bucket| &bucket.region) {
        places.entry(region.clone()).or_insert_with(|| {
            let there = unit.at(region);
            let client = client(&there);
            (there, client)
        });
    }
    places
}

async fn resource(
    unit: &Unit,
    places: &BTreeMap<String, (Unit, Client)>,
    regions: &Regions<'_>,
    bucket: Located,
) -> Option<Resource> {
    let (there, client) = places.get(&bucket.region)?;
    let reader = Reader { unit: there, client, bucket: &bucket.name, regions };
    let read = reader.properties().await?;
    let names = [("BucketName", bucket.name.as_str().into()), ("Arn", bucket.arn.as_str().into())];
    let properties = Value::map(names.into_iter().chain(read));
    Some(unit.resource_in(&bucket.region, BUCKET, bucket.name.as_str(), Some(bucket.arn.clone()), properties))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_location_constraints_are_regions_too() {
        assert_eq!(region_of(""), "us-east-1");
        assert_eq!(region_of("EU"), "eu-west-1");
        assert_eq!(region_of("ap-northeast-1"), "ap-northeast-1");
    }
}
