"""Fills a running moto server with load balancers, public endpoints, backup vaults and tags whose verdicts are known.

    python edge.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and truth.json into OUT_DIR.

What is backed up (GC-BKP-001, GC-BKP-002) is not here: moto has neither ListProtectedResources nor ListCopyJobs.
"""

import json
import sys
from pathlib import Path

from aws import FAIL, GLOBAL, NOT_APPLICABLE, OSAKA, PASS, SCANNED, TOKYO, UNKNOWN, Aws, Truth, write_json

V2 = "AWS::ElasticLoadBalancingV2::LoadBalancer"
CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
REST_API, STAGE = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage"
DISTRIBUTION = "AWS::CloudFront::Distribution"
SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"
VAULT = "AWS::Backup::BackupVault"
TAGGED, VPC = "AWS::::TaggedResource", "AWS::EC2::VPC"

CLOSED = ("number-use", "lgwan")
GOOD_TLS = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
OLD_TLS = "ELBSecurityPolicy-2016-08"
TAGS = [{"Key": "system", "Value": "resident-records"}]
REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


def tagged(tags):
    return {"Tags": list(tags)} if tags else {}


class Account:
    def __init__(self, aws, truth, account_id, name, account_class):
        self.aws, self.truth = aws, truth
        self.id, self.name, self.account_class = account_id, name, account_class
        self.credentials = aws.assume(account_id)
        self.closed, self.public = account_class in CLOSED, account_class == "internet-facing"
        self.places = {region: Place(self, region) for region in SCANNED}
        # moto has no Cloud Control, through which Slack channels are read.
        truth.add("GC-REG-004", account_id, GLOBAL, SLACK_CHANNEL, account_id, UNKNOWN)

    def client(self, service, region=TOKYO):
        return self.aws.client(service, region, *self.credentials)

    def judge(self, alias, kind, region, name, good, applies=True):
        verdict = NOT_APPLICABLE if not applies else PASS if good else FAIL
        if verdict != NOT_APPLICABLE:
            self.truth.add(alias, self.id, region, kind, name, verdict)

    def distribution(self, web_acl=True, enabled=True, approved=True):
        config = {
            "CallerReference": f"{self.id}-{web_acl}-{enabled}-{approved}",
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "o",
                "ViewerProtocolPolicy": "redirect-to-https",
                "MinTTL": 0,
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
            },
            "Comment": "",
            "Enabled": enabled,
            "WebACLId": f"arn:aws:wafv2:us-east-1:{self.id}:global/webacl/site/a1b2" if web_acl else "",
        }
        created = self.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]["Id"]
        self.judge("GC-EXP-012", DISTRIBUTION, GLOBAL, created, web_acl, applies=self.public and enabled)
        self.judge("GC-REG-004", DISTRIBUTION, GLOBAL, created, approved)
        return created


class Place:
    """An account in a region, with a network of its own in place of the default one."""

    def __init__(self, account, region):
        self.account, self.region = account, region
        ec2 = self.client("ec2")
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]:
                ec2.delete_subnet(SubnetId=subnet["SubnetId"])
            ec2.delete_vpc(VpcId=vpc["VpcId"])
        self.vpc = self.network(tags=TAGS)
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]
            for n, zone in enumerate("ac")
        ]

    def client(self, service):
        return self.account.client(service, self.region)

    def judge(self, alias, kind, name, good, applies=True):
        self.account.judge(alias, kind, self.region, name, good, applies)

    def network(self, tags):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        if tags:
            ec2.create_tags(Resources=[vpc], Tags=tags)
        self.judge("GC-OPS-006", VPC, vpc, tags == TAGS)
        return vpc

    def balancer(self, name, kind="application", scheme="internal", logs=True, tags=TAGS, waf=False, listeners=()):
        """`listeners`: protocol, port, policy, default action (or none for a forward)."""
        elb = self.client("elbv2")
        made = elb.create_load_balancer(
            Name=name, Type=kind, Scheme=scheme, Subnets=self.subnets, **tagged(tags)
        )
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        if logs:
            attributes = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}
            elb.modify_load_balancer_attributes(
                LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()]
            )
        if waf:
            self.client("wafv2").associate_web_acl(WebACLArn=self.web_acl(name), ResourceArn=arn)
        for protocol, port, policy, action in listeners:
            self.listener(arn, protocol, port, policy, action)
        speaks_tls = any(protocol == "TLS" for protocol, *_ in listeners)
        self.judge("GC-EXP-001", V2, name, scheme == "internal", applies=self.account.closed)
        public = self.account.public and kind == "application" and scheme == "internet-facing"
        self.judge("GC-EXP-012", V2, name, waf, applies=public)
        self.judge("GC-LOG-010", V2, name, logs, applies=kind == "application" or speaks_tls)
        self.judge("GC-OPS-006", V2, name, tags == TAGS)

    def listener(self, balancer, protocol, port, policy, action):
        elb = self.client("elbv2")
        wants = {"SslPolicy": policy, "Certificates": [{"CertificateArn": self.certificate()}]} if policy else {}
        action = action or {"Type": "forward", "TargetGroupArn": self.target_group(f"t{port}{balancer[-6:]}", protocol)}
        made = elb.create_listener(
            LoadBalancerArn=balancer, Protocol=protocol, Port=port, DefaultActions=[action], **wants
        )
        arn = made["Listeners"][0]["ListenerArn"]
        good = protocol == "HTTPS" or action is REDIRECT
        self.judge("GC-TLS-001", LISTENER, arn, good, applies=protocol in ("HTTP", "HTTPS"))
        self.judge("GC-TLS-002", LISTENER, arn, policy == GOOD_TLS, applies=protocol in ("HTTPS", "TLS"))

    def certificate(self):
        return self.client("acm").request_certificate(DomainName="city.example.lg.jp")["CertificateArn"]

    def target_group(self, name, protocol="HTTP", tags=()):
        protocol = "HTTP" if protocol in ("HTTP", "HTTPS") else "TCP"
        made = self.client("elbv2").create_target_group(
            Name=name, Protocol=protocol, Port=80, VpcId=self.vpc, **tagged(tags)
        )
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        # Never tagged, it is not in the listing of tagged resources.
        self.judge("GC-OPS-006", TAGGED, arn, tags == TAGS, applies=bool(tags))
        return arn

    def web_acl(self, name):
        made = self.client("wafv2").create_web_acl(
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name},
        )
        return made["Summary"]["ARN"]

    def classic(self, name, scheme="internal", logs=True, tags=TAGS):
        elb = self.client("elb")
        listener = {"Protocol": "tcp", "LoadBalancerPort": 443, "InstancePort": 8443}
        elb.create_load_balancer(
            LoadBalancerName=name, Scheme=scheme, Listeners=[listener], Subnets=self.subnets[:1], **tagged(tags)
        )
        if logs:
            access_log = {"Enabled": True, "S3BucketName": "logs", "EmitInterval": 60}
            elb.modify_load_balancer_attributes(
                LoadBalancerName=name, LoadBalancerAttributes={"AccessLog": access_log}
            )
        self.judge("GC-EXP-001", CLASSIC, name, scheme == "internal", applies=self.account.closed)
        self.judge("GC-LOG-010", CLASSIC, name, logs)
        self.judge("GC-OPS-006", CLASSIC, name, tags == TAGS)

    def rest_api(self, name, types, stages=()):
        """`stages`: name, and whether a web ACL protects it."""
        api = self.client("apigateway")
        made = api.create_rest_api(name=name, endpointConfiguration={"types": list(types)})["id"]
        self.judge("GC-EXP-006", REST_API, made, list(types) == ["PRIVATE"], applies=self.account.closed)
        if stages:
            root = api.get_resources(restApiId=made)["items"][0]["id"]
            api.put_method(restApiId=made, resourceId=root, httpMethod="GET", authorizationType="NONE")
            api.put_integration(restApiId=made, resourceId=root, httpMethod="GET", type="MOCK")
        for stage, waf in stages:
            api.create_deployment(restApiId=made, stageName=stage)
            if waf:
                arn = f"arn:aws:apigateway:{self.region}::/restapis/{made}/stages/{stage}"
                self.client("wafv2").associate_web_acl(WebACLArn=self.web_acl(stage), ResourceArn=arn)
            applies = self.account.public and "PRIVATE" not in types
            self.judge("GC-EXP-012", STAGE, f"{made}/{stage}", waf, applies)

    def vault(self, name, locked=True, key=True, judged=True):
        backup = self.client("backup")
        # moto: a vault for which no key was named has none; AWS: it has the key aws/backup.
        arn = f"arn:aws:kms:{self.region}:{self.account.id}:key/00000000-0000-4000-8000-000000000001"
        backup.create_backup_vault(BackupVaultName=name, **({"EncryptionKeyArn": arn} if key else {}))
        if locked:
            backup.put_backup_vault_lock_configuration(BackupVaultName=name, MinRetentionDays=7)
        self.judge("GC-BKP-003", VAULT, name, locked and key, applies=judged)


def closed_network(aws, truth):
    account = Account(aws, truth, "111111111111", "juki", "number-use")
    tokyo, osaka = account.places[TOKYO], account.places[OSAKA]
    web = [("HTTPS", 443, GOOD_TLS, None), ("HTTP", 80, None, REDIRECT)]
    tokyo.balancer("portal", listeners=web)
    tokyo.balancer("exposed", scheme="internet-facing", logs=False, tags=(), listeners=[("HTTPS", 443, OLD_TLS, None), ("HTTP", 80, None, None)])
    tokyo.balancer("relay", kind="network", listeners=[("TLS", 443, GOOD_TLS, None)])
    tokyo.balancer("relay-silent", kind="network", logs=False, listeners=[("TLS", 443, OLD_TLS, None)])
    tokyo.balancer("relay-tcp", kind="network", logs=False, listeners=[("TCP", 5432, None, None)])
    osaka.balancer("standby", kind="network", scheme="internet-facing", logs=False)
    tokyo.classic("old")
    tokyo.classic("old-exposed", scheme="internet-facing", logs=False, tags=())
    tokyo.rest_api("residents", ["PRIVATE"], stages=[("prod", False)])
    tokyo.rest_api("residents-regional", ["REGIONAL"], stages=[("prod", False)])
    osaka.rest_api("residents-edge", ["EDGE"])
    tokyo.vault("main")
    tokyo.vault("unlocked", locked=False)
    osaka.vault("keyless", key=False)
    osaka.vault("Default", locked=False, judged=False)
    tokyo.network(tags=())
    tokyo.network(tags=[{"Key": "System", "Value": "resident-records"}])
    tokyo.target_group("tagged", tags=TAGS)
    tokyo.target_group("tagged-otherwise", tags=[{"Key": "Name", "Value": "x"}])
    return account, []


def public_site(aws, truth):
    account = Account(aws, truth, "666666666666", "koho", "internet-facing")
    tokyo, osaka = account.places[TOKYO], account.places[OSAKA]
    web = [("HTTPS", 443, GOOD_TLS, None), ("HTTP", 80, None, REDIRECT)]
    tokyo.balancer("site", scheme="internet-facing", waf=True, listeners=web)
    tokyo.balancer("site-bare", scheme="internet-facing", listeners=web)
    osaka.balancer("site-bare", scheme="internet-facing", listeners=[("HTTP", 8080, None, None)])
    tokyo.balancer("back", listeners=web)
    tokyo.balancer("relay", kind="network", scheme="internet-facing", logs=False)
    tokyo.rest_api("news", ["REGIONAL"], stages=[("prod", True), ("test", False)])
    osaka.rest_api("news-edge", ["EDGE"], stages=[("prod", False)])
    tokyo.rest_api("inner", ["PRIVATE"], stages=[("prod", False)])
    approved = account.distribution()
    account.distribution(web_acl=False, approved=False)
    account.distribution(web_acl=False, enabled=False, approved=False)
    return account, [approved]


def general(aws, truth):
    """Nothing binds its endpoints, but TLS, logs and approvals are for all."""
    account = Account(aws, truth, "888888888888", "tokei", "general")
    tokyo = account.places[TOKYO]
    tokyo.balancer("open", scheme="internet-facing", listeners=[("HTTP", 80, None, REDIRECT), ("HTTPS", 443, OLD_TLS, None)])
    tokyo.rest_api("open", ["EDGE"], stages=[("prod", False)])
    account.distribution(approved=False)
    return account, []


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=7)
    made = [story(aws, truth) for story in (closed_network, public_site, general)]
    out.mkdir(parents=True, exist_ok=True)
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{a.id}", name: {a.name}, class: {a.account_class} }}' for a, _ in made]
    (out / "accounts.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    approved = json.dumps([one for _, ids in made for one in ids])
    params = f"required_tag_keys: [system]\napproved_global_resources: {approved}\n"
    (out / "params.yaml").write_text(params, encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
