//! The resources that are but parts of others: which resource each belongs to, and where it stands there, as the live
//! collectors show it.

use crate::model::{Unknown, Value};

/// How a part belongs to a resource. A type may be a part of several.
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) parent: &'static str,
    /// The properties that may say which one, in this order.
    pub(super) by: &'static [&'static str],
    /// The property of the parent, and the property in it, and so on.
    pub(super) into: &'static [&'static str],
    pub(super) how: How,
    /// Whether the part is also a resource of its own.
    pub(super) stays: bool,
}

/// What becomes of the property.
pub(super) enum How {
    Set(fn(&Value) -> Value),
    Append {
        items: fn(&Value) -> Vec<Value>,
        /// What the list holds where the parent does not say it.
        start: fn(&Value) -> Vec<Value>,
    },
}

const fn set(
    kind: &'static str,
    parent: &'static str,
    by: &'static [&'static str],
    into: &'static [&'static str],
    value: fn(&Value) -> Value,
) -> Part {
    Part { kind, parent, by, into, how: How::Set(value), stays: false }
}

const fn append(
    kind: &'static str,
    parent: &'static str,
    by: &'static [&'static str],
    into: &'static [&'static str],
    items: fn(&Value) -> Vec<Value>,
) -> Part {
    Part { kind, parent, by, into, how: How::Append { items, start: |_| Vec::new() }, stays: false }
}

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const FUNCTION: &str = "AWS::Lambda::Function";
const GROUP: &str = "AWS::IAM::Group";
const ROLE: &str = "AWS::IAM::Role";
const SECRET: &str = "AWS::SecretsManager::Secret";
const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
const USER: &str = "AWS::IAM::User";

pub(super) static PARTS: &[Part] = &[
    append("AWS::EC2::NetworkAclEntry", "AWS::EC2::NetworkAcl", &["NetworkAclId"], &["Entries"], acl_entry),
    append("AWS::EC2::Route", "AWS::EC2::RouteTable", &["RouteTableId"], &["Routes"], |part| {
        vec![without(part, &["RouteTableId"])]
    }),
    Part {
        kind: "AWS::EC2::SecurityGroupEgress",
        parent: SECURITY_GROUP,
        by: &["GroupId"],
        into: &["SecurityGroupEgress"],
        how: How::Append { items: |part| vec![without(part, &["GroupId"])], start: default_egress },
        stays: false,
    },
    append(
        "AWS::EC2::SecurityGroupIngress",
        SECURITY_GROUP,
        &["GroupId", "GroupName"],
        &["SecurityGroupIngress"],
        |part| vec![without(part, &["GroupId", "GroupName"])],
    ),
    append(
        "AWS::EC2::SubnetNetworkAclAssociation",
        "AWS::EC2::NetworkAcl",
        &["NetworkAclId"],
        &["SubnetIds"],
        |part| value(part, "SubnetId"),
    ),
    append("AWS::EC2::VPCCidrBlock", "AWS::EC2::VPC", &["VpcId"], &["Ipv6CidrBlocks"], |part| {
        value(part, "Ipv6CidrBlock")
    }),
    Part {
        kind: "AWS::EC2::VPCCidrBlock",
        parent: "AWS::EC2::VPC",
        by: &["VpcId"],
        into: &["CidrBlocks"],
        how: How::Append { items: cidr_block, start: |vpc| value(vpc, "CidrBlock") },
        stays: false,
    },
    append(
        "AWS::EC2::VPCEndpointServicePermissions",
        "AWS::EC2::VPCEndpointService",
        &["ServiceId"],
        &["AllowedPrincipals"],
        |part| values(part, "AllowedPrincipals"),
    ),
    append(
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::EC2::InternetGateway",
        &["InternetGatewayId"],
        &["Attachments"],
        |part| vec![only(part, &["VpcId"])],
    ),
    set("AWS::EC2::EIPAssociation", "AWS::EC2::NetworkInterface", &["NetworkInterfaceId"], &["Association"], |part| {
        Value::map([("AllocationId", part.get("AllocationId").cloned().into()), ("PublicIp", address(part))])
    }),
    append("AWS::IAM::GroupPolicy", GROUP, &["GroupName"], &["Policies"], inline_policy),
    managed_policy(GROUP, &["Groups"]),
    managed_policy(ROLE, &["Roles"]),
    managed_policy(USER, &["Users"]),
    append("AWS::IAM::Policy", GROUP, &["Groups"], &["Policies"], inline_policy),
    append("AWS::IAM::Policy", ROLE, &["Roles"], &["Policies"], inline_policy),
    append("AWS::IAM::Policy", USER, &["Users"], &["Policies"], inline_policy),
    append("AWS::IAM::RolePolicy", ROLE, &["RoleName"], &["Policies"], inline_policy),
    append("AWS::IAM::UserPolicy", USER, &["UserName"], &["Policies"], inline_policy),
    append("AWS::IAM::UserToGroupAddition", USER, &["Users"], &["Groups"], |part| value(part, "GroupName")),
    append("AWS::IAM::VirtualMFADevice", USER, &["Users"], &["MFADevices"], |part| vec![only(part, &["SerialNumber"])]),
    append("AWS::Lambda::Permission", FUNCTION, &["FunctionName"], &["Policy", "Statement"], permission),
    append("AWS::Lambda::Url", FUNCTION, &["TargetFunctionArn"], &["FunctionUrls"], |part| {
        vec![only(part, &["AuthType", "Qualifier"])]
    }),
    set("AWS::S3::BucketPolicy", "AWS::S3::Bucket", &["Bucket"], &["BucketPolicy"], policy_document),
    set("AWS::SNS::TopicInlinePolicy", "AWS::SNS::Topic", &["TopicArn"], &["TopicPolicy"], policy_document),
    set("AWS::SNS::TopicPolicy", "AWS::SNS::Topic", &["Topics"], &["TopicPolicy"], policy_document),
    set("AWS::SQS::QueueInlinePolicy", "AWS::SQS::Queue", &["Queue"], &["QueuePolicy"], policy_document),
    set("AWS::SQS::QueuePolicy", "AWS::SQS::Queue", &["Queues"], &["QueuePolicy"], policy_document),
    set("AWS::SecretsManager::ResourcePolicy", SECRET, &["SecretId"], &["ResourcePolicy"], |part| {
        only(part, &["ResourcePolicy"])
    }),
    set("AWS::SecretsManager::RotationSchedule", SECRET, &["SecretId"], &["RotationEnabled"], |_| true.into()),
    set("AWS::WAFv2::WebACLAssociation", "AWS::ApiGateway::Stage", &["ResourceArn"], &["WebAclArn"], web_acl),
    set("AWS::WAFv2::WebACLAssociation", BALANCER, &["ResourceArn"], &["WebAclArn"], web_acl),
];

/// A managed policy that says to whom it is attached. It is a resource of its own as well.
const fn managed_policy(parent: &'static str, by: &'static [&'static str]) -> Part {
    let items: fn(&Value) -> Vec<Value> = |part| value(part, "PolicyArn");
    let mut part = append("AWS::IAM::ManagedPolicy", parent, by, &["ManagedPolicyArns"], items);
    part.stays = true;
    part
}

/// The properties of the parent that a part may name it by.
pub(super) fn names(parent: &str) -> &'static [&'static str] {
    match parent {
        "AWS::EC2::InternetGateway" => &["InternetGatewayId"],
        "AWS::EC2::NetworkAcl" | "AWS::EC2::NetworkInterface" => &["Id"],
        "AWS::EC2::RouteTable" => &["RouteTableId"],
        "AWS::EC2::VPC" => &["VpcId"],
        "AWS::EC2::VPCEndpointService" => &["ServiceId"],
        "AWS::S3::Bucket" => &["BucketName"],
        "AWS::SNS::Topic" => &["TopicArn"],
        "AWS::SQS::Queue" => &["QueueUrl"],
        BALANCER => &["LoadBalancerArn"],
        FUNCTION => &["FunctionName", "Arn"],
        GROUP => &["GroupName"],
        ROLE => &["RoleName"],
        SECRET => &["Id", "Name"],
        SECURITY_GROUP => &["GroupId", "GroupName"],
        USER => &["UserName"],
        _ => &[],
    }
}

fn value(part: &Value, name: &str) -> Vec<Value> {
    part.get(name).cloned().into_iter().collect()
}

fn values(part: &Value, name: &str) -> Vec<Value> {
    part.get(name).map(|value| value.one_or_many().to_vec()).unwrap_or_default()
}

fn only(part: &Value, names: &[&'static str]) -> Value {
    Value::map(names.iter().map(|name| (*name, part.get(name).cloned().into())))
}

fn without(part: &Value, names: &[&str]) -> Value {
    match part {
        Value::Map(map) => {
            let kept = map.iter().filter(|(name, _)| !names.contains(&name.as_ref()));
            Value::map(kept.map(|(name, value)| (name.as_ref(), value.clone())))
        }
        other => other.clone(),
    }
}

/// An entry says nothing of its direction where it is inbound.
fn acl_entry(part: &Value) -> Vec<Value> {
    let egress = part.get("Egress").cloned().unwrap_or_else(|| false.into());
    match without(part, &["NetworkAclId", "Egress"]) {
        Value::Map(map) => {
            let entries = map.iter().map(|(name, value)| (name.as_ref(), value.clone()));
            vec![Value::map(entries.chain([("Egress", egress)]))]
        }
        other => vec![other],
    }
}

/// A group has this rule from its creation, unless it lists its own. Nothing documents that a rule which is added later
/// takes it away.
fn default_egress(_: &Value) -> Vec<Value> {
    vec![Value::map([("IpProtocol", "-1".into()), ("CidrIp", "0.0.0.0/0".into())])]
}

/// The IPv4 block; one that a pool chooses is not known.
fn cidr_block(part: &Value) -> Vec<Value> {
    match part.get("CidrBlock") {
        Some(block) => vec![block.clone()],
        None if part.get("Ipv4IpamPoolId").is_some() => vec![Value::unknown(Unknown::Unresolved("CidrBlock".into()))],
        None => Vec::new(),
    }
}

fn address(part: &Value) -> Value {
    part.get("EIP").cloned().unwrap_or_else(|| Value::unknown(Unknown::Unresolved("GetAtt PublicIp".into())))
}

fn policy_document(part: &Value) -> Value {
    only(part, &["PolicyDocument"])
}

fn inline_policy(part: &Value) -> Vec<Value> {
    vec![only(part, &["PolicyName", "PolicyDocument"])]
}

fn web_acl(part: &Value) -> Value {
    part.get("WebACLArn").cloned().into()
}

/// The statement that Lambda makes of a permission.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
fn permission(part: &Value) -> Vec<Value> {
    let get = |name: &str| Value::from(part.get(name).cloned());
    let under = |operator, keys: Vec<(&'static str, Value)>| {
        let given = keys.iter().any(|(_, value)| !matches!(value, Value::Null));
        (operator, if given { Value::map(keys) } else { Value::Null })
    };
    let conditions = Value::map([
        under("ArnLike", vec![("AWS:SourceArn", get("SourceArn"))]),
        under("Bool", vec![("lambda:InvokedViaFunctionUrl", get("InvokedViaFunctionUrl"))]),
        under(
            "StringEquals",
            vec![
                ("AWS:SourceAccount", get("SourceAccount")),
                ("aws:PrincipalOrgID", get("PrincipalOrgID")),
                ("lambda:EventSourceToken", get("EventSourceToken")),
                ("lambda:FunctionUrlAuthType", get("FunctionUrlAuthType")),
            ],
        ),
    ]);
    let none = matches!(&conditions, Value::Map(map) if map.is_empty());
    vec![Value::map([
        ("Effect", "Allow".into()),
        ("Principal", principal(get("Principal"))),
        ("Action", get("Action")),
        ("Resource", get("FunctionName")),
        ("Condition", if none { Value::Null } else { conditions }),
    ])]
}

/// A service has dots in its name; anything else is an account or one of its principals.
fn principal(given: Value) -> Value {
    match given.as_str() {
        Some("*") | None => given,
        Some(text) if text.contains('.') && !text.starts_with("arn:") => Value::map([("Service", given)]),
        Some(_) => Value::map([("AWS", given)]),
    }
}
