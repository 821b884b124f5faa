#!/usr/bin/env python3
"""Write the compact table of CloudFormation property names that ships with govcheck.

The resource provider schemas come from the cfn-lint package, so that the names are facts
from a package and not from memory. `rules lint` uses the table to find a property which a
resource type does not have; tests use it to check the names that the collectors emit; what
files declare is given the scalar types that it has.

Usage, from the root of the repository:

    python3 -m venv target/cfn
    target/cfn/bin/pip install cfn-lint==1.58.0 zstandard==0.25.0
    target/cfn/bin/python scripts/cfn_properties.py            # writes data/cfn-properties.txt{,.zst}
    target/cfn/bin/python scripts/cfn_properties.py --check    # exit code 1 if they would change

Without zstandard only the raw file is written (and checked). The same versions of the two
packages give the same bytes: nothing depends on the day of the run.

Format: header lines start with `#`; then one line per resource type, sorted by type name:

    line  = type SP regions [ ":" identifier { "," identifier } ] SP body
    regions = "T" (Tokyo only) | "O" (Osaka only) | "TO" (both)
    body  = [ mark ] [ "*" ] [ name node { SP name node } ]
    node  = [ mark ] [ "*" ] [ "(" body ")" ] [ "[" item "]" ]
    item  = body | node
    mark  = "?" | "#" | "%" | "^"

An identifier is a property of the schema's primaryIdentifier. A bare name is a text, `?` a
boolean, `#` an integer, `%` a number, `^` a scalar that may be of several types, or of one
that the schema does not say. `(…)` is an object, `[…]` a list: `[]` of texts, `[A B]` of objects,
`[[…]]` of lists. `*` stands for "anything below": a free-form object, a map, or a
definition that contains itself and is therefore cut where it begins again. A node that may
be several of these (oneOf, anyOf, allOf) carries all of them; `^` on a list says that one
scalar may stand in its place.
Read-only attributes (Arn, Id) are listed too: they are properties in the schemas.
"""

import argparse
import json
import re
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

REGIONS = {"T": "ap-northeast-1", "O": "ap-northeast-3"}
TABLE = Path(__file__).resolve().parent.parent / "data" / "cfn-properties.txt"
NAME = re.compile(r"[A-Za-z0-9_.-]+")
# Keywords whose schemas describe the same value as the schema that holds them.
ALTERNATIVES = ("oneOf", "anyOf", "allOf")
CONDITIONS = ("if", "then", "else")
# Keywords that say what a value is; a schema without any of them allows everything.
SHAPES = ("$ref", "type", "properties", "patternProperties", "items", *ALTERNATIVES, *CONDITIONS)
MARKS = {
    frozenset({"string"}): "",
    frozenset({"boolean"}): "?",
    frozenset({"integer"}): "#",
    frozenset({"number"}): "%",
    frozenset({"integer", "number"}): "%",
}
SCALARS = ("enum", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum")


class Node:
    """What may stand at one place: any value below it, named properties, list items."""

    def __init__(self, free=False):
        self.free = free
        self.scalars = set()
        self.properties = {}
        self.item = None

    def merge(self, other):
        self.free |= other.free
        self.scalars |= other.scalars
        for name, node in other.properties.items():
            self.properties.setdefault(name, Node()).merge(node)
        if other.item is not None:
            self.item = self.item or Node()
            self.item.merge(other.item)

    def refine(self, other):
        """Add what `other` names; what this node already knows about, it knows better."""
        if not self.shaped():
            self.free |= other.free
        self.scalars |= other.scalars
        for name, node in other.properties.items():
            if name in self.properties:
                self.properties[name].refine(node)
            else:
                self.properties[name] = node
        if self.item is None:
            self.item = other.item
        elif other.item is not None:
            self.item.refine(other.item)

    def shaped(self):
        return bool(self.properties) or self.item is not None

    def body(self):
        """The text of an object's inside, or of a list's."""
        start = self.mark() + ("*" if self.free else "")
        return " ".join(([start] if start else []) + self.names())

    def names(self):
        return [name + node.suffix() for name, node in sorted(self.properties.items())]

    def suffix(self):
        """The text after a property's name."""
        text = self.mark() + ("*" if self.free else "")
        if self.properties:
            text += f"({' '.join(self.names())})"
        if self.item is not None:
            # Objects in lists are frequent, so their parentheses are left out.
            nested = self.item.item is not None
            text += f"[{self.item.suffix() if nested else self.item.body()}]"
        return text


    def mark(self):
        """Which scalars may stand here."""
        if self.item is not None:
            return "^" if self.scalars else ""
        if self.free or self.properties:
            return ""
        return MARKS.get(frozenset(self.scalars), "^")


def types_of(schema):
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def is_scalar(schema):
    """Whether only text, numbers and booleans are allowed; alternatives then limit their values."""
    types = types_of(schema)
    if types:
        return not {"object", "array"} & set(types)
    says_scalar = any(keyword in schema for keyword in SCALARS) and schema.get("format") != "json"
    return says_scalar and not any(keyword in schema for keyword in SHAPES)


def scalars_of(schema):
    """The names of the scalar types that a schema allows, as far as it says them."""
    if types := types_of(schema):
        return set(types) & {"string", "boolean", "integer", "number"}
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return {"string"} if all(isinstance(value, str) for value in values) else set()
    return {"string"} if {"pattern", "minLength", "maxLength"} & set(schema) else set()


def resolve(document, reference):
    """The schema that a reference inside the same document points to."""
    if not reference.startswith("#/"):
        sys.exit(f"{document['typeName']}: reference outside the document: {reference}")
    target = document
    for part in reference[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        target = target[int(part)] if isinstance(target, list) else target[part]
    return target


def read(document, schema, open_references=()):
    """The node of a schema. `open_references` are the references that led here."""
    if "$ref" in schema:  # What stands beside a reference only limits the value.
        reference = schema["$ref"]
        if reference in open_references:
            return Node(free=True)
        return read(document, resolve(document, reference), (*open_references, reference))
    node = Node()
    node.scalars = scalars_of(schema)
    if is_scalar(schema):
        return node
    below = lambda part: read(document, part, open_references)
    for name, part in schema.get("properties", {}).items():
        if not NAME.fullmatch(name):
            sys.exit(f"{document['typeName']}: cannot write the property name {name!r}")
        node.properties[name] = below(part)
    if "items" in schema or "array" in types_of(schema):
        node.item = Node()
        items = schema.get("items", {"type": "string"})
        for part in items if isinstance(items, list) else [items]:
            node.item.merge(below(part))
    node.refine(alternatives(schema, below))
    closed = schema.get("additionalProperties") is False
    if "patternProperties" in schema or schema.get("additionalProperties", False) is not False:
        node.free = True
    elif "object" in types_of(schema):
        node.free |= not node.shaped() and not closed
    elif not any(keyword in schema for keyword in SHAPES):
        node.free = True
    return node


def alternatives(schema, below):
    """The union of the schemas in oneOf, anyOf, allOf, if, then and else."""
    parts = [part for keyword in ALTERNATIVES for part in schema.get(keyword, [])]
    parts += [schema[keyword] for keyword in CONDITIONS if keyword in schema]
    union = Node()
    for part in parts:
        if any(keyword in part for keyword in SHAPES):
            union.merge(below(part))
    return union


def render(schemas):
    """The text of the table for the schemas folder of cfn-lint."""
    load = lambda path: json.loads(path.read_text(encoding="utf-8"))
    of_region = {flag: load(schemas / "providers" / f"{name}.json") for flag, name in REGIONS.items()}
    lines = []
    for type_name in sorted(set().union(*of_region.values())):
        flags = "".join(flag for flag, types in of_region.items() if type_name in types)
        node = Node()
        for digest in sorted({of_region[flag][type_name] for flag in flags}):
            document = load(schemas / "resources" / f"{digest}.json")
            root = {k: v for k, v in document.items() if k != "type"}
            node.merge(read(document, root | {"type": "object"}))
        names = [path.removeprefix("/properties/").replace("/", ".") for path in document.get("primaryIdentifier", [])]
        place = ":".join([flags] + ([",".join(names)] if names else []))
        lines.append(f"{type_name} {place} {node.body()}".rstrip())
    date = load(schemas / "version.json")["schema_date"][:10]
    header = [
        f"# source: cfn-lint {version('cfn-lint')}, {date}",
        "# written by scripts/cfn_properties.py, which describes the format",
    ]
    return "\n".join(header + lines) + "\n"


def compress(text):
    """The zstd frame of the text, or None where zstandard is not installed."""
    try:
        import zstandard
    except ImportError:
        return None
    return zstandard.ZstdCompressor(level=19, write_checksum=True).compress(text.encode())


def main():
    parser = argparse.ArgumentParser(description="Write data/cfn-properties.txt from the cfn-lint package.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file would change")
    check = parser.parse_args().check
    text = render(files("cfnlint") / "data" / "schemas")
    outputs = {TABLE: text.encode()}
    if (frame := compress(text)) is not None:
        outputs[TABLE.with_name(TABLE.name + ".zst")] = frame
    else:
        print("zstandard is not installed: the compressed table is left as it is", file=sys.stderr)
    stale = [path for path, data in outputs.items() if not path.exists() or path.read_bytes() != data]
    for path in stale:
        print(f"{'would change' if check else 'wrote'} {path.name}: {len(outputs[path])} bytes")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(outputs[path])
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
