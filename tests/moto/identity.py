"""Fills a running moto server with accounts whose verdicts on identity are known.

    python identity.py http://127.0.0.1:5000 OUT_DIR

writes into OUT_DIR accounts.yaml, params.yaml and the verdicts they must lead to (truth.json).

Where moto differs from AWS:
- Sign-ins cannot be played and dates cannot be set back, so nothing breaks GC-IAM-008 here.
- AWS managed policies can be attached only with MOTO_IAM_LOAD_MANAGED_POLICIES, which loads 1,300 of them into each account.
- There is no IAM Access Analyzer, and the credential report has no row of the root user.
`tests/integration/identity.rs` has what cannot be played here.
"""

import json
import sys
from pathlib import Path

from aws import FAIL, GLOBAL, LISTED, PASS, SCANNED, TOKYO, Aws, Truth, write_json

ROLE, USER, GROUP, POLICY = (f"AWS::IAM::{kind}" for kind in ("Role", "User", "Group", "ManagedPolicy"))
KEY, ACCOUNT = "AWS::IAM::AccessKey", "AWS::::Account"

GOOD, BAD, EDGE = "111111111111", "222222222222", "333333333333"
THIRD_PARTY, STRANGER = "210987654321", "999999999999"
ORGANIZATION = "o-a1b2c3d4e5"

GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
COGNITO = "cognito-identity.amazonaws.com"


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=42)
    good(Identity(aws, truth, GOOD))
    bad(Identity(aws, truth, BAD))
    edge(Identity(aws, truth, EDGE))
    out.mkdir(parents=True, exist_ok=True)
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{account}", class: general }}' for account in (GOOD, BAD, EDGE)]
    (out / "accounts.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    params = {
        "trusted_account_ids": [LISTED, ORGANIZATION],
        "third_party_account_ids": [THIRD_PARTY],
        "admin_role_exceptions": ["/aws-service-role/*", "/emergency/break-glass-?"],
        "oidc_subject_exceptions": ["repo:accepted-city/*"],
    }
    # JSON is YAML.
    write_json(out / "params.yaml", params)
    write_json(out / "truth.json", truth.flat())


def good(account):
    account.contacts(PASS, "SECURITY", "BILLING")
    account.policy("read", allow("s3:GetObject", "arn:aws:s3:::data/*"))
    account.policy("services", allow(["ec2:*", "s3:*"]))
    account.policy("all-but-iam", allow_not(["iam:*", "organizations:*", "account:*"]))
    switch = account.policy("switch", allow("sts:AssumeRole", f"arn:aws:iam::{GOOD}:role/operation"))

    account.role("batch", service("lambda.amazonaws.com"), inline={"read": [allow("s3:GetObject")]})
    account.role("operation", trust(f"arn:aws:iam::{GOOD}:root", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    account.role("listed", trust([LISTED, f"arn:aws:iam::{LISTED}:role/hub"]))
    account.role("watched", trust(THIRD_PARTY, {"StringEquals": {"sts:ExternalId": "7f3a9c"}}))
    account.role("organization", trust("*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}))
    account.role("own-apps", trust("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{GOOD}:role/app-*"}}))
    account.role("saml", saml())
    subject = {"StringEquals": {f"{GITHUB}:sub": "repo:example-city/app:environment:production"}}
    account.role("deploy", oidc(GOOD, GITHUB, subject), oidc_verdict=PASS)

    account.group("switchers", inline={"switch": [allow("sts:AssumeRole")]}, attached=[switch])
    account.user("hanako", password=True, mfa=True, groups=["switchers"], inline={"own": self_service()})
    account.user("batch", mfa=True, key=True)


def bad(account):
    account.contacts(FAIL, "BILLING", "OPERATIONS")
    everything = account.policy("everything", allow("*"), full=True)
    account.policy("spelled", [allow("s3:Get*"), allow(["ec2:*", "*:*"], ["arn:aws:s3:::x", "*"])], full=True)
    account.policy("all-but-billing", allow_not("aws-portal:*"), full=True)
    account.policy("in-two-parts", [allow_not("iam:*"), allow("iam:*")], full=True)

    account.role("inline-admin", service("ec2.amazonaws.com"), inline={"all": [allow("*")]}, full=True)
    account.role("stranger", trust(f"arn:aws:iam::{STRANGER}:root"), trust_verdict=FAIL)
    account.role("stranger-with-id", trust(STRANGER, {"StringEquals": {"sts:ExternalId": "x"}}), trust_verdict=FAIL)
    account.role("third-party-without-id", trust(THIRD_PARTY), trust_verdict=FAIL)
    account.role("everyone", trust("*"), trust_verdict=FAIL)
    account.role("everyone-with-mfa", trust("*", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}), trust_verdict=FAIL)
    audience = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    account.role("any-repository", oidc(BAD, GITHUB, audience), oidc_verdict=FAIL)
    account.role("any-subject", oidc(BAD, GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:*"}}), oidc_verdict=FAIL)
    account.role("any-pool", web(COGNITO, None), oidc_verdict=FAIL)

    # The policy fails, and so does whoever is no role; a group that holds it has more than switching.
    account.group("admins", attached=[everything], switches=FAIL)
    account.group("inline-admins", inline={"all": [allow("*")]}, full=True, switches=FAIL)
    account.user("taro", password=True, mfa=False, groups=["admins"])
    account.user("reader", mfa=False, key=True, inline={"read": [allow("s3:GetObject")]}, switches=FAIL)
    everybody = {"devices": [allow(["iam:DeactivateMFADevice", "sts:AssumeRole"])]}
    account.user("device-admin", mfa=True, inline=everybody, switches=FAIL)


def edge(account):
    # No alternate contact at all. A role that may be an administrator, and one whose name only looks like it.
    account.contacts(FAIL)
    account.role("break-glass-1", trust(f"arn:aws:iam::{EDGE}:root"), "/emergency/", {"all": [allow("*")]}, full=None)
    account.role("break-glass-10", trust(f"arn:aws:iam::{EDGE}:root"), "/emergency/", {"all": [allow("*")]}, full=True)
    # One good statement does not heal a bad one.
    mixed = [*trust(f"arn:aws:iam::{EDGE}:root"), *trust(STRANGER)]
    account.role("mixed", mixed, trust_verdict=FAIL)
    account.role("any-id", trust(THIRD_PARTY, {"StringLike": {"sts:ExternalId": "*"}}), trust_verdict=FAIL)
    other = {"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}
    account.role("other-organization", trust("*", other), trust_verdict=FAIL)

    account.role("accepted", oidc(EDGE, GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:accepted-city/*"}}), oidc_verdict=PASS)
    account.role("wide", oidc(EDGE, GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:other-city/*"}}), oidc_verdict=FAIL)
    account.role("prefix", oidc(EDGE, GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:a-city/app*"}}), oidc_verdict=FAIL)
    account.role("branches", oidc(EDGE, GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:a-city/app:*"}}), oidc_verdict=PASS)
    account.role("group", oidc(EDGE, GITLAB, {"StringLike": {f"{GITLAB}:sub": "project_path:a-city/*"}}), oidc_verdict=PASS)
    if_exists = {"StringLikeIfExists": {f"{GITLAB}:sub": "project_path:a-city/*"}}
    account.role("if-exists", oidc(EDGE, GITLAB, if_exists), oidc_verdict=FAIL)
    pool = {"StringEquals": {f"{COGNITO}:aud": f"{TOKYO}:0a1b2c3d"}}
    account.role("pool", web(COGNITO, pool), oidc_verdict=PASS)

    # A key that is off is nobody's to use. A user may be allowed nothing at all.
    account.user("idle", mfa=True, key=False)
    most = {"most": [allow_not(["iam:*"])]}
    account.group("most", inline=most, switches=FAIL)
    account.group("empty")


class Identity:
    """The IAM of one account. What it makes keeps every guardrail unless the caller says otherwise."""

    def __init__(self, aws, truth, account):
        self.truth, self.account = truth, account
        credentials = aws.assume(account)
        self.iam = aws.client("iam", TOKYO, *credentials)
        self.management = aws.client("account", "us-east-1", *credentials)

    def judge(self, alias, kind, name, verdict):
        self.truth.add(alias, self.account, GLOBAL, kind, name, verdict)

    def full(self, kind, name, full):
        """`full`: whether it grants everything; None for an exception, which is not judged."""
        if full is not None:
            self.judge("GC-IAM-009", kind, name, FAIL if full else PASS)

    def contacts(self, verdict, *kinds):
        for kind in kinds:
            self.management.put_alternate_contact(
                AlternateContactType=kind,
                Name="Security team",
                Title="team",
                EmailAddress="security@example.com",
                PhoneNumber="+81312345678",
            )
        self.judge("GC-ACC-001", ACCOUNT, self.account, verdict)

    def policy(self, name, statements, full=False):
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=document(statements))
        self.full(POLICY, name, full)
        return made["Policy"]["Arn"]

    def role(self, name, trusted, path="/", inline=None, full=False, trust_verdict=PASS, oidc_verdict=None):
        self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(trusted))
        for policy, statements in (inline or {}).items():
            self.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document(statements))
        self.full(ROLE, name, full)
        self.judge("GC-IAM-014", ROLE, name, trust_verdict)
        if oidc_verdict:
            self.judge("GC-IAM-015", ROLE, name, oidc_verdict)

    def group(self, name, inline=None, attached=(), full=False, switches=PASS):
        self.iam.create_group(GroupName=name)
        for policy, statements in (inline or {}).items():
            self.iam.put_group_policy(GroupName=name, PolicyName=policy, PolicyDocument=document(statements))
        for arn in attached:
            self.iam.attach_group_policy(GroupName=name, PolicyArn=arn)
        self.full(GROUP, name, full)
        self.judge("GC-IAM-019", GROUP, name, switches)

    def user(self, name, password=False, mfa=False, key=None, groups=(), inline=None, switches=PASS):
        """`key`: whether an access key is active; None for no key."""
        iam = self.iam
        iam.create_user(UserName=name)
        if password:
            iam.create_login_profile(UserName=name, Password="correct-Horse-9")
            self.judge("GC-IAM-008", USER, name, PASS)
        if mfa:
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(
                UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
        if key is not None:
            made = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            if key:
                self.judge("GC-IAM-008", KEY, made, PASS)
            else:
                iam.update_access_key(UserName=name, AccessKeyId=made, Status="Inactive")
        for group in groups:
            iam.add_user_to_group(GroupName=group, UserName=name)
        for policy, statements in (inline or {}).items():
            iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document(statements))
        self.judge("GC-IAM-005", USER, name, PASS if mfa else FAIL)
        self.full(USER, name, False)
        self.judge("GC-IAM-019", USER, name, switches)


def document(statements):
    listed = statements if isinstance(statements, list) else [statements]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def allow_not(action):
    return {"Effect": "Allow", "NotAction": action, "Resource": "*"}


def self_service():
    own = "arn:aws:iam::*:user/${aws:username}"
    return [
        allow(["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"]),
        allow(["iam:ChangePassword", "iam:GetUser", "iam:EnableMFADevice", "iam:ResyncMFADevice"], own),
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
    ]


def statement(principal, action, condition):
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    return [made | {"Condition": condition} if condition else made]


def service(name):
    return statement({"Service": name}, "sts:AssumeRole", None)


def trust(accounts, condition=None):
    return statement({"AWS": accounts}, "sts:AssumeRole", condition)


def saml():
    provider = f"arn:aws:iam::{GOOD}:saml-provider/idp"
    audience = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    return statement({"Federated": provider}, "sts:AssumeRoleWithSAML", audience)


def oidc(account, issuer, condition):
    return web(f"arn:aws:iam::{account}:oidc-provider/{issuer}", condition)


def web(provider, condition):
    return statement({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", condition)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
