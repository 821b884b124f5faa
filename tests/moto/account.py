"""An account of the fleet: its global resources, its buckets, and its places (regions)."""

from aws import FAIL, GLOBAL, NOT_APPLICABLE, PASS, SCANNED, TOKYO
from place import Place
from policies import deny_plain_http, document

ACCOUNT = "AWS::::Account"
BUCKET = "AWS::S3::Bucket"
KEY = "AWS::IAM::AccessKey"
TRAIL = "AWS::CloudTrail::Trail"

ALL_MANAGEMENT_EVENTS = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]


class Account:
    """One account: its global resources, and its places (regions)."""

    def __init__(self, aws, truth, account_id, name, account_class):
        self.aws, self.truth = aws, truth
        self.id, self.name, self.account_class = account_id, name, account_class
        self.credentials = aws.assume(account_id)
        self.clients = {}
        self.places = {}
        self.keys_seen = False
        self.filled_regions = set()

    # Plumbing.

    def client(self, service, region=TOKYO):
        if (service, region) not in self.clients:
            self.clients[service, region] = self.aws.client(service, region, *self.credentials)
        return self.clients[service, region]

    def place(self, region):
        if region not in self.places:
            self.places[region] = Place(self, region)
        return self.places[region]

    def judge(self, alias, kind, verdict, region=GLOBAL, name=None):
        self.truth.add(alias, self.id, region, kind, name or self.id, verdict)

    def judge_each(self, aliases, broken, kind, region, name, exempt=()):
        unknown_names = set(broken) - set(aliases)
        if unknown_names:
            raise ValueError(f"not judged on {kind}: {sorted(unknown_names)}")
        for alias in aliases:
            verdict = FAIL if alias in broken else NOT_APPLICABLE if alias in exempt else PASS
            self.judge(alias, kind, verdict, region, name)

    # Account-wide settings.

    def summary(self):
        # AWS: AccountMFAEnabled is 1 once the root user has a device, and AccountPasswordPresent is there too.
        # moto: the first is a constant 0, the second is missing. No account of the fleet can keep GC-IAM-001.
        self.judge("GC-IAM-001", ACCOUNT, FAIL)
        # AWS counts the root user's keys. moto: a constant 0. No account of the fleet can break GC-IAM-003.
        self.judge("GC-IAM-003", ACCOUNT, PASS)

    def password_policy(self, verdict, **settings):
        if settings:
            self.client("iam").update_account_password_policy(**settings)
        self.judge("GC-IAM-011", ACCOUNT, verdict)

    def block_public_access(self, verdict, **flags):
        if flags:
            self.client("s3control").put_public_access_block(
                AccountId=self.id, PublicAccessBlockConfiguration=_four_flags(flags)
            )
        self.judge("GC-S3-001", "AWS::S3::AccountPublicAccessBlock", verdict)

    # IAM.

    def user(self, name, password=None, mfa=False, broken=(), exempt=("GC-IAM-004",)):
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if password:
            iam.create_login_profile(UserName=name, Password=password)
            exempt = ()
        if mfa:
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(
                UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
        self.judge_each(["GC-IAM-004"], broken, "AWS::IAM::User", GLOBAL, name, exempt)

    def access_key(self, user, active):
        """A key is always young here: moto does not let CreateDate be set back. See `fleet.py` for its age."""
        iam = self.client("iam")
        key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        if not active:
            iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
        self.keys_seen = True
        broken, exempt = ({"GC-IAM-006"}, ()) if active else ((), {"GC-IAM-007"})
        self.judge_each(["GC-IAM-006", "GC-IAM-007"], broken, KEY, GLOBAL, key, exempt)

    # S3.

    BUCKET_ALIASES = ("GC-REG-001", "GC-S3-002", "GC-S3-003", "GC-S3-004", "GC-S3-005")

    def bucket(self, name, region=TOKYO, broken=(), block=(), encryption=("AES256", None), acl=None, statements=None):
        """Flags of `block` are true unless given, and None is no block. `statements`: None refuses plain HTTP."""
        s3 = self.client("s3", region)
        create = {"Bucket": name, "ObjectOwnership": "ObjectWriter" if acl else "BucketOwnerEnforced"}
        if region != "us-east-1":
            create["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(**create)
        if acl:
            s3.put_bucket_acl(Bucket=name, ACL=acl)
        statements = [deny_plain_http(name)] if statements is None else statements
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
        # The block comes after policy and ACL, as AWS would refuse to set public ones behind it.
        if block is not None:
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=_four_flags(dict(block)))
        if encryption:
            rule = {"SSEAlgorithm": encryption[0]}
            if encryption[1]:
                rule["KMSMasterKeyID"] = encryption[1]
            s3.put_bucket_encryption(
                Bucket=name,
                ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
            )
        self.judge_each(self.BUCKET_ALIASES, broken, BUCKET, region, name)

    def tag_bucket(self, name):
        """A trap: moto's tag:GetResources lists a tagged bucket in every region, AWS's in its own."""
        self.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "System", "Value": "logs"}]})

    # Trails.

    def trail(self, name, bucket, home=TOKYO, multi_region=True, logging=True, broken=(), validation=True,
              selectors=ALL_MANAGEMENT_EVENTS, advanced=None):
        """A trail is reported once, with its home region, also where the home is not scanned."""
        client = self.client("cloudtrail", home)
        client.create_trail(
            Name=name,
            S3BucketName=bucket,
            IsMultiRegionTrail=multi_region,
            IncludeGlobalServiceEvents=multi_region,
            EnableLogFileValidation=validation,
        )
        # AWS gives every trail the selector for all management events; moto gives none, so it is always put.
        if advanced:
            client.put_event_selectors(TrailName=name, AdvancedEventSelectors=advanced)
        else:
            client.put_event_selectors(TrailName=name, EventSelectors=selectors)
        if logging:
            client.start_logging(Name=name)
        self.judge_each(["GC-LOG-002", "GC-LOG-003"], broken, TRAIL, home, name)

    def multi_region_trail(self, verdict):
        self.judge("GC-LOG-001", TRAIL, verdict)

    def no_trail(self):
        for alias in ("GC-LOG-001", "GC-LOG-002", "GC-LOG-003"):
            self.judge(alias, TRAIL, FAIL)

    # The end of an account's story: the verdicts on what is not there.

    def close(self):
        if not self.keys_seen:
            self.judge("GC-IAM-006", KEY, PASS)
        for region in SCANNED:
            self.place(region).close()
        self._judge_regions()

    def _judge_regions(self):
        for region in self.client("ec2").describe_regions(AllRegions=True)["Regions"]:
            name = region["RegionName"]
            if name in SCANNED:
                verdict = NOT_APPLICABLE
            elif region["OptInStatus"] == "not-opted-in":
                verdict = PASS
            else:
                verdict = FAIL if name in self.filled_regions else PASS
            self.judge("GC-REG-001", "AWS::::Region", verdict, name, name)


def _four_flags(flags):
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {name: flags.get(name, True) for name in names}
