//! The functions that rules have beside the CEL standard library: one table, read by the engine and by the docs.

use ::cel::ExecutionError;
use ::cel::common::functions::Function as CelFunction;
use ::cel::common::types::{CelBool, CelString, DYN_TYPE, Type};
use ::cel::common::value::CowVal;
use std::sync::Arc;

use super::cel::{from_value, to_value, unknown_error};
use super::{bucket_policy, identity_policy, network, network_acl, policy_document};
use crate::model::{Unknown, Value};

/// A function that rules can call.
pub struct Function {
    pub name: &'static str,
    /// As it is shown to the authors of rules.
    pub signature: &'static str,
    pub doc: &'static str,
    pub(super) arguments: fn() -> Vec<Type>,
    pub(super) call: CelFunction,
}

/// The answer of a function: certain, or hanging on an unknown.
pub(super) type Answer<T> = Result<T, Arc<Unknown>>;

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "open_to_world",
        signature: "open_to_world(rules, ports, prefix_lists) -> bool",
        doc: "Whether the security group rules together admit the world to one of the ports (any port when none is given): at least half of IPv4 or of 2000::/3, over TCP, UDP or all protocols.",
        arguments: || vec![DYN_TYPE, DYN_TYPE, DYN_TYPE],
        call: |args| bool_function("open_to_world", args, |args| network::open_to_world(&args[0], &args[1], &args[2])),
    },
    Function {
        name: "world_rules",
        signature: "world_rules(rules, ports, prefix_lists) -> list",
        doc: "The rules that take part in such an opening.",
        arguments: || vec![DYN_TYPE, DYN_TYPE, DYN_TYPE],
        call: |args| function("world_rules", args, |args| network::world_rules(&args[0], &args[1], &args[2])),
    },
    Function {
        name: "covers_world",
        signature: "covers_world(cidrs) -> bool",
        doc: "Whether the CIDR blocks together cover at least half of IPv4 or of 2000::/3.",
        arguments: || vec![DYN_TYPE],
        call: |args| bool_function("covers_world", args, |args| network::covers_world(&args[0])),
    },
    Function {
        name: "nacl_opens",
        signature: "nacl_opens(entries, ports) -> list",
        doc: "The inbound entries of a network ACL that admit the world to one of the ports (any port when none is given), in the order of their numbers and with the denials before them: at least half of IPv4 or of 2000::/3, over TCP, UDP or all protocols. Empty where it is closed.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| function("nacl_opens", args, |args| network_acl::nacl_opens(&args[0], &args[1])),
    },
    Function {
        name: "cidr_contains",
        signature: "cidr_contains(outer, inner) -> bool",
        doc: "Whether a CIDR block contains another one.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| bool_function("cidr_contains", args, |args| network::cidr_contains(&args[0], &args[1])),
    },
    Function {
        name: "cidr_overlaps",
        signature: "cidr_overlaps(a, b) -> bool",
        doc: "Whether two CIDR blocks share an address.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| bool_function("cidr_overlaps", args, |args| network::cidr_overlaps(&args[0], &args[1])),
    },
    Function {
        name: "cidrs_taken",
        signature: "cidrs_taken(cidrs, resources) -> bool",
        doc: "Whether one of the CIDR blocks shares an address with one of the `CidrBlocks` (or the `CidrBlock`) of the resources.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| bool_function("cidrs_taken", args, |args| network::cidrs_taken(&args[0], &args[1])),
    },
    Function {
        name: "cidr_conflicts",
        signature: "cidr_conflicts(cidrs, resources) -> list",
        doc: "The resources for which that is so.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| function("cidr_conflicts", args, |args| network::cidr_conflicts(&args[0], &args[1])),
    },
    Function {
        name: "arn_part",
        signature: "arn_part(arn, part) -> string",
        doc: "A part of an ARN: partition, service, region, account or resource; empty when the text is not an ARN.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| function("arn_part", args, |args| arn_part(&args[0], &args[1])),
    },
    Function {
        name: "policy_is_public",
        signature: "policy_is_public(document) -> bool",
        doc: "Whether a resource policy allows everyone something, without a condition that limits it to fixed values: AWS's meaning of public for S3 bucket policies.",
        arguments: || vec![DYN_TYPE],
        call: |args| bool_function("policy_is_public", args, |args| policy_document::is_public(&args[0])),
    },
    Function {
        name: "policy_denies_plain_http",
        signature: "policy_denies_plain_http(document, bucket) -> bool",
        doc: "Whether a bucket policy denies everyone every S3 action on the bucket and its objects when aws:SecureTransport is false.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| {
            bool_function("policy_denies_plain_http", args, |args| {
                policy_document::denies_plain_http(&args[0], &args[1])
            })
        },
    },
    Function {
        name: "policy_denies_outside_vpc",
        signature: "policy_denies_outside_vpc(document, bucket, exempt) -> bool",
        doc: "Whether a bucket policy denies everyone to read, write, delete and list the bucket's objects unless the request comes through a fixed VPC or VPC endpoint, from an AWS service, or from a principal whose ARN one of the exempt patterns covers.",
        arguments: || vec![DYN_TYPE, DYN_TYPE, DYN_TYPE],
        call: |args| {
            bool_function("policy_denies_outside_vpc", args, |args| {
                bucket_policy::denies_outside_vpc(&args[0], &args[1], &args[2])
            })
        },
    },
    Function {
        name: "not_declared",
        signature: "not_declared(what) -> bool",
        doc: "No answer: the verdict is unknown with the cause `not_declared`, unless something else decides.",
        arguments: || vec![DYN_TYPE],
        call: |args| bool_function("not_declared", args, |args| not_declared(&args[0])),
    },
    Function {
        name: "policy_grants_admin",
        signature: "policy_grants_admin(document) -> bool",
        doc: "Whether a policy's Allow statements on all resources together leave no action out, or none but some outside IAM. Conditions and Deny statements are not looked at.",
        arguments: || vec![DYN_TYPE],
        call: |args| bool_function("policy_grants_admin", args, |args| identity_policy::grants_admin(&args[0])),
    },
    Function {
        name: "foreign_principals",
        signature: "foreign_principals(document, ids) -> list",
        doc: "The principals that the Allow statements of a resource or trust policy admit and that do not belong to the listed ids of accounts (or organizations, VPCs, VPC endpoints), as they are written. Everyone is `*`, unless conditions limit the callers to fixed values (of an ARN the account is enough): then it is those of them that do not belong. Services, federated principals and deleted users and roles are not listed. What cannot be told beside them is an unknown item.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| {
            function("foreign_principals", args, |args| identity_policy::foreign_principals(&args[0], &args[1]))
        },
    },
    Function {
        name: "policy_statements",
        signature: "policy_statements(document) -> list",
        doc: "The statements of a policy, in which Action, NotAction, Resource and NotResource are lists.",
        arguments: || vec![DYN_TYPE],
        call: |args| function("policy_statements", args, |args| identity_policy::policy_statements(&args[0])),
    },
    Function {
        name: "statement_principals",
        signature: "statement_principals(statement, kind) -> list",
        doc: "The principals of a statement that are of one kind: AWS, Service, Federated or CanonicalUser.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| {
            function("statement_principals", args, |args| identity_policy::statement_principals(&args[0], &args[1]))
        },
    },
    Function {
        name: "condition_values",
        signature: "condition_values(statement, key) -> list",
        doc: "The values, wildcards included, of which a request must have one in a condition key for the statement to apply; empty when the statement does not depend on the key. The key may have wildcards, as in `*:sub`.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| function("condition_values", args, |args| identity_policy::condition_values(&args[0], &args[1])),
    },
    Function {
        name: "wildcard_match",
        signature: "wildcard_match(text, patterns) -> bool",
        doc: "Whether a text matches one of the patterns, in which `*` is any text and `?` any one character; upper and lower case are the same.",
        arguments: || vec![DYN_TYPE, DYN_TYPE],
        call: |args| bool_function("wildcard_match", args, |args| identity_policy::wildcard_match(&args[0], &args[1])),
    },
];

fn function<'b, 'v>(
    name: &str,
    args: Vec<CowVal<'b, 'v>>,
    body: impl Fn(&[Value]) -> Answer<Value>,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let args = args.iter().map(|arg| to_value(arg.as_ref())).collect::<Result<Vec<_>, _>>()?;
    match body(&args) {
        Ok(Value::Unknown(cause)) | Err(cause) => match cause.as_ref() {
            Unknown::RuleError(message) => Err(ExecutionError::function_error(name, message)),
            _ => Err(unknown_error(&cause)),
        },
        Ok(Value::Bool(value)) => Ok(CowVal::owned(CelBool::from(value))),
        Ok(Value::String(text)) => Ok(CowVal::owned(CelString::from(text.to_string()))),
        Ok(value) => Ok(CowVal::Owned(from_value(&value))),
    }
}

fn bool_function<'b, 'v>(
    name: &str,
    args: Vec<CowVal<'b, 'v>>,
    body: impl Fn(&[Value]) -> Answer<bool>,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    function(name, args, |args| body(args).map(Value::Bool))
}

fn not_declared(what: &Value) -> Answer<bool> {
    Err(Arc::new(Unknown::NotDeclared(what.as_str().unwrap_or_default().to_owned())))
}

fn arn_part(arn: &Value, part: &Value) -> Answer<Value> {
    if let Value::Unknown(cause) = arn {
        return Err(cause.clone());
    }
    let fields: Vec<&str> = arn.as_str().unwrap_or_default().splitn(6, ':').collect();
    let position = match part.as_str() {
        Some("partition") => 1,
        Some("service") => 2,
        Some("region") => 3,
        Some("account") => 4,
        Some("resource") => 5,
        _ => return Err(Arc::new(Unknown::RuleError("arn_part has no such part".into()))),
    };
    Ok(match fields.as_slice() {
        ["arn", _, _, _, _, _] => fields[position].into(),
        _ => "".into(),
    })
}
