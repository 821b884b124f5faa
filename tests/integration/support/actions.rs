//! Which IAM action each API operation needs, by AWS's service authorization reference.

use super::fake_aws::On;

/// Calls and actions that only read, whatever their names say. IAM's simulator evaluates policies and does nothing.
/// `GenerateCredentialReport` has IAM write the report that
/// `GetCredentialReport` hands out: nothing in the account changes, and AWS's service authorization reference gives it
/// the access level Read.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
pub(crate) const READS_BY_ANOTHER_NAME: [&str; 2] = ["iam:GenerateCredentialReport", "iam:SimulatePrincipalPolicy"];

/// Service (by its name in the fake AWS), operation, action.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("access-analyzer", "ListAnalyzers", "access-analyzer:ListAnalyzers"),
    ("access-analyzer", "ListFindingsV2", "access-analyzer:ListFindings"),
    ("account", "GetAlternateContact", "account:GetAlternateContact"),
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
    ("cloudcontrolapi", "GetResource", "cloudformation:GetResource"),
    ("cloudcontrolapi", "ListResources", "cloudformation:ListResources"),
    ("cloudfront", "ListDistributions", "cloudfront:ListDistributions"),
    ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    ("config", "DescribeConfigRules", "config:DescribeConfigRules"),
    ("config", "DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorderStatus"),
    ("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders"),
    ("config", "DescribeDeliveryChannelStatus", "config:DescribeDeliveryChannelStatus"),
    ("config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels"),
    ("dms", "DescribeReplicationInstances", "dms:DescribeReplicationInstances"),
    ("dynamodb", "DescribeContinuousBackups", "dynamodb:DescribeContinuousBackups"),
    ("dynamodb", "DescribeTable", "dynamodb:DescribeTable"),
    ("dynamodb", "ListTables", "dynamodb:ListTables"),
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
    ("ecr", "DescribeRegistry", "ecr:DescribeRegistry"),
    ("ecr", "DescribeRepositories", "ecr:DescribeRepositories"),
    ("ecr", "GetRegistryScanningConfiguration", "ecr:GetRegistryScanningConfiguration"),
    ("ecr", "GetRepositoryPolicy", "ecr:GetRepositoryPolicy"),
    ("ecs", "DescribeServices", "ecs:DescribeServices"),
    ("ecs", "ListClusters", "ecs:ListClusters"),
    ("ecs", "ListServices", "ecs:ListServices"),
    ("eks", "DescribeCluster", "eks:DescribeCluster"),
    ("eks", "ListClusters", "eks:ListClusters"),
    ("elasticache", "DescribeCacheClusters", "elasticache:DescribeCacheClusters"),
    ("elasticache", "DescribeReplicationGroups", "elasticache:DescribeReplicationGroups"),
    ("elasticfilesystem", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
    ("elasticloadbalancing", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
    ("elasticloadbalancing", "DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancerAttributes"),
    ("elasticloadbalancing", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ("elasticloadbalancing", "DescribeTags", "elasticloadbalancing:DescribeTags"),
    ("es", "DescribeDomains", "es:DescribeDomains"),
    ("es", "ListDomainNames", "es:ListDomainNames"),
    ("guardduty", "GetDetector", "guardduty:GetDetector"),
    ("guardduty", "ListDetectors", "guardduty:ListDetectors"),
    ("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport"),
    ("iam", "GetAccessKeyLastUsed", "iam:GetAccessKeyLastUsed"),
    ("iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails"),
    ("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy"),
    ("iam", "GetAccountSummary", "iam:GetAccountSummary"),
    ("iam", "GetCredentialReport", "iam:GetCredentialReport"),
    ("iam", "GetLoginProfile", "iam:GetLoginProfile"),
    ("iam", "GetOpenIDConnectProvider", "iam:GetOpenIDConnectProvider"),
    ("iam", "ListAccessKeys", "iam:ListAccessKeys"),
    ("iam", "ListMFADevices", "iam:ListMFADevices"),
    ("iam", "ListOpenIDConnectProviders", "iam:ListOpenIDConnectProviders"),
    ("iam", "ListRoles", "iam:ListRoles"),
    ("iam", "ListSAMLProviders", "iam:ListSAMLProviders"),
    ("iam", "ListUsers", "iam:ListUsers"),
    ("iam", "SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy"),
    ("kms", "DescribeKey", "kms:DescribeKey"),
    ("kms", "GetKeyPolicy", "kms:GetKeyPolicy"),
    ("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus"),
    ("kms", "ListAliases", "kms:ListAliases"),
    ("kms", "ListKeys", "kms:ListKeys"),
    ("lambda", "GetPolicy", "lambda:GetPolicy"),
    ("lambda", "ListFunctionUrlConfigs", "lambda:ListFunctionUrlConfigs"),
    ("lambda", "ListFunctions", "lambda:ListFunctions"),
    ("logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
    ("organizations", "DescribeEffectivePolicy", "organizations:DescribeEffectivePolicy"),
    ("organizations", "DescribeOrganization", "organizations:DescribeOrganization"),
    ("rds", "DescribeDBClusterParameters", "rds:DescribeDBClusterParameters"),
    ("rds", "DescribeDBClusterSnapshotAttributes", "rds:DescribeDBClusterSnapshotAttributes"),
    ("rds", "DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshots"),
    ("rds", "DescribeDBClusters", "rds:DescribeDBClusters"),
    ("rds", "DescribeDBInstances", "rds:DescribeDBInstances"),
    ("rds", "DescribeDBParameters", "rds:DescribeDBParameters"),
    ("rds", "DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshotAttributes"),
    ("rds", "DescribeDBSnapshots", "rds:DescribeDBSnapshots"),
    ("redshift", "DescribeClusters", "redshift:DescribeClusters"),
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
    ("secretsmanager", "GetResourcePolicy", "secretsmanager:GetResourcePolicy"),
    ("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets"),
    ("securityhub", "DescribeHub", "securityhub:DescribeHub"),
    ("securityhub", "GetEnabledStandards", "securityhub:GetEnabledStandards"),
    ("sns", "GetTopicAttributes", "sns:GetTopicAttributes"),
    ("sns", "ListTopics", "sns:ListTopics"),
    ("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes"),
    ("sqs", "ListQueues", "sqs:ListQueues"),
    ("ssm", "DescribeDocumentPermission", "ssm:DescribeDocumentPermission"),
    ("ssm", "ListDocuments", "ssm:ListDocuments"),
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
