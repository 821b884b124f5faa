//! The refusals and failures of AWS, in the words and codes of each protocol.

use super::protocol::{Answer, Call, Protocol};
use crate::support::actions::actions_of;

pub(super) enum Fault {
    Denied,
    DeniedByScp,
    DeniedImplicitScp,
    DeniedBare,
    Throttled,
    ServerError,
    ExpiredToken,
    ClockSkew,
    RegionDisabled,
}

impl Fault {
    pub(super) fn answer(&self, call: &Call, management_account: &str) -> Answer {
        let (status, code, message) = match self {
            Self::Denied | Self::DeniedByScp | Self::DeniedImplicitScp | Self::DeniedBare => {
                let (status, code) = denial_code(call.protocol);
                (status, code, self.denial_text(call, management_account))
            }
            Self::Throttled => owned(throttled(call)),
            Self::ServerError => owned(failed(call.protocol)),
            Self::ExpiredToken => owned(expired(call.protocol)),
            Self::ClockSkew => owned(skewed(call.protocol)),
            Self::RegionDisabled => owned(region_disabled(call.protocol)),
        };
        call.protocol.error(status, code, &message)
    }

    fn denial_text(&self, call: &Call, management_account: &str) -> String {
        let action = action(call);
        let reason = match self {
            Self::DeniedByScp if call.protocol == Protocol::Ec2 => {
                " with an explicit deny in a service control policy. Encoded authorization failure message: ZmFrZQ"
                    .to_owned()
            }
            Self::DeniedByScp => format!(
                " with an explicit deny in a service control policy: arn:aws:organizations::{management_account}:policy/o-fakeorg001/service_control_policy/p-fakescp1"
            ),
            Self::DeniedImplicitScp => format!(" because no service control policy allows the {action} action"),
            Self::DeniedBare if call.protocol == Protocol::Ec2 => {
                return "You are not authorized to perform this operation.".to_owned();
            }
            Self::DeniedBare if call.protocol == Protocol::S3 => return "Access Denied".to_owned(),
            Self::DeniedBare => String::new(),
            _ => format!(" because no identity-based policy allows the {action} action"),
        };
        let user = format!(
            "User: arn:aws:sts::{}:assumed-role/govcheck/govcheck is not authorized to perform: {action}",
            call.caller
        );
        match call.protocol {
            Protocol::Ec2 => {
                format!("You are not authorized to perform this operation. {user}{reason}")
            }
            _ => format!("{user} on resource: {}{reason}", resource(call)),
        }
    }
}

fn owned((status, code, message): (u16, &'static str, &str)) -> (u16, &'static str, String) {
    (status, code, message.to_owned())
}

fn denial_code(protocol: Protocol) -> (u16, &'static str) {
    match protocol {
        Protocol::Ec2 => (403, "UnauthorizedOperation"),
        Protocol::Query | Protocol::S3 | Protocol::S3Control => (403, "AccessDenied"),
        Protocol::AwsJson => (400, "AccessDeniedException"),
        Protocol::RestJson => (403, "AccessDeniedException"),
    }
}

fn throttled(call: &Call) -> (u16, &'static str, &'static str) {
    match call.protocol {
        Protocol::Ec2 => (503, "RequestLimitExceeded", "Request limit exceeded."),
        Protocol::Query => (400, "Throttling", "Rate exceeded"),
        Protocol::S3 | Protocol::S3Control => (503, "SlowDown", "Please reduce your request rate."),
        Protocol::AwsJson if call.key.service == "organizations" => (
            400,
            "TooManyRequestsException",
            "AWS Organizations can't complete your request because another request is already in progress.",
        ),
        Protocol::AwsJson => (400, "ThrottlingException", "Rate exceeded"),
        Protocol::RestJson => (429, "TooManyRequestsException", "Too Many Requests"),
    }
}

fn failed(protocol: Protocol) -> (u16, &'static str, &'static str) {
    match protocol {
        Protocol::Ec2 | Protocol::S3 | Protocol::S3Control => (500, "InternalError", "An internal error has occurred"),
        Protocol::Query => (500, "InternalFailure", "An internal error has occurred"),
        Protocol::AwsJson | Protocol::RestJson => {
            (500, "InternalServerErrorException", "An internal error has occurred")
        }
    }
}

fn expired(protocol: Protocol) -> (u16, &'static str, &'static str) {
    match protocol {
        Protocol::Ec2 => (400, "RequestExpired", "Request has expired."),
        Protocol::Query => (403, "ExpiredToken", "The security token included in the request is expired"),
        Protocol::S3 | Protocol::S3Control => (400, "ExpiredToken", "The provided token has expired."),
        Protocol::AwsJson => (400, "ExpiredTokenException", "The security token included in the request is expired"),
        Protocol::RestJson => (403, "ExpiredTokenException", "The security token included in the request is expired"),
    }
}

fn skewed(protocol: Protocol) -> (u16, &'static str, &'static str) {
    const TEXT: &str =
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)";
    match protocol {
        Protocol::S3 | Protocol::S3Control => {
            (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
        }
        Protocol::Ec2 => (400, "RequestExpired", "Request has expired."),
        Protocol::Query => (403, "SignatureDoesNotMatch", TEXT),
        Protocol::AwsJson => (400, "InvalidSignatureException", TEXT),
        Protocol::RestJson => (403, "InvalidSignatureException", TEXT),
    }
}

fn region_disabled(protocol: Protocol) -> (u16, &'static str, &'static str) {
    const TEXT: &str = "The security token included in the request is invalid";
    match protocol {
        Protocol::Ec2 => (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        Protocol::Query => (403, "InvalidClientTokenId", TEXT),
        Protocol::S3 | Protocol::S3Control => {
            (400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        }
        Protocol::AwsJson => (400, "UnrecognizedClientException", TEXT),
        Protocol::RestJson => (403, "UnrecognizedClientException", TEXT),
    }
}

/// The IAM action that a call needs.
pub(super) fn action(call: &Call) -> String {
    let name = format!("{}:{}", call.key.service, call.key.operation);
    actions_of(&name).first().map_or(name, |action| (*action).to_owned())
}

fn resource(call: &Call) -> String {
    match (call.key.service.as_str(), &call.bucket) {
        ("s3", Some(bucket)) => format!("\"arn:aws:s3:::{bucket}\""),
        ("sts", _) => call.parameter("RoleArn").unwrap_or("*").to_owned(),
        ("iam", _) => format!("arn:aws:iam::{}:user/", call.key.account),
        _ => "*".to_owned(),
    }
}
