//! The resource type that an ARN speaks of.

/// The types that are met most often, by the service and the resource type in the ARN; sorted.
const TYPES: &[(&str, &str, &str)] = &[
    ("acm", "certificate", "AWS::CertificateManager::Certificate"),
    ("backup", "backup-vault", "AWS::Backup::BackupVault"),
    ("cloudformation", "stack", "AWS::CloudFormation::Stack"),
    ("cloudfront", "distribution", "AWS::CloudFront::Distribution"),
    ("cloudwatch", "alarm", "AWS::CloudWatch::Alarm"),
    ("dynamodb", "table", "AWS::DynamoDB::Table"),
    ("ec2", "elastic-ip", "AWS::EC2::EIP"),
    ("ec2", "instance", "AWS::EC2::Instance"),
    ("ec2", "internet-gateway", "AWS::EC2::InternetGateway"),
    ("ec2", "natgateway", "AWS::EC2::NatGateway"),
    ("ec2", "network-interface", "AWS::EC2::NetworkInterface"),
    ("ec2", "route-table", "AWS::EC2::RouteTable"),
    ("ec2", "security-group", "AWS::EC2::SecurityGroup"),
    ("ec2", "snapshot", "AWS::EC2::Snapshot"),
    ("ec2", "subnet", "AWS::EC2::Subnet"),
    ("ec2", "volume", "AWS::EC2::Volume"),
    ("ec2", "vpc", "AWS::EC2::VPC"),
    ("ecr", "repository", "AWS::ECR::Repository"),
    ("ecs", "cluster", "AWS::ECS::Cluster"),
    ("eks", "cluster", "AWS::EKS::Cluster"),
    ("elasticfilesystem", "file-system", "AWS::EFS::FileSystem"),
    ("kms", "key", "AWS::KMS::Key"),
    ("lambda", "function", "AWS::Lambda::Function"),
    ("logs", "log-group", "AWS::Logs::LogGroup"),
    ("rds", "cluster", "AWS::RDS::DBCluster"),
    ("rds", "cluster-snapshot", "AWS::RDS::DBClusterSnapshot"),
    ("rds", "db", "AWS::RDS::DBInstance"),
    ("rds", "snapshot", "AWS::RDS::DBSnapshot"),
    ("route53", "hostedzone", "AWS::Route53::HostedZone"),
    ("s3", "", "AWS::S3::Bucket"),
    ("secretsmanager", "secret", "AWS::SecretsManager::Secret"),
    ("sns", "", "AWS::SNS::Topic"),
    ("sqs", "", "AWS::SQS::Queue"),
    ("ssm", "parameter", "AWS::SSM::Parameter"),
    ("states", "stateMachine", "AWS::StepFunctions::StateMachine"),
];

/// The types whose id is that of their own listing, so that both name one resource alike.
const BY_ID: [&str; 3] = ["AWS::EC2::NetworkInterface", "AWS::EC2::Snapshot", "AWS::EC2::Volume"];

/// The type of an ARN's resource and its id, which is the ARN but for the types of [`BY_ID`]. A type that the table
/// lacks is written as the tagging API writes it, as in `elasticache:cluster`.
pub(super) fn type_and_id(arn: &str) -> (String, String) {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let (kind, id) = resource.split_once(['/', ':']).unwrap_or(("", resource));
    let known = TYPES.iter().find(|(of, name, _)| *of == service && *name == kind);
    match known {
        Some((_, _, name)) if BY_ID.contains(name) => ((*name).to_owned(), id.to_owned()),
        Some((_, _, name)) => ((*name).to_owned(), arn.to_owned()),
        None if kind.is_empty() => (service.to_owned(), arn.to_owned()),
        None => (format!("{service}:{kind}"), arn.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_arns() {
        let read = |arn: &str| type_and_id(arn);
        let whole = |kind: &str, arn: &str| (kind.to_owned(), arn.to_owned());
        assert_eq!(read("arn:aws:ec2:us-west-2:1:volume/vol-1"), whole("AWS::EC2::Volume", "vol-1"));
        assert_eq!(read("arn:aws:ec2:us-west-2::snapshot/snap-1"), whole("AWS::EC2::Snapshot", "snap-1"));
        for (arn, kind) in [
            ("arn:aws:dynamodb:us-east-1:1:table/residents", "AWS::DynamoDB::Table"),
            ("arn:aws:rds:us-east-1:1:db:residents", "AWS::RDS::DBInstance"),
            ("arn:aws:s3:::residents", "AWS::S3::Bucket"),
            ("arn:aws:sqs:us-east-1:1:queue", "AWS::SQS::Queue"),
            ("arn:aws:elasticache:us-east-1:1:cluster:x", "elasticache:cluster"),
            ("arn:aws:codecommit:us-east-1:1:code", "codecommit"),
            ("", ""),
        ] {
            assert_eq!(read(arn), whole(kind, arn));
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(TYPES.is_sorted());
    }
}
