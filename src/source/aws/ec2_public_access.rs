//! The switches of a region that block public access: to VPC networks, with their exclusions, snapshots and images.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::describe_vpc_block_public_access_exclusions::{
    DescribeVpcBlockPublicAccessExclusionsError, DescribeVpcBlockPublicAccessExclusionsOutput,
};
use aws_sdk_ec2::types::{VpcBlockPublicAccessExclusion, VpcBlockPublicAccessExclusionState};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_async::future::pagination_stream::fn_stream::FnStream;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
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

/// The one setting of a kind that a region has, named after the account.
fn setting(unit: &Unit, kind: &'static str, properties: Value) -> Batch {
    let resource = unit.resource(kind, unit.account(), None, properties);
    Batch { resources: vec![resource], failures: Vec::new() }
}

async fn options(unit: &Unit) -> Batch {
    let call = client(unit).describe_vpc_block_public_access_options().send();
    let properties = match unit.call("ec2:DescribeVpcBlockPublicAccessOptions", call).await {
        Err(failure) => convert::unseen(["InternetGatewayBlockMode", "ExclusionsAllowed"], &failure),
        Ok(answer) => {
            let options = answer.vpc_block_public_access_options();
            let mode = options.and_then(|options| options.internet_gateway_block_mode());
            let exclusions = options.and_then(|options| options.exclusions_allowed());
            vec![
                ("InternetGatewayBlockMode", mode.map(|mode| mode.as_str()).into()),
                ("ExclusionsAllowed", exclusions.map(|allowed| allowed.as_str()).into()),
            ]
        }
    };
    setting(unit, OPTIONS, Value::map(properties))
}

async fn exclusions(unit: &Unit) -> Batch {
    let (exclusions, failure) = unit
        .list("ec2:DescribeVpcBlockPublicAccessExclusions", exclusion_pages(client(unit)), |page| {
            (page.vpc_block_public_access_exclusions, page.next_token)
        })
        .await;
    Batch::of(EXCLUSION, (exclusions.iter().filter_map(|item| exclusion(unit, item)).collect(), failure))
}

type ExclusionPage =
    Result<DescribeVpcBlockPublicAccessExclusionsOutput, SdkError<DescribeVpcBlockPublicAccessExclusionsError>>;

/// The SDK has no paginator for this operation. It ends, like theirs, where a token comes a second time.
fn exclusion_pages(client: Client) -> PaginationStream<ExclusionPage> {
    PaginationStream::new(FnStream::new(move |sender| {
        Box::pin(async move {
            let mut token = None;
            loop {
                let ask = client.describe_vpc_block_public_access_exclusions().max_results(1000);
                let page = ask.set_next_token(token.clone()).send().await;
                let next = page.as_ref().ok().and_then(|page| page.next_token()).map(str::to_owned);
                let done = next.as_ref().is_none_or(String::is_empty) || next == token;
                if sender.send(page).await.is_err() || done {
                    return;
                }
                token = next;
            }
        })
    }))
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
    let call = client(unit).get_snapshot_block_public_access_state().send();
    let state = unit.call("ec2:GetSnapshotBlockPublicAccessState", call).await;
    let state = state.map_or_else(Failure::into_value, |answer| answer.state().map(|state| state.as_str()).into());
    setting(unit, SNAPSHOTS, Value::map([("State", state)]))
}

async fn images(unit: &Unit) -> Batch {
    let call = client(unit).get_image_block_public_access_state().send();
    let state = unit.call("ec2:GetImageBlockPublicAccessState", call).await;
    let state = state.map_or_else(Failure::into_value, |answer| answer.image_block_public_access_state().into());
    setting(unit, IMAGES, Value::map([("State", state)]))
}
