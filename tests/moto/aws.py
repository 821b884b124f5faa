"""The mock AWS, and the verdicts that are known of what is put into it.

Builders (`account.py`, `place.py`) create a resource and state its verdicts in the same call. What they make keeps
every guardrail unless the caller names what it breaks (`broken={"GC-S3-002"}`) or the builder's own argument is the
fault (`volume(encrypted=False)`).
"""

import json
import urllib.request
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

TOKYO, OSAKA = "ap-northeast-1", "ap-northeast-3"
SCANNED = (TOKYO, OSAKA)
ROLE = "govcheck"
PASS, FAIL, UNKNOWN, NOT_APPLICABLE = "pass", "fail", "unknown", "not_applicable"
GLOBAL = "global"

# The account with which snapshots may be shared.
LISTED = "101010101010"
WORLD = "0.0.0.0/0"

# Guardrails over gateways and routes concern these accounts alone.
CLOSED_CLASS = "number-use"


class Truth:
    """The list of known verdicts."""

    def __init__(self):
        self.rows = {}

    def add(self, alias, account, region, kind, name, verdict):
        key = (alias, account, region, kind, name)
        if key in self.rows:
            raise ValueError(f"verdict stated twice: {key}")
        self.rows[key] = verdict

    def flat(self, keep=lambda alias: True):
        names = ("alias", "account", "region", "resource_type", "resource_name")
        kept = [(key, verdict) for key, verdict in sorted(self.rows.items()) if keep(key[0])]
        return [dict(zip(names, key)) | {"verdict": verdict} for key, verdict in kept]


class Aws:
    """The mock server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint.rstrip("/")
        self.session = boto3.Session()
        self.config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})

    def reset(self, seed):
        for path in ("reset", f"seed?a={seed}"):
            urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/moto-api/{path}", method="POST")).close()

    def client(self, service, region, key="test", secret="test", token=None):
        client = self.session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=self.config,
        )
        client.meta.events.register("before-send.s3-control", self._without_account_prefix)
        return client

    def _without_account_prefix(self, request, **_):
        """S3 Control talks to <account>.<host>, which does not resolve here."""
        request.url = self.endpoint + urlsplit(request.url).path

    def assume(self, account):
        role = f"arn:aws:iam::{account}:role/{ROLE}"
        granted = self.client("sts", TOKYO).assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        return granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
