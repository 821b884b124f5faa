//! AWS KMS: keys with their policies and rotation, and aliases.

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{AliasListEntry, KeyListEntry, KeyManagerType, KeyMetadata, KeySpec, OriginType};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const KEY: &str = "AWS::KMS::Key";
const ALIAS: &str = "AWS::KMS::Alias";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "kms-keys",
        scope: Scope::Regional,
        types: &[KEY],
        actions: &["kms:ListKeys", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"],
        run: |unit| keys(unit).boxed(),
    },
    Collector {
        name: "kms-aliases",
        scope: Scope::Regional,
        types: &[ALIAS],
        actions: &["kms:ListAliases"],
        run: |unit| aliases(unit).boxed(),
    },
];

fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

async fn keys(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.list_keys().into_paginator().page_size(1000).send();
    let (listed, failure) = unit.list("kms:ListKeys", pages, |page| (page.keys, page.next_marker)).await;
    Batch::of(KEY, (each(listed, |entry| key(unit, &client, entry)).await, failure))
}

/// What only `DescribeKey` says, and what can be asked only when it has.
const DETAILS: [&str; 12] = [
    "Description",
    "Enabled",
    "KeyState",
    "KeyManager",
    "KeySpec",
    "KeyUsage",
    "Origin",
    "MultiRegion",
    "DeletionDate",
    "EnableKeyRotation",
    "RotationPeriodInDays",
    "KeyPolicy",
];

/// A key; nothing when it was deleted since it was listed.
async fn key(unit: &Unit, client: &Client, entry: KeyListEntry) -> Option<Resource> {
    let id = entry.key_id?;
    let call = client.describe_key().key_id(&id).send();
    let details = match unit.ask("kms:DescribeKey", call, |answer| answer.key_metadata).await {
        Ok(key) => details(unit, client, &id, &key).await,
        Err(failure) if failure.is(&["NotFoundException"]) => return None,
        Err(failure) => convert::unseen(DETAILS, &failure),
    };
    let names = [("KeyId", id.as_str().into()), ("Arn", convert::text(entry.key_arn.as_deref()))];
    Some(unit.resource(KEY, id.as_str(), entry.key_arn, Value::map(names.into_iter().chain(details))))
}

async fn details(unit: &Unit, client: &Client, id: &str, key: &KeyMetadata) -> Vec<(&'static str, Value)> {
    let mut properties = vec![
        ("Description", convert::text(key.description())),
        ("Enabled", key.enabled().into()),
        ("KeyState", key.key_state().map(|state| state.as_str()).into()),
        ("KeyManager", key.key_manager().map(|manager| manager.as_str()).into()),
        ("KeySpec", key.key_spec().map(|spec| spec.as_str()).into()),
        ("KeyUsage", key.key_usage().map(|usage| usage.as_str()).into()),
        ("Origin", key.origin().map(|origin| origin.as_str()).into()),
        ("MultiRegion", key.multi_region().into()),
        ("DeletionDate", convert::time(key.deletion_date())),
    ];
    if key.key_manager() == Some(&KeyManagerType::Customer) {
        properties.push(("KeyPolicy", policy(unit, client, id).await));
        if can_rotate(key) {
            properties.extend(rotation(unit, client, id).await);
        }
    }
    properties
}

/// Automatic rotation is for symmetric keys whose material AWS KMS made.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>
fn can_rotate(key: &KeyMetadata) -> bool {
    key.key_spec() == Some(&KeySpec::SymmetricDefault) && key.origin() == Some(&OriginType::AwsKms)
}

async fn rotation(unit: &Unit, client: &Client, id: &str) -> Vec<(&'static str, Value)> {
    match unit.call("kms:GetKeyRotationStatus", client.get_key_rotation_status().key_id(id).send()).await {
        Ok(answer) => vec![
            ("EnableKeyRotation", answer.key_rotation_enabled().into()),
            ("RotationPeriodInDays", answer.rotation_period_in_days().into()),
        ],
        Err(failure) => convert::unseen(["EnableKeyRotation", "RotationPeriodInDays"], &failure),
    }
}

/// The policy of a key is always named so.
const POLICY: &str = "default";

async fn policy(unit: &Unit, client: &Client, id: &str) -> Value {
    let call = client.get_key_policy().key_id(id).policy_name(POLICY).send();
    match unit.ask("kms:GetKeyPolicy", call, |answer| answer.policy).await {
        Ok(text) => convert::document(&text),
        Err(failure) => failure.into_value(),
    }
}

async fn aliases(unit: &Unit) -> Batch {
    let pages = client(unit).list_aliases().into_paginator().page_size(100).send();
    let (listed, failure) = unit.list("kms:ListAliases", pages, |page| (page.aliases, page.next_marker)).await;
    Batch::of(ALIAS, (listed.iter().filter_map(|entry| alias(unit, entry)).collect(), failure))
}

/// An alias; those that AWS keeps for keys not made yet have no target.
fn alias(unit: &Unit, alias: &AliasListEntry) -> Option<Resource> {
    let name = alias.alias_name()?;
    let properties = Value::map([("AliasName", name.into()), ("TargetKeyId", convert::text(alias.target_key_id()))]);
    Some(unit.resource(ALIAS, name, alias.alias_arn().map(str::to_owned), properties))
}
