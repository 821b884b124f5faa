//! Which IAM action each API operation needs, by AWS's service authorization reference.

use super::fake_aws::On;

/// Service (by its name in the fake AWS), operation, action.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    ("config", "DescribeConfigRules", "config:DescribeConfigRules"),
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
    ("ecr", "DescribeRegistry", "ecr:DescribeRegistry"),
    ("guardduty", "GetDetector", "guardduty:GetDetector"),
    ("guardduty", "ListDetectors", "guardduty:ListDetectors"),
    ("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy"),
    ("iam", "GetAccountSummary", "iam:GetAccountSummary"),
    ("iam", "GetLoginProfile", "iam:GetLoginProfile"),
    ("iam", "ListAccessKeys", "iam:ListAccessKeys"),
    ("iam", "ListMFADevices", "iam:ListMFADevices"),
    ("iam", "ListUsers", "iam:ListUsers"),
    ("kms", "DescribeKey", "kms:DescribeKey"),
    ("kms", "GetKeyPolicy", "kms:GetKeyPolicy"),
    ("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus"),
    ("kms", "ListAliases", "kms:ListAliases"),
    ("kms", "ListKeys", "kms:ListKeys"),
    ("s3", "GetBucketAcl", "s3:GetBucketAcl"),
    ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3", "GetBucketLocation", "s3:GetBucketLocation"),
    ("s3", "GetBucketLogging", "s3:GetBucketLogging"),
    ("s3", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls"),
    ("s3", "GetBucketPolicy", "s3:GetBucketPolicy"),
    ("s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("s3", "GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
    ("s3", "GetBucketVersioning", "s3:GetBucketVersioning"),
    ("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    ("securityhub", "DescribeHub", "securityhub:DescribeHub"),
    ("securityhub", "GetEnabledStandards", "securityhub:GetEnabledStandards"),
    ("tagging", "GetResources", "tag:GetResources"),
];

/// The calls that need an IAM action; none when the table lacks it.
pub(crate) fn calls_that_need(action: &str) -> Option<On> {
    let (service, operation, _) = OPERATIONS.iter().find(|(.., needed)| *needed == action)?;
    Some(On::operation(operation).of(service))
}

/// The IAM action that a call (`service:Operation`) needs; none when the table lacks it.
pub(crate) fn action_of(call: &str) -> Option<&'static str> {
    let (service, operation) = call.split_once(':')?;
    OPERATIONS.iter().find(|(of, name, _)| (*of, *name) == (service, operation)).map(|(.., action)| *action)
}
