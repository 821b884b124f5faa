"""Buckets of the fleet: public or not, blocked or not, by TLS only or not."""

from aws import LISTED, OSAKA, WORLD
from policies import allow_read, deny_plain_http, objects_only


def whose_policy_is_public(account):
    """Without RestrictPublicBuckets a policy has its effect, so the block of most of these has that hole."""
    hole = {"RestrictPublicBuckets": False}

    def bucket(name, *statements, broken=("GC-S3-002",), block=hole):
        account.bucket(name, broken=broken, block=block, statements=[deny_plain_http(name), *statements])

    public = {"GC-S3-002", "GC-S3-003"}
    bucket("web-star", allow_read("web-star"), broken=public)
    bucket("web-aws-star", allow_read("web-aws-star", {"AWS": "*"}), broken=public)
    mixed = {"AWS": [f"arn:aws:iam::{LISTED}:root", "*"]}
    bucket("web-star-in-list", allow_read("web-star-in-list", mixed), broken=public)
    bucket("web-star-no-block", allow_read("web-star-no-block"), broken=public, block=None)
    bucket("web-star-blocked", allow_read("web-star-blocked"), broken=(), block=())
    # AWS: PolicyStatus is public, as the range is wide. moto: any condition narrows, so it is not.
    wide = {"IpAddress": {"aws:SourceIp": WORLD}}
    bucket("web-from-anywhere", allow_read("web-from-anywhere", condition=wide))
    endpoint = {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}
    bucket("web-endpoint", allow_read("web-endpoint", condition=endpoint))
    office = {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24"]}}
    bucket("web-office", allow_read("web-office", condition=office))
    bucket("web-one-account", allow_read("web-one-account", {"AWS": f"arn:aws:iam::{LISTED}:root"}))
    bucket("web-cloudfront", allow_read("web-cloudfront", {"Service": "cloudfront.amazonaws.com"},
                                        {"StringEquals": {"aws:SourceAccount": account.id}}))


def whose_acl_is_public(account):
    """Without IgnorePublicAcls an ACL has its effect, so the block of most of these has that hole."""
    hole = {"IgnorePublicAcls": False}
    public = {"GC-S3-002", "GC-S3-003"}
    account.bucket("web-acl-read", acl="public-read", block=hole, broken=public)
    account.bucket("web-acl-write", OSAKA, acl="public-read-write", block=hole, broken=public)
    account.bucket("web-acl-any-aws-user", acl="authenticated-read", block=hole, broken=public)
    account.bucket("web-acl-no-block", acl="public-read", block=None, broken=public)
    account.bucket("web-acl-ignored", acl="public-read")
    account.bucket("web-acl-private", acl="private", block=hole, broken={"GC-S3-002"})
    # What receives S3's own access logs is open to a group, but not to the world.
    account.bucket("web-acl-logs", acl="log-delivery-write", block=hole, broken={"GC-S3-002"})


def whose_block_has_holes(account):
    for flag in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
        account.bucket(f"web-without-{flag.lower()}", block={flag: False}, broken={"GC-S3-002"})
    # AWS blocks a new bucket since 2023; a moto bucket has no block until it is given one.
    account.bucket("web-no-block", block=None, broken={"GC-S3-002"})


def guarded_by_the_account(account):
    """Buckets without a block of their own, in an account that blocks everything."""
    account.bucket("delivery-no-block", block=None)
    account.bucket("delivery-holes", block={"BlockPublicAcls": False, "RestrictPublicBuckets": False})
    name = "delivery-star"
    account.bucket(name, block=None, statements=[deny_plain_http(name), allow_read(name)])
    account.bucket("delivery-acl", block=None, acl="public-read")


def half_guarded_by_the_account(account):
    """The account blocks everything but public policies that are there already."""
    hole = {"GC-S3-002"}
    account.bucket("common-no-block", block=None, broken=hole)
    rest_is_the_accounts = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False}
    account.bucket("common-together", block=rest_is_the_accounts)
    account.bucket("common-acl", block=None, acl="public-read", broken=hole)
    name = "common-star"
    account.bucket(name, block=None, statements=[deny_plain_http(name), allow_read(name)], broken=hole | {"GC-S3-003"})


def who_accept_plain_http(account):
    def bucket(name, *statements, broken=("GC-S3-005",)):
        account.bucket(name, broken=broken, statements=list(statements))

    bucket("web-no-policy")
    bucket("web-no-deny", allow_read("web-no-deny", {"AWS": f"arn:aws:iam::{LISTED}:root"}))
    name = "web-deny-objects-only"
    bucket(name, deny_plain_http(name, Resource=objects_only(name)))
    name = "web-deny-bucket-only"
    bucket(name, deny_plain_http(name, Resource=f"arn:aws:s3:::{name}"))
    name = "web-deny-get-only"
    bucket(name, deny_plain_http(name, Action="s3:GetObject"))
    name = "web-deny-one-account"
    bucket(name, deny_plain_http(name, Principal={"AWS": f"arn:aws:iam::{LISTED}:root"}))
    name = "web-deny-upside-down"
    bucket(name, deny_plain_http(name, Condition={"Bool": {"aws:SecureTransport": "true"}}))
    name = "web-deny-old-tls-only"
    bucket(name, deny_plain_http(name, Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}))
    name = "web-deny-from-office-only"
    narrowed = {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    bucket(name, deny_plain_http(name, Condition=narrowed))
    name = "web-deny-other-bucket"
    bucket(name, deny_plain_http("another-bucket"))

    name = "web-deny-in-two-statements"
    parts = [deny_plain_http(name, Sid="Bucket", Resource=f"arn:aws:s3:::{name}"),
             deny_plain_http(name, Sid="Objects", Resource=objects_only(name))]
    bucket(name, *parts, broken=())
    name = "web-deny-aws-star"
    bucket(name, deny_plain_http(name, Principal={"AWS": "*"}), broken=())
    name = "web-deny-as-list"
    listed = {"Bool": {"aws:SecureTransport": ["false"]}}
    bucket(name, deny_plain_http(name, Action=["s3:*"], Condition=listed), broken=())
