//! Which IAM action each API operation needs, by AWS's service authorization reference.

use super::fake_aws::On;

/// Service (by its name in the fake AWS), operation, action.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("apigateway", "GetRestApis", "apigateway:GET"),
    ("apigateway", "GetStages", "apigateway:GET"),
    ("backup", "GetBackupPlan", "backup:GetBackupPlan"),
    ("backup", "GetBackupSelection", "backup:GetBackupSelection"),
    ("backup", "ListBackupPlans", "backup:ListBackupPlans"),
    ("backup", "ListBackupSelections", "backup:ListBackupSelections"),
    ("backup", "ListBackupVaults", "backup:ListBackupVaults"),
    ("backup", "ListCopyJobs", "backup:ListCopyJobs"),
    ("backup", "ListProtectedResources", "backup:ListProtectedResources"),
    ("classic-elb", "DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancerAttributes"),
    ("classic-elb", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ("classic-elb", "DescribeTags", "elasticloadbalancing:DescribeTags"),
    ("cloudfront", "ListDistributions", "cloudfront:ListDistributions"),
    ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    ("config", "DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorderStatus"),
    ("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders"),
    ("config", "DescribeDeliveryChannelStatus", "config:DescribeDeliveryChannelStatus"),
    ("config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels"),
    ("ec2", "DescribeCarrierGateways", "ec2:DescribeCarrierGateways"),
    ("ec2", "DescribeEgressOnlyInternetGateways", "ec2:DescribeEgressOnlyInternetGateways"),
    ("ec2", "DescribeInternetGateways", "ec2:DescribeInternetGateways"),
    ("ec2", "DescribeManagedPrefixLists", "ec2:DescribeManagedPrefixLists"),
    ("ec2", "DescribeNatGateways", "ec2:DescribeNatGateways"),
    ("ec2", "DescribeNetworkInterfaces", "ec2:DescribeNetworkInterfaces"),
    ("ec2", "DescribeRegions", "ec2:DescribeRegions"),
    ("ec2", "DescribeRouteTables", "ec2:DescribeRouteTables"),
    ("ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    ("ec2", "DescribeSnapshotAttribute", "ec2:DescribeSnapshotAttribute"),
    ("ec2", "DescribeSnapshots", "ec2:DescribeSnapshots"),
    ("ec2", "DescribeVolumes", "ec2:DescribeVolumes"),
    ("ec2", "DescribeVpcs", "ec2:DescribeVpcs"),
    ("ec2", "GetEbsDefaultKmsKeyId", "ec2:GetEbsDefaultKmsKeyId"),
    ("ec2", "GetEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault"),
    ("ec2", "GetManagedPrefixListEntries", "ec2:GetManagedPrefixListEntries"),
    ("elasticloadbalancing", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
    ("elasticloadbalancing", "DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancerAttributes"),
    ("elasticloadbalancing", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ("elasticloadbalancing", "DescribeTags", "elasticloadbalancing:DescribeTags"),
    ("guardduty", "GetDetector", "guardduty:GetDetector"),
    ("guardduty", "ListDetectors", "guardduty:ListDetectors"),
    ("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy"),
    ("iam", "GetAccountSummary", "iam:GetAccountSummary"),
    ("iam", "GetLoginProfile", "iam:GetLoginProfile"),
    ("iam", "ListAccessKeys", "iam:ListAccessKeys"),
    ("iam", "ListMFADevices", "iam:ListMFADevices"),
    ("iam", "ListUsers", "iam:ListUsers"),
    ("s3", "GetBucketAcl", "s3:GetBucketAcl"),
    ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3", "GetBucketLocation", "s3:GetBucketLocation"),
    ("s3", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls"),
    ("s3", "GetBucketPolicy", "s3:GetBucketPolicy"),
    ("s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
    ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    ("securityhub", "DescribeHub", "securityhub:DescribeHub"),
    ("securityhub", "GetEnabledStandards", "securityhub:GetEnabledStandards"),
    ("tagging", "GetResources", "tag:GetResources"),
    ("wafv2", "GetWebACLForResource", "wafv2:GetWebACLForResource"),
];

/// What AWS looks for besides, inside a call that needs another action: the action, and that other one.
const INSIDE: &[(&str, &str)] = &[
    ("elasticloadbalancing:GetLoadBalancerWebACL", "wafv2:GetWebACLForResource"),
    ("wafv2:GetWebACL", "wafv2:GetWebACLForResource"),
];

/// The calls that need an IAM action; empty when the table lacks it.
pub(crate) fn calls_that_need(action: &str) -> Vec<On> {
    let needing = OPERATIONS.iter().filter(|(.., needed)| *needed == asked_with(action));
    needing.map(|(service, operation, _)| On::operation(operation).of(service)).collect()
}

/// The action that the program names when this one is denied.
pub(crate) fn asked_with(action: &str) -> &str {
    INSIDE.iter().find(|(inside, _)| *inside == action).map_or(action, |(_, call)| *call)
}

/// The IAM actions that a call (`service:Operation`) needs; empty when the table lacks it.
pub(crate) fn actions_of(call: &str) -> Vec<&'static str> {
    let Some((service, operation)) = call.split_once(':') else { return Vec::new() };
    let row = OPERATIONS.iter().find(|(of, name, _)| (*of, *name) == (service, operation));
    let Some((.., action)) = row else { return Vec::new() };
    let inside = INSIDE.iter().filter(|(_, call)| call == action).map(|(inside, _)| *inside);
    std::iter::once(*action).chain(inside).collect()
}
