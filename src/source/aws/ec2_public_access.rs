//! The switches of a region that block public access: to VPC networks, with their exclusions, snapshots and images.

use aws_sdk_ec2::operation::describe_vpc_block_public_access_exclusions::DescribeVpcBlockPublicAccessExclusionsOutput;
use aws_sdk_ec2::types::{VpcBlockPublicAccessExclusion, VpcBlockPublicAccessExclusionState};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, pages};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope};
use crate::model::{Resource, Value};

const OPTIONS: &str = "AWS::EC2::VPCBlockPublicAccessOptions";
const EXCLUSION: &str = "AWS::EC2::VPCBlockPublicAccessExclusion";
const SNAPSHOTS: &str = "AWS::EC2::SnapshotBlockPublicAccess";
const IMAGES: &str = "AWS::EC2::ImageBlockPublicAccess";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-vpc-block-public-access-options",
        scope: Scope::Regional,
        types: &[OPTIONS],
        actions: &["ec2:DescribeVpcBlockPublicAccessOptions"],
        run: |unit| options(unit).boxed(),
    },
    Collector {
        name: "ec2-vpc-block-public-access-exclusions",
        scope: Scope::Regional,
        types: &[EXCLUSION],
        actions: &["ec2:DescribeVpcBlockPublicAccessExclusions"],
        run: |unit| exclusions(unit).boxed(),
    },
    Collector {
        name: "ec2-snapshot-block-public-access",
        scope: Scope::Regional,
        types: &[SNAPSHOTS],
        actions: &["ec2:GetSnapshotBlockPublicAccessState"],
        run: |unit| snapshots(unit).boxed(),
    },
    Collector {
        name: "ec2-image-block-public-access",
        scope: Scope::Regional,
        types: &[IMAGES],
        actions: &["ec2:GetImageBlockPublicAccessState"],
        run: |unit| images(unit).boxed(),
    },
];

/// The one setting of a kind that a region has, named after the account. `ManagedBy` is `account`, or
/// `declarative-policy` where the organization manages it and the account cannot change it.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative.html>
///
/// A region that does not answer is a gap, so that one which is not enabled is told from the others.
fn setting<const N: usize>(unit: &Unit, kind: &str, properties: Result<[(&str, Value); N], Failure>) -> Batch {
    match properties {
        Err(failure) => Batch::failed(kind, failure),
        Ok(properties) => {
            let properties = properties.into_iter().chain([("Region", unit.region.as_str().into())]);
            Batch::one(unit.resource(kind, unit.account(), None, Value::map(properties)))
        }
    }
}

/// What an answer says; it is not known where it leaves it out.
fn said(action: &str, text: Option<&str>) -> Value {
    text.map_or_else(|| Failure::unsaid(action).into_value(), Value::from)
}

async fn options(unit: &Unit) -> Batch {
    let action = "ec2:DescribeVpcBlockPublicAccessOptions";
    let call = client(unit).describe_vpc_block_public_access_options().send();
    let options = unit.ask(action, call, |answer| answer.vpc_block_public_access_options).await;
    let properties = options.map(|options| {
        [
            ("InternetGatewayBlockMode", options.internet_gateway_block_mode().map(|mode| mode.as_str()).into()),
            ("ExclusionsAllowed", options.exclusions_allowed().map(|allowed| allowed.as_str()).into()),
            ("ManagedBy", said(action, options.managed_by().map(|by| by.as_str()))),
        ]
    });
    setting(unit, OPTIONS, properties)
}

async fn exclusions(unit: &Unit) -> Batch {
    let ask = client(unit).describe_vpc_block_public_access_exclusions().max_results(1000);
    let pages = pages(
        move |token| ask.clone().set_next_token(token).send(),
        DescribeVpcBlockPublicAccessExclusionsOutput::next_token,
    );
    let (exclusions, failure) = unit
        .list("ec2:DescribeVpcBlockPublicAccessExclusions", pages, |page| {
            (page.vpc_block_public_access_exclusions, page.next_token)
        })
        .await;
    Batch::of(EXCLUSION, (exclusions.iter().filter_map(|item| exclusion(unit, item)).collect(), failure))
}

/// The states of an exclusion that is gone or never came about; EC2 shows it for a while.
const NO_EXCLUSION: [VpcBlockPublicAccessExclusionState; 2] =
    [VpcBlockPublicAccessExclusionState::CreateFailed, VpcBlockPublicAccessExclusionState::DeleteComplete];

fn exclusion(unit: &Unit, exclusion: &VpcBlockPublicAccessExclusion) -> Option<Resource> {
    let id = exclusion.exclusion_id()?;
    if exclusion.state().is_some_and(|state| NO_EXCLUSION.contains(state)) {
        return None;
    }
    // arn:aws:ec2:REGION:ACCOUNT:vpc/vpc-… or …:subnet/subnet-…
    let excluded = |kind: &str| exclusion.resource_arn()?.rsplit_once(kind).map(|(_, id)| id);
    let properties = Value::map([
        ("ExclusionId", id.into()),
        ("InternetGatewayExclusionMode", exclusion.internet_gateway_exclusion_mode().map(|mode| mode.as_str()).into()),
        ("VpcId", excluded(":vpc/").into()),
        ("SubnetId", excluded(":subnet/").into()),
        ("State", exclusion.state().map(|state| state.as_str()).into()),
        ("Tags", tags(exclusion.tags())),
    ]);
    let arn = arn(unit, None, &format!("vpc-block-public-access-exclusion/{id}"));
    Some(unit.resource(EXCLUSION, id, arn, properties))
}

async fn snapshots(unit: &Unit) -> Batch {
    let action = "ec2:GetSnapshotBlockPublicAccessState";
    let call = client(unit).get_snapshot_block_public_access_state().send();
    let properties = unit.call(action, call).await.map(|answer| {
        [
            ("State", said(action, answer.state().map(|state| state.as_str()))),
            ("ManagedBy", said(action, answer.managed_by().map(|by| by.as_str()))),
        ]
    });
    setting(unit, SNAPSHOTS, properties)
}

async fn images(unit: &Unit) -> Batch {
    let action = "ec2:GetImageBlockPublicAccessState";
    let call = client(unit).get_image_block_public_access_state().send();
    let properties = unit.call(action, call).await.map(|answer| {
        [
            ("State", said(action, answer.image_block_public_access_state())),
            ("ManagedBy", said(action, answer.managed_by().map(|by| by.as_str()))),
        ]
    });
    setting(unit, IMAGES, properties)
}
