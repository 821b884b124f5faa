"""Makes the resources of fixtures/same/template.yaml in a running moto server, one by one.

    python same.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, and names.json: the logical id of each resource by its type and the name that a live scan gives it. One
resource is made for one logical id with the settings of the template, so that the verdicts can be compared. What moto
gives every account besides (a default VPC) has no logical id and is not compared.
"""

import json
import sys
from pathlib import Path

from aws import ROLE, TOKYO, WORLD, Aws, write_json

ACCOUNT = "111111111111"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def allow(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


class Same:
    def __init__(self, aws):
        self.aws, self.keys, self.names = aws, aws.assume(ACCOUNT), []
        self.ec2 = self.client("ec2")

    def client(self, service):
        return self.aws.client(service, TOKYO, *self.keys)

    def is_(self, logical_id, kind, name):
        self.names.append({"logical_id": logical_id, "type": kind, "name": name})
        return name

    def keys_(self):
        kms = self.client("kms")
        own = allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="kms:*", Resource="*")
        self.key = kms.create_key(Policy=own)["KeyMetadata"]
        kms.enable_key_rotation(KeyId=self.key["KeyId"])
        self.is_("Key", "AWS::KMS::Key", self.key["KeyId"])
        opened = kms.create_key(Policy=allow(Principal={"AWS": "*"}, Action="kms:*", Resource="*"))["KeyMetadata"]
        self.is_("OpenKey", "AWS::KMS::Key", opened["KeyId"])

    def buckets(self):
        s3 = self.client("s3")
        for logical_id, name in (
            ("LogBucket", "same-logs-000"),
            ("GoodBucket", "same-good-000"),
            ("BadBucket", "same-bad-000"),
            ("TrailBucket", "same-trail-000"),
        ):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": TOKYO})
            self.is_(logical_id, "AWS::S3::Bucket", name)
        good, bad, flags = "same-good-000", "same-bad-000", ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key["Arn"]}
        s3.put_bucket_encryption(Bucket=good, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]})
        s3.put_public_access_block(Bucket=good, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))
        s3.put_bucket_versioning(Bucket=good, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_ownership_controls(Bucket=good, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 400}}
        s3.put_bucket_lifecycle_configuration(Bucket=good, LifecycleConfiguration={"Rules": [rule]})
        s3.put_bucket_tagging(Bucket=good, Tagging={"TagSet": [{"Key": "Owner", "Value": "team"}]})
        grants = [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": permission} for permission in ("WRITE", "READ_ACP")]
        owner = s3.get_bucket_acl(Bucket="same-logs-000")["Owner"]
        # moto asks for the log delivery group, where AWS asks for a bucket policy; the grants are taken back.
        s3.put_bucket_acl(Bucket="same-logs-000", AccessControlPolicy={"Grants": grants, "Owner": owner})
        s3.put_bucket_logging(Bucket=good, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "same-logs-000", "TargetPrefix": "good/"}})
        s3.put_bucket_acl(Bucket="same-logs-000", ACL="private")
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{good}", f"arn:aws:s3:::{good}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        s3.put_bucket_policy(Bucket=good, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        s3.put_public_access_block(Bucket=bad, PublicAccessBlockConfiguration=dict.fromkeys(flags, False))
        s3.put_bucket_policy(Bucket=bad, Policy=allow(Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bad}/*"))

    def vpcs(self):
        ec2, logs = self.ec2, self.client("logs")
        vpc = self.vpc = self.is_("Vpc", "AWS::EC2::VPC", ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"])
        self.is_("QuietVpc", "AWS::EC2::VPC", ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"])
        # moto says of a flow log without its group that the delivery fails.
        logs.create_log_group(logGroupName="same-flow")
        ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="cloud-watch-logs", LogGroupName="same-flow", DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flow")
        for logical_id, number, zone, public in (("Subnet", 1, "a", False), ("PublicSubnet", 2, "c", True)):
            made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=TOKYO + zone)["Subnet"]["SubnetId"]
            ec2.modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch={"Value": public})
            self.is_(logical_id, "AWS::EC2::Subnet", made)
        gateway = self.is_("Gateway", "AWS::EC2::InternetGateway", ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        for logical_id in ("Routes", "QuietRoutes"):
            self.is_(logical_id, "AWS::EC2::RouteTable", ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
        ec2.create_route(RouteTableId=self.name("Routes"), DestinationCidrBlock=WORLD, GatewayId=gateway)
        acl = self.is_("OpenAcl", "AWS::EC2::NetworkAcl", ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"])
        ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Protocol="6", RuleAction="allow", Egress=False, CidrBlock=WORLD, PortRange={"From": 22, "To": 22})
        self.is_("Address", "AWS::EC2::EIP", ec2.allocate_address(Domain="vpc")["AllocationId"])

    def groups(self):
        inside = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        for logical_id, name in (("GoodGroup", "same-good"), ("BadGroup", "same-bad")):
            made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            self.is_(logical_id, "AWS::EC2::SecurityGroup", made)
        good, bad = self.name("GoodGroup"), self.name("BadGroup")
        self.ec2.authorize_security_group_ingress(GroupId=good, IpPermissions=[inside])
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": WORLD}]}
        self.ec2.revoke_security_group_egress(GroupId=good, IpPermissions=[everything])
        self.ec2.authorize_security_group_egress(GroupId=good, IpPermissions=[inside])
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": WORLD}]}
        self.ec2.authorize_security_group_ingress(GroupId=bad, IpPermissions=[ssh])

    def storage(self):
        ec2, efs, zone = self.ec2, self.client("efs"), TOKYO + "a"
        self.is_("GoodVolume", "AWS::EC2::Volume", ec2.create_volume(AvailabilityZone=zone, Size=1, Encrypted=True, KmsKeyId=self.key["Arn"])["VolumeId"])
        self.is_("BadVolume", "AWS::EC2::Volume", ec2.create_volume(AvailabilityZone=zone, Size=1, Encrypted=False)["VolumeId"])
        self.is_("GoodFiles", "AWS::EFS::FileSystem", efs.create_file_system(CreationToken="good", Encrypted=True, KmsKeyId=self.key["Arn"])["FileSystemId"])
        self.is_("BadFiles", "AWS::EFS::FileSystem", efs.create_file_system(CreationToken="bad", Encrypted=False)["FileSystemId"])

    def databases(self):
        dynamodb, rds = self.client("dynamodb"), self.client("rds")
        shape = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key["Arn"]}
        for logical_id, name, more in (("GoodTable", "same-good", {"SSESpecification": sse}), ("BadTable", "same-bad", {})):
            dynamodb.create_table(TableName=name, **shape, **more)
            self.is_(logical_id, "AWS::DynamoDB::Table", name)
        dynamodb.update_continuous_backups(TableName="same-good", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        common = {"Engine": "postgres", "DBInstanceClass": "db.m6g.large", "AllocatedStorage": 20, "MasterUsername": "admin1", "MasterUserPassword": "not-a-secret-0"}
        good = {"StorageEncrypted": True, "KmsKeyId": self.key["Arn"], "PubliclyAccessible": False, "MultiAZ": True, "DeletionProtection": True, "BackupRetentionPeriod": 35, "EnableCloudwatchLogsExports": ["postgresql", "upgrade"]}
        bad = {"StorageEncrypted": False, "PubliclyAccessible": True, "MultiAZ": False, "DeletionProtection": False, "BackupRetentionPeriod": 0}
        for logical_id, name, settings in (("GoodDatabase", "same-good", good), ("BadDatabase", "same-bad", bad)):
            rds.create_db_instance(DBInstanceIdentifier=name, **common, **settings)
            self.is_(logical_id, "AWS::RDS::DBInstance", name)

    def messaging(self):
        sqs, sns = self.client("sqs"), self.client("sns")
        for logical_id, name, managed in (("GoodQueue", "same-good", "true"), ("BadQueue", "same-bad", "false")):
            url = sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": managed})["QueueUrl"]
            self.is_(logical_id, "AWS::SQS::Queue", name)
        policy = allow(Principal="*", Action="sqs:SendMessage", Resource=f"arn:aws:sqs:{TOKYO}:{ACCOUNT}:same-bad")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns.create_topic(Name="same-good", Attributes={"KmsMasterKeyId": self.key["KeyId"]})
        self.is_("GoodTopic", "AWS::SNS::Topic", "same-good")
        arn = sns.create_topic(Name="same-bad")["TopicArn"]
        self.is_("BadTopic", "AWS::SNS::Topic", "same-bad")
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=allow(Principal="*", Action="sns:Publish", Resource=arn))

    def workloads(self):
        ecr, logs, lambda_, iam = self.client("ecr"), self.client("logs"), self.client("lambda"), self.client("iam")
        ecr.create_repository(repositoryName="same-good", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True})
        ecr.create_repository(repositoryName="same-bad", imageTagMutability="MUTABLE", imageScanningConfiguration={"scanOnPush": False})
        ecr.set_repository_policy(repositoryName="same-bad", policyText=allow(Principal="*", Action="ecr:BatchGetImage"))
        self.is_("GoodRepository", "AWS::ECR::Repository", "same-good")
        self.is_("BadRepository", "AWS::ECR::Repository", "same-bad")
        for logical_id, name, days in (("LogGroup", "same-kept", 3653), ("ShortLogGroup", "same-short", 1)):
            logs.create_log_group(logGroupName=name)
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
            self.is_(logical_id, "AWS::Logs::LogGroup", name)
        service = allow(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
        stranger = allow(Principal={"AWS": "arn:aws:iam::999999999999:root"}, Action="sts:AssumeRole")
        role = iam.create_role(RoleName="same-good", AssumeRolePolicyDocument=service)["Role"]["Arn"]
        iam.create_role(RoleName="same-bad", AssumeRolePolicyDocument=stranger)
        iam.put_role_policy(RoleName="same-bad", PolicyName="everything", PolicyDocument=json.dumps(EVERYTHING))
        iam.create_policy(PolicyName="same-admin", PolicyDocument=json.dumps(EVERYTHING))
        self.is_("GoodRole", "AWS::IAM::Role", "same-good")
        self.is_("BadRole", "AWS::IAM::Role", "same-bad")
        self.is_("AdminPolicy", "AWS::IAM::ManagedPolicy", "same-admin")
        lambda_.create_function(FunctionName="same-open", Runtime="python3.12", Handler="index.handler", Role=role, Code={"ZipFile": b"PK\x05\x06" + bytes(18)})
        lambda_.add_permission(FunctionName="same-open", StatementId="public", Action="lambda:InvokeFunction", Principal="*")
        self.is_("Function", "AWS::Lambda::Function", "same-open")

    def audit(self):
        self.client("guardduty").create_detector(Enable=True, FindingPublishingFrequency="SIX_HOURS")
        trail = self.client("cloudtrail")
        trail.create_trail(Name="same-trail", S3BucketName="same-trail-000", IncludeGlobalServiceEvents=True, IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=self.key["Arn"])
        trail.start_logging(Name="same-trail")
        self.is_("Trail", "AWS::CloudTrail::Trail", "same-trail")

    def name(self, logical_id):
        return next(row["name"] for row in self.names if row["logical_id"] == logical_id)


def main(endpoint, out):
    aws = Aws(endpoint)
    aws.reset(seed=47)
    same = Same(aws)
    for part in (same.keys_, same.buckets, same.vpcs, same.groups, same.storage, same.databases, same.messaging, same.workloads, same.audit):
        part()
    out.mkdir(parents=True, exist_ok=True)
    accounts = f'defaults: {{role_name: {ROLE}, regions: [{TOKYO}]}}\naccounts:\n  - {{id: "{ACCOUNT}", class: number-use}}\n'
    (out / "accounts.yaml").write_text(accounts, encoding="utf-8")
    write_json(out / "names.json", same.names)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
