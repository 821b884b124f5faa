"""The resources of fixtures/same/template.yaml as a Terraform configuration writes them, for same_plan.py.

A resource is named as in the template, in snake case. What is a property of one resource there may be a resource of its
own here (`aws_s3_bucket_versioning`), under the same name.

A policy that names its own resource by its ARN would be known only after the apply. Most are written with names that
are known before, as is usual where a policy is to be reviewed with the plan; that of the bad bucket is not.
"""

from same_plan_language import Blocks, Encoded, Ref, Text

ACCOUNT = "111111111111"
REGION = "ap-northeast-1"
ZONE = REGION + "a"
KEY = Ref("aws_kms_key.key.arn")
VPC = Ref("aws_vpc.vpc.id")
WORLD = "0.0.0.0/0"
INSIDE = Blocks([{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}])
FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def policy(**statement):
    return Encoded({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


EVERYTHING = policy(Action="*", Resource="*")
EVERYONE = Blocks([{"type": "*", "identifiers": ["*"]}])
DATABASE = {
    "engine": "postgres",
    "instance_class": "db.m6g.large",
    "allocated_storage": 20,
    "username": "admin1",
    "manage_master_user_password": True,
}
TABLE = {"billing_mode": "PAY_PER_REQUEST", "hash_key": "id", "attribute": Blocks([{"name": "id", "type": "S"}])}

DATA = [
    ("data.aws_caller_identity.current", {}),
    (
        "data.aws_iam_policy_document.good_bucket",
        {
            "statement": Blocks(
                [
                    {
                        "effect": "Deny",
                        "actions": ["s3:*"],
                        "resources": ["arn:aws:s3:::same-good-000", "arn:aws:s3:::same-good-000/*"],
                        "principals": EVERYONE,
                        "condition": Blocks([{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]),
                    }
                ]
            )
        },
    ),
    (
        "data.aws_iam_policy_document.bad_bucket",
        {
            "statement": Blocks(
                [
                    {
                        "actions": ["s3:GetObject"],
                        "resources": [Text(Ref("aws_s3_bucket.bad_bucket.arn"), "/*")],
                        "principals": EVERYONE,
                    }
                ]
            )
        },
    ),
]

KEYS = [
    (
        "aws_kms_key.key",
        {
            "enable_key_rotation": True,
            "policy": policy(
                Principal={"AWS": Text("arn:aws:iam::", Ref("data.aws_caller_identity.current.account_id"), ":root")},
                Action="kms:*",
                Resource="*",
            ),
        },
    ),
    ("aws_kms_key.open_key", {"policy": policy(Principal={"AWS": "*"}, Action="kms:*", Resource="*")}),
]

GOOD, BAD = Ref("aws_s3_bucket.good_bucket.id"), Ref("aws_s3_bucket.bad_bucket.id")

BUCKETS = [
    ("aws_s3_bucket.log_bucket", {"bucket": "same-logs-000"}),
    ("aws_s3_bucket.good_bucket", {"bucket": "same-good-000", "tags": {"Owner": "team"}}),
    (
        "aws_s3_bucket_server_side_encryption_configuration.good_bucket",
        {
            "bucket": GOOD,
            "rule": Blocks(
                [
                    {
                        "apply_server_side_encryption_by_default": Blocks(
                            [{"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}]
                        )
                    }
                ]
            ),
        },
    ),
    ("aws_s3_bucket_public_access_block.good_bucket", {"bucket": GOOD} | dict.fromkeys(FLAGS, True)),
    (
        "aws_s3_bucket_versioning.good_bucket",
        {"bucket": GOOD, "versioning_configuration": Blocks([{"status": "Enabled"}])},
    ),
    (
        "aws_s3_bucket_ownership_controls.good_bucket",
        {"bucket": GOOD, "rule": Blocks([{"object_ownership": "BucketOwnerEnforced"}])},
    ),
    (
        "aws_s3_bucket_logging.good_bucket",
        {
            # The name is written in the bucket, so that this reference to it is known before the apply.
            "bucket": Ref("aws_s3_bucket.good_bucket.bucket"),
            "target_bucket": Ref("aws_s3_bucket.log_bucket.id"),
            "target_prefix": "good/",
        },
    ),
    (
        "aws_s3_bucket_lifecycle_configuration.good_bucket",
        {
            "bucket": GOOD,
            "rule": Blocks(
                [
                    {
                        "id": "old",
                        "status": "Enabled",
                        "filter": Blocks([{}]),
                        "noncurrent_version_expiration": Blocks([{"noncurrent_days": 400}]),
                    }
                ]
            ),
        },
    ),
    (
        "aws_s3_bucket_policy.good_bucket",
        {"bucket": GOOD, "policy": Ref("data.aws_iam_policy_document.good_bucket.json")},
    ),
    ("aws_s3_bucket.bad_bucket", {"bucket": "same-bad-000"}),
    ("aws_s3_bucket_public_access_block.bad_bucket", {"bucket": BAD} | dict.fromkeys(FLAGS, False)),
    ("aws_s3_bucket_policy.bad_bucket", {"bucket": BAD, "policy": Ref("data.aws_iam_policy_document.bad_bucket.json")}),
]

NETWORK = [
    ("aws_vpc.vpc", {"cidr_block": "10.20.0.0/16"}),
    ("aws_vpc.quiet_vpc", {"cidr_block": "10.30.0.0/16"}),
    (
        "aws_flow_log.flow_log",
        {
            "vpc_id": VPC,
            "traffic_type": "ALL",
            "log_destination_type": "cloud-watch-logs",
            "log_destination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:same-flow",
            "iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/flow",
        },
    ),
    ("aws_subnet.subnet", {"vpc_id": VPC, "cidr_block": "10.20.1.0/24", "availability_zone": ZONE}),
    (
        "aws_subnet.public_subnet",
        {
            "vpc_id": VPC,
            "cidr_block": "10.20.2.0/24",
            "availability_zone": REGION + "c",
            "map_public_ip_on_launch": True,
        },
    ),
    ("aws_internet_gateway.gateway", {"vpc_id": VPC}),
    ("aws_route_table.routes", {"vpc_id": VPC}),
    (
        "aws_route.default_route",
        {
            "route_table_id": Ref("aws_route_table.routes.id"),
            "destination_cidr_block": WORLD,
            "gateway_id": Ref("aws_internet_gateway.gateway.id"),
        },
    ),
    ("aws_route_table.quiet_routes", {"vpc_id": VPC}),
    (
        "aws_security_group.good_group",
        {"name": "same-good", "description": "inside only", "vpc_id": VPC, "ingress": INSIDE, "egress": INSIDE},
    ),
    ("aws_security_group.bad_group", {"name": "same-bad", "description": "open", "vpc_id": VPC}),
    (
        "aws_vpc_security_group_ingress_rule.bad_rule",
        {
            "security_group_id": Ref("aws_security_group.bad_group.id"),
            "ip_protocol": "tcp",
            "from_port": 22,
            "to_port": 22,
            "cidr_ipv4": WORLD,
        },
    ),
    (
        "aws_vpc_security_group_egress_rule.bad_group",
        {"security_group_id": Ref("aws_security_group.bad_group.id"), "ip_protocol": "-1", "cidr_ipv4": WORLD},
    ),
    ("aws_network_acl.open_acl", {"vpc_id": VPC}),
    (
        "aws_network_acl_rule.open_entry",
        {
            "network_acl_id": Ref("aws_network_acl.open_acl.id"),
            "rule_number": 100,
            "protocol": "tcp",
            "rule_action": "allow",
            "cidr_block": WORLD,
            "from_port": 22,
            "to_port": 22,
        },
    ),
    ("aws_eip.address", {"domain": "vpc", "depends_on": ["aws_internet_gateway.gateway"]}),
]

STORAGE = [
    ("aws_ebs_volume.good_volume", {"availability_zone": ZONE, "size": 1, "encrypted": True, "kms_key_id": KEY}),
    ("aws_ebs_volume.bad_volume", {"availability_zone": ZONE, "size": 1}),
    ("aws_cloudwatch_log_group.log_group", {"name": "same-kept", "retention_in_days": 3653}),
    ("aws_cloudwatch_log_group.short_log_group", {"name": "same-short", "retention_in_days": 1}),
    ("aws_efs_file_system.good_files", {"encrypted": True, "kms_key_id": KEY}),
    ("aws_efs_file_system.bad_files", {"encrypted": False}),
]

MESSAGES = [
    ("aws_sqs_queue.good_queue", {"name": "same-good", "sqs_managed_sse_enabled": True}),
    ("aws_sqs_queue.bad_queue", {"name": "same-bad", "sqs_managed_sse_enabled": False}),
    (
        "aws_sqs_queue_policy.bad_queue",
        {
            "queue_url": Ref("aws_sqs_queue.bad_queue.id"),
            "policy": policy(
                Principal="*", Action="sqs:SendMessage", Resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:same-bad"
            ),
        },
    ),
    ("aws_sns_topic.good_topic", {"name": "same-good", "kms_master_key_id": Ref("aws_kms_key.key.key_id")}),
    ("aws_sns_topic.bad_topic", {"name": "same-bad"}),
    (
        "aws_sns_topic_policy.bad_topic",
        {
            "arn": Ref("aws_sns_topic.bad_topic.arn"),
            "policy": policy(Principal="*", Action="sns:Publish", Resource=f"arn:aws:sns:{REGION}:{ACCOUNT}:same-bad"),
        },
    ),
]

DATABASES = [
    (
        "aws_dynamodb_table.good_table",
        {"name": "same-good"}
        | TABLE
        | {
            "server_side_encryption": Blocks([{"enabled": True, "kms_key_arn": KEY}]),
            "point_in_time_recovery": Blocks([{"enabled": True}]),
        },
    ),
    ("aws_dynamodb_table.bad_table", {"name": "same-bad"} | TABLE),
    (
        "aws_db_instance.good_database",
        {"identifier": "same-good"}
        | DATABASE
        | {
            "storage_encrypted": True,
            "kms_key_id": KEY,
            "multi_az": True,
            "deletion_protection": True,
            "backup_retention_period": 35,
            "enabled_cloudwatch_logs_exports": ["postgresql", "upgrade"],
        },
    ),
    (
        "aws_db_instance.bad_database",
        {"identifier": "same-bad"}
        | DATABASE
        | {"publicly_accessible": True, "backup_retention_period": 0, "skip_final_snapshot": True},
    ),
]

WORKLOADS = [
    (
        "aws_ecr_repository.good_repository",
        {
            "name": "same-good",
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": Blocks([{"scan_on_push": True}]),
        },
    ),
    ("aws_ecr_repository.bad_repository", {"name": "same-bad"}),
    (
        "aws_ecr_repository_policy.bad_repository",
        {
            "repository": Ref("aws_ecr_repository.bad_repository.name"),
            "policy": policy(Principal="*", Action="ecr:BatchGetImage"),
        },
    ),
    (
        "aws_iam_role.good_role",
        {
            "name": "same-good",
            "assume_role_policy": policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"),
        },
    ),
    (
        "aws_iam_role.bad_role",
        {
            "name": "same-bad",
            "assume_role_policy": policy(Principal={"AWS": "arn:aws:iam::999999999999:root"}, Action="sts:AssumeRole"),
        },
    ),
    (
        "aws_iam_role_policy.bad_role_policy",
        {"name": "everything", "role": Ref("aws_iam_role.bad_role.id"), "policy": EVERYTHING},
    ),
    ("aws_iam_policy.admin_policy", {"name": "same-admin", "policy": EVERYTHING}),
    (
        "aws_lambda_function.function",
        {
            "function_name": "same-open",
            "runtime": "python3.12",
            "handler": "index.handler",
            "role": Ref("aws_iam_role.good_role.arn"),
            "filename": "function.zip",
        },
    ),
    (
        "aws_lambda_permission.permission",
        {
            "statement_id": "public",
            "function_name": Ref("aws_lambda_function.function.function_name"),
            "action": "lambda:InvokeFunction",
            "principal": "*",
        },
    ),
]

AUDIT = [
    ("aws_guardduty_detector.detector", {"enable": True, "finding_publishing_frequency": "SIX_HOURS"}),
    ("aws_s3_bucket.trail_bucket", {"bucket": "same-trail-000"}),
    (
        "aws_cloudtrail.trail",
        {
            "name": "same-trail",
            "s3_bucket_name": Ref("aws_s3_bucket.trail_bucket.id"),
            "is_multi_region_trail": True,
            "enable_log_file_validation": True,
            "kms_key_id": KEY,
        },
    ),
]

RESOURCES = [*KEYS, *BUCKETS, *NETWORK, *STORAGE, *MESSAGES, *DATABASES, *WORKLOADS, *AUDIT]
