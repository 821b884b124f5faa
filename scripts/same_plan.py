#!/usr/bin/env python3
"""Write fixtures/same/main.tf, and the plan that `terraform show -json` gives for it on an empty account.

    python3 scripts/same_plan.py            # writes fixtures/same/main.tf and fixtures/same/plan.json
    python3 scripts/same_plan.py --check    # exit code 1 if they would change

The resources are those of fixtures/same/template.yaml; same_plan_resources.py lists them as the configuration has them.
Both files come from that list, so that they cannot differ. A plan is made from it as Terraform makes one:

- `planned_values` and `after` have what is known: what is written, the provider's defaults, and null for the rest;
- `after_unknown` has what the provider computes and what refers to it;
- `configuration` has every argument that is written, as a constant or with what it refers to;
- a data source is read while planning (`prior_state`), or by the apply if its configuration is not known before.

Which attributes a resource has, and which of them are computed, is in same_plan.txt.
"""

import json
import re
import sys
from pathlib import Path

from same_plan_language import Blocks, Encoded, Ref, Text, UNKNOWN, fill, known, mask, render
from same_plan_resources import ACCOUNT, DATA, REGION, RESOURCES

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "fixtures" / "same"
PROVIDER = "registry.terraform.io/hashicorp/aws"
TERRAFORM = "1.9.8"
SCHEMA_VERSIONS = {
    "aws_db_instance": 2,
    "aws_dynamodb_table": 1,
    "aws_security_group": 1,
    "aws_subnet": 1,
    "aws_vpc": 1,
}
HEADER = """# The resources of template.yaml for Terraform. Written by scripts/same_plan.py, with the plan beside it.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "%s"
}
"""


def schemas():
    """The attributes of each resource: (name, mark, default, blocks), where blocks are None or attributes again."""
    found = {}
    for line in (HERE / "same_plan.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, body = line.partition(": ")
            found[kind] = attributes(re.findall(r'[a-z0-9_]+|\*|=(?:"[^"]*"|[-\w]+)|[\[\]{}]', body))
    return found


def attributes(tokens):
    listed = []
    while tokens and tokens[0] not in ("]", "}"):
        row = {"name": tokens.pop(0), "computed": False, "default": None, "blocks": None, "open": ""}
        if tokens and tokens[0] == "*":
            row["computed"] = bool(tokens.pop(0))
        if tokens and tokens[0].startswith("="):
            row["default"] = json.loads(tokens.pop(0)[1:])
        if tokens and tokens[0] in ("[", "{"):
            row["open"] = tokens.pop(0)
            row["blocks"] = attributes(tokens)
            tokens.pop(0)
        listed.append(row)
    return listed


class Plan:
    def __init__(self):
        self.schemas, self.values, self.read = schemas(), {}, {}
        for address, arguments in DATA:
            self.data(address, arguments)
        for address, arguments in RESOURCES:
            self.values[address] = self.resource(address, arguments)

    def look_up(self, ref):
        """The value that a reference has while planning."""
        data = ref.address.startswith("data.")
        return (self.read if data else self.values).get(ref.address, {}).get(ref.attribute, UNKNOWN)

    def data(self, address, arguments):
        values = fill(arguments, self.look_up)
        if address == "data.aws_caller_identity.current":
            values = {"account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "id": ACCOUNT, "user_id": ACCOUNT}
        else:
            values = document(values)
        self.read[address] = values

    def resource(self, address, arguments):
        kind = address.split(".")[0]
        given = fill({name: value for name, value in arguments.items() if name != "depends_on"}, self.look_up)
        own = {row["name"] for row in self.schemas[kind]}
        assert set(given) <= own, (address, set(given) - own)
        values = complete(self.schemas[kind], given)
        if "region" in values:
            values["region"] = REGION
        if "tags_all" in values:
            values["tags_all"] = values["tags"] or UNKNOWN
        return values

    def entry(self, address, values):
        mode, kind, name = (["managed"] + address.split("."))[-3:]
        entry = {"address": address, "mode": mode, "type": kind, "name": name, "provider_name": PROVIDER}
        return entry | {
            "schema_version": SCHEMA_VERSIONS.get(kind, 0),
            "values": known(values),
            "sensitive_values": mask(values, False),
        }

    def change(self, address, values):
        entry = self.entry(address, values)
        for name in ("schema_version", "values", "sensitive_values"):
            entry.pop(name)
        action = "read" if entry["mode"] == "data" else "create"
        change = {"actions": [action], "before": None, "after": known(values), "after_unknown": mask(values, True)}
        entry["change"] = change | {"before_sensitive": False, "after_sensitive": mask(values, False)}
        return entry | ({"action_reason": "read_because_config_unknown"} if action == "read" else {})

    def configured(self, address, arguments):
        mode, kind, name = (["managed"] + address.split("."))[-3:]
        entry = {"address": address, "mode": mode, "type": kind, "name": name, "provider_config_key": "aws"}
        rows = self.schemas.get(kind, [])
        written = {key: value for key, value in arguments.items() if key != "depends_on"}
        if written:
            entry["expressions"] = {key: self.expression(value, rows, key) for key, value in written.items()}
        entry["schema_version"] = SCHEMA_VERSIONS.get(kind, 0)
        return entry | ({"depends_on": arguments["depends_on"]} if "depends_on" in arguments else {})

    def expression(self, value, rows, key):
        row = next((row for row in rows if row["name"] == key), {"blocks": [], "open": "["})
        if isinstance(value, Blocks):
            if row["open"] == "{":
                # Terraform makes the blocks an expression of the attribute, with null for what they do not write.
                return {
                    "constant_value": [
                        {each["name"]: block.get(each["name"]) for each in row["blocks"]} for block in value
                    ]
                }
            return [
                {name: self.expression(part, row["blocks"], name) for name, part in block.items()} for block in value
            ]
        references = []
        for ref in refs(value):
            for name in (str(ref), ref.address):
                if name not in references:
                    references.append(name)
        if references:
            return {"references": references}
        # Without its functions Terraform has no value of a call.
        return {} if isinstance(value, Encoded) else {"constant_value": value}

    def json(self):
        deferred = {address: values for address, values in self.read.items() if values.get("json") is UNKNOWN}
        planned = sorted((deferred | self.values).items())
        prior = sorted((address, values) for address, values in self.read.items() if address not in deferred)
        configured = [
            self.configured(*each)
            for each in sorted([*RESOURCES, *DATA], key=lambda each: (each[0].startswith("data."), each[0]))
        ]
        provider = {
            "name": "aws",
            "full_name": PROVIDER,
            "version_constraint": "~> 6.0",
            "expressions": {"region": {"constant_value": REGION}},
        }
        state = {"format_version": "1.0", "terraform_version": TERRAFORM}
        return {
            "format_version": "1.2",
            "terraform_version": TERRAFORM,
            "planned_values": {"root_module": {"resources": [self.entry(*each) for each in planned]}},
            "resource_changes": [self.change(*each) for each in planned],
            "prior_state": state | {"values": {"root_module": {"resources": [self.entry(*each) for each in prior]}}},
            "configuration": {"provider_config": {"aws": provider}, "root_module": {"resources": configured}},
            "timestamp": "2026-11-26T00:00:00Z",
            "applyable": True,
            "complete": True,
            "errored": False,
        }


def complete(rows, given):
    """The values of a resource or block, where some are given."""
    values = {}
    for row in rows:
        name, blocks = row["name"], row["blocks"]
        if name in given:
            value = given[name]
            empty = rule_defaults if row["open"] == "{" else lambda block: block
            values[name] = [empty(complete(blocks, block)) for block in value] if blocks is not None else value
        elif row["computed"]:
            values[name] = UNKNOWN
        else:
            values[name] = [] if blocks is not None else row["default"]
    return values


def rule_defaults(rule):
    """A rule in a security group: the provider has empty lists and texts for what is not written."""
    empty = {"description": "", "self": False}
    return {name: empty.get(name, []) if value is None else value for name, value in rule.items()}


def refs(value):
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Encoded):
        yield from refs(value.value)
    elif isinstance(value, Text):
        yield from (part for part in value.parts if isinstance(part, Ref))
    elif isinstance(value, dict):
        for part in value.values():
            yield from refs(part)
    elif isinstance(value, list):
        for part in value:
            yield from refs(part)


def document(values):
    """What `data "aws_iam_policy_document"` gives for statements."""
    sets = ("actions", "not_actions", "resources", "not_resources")
    blocks = ("condition", "not_principals", "principals")
    nothing = ("override_json", "override_policy_documents", "policy_id", "source_json", "source_policy_documents")
    waits = "true" in json.dumps(mask(values, True))
    defaults = (None, None, None) if waits else ("Allow", "", [])
    statements = []
    for statement in values["statement"]:
        full = (
            {"effect": defaults[0], "sid": defaults[1]}
            | dict.fromkeys(sets, defaults[2])
            | {name: [] for name in blocks}
        )
        statements.append(full | statement)
    whole = dict.fromkeys(nothing) | {"statement": statements, "version": None if waits else "2012-10-17"}
    if waits:
        return whole | {"id": UNKNOWN, "json": UNKNOWN, "minified_json": UNKNOWN}
    text = {"Version": "2012-10-17", "Statement": [plain(statement) for statement in statements]}
    small = json.dumps(text, separators=(",", ":"))
    return whole | {"id": "1234567890", "json": json.dumps(text, indent=2), "minified_json": small}


def plain(statement):
    """A statement as the JSON of a policy; the provider sorts lists backwards, and writes a list of one as a text."""

    def one(values):
        return values[0] if len(values) == 1 else sorted(values, reverse=True)

    said = {"Effect": statement["effect"], "Action": one(statement["actions"]), "Resource": one(statement["resources"])}
    for block in statement["principals"]:
        said["Principal"] = "*" if block["type"] == "*" else {block["type"]: one(block["identifiers"])}
    for block in statement["condition"]:
        said.setdefault("Condition", {}).setdefault(block["test"], {})[block["variable"]] = one(block["values"])
    return said


def main(check):
    texts = {
        "main.tf": HEADER % REGION + "".join(render(*each) for each in [*DATA, *RESOURCES]),
        "plan.json": json.dumps(Plan().json(), indent=1) + "\n",
    }
    stale = [
        name
        for name, text in texts.items()
        if not (OUT / name).is_file() or (OUT / name).read_text(encoding="utf-8") != text
    ]
    for name in stale:
        if check:
            print(f"fixtures/same/{name} is not what scripts/same_plan.py writes", file=sys.stderr)
        else:
            (OUT / name).write_text(texts[name], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
