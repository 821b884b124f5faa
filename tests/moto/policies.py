"""Bucket policies of the fleet, each as an auditor would meet it."""

import json

READ = ["s3:GetObject"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _arns(bucket):
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def deny_plain_http(bucket, **changes):
    """The statement that refuses plain HTTP; `changes` weaken it."""
    statement = {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": _arns(bucket),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return statement | changes


def objects_only(bucket):
    return [f"arn:aws:s3:::{bucket}/*"]


def allow_read(bucket, principal="*", condition=None):
    statement = {
        "Sid": "AllowRead",
        "Effect": "Allow",
        "Principal": principal,
        "Action": READ,
        "Resource": objects_only(bucket),
    }
    if condition:
        statement["Condition"] = condition
    return statement
