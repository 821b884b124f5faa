//! AWS Secrets Manager: secrets with their policies. Their values are never read.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::SecretListEntry;
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const SECRET: &str = "AWS::SecretsManager::Secret";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "secretsmanager-secrets",
    scope: Scope::Regional,
    types: &[SECRET],
    actions: &["secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy"],
    run: |unit| secrets(unit).boxed(),
}];

async fn secrets(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let listing = client.list_secrets().include_planned_deletion(false);
    let pages = listing.into_paginator().page_size(100).send();
    let (listed, failure) =
        unit.list("secretsmanager:ListSecrets", pages, |page| (page.secret_list, page.next_token)).await;
    Batch::of(SECRET, (each(listed, |entry| secret(unit, &client, entry)).await, failure))
}

/// Nothing when the secret was deleted in the meantime.
async fn secret(unit: &Unit, client: &Client, entry: SecretListEntry) -> Option<Resource> {
    let (arn, name) = (entry.arn()?, entry.name()?);
    let call = client.get_resource_policy().secret_id(arn).send();
    let policy = match unit.call("secretsmanager:GetResourcePolicy", call).await {
        Ok(answer) => {
            let text = answer.resource_policy().filter(|text| !text.is_empty());
            text.map(|text| Value::map([("ResourcePolicy", convert::document(text))])).into()
        }
        Err(failure) if failure.is(&["ResourceNotFoundException"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("Name", name.into()),
        ("Id", arn.into()),
        ("KmsKeyId", convert::text(entry.kms_key_id())),
        ("RotationEnabled", entry.rotation_enabled().into()),
        ("DeletedDate", convert::time(entry.deleted_date())),
        ("OwningService", convert::text(entry.owning_service())),
        ("PrimaryRegion", convert::text(entry.primary_region())),
        ("ResourcePolicy", policy),
        ("Tags", convert::tags(entry.tags().iter().map(|tag| (tag.key(), tag.value())))),
    ]);
    Some(unit.resource(SECRET, name, Some(arn.to_owned()), properties))
}
