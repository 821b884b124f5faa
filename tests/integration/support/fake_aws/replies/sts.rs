//! STS: who am I, and credentials that say which account they are for.

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::{HOUR, time_ahead};
use super::{Outcome, element};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn reply(call: &Call) -> Outcome {
    match call.key.operation.as_str() {
        "GetCallerIdentity" => {
            let account = &call.caller;
            wrapped(
                call,
                &format!(
                    "<Arn>arn:aws:sts::{account}:assumed-role/govcheck/govcheck</Arn><UserId>AROAFAKEFAKEFAKEFAKE:govcheck</UserId><Account>{account}</Account>"
                ),
            )
        }
        "AssumeRole" => assume_role(call),
        _ => Outcome::Unknown,
    }
}

fn assume_role(call: &Call) -> Outcome {
    let account = &call.key.account;
    let role = call.parameter("RoleArn").and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let session = call.parameter("RoleSessionName").unwrap_or_default();
    let credentials = format!(
        "<AccessKeyId>ASIA{account}FAKE</AccessKeyId><SecretAccessKey>fake-secret</SecretAccessKey><SessionToken>fake-session-{account}</SessionToken>{}",
        element("Expiration", &time_ahead(HOUR))
    );
    let user = format!(
        "{}{}",
        element("AssumedRoleId", &format!("AROAFAKEFAKEFAKEFAKE:{session}")),
        element("Arn", &format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"))
    );
    wrapped(call, &format!("<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{credentials}</Credentials>"))
}

fn wrapped(call: &Call, result: &str) -> Outcome {
    let name = &call.key.operation;
    Outcome::Found(format!(
        "<{name}Response xmlns=\"{NAMESPACE}\"><{name}Result>{result}</{name}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
    ))
}
