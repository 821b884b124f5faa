//! What the schemas do not say about identities: what `Ref` gives where it is not the primary identifier, the prefixes of
//! ids, the forms of ARNs, and which identities a declared resource is given.
//!
//! `Ref`: the "Return values" of each type in the CloudFormation template reference
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>).
//! ARNs: the resource types of each service in the service authorization reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).
//! Every table is sorted by type.

/// The property that `Ref` gives, where the schema's first identifier is another one.
pub(super) static REFERENCES: &[(&str, &str)] = &[
    ("AWS::ApiGateway::Authorizer", "AuthorizerId"),
    ("AWS::ApiGateway::Model", "Name"),
    ("AWS::ApiGateway::RequestValidator", "RequestValidatorId"),
    ("AWS::ApiGateway::Resource", "ResourceId"),
    ("AWS::ApiGateway::Stage", "StageName"),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerId"),
    ("AWS::ApiGatewayV2::Deployment", "DeploymentId"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationId"),
    ("AWS::ApiGatewayV2::Route", "RouteId"),
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::CodeBuild::Project", "Name"),
    ("AWS::Cognito::UserPoolClient", "ClientId"),
    ("AWS::Cognito::UserPoolGroup", "GroupName"),
    ("AWS::DocDB::DBCluster", "DBClusterIdentifier"),
    ("AWS::DocDB::DBInstance", "DBInstanceIdentifier"),
    ("AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::Elasticsearch::Domain", "DomainName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::Neptune::DBInstance", "DBInstanceIdentifier"),
    ("AWS::OpenSearchService::Domain", "DomainName"),
    ("AWS::Redshift::Cluster", "ClusterIdentifier"),
    ("AWS::SSM::Parameter", "Name"),
];

/// How the ids of a type begin.
pub(super) static PREFIXES: &[(&str, &str, &str)] = &[
    ("AWS::EC2::CarrierGateway", "CarrierGatewayId", "cagw-"),
    ("AWS::EC2::CustomerGateway", "CustomerGatewayId", "cgw-"),
    ("AWS::EC2::DHCPOptions", "DhcpOptionsId", "dopt-"),
    ("AWS::EC2::EIP", "AllocationId", "eipalloc-"),
    ("AWS::EC2::EIPAssociation", "Id", "eipassoc-"),
    ("AWS::EC2::EgressOnlyInternetGateway", "Id", "eigw-"),
    ("AWS::EC2::FlowLog", "Id", "fl-"),
    ("AWS::EC2::Instance", "InstanceId", "i-"),
    ("AWS::EC2::InternetGateway", "InternetGatewayId", "igw-"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateId", "lt-"),
    ("AWS::EC2::NatGateway", "NatGatewayId", "nat-"),
    ("AWS::EC2::NetworkAcl", "Id", "acl-"),
    ("AWS::EC2::NetworkInterface", "Id", "eni-"),
    ("AWS::EC2::PrefixList", "PrefixListId", "pl-"),
    ("AWS::EC2::RouteTable", "RouteTableId", "rtb-"),
    ("AWS::EC2::SecurityGroup", "GroupId", "sg-"),
    ("AWS::EC2::Subnet", "SubnetId", "subnet-"),
    ("AWS::EC2::TransitGateway", "Id", "tgw-"),
    ("AWS::EC2::TransitGatewayAttachment", "Id", "tgw-attach-"),
    ("AWS::EC2::TransitGatewayPeeringAttachment", "TransitGatewayAttachmentId", "tgw-attach-"),
    ("AWS::EC2::TransitGatewayRouteTable", "TransitGatewayRouteTableId", "tgw-rtb-"),
    ("AWS::EC2::TransitGatewayVpcAttachment", "Id", "tgw-attach-"),
    ("AWS::EC2::VPC", "DefaultNetworkAcl", "acl-"),
    ("AWS::EC2::VPC", "DefaultSecurityGroup", "sg-"),
    ("AWS::EC2::VPC", "VpcId", "vpc-"),
    ("AWS::EC2::VPCEndpoint", "Id", "vpce-"),
    ("AWS::EC2::VPCEndpointService", "ServiceId", "vpce-svc-"),
    ("AWS::EC2::VPCPeeringConnection", "Id", "pcx-"),
    ("AWS::EC2::VPNConnection", "VpnConnectionId", "vpn-"),
    ("AWS::EC2::VPNGateway", "VPNGatewayId", "vgw-"),
    ("AWS::EC2::Volume", "VolumeId", "vol-"),
    ("AWS::EFS::AccessPoint", "AccessPointId", "fsap-"),
    ("AWS::EFS::FileSystem", "FileSystemId", "fs-"),
    ("AWS::EFS::MountTarget", "Id", "fsmt-"),
    ("AWS::Organizations::Organization", "Id", "o-"),
    ("AWS::Organizations::OrganizationalUnit", "Id", "ou-"),
    ("AWS::Organizations::Policy", "Id", "p-"),
];

/// Identities beside the primary identifier and the ARN that `GetAtt` gives.
pub(super) static ATTRIBUTES: &[(&str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "RootResourceId"),
    ("AWS::EC2::TransitGateway", "OwnerId"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::Role", "RoleId"),
    ("AWS::RDS::DBCluster", "DBClusterResourceId"),
    ("AWS::RDS::DBInstance", "DbiResourceId"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
];

/// Which parts of the deployment an ARN names.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// The region and the account.
    Regional,
    /// The account.
    Global,
    /// The region.
    Unowned,
    /// Neither.
    Bare,
}

/// Where the value of a property stands in an ARN: `{Name}`; `{#}` is a part that nobody chooses.
pub(super) static ARNS: &[(&str, &str, Owner, &str)] = {
    use Owner::{Bare, Global, Regional, Unowned};
    &[
        ("AWS::ApiGateway::RestApi", "apigateway", Unowned, "/restapis/{RestApiId}"),
        ("AWS::ApiGateway::Stage", "apigateway", Unowned, "/restapis/{RestApiId}/stages/{StageName}"),
        ("AWS::Backup::BackupPlan", "backup", Regional, "backup-plan:{BackupPlanId}"),
        ("AWS::Backup::BackupVault", "backup", Regional, "backup-vault:{BackupVaultName}"),
        ("AWS::Backup::LogicallyAirGappedBackupVault", "backup", Regional, "backup-vault:{BackupVaultName}"),
        ("AWS::CertificateManager::Certificate", "acm", Regional, "certificate/{#}"),
        ("AWS::CloudFront::Distribution", "cloudfront", Global, "distribution/{Id}"),
        ("AWS::CloudTrail::Trail", "cloudtrail", Regional, "trail/{TrailName}"),
        ("AWS::CodeBuild::Project", "codebuild", Regional, "project/{Name}"),
        ("AWS::Cognito::UserPool", "cognito-idp", Regional, "userpool/{UserPoolId}"),
        ("AWS::DMS::ReplicationInstance", "dms", Regional, "rep:{#}"),
        ("AWS::DocDB::DBCluster", "rds", Regional, "cluster:{DBClusterIdentifier}"),
        ("AWS::DocDB::DBInstance", "rds", Regional, "db:{DBInstanceIdentifier}"),
        ("AWS::DynamoDB::GlobalTable", "dynamodb", Regional, "table/{TableName}"),
        ("AWS::DynamoDB::Table", "dynamodb", Regional, "table/{TableName}"),
        ("AWS::EC2::Instance", "ec2", Regional, "instance/{InstanceId}"),
        ("AWS::EC2::PrefixList", "ec2", Regional, "prefix-list/{PrefixListId}"),
        ("AWS::EC2::TransitGateway", "ec2", Regional, "transit-gateway/{Id}"),
        ("AWS::ECR::Repository", "ecr", Regional, "repository/{RepositoryName}"),
        ("AWS::ECS::Cluster", "ecs", Regional, "cluster/{ClusterName}"),
        ("AWS::ECS::Service", "ecs", Regional, "service/{ServiceName}"),
        ("AWS::ECS::TaskDefinition", "ecs", Regional, "task-definition/{Family}:1"),
        ("AWS::EFS::AccessPoint", "elasticfilesystem", Regional, "access-point/{AccessPointId}"),
        ("AWS::EFS::FileSystem", "elasticfilesystem", Regional, "file-system/{FileSystemId}"),
        ("AWS::EKS::Cluster", "eks", Regional, "cluster/{Name}"),
        ("AWS::ElastiCache::ReplicationGroup", "elasticache", Regional, "replicationgroup:{ReplicationGroupId}"),
        ("AWS::ElasticLoadBalancingV2::Listener", "elasticloadbalancing", Regional, "listener/app/{#}/{#}"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "elasticloadbalancing", Regional, "loadbalancer/app/{Name}/{#}"),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "elasticloadbalancing", Regional, "targetgroup/{Name}/{#}"),
        ("AWS::Events::EventBus", "events", Regional, "event-bus/{Name}"),
        ("AWS::Events::Rule", "events", Regional, "rule/{Name}"),
        ("AWS::IAM::Group", "iam", Global, "group{Path}{GroupName}"),
        ("AWS::IAM::InstanceProfile", "iam", Global, "instance-profile{Path}{InstanceProfileName}"),
        ("AWS::IAM::ManagedPolicy", "iam", Global, "policy{Path}{ManagedPolicyName}"),
        ("AWS::IAM::OIDCProvider", "iam", Global, "oidc-provider/{Url}"),
        ("AWS::IAM::Role", "iam", Global, "role{Path}{RoleName}"),
        ("AWS::IAM::SAMLProvider", "iam", Global, "saml-provider/{Name}"),
        ("AWS::IAM::User", "iam", Global, "user{Path}{UserName}"),
        ("AWS::IAM::VirtualMFADevice", "iam", Global, "mfa{Path}{VirtualMfaDeviceName}"),
        ("AWS::KMS::Key", "kms", Regional, "key/{KeyId}"),
        ("AWS::KMS::ReplicaKey", "kms", Regional, "key/{KeyId}"),
        ("AWS::Kinesis::Stream", "kinesis", Regional, "stream/{Name}"),
        ("AWS::KinesisFirehose::DeliveryStream", "firehose", Regional, "deliverystream/{DeliveryStreamName}"),
        ("AWS::Lambda::Function", "lambda", Regional, "function:{FunctionName}"),
        ("AWS::Lambda::LayerVersion", "lambda", Regional, "layer:{LayerName}:1"),
        ("AWS::Logs::LogGroup", "logs", Regional, "log-group:{LogGroupName}:*"),
        ("AWS::Neptune::DBCluster", "rds", Regional, "cluster:{DBClusterIdentifier}"),
        ("AWS::Neptune::DBInstance", "rds", Regional, "db:{DBInstanceIdentifier}"),
        ("AWS::OpenSearchService::Domain", "es", Regional, "domain/{DomainName}"),
        ("AWS::RDS::DBCluster", "rds", Regional, "cluster:{DBClusterIdentifier}"),
        ("AWS::RDS::DBClusterParameterGroup", "rds", Regional, "cluster-pg:{DBClusterParameterGroupName}"),
        ("AWS::RDS::DBInstance", "rds", Regional, "db:{DBInstanceIdentifier}"),
        ("AWS::RDS::DBParameterGroup", "rds", Regional, "pg:{DBParameterGroupName}"),
        ("AWS::Redshift::Cluster", "redshift", Regional, "cluster:{ClusterIdentifier}"),
        ("AWS::S3::Bucket", "s3", Bare, "{BucketName}"),
        ("AWS::SNS::Topic", "sns", Regional, "{TopicName}"),
        ("AWS::SQS::Queue", "sqs", Regional, "{QueueName}"),
        ("AWS::SSM::Document", "ssm", Regional, "document/{Name}"),
        ("AWS::SSM::Parameter", "ssm", Regional, "parameter/{Name}"),
        ("AWS::SecretsManager::Secret", "secretsmanager", Regional, "secret:{Name}-{#}"),
        ("AWS::StepFunctions::StateMachine", "states", Regional, "stateMachine:{StateMachineName}"),
        ("AWS::WAFv2::WebACL", "wafv2", Regional, "regional/webacl/{Name}/{Id}"),
    ]
};

/// Properties with an ARN whose names do not say so.
pub(super) static ARN_PROPERTIES: &[(&str, &str)] =
    &[("AWS::IAM::VirtualMFADevice", "SerialNumber"), ("AWS::SecretsManager::Secret", "Id")];

/// The identities that guardrails and folding compare. Others stay out: guardrails tell a template from a live resource
/// by `BackupVaultArn`, `BackupPlanId` and the like, which only a live one has.
pub(super) static COMPLETED: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["RestApiId"]),
    ("AWS::CloudTrail::Trail", &["TrailName", "Arn"]),
    ("AWS::DocDB::DBCluster", &["DBClusterIdentifier"]),
    ("AWS::DocDB::DBClusterParameterGroup", &["Name"]),
    ("AWS::DynamoDB::GlobalTable", &["TableName"]),
    ("AWS::DynamoDB::Table", &["TableName"]),
    ("AWS::EC2::CarrierGateway", &["CarrierGatewayId"]),
    ("AWS::EC2::EIP", &["AllocationId"]),
    ("AWS::EC2::EgressOnlyInternetGateway", &["Id"]),
    ("AWS::EC2::Instance", &["InstanceId"]),
    ("AWS::EC2::InternetGateway", &["InternetGatewayId"]),
    ("AWS::EC2::LaunchTemplate", &["LaunchTemplateId"]),
    ("AWS::EC2::NatGateway", &["NatGatewayId"]),
    ("AWS::EC2::NetworkAcl", &["Id"]),
    ("AWS::EC2::NetworkInterface", &["Id"]),
    ("AWS::EC2::PrefixList", &["PrefixListId"]),
    ("AWS::EC2::RouteTable", &["RouteTableId"]),
    ("AWS::EC2::SecurityGroup", &["GroupId"]),
    ("AWS::EC2::Subnet", &["SubnetId"]),
    ("AWS::EC2::TransitGateway", &["Id", "OwnerId"]),
    ("AWS::EC2::VPC", &["VpcId"]),
    ("AWS::EC2::VPCEndpoint", &["Id"]),
    ("AWS::EC2::VPCEndpointService", &["ServiceId"]),
    ("AWS::EC2::Volume", &["VolumeId"]),
    ("AWS::ECR::Repository", &["RepositoryName"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Name", "LoadBalancerArn"]),
    ("AWS::IAM::Group", &["GroupName"]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName", "PolicyArn"]),
    ("AWS::IAM::Role", &["RoleName", "Arn"]),
    ("AWS::IAM::User", &["UserName", "Arn"]),
    ("AWS::IAM::VirtualMFADevice", &["SerialNumber"]),
    ("AWS::KMS::Key", &["KeyId", "Arn"]),
    ("AWS::KMS::ReplicaKey", &["KeyId", "Arn"]),
    ("AWS::Lambda::Function", &["FunctionName", "Arn"]),
    ("AWS::Neptune::DBCluster", &["DBClusterIdentifier"]),
    ("AWS::Neptune::DBClusterParameterGroup", &["Name"]),
    ("AWS::RDS::DBCluster", &["DBClusterIdentifier"]),
    ("AWS::RDS::DBClusterParameterGroup", &["DBClusterParameterGroupName"]),
    ("AWS::RDS::DBParameterGroup", &["DBParameterGroupName"]),
    ("AWS::S3::Bucket", &["BucketName", "Arn"]),
    ("AWS::SNS::Topic", &["TopicName", "TopicArn"]),
    ("AWS::SQS::Queue", &["QueueName", "QueueUrl", "Arn"]),
    ("AWS::SecretsManager::Secret", &["Name", "Id"]),
];
