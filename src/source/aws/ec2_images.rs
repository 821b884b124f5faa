//! The account's own machine images (AMIs), with those who may launch them.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Image, ImageAttributeName, LaunchPermission};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const IMAGE: &str = "AWS::EC2::Image";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ec2-images",
    scope: Scope::Regional,
    types: &[IMAGE],
    actions: &["ec2:DescribeImages", "ec2:DescribeImageAttribute"],
    run: |unit| images(unit).boxed(),
}];

/// Disabled images are left out: EC2 takes their permissions away.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html>
async fn images(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_images().owners("self").into_paginator().page_size(1000).send();
    let (images, failure) = unit.list("ec2:DescribeImages", pages, |page| (page.images, page.next_token)).await;
    Batch::of(IMAGE, (each(images, |item| image(unit, &client, item)).await, failure))
}

/// Nothing when the image was deregistered in the meantime.
async fn image(unit: &Unit, client: &Client, image: Image) -> Option<Resource> {
    let id = image.image_id()?;
    let call = client.describe_image_attribute().image_id(id).attribute(ImageAttributeName::LaunchPermission).send();
    let permissions = match unit.call("ec2:DescribeImageAttribute", call).await {
        Ok(answer) => permissions(answer.launch_permissions()),
        Err(failure) if failure.is(&["InvalidAMIID.NotFound"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("ImageId", id.into()),
        ("Name", convert::text(image.name())),
        ("OwnerId", image.owner_id().into()),
        ("CreationDate", convert::text(image.creation_date())),
        ("State", image.state().map(|state| state.as_str()).into()),
        ("Public", image.public().into()),
        ("LaunchPermissions", permissions),
        ("Tags", tags(image.tags())),
    ]);
    // The ARN of an image names no account.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    Some(unit.resource(IMAGE, id, arn(unit, Some(""), &format!("image/{id}")), properties))
}

fn permissions(permissions: &[LaunchPermission]) -> Value {
    convert::sorted(permissions.iter().map(|permission| {
        Value::map([
            ("Group", permission.group().map(|group| group.as_str()).into()),
            ("UserId", convert::text(permission.user_id())),
            ("OrganizationArn", convert::text(permission.organization_arn())),
            ("OrganizationalUnitArn", convert::text(permission.organizational_unit_arn())),
        ])
    }))
}
