//! Which IAM action each API operation needs, by AWS's service authorization reference.

use super::fake_aws::On;

/// Service (by its name in the fake AWS), operation, action.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    ("config", "DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorderStatus"),
    ("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders"),
    ("config", "DescribeDeliveryChannelStatus", "config:DescribeDeliveryChannelStatus"),
    ("config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels"),
    ("ec2", "DescribeAddresses", "ec2:DescribeAddresses"),
    ("ec2", "DescribeCarrierGateways", "ec2:DescribeCarrierGateways"),
    ("ec2", "DescribeEgressOnlyInternetGateways", "ec2:DescribeEgressOnlyInternetGateways"),
    ("ec2", "DescribeFlowLogs", "ec2:DescribeFlowLogs"),
    ("ec2", "DescribeImageAttribute", "ec2:DescribeImageAttribute"),
    ("ec2", "DescribeImages", "ec2:DescribeImages"),
    ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
    ("ec2", "DescribeInternetGateways", "ec2:DescribeInternetGateways"),
    ("ec2", "DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplateVersions"),
    ("ec2", "DescribeManagedPrefixLists", "ec2:DescribeManagedPrefixLists"),
    ("ec2", "DescribeNatGateways", "ec2:DescribeNatGateways"),
    ("ec2", "DescribeNetworkAcls", "ec2:DescribeNetworkAcls"),
    ("ec2", "DescribeNetworkInterfaces", "ec2:DescribeNetworkInterfaces"),
    ("ec2", "DescribeRegions", "ec2:DescribeRegions"),
    ("ec2", "DescribeRouteTables", "ec2:DescribeRouteTables"),
    ("ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    ("ec2", "DescribeSnapshotAttribute", "ec2:DescribeSnapshotAttribute"),
    ("ec2", "DescribeSnapshots", "ec2:DescribeSnapshots"),
    ("ec2", "DescribeSubnets", "ec2:DescribeSubnets"),
    ("ec2", "DescribeTransitGatewayAttachments", "ec2:DescribeTransitGatewayAttachments"),
    ("ec2", "DescribeTransitGateways", "ec2:DescribeTransitGateways"),
    ("ec2", "DescribeVolumes", "ec2:DescribeVolumes"),
    ("ec2", "DescribeVpcBlockPublicAccessExclusions", "ec2:DescribeVpcBlockPublicAccessExclusions"),
    ("ec2", "DescribeVpcBlockPublicAccessOptions", "ec2:DescribeVpcBlockPublicAccessOptions"),
    ("ec2", "DescribeVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServiceConfigurations"),
    ("ec2", "DescribeVpcEndpointServicePermissions", "ec2:DescribeVpcEndpointServicePermissions"),
    ("ec2", "DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints"),
    ("ec2", "DescribeVpcPeeringConnections", "ec2:DescribeVpcPeeringConnections"),
    ("ec2", "DescribeVpcs", "ec2:DescribeVpcs"),
    ("ec2", "GetEbsDefaultKmsKeyId", "ec2:GetEbsDefaultKmsKeyId"),
    ("ec2", "GetEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault"),
    ("ec2", "GetImageBlockPublicAccessState", "ec2:GetImageBlockPublicAccessState"),
    ("ec2", "GetManagedPrefixListEntries", "ec2:GetManagedPrefixListEntries"),
    ("ec2", "GetSnapshotBlockPublicAccessState", "ec2:GetSnapshotBlockPublicAccessState"),
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
