//! AWS WAF: one web ACL for every load balancer.

use serde_json::json;

use super::super::protocol::Call;
use super::Outcome;

pub(super) fn reply(call: &Call) -> Outcome {
    if call.key.operation != "GetWebACLForResource" {
        return Outcome::Unknown;
    }
    let (account, region) = (&call.key.account, &call.key.region);
    json!({
        "WebACL": {
            "Name": "web",
            "Id": "473e64fd-f30b-4765-81a0-62ad96dd167a",
            "ARN": format!("arn:aws:wafv2:{region}:{account}:regional/webacl/web/473e64fd-f30b-4765-81a0-62ad96dd167a"),
            "DefaultAction": { "Allow": {} },
            "Rules": [],
            "VisibilityConfig": { "SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "web" },
            "Capacity": 0,
        },
    })
    .into()
}
