//! Small bundles for `scan --from`, made with the library: no AWS, and the same in every run.

use std::path::Path;

use govcheck::bundle::{AccountRecord, Bundle, Manifest, ScopeEntry, ScopeInfo};
use govcheck::model::{
    Account, AccountClass, GLOBAL, Gap, Inventory, Resource, ResourceId, RulePackInfo, Scope, Unknown, Value,
};
use serde_json::json;

pub(crate) const TOKYO: &str = "ap-northeast-1";

/// The guardrails that the inventories of [`town`] are made for.
pub(crate) const TOWN_RULES: &str =
    "ebs-volumes-are-encrypted,s3-bucket-public-access-blocked,security-groups-do-not-open-ssh-or-rdp";

const TOWN_TYPES: [(&str, Scope); 5] = [
    ("AWS::S3::Bucket", Scope::Global),
    ("AWS::S3::AccountPublicAccessBlock", Scope::Global),
    ("AWS::EC2::SecurityGroup", Scope::Regional),
    ("AWS::EC2::PrefixList", Scope::Regional),
    ("AWS::EC2::Volume", Scope::Regional),
];

/// Writes a bundle of these accounts.
pub(crate) fn write_bundle(dir: &Path, inventories: Vec<Inventory>) {
    let entry = |inventory: &Inventory| ScopeEntry {
        account: inventory.account.clone(),
        role_arn: None,
        regions: inventory.regions.clone(),
    };
    let scope = ScopeInfo {
        accounts: inventories.iter().map(entry).collect(),
        rule_pack: RulePackInfo { version: "0".into(), digest: "0".into(), guardrails: Vec::new() },
        params: std::collections::BTreeMap::new(),
    };
    let mut manifest = Manifest::new(scope, None, "2026-01-01T00:00:00Z".into());
    manifest.finished_at = Some("2026-01-01T00:01:00Z".into());
    manifest.interrupted = false;
    let mut bundle = Bundle::open(dir, manifest, true).unwrap();
    for inventory in inventories {
        bundle.write_account(&AccountRecord { inventory, findings: Vec::new() }).unwrap();
    }
    bundle.seal().unwrap();
}

/// An account in Tokyo of which everything that [`TOWN_RULES`] need was asked, and nothing found.
pub(crate) fn empty(id: &str, name: &str, class: AccountClass) -> Inventory {
    let mut account = Account::new(id.parse().unwrap());
    account.name = Some(name.to_owned());
    account.class = Some(class);
    let types = TOWN_TYPES.map(|(kind, scope)| (kind.to_owned(), scope)).into();
    Inventory::new(account, vec![TOKYO.into()], types)
}

pub(crate) fn add(inventory: &mut Inventory, kind: &str, region: &str, name: &str, properties: serde_json::Value) {
    let id = ResourceId {
        resource_type: kind.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
        arn: Some(format!("arn:aws:test:{region}:{}:{name}", inventory.account.id)),
    };
    inventory.resources.push(Resource { id, properties: Value::from_notation(properties).unwrap(), origin: None });
}

/// Three accounts of a town: one that is broken, one that is well, one that could not be entered.
pub(crate) fn town() -> Vec<Inventory> {
    let mut residents = empty("111111111111", "住民記録システム（本番）", AccountClass::NumberUse);
    let block = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true});
    add(&mut residents, "AWS::S3::Bucket", TOKYO, "residents-open", json!({"BucketName": "residents-open"}));
    add(
        &mut residents,
        "AWS::S3::Bucket",
        TOKYO,
        "residents-logs",
        json!({"BucketName": "residents-logs", "PublicAccessBlockConfiguration": {"$unknown": {"access_denied": "s3:GetBucketPublicAccessBlock"}}}),
    );
    add(
        &mut residents,
        "AWS::EC2::SecurityGroup",
        TOKYO,
        "sg-0a1b2c3d4e5f60001",
        json!({"GroupName": "踏み台", "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0", "Description": "保守業者"},
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"},
        ]}),
    );
    add(&mut residents, "AWS::EC2::Volume", TOKYO, "vol-0a1b2c3d4e5f60001", json!({"Encrypted": false}));
    let mut tax = empty("222222222222", "tax (staging)", AccountClass::General);
    add(&mut tax, "AWS::S3::Bucket", TOKYO, "tax", json!({"PublicAccessBlockConfiguration": block}));
    add(&mut tax, "AWS::EC2::Volume", TOKYO, "vol-0a1b2c3d4e5f60002", json!({"Encrypted": true}));
    let mut closed = empty("333333333333", "図書館", AccountClass::InternetFacing);
    for (kind, scope) in TOWN_TYPES {
        let region = if scope == Scope::Global { GLOBAL } else { TOKYO };
        let cause = Unknown::RoleNotAssumed("AccessDenied".into());
        closed.gaps.push(Gap { region: region.into(), resource_type: kind.into(), cause });
    }
    for inventory in [&mut residents, &mut tax, &mut closed] {
        inventory.sort();
    }
    vec![residents, tax, closed]
}
