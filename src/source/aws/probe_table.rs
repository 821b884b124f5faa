//! The requests that a probe may make, and how their services say that authorization was reached.
//!
//! Writes are EC2 dry runs, which change nothing; all others read. Services authorize some requests before they validate
//! them and some after: an answer that is not in a row's list proves nothing.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>

use std::fmt;
use std::future::Future;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::call::{Failure, Unit};
use super::ec2;

/// A request that needs one IAM action, on no particular resource.
pub(super) struct Row {
    pub(super) action: &'static str,
    pub(super) protocol: Protocol,
    pub(super) allowed: Allowed,
    pub(super) ask: for<'a> fn(&'a Unit) -> BoxFuture<'a, Result<(), Failure>>,
}

/// How a service says that the request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// It answers the request.
    Success,
    /// It says that it would have answered. A success would mean that it was no dry run.
    DryRun,
}

/// How services of a protocol say that the request is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Ec2,
    Query,
    Json,
}

impl Protocol {
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    pub(super) fn denials(self) -> &'static [&'static str] {
        match self {
            Self::Ec2 => &["UnauthorizedOperation"],
            Self::Query => &["AccessDenied"],
            Self::Json => &["AccessDeniedException", "AccessDenied"],
        }
    }
}

/// The actions that can be probed.
pub fn probed_actions() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.action)
}

pub(super) fn row(action: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.action.eq_ignore_ascii_case(action))
}

/// The name in a dry run that needs one; no key pair of that name comes to be.
const KEY_PAIR: &str = "govcheck-probe";

static ROWS: &[Row] = &[
    Row {
        action: "ec2:CreateInternetGateway",
        protocol: Protocol::Ec2,
        allowed: Allowed::DryRun,
        ask: |unit| {
            made(unit, "ec2:CreateInternetGateway", ec2::client(unit).create_internet_gateway().dry_run(true).send())
        },
    },
    Row {
        action: "ec2:CreateDefaultVpc",
        protocol: Protocol::Ec2,
        allowed: Allowed::DryRun,
        ask: |unit| made(unit, "ec2:CreateDefaultVpc", ec2::client(unit).create_default_vpc().dry_run(true).send()),
    },
    Row {
        action: "ec2:CreateKeyPair",
        protocol: Protocol::Ec2,
        allowed: Allowed::DryRun,
        ask: |unit| {
            let call = ec2::client(unit).create_key_pair().key_name(KEY_PAIR).dry_run(true).send();
            made(unit, "ec2:CreateKeyPair", call)
        },
    },
    Row {
        action: "ec2:DescribeInstances",
        protocol: Protocol::Ec2,
        allowed: Allowed::Success,
        ask: |unit| made(unit, "ec2:DescribeInstances", ec2::client(unit).describe_instances().max_results(5).send()),
    },
    Row {
        action: "dynamodb:ListTables",
        protocol: Protocol::Json,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_dynamodb::Client::new(&unit.config());
            made(unit, "dynamodb:ListTables", client.list_tables().limit(1).send())
        },
    },
    Row {
        action: "ecs:ListClusters",
        protocol: Protocol::Json,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_ecs::Client::new(&unit.config());
            made(unit, "ecs:ListClusters", client.list_clusters().max_results(1).send())
        },
    },
    Row {
        action: "lambda:ListFunctions",
        protocol: Protocol::Json,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_lambda::Client::new(&unit.config());
            made(unit, "lambda:ListFunctions", client.list_functions().max_items(1).send())
        },
    },
    Row {
        action: "logs:DescribeLogGroups",
        protocol: Protocol::Json,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_cloudwatchlogs::Client::new(&unit.config());
            made(unit, "logs:DescribeLogGroups", client.describe_log_groups().limit(1).send())
        },
    },
    Row {
        action: "rds:DescribeDBInstances",
        protocol: Protocol::Query,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_rds::Client::new(&unit.config());
            made(unit, "rds:DescribeDBInstances", client.describe_db_instances().max_records(20).send())
        },
    },
    Row {
        action: "sqs:ListQueues",
        protocol: Protocol::Json,
        allowed: Allowed::Success,
        ask: |unit| {
            let client = aws_sdk_sqs::Client::new(&unit.config());
            made(unit, "sqs:ListQueues", client.list_queues().max_results(1).send())
        },
    },
];

/// Makes the request; what it reads is not looked at.
fn made<'a, T, E, R>(
    unit: &'a Unit,
    action: &'static str,
    call: impl Future<Output = Result<T, SdkError<E, R>>> + Send + 'a,
) -> BoxFuture<'a, Result<(), Failure>>
where
    T: Send + 'a,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    async move { unit.call(action, call).await.map(drop) }.boxed()
}
