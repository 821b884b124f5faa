//! Organizations: the management account at the root, all members in one unit. Twenty accounts to a page.

use serde_json::{Value, json};

use super::super::protocol::{Call, Protocol};
use super::super::world::World;
use super::Outcome;
use super::simulator::GUARDED;

const ORGANIZATION: &str = "o-fakeorg001";
const ROOT: &str = "r-fake";
const UNIT: &str = "ou-fake-workload";
const PAGE: usize = 20;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    debug_assert_eq!(call.protocol, Protocol::AwsJson);
    let management = &world.management_account;
    if call.key.operation == "DescribeOrganization" {
        return json!({ "Organization": {
            "Id": ORGANIZATION,
            "Arn": format!("arn:aws:organizations::{management}:organization/{ORGANIZATION}"),
            "FeatureSet": "ALL",
            "MasterAccountArn": account_arn(world, management),
            "MasterAccountId": management,
            "MasterAccountEmail": format!("{management}@example.jp"),
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        } })
        .into();
    }
    if call.key.operation == "DescribeEffectivePolicy" {
        return json!({ "EffectivePolicy": {
            "PolicyType": call.json_text("PolicyType"),
            "TargetId": call.key.account,
            "LastUpdatedTimestamp": 1_735_689_600,
            "PolicyContent": EC2_SETTINGS,
        } })
        .into();
    }
    if call.key.account != *management {
        return Outcome::Refused(
            400,
            "AccessDeniedException",
            "You don't have permissions to access this resource.".to_owned(),
        );
    }
    match call.key.operation.as_str() {
        "ListRoots" => json!({ "Roots": [{
            "Id": ROOT,
            "Arn": format!("arn:aws:organizations::{management}:root/{ORGANIZATION}/{ROOT}"),
            "Name": "Root",
            "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        }] })
        .into(),
        "ListAccounts" => list_accounts(call, world),
        "ListParents" => {
            let child = call.json_text("ChildId").unwrap_or_default();
            let (id, kind) =
                if world.members.contains(&child) { (UNIT, "ORGANIZATIONAL_UNIT") } else { (ROOT, "ROOT") };
            if child != UNIT && child != *management && id == ROOT {
                return Outcome::Refused(
                    400,
                    "ChildNotFoundException",
                    "You specified a child that doesn't exist.".to_owned(),
                );
            }
            json!({ "Parents": [{ "Id": id, "Type": kind }] }).into()
        }
        "DescribeOrganizationalUnit" if call.json_text("OrganizationalUnitId").as_deref() == Some(UNIT) => {
            json!({ "OrganizationalUnit": {
            "Id": UNIT,
            "Arn": format!("arn:aws:organizations::{management}:ou/{ORGANIZATION}/{UNIT}"),
            "Name": "workload",
            "Path": format!("{ORGANIZATION}/{ROOT}/{UNIT}/"),
        } })
            .into()
        }
        "DescribeOrganizationalUnit" => Outcome::Refused(
            400,
            "OrganizationalUnitNotFoundException",
            "You specified an organizational unit that doesn't exist.".to_owned(),
        ),
        "ListPoliciesForTarget" => list_policies(call, world),
        "DescribePolicy" => {
            let id = call.json_text("PolicyId").unwrap_or_default();
            match POLICIES.iter().find(|(policy, ..)| *policy == id) {
                Some((id, name, _, content)) => {
                    let regions = json!(world.home_regions).to_string();
                    let guarded = json!(GUARDED.as_slice()).to_string();
                    let content = content.replace("\"HOME_REGIONS\"", &regions).replace("\"GUARDED\"", &guarded);
                    json!({ "Policy": { "PolicySummary": { "Id": id, "Name": name }, "Content": content } }).into()
                }
                None => {
                    let text = "You specified a policy that doesn't exist.";
                    Outcome::Refused(400, "PolicyNotFoundException", text.to_owned())
                }
            }
        }
        "ListTagsForResource" => json!({ "Tags": [
            { "Key": "class", "Value": "lgwan" },
            { "Key": "environment", "Value": "production" },
            { "Key": "system", "Value": "resident-records" },
            { "Key": "owner", "Value": "platform" },
        ] })
        .into(),
        _ => Outcome::Unknown,
    }
}

/// Id, name, what they are attached to (`*` for everything), content.
const POLICIES: &[(&str, &str, &[&str], &str)] = &[
    (
        "p-FullAWSAccess",
        "FullAWSAccess",
        &["*"],
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "p-gateways",
        "guarded",
        &[ROOT],
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"GUARDED","Resource":"*"}]}"#,
    ),
    (
        "p-regions",
        "region-lock",
        &[UNIT],
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*","organizations:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"HOME_REGIONS"}}}]}"#,
    ),
    (
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        &["*"],
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    ),
];

/// What the declarative policies for EC2 come to.
const EC2_SETTINGS: &str = r#"{"ec2_attributes":{"snapshot_block_public_access":{"state":"block_all_sharing"},"image_block_public_access":{"state":"block_new_sharing"},"vpc_block_public_access":{"internet_gateway_block":{"mode":"block_bidirectional","exclusions_allowed":"enabled"}}}}"#;

/// One policy to a page.
fn list_policies(call: &Call, world: &World) -> Outcome {
    let target = call.json_text("TargetId").unwrap_or_default();
    if ![ROOT, UNIT].contains(&target.as_str())
        && target != world.management_account
        && !world.members.contains(&target)
    {
        return Outcome::Refused(400, "TargetNotFoundException", "We can't find a target with that ID.".to_owned());
    }
    let resource = call.json_text("Filter").as_deref() == Some("RESOURCE_CONTROL_POLICY");
    let attached = POLICIES.iter().filter(|(id, _, targets, _)| {
        id.starts_with("p-RCP") == resource && (targets.contains(&"*") || targets.contains(&target.as_str()))
    });
    let start =
        call.json_text("NextToken").and_then(|token| token.strip_prefix("policies-")?.parse().ok()).unwrap_or(0_usize);
    let mut rest = attached.skip(start);
    let page: Vec<Value> = rest.by_ref().take(1).map(|(id, name, ..)| json!({ "Id": id, "Name": name })).collect();
    let body = json!({ "Policies": page }).to_string();
    if rest.next().is_some() { Outcome::Page(body, format!("policies-{}", start + 1)) } else { Outcome::Found(body) }
}

fn list_accounts(call: &Call, world: &World) -> Outcome {
    let start =
        call.json_text("NextToken").and_then(|token| token.strip_prefix("accounts-")?.parse().ok()).unwrap_or(0_usize);
    let all = std::iter::once(&world.management_account)
        .chain(world.members.iter().filter(|id| **id != world.management_account));
    let mut rest = all.skip(start);
    let page: Vec<Value> = rest.by_ref().take(PAGE).map(|id| account(world, id)).collect();
    let body = json!({ "Accounts": page }).to_string();
    if rest.next().is_some() { Outcome::Page(body, format!("accounts-{}", start + PAGE)) } else { Outcome::Found(body) }
}

fn account(world: &World, id: &str) -> Value {
    json!({
        "Id": id,
        "Arn": account_arn(world, id),
        "Email": format!("{id}@example.jp"),
        "Name": format!("account-{id}"),
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1_735_689_600,
    })
}

fn account_arn(world: &World, id: &str) -> String {
    format!("arn:aws:organizations::{}:account/{ORGANIZATION}/{id}", world.management_account)
}
