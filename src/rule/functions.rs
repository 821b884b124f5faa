//! The functions that rules have beside the CEL standard library: one table, read by the engine and by the docs.

use ::cel::ExecutionError;
use ::cel::common::functions::Function as CelFunction;
use ::cel::common::types::{CelBool, CelString, DYN_TYPE, Type};
use ::cel::common::value::CowVal;
use std::sync::Arc;

use super::cel::{from_value, to_value, unknown_error};
use super::{network, network_acl, policy_document};
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
