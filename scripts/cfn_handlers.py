#!/usr/bin/env python3
"""Write the table of what Cloud Control can list and read, which ships with govcheck.

The handlers of the resource provider schemas say which types can be listed, which IAM actions that needs, and which
types can only be listed below a parent. The schemas come from the cfn-lint package, as for scripts/cfn_properties.py.

Usage, from the root of the repository:

    python3 -m venv target/cfn
    target/cfn/bin/pip install cfn-lint==1.58.0
    target/cfn/bin/python scripts/cfn_handlers.py            # writes data/cfn-handlers.txt
    target/cfn/bin/python scripts/cfn_handlers.py --check    # exit code 1 if it would change

Format: header lines start with `#`; then one line per type that can be listed, sorted by type name:

    line   = type SP "list=" actions SP "read=" actions [ SP parent ]
    parent = "needs=" key                                 one that is not known here
           | "parent=" type SP "key=" key ":" property    the key of the listing, and the parent's property that it takes

The parent is the type of the same service whose only identifier is a property of the key's name, or whose name and
identifier together make the key (`Cluster` and `Name` make `ClusterName`).
"""

import argparse
import json
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

REGIONS = ("ap-northeast-1", "ap-northeast-3")
# Actions with a reading verb that return what is stored, secrets, or access to it.
DATA = {
    "codeartifact:GetAuthorizationToken",
    "cognito-idp:ListUserPoolClientSecrets",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "ecr:GetAuthorizationToken",
    "ivs:GetStreamKey",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kms:GetParametersForImport",
    "lakeformation:GetDataAccess",
    "route53globalresolver:GetAccessToken",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectVersion",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "sts:GetWebIdentityToken",
}
TABLE = Path(__file__).resolve().parent.parent / "data" / "cfn-handlers.txt"


def documents(schemas):
    """The schema of every type that Tokyo or Osaka has."""
    load = lambda path: json.loads(path.read_text(encoding="utf-8"))
    digests = {}
    for region in reversed(REGIONS):
        digests |= load(schemas / "providers" / f"{region}.json")
    return {kind: load(schemas / "resources" / f"{digest}.json") for kind, digest in sorted(digests.items())}


def required(document):
    return document["handlers"]["list"].get("handlerSchema", {}).get("required", [])


def identifier(document):
    """The property that identifies a resource; None when it takes several."""
    paths = document.get("primaryIdentifier", [])
    return paths[0].removeprefix("/properties/") if len(paths) == 1 else None


def parent_of(kind, key, listable):
    """The one type that gives the key, with the property that holds it."""
    service, own = kind.rsplit("::", 1)
    found = []
    for other, document in listable.items():
        other_service, name = other.rsplit("::", 1)
        property_name = identifier(document)
        if other_service != service or name == own or required(document) or not property_name:
            continue
        if property_name == key or name + property_name == key:
            found.append((other, property_name))
    return found[0] if len(found) == 1 else None


def only_describes(action):
    """Handlers also name actions that write, or that read the data itself; a role for reading must not have them."""
    verb = action.partition(":")[2]
    return verb.startswith(("Get", "List", "Describe", "BatchGet", "Search", "GET")) and action not in DATA


def actions(document, handler):
    named = document["handlers"].get(handler, {}).get("permissions", [])
    return ",".join(sorted({action for action in named if only_describes(action)}))


def line(kind, document, listable):
    text = f"{kind} list={actions(document, 'list')} read={actions(document, 'read')}"
    keys = required(document)
    if not keys:
        return text
    parent = parent_of(kind, keys[0], listable) if len(keys) == 1 else None
    if parent is None:
        return f"{text} needs={','.join(keys)}"
    return f"{text} parent={parent[0]} key={keys[0]}:{parent[1]}"


def render(schemas):
    every = documents(schemas)
    listable = {kind: document for kind, document in every.items() if "list" in (document.get("handlers") or {})}
    date = json.loads((schemas / "version.json").read_text(encoding="utf-8"))["schema_date"][:10]
    header = [
        f"# source: cfn-lint {version('cfn-lint')}, {date}",
        "# written by scripts/cfn_handlers.py, which describes the format",
    ]
    return "\n".join(header + [line(kind, document, listable) for kind, document in listable.items()]) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Write data/cfn-handlers.txt from the cfn-lint package.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file would change")
    check = parser.parse_args().check
    data = render(files("cfnlint") / "data" / "schemas").encode()
    stale = not TABLE.exists() or TABLE.read_bytes() != data
    if stale:
        print(f"{'would change' if check else 'wrote'} {TABLE.name}: {len(data)} bytes")
        if not check:
            TABLE.write_bytes(data)
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
