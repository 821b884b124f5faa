"""Fills a running moto server with messaging, logs, secrets, containers and functions whose verdicts are known.

    python services.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and truth.json into OUT_DIR, as `fleet.py` does.
"""

import io
import sys
import zipfile
from pathlib import Path

from account import Account
from aws import FAIL, OSAKA, PASS, SCANNED, TOKYO, UNKNOWN, Aws, Truth, write_json
from policies import document

QUEUE = "AWS::SQS::Queue"
TOPIC = "AWS::SNS::Topic"
LOG_GROUP = "AWS::Logs::LogGroup"
SECRET = "AWS::SecretsManager::Secret"
REPOSITORY = "AWS::ECR::Repository"
SERVICE = "AWS::ECS::Service"
CLUSTER = "AWS::EKS::Cluster"
FUNCTION = "AWS::Lambda::Function"
DOCUMENT = "AWS::SSM::Document"

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
PUBLIC = "GC-EXP-010"


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=42)
    accounts = [story(aws, truth) for story in STORIES]
    out.mkdir(parents=True, exist_ok=True)
    (out / "accounts.yaml").write_text(accounts_file(accounts), encoding="utf-8")
    (out / "params.yaml").write_text("log_retention_min_days: 400\n", encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


def accounts_file(accounts):
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{a.id}", name: {a.name}, class: {a.account_class} }}' for a in accounts]
    return "\n".join(lines) + "\n"


def allow(action, principal="*", condition=None):
    statement = {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})


class Services(Account):
    """An account in which only these services are judged."""

    def __init__(self, aws, truth, account_id, name, account_class):
        super().__init__(aws, truth, account_id, name, account_class)
        # Guardrails on keys of one's own concern these accounts alone.
        self.own_keys = account_class in ("number-use", "lgwan")

    def key(self, region=TOKYO):
        return self.client("kms", region).create_key(Description="data of the account")["KeyMetadata"]["Arn"]

    def queue(self, name, region=TOKYO, broken=(), statement=None, **attributes):
        if statement:
            attributes["Policy"] = document(statement)
        self.client("sqs", region).create_queue(QueueName=name, Attributes=attributes)
        self.judge_each(["GC-ENC-008", PUBLIC], broken, QUEUE, region, name)

    def topic(self, name, region=TOKYO, broken=(), statement=None, key=None):
        """Without a statement, the topic has the policy of a new one, in moto as on AWS."""
        attributes = {"KmsMasterKeyId": key} if key else {}
        if statement:
            attributes["Policy"] = document(statement)
        self.client("sns", region).create_topic(Name=name, Attributes=attributes)
        self.judge_each(["GC-ENC-009", PUBLIC], broken, TOPIC, region, name)

    def log_group(self, name, region=TOKYO, days=None, key=None, broken=()):
        logs = self.client("logs", region)
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        self.judge_each(["GC-LOG-008"], broken, LOG_GROUP, region, name)
        if self.own_keys:
            self.judge("GC-ENC-014", LOG_GROUP, PASS if key else FAIL, region, name)

    def secret(self, name, region=TOKYO, broken=(), statement=None, key=None, deleted=False):
        manager = self.client("secretsmanager", region)
        settings = {"KmsKeyId": key} if key else {}
        manager.create_secret(Name=name, SecretString="not to be read", **settings)
        if statement:
            manager.put_resource_policy(SecretId=name, ResourcePolicy=document(statement))
        if deleted:
            manager.delete_secret(SecretId=name, RecoveryWindowInDays=7)
            return
        self.judge_each([PUBLIC], set(broken) & {PUBLIC}, SECRET, region, name)
        if self.own_keys:
            self.judge("GC-ENC-015", SECRET, FAIL if "GC-ENC-015" in broken else PASS, region, name)

    def repository(self, name, region=TOKYO, broken=(), statement=None, scan=True, tags="IMMUTABLE", excluded=()):
        ecr = self.client("ecr", region)
        filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in excluded]
        ecr.create_repository(
            repositoryName=name,
            imageTagMutability=tags,
            imageScanningConfiguration={"scanOnPush": scan},
            **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        )
        if statement:
            # A repository's policy names no resource.
            kept = {key: value for key, value in statement.items() if key != "Resource"}
            ecr.set_repository_policy(repositoryName=name, policyText=document(kept))
        self.judge_each(["GC-OPS-002", PUBLIC], broken, REPOSITORY, region, name)

    def registry(self, scan_type, *rules, region=TOKYO):
        """Rules are pairs of frequency and filter."""
        self.client("ecr", region).put_registry_scanning_configuration(
            scanType=scan_type,
            rules=[
                {"scanFrequency": frequency, "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}]}
                for frequency, pattern in rules
            ],
        )

    def ecs_cluster(self, name, region=TOKYO):
        ecs = self.client("ecs", region)
        ecs.create_cluster(clusterName=name)
        container = {"name": "app", "image": "app", "memory": 128}
        ecs.register_task_definition(family="app", networkMode="awsvpc", containerDefinitions=[container])

    def ecs_service(self, cluster, name, region=TOKYO, public=None):
        """`public`: ENABLED, DISABLED, or nothing for a service without a network of its own."""
        settings = {}
        if public:
            ec2 = self.client("ec2", region)
            network = {
                "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
                "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
                "assignPublicIp": public,
            }
            settings = {"networkConfiguration": {"awsvpcConfiguration": network}}
        self.client("ecs", region).create_service(
            cluster=cluster, serviceName=name, taskDefinition="app", desiredCount=1, **settings
        )
        broken = {"GC-EXP-013"} if public == "ENABLED" else ()
        self.judge_each(["GC-EXP-013"], broken, SERVICE, region, f"{cluster}/{name}")

    def eks_cluster(self, name, region=TOKYO, public=False, cidrs=("0.0.0.0/0",), key=None):
        # AWS fills in what is not said, with a public endpoint; moto repeats what was said, so that all of it is.
        network = {
            "subnetIds": [self.client("ec2", region).describe_subnets()["Subnets"][0]["SubnetId"]],
            "endpointPublicAccess": public,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": list(cidrs),
        }
        encryption = [{"resources": ["secrets"], "provider": {"keyArn": key}}] if key else []
        self.client("eks", region).create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{self.id}:role/eks",
            resourcesVpcConfig=network,
            encryptionConfig=encryption,
        )
        broken = ({"GC-EXP-009"} if public else set()) | (set() if key else {"GC-ENC-016"})
        self.judge_each(["GC-EXP-009", "GC-ENC-016"], broken, CLUSTER, region, name)

    def function(self, name, verdict, region=TOKYO, **permission):
        """moto has no ListFunctionUrlConfigs: what else holds, nobody knows of URLs, and no function passes."""
        function = self.client("lambda", region)
        function.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role(),
            Handler="app.handler",
            Code={"ZipFile": code()},
        )
        if permission:
            permission = {"StatementId": "s", "Action": "lambda:InvokeFunction"} | permission
            function.add_permission(FunctionName=name, **permission)
        self.judge("GC-EXP-005", FUNCTION, verdict, region, name)

    def role(self):
        iam = self.client("iam")
        if not any(role["RoleName"] == "app" for role in iam.list_roles()["Roles"]):
            trust = allow("sts:AssumeRole", {"Service": "lambda.amazonaws.com"})
            iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(trust))
        return f"arn:aws:iam::{self.id}:role/app"

    def ssm_document(self, name, region=TOKYO, shared_with=()):
        ssm = self.client("ssm", region)
        content = '{"schemaVersion": "2.2", "description": "d", "mainSteps": []}'
        ssm.create_document(Name=name, Content=content, DocumentType="Command", DocumentFormat="JSON")
        if shared_with:
            ssm.modify_document_permission(
                Name=name, PermissionType="Share", AccountIdsToAdd=list(shared_with)
            )
        broken = {"GC-EXP-011"} if "all" in shared_with else ()
        self.judge_each(["GC-EXP-011"], broken, DOCUMENT, region, name)


def code():
    """The smallest package of a function."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass\n")
    return package.getvalue()


def messages_and_secrets(aws, truth):
    """Number-use: keys of one's own are asked for."""
    account = Services(aws, truth, "111111111111", "juki-prod", "number-use")
    key = account.key()
    from_one_topic = {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:{TOKYO}:{account.id}:notices"}}
    from_own_topics = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{account.id}:*"}}
    from_any_topic = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{TOKYO}:*:*"}}
    over_tls = {"Bool": {"aws:SecureTransport": "true"}}

    account.queue("default")
    account.queue("own-key", KmsMasterKeyId=key)
    account.queue("key-of-aws", OSAKA, KmsMasterKeyId="alias/aws/sqs", SqsManagedSseEnabled="false")
    account.queue("plain", broken={"GC-ENC-008"}, SqsManagedSseEnabled="false")
    account.queue("from-topic", statement=allow("sqs:SendMessage", condition=from_one_topic))
    account.queue("from-own-topics", statement=allow("sqs:SendMessage", condition=from_own_topics))
    account.queue("from-any-topic", broken={PUBLIC}, statement=allow("sqs:SendMessage", condition=from_any_topic))
    account.queue("for-account", statement=allow("sqs:*", {"AWS": "arn:aws:iam::222222222222:root"}))
    account.queue("open", OSAKA, broken={PUBLIC}, statement=allow("sqs:SendMessage"))
    account.queue("open-over-tls", broken={PUBLIC}, statement=allow("sqs:*", {"AWS": "*"}, over_tls))
    account.queue("plain-and-open", broken={"GC-ENC-008", PUBLIC}, statement=allow("sqs:*"), SqsManagedSseEnabled="false")

    account.topic("own-key", key=key)
    account.topic("key-of-aws", OSAKA, key="alias/aws/sns")
    account.topic("plain", broken={"GC-ENC-009"})
    account.topic("for-organization", key=key, statement=allow("sns:Subscribe", condition=ORGANIZATION))
    account.topic("open", key=key, broken={PUBLIC}, statement=allow("sns:Subscribe"))

    account.log_group("year", days=400, key=key)
    account.log_group("for-ever", key=key)
    account.log_group("/aws/lambda/intake")
    account.log_group("too-short", OSAKA, days=365, key=account.key(OSAKA), broken={"GC-LOG-008"})
    account.log_group("a-day", days=1, broken={"GC-LOG-008"})

    account.secret("own-key", key=key)
    account.secret("key-of-aws", broken={"GC-ENC-015"})
    account.secret("key-of-aws-by-alias", OSAKA, key="alias/aws/secretsmanager", broken={"GC-ENC-015"})
    account.secret("for-organization", key=key, statement=allow("secretsmanager:*", condition=ORGANIZATION))
    account.secret("open", key=key, broken={PUBLIC}, statement=allow("secretsmanager:GetSecretValue"))
    account.secret("deleted", deleted=True)
    return account


def containers(aws, truth):
    """Of no class that asks for keys of one's own."""
    account = Services(aws, truth, "222222222222", "portal-prod", "internet-facing")

    # In Tokyo, rules of the registry under basic scanning.
    account.registry("BASIC", ("SCAN_ON_PUSH", "*tax"), ("SCAN_ON_PUSH", "portal"))
    account.repository("own-scan")
    account.repository("town/tax", scan=False)
    account.repository("town/tax-batch", scan=False, broken={"GC-OPS-002"})
    account.repository("my-portal-app", scan=False)
    account.repository("movable", tags="MUTABLE", broken={"GC-OPS-002"})
    account.repository("for-developers", tags="IMMUTABLE_WITH_EXCLUSION", excluded=["dev-*"])
    account.repository("for-nobody", tags="IMMUTABLE_WITH_EXCLUSION", excluded=["*"], broken={"GC-OPS-002"})
    account.repository("releases", tags="MUTABLE_WITH_EXCLUSION", excluded=["v*"], broken={"GC-OPS-002"})
    account.repository("for-organization", statement=allow("ecr:BatchGetImage", condition=ORGANIZATION))
    account.repository("open", statement=allow("ecr:BatchGetImage"), broken={PUBLIC})

    # In Osaka, Amazon Inspector, which does not look at the repository's own setting.
    account.registry("ENHANCED", ("CONTINUOUS_SCAN", "prod*"), ("SCAN_ON_PUSH", "*stage"), region=OSAKA)
    account.repository("prod-web", OSAKA, scan=False)
    account.repository("web-stage", OSAKA, scan=False)
    account.repository("web-test", OSAKA, broken={"GC-OPS-002"})

    for cluster in ("town", "back-office"):
        account.ecs_cluster(cluster)
    account.ecs_service("town", "intake", public="DISABLED")
    account.ecs_service("town", "open", public="ENABLED")
    account.ecs_service("back-office", "intake")
    # More than one call may ask about.
    for number in range(12):
        account.ecs_service("back-office", f"batch-{number}", public="ENABLED" if number == 11 else "DISABLED")

    key = account.key()
    account.eks_cluster("private", key=key)
    account.eks_cluster("public", public=True, key=key)
    account.eks_cluster("office-only", public=True, cidrs=["192.0.2.0/24"], key=key)
    account.eks_cluster("key-of-aws", OSAKA)
    return account


def functions_and_documents(aws, truth):
    account = Services(aws, truth, "333333333333", "tools", "cicd")
    bucket = {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::uploads"}

    account.function("alone", UNKNOWN)
    account.function("for-bucket", UNKNOWN, SourceAccount=account.id, **bucket)
    account.function("for-any-bucket-of-that-name", FAIL, **bucket)
    account.function("open", FAIL, OSAKA, Principal="*")

    account.ssm_document("own")
    account.ssm_document("agreed", OSAKA, shared_with=["111111111111", "222222222222"])
    account.ssm_document("open", shared_with=["all"])
    # More than a page of the listing.
    for number in range(60):
        account.ssm_document(f"runbook-{number:02}", OSAKA)
    return account


STORIES = (messages_and_secrets, containers, functions_and_documents)

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
