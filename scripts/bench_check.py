#!/usr/bin/env python3
"""Measure `govcheck check` beside cfn-guard and checkov on the same templates, in one run.

    cargo build --release
    cargo install cfn-guard --root target/guard
    python3 -m venv target/checkov && target/checkov/bin/pip install checkov
    python3 scripts/bench_check.py [--rounds 5] [--sizes 100,1000,10000] [--skip checkov]

Each tool gets about 100 rules: govcheck its guardrails, cfn-guard a rule file of 100 rules that is written here over the
same properties, checkov the first 100 of its own for CloudFormation. Runs alternate; the medians of wall time,
of CPU time (children included) and the largest peak of memory are printed as Markdown. A run longer than --limit
seconds is given up.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def bucket(number):
    return "AWS::S3::Bucket", {
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key0", "Arn"]}}}]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": number % 7 != 0},
        "VersioningConfiguration": {"Status": "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LoggingConfiguration": {"DestinationBucketName": {"Ref": "R0"}, "LogFilePrefix": {"Fn::Sub": "logs/${AWS::StackName}/" + str(number)}},
        "Tags": [{"Key": "Owner", "Value": "team"}],
    }


def group(number):
    return "AWS::EC2::SecurityGroup", {
        "GroupDescription": "benchmark",
        "VpcId": {"Ref": "Vpc"},
        "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0" if number % 11 == 0 else "10.1.0.0/16"},
        ],
        "SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}],
    }


def volume(number):
    return "AWS::EC2::Volume", {"AvailabilityZone": "ap-northeast-1a", "Size": 10, "Encrypted": number % 5 != 0}


def queue(number):
    return "AWS::SQS::Queue", {"QueueName": f"queue-{number}", "SqsManagedSseEnabled": True}


def topic(number):
    return "AWS::SNS::Topic", {"TopicName": f"topic-{number}", "KmsMasterKeyId": {"Ref": "Key0"}}


def table(number):
    return "AWS::DynamoDB::Table", {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }


def role(number):
    return "AWS::IAM::Role", {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::data/*"}}]}}],
    }


def log_group(number):
    return "AWS::Logs::LogGroup", {"LogGroupName": f"/app/{number}", "RetentionInDays": 365}


SHAPES = [bucket, group, volume, queue, topic, table, role, log_group]


def template(size):
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Key0": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
    }
    for number in range(size - len(resources)):
        kind, properties = SHAPES[number % len(SHAPES)](number)
        resources[f"R{number}"] = {"Type": kind, "Properties": properties}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


# Properties that rules of all three tools look at, by type.
LOOKED_AT = {
    "AWS::S3::Bucket": ["BucketEncryption", "PublicAccessBlockConfiguration.BlockPublicAcls", "PublicAccessBlockConfiguration.BlockPublicPolicy", "PublicAccessBlockConfiguration.IgnorePublicAcls", "PublicAccessBlockConfiguration.RestrictPublicBuckets", "VersioningConfiguration.Status", "OwnershipControls.Rules", "LoggingConfiguration.DestinationBucketName", "LoggingConfiguration.LogFilePrefix", "Tags", "LifecycleConfiguration", "ObjectLockEnabled", "ReplicationConfiguration"],
    "AWS::EC2::SecurityGroup": ["GroupDescription", "VpcId", "SecurityGroupIngress[*].CidrIp", "SecurityGroupIngress[*].FromPort", "SecurityGroupIngress[*].ToPort", "SecurityGroupIngress[*].IpProtocol", "SecurityGroupEgress[*].CidrIp", "SecurityGroupEgress[*].FromPort", "SecurityGroupEgress[*].ToPort", "SecurityGroupIngress[*].Description", "GroupName", "Tags", "SecurityGroupEgress[*].Description"],
    "AWS::EC2::Volume": ["Encrypted", "AvailabilityZone", "Size", "KmsKeyId", "Tags", "VolumeType", "Iops", "MultiAttachEnabled", "SnapshotId", "Throughput", "AutoEnableIO", "OutpostArn"],
    "AWS::SQS::Queue": ["QueueName", "SqsManagedSseEnabled", "KmsMasterKeyId", "RedrivePolicy", "Tags", "FifoQueue", "MessageRetentionPeriod", "VisibilityTimeout", "DelaySeconds", "MaximumMessageSize", "KmsDataKeyReusePeriodSeconds", "ReceiveMessageWaitTimeSeconds"],
    "AWS::SNS::Topic": ["TopicName", "KmsMasterKeyId", "Subscription", "Tags", "DisplayName", "FifoTopic", "TracingConfig", "SignatureVersion", "DataProtectionPolicy", "DeliveryStatusLogging", "ArchivePolicy", "ContentBasedDeduplication"],
    "AWS::DynamoDB::Table": ["AttributeDefinitions", "KeySchema", "BillingMode", "SSESpecification.SSEEnabled", "SSESpecification.SSEType", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "Tags", "TableName", "DeletionProtectionEnabled", "StreamSpecification", "TimeToLiveSpecification", "TableClass", "KinesisStreamSpecification"],
    "AWS::IAM::Role": ["AssumeRolePolicyDocument.Statement[*].Principal", "Policies[*].PolicyName", "Policies[*].PolicyDocument.Statement[*].Action", "Policies[*].PolicyDocument.Statement[*].Resource", "AssumeRolePolicyDocument.Version", "RoleName", "PermissionsBoundary", "MaxSessionDuration", "ManagedPolicyArns", "Tags", "Path", "Description", "AssumeRolePolicyDocument.Statement[*].Action"],
    "AWS::Logs::LogGroup": ["LogGroupName", "RetentionInDays", "KmsKeyId", "Tags", "LogGroupClass", "DataProtectionPolicy", "FieldIndexPolicies", "ResourcePolicyDocument", "DeletionProtectionEnabled", "BearerTokenAuthenticationEnabled", "LogGroupName", "RetentionInDays"],
}


def guard_rules():
    """Rules in the shape of the AWS Guard Rules Registry: each selects its resources, leaves out those that suppress it
    in their metadata, and asks that a property exists and is not empty."""
    rules, count = [], 0
    for kind, properties in LOOKED_AT.items():
        short = kind.split("::")[1].lower() + kind.split("::")[2].lower()
        for property in properties:
            count += 1
            name = f"{short}_{count}"
            rules.append(
                f"let {name} = Resources.*[ Type == '{kind}'\n"
                f"  Metadata.guard.SuppressedRules not exists or Metadata.guard.SuppressedRules.* != '{name.upper()}'\n]\n"
                f"rule {name.upper()} when %{name} !empty {{\n"
                f"  %{name}.Properties.{property} exists\n"
                f"  %{name}.Properties.{property} !empty <<{name} is missing>>\n}}\n"
            )
    return "\n".join(rules), count


def first_checks(program, number):
    """The ids of checkov's first rules for CloudFormation."""
    listed = subprocess.run([program, "--list", "--framework", "cloudformation"], capture_output=True, text=True)
    ids = []
    for line in listed.stdout.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        ids += [cell for cell in cells if cell.startswith(("CKV_AWS_", "CKV2_AWS_"))][:1]
    return list(dict.fromkeys(ids))[:number]


def run(command, limit):
    """Wall seconds, CPU seconds and peak MiB of a command, or nothing when it takes too long."""
    before, start = os.times(), time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        peak = 0
        while child.poll() is None:
            if time.monotonic() - start > limit:
                child.kill()
                child.wait()
                return None
            try:
                for line in Path(f"/proc/{child.pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM"):
                        peak = max(peak, int(line.split()[1]) // 1024)
            except OSError:
                pass
            time.sleep(0.002)
    wall, after = time.monotonic() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--govcheck", default=ROOT / "target/release/govcheck")
    parser.add_argument("--guard", default=ROOT / "target/guard/bin/cfn-guard")
    parser.add_argument("--checkov", default=ROOT / "target/checkov/bin/checkov")
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=300)
    parser.add_argument("--skip", action="append", default=[])
    args = parser.parse_args()
    checks = [] if "checkov" in args.skip else first_checks(args.checkov, 100)
    rules, count = guard_rules()
    print(f"{count} rules for cfn-guard, {len(checks)} for checkov, medians of {args.rounds} rounds\n")
    print("| resources | tool | wall s | CPU s | peak MiB | CPU, times govcheck's |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rule_file = Path(folder, "rules.guard")
        rule_file.write_text(rules)
        for size in map(int, args.sizes.split(",")):
            file = Path(folder, f"{size}.json")
            file.write_text(json.dumps(template(size), indent=1))
            commands = {
                "govcheck": [args.govcheck, "-q", "check", file, "--class", "number-use", "--format", "sarif"],
                "cfn-guard": [args.guard, "validate", "-r", rule_file, "-d", file],
                "cfn-guard, SARIF": [args.guard, "validate", "-r", rule_file, "-d", file, "-o", "sarif", "--structured", "--show-summary", "none"],
                "checkov": [args.checkov, "-f", file, "--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "-o", "sarif", "--output-file-path", folder, "--check", ",".join(checks)],
            }
            commands = {tool: command for tool, command in commands.items() if tool not in args.skip}
            results = {tool: [] for tool in commands}
            for _ in range(args.rounds):
                for tool, command in commands.items():
                    if None not in results[tool]:
                        results[tool].append(run([str(word) for word in command], args.limit))
            own = statistics.median(result[1] for result in results["govcheck"])
            for tool, measured in results.items():
                if None in measured:
                    print(f"| {size} | {tool} | more than {args.limit:.0f} | | | |")
                    continue
                wall, cpu, peak = (statistics.median(column) for column in zip(*measured))
                print(f"| {size} | {tool} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {cpu / own:.0f} |", flush=True)


if __name__ == "__main__":
    main()
