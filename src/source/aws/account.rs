//! The account itself: IAM's summary and password policy, and the alternate contacts.

use aws_sdk_account::types::AlternateContactType;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::PasswordPolicy;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::iam::{NO_SUCH_ENTITY, client};
use super::{Collector, Scope};
use crate::model::Value;

const ACCOUNT: &str = "AWS::::Account";

/// The only region of the commercial partition in which AWS Account Management has an endpoint.
/// <https://docs.aws.amazon.com/general/latest/gr/account.html>
const CONTACTS_REGION: &str = "us-east-1";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "account",
    scope: Scope::Global,
    types: &[ACCOUNT],
    actions: &["account:GetAlternateContact", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary"],
    run: |unit| account(unit).boxed(),
}];

async fn account(unit: &Unit) -> Batch {
    let client = client(unit);
    let (summary, policy, contacts) =
        tokio::join!(summary(unit, &client), password_policy(unit, &client), alternate_contacts(unit),);
    let properties = Value::map([("SummaryMap", summary), ("PasswordPolicy", policy), ("AlternateContacts", contacts)]);
    Batch::one(unit.global(ACCOUNT, unit.account(), None, properties))
}

async fn summary(unit: &Unit, client: &Client) -> Value {
    match unit.ask("iam:GetAccountSummary", client.get_account_summary().send(), |answer| answer.summary_map).await {
        Err(failure) => failure.into_value(),
        Ok(numbers) => Value::map(numbers.iter().map(|(key, number)| (key.as_str(), (*number).into()))),
    }
}

async fn password_policy(unit: &Unit, client: &Client) -> Value {
    let call = client.get_account_password_policy().send();
    match unit.ask("iam:GetAccountPasswordPolicy", call, |answer| answer.password_policy).await {
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => Value::Null,
        Err(failure) => failure.into_value(),
        Ok(policy) => policy_properties(&policy),
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

/// Which alternate contacts are registered. Who they are is not kept.
async fn alternate_contacts(unit: &Unit) -> Value {
    use AlternateContactType::{Billing, Operations, Security};
    let there = unit.at(CONTACTS_REGION);
    let client = aws_sdk_account::Client::new(&there.config());
    let registered = async |kind: AlternateContactType| {
        let call = client.get_alternate_contact().alternate_contact_type(kind).send();
        match there.call("account:GetAlternateContact", call).await {
            Ok(_) => true.into(),
            Err(failure) if failure.is(&["ResourceNotFoundException"]) => false.into(),
            Err(failure) => failure.into_value(),
        }
    };
    Value::map([
        ("BILLING", registered(Billing).await),
        ("OPERATIONS", registered(Operations).await),
        ("SECURITY", registered(Security).await),
    ])
}
