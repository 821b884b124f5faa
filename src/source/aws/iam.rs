//! IAM users with their console passwords, MFA devices and permissions.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{LoginProfile, MfaDevice, User};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each};
use super::iam_authorization::UserGrants;
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const USER: &str = "AWS::IAM::User";

pub(super) const NO_SUCH_ENTITY: [&str; 1] = ["NoSuchEntity"];

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "iam-users",
    scope: Scope::Global,
    types: &[USER],
    actions: &["iam:ListUsers", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:GetAccountAuthorizationDetails"],
    run: |unit| users(unit).boxed(),
}];

pub(super) fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

/// The users up to the first page that failed.
pub(super) async fn listed_users(unit: &Unit, client: &Client) -> (Vec<User>, Option<Failure>) {
    let pages = client.list_users().into_paginator().page_size(1000).send();
    unit.list("iam:ListUsers", pages, |page| (Some(page.users), page.marker)).await
}

async fn users(unit: &Unit) -> Batch {
    let client = client(unit);
    let (listed, failure) = listed_users(unit, &client).await;
    let grants = UserGrants::read(unit, &client).await;
    Batch::of(USER, (each(listed, |one| user(unit, &client, one, &grants)).await, failure))
}

/// A user; nothing when it was deleted since it was listed.
async fn user(unit: &Unit, client: &Client, user: User, grants: &UserGrants) -> Option<Resource> {
    let name = user.user_name();
    let pages = client.list_mfa_devices().user_name(name).into_paginator().send();
    let devices = match unit.list("iam:ListMFADevices", pages, |page| (Some(page.mfa_devices), page.marker)).await {
        (_, Some(failure)) if failure.is(&NO_SUCH_ENTITY) => return None,
        (devices, failure) => convert::unfinished(mfa_devices(&devices), failure),
    };
    let call = client.get_login_profile().user_name(name).send();
    let profile = match unit.ask("iam:GetLoginProfile", call, |answer| answer.login_profile).await {
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => Value::Null,
        Err(failure) => failure.into_value(),
        Ok(profile) => login_profile(&profile),
    };
    let properties = [
        ("UserName", name.into()),
        ("UserId", user.user_id().into()),
        ("Arn", user.arn().into()),
        ("Path", user.path().into()),
        ("CreateDate", convert::time(Some(user.create_date()))),
        ("PasswordLastUsed", convert::time(user.password_last_used())),
        ("LoginProfile", profile),
        ("MFADevices", devices),
    ];
    let properties = Value::map(properties.into_iter().chain(grants.properties(name)));
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
