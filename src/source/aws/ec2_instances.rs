//! Amazon EC2 instances, and the launch templates that more of them are made of.

use aws_sdk_ec2::types::{Instance, InstanceStateName, LaunchTemplateVersion, Reservation, ResponseLaunchTemplateData};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const INSTANCE: &str = "AWS::EC2::Instance";
const LAUNCH_TEMPLATE: &str = "AWS::EC2::LaunchTemplate";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-instances",
        scope: Scope::Regional,
        types: &[INSTANCE],
        actions: &["ec2:DescribeInstances"],
        run: |unit| instances(unit).boxed(),
    },
    Collector {
        name: "ec2-launch-templates",
        scope: Scope::Regional,
        types: &[LAUNCH_TEMPLATE],
        actions: &["ec2:DescribeLaunchTemplateVersions"],
        run: |unit| launch_templates(unit).boxed(),
    },
];

async fn instances(unit: &Unit) -> Batch {
    let pages = client(unit).describe_instances().into_paginator().page_size(1000).send();
    let (reservations, failure) =
        unit.list("ec2:DescribeInstances", pages, |page| (page.reservations, page.next_token)).await;
    let resources = reservations.iter().flat_map(|reservation| reserved(unit, reservation));
    Batch::of(INSTANCE, (resources.collect(), failure))
}

fn reserved(unit: &Unit, reservation: &Reservation) -> Vec<Resource> {
    let there = reservation.instances().iter().filter(|instance| !is_terminated(instance));
    there.filter_map(|machine| instance(unit, reservation.owner_id(), machine)).collect()
}

/// EC2 shows an instance for about an hour after its end.
fn is_terminated(instance: &Instance) -> bool {
    instance.state().and_then(|state| state.name()) == Some(&InstanceStateName::Terminated)
}

fn instance(unit: &Unit, owner: Option<&str>, instance: &Instance) -> Option<Resource> {
    let id = instance.instance_id()?;
    let state = instance.state().map(|state| {
        Value::map([("Code", state.code().into()), ("Name", state.name().map(|name| name.as_str()).into())])
    });
    let groups = instance.security_groups().iter().filter_map(|group| group.group_id());
    let zone = instance.placement().and_then(|placement| placement.availability_zone());
    let properties = Value::map([
        ("InstanceId", id.into()),
        ("ImageId", instance.image_id().into()),
        ("InstanceType", instance.instance_type().map(|kind| kind.as_str()).into()),
        ("AvailabilityZone", zone.into()),
        ("VpcId", convert::text(instance.vpc_id())),
        ("SubnetId", convert::text(instance.subnet_id())),
        ("SecurityGroupIds", convert::sorted(groups.map(Value::from))),
        ("PublicIp", convert::text(instance.public_ip_address())),
        ("KeyName", convert::text(instance.key_name())),
        ("IamInstanceProfile", instance_profile(instance).into()),
        ("MetadataOptions", metadata_options(instance)),
        ("State", state.into()),
        ("Tags", tags(instance.tags())),
    ]);
    Some(unit.resource(INSTANCE, id, arn(unit, owner, &format!("instance/{id}")), properties))
}

/// CloudFormation names a profile by the last part of its ARN.
fn instance_profile(instance: &Instance) -> Option<&str> {
    instance.iam_instance_profile()?.arn()?.rsplit('/').next()
}

fn metadata_options(instance: &Instance) -> Value {
    let options = instance.metadata_options().map(|options| {
        Value::map([
            ("HttpTokens", options.http_tokens().map(|tokens| tokens.as_str()).into()),
            ("HttpEndpoint", options.http_endpoint().map(|endpoint| endpoint.as_str()).into()),
            ("HttpPutResponseHopLimit", options.http_put_response_hop_limit().into()),
            ("HttpProtocolIpv6", options.http_protocol_ipv6().map(|state| state.as_str()).into()),
            ("InstanceMetadataTags", options.instance_metadata_tags().map(|state| state.as_str()).into()),
        ])
    });
    options.into()
}

/// One listing gives the default version of every template.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>
async fn launch_templates(unit: &Unit) -> Batch {
    let ask = client(unit).describe_launch_template_versions().versions("$Default");
    let pages = ask.into_paginator().page_size(200).send();
    let (versions, failure) = unit
        .list("ec2:DescribeLaunchTemplateVersions", pages, |page| (page.launch_template_versions, page.next_token))
        .await;
    Batch::of(
        LAUNCH_TEMPLATE,
        (versions.iter().filter_map(|version| launch_template(unit, version)).collect(), failure),
    )
}

fn launch_template(unit: &Unit, version: &LaunchTemplateVersion) -> Option<Resource> {
    let id = version.launch_template_id()?;
    let properties = Value::map([
        ("LaunchTemplateId", id.into()),
        ("LaunchTemplateName", version.launch_template_name().into()),
        ("DefaultVersionNumber", version.version_number().map(|number| number.to_string()).into()),
        ("LaunchTemplateData", version.launch_template_data().map(template_data).into()),
    ]);
    Some(unit.resource(LAUNCH_TEMPLATE, id, arn(unit, None, &format!("launch-template/{id}")), properties))
}

/// What guardrails ask about; never the user data, in which people leave secrets.
fn template_data(data: &ResponseLaunchTemplateData) -> Value {
    let metadata = data.metadata_options().map(|options| {
        Value::map([
            ("HttpTokens", options.http_tokens().map(|tokens| tokens.as_str()).into()),
            ("HttpEndpoint", options.http_endpoint().map(|endpoint| endpoint.as_str()).into()),
            ("HttpPutResponseHopLimit", options.http_put_response_hop_limit().into()),
        ])
    });
    let interfaces = data.network_interfaces().iter().map(|interface| {
        Value::map([
            ("DeviceIndex", interface.device_index().into()),
            ("AssociatePublicIpAddress", interface.associate_public_ip_address().into()),
            ("AssociateCarrierIpAddress", interface.associate_carrier_ip_address().into()),
        ])
    });
    let disks = data.block_device_mappings().iter().map(|disk| {
        let ebs = disk.ebs().map(|ebs| {
            Value::map([("Encrypted", ebs.encrypted().into()), ("KmsKeyId", convert::text(ebs.kms_key_id()))])
        });
        Value::map([("DeviceName", disk.device_name().into()), ("Ebs", ebs.into())])
    });
    Value::map([
        ("MetadataOptions", metadata.into()),
        ("NetworkInterfaces", Value::list(interfaces)),
        ("BlockDeviceMappings", Value::list(disks)),
    ])
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IamInstanceProfile, InstanceState};
    use serde_json::json;

    use super::*;

    #[test]
    fn user_data_is_not_kept() {
        let data = ResponseLaunchTemplateData::builder().user_data("c2VjcmV0").build();
        let expected = json!({"BlockDeviceMappings": [], "NetworkInterfaces": []});
        assert_eq!(serde_json::to_value(template_data(&data)).unwrap(), expected);
    }

    #[test]
    fn a_profile_has_the_name_that_templates_use() {
        let arn = "arn:aws:iam::111111111111:instance-profile/apps/web";
        let profile = IamInstanceProfile::builder().arn(arn).build();
        let instance = Instance::builder().iam_instance_profile(profile).build();
        assert_eq!(instance_profile(&instance), Some("web"));
    }

    #[test]
    fn an_instance_ends_when_it_is_terminated() {
        let in_state = |name| Instance::builder().state(InstanceState::builder().name(name).build()).build();
        assert!(is_terminated(&in_state(InstanceStateName::Terminated)));
        assert!(!is_terminated(&in_state(InstanceStateName::ShuttingDown)));
        assert!(!is_terminated(&Instance::builder().build()));
    }
}
