#!/usr/bin/env bash
# Makes fixtures/demo: the bundle of a real scan of six accounts of the mock fleet in tests/moto.
# Needs the mock server's virtual environment, which the first `cargo test` makes under target/moto.
set -euo pipefail
cd "$(dirname "$0")/.."

port=${PORT:-5998}
work=$(mktemp -d)
export AWS_ENDPOINT_URL="http://localhost:$port" AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo
export AWS_REGION=ap-northeast-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

MOTO_EC2_LOAD_DEFAULT_AMIS=false MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS=false TZ=UTC \
  target/moto/bin/moto_server -H 127.0.0.1 -p "$port" >"$work/moto.log" 2>&1 &
trap 'kill %1; rm -rf "$work"' EXIT
until target/moto/bin/python -B tests/moto/fleet.py "$AWS_ENDPOINT_URL" "$work" 2>"$work/seed.log"; do
  kill -0 %1 || { cat "$work/moto.log"; exit 1; }
  sleep 1
done

cat >"$work/demo.yaml" <<'YAML'
defaults:
  role_name: govcheck
  regions: [ap-northeast-1, ap-northeast-3]
  environment: 本番
accounts:
  - { id: "111111111111", name: 住民記録, class: number-use, system: 住民記録, owner: 情報政策課 }
  - { id: "131313131313", name: 新規払い出し, class: general, environment: 検証, owner: 情報政策課 }
  - { id: "333333333333", name: 住民記録（大阪）, class: number-use, system: 住民記録, owner: 情報政策課 }
  - { id: "666666666666", name: 公式サイト, class: internet-facing, system: ホームページ, owner: 広報課 }
  - { id: "777777777777", name: デリバリー, class: cicd, owner: 運用管理補助者 }
  - { id: "888888888888", name: 統計分析, class: general, system: データ分析, owner: 企画課 }
YAML

# What the mock server can show; it lacks the services of other guardrails.
rules=$(paste -sd, <<'RULES'
cloudtrail-delivers-logs
cloudtrail-log-validation-is-on
cloudtrail-records-all-regions
config-records-all-resources
default-security-groups-have-no-rules
ebs-encryption-by-default-is-on
snapshots-not-public-or-shared
ebs-volumes-are-encrypted
guardduty-is-on
iam-access-keys-are-rotated
iam-console-users-have-mfa
iam-password-policy-is-strong
no-active-iam-access-keys
no-internet-gateway-in-number-use-accounts
no-internet-route-in-number-use-accounts
no-resources-outside-allowed-regions
root-user-has-mfa
root-user-has-no-access-key
s3-account-public-access-blocked
s3-bucket-is-encrypted
s3-bucket-not-public
s3-bucket-public-access-blocked
s3-bucket-refuses-plain-http
security-groups-do-not-open-high-risk-ports
security-groups-do-not-open-ssh-or-rdp
security-hub-runs-required-standards
RULES
)

rm -rf fixtures/demo
cargo run --quiet -- --quiet scan --accounts "$work/demo.yaml" --params "$work/params.yaml" \
  --rule "$rules" --bundle fixtures/demo || [ $? -eq 1 ]
rm -f fixtures/demo/.lock
