//! IAM: users with their console passwords and MFA devices, access keys, and the account's summary and password policy.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{AccessKeyMetadata, LoginProfile, MfaDevice, PasswordPolicy, User};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const USER: &str = "AWS::IAM::User";
const ACCESS_KEY: &str = "AWS::IAM::AccessKey";
const ACCOUNT: &str = "AWS::::Account";

const NO_SUCH_ENTITY: [&str; 1] = ["NoSuchEntity"];

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "iam-users",
        scope: Scope::Global,
        types: &[USER],
        actions: &["iam:ListUsers", "iam:GetLoginProfile", "iam:ListMFADevices"],
        run: |unit| users(unit).boxed(),
    },
    Collector {
        name: "iam-access-keys",
        scope: Scope::Global,
        types: &[ACCESS_KEY],
        actions: &["iam:ListUsers", "iam:ListAccessKeys"],
        run: |unit| access_keys(unit).boxed(),
    },
    Collector {
        name: "iam-account",
        scope: Scope::Global,
        types: &[ACCOUNT],
        actions: &["iam:GetAccountSummary", "iam:GetAccountPasswordPolicy"],
        run: |unit| account(unit).boxed(),
    },
];

fn client(unit: &Unit) -> Client {
    Client::new(&unit.session.config(&unit.region))
}

/// The users up to the first page that failed.
async fn listed_users(unit: &Unit, client: &Client) -> (Vec<User>, Option<Failure>) {
    let pages = client.list_users().into_paginator().send();
    unit.list("iam:ListUsers", pages, |page| (Some(page.users), page.marker)).await
}

async fn users(unit: &Unit) -> Batch {
    let client = client(unit);
    let (listed, failure) = listed_users(unit, &client).await;
    let read: Vec<_> = listed.iter().map(|one| user(unit, &client, one)).collect();
    let resources: Vec<Option<Resource>> = stream::iter(read).buffered(CALLS_AT_ONCE).collect().await;
    Batch::of(USER, (resources.into_iter().flatten().collect(), failure))
}

/// A user; nothing when it was deleted since it was listed.
async fn user(unit: &Unit, client: &Client, user: &User) -> Option<Resource> {
    let name = user.user_name();
    let pages = client.list_mfa_devices().user_name(name).into_paginator().send();
    let devices = match unit.list("iam:ListMFADevices", pages, |page| (Some(page.mfa_devices), page.marker)).await {
        (_, Some(failure)) if failure.is(&NO_SUCH_ENTITY) => return None,
        (devices, failure) => convert::unfinished(mfa_devices(&devices), failure),
    };
    let profile = unit.call("iam:GetLoginProfile", client.get_login_profile().user_name(name).send()).await;
    let profile = match profile {
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => Value::Null,
        Err(failure) => failure.into_value(),
        Ok(answer) => answer.login_profile().map_or(Value::Null, login_profile),
    };
    let properties = Value::map([
        ("UserName", name.into()),
        ("UserId", user.user_id().into()),
        ("Arn", user.arn().into()),
        ("Path", user.path().into()),
        ("CreateDate", convert::time(Some(user.create_date()))),
        ("PasswordLastUsed", convert::time(user.password_last_used())),
        ("LoginProfile", profile),
        ("MFADevices", devices),
    ]);
    Some(unit.global(USER, name, Some(user.arn().to_owned()), properties))
}

fn login_profile(profile: &LoginProfile) -> Value {
    Value::map([
        ("CreateDate", convert::time(Some(profile.create_date()))),
        ("PasswordResetRequired", profile.password_reset_required().into()),
    ])
}

fn mfa_devices(devices: &[MfaDevice]) -> Value {
    let mut devices: Vec<&MfaDevice> = devices.iter().collect();
    devices.sort_unstable_by_key(|device| device.serial_number());
    Value::list(devices.into_iter().map(|device| {
        Value::map([
            ("SerialNumber", device.serial_number().into()),
            ("EnableDate", convert::time(Some(device.enable_date()))),
        ])
    }))
}

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

async fn keys_of(unit: &Unit, client: &Client, user: &str) -> (Vec<Resource>, Option<Failure>) {
    let pages = client.list_access_keys().user_name(user).into_paginator().send();
    let (keys, failure) =
        unit.list("iam:ListAccessKeys", pages, |page| (Some(page.access_key_metadata), page.marker)).await;
    (keys.iter().filter_map(|key| access_key(unit, user, key)).collect(), failure)
}

fn access_key(unit: &Unit, user: &str, key: &AccessKeyMetadata) -> Option<Resource> {
    let id = key.access_key_id()?;
    let properties = Value::map([
        ("Id", id.into()),
        ("UserName", user.into()),
        ("Status", key.status().map(|status| status.as_str()).into()),
        ("CreateDate", convert::time(key.create_date())),
    ]);
    Some(unit.global(ACCESS_KEY, id, None, properties))
}

async fn account(unit: &Unit) -> Batch {
    let client = client(unit);
    let (summary, policy) = tokio::join!(summary(unit, &client), password_policy(unit, &client));
    let properties = Value::map([("SummaryMap", summary), ("PasswordPolicy", policy)]);
    let account = unit.global(ACCOUNT, unit.account(), None, properties);
    Batch::of(ACCOUNT, (vec![account], None))
}

async fn summary(unit: &Unit, client: &Client) -> Value {
    match unit.call("iam:GetAccountSummary", client.get_account_summary().send()).await {
        Err(failure) => failure.into_value(),
        Ok(answer) => {
            Value::map(answer.summary_map().into_iter().flatten().map(|(key, number)| (key.as_str(), (*number).into())))
        }
    }
}

async fn password_policy(unit: &Unit, client: &Client) -> Value {
    match unit.call("iam:GetAccountPasswordPolicy", client.get_account_password_policy().send()).await {
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => Value::Null,
        Err(failure) => failure.into_value(),
        Ok(answer) => answer.password_policy().map_or(Value::Null, policy_properties),
    }
}

fn policy_properties(policy: &PasswordPolicy) -> Value {
    Value::map([
        ("MinimumPasswordLength", policy.minimum_password_length().into()),
        ("PasswordReusePrevention", policy.password_reuse_prevention().into()),
        ("MaxPasswordAge", policy.max_password_age().into()),
        ("ExpirePasswords", policy.expire_passwords().into()),
        ("HardExpiry", policy.hard_expiry().into()),
        ("AllowUsersToChangePassword", policy.allow_users_to_change_password().into()),
        ("RequireSymbols", policy.require_symbols().into()),
        ("RequireNumbers", policy.require_numbers().into()),
        ("RequireUppercaseCharacters", policy.require_uppercase_characters().into()),
        ("RequireLowercaseCharacters", policy.require_lowercase_characters().into()),
    ])
}
