"""Fills a running moto server with accounts whose buckets, keys, trails and copies have known verdicts.

    python storage.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and truth.json into OUT_DIR, as `fleet.py` does.
"""

import sys
from pathlib import Path

from account import BUCKET, TRAIL, Account
from aws import FAIL, LISTED, NOT_APPLICABLE, OSAKA, PASS, SCANNED, TOKYO, UNKNOWN, Aws, Truth, write_json
from policies import allow_read, document, objects_only

STRANGER = "210987654321"
VIRGINIA = "us-east-1"
KEY = "AWS::KMS::Key"
ALL_OBJECTS = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=7)
    accounts = [story(aws, truth) for story in (residents, files, new_tenant)]
    out.mkdir(parents=True, exist_ok=True)
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{a.id}", name: {a.name}, class: {a.account_class} }}' for a in accounts]
    (out / "accounts.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    params = [f'{name}: ["{LISTED}"]' for name in ("bucket_account_ids", "kms_key_account_ids")]
    params.append('bucket_principals_outside_vpc: ["arn:aws:iam::*:role/break-glass"]')
    (out / "params.yaml").write_text("\n".join(params) + "\n", encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


class Storage(Account):
    """An account of which only buckets, keys, trails and copies are judged."""

    def __init__(self, aws, truth, account_id, name, account_class):
        super().__init__(aws, truth, account_id, name, account_class)
        self.data_key = self.key() if self.number_use else None

    @property
    def number_use(self):
        return self.account_class == "number-use"

    # Keys. moto has no keys of AWS's own, and its alias/aws/* lead nowhere.

    def key(self, region=TOKYO, rotated=True, policy=None, broken=(), exempt=(), state=None, **settings):
        """`state`: disabled | deleting."""
        kms = self.client("kms", region)
        if policy:
            settings["Policy"] = document(policy)
        made = kms.create_key(Description="data", **settings)["KeyMetadata"]
        if rotated:
            kms.enable_key_rotation(KeyId=made["KeyId"])
        if state == "disabled":
            kms.disable_key(KeyId=made["KeyId"])
        if state == "deleting":
            kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
        aliases = ["GC-KMS-002", "GC-KMS-003", "GC-KMS-004"]
        self.judge_each(aliases, broken, KEY, region, made["KeyId"], exempt)
        return made["Arn"]

    def volume(self, verdict, **settings):
        made = self.client("ec2").create_volume(AvailabilityZone=f"{TOKYO}a", Size=1, **settings)
        self.judge("GC-KMS-001", "AWS::EC2::Volume", verdict, TOKYO, made["VolumeId"])

    # Buckets.

    ALIASES = ("GC-S3-006", "GC-S3-007", "GC-S3-008", "GC-S3-009", "GC-S3-010", "GC-S3-011")

    def store(self, name, region=TOKYO, broken=(), versioned="Enabled", ownership="BucketOwnerEnforced", logs_to=None,
              rule="Enabled", lock=None, tags=(), statements=None, key=None, audit=False, unknown=()):
        """A bucket that keeps everything but what the caller takes away."""
        s3 = self.client("s3", region)
        create = {"Bucket": name, "ObjectOwnership": ownership, "ObjectLockEnabledForBucket": lock is not None}
        if region != "us-east-1":
            create["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(**create)
        if versioned and lock is None:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioned})
        if lock:
            configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": lock}}
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=configuration)
        if rule:
            rules = [{"ID": "end", "Status": rule, "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": list(tags)})
        if statements is None:
            statements = [deny_outside(name)] if self.number_use else []
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
        if logs_to:
            enabled = {"TargetBucket": logs_to, "TargetPrefix": f"{name}/"}
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": enabled})
        aliases = self.ALIASES
        if self.number_use:
            self.encrypt(s3, name, key or self.data_key)
            aliases += ("GC-S3-012", "GC-KMS-001")
        exempt = () if audit else ("GC-S3-010",)
        # AWS: the answer of GetBucketVersioning is a VersioningConfiguration. moto calls it otherwise, and no SDK of AWS
        # but Python's takes it, so that nothing but Object Lock tells of versions.
        unknown = set(unknown) | (set() if lock is not None else {"GC-S3-006"})
        broken = set(broken) - unknown
        for alias in aliases:
            verdict = FAIL if alias in broken else UNKNOWN if alias in unknown else PASS
            self.judge(alias, BUCKET, NOT_APPLICABLE if alias in exempt else verdict, region, name)

    def encrypt(self, s3, name, key):
        rule = {"SSEAlgorithm": "AES256"} if key == "AES256" else {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)

    def replicate(self, name, verdict, *destinations, region=TOKYO, disabled=()):
        rules = [
            {
                "ID": f"rule-{number}",
                "Priority": number,
                "Status": "Disabled" if to in disabled else "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{to}"},
            }
            for number, to in enumerate(destinations, 1)
        ]
        configuration = {"Role": f"arn:aws:iam::{self.id}:role/replication", "Rules": rules}
        self.client("s3", region).put_bucket_replication(Bucket=name, ReplicationConfiguration=configuration)
        self.judge("GC-REG-003", BUCKET, verdict, region, name)

    def replicate_images(self, verdict, *regions, region=TOKYO):
        destinations = [{"region": to, "registryId": self.id} for to in regions]
        rules = [{"destinations": destinations}] if destinations else []
        self.client("ecr", region).put_replication_configuration(replicationConfiguration={"rules": rules})
        self.judge("GC-REG-003", "AWS::ECR::ReplicationConfiguration", verdict, region, self.id)

    # Trails.

    def record(self, name, bucket, selectors=None, advanced=None, home=TOKYO, multi_region=True, key=None, group=None):
        """moto has no LatestCloudWatchLogsDeliveryTime: no trail of a fleet can keep GC-LOG-005."""
        client = self.client("cloudtrail", home)
        settings = {"KmsKeyId": key} if key else {}
        if group:
            settings["CloudWatchLogsLogGroupArn"] = f"arn:aws:logs:{home}:{self.id}:log-group:{group}:*"
            settings["CloudWatchLogsRoleArn"] = f"arn:aws:iam::{self.id}:role/{group}"
        client.create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=multi_region,
                            IncludeGlobalServiceEvents=multi_region, **settings)
        if selectors:
            client.put_event_selectors(TrailName=name, EventSelectors=selectors)
        if advanced:
            client.put_event_selectors(TrailName=name, AdvancedEventSelectors=advanced)
        client.start_logging(Name=name)
        self.judge("GC-LOG-004", TRAIL, PASS if key else FAIL, home, name)
        self.judge("GC-LOG-005", TRAIL, FAIL, home, name)

    def deliver_config_to(self, bucket, region):
        config = self.client("config", region)
        role = f"arn:aws:iam::{self.id}:role/config"
        recorder = {"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}
        config.put_configuration_recorder(ConfigurationRecorder=recorder)
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket})


# Statements.


def deny_outside(bucket, more=None, **changes):
    """The statement that refuses whatever does not come through the endpoint; `changes` weaken it."""
    statement = {
        "Sid": "EndpointOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}} | (more or {}),
    }
    return statement | changes


def take_logs(bucket):
    return {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        # moto takes one text here, no list.
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


def owner(account_id):
    root = {"AWS": f"arn:aws:iam::{account_id}:root"}
    return {"Sid": "Owner", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}


def everyone(condition=None):
    statement = {"Sid": "All", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})


# The accounts.


def residents(aws, truth):
    """Number-use: keys of every kind, buckets behind the endpoint and not, one trail for all objects."""
    account = Storage(aws, truth, "111111111111", "residents", "number-use")
    data = account.data_key
    kms = account.client("kms")
    kms.create_alias(AliasName="alias/data", TargetKeyId=data)
    account.key(rotated=False, broken={"GC-KMS-002"})
    disabled = account.key(state="disabled")
    deleting = account.key(state="deleting", broken={"GC-KMS-004"}, exempt={"GC-KMS-002"})
    account.key(rotated=False, exempt={"GC-KMS-002"}, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    account.key(OSAKA, policy=everyone(), broken={"GC-KMS-003"})
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}
    account.key(OSAKA, policy=everyone(through_s3), broken={"GC-KMS-003"})
    callers = {"StringEquals": {"kms:CallerAccount": account.id}}
    account.key(OSAKA, policy=everyone(callers))
    osaka = account.key(OSAKA, policy=owner(account.id))

    account.volume(PASS, Encrypted=True, KmsKeyId=data)
    account.volume(FAIL, Encrypted=False)
    account.volume(FAIL, Encrypted=True, KmsKeyId=disabled)
    account.volume(FAIL, Encrypted=True, KmsKeyId=deleting)
    account.volume(UNKNOWN, Encrypted=True, KmsKeyId=f"arn:aws:kms:{TOKYO}:{STRANGER}:key/theirs")
    account.volume(PASS, Encrypted=True, KmsKeyId=f"arn:aws:kms:{TOKYO}:{LISTED}:key/shared")

    account.store("residents")
    account.store("residents-by-alias", key="alias/data")
    account.store("residents-osaka", OSAKA, key=osaka)
    account.store("residents-key-of-tokyo", OSAKA, key=data.split("/")[1], broken={"GC-KMS-001"})
    account.store("residents-aes", key="AES256", broken={"GC-KMS-001"})
    account.store("residents-aws-key", key="alias/aws/s3", broken={"GC-KMS-001"})
    # Nobody looked for keys there.
    account.store("residents-virginia", VIRGINIA, unknown={"GC-KMS-001"})

    def policy(name, *statements, broken=()):
        account.store(name, statements=list(statements), broken=broken)

    open_to_the_world = {"GC-S3-012"}
    policy("open-no-policy", broken=open_to_the_world)
    name = "closed-but-for-services"
    policy(name, deny_outside(name, {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}))
    name = "closed-but-for-a-listed-role"
    policy(name, deny_outside(name, {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account.id}:role/break-glass"}}))
    name = "open-to-a-role"
    policy(name, deny_outside(name, {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account.id}:role/batch"}}),
           broken=open_to_the_world)
    name = "open-to-an-office"
    policy(name, deny_outside(name, {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), broken=open_to_the_world)
    name = "open-to-any-endpoint"
    policy(name, deny_outside(name, Condition={"StringNotLike": {"aws:SourceVpce": "*"}}), broken=open_to_the_world)
    name = "open-for-lists"
    policy(name, deny_outside(name, Resource=objects_only(name)), broken=open_to_the_world)

    account.replicate("residents", PASS, "residents-osaka")
    account.replicate("residents-by-alias", FAIL, "residents-osaka", "residents-virginia")
    account.replicate("residents-aes", PASS, "residents-osaka", "residents-virginia", disabled={"residents-virginia"})
    account.replicate("residents-aws-key", UNKNOWN, "somebody-elses-bucket")
    account.replicate_images(PASS, OSAKA)

    # The bucket of the trail is in the other region, and that of Config at home.
    account.store("trail-residents", OSAKA, key=osaka, audit=True, lock={"Mode": "COMPLIANCE", "Years": 1})
    account.store("config-residents", audit=True, broken={"GC-S3-010"})
    account.deliver_config_to("config-residents", OSAKA)
    everything = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": ALL_OBJECTS}]
    account.record("all", "trail-residents", everything, key=data, group="trail")
    account.judge("GC-LOG-007", TRAIL, PASS)
    return account


def files(aws, truth):
    """General: buckets as they should and should not be, logged one by one."""
    account = Storage(aws, truth, "222222222222", "files", "general")
    # What receives logs needs none.
    account.store("logs", statements=[take_logs("logs")])
    account.store("logs-osaka", OSAKA, statements=[take_logs("logs-osaka")], broken={"GC-S3-007"})

    account.store("kept", logs_to="logs")
    account.store("suspended", logs_to="logs", versioned="Suspended", broken={"GC-S3-006"})
    account.store("never-versioned", logs_to="logs", versioned=None, broken={"GC-S3-006"})
    account.store("owned-by-writers", logs_to="logs", ownership="ObjectWriter", broken={"GC-S3-008"})
    account.store("owner-preferred", logs_to="logs", ownership="BucketOwnerPreferred", broken={"GC-S3-008"})
    account.store("for-ever", logs_to="logs", rule=None, broken={"GC-S3-011"})
    account.store("rule-off", logs_to="logs", rule="Disabled", broken={"GC-S3-011"})

    account.store("unlogged", broken={"GC-S3-007"})
    account.store("recorded")
    account.store("recorded-writes", broken={"GC-S3-007"})
    account.store("recorded-elsewhere", OSAKA, broken={"GC-S3-007"})
    account.store("recorded-twice", OSAKA)

    def shared(name, *principals, broken=(), action=None):
        statement = allow_read(name, {"AWS": list(principals)})
        account.store(name, logs_to="logs", statements=[statement | ({"Action": action} if action else {})], broken=broken)

    shared("shared-with-listed", f"arn:aws:iam::{LISTED}:role/export", LISTED)
    shared("shared-with-self", f"arn:aws:iam::{account.id}:role/batch")
    shared("shared-with-stranger", f"arn:aws:iam::{STRANGER}:root", broken={"GC-S3-009"})
    shared("shared-with-both", f"arn:aws:iam::{LISTED}:root", STRANGER, broken={"GC-S3-009"})
    shared("handed-over", LISTED, broken={"GC-S3-009"}, action=["s3:GetObject", "s3:PutBucketPolicy"])
    shared("log-of-load-balancers", "arn:aws:iam::582318560864:root", action="s3:PutObject")

    tag = [{"Key": "DataType", "Value": "audit"}]
    locked = {"Mode": "GOVERNANCE", "Days": 30}
    account.store("evidence", logs_to="logs", tags=tag, audit=True, lock=locked)
    account.store("evidence-unlocked", logs_to="logs", tags=tag, audit=True, broken={"GC-S3-010"})
    account.store("evidence-no-retention", logs_to="logs", tags=tag, audit=True, lock={}, broken={"GC-S3-010"})
    account.store("trail-files", logs_to="logs", audit=True, broken={"GC-S3-010"})

    def objects(kind, *buckets):
        values = [f"arn:aws:s3:::{bucket}/" for bucket in buckets]
        data = [{"Type": "AWS::S3::Object", "Values": values}]
        return [{"ReadWriteType": kind, "IncludeManagementEvents": True, "DataResources": data}]

    account.record("some", "trail-files", objects("All", "recorded"), multi_region=False)
    account.record("writes", "trail-files", objects("WriteOnly", "recorded-writes", "recorded-twice"), group="trail")
    # The reads of one bucket, by an advanced selector of a trail at home in its region.
    reads = [{"Name": "reads", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "readOnly", "Equals": ["true"]},
        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::recorded-twice/"]},
    ]}]
    account.record("reads", "trail-files", advanced=reads, home=OSAKA, multi_region=False)
    account.record("elsewhere", "trail-files", objects("All", "recorded-elsewhere"), multi_region=False)
    account.replicate_images(FAIL, OSAKA, VIRGINIA)
    return account


def new_tenant(aws, truth):
    """General: nothing is there."""
    account = Storage(aws, truth, "333333333333", "new-tenant", "general")
    for alias in ("GC-LOG-004", "GC-LOG-005"):
        account.judge(alias, TRAIL, FAIL)
    return account


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
