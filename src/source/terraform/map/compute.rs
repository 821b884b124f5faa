//! Machines and what runs on them: Amazon EC2, EBS, EFS, ECS, EKS, ECR, AWS Lambda and load balancers.

use crate::model::{Unknown, Value};
use crate::source::terraform::argument::{Argument, State};
use crate::source::terraform::mapping::{
    Default, Field, Mapping, TAGS, always, block, blocks, custom, document, is, or, refer, refers, words,
};
use crate::source::terraform::reader::Reader;

const FUNCTION: &str = "AWS::Lambda::Function";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

pub(super) static COMPUTE: &[Mapping] = &[
    Mapping::resource(
        "aws_instance",
        "AWS::EC2::Instance",
        &[("id", "InstanceId")],
        &[
            is("instance_type", "InstanceType"),
            refer("ami", "ImageId"),
            refer("subnet_id", "SubnetId"),
            block("metadata_options", "MetadataOptions", METADATA),
            block(
                "launch_template",
                "LaunchTemplate",
                &[refer("id", "LaunchTemplateId"), is("name", "LaunchTemplateName"), is("version", "Version")],
            ),
            custom("associate_public_ip_address", "NetworkInterfaces", public_interface),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_launch_template",
        "AWS::EC2::LaunchTemplate",
        &[("id", "LaunchTemplateId"), ("name", "LaunchTemplateName")],
        &[
            is("name", "LaunchTemplateName"),
            refer("image_id", "LaunchTemplateData.ImageId"),
            is("instance_type", "LaunchTemplateData.InstanceType"),
            block("metadata_options", "LaunchTemplateData.MetadataOptions", METADATA),
            blocks(
                "network_interfaces",
                "LaunchTemplateData.NetworkInterfaces",
                &[
                    is("associate_public_ip_address", "AssociatePublicIpAddress"),
                    is("associate_carrier_ip_address", "AssociateCarrierIpAddress"),
                    refer("subnet_id", "SubnetId"),
                ],
            ),
        ],
    ),
    Mapping::resource(
        "aws_network_interface",
        "AWS::EC2::NetworkInterface",
        &[("id", "Id")],
        &[refer("subnet_id", "SubnetId"), is("interface_type", "InterfaceType"), TAGS],
    ),
    Mapping::resource(
        "aws_ebs_volume",
        "AWS::EC2::Volume",
        &[("id", "VolumeId")],
        &[
            is("encrypted", "Encrypted"),
            refer("kms_key_id", "KmsKeyId"),
            is("size", "Size"),
            refer("snapshot_id", "SnapshotId"),
            TAGS,
        ],
    ),
    Mapping::resource("aws_ebs_snapshot", "AWS::EC2::Snapshot", &[("id", "SnapshotId")], SNAPSHOT),
    Mapping::resource("aws_ebs_snapshot_copy", "AWS::EC2::Snapshot", &[("id", "SnapshotId")], SNAPSHOT),
    Mapping::item(
        "aws_snapshot_create_volume_permission",
        "AWS::EC2::Snapshot",
        "snapshot_id",
        &[blocks("", "CreateVolumePermissions", &[is("account_id", "UserId")])],
    ),
    Mapping::resource("aws_ami", "AWS::EC2::Image", &[("id", "ImageId")], IMAGE),
    Mapping::resource("aws_ami_copy", "AWS::EC2::Image", &[("id", "ImageId")], IMAGE),
    Mapping::resource("aws_ami_from_instance", "AWS::EC2::Image", &[("id", "ImageId")], IMAGE),
    Mapping::item(
        "aws_ami_launch_permission",
        "AWS::EC2::Image",
        "image_id",
        &[blocks(
            "",
            "LaunchPermissions",
            &[
                is("account_id", "UserId"),
                is("group", "Group"),
                is("organization_arn", "OrganizationArn"),
                is("organizational_unit_arn", "OrganizationalUnitArn"),
            ],
        )],
    ),
    Mapping::resource(
        "aws_ebs_encryption_by_default",
        "AWS::EC2::EbsEncryptionByDefault",
        &[],
        &[or("enabled", "Enabled", Default::Flag(true))],
    ),
    Mapping::resource(
        "aws_efs_file_system",
        "AWS::EFS::FileSystem",
        &[("id", "FileSystemId"), ("arn", "Arn")],
        &[is("encrypted", "Encrypted"), refer("kms_key_id", "KmsKeyId"), Field { to: "FileSystemTags", ..TAGS }],
    ),
    Mapping::resource(
        "aws_ecs_service",
        "AWS::ECS::Service",
        &[("id", "ServiceArn"), ("name", "ServiceName")],
        &[
            is("name", "ServiceName"),
            refer("cluster", "Cluster"),
            is("launch_type", "LaunchType"),
            words(
                "network_configuration.assign_public_ip",
                "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
                &[("true", "ENABLED"), ("false", "DISABLED")],
            ),
            refers("network_configuration.subnets", "NetworkConfiguration.AwsvpcConfiguration.Subnets"),
            refers("network_configuration.security_groups", "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ecs_cluster",
        "AWS::ECS::Cluster",
        &[("id", "Arn"), ("arn", "Arn"), ("name", "ClusterName")],
        &[is("name", "ClusterName"), TAGS],
    ),
    Mapping::resource(
        "aws_eks_cluster",
        "AWS::EKS::Cluster",
        &[("id", "Name"), ("name", "Name"), ("arn", "Arn")],
        &[
            is("name", "Name"),
            is("vpc_config.endpoint_public_access", "ResourcesVpcConfig.EndpointPublicAccess"),
            is("vpc_config.endpoint_private_access", "ResourcesVpcConfig.EndpointPrivateAccess"),
            is("vpc_config.public_access_cidrs", "ResourcesVpcConfig.PublicAccessCidrs"),
            refers("vpc_config.subnet_ids", "ResourcesVpcConfig.SubnetIds"),
            blocks(
                "encryption_config",
                "EncryptionConfig",
                &[is("resources", "Resources"), refer("provider.key_arn", "Provider.KeyArn")],
            ),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ecr_repository",
        "AWS::ECR::Repository",
        &[("id", "RepositoryName"), ("name", "RepositoryName"), ("arn", "Arn")],
        &[
            is("name", "RepositoryName"),
            is("image_tag_mutability", "ImageTagMutability"),
            blocks(
                "image_tag_mutability_exclusion_filter",
                "ImageTagMutabilityExclusionFilters",
                &[
                    is("filter", "ImageTagMutabilityExclusionFilterValue"),
                    is("filter_type", "ImageTagMutabilityExclusionFilterType"),
                ],
            ),
            is("image_scanning_configuration.scan_on_push", "ImageScanningConfiguration.ScanOnPush"),
            is("encryption_configuration.encryption_type", "EncryptionConfiguration.EncryptionType"),
            refer("encryption_configuration.kms_key", "EncryptionConfiguration.KmsKey"),
            TAGS,
        ],
    ),
    Mapping::part(
        "aws_ecr_repository_policy",
        "AWS::ECR::Repository",
        "repository",
        &[document("policy", "RepositoryPolicyText")],
    ),
    Mapping::resource(
        "aws_ecr_replication_configuration",
        "AWS::ECR::ReplicationConfiguration",
        &[],
        &[blocks(
            "replication_configuration.rule",
            "ReplicationConfiguration.Rules",
            &[blocks("destination", "Destinations", &[is("region", "Region"), is("registry_id", "RegistryId")])],
        )],
    ),
    Mapping::resource(
        "aws_lambda_function",
        FUNCTION,
        &[("id", "FunctionName"), ("function_name", "FunctionName"), ("arn", "Arn")],
        // Its environment may hold secrets, and no guardrail reads it.
        &[
            is("function_name", "FunctionName"),
            is("runtime", "Runtime"),
            refer("role", "Role"),
            refer("kms_key_arn", "KmsKeyArn"),
            refers("vpc_config.subnet_ids", "VpcConfig.SubnetIds"),
            refers("vpc_config.security_group_ids", "VpcConfig.SecurityGroupIds"),
            TAGS,
        ],
    ),
    Mapping::item("aws_lambda_permission", FUNCTION, "function_name", &[custom("", "Policy", permission)]),
    Mapping::item(
        "aws_lambda_function_url",
        FUNCTION,
        "function_name",
        &[blocks("", "FunctionUrls", &[is("authorization_type", "AuthType"), is("qualifier", "Qualifier")])],
    ),
    Mapping::resource("aws_lb", BALANCER, BALANCER_OWN, BALANCER_FIELDS),
    Mapping::resource("aws_alb", BALANCER, BALANCER_OWN, BALANCER_FIELDS),
    Mapping::resource("aws_lb_listener", "AWS::ElasticLoadBalancingV2::Listener", LISTENER_OWN, LISTENER_FIELDS),
    Mapping::resource("aws_alb_listener", "AWS::ElasticLoadBalancingV2::Listener", LISTENER_OWN, LISTENER_FIELDS),
    Mapping::part("aws_wafv2_web_acl_association", BALANCER, "resource_arn", &[refer("web_acl_arn", "WebAclArn")]),
    Mapping::resource(
        "aws_lb_target_group",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        &[("arn", "TargetGroupArn"), ("id", "TargetGroupArn")],
        &[is("name", "Name"), TAGS],
    ),
    Mapping::resource(
        "aws_elb",
        "AWS::ElasticLoadBalancing::LoadBalancer",
        &[("id", "LoadBalancerName"), ("name", "LoadBalancerName")],
        &[
            is("name", "LoadBalancerName"),
            words("internal", "Scheme", SCHEMES),
            is("access_logs.enabled", "AccessLoggingPolicy.Enabled"),
            refer("access_logs.bucket", "AccessLoggingPolicy.S3BucketName"),
            TAGS,
        ],
    ),
];

static METADATA: &[Field] = &[
    is("http_tokens", "HttpTokens"),
    is("http_endpoint", "HttpEndpoint"),
    is("http_put_response_hop_limit", "HttpPutResponseHopLimit"),
];

static SNAPSHOT: &[Field] = &[
    custom("encrypted", "Encrypted", computed),
    refer("volume_id", "VolumeId"),
    always("CreateVolumePermissions", Default::Nothing),
    TAGS,
];

static IMAGE: &[Field] = &[is("name", "Name"), always("LaunchPermissions", Default::Nothing), TAGS];

const SCHEMES: &[(&str, &str)] = &[("true", "internal"), ("false", "internet-facing")];

const BALANCER_OWN: &[(&str, &str)] = &[("arn", "LoadBalancerArn"), ("id", "LoadBalancerArn")];

static BALANCER_FIELDS: &[Field] = &[
    is("name", "Name"),
    is("load_balancer_type", "Type"),
    words("internal", "Scheme", SCHEMES),
    custom("access_logs", "LoadBalancerAttributes", access_logs),
    TAGS,
];

const LISTENER_OWN: &[(&str, &str)] = &[("arn", "ListenerArn"), ("id", "ListenerArn")];

static LISTENER_FIELDS: &[Field] = &[
    refer("load_balancer_arn", "LoadBalancerArn"),
    is("port", "Port"),
    custom("", "Protocol", protocol),
    is("ssl_policy", "SslPolicy"),
    blocks(
        "default_action",
        "DefaultActions",
        &[
            is("type", "Type"),
            is("redirect.protocol", "RedirectConfig.Protocol"),
            is("redirect.port", "RedirectConfig.Port"),
            is("redirect.status_code", "RedirectConfig.StatusCode"),
            refer("target_group_arn", "TargetGroupArn"),
        ],
    ),
];

/// What AWS takes from elsewhere, so that a plan that does not know it cannot take it for unset.
fn computed<'a>(argument: Argument<'a>, _: &Reader<'a>) -> Value {
    argument.unsure().value()
}

/// An instance says in an argument of its own what a template says of its first interface.
fn public_interface<'a>(argument: Argument<'a>, reader: &Reader<'a>) -> Value {
    match reader.value(argument) {
        Value::Null => Value::Null,
        flag => Value::list([Value::map([("AssociatePublicIpAddress", flag), ("DeviceIndex", "0".into())])]),
    }
}

/// Without a protocol, the provider asks for HTTP for the listener of an application load balancer. Gateway load
/// balancers have listeners without a port, and network load balancers need a protocol.
fn protocol<'a>(listener: Argument<'a>, reader: &Reader<'a>) -> Value {
    match (reader.value(listener.at("protocol")), reader.value(listener.at("port"))) {
        (Value::Null, Value::Null) => Value::Null,
        (Value::Null, _) => "HTTP".into(),
        (protocol, _) => protocol,
    }
}

/// A block of access logs as attributes.
fn access_logs<'a>(logs: Argument<'a>, reader: &Reader<'a>) -> Value {
    let attribute = |key: &str, value: Value| match value {
        Value::Null => None,
        value => Some(Value::map([("Key", key.into()), ("Value", value)])),
    };
    let logs = logs.blocks();
    match logs.state() {
        State::Known(_) => {
            let enabled = match reader.value(logs.at("enabled")) {
                Value::Bool(flag) => flag.to_string().into(),
                Value::Null => "false".into(),
                other => other,
            };
            let bucket = reader.refer(logs.at("bucket"), false);
            let attributes = [attribute("access_logs.s3.enabled", enabled), attribute("access_logs.s3.bucket", bucket)];
            Value::list(attributes.into_iter().flatten())
        }
        _ => logs.value(),
    }
}

/// A permission as the statement that AWS Lambda makes of it.
fn permission<'a>(permission: Argument<'a>, reader: &Reader<'a>) -> Value {
    let principal = match reader.value(permission.at("principal")) {
        Value::String(name) if &*name == "*" => Value::String(name),
        Value::String(name) if name.contains(".amazonaws.com") => Value::map([("Service", Value::String(name))]),
        Value::String(name) => Value::map([("AWS", Value::String(name))]),
        Value::Null => Value::unknown(Unknown::KnownAfterApply),
        unknown => unknown,
    };
    let condition = |operator: &str, key: &str, value: Value| match value {
        Value::Null => None,
        value => Some((operator.to_owned(), Value::map([(key, value)]))),
    };
    let value = |name: &str| reader.value(permission.at(name));
    let equals = Value::map([
        ("aws:SourceAccount", value("source_account")),
        ("aws:PrincipalOrgID", value("principal_org_id")),
        ("lambda:FunctionUrlAuthType", value("function_url_auth_type")),
        ("lambda:EventSourceToken", value("event_source_token")),
    ]);
    let equals = match equals {
        Value::Map(map) if map.is_empty() => Value::Null,
        some => some,
    };
    let like = condition("ArnLike", "aws:SourceArn", reader.refer(permission.at("source_arn"), true));
    let conditions = Value::map(
        like.iter().map(|(operator, value)| (operator.as_str(), value.clone())).chain([("StringEquals", equals)]),
    );
    let conditions = match conditions {
        Value::Map(map) if map.is_empty() => Value::Null,
        some => some,
    };
    let statement = Value::map([
        ("Sid", value("statement_id")),
        ("Effect", "Allow".into()),
        ("Principal", principal),
        ("Action", value("action")),
        ("Condition", conditions),
    ]);
    Value::map([("Version", "2012-10-17".into()), ("Statement", Value::list([statement]))])
}
