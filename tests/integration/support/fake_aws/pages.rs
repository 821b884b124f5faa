//! How a listing says that there is a further page.

use serde_json::Value;

use super::protocol::{Call, Protocol, xml_text};

/// Service, operation (`*` for all), and the name of the element or property that holds the token of the next page,
/// where it is not what most services of the protocol use.
const TOKENS: &[(&str, &str, &str)] = &[
    ("access-analyzer", "*", "nextToken"),
    ("iam", "*", "Marker"),
    ("tagging", "*", "PaginationToken"),
    ("guardduty", "*", "nextToken"),
    ("dms", "*", "Marker"),
    ("dynamodb", "*", "LastEvaluatedTableName"),
    ("elasticfilesystem", "*", "NextMarker"),
    ("ecr", "*", "nextToken"),
    ("ecs", "*", "nextToken"),
    ("eks", "*", "nextToken"),
    ("lambda", "*", "NextMarker"),
    ("logs", "*", "nextToken"),
    ("sns", "*", "NextToken"),
    ("kms", "*", "NextMarker"),
    ("apigateway", "*", "position"),
    ("classic-elb", "*", "NextMarker"),
    ("elasticloadbalancing", "*", "NextMarker"),
];

/// Puts the mark of a further page into a body. None where the operation has no pages.
pub(super) fn with_next_page(call: &Call, body: &str, token: &str) -> Option<String> {
    let operation = call.key.operation.as_str();
    if UNPAGED.contains(&operation) {
        return None;
    }
    match call.protocol {
        Protocol::Ec2 => {
            let (start, end) = before_last(body, &format!("</{operation}Response>"))?;
            Some(format!("{start}<nextToken>{}</nextToken>{end}", xml_text(token)))
        }
        Protocol::Query => {
            let more = if body.contains("<IsTruncated>") { "<IsTruncated>true</IsTruncated>" } else { "" };
            let whole = body.replace("<IsTruncated>false</IsTruncated>", "");
            let (start, end) = before_last(&whole, &format!("</{operation}Result>"))?;
            let name = token_name(call);
            Some(format!("{start}{more}<{name}>{}</{name}>{end}", xml_text(token)))
        }
        Protocol::S3 => {
            let (start, end) = before_last(body, "</ListAllMyBucketsResult>")?;
            Some(format!("{start}<ContinuationToken>{}</ContinuationToken>{end}", xml_text(token)))
        }
        Protocol::S3Control if call.key.service == "cloudfront" => {
            let whole = body.replace("<IsTruncated>false<", "<IsTruncated>true<");
            let (start, end) = before_last(&whole, "</DistributionList>")?;
            Some(format!("{start}<NextMarker>{}</NextMarker>{end}", xml_text(token)))
        }
        Protocol::S3Control => None,
        Protocol::AwsJson | Protocol::RestJson => {
            let mut value: Value = serde_json::from_str(body).ok()?;
            value.as_object_mut()?.insert(token_name(call).to_owned(), token.into());
            Some(value.to_string())
        }
    }
}

fn token_name(call: &Call) -> &'static str {
    let (service, operation) = (call.key.service.as_str(), call.key.operation.as_str());
    let own = TOKENS.iter().find(|(of, name, _)| *of == service && (*name == "*" || *name == operation));
    let usual = if call.protocol == Protocol::Query { "Marker" } else { "NextToken" };
    own.map_or(usual, |(.., token)| token)
}

fn before_last<'a>(body: &'a str, tail: &str) -> Option<(&'a str, &'a str)> {
    body.rfind(tail).map(|at| body.split_at(at))
}

/// Operations of paged protocols that answer in one piece.
const UNPAGED: &[&str] = &[
    "AssumeRole",
    "GetCallerIdentity",
    "DescribeRegions",
    "DescribeAddresses",
    "DescribeImageAttribute",
    "DescribeSnapshotAttribute",
    "DescribeVpcBlockPublicAccessOptions",
    "GetImageBlockPublicAccessState",
    "GetSnapshotBlockPublicAccessState",
    "GetEbsEncryptionByDefault",
    "GetEbsDefaultKmsKeyId",
    "GetLoginProfile",
    "GetAccountSummary",
    "GetAccessKeyLastUsed",
    "GenerateCredentialReport",
    "GetCredentialReport",
    "ListOpenIDConnectProviders",
    "GetOpenIDConnectProvider",
    "ListSAMLProviders",
    "GetAlternateContact",
    "GetAccountPasswordPolicy",
    "GetResource",
    "DescribeTrails",
    "GetTrailStatus",
    "GetEventSelectors",
    "DescribeConfigurationRecorders",
    "DescribeConfigurationRecorderStatus",
    "DescribeDeliveryChannels",
    "DescribeDeliveryChannelStatus",
    "DescribeKey",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "DescribeRegistry",
    "GetDetector",
    "DescribeHub",
    "DescribeLoadBalancerAttributes",
    "DescribeTags",
    "GetWebACLForResource",
    "GetStages",
    "GetBackupPlan",
    "GetBackupSelection",
    "DescribeEffectivePolicy",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribeDBSnapshotAttributes",
    "DescribeDBClusterSnapshotAttributes",
    "DescribeTable",
    "DescribeContinuousBackups",
    "ListDomainNames",
    "DescribeDomains",
    "GetQueueAttributes",
    "GetTopicAttributes",
    "GetResourcePolicy",
    "GetRepositoryPolicy",
    "GetRegistryScanningConfiguration",
    "DescribeServices",
    "DescribeCluster",
    "GetPolicy",
];
