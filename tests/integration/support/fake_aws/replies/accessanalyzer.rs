//! IAM Access Analyzer: in each home region one analyzer of external access without findings, and one of unused access.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, time_ago};
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "ListAnalyzers" if !there => json!({ "analyzers": [] }).into(),
        // Two pages, one analyzer on each.
        "ListAnalyzers" if call.parameter("nextToken").is_none() => Outcome::Page(
            json!({ "analyzers": [analyzer(call, "external", "ACCOUNT")] }).to_string(),
            "analyzers-2".to_owned(),
        ),
        "ListAnalyzers" => json!({ "analyzers": [analyzer(call, "unused", "ACCOUNT_UNUSED_ACCESS")] }).into(),
        "ListFindingsV2" => json!({ "findings": [] }).into(),
        _ => Outcome::Unknown,
    }
}

fn analyzer(call: &Call, name: &str, kind: &str) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    json!({
        "arn": format!("arn:aws:access-analyzer:{region}:{account}:analyzer/{name}"),
        "name": name,
        "type": kind,
        "status": "ACTIVE",
        "createdAt": time_ago(300 * DAY),
        "lastResourceAnalyzed": format!("arn:aws:s3:::gov-{account}-{region}"),
        "lastResourceAnalyzedAt": time_ago(DAY),
        "tags": { "owner": "platform" },
    })
}
