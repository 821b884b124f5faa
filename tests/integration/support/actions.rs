//! Which IAM action each API operation needs, by AWS's service authorization reference.

use super::fake_aws::On;

/// Calls and actions that only read, whatever their names say. `GenerateCredentialReport` has IAM write the report that
/// `GetCredentialReport` hands out: nothing in the account changes, and AWS's service authorization reference gives it
/// the access level Read.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
pub(crate) const READS_BY_ANOTHER_NAME: [&str; 1] = ["iam:GenerateCredentialReport"];

/// Service (by its name in the fake AWS), operation, action.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("access-analyzer", "ListAnalyzers", "access-analyzer:ListAnalyzers"),
    ("access-analyzer", "ListFindingsV2", "access-analyzer:ListFindings"),
    ("account", "GetAlternateContact", "account:GetAlternateContact"),
    ("cloudcontrolapi", "GetResource", "cloudformation:GetResource"),
    ("cloudcontrolapi", "ListResources", "cloudformation:ListResources"),
    ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    ("config", "DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorderStatus"),
    ("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders"),
    ("config", "DescribeDeliveryChannelStatus", "config:DescribeDeliveryChannelStatus"),
    ("config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels"),
    ("dms", "DescribeReplicationInstances", "dms:DescribeReplicationInstances"),
    ("dynamodb", "DescribeContinuousBackups", "dynamodb:DescribeContinuousBackups"),
    ("dynamodb", "DescribeTable", "dynamodb:DescribeTable"),
    ("dynamodb", "ListTables", "dynamodb:ListTables"),
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
    ("lambda", "GetPolicy", "lambda:GetPolicy"),
    ("lambda", "ListFunctionUrlConfigs", "lambda:ListFunctionUrlConfigs"),
    ("lambda", "ListFunctions", "lambda:ListFunctions"),
    ("logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
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
    ("s3", "GetBucketLocation", "s3:GetBucketLocation"),
    ("s3", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls"),
    ("s3", "GetBucketPolicy", "s3:GetBucketPolicy"),
    ("s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
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
