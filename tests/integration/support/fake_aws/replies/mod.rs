//! The answers of a healthy account, by service, and how pages are marked.

mod accessanalyzer;
mod account;
mod apigateway;
mod backup;
mod cloudcontrol;
mod cloudfront;
mod cloudtrail;
mod config;
mod dms;
mod dynamodb;
mod ec2;
mod ec2_workloads;
mod ecr;
mod ecs;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod guardduty;
mod iam;
mod iam_authorization;
mod kms;
mod lambda;
mod logs;
mod opensearch;
mod organizations;
mod rds;
mod redshift;
mod s3;
mod secretsmanager;
mod securityhub;
mod simulator;
mod sns;
mod sqs;
mod ssm;
mod sts;
mod tagging;
mod wafv2;

use serde_json::Value;

use super::faults::Fault;
use super::pages::with_next_page;
use super::protocol::{Answer, Call, xml_text};
use super::server::State;
use super::world::World;

/// What a service has to say to a call.
enum Outcome {
    /// A success: XML or JSON, whatever the protocol wants.
    Found(String),
    /// A success with a further page under a token.
    Page(String, String),
    /// An error of the service: status, code, message.
    Refused(u16, &'static str, String),
    /// A complete answer.
    Raw(Answer),
    /// No answer is known for the operation.
    Unknown,
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self::Found(value.to_string())
    }
}

/// The answer of the world; a complaint and an error where there is none.
pub(super) fn ok(call: &Call, state: &State) -> Answer {
    let world = &state.world;
    if world.is_disabled(&call.key.region) {
        return Fault::RegionDisabled.answer(call, &world.management_account);
    }
    if world.locks(&call.key.operation, &call.key.region) {
        return Fault::DeniedByScp.answer(call, &world.management_account);
    }
    match outcome(call, world) {
        Outcome::Found(body) => Answer::new(call.protocol, 200, body),
        Outcome::Page(body, token) => {
            let body = with_next_page(call, &body, &token).unwrap_or(body);
            Answer::new(call.protocol, 200, body)
        }
        Outcome::Refused(status, code, message) => call.protocol.error(status, code, &message),
        Outcome::Raw(answer) => answer,
        Outcome::Unknown => {
            let name = format!("{}:{}", call.key.service, call.key.operation);
            state.ledger.complain(format!("no reply for {name}"));
            call.protocol.error(400, "UnknownOperationException", &format!("the fake has no reply for {name}"))
        }
    }
}

fn outcome(call: &Call, world: &World) -> Outcome {
    match call.key.service.as_str() {
        "sts" => sts::reply(call),
        "ec2" => ec2::reply(call, world),
        "ecr" => ecr::reply(call, world),
        "iam" => iam::reply(call, world),
        "kms" => kms::reply(call, world),
        "s3" => s3::reply(call, world),
        "s3control" => s3::control(call),
        "cloudcontrolapi" => cloudcontrol::reply(call, world),
        "access-analyzer" => accessanalyzer::reply(call, world),
        "account" => account::reply(call),
        "apigateway" => apigateway::reply(call, world),
        "backup" => backup::reply(call, world),
        "classic-elb" => elb::classic(call, world),
        "cloudfront" => cloudfront::reply(call, world),
        "cloudtrail" => cloudtrail::reply(call, world),
        "config" => config::reply(call, world),
        "elasticloadbalancing" => elb::v2(call, world),
        "guardduty" => guardduty::reply(call, world),
        "securityhub" => securityhub::reply(call, world),
        "tagging" => tagging::reply(call, world),
        "dms" => dms::reply(call, world),
        "dynamodb" => dynamodb::reply(call, world),
        "elasticfilesystem" => efs::reply(call, world),
        "elasticache" => elasticache::reply(call, world),
        "es" => opensearch::reply(call, world),
        "rds" => rds::reply(call, world),
        "redshift" => redshift::reply(call, world),
        "wafv2" => wafv2::reply(call),
        "organizations" => organizations::reply(call, world),
        "ecs" => ecs::reply(call, world),
        "eks" => eks::reply(call, world),
        "lambda" => lambda::reply(call, world),
        "logs" => logs::reply(call, world),
        "secretsmanager" => secretsmanager::reply(call, world),
        "sns" => sns::reply(call, world),
        "sqs" => sqs::reply(call, world),
        "ssm" => ssm::reply(call, world),
        _ => Outcome::Unknown,
    }
}

/// `<name>text</name>`
fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml_text(text))
}

/// The ARN of the account's own key in the region of a call.
fn customer_key(call: &Call) -> String {
    let (account, region) = (&call.key.account, &call.key.region);
    format!("arn:aws:kms:{region}:{account}:key/00000000-0000-4000-8000-000000000001")
}
