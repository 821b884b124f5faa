"""Fills a running moto server with a fleet of accounts whose verdicts are known.

    python fleet.py http://127.0.0.1:5000 OUT_DIR

writes into OUT_DIR what a test needs: accounts.yaml, params.yaml and the verdicts it must lead to (truth.json), and
params_zero_age.yaml with truth_zero_age.json: under `access_key_max_age_days: 0` every active key is too old, which is
how GC-IAM-007 is broken, since moto does not let a key's CreateDate be set back.

Each row of a truth must be reported with its verdict. A finding that is in no row must be not_applicable.
"""

import sys
from pathlib import Path

import buckets
from account import Account
from aws import FAIL, LISTED, OSAKA, PASS, SCANNED, TOKYO, WORLD, Aws, Truth, write_json

STRANGER = "210987654321"
WORLD6 = "::/0"
HALVES = ("0.0.0.0/1", "128.0.0.0/1")
STRONG_PASSWORDS = {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}
DETECTOR = {"Enable": True, "FindingPublishingFrequency": "FIFTEEN_MINUTES"}
SSH_AND_HIGH_RISK = {"GC-NET-006", "GC-NET-007"}


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=42)
    accounts = [story(Start(aws, truth)) for story in STORIES]
    for account in accounts:
        account.close()
    out.mkdir(parents=True, exist_ok=True)
    (out / "accounts.yaml").write_text(accounts_file(accounts), encoding="utf-8")
    (out / "params.yaml").write_text(params_file(), encoding="utf-8")
    (out / "params_zero_age.yaml").write_text(params_file(access_key_max_age_days=0), encoding="utf-8")
    write_json(out / "truth.json", truth.flat())
    write_json(out / "truth_zero_age.json", zero_age(truth))


def accounts_file(accounts):
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{a.id}", name: {a.name}, class: {a.account_class} }}' for a in accounts]
    return "\n".join(lines) + "\n"


def params_file(**more):
    lines = [f'shared_account_ids: ["{LISTED}"]'] + [f"{name}: {value}" for name, value in more.items()]
    return "\n".join(lines) + "\n"


def zero_age(truth):
    rows = truth.flat(keep=lambda alias: alias == "GC-IAM-007")
    return [row | {"verdict": FAIL} if row["verdict"] == PASS else row for row in rows]


class Start:
    """Opens an account. `tidy` settles everything that an account's own story does not tell."""

    def __init__(self, aws, truth):
        self.aws, self.truth = aws, truth

    def account(self, account_id, name, account_class):
        account = Account(self.aws, self.truth, account_id, name, account_class)
        account.summary()
        return account


def tidy(account, told=()):
    """Settles as kept whatever is not in `told`: a subject, or a subject with its region."""

    def untold(subject, region=None):
        return subject not in told and (subject, region) not in told

    if untold("passwords"):
        account.password_policy(PASS, **STRONG_PASSWORDS)
    if untold("block"):
        account.block_public_access(PASS, BlockPublicAcls=True)
    if untold("log bucket"):
        account.bucket(log_bucket(account), encryption=encryption_for(account))
    if untold("trail"):
        account.trail("all-regions", log_bucket(account))
        account.multi_region_trail(PASS)
    for region in SCANNED:
        place = account.place(region)
        if untold("ebs", region):
            place.ebs_encryption(on=True)
        if untold("config", region):
            place.config_recorder(PASS)
        if untold("guardduty", region):
            place.guardduty(PASS, **DETECTOR)
        if untold("hub", region):
            place.security_hub(on=True)
        if untold("default vpc", region):
            place.default_vpc()


def log_bucket(account):
    return f"trail-{account.id}"


def encryption_for(account):
    """Number-use accounts must use a key of their own."""
    return ("aws:kms", customer_key(account)) if account.account_class == "number-use" else ("AES256", None)


def customer_key(account, region=TOKYO):
    return account.client("kms", region).create_key(Description="data of the account")["KeyMetadata"]["Arn"]


# The accounts.


def open_to_the_internet(start):
    """Number-use, and every kind of gateway is there, in use or lying about."""
    account = start.account("111111111111", "juki-prod", "number-use")
    tidy(account)
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)

    vpc = tokyo.vpc(ipv6=True)
    gateway = tokyo.internet_gateway(vpc)
    egress_only = tokyo.egress_only_gateway(vpc)
    carrier = tokyo.carrier_gateway(vpc)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "GatewayId": gateway}], FAIL)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": half, "GatewayId": gateway} for half in HALVES], FAIL)
    tokyo.route_table(vpc, [{"DestinationIpv6CidrBlock": WORLD6, "GatewayId": gateway}], FAIL)
    tokyo.route_table(vpc, [{"DestinationIpv6CidrBlock": WORLD6, "EgressOnlyInternetGatewayId": egress_only}], FAIL)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "CarrierGatewayId": carrier}], FAIL)
    everywhere = tokyo.prefix_list("everywhere", HALVES)
    tokyo.route_table(vpc, [{"DestinationPrefixListId": everywhere, "GatewayId": gateway}], FAIL)
    tokyo.route_table(vpc)

    osaka.internet_gateway()
    return account


def behind_nat(start):
    """Number-use: a public NAT gateway beside private ones, and KMS keys of every kind."""
    account = start.account("222222222222", "zei-prod", "number-use")
    tidy(account, told={"trail", "default vpc"})
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)

    vpc = tokyo.vpc()
    subnet = tokyo.subnet(vpc)
    # AWS makes no public NAT gateway in a VPC without an internet gateway.
    tokyo.internet_gateway(vpc)
    public = tokyo.nat_gateway(subnet, public=True)
    private = tokyo.nat_gateway(subnet, public=False)
    tokyo.nat_gateway(subnet, public=True, deleted=True)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "NatGatewayId": public}], FAIL)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": half, "NatGatewayId": public} for half in HALVES], FAIL)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "NatGatewayId": private}])
    tokyo.default_vpc(keep=True)

    vpc = osaka.vpc()
    osaka.nat_gateway(osaka.subnet(vpc), public=False)
    osaka.route_table(vpc, [{"DestinationCidrBlock": WORLD, "TransitGatewayId": osaka.transit_gateway()}])
    osaka.default_vpc()

    key = customer_key(account)
    account.bucket("zei-customer-key", encryption=("aws:kms", key))
    account.bucket("zei-customer-key-twice", encryption=("aws:kms:dsse", key))
    account.bucket("zei-customer-key-osaka", OSAKA, encryption=("aws:kms", customer_key(account, OSAKA)))
    account.bucket("zei-aes", encryption=("AES256", None), broken={"GC-S3-004"})
    account.bucket("zei-aws-key", encryption=("aws:kms", None), broken={"GC-S3-004"})
    account.bucket("zei-aws-key-by-alias", encryption=("aws:kms", "alias/aws/s3"), broken={"GC-S3-004"})
    # AWS encrypts every bucket with AES256 at least; a moto bucket has nothing.
    account.bucket("zei-nothing", encryption=None, broken={"GC-S3-004"})

    # Reading is not recorded.
    read_only = [{"Name": "reads", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "readOnly", "Equals": ["true"]},
    ]}]
    account.trail("reads-only", log_bucket(account), advanced=read_only)
    account.multi_region_trail(FAIL)
    return account


def closed(start):
    """Number-use, and nearly all is as it must be. Its trail is at home in Osaka."""
    account = start.account("333333333333", "juki-standby", "number-use")
    tidy(account, told={"trail"})
    tokyo = account.place(TOKYO)
    vpc = tokyo.vpc()
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "TransitGatewayId": tokyo.transit_gateway()}])
    tokyo.security_group(vpc, "from-the-terminals", tcp(443, 443, cidrs=["10.0.0.0/8"]))
    tokyo.snapshot(tokyo.volume(encrypted=True))
    account.user("breakglass", password="long-enough-14", mfa=True)
    account.trail("osaka-all-regions", log_bucket(account), home=OSAKA)
    account.multi_region_trail(PASS)
    return account


def doors(start):
    """LGWAN: security groups that open in every way, and their harmless twins."""
    account = start.account("444444444444", "lgwan-portal", "lgwan")
    tidy(account, told={"trail"})
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)
    both, high_risk = SSH_AND_HIGH_RISK, {"GC-NET-007"}

    vpc = tokyo.vpc(default_group="as-created", ipv6=True)
    tokyo.vpc(default_group="self-reference")
    tokyo.vpc(default_group="ipv6-egress")

    def group(name, *rules, broken=()):
        tokyo.security_group(vpc, name, *rules, broken=broken)

    group("ssh-v4", tcp(22, 22, cidrs=[WORLD]), broken=both)
    group("ssh-v6", tcp(22, 22, cidrs6=[WORLD6]), broken=both)
    group("ssh-v6-unicast", tcp(22, 22, cidrs6=["2000::/3"]), broken=both)
    group("rdp-v4", tcp(3389, 3389, cidrs=[WORLD]), broken=both)
    group("rdp-udp", {"IpProtocol": "udp", "FromPort": 3389, "ToPort": 3389, "IpRanges": ranges([WORLD])}, broken=both)
    group("ssh-halves", tcp(22, 22, cidrs=HALVES), broken=both)
    group("ssh-one-half", tcp(22, 22, cidrs=[HALVES[1]]), broken=both)
    group("ssh-quarters-of-two-rules", tcp(20, 25, cidrs=["0.0.0.0/2"]), tcp(22, 22, cidrs=["64.0.0.0/2"]), broken=both)
    group("ssh-in-range", tcp(0, 65535, cidrs=[WORLD]), broken=both)
    group("ssh-in-narrow-range", tcp(20, 30, cidrs=[WORLD]), broken=both)
    group("all-protocols", {"IpProtocol": "-1", "IpRanges": ranges([WORLD])}, broken=both)
    group("all-protocols-v6", {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": WORLD6}]}, broken=both)
    group("one-bad-rule-of-three", tcp(443, 443, cidrs=[WORLD]), tcp(22, 22, cidrs=["10.0.0.0/8"]),
          tcp(22, 22, cidrs=["192.0.2.7/32", WORLD]), broken=both)
    group("ssh-prefix-list", tcp(22, 22, lists=[tokyo.prefix_list("anyone", [WORLD])]), broken=both)
    group("ssh-prefix-list-halves", tcp(22, 22, lists=[tokyo.prefix_list("anyone-in-halves", HALVES)]), broken=both)
    group("ssh-prefix-list-v6", tcp(22, 22, lists=[tokyo.prefix_list("anyone-v6", [WORLD6], "IPv6")]), broken=both)
    group("mysql-v4", tcp(3306, 3306, cidrs=[WORLD]), broken=high_risk)
    group("postgres-v6", tcp(5432, 5432, cidrs6=[WORLD6]), broken=high_risk)
    group("high-range", tcp(8000, 9999, cidrs=HALVES), broken=high_risk)
    group("elastic-prefix-list", tcp(9200, 9300, lists=[tokyo.prefix_list("all", [WORLD])]), broken=high_risk)

    group("nothing")
    group("web", tcp(443, 443, cidrs=[WORLD], cidrs6=[WORLD6]))
    group("ephemeral", tcp(10000, 65535, cidrs=[WORLD]))
    group("ping", {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": ranges([WORLD])})
    group("ssh-office", tcp(22, 22, cidrs=["198.51.100.0/24", "10.0.0.0/8"]))
    group("ssh-one-quarter", tcp(22, 22, cidrs=["64.0.0.0/2"]))
    group("ssh-office-list", tcp(22, 22, lists=[tokyo.prefix_list("office", ["198.51.100.0/24"])]))
    cloudfront = tokyo.aws_prefix_list("com.amazonaws.global.cloudfront.origin-facing")
    group("origin-of-cloudfront", tcp(8080, 8080, lists=[cloudfront]))
    bastion = tokyo.security_group(vpc, "bastion")
    group("ssh-from-bastion", tcp(22, 22, groups=[bastion]))

    # The list of the same name holds something else in each region.
    vpc = osaka.vpc()
    osaka.security_group(vpc, "ssh-prefix-list", tcp(22, 22, lists=[osaka.prefix_list("anyone", ["10.0.0.0/8"])]))
    osaka.security_group(vpc, "rdp-v6", tcp(3389, 3389, cidrs6=[WORLD6]), broken=both)

    # A trail per region is not a trail of all regions.
    account.trail("tokyo-only", log_bucket(account), multi_region=False)
    account.trail("osaka-only", log_bucket(account), home=OSAKA, multi_region=False)
    account.multi_region_trail(FAIL)
    return account


def people(start):
    """LGWAN: users, their MFA devices and their keys."""
    account = start.account("555555555555", "lgwan-staff", "lgwan")
    tidy(account, told={"passwords", "trail"})
    account.user("console-with-mfa", password="long-enough-14", mfa=True)
    account.user("console-without-mfa", password="long-enough-14", broken={"GC-IAM-004"})
    account.user("mfa-but-no-console", mfa=True)
    account.user("neither")
    account.user("console-and-keys", password="long-enough-14", broken={"GC-IAM-004"})
    account.access_key("console-and-keys", active=True)
    account.user("batch")
    account.access_key("batch", active=True)
    account.access_key("batch", active=False)
    account.user("retired-batch")
    account.access_key("retired-batch", active=False)
    account.password_policy(FAIL, MinimumPasswordLength=8, PasswordReusePrevention=24)

    management = [{"Name": "all management events", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]},
    ]}]
    account.trail("advanced", log_bucket(account), advanced=management)
    account.multi_region_trail(PASS)
    return account


def website(start):
    """Internet-facing: gateways are its business. Its buckets are public in every way, and guarded in every way."""
    account = start.account("666666666666", "web-portal", "internet-facing")
    tidy(account, told={"block", "trail", "default vpc", "passwords"})
    account.block_public_access(FAIL)
    account.password_policy(FAIL, MinimumPasswordLength=20)
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)
    tokyo.default_vpc(keep=True)
    osaka.default_vpc(keep=True)
    vpc = tokyo.vpc()
    gateway = tokyo.internet_gateway(vpc)
    tokyo.route_table(vpc, [{"DestinationCidrBlock": WORLD, "GatewayId": gateway}])
    tokyo.nat_gateway(tokyo.subnet(vpc), public=True)

    buckets.whose_policy_is_public(account)
    buckets.whose_acl_is_public(account)
    buckets.whose_block_has_holes(account)
    buckets.who_accept_plain_http(account)
    account.bucket("web-encrypted-with-aws-key", encryption=("aws:kms", None))
    # AWS encrypts every bucket with AES256 at least; a moto bucket has nothing.
    account.bucket("web-nothing", encryption=None, broken={"GC-S3-004"})

    # One good trail is enough for the account; the stopped one is a fault of its own.
    account.trail("kept", log_bucket(account))
    account.trail("stopped", log_bucket(account), logging=False, validation=False, broken={"GC-LOG-002", "GC-LOG-003"})
    account.multi_region_trail(PASS)
    return account


def pipeline(start):
    """CI/CD: keys of robots, and things left behind in regions abroad. Its trail is at home abroad as well."""
    account = start.account("777777777777", "delivery", "cicd")
    tidy(account, told={"trail", "passwords", "block"})
    account.password_policy(FAIL, MinimumPasswordLength=14, PasswordReusePrevention=5)
    account.block_public_access(PASS, BlockPublicAcls=True)
    buckets.guarded_by_the_account(account)
    account.user("robot")
    account.access_key("robot", active=True)
    account.access_key("robot", active=True)

    account.bucket("delivery-virginia", "us-east-1", broken={"GC-REG-001"})
    account.place("us-west-2").volume(encrypted=True)
    account.place("eu-west-1").tagged_topic()
    account.place("ap-southeast-1").network_interface_in_default_subnet()
    frankfurt = account.place("eu-central-1")
    forgotten = frankfurt.volume(encrypted=True)
    frankfurt.snapshot(forgotten)
    frankfurt.ec2.delete_volume(VolumeId=forgotten)

    account.trail("virginia-all-regions", log_bucket(account), home="us-east-1")
    account.multi_region_trail(PASS)
    return account


def disks(start):
    """General: volumes and snapshots."""
    account = start.account("888888888888", "statistics", "general")
    tidy(account, told={("ebs", OSAKA), "trail"})
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)
    osaka.ebs_encryption(on=False)
    plain = tokyo.volume(encrypted=False)
    secret = tokyo.volume(encrypted=True)
    # AWS would encrypt it, as the region's default says; moto does not heed the default.
    osaka.volume(encrypted=False)
    osaka.volume(encrypted=True)
    shared = {"GC-EXP-003"}
    tokyo.snapshot(plain)
    tokyo.snapshot(secret)
    tokyo.snapshot(plain, "all", broken=shared)
    tokyo.snapshot(plain, [STRANGER], broken=shared)
    tokyo.snapshot(plain, [LISTED])
    tokyo.snapshot(plain, [LISTED, STRANGER], broken=shared)
    osaka.snapshot(osaka.volume(encrypted=False), "all", broken=shared)

    # Changes only: reads of the management plane are lost.
    write_only = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}]
    account.trail("writes-only", log_bucket(account), selectors=write_only, validation=False, broken={"GC-LOG-003"})
    account.multi_region_trail(FAIL)
    return account


def watchers(start):
    """General: whatever watches is off, half on, or on in one region."""
    account = start.account("999999999999", "common-services", "general")
    told = {"trail", "config", "guardduty", ("hub", OSAKA), ("ebs", TOKYO), "block"}
    tidy(account, told)
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)
    account.block_public_access(FAIL, RestrictPublicBuckets=False)
    buckets.half_guarded_by_the_account(account)
    tokyo.ebs_encryption(on=False)
    tokyo.config_recorder(FAIL, stop=True)
    some = {"allSupported": False, "resourceTypes": ["AWS::S3::Bucket", "AWS::EC2::Instance"]}
    osaka.config_recorder(FAIL, group=some)
    tokyo.guardduty(PASS, **DETECTOR)
    osaka.guardduty(FAIL)
    osaka.security_hub(on=False)
    account.trail("stopped", log_bucket(account), logging=False, broken={"GC-LOG-002"})
    account.multi_region_trail(FAIL)
    return account


def half_watched(start):
    """General: the same, in other ways."""
    account = start.account("121212121212", "sandbox", "general")
    tidy(account, told={"trail", "config", "guardduty"})
    tokyo, osaka = account.place(TOKYO), account.place(OSAKA)
    excluding = {
        "allSupported": False,
        "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Instance"]},
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
    }
    tokyo.config_recorder(FAIL, group=excluding)
    osaka.config_recorder(FAIL, start=False)
    tokyo.guardduty(FAIL, Enable=False, FindingPublishingFrequency="FIFTEEN_MINUTES")
    osaka.guardduty(FAIL, Enable=True, FindingPublishingFrequency="SIX_HOURS")
    # Only what happens to objects, nothing of the management plane.
    data_only = [{"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": [
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]},
    ]}]
    account.trail("data-only", log_bucket(account), selectors=data_only)
    account.multi_region_trail(FAIL)
    return account


def untouched(start):
    """General: as handed out, nothing is set up."""
    account = start.account("131313131313", "new-tenant", "general")
    account.password_policy(FAIL)
    account.block_public_access(FAIL)
    account.no_trail()
    for region in SCANNED:
        place = account.place(region)
        place.ebs_encryption(on=False)
        place.config_recorder(FAIL, put=False)
        place.guardduty(FAIL)
        place.security_hub(on=False)
        place.default_vpc(keep=True)
    return account


def exemplary(start):
    """LGWAN: all that can be kept is kept."""
    account = start.account("141414141414", "lgwan-archive", "lgwan")
    tidy(account)
    account.tag_bucket(log_bucket(account))
    return account


STORIES = (
    open_to_the_internet,
    behind_nat,
    closed,
    doors,
    people,
    website,
    pipeline,
    disks,
    watchers,
    half_watched,
    untouched,
    exemplary,
)


# Security group rules.


def tcp(first, last, cidrs=(), cidrs6=(), lists=(), groups=()):
    return {
        "IpProtocol": "tcp",
        "FromPort": first,
        "ToPort": last,
        "IpRanges": ranges(cidrs),
        "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in cidrs6],
        "PrefixListIds": [{"PrefixListId": name} for name in lists],
        "UserIdGroupPairs": [{"GroupId": name} for name in groups],
    }


def ranges(cidrs):
    return [{"CidrIp": cidr} for cidr in cidrs]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: fleet.py ENDPOINT OUT_DIR")
    main(sys.argv[1], Path(sys.argv[2]))
