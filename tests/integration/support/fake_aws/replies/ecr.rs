//! ECR: a registry that copies to the other home region, a repository that scans by its own setting and one that a rule of the registry covers, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, other_home, seconds_ago};
use super::{Outcome, customer_key};

const SHARED: &str = "town/base";
const PLAIN: &str = "town/tax";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let named = call.json_text("repositoryName").unwrap_or_default();
    match call.key.operation.as_str() {
        "DescribeRegistry" => registry(call, world),
        "DescribeRepositories" if !there => json!({ "repositories": [] }).into(),
        // Two pages, one repository on each.
        "DescribeRepositories" if call.json_text("nextToken").is_none() => {
            let mut shared = repository(call, SHARED, "IMMUTABLE_WITH_EXCLUSION", true);
            shared["imageTagMutabilityExclusionFilters"] = json!([{ "filterType": "WILDCARD", "filter": "dev-*" }]);
            Outcome::Page(json!({ "repositories": [shared] }).to_string(), "repositories-2".to_owned())
        }
        "DescribeRepositories" => json!({ "repositories": [repository(call, PLAIN, "IMMUTABLE", false)] }).into(),
        "GetRegistryScanningConfiguration" => {
            let filters = json!([{ "filter": "*tax", "filterType": "WILDCARD" }]);
            json!({
                "registryId": call.key.account,
                "scanningConfiguration": {
                    "scanType": "BASIC",
                    "rules": [{ "scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters }],
                },
            })
            .into()
        }
        "GetRepositoryPolicy" if there && named == SHARED => {
            let policy = policy().to_string();
            json!({ "registryId": call.key.account, "repositoryName": SHARED, "policyText": policy }).into()
        }
        "GetRepositoryPolicy" if there && named == PLAIN => Outcome::Refused(
            400,
            "RepositoryPolicyNotFoundException",
            format!("Repository policy does not exist for the repository with name '{PLAIN}'"),
        ),
        "GetRepositoryPolicy" => {
            let text = format!("The repository with name '{named}' does not exist in the registry");
            Outcome::Refused(400, "RepositoryNotFoundException", text)
        }
        _ => Outcome::Unknown,
    }
}

/// It copies its images to the other home region.
fn registry(call: &Call, world: &World) -> Outcome {
    let account = &call.key.account;
    let rule = other_home(world, &call.key.region).map(|other| {
        json!({
            "destinations": [{ "region": other, "registryId": account }],
            "repositoryFilters": [{ "filter": "resident-records/", "filterType": "PREFIX_MATCH" }],
        })
    });
    let rules: Vec<_> = rule.into_iter().collect();
    json!({ "registryId": account, "replicationConfiguration": { "rules": rules } }).into()
}

fn repository(call: &Call, name: &str, mutability: &str, scan: bool) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    json!({
        "repositoryArn": format!("arn:aws:ecr:{region}:{account}:repository/{name}"),
        "registryId": account,
        "repositoryName": name,
        "repositoryUri": format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "createdAt": seconds_ago(200 * DAY),
        "imageTagMutability": mutability,
        "imageScanningConfiguration": { "scanOnPush": scan },
        "encryptionConfiguration": { "encryptionType": "KMS", "kmsKey": customer_key(call) },
    })
}

fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "organization",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } },
        }],
    })
}
