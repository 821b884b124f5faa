#!/usr/bin/env bash
# Writes what is generated from the rules and the registries: the documents of the guardrails, and the role's template.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet
govcheck=target/debug/govcheck
$govcheck rules docs --lang en >docs/guardrails.md
$govcheck rules docs --lang ja >docs/guardrails.ja.md
$govcheck rules coverage --lang en >docs/coverage.md
$govcheck permissions --cloudformation >docs/role.yaml
