"""Prints what cfn-lint makes of templates: for each of the files, each resource's type and the values of its properties.

Usage: resolve.py REGION < LIST, a JSON list of file names; the answer is a JSON object of them.

A property may have several values, one for each way in which the conditions and parameters may come out. Lists in which
items may be missing are named in `loose`: the places of their items are not certain, and are written `[*]`.
"""

import json
import logging
import sys

from cfnlint.decode import decode
from cfnlint.helpers import is_function
from cfnlint.jsonschema import CfnTemplateValidator
from cfnlint.template import Template

# More values than this of one function say nothing.
MOST = 64


class Walk:
    """The values of one resource's properties."""

    def __init__(self):
        self.values = {}
        self.unknown = set()
        self.loose = set()

    def take(self, validator, node, path, depth=0):
        if node == {"Ref": "AWS::NoValue"}:
            self.add(path, None)
            return
        name, _ = is_function(node)
        if name is not None:
            self.call(validator, node, path, depth)
        elif isinstance(node, dict):
            for key, value in node.items():
                self.take(validator, value, f"{path}.{key}" if path else str(key), depth)
        elif isinstance(node, list):
            loose = any(is_function(item)[0] for item in node)
            if loose:
                self.loose.add(path)
            for index, item in enumerate(node):
                self.take(validator, item, f"{path}[{'*' if loose else index}]", depth)
        else:
            self.add(path, node)

    def call(self, validator, node, path, depth):
        """A function's results, in which there may be functions again."""
        if has_no_value(node):
            self.add(path, None)
        if has_unknown_branch(validator, node):
            self.unknown.add(path)
        results = []
        if depth < 16:
            try:
                for value, inner, fault in validator.resolve_value(node):
                    if fault is None and len(results) <= MOST:
                        results.append((value, inner))
            except Exception:  # noqa: BLE001: whatever it is, it is no answer
                results = []
        if not results or len(results) > MOST:
            self.unknown.add(path)
            return
        if len(results) > 1 and any(isinstance(value, (dict, list)) for value, _ in results):
            self.add(path, None)  # What one of them has may be missing in the other.
        for value, inner in results:
            self.take(inner, value, path, depth + 1)

    def add(self, path, value):
        known = self.values.setdefault(path, [])
        if value not in known:
            known.append(value)


def has_no_value(node):
    """Whether a branch of an `Fn::If` takes the property away, which cfn-lint passes over."""
    if node == {"Ref": "AWS::NoValue"}:
        return True
    name, branches = is_function(node)
    return name == "Fn::If" and isinstance(branches, list) and any(has_no_value(branch) for branch in branches[1:])


def has_unknown_branch(validator, node):
    """Whether an `Fn::If` has a branch that cfn-lint does not resolve, and passes over."""
    name, branches = is_function(node)
    if name != "Fn::If" or not isinstance(branches, list):
        return False
    branches = [branch for branch in branches[1:] if not has_no_value(branch)]
    return any(has_unknown_branch(validator, branch) or not any(validator.resolve_value(branch)) for branch in branches)


def resolve(name, region):
    document, faults = decode(name)
    if faults:
        return {"fault": str(faults[0].message), "resources": {}}
    template = Template(name, document, regions=[region])
    faults = template.transform()
    if faults:
        return {"fault": str(faults[0].message), "resources": {}}
    validator = CfnTemplateValidator({}).evolve(context=template.context, cfn=template)
    resources = {}
    for key, resource in template.get_resources().items():
        walk = Walk()
        walk.take(validator, resource.get("Properties", {}), "")
        resources[key] = {
            "type": resource["Type"],
            "conditional": "Condition" in resource,
            "values": walk.values,
            "unknown": sorted(walk.unknown),
            "loose": sorted(walk.loose),
        }
    return {"fault": None, "resources": resources}


def main():
    logging.disable(logging.CRITICAL)
    region = sys.argv[1]
    answer = {}
    for name in json.load(sys.stdin):
        try:
            answer[name] = resolve(name, region)
        except Exception as error:  # noqa: BLE001: one template that it cannot take must not hide the others
            answer[name] = {"fault": f"{type(error).__name__}: {error}", "resources": {}}
    json.dump(answer, sys.stdout, default=str, sort_keys=True)


main()
