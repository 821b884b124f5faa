//! The access keys of IAM users, with their last use.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::AccessKeyMetadata;
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::iam::{NO_SUCH_ENTITY, client, listed_users};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const ACCESS_KEY: &str = "AWS::IAM::AccessKey";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "iam-access-keys",
    scope: Scope::Global,
    types: &[ACCESS_KEY],
    actions: &["iam:ListUsers", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
    run: |unit| access_keys(unit).boxed(),
}];

async fn access_keys(unit: &Unit) -> Batch {
    let client = client(unit);
    let (users, failure) = listed_users(unit, &client).await;
    let mut batch = Batch::of(ACCESS_KEY, (Vec::new(), failure));
    let listings: Vec<_> = users.iter().map(|user| keys_of(unit, &client, user.user_name())).collect();
    let mut listings = stream::iter(listings).buffered(CALLS_AT_ONCE);
    while let Some(listing) = listings.next().await {
        match listing {
            (_, Some(failure)) if failure.is(&NO_SUCH_ENTITY) => {}
            (keys, failure) => {
                batch.resources.extend(keys);
                batch.failures.extend(failure.map(|failure| (ACCESS_KEY.to_owned(), failure)));
            }
        }
    }
    batch
}

/// The keys of a user, without those that were deleted since they were listed.
async fn keys_of(unit: &Unit, client: &Client, user: &str) -> (Vec<Resource>, Option<Failure>) {
    let pages = client.list_access_keys().user_name(user).into_paginator().send();
    let (keys, failure) =
        unit.list("iam:ListAccessKeys", pages, |page| (Some(page.access_key_metadata), page.marker)).await;
    let mut read = Vec::new();
    for key in &keys {
        read.extend(access_key(unit, client, user, key).await);
    }
    (read, failure)
}

async fn access_key(unit: &Unit, client: &Client, user: &str, key: &AccessKeyMetadata) -> Option<Resource> {
    let id = key.access_key_id()?;
    let call = client.get_access_key_last_used().access_key_id(id).send();
    let last_used = match unit.ask("iam:GetAccessKeyLastUsed", call, |answer| answer.access_key_last_used).await {
        Ok(used) => convert::time(used.last_used_date()),
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("Id", id.into()),
        ("UserName", user.into()),
        ("Status", key.status().map(|status| status.as_str()).into()),
        ("CreateDate", convert::time(key.create_date())),
        ("LastUsedDate", last_used),
    ]);
    Some(unit.global(ACCESS_KEY, id, None, properties))
}
