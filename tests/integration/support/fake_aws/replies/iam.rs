//! IAM: a console user with MFA, a user without password, and one inactive key.

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::{DAY, HOUR, World, time_ago};
use super::{Outcome, element, iam_authorization, simulator};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
pub(super) const OPERATOR: &str = "operator";
pub(super) const DEPLOYER: &str = "deployer";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let account = &call.key.account;
    let user = call.parameter("UserName").unwrap_or(OPERATOR);
    if user != OPERATOR && user != DEPLOYER {
        return Outcome::Refused(404, "NoSuchEntity", format!("The user with name {user} cannot be found."));
    }
    let result = match call.key.operation.as_str() {
        // Two pages, one user on each.
        "ListUsers" if call.parameter("Marker").is_none() => {
            return Outcome::Page(
                body(call, &format!("<Users>{}</Users>", user_element(account, OPERATOR))),
                "users-2".to_owned(),
            );
        }
        "ListUsers" => listing("Users", &user_element(account, DEPLOYER)),
        "ListMFADevices" => listing("MFADevices", &mfa_device(account, user)),
        "GetLoginProfile" if user == OPERATOR => format!(
            "<LoginProfile>{}<PasswordResetRequired>false</PasswordResetRequired>{}</LoginProfile>",
            element("UserName", user),
            element("CreateDate", &time_ago(300 * DAY))
        ),
        "GetLoginProfile" => {
            return Outcome::Refused(404, "NoSuchEntity", format!("Login Profile for User {user} cannot be found."));
        }
        "ListAccessKeys" if user == DEPLOYER => listing("AccessKeyMetadata", &access_key(account)),
        "ListAccessKeys" => listing("AccessKeyMetadata", ""),
        "ListUserTags" => listing("Tags", "<member><Key>owner</Key><Value>platform</Value></member>"),
        "GetAccessKeyLastUsed" => format!(
            "{}<AccessKeyLastUsed>{}<ServiceName>s3</ServiceName><Region>ap-northeast-1</Region></AccessKeyLastUsed>",
            element("UserName", DEPLOYER),
            element("LastUsedDate", &time_ago(20 * DAY))
        ),
        "SimulatePrincipalPolicy" => return simulator::reply(call, world),
        "GetAccountSummary" => summary(),
        "GetAccountPasswordPolicy" => PASSWORD_POLICY.to_owned(),
        "GenerateCredentialReport" => element("State", "COMPLETE"),
        "GetCredentialReport" => format!(
            "<Content>{CREDENTIAL_REPORT}</Content><ReportFormat>text/csv</ReportFormat>{}",
            element("GeneratedTime", &time_ago(HOUR))
        ),
        _ => return iam_authorization::reply(call),
    };
    Outcome::Found(body(call, &result))
}

pub(super) fn body(call: &Call, result: &str) -> String {
    let name = &call.key.operation;
    format!(
        "<{name}Response xmlns=\"{NAMESPACE}\"><{name}Result>{result}</{name}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
    )
}

pub(super) fn listing(name: &str, members: &str) -> String {
    format!("<{name}>{members}</{name}><IsTruncated>false</IsTruncated>")
}

fn user_element(account: &str, name: &str) -> String {
    let used = if name == OPERATOR { element("PasswordLastUsed", &time_ago(DAY)) } else { String::new() };
    format!(
        "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDAFAKE{}</UserId><Arn>arn:aws:iam::{account}:user/{name}</Arn>{}{used}</member>",
        name.to_uppercase(),
        element("CreateDate", &time_ago(300 * DAY))
    )
}

fn mfa_device(account: &str, user: &str) -> String {
    format!(
        "<member><UserName>{user}</UserName><SerialNumber>arn:aws:iam::{account}:mfa/{user}</SerialNumber>{}</member>",
        element("EnableDate", &time_ago(299 * DAY))
    )
}

fn access_key(account: &str) -> String {
    format!(
        "<member><UserName>{DEPLOYER}</UserName><AccessKeyId>AKIA{account}KEY1</AccessKeyId><Status>Inactive</Status>{}</member>",
        element("CreateDate", &time_ago(30 * DAY))
    )
}

fn summary() -> String {
    let entries: String =
        SUMMARY.iter().map(|(key, value)| format!("<entry><key>{key}</key><value>{value}</value></entry>")).collect();
    format!("<SummaryMap>{entries}</SummaryMap>")
}

const SUMMARY: &[(&str, u32)] = &[
    ("Users", 2),
    ("UsersQuota", 5_000),
    ("Groups", 1),
    ("GroupsQuota", 300),
    ("Roles", 12),
    ("RolesQuota", 1_000),
    ("Policies", 4),
    ("MFADevices", 3),
    ("MFADevicesInUse", 3),
    ("AccountMFAEnabled", 1),
    ("AccountAccessKeysPresent", 0),
    ("AccountPasswordPresent", 1),
    ("AccountSigningCertificatesPresent", 0),
    ("AccessKeysPerUserQuota", 2),
    ("Providers", 1),
];

const PASSWORD_POLICY: &str = "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength>\
<RequireSymbols>true</RequireSymbols><RequireNumbers>true</RequireNumbers>\
<RequireUppercaseCharacters>true</RequireUppercaseCharacters><RequireLowercaseCharacters>true</RequireLowercaseCharacters>\
<AllowUsersToChangePassword>true</AllowUsersToChangePassword><ExpirePasswords>true</ExpirePasswords>\
<MaxPasswordAge>90</MaxPasswordAge><PasswordReusePrevention>24</PasswordReusePrevention><HardExpiry>false</HardExpiry></PasswordPolicy>";

/// The header, and the row of a root user who signed in once, with MFA and without keys.
const CREDENTIAL_REPORT: &str = "dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1lLHBhc3N3b3JkX2VuYWJsZWQscGFzc3dvcmRfbGFzdF91c2VkLHBhc3N3b3JkX2xhc3RfY2hhbm\
dlZCxwYXNzd29yZF9uZXh0X3JvdGF0aW9uLG1mYV9hY3RpdmUsYWNjZXNzX2tleV8xX2FjdGl2ZSxhY2Nlc3Nfa2V5XzFfbGFzdF9yb3RhdGVk\
LGFjY2Vzc19rZXlfMV9sYXN0X3VzZWRfZGF0ZSxhY2Nlc3Nfa2V5XzFfbGFzdF91c2VkX3JlZ2lvbixhY2Nlc3Nfa2V5XzFfbGFzdF91c2VkX3\
NlcnZpY2UsYWNjZXNzX2tleV8yX2FjdGl2ZSxhY2Nlc3Nfa2V5XzJfbGFzdF9yb3RhdGVkLGFjY2Vzc19rZXlfMl9sYXN0X3VzZWRfZGF0ZSxh\
Y2Nlc3Nfa2V5XzJfbGFzdF91c2VkX3JlZ2lvbixhY2Nlc3Nfa2V5XzJfbGFzdF91c2VkX3NlcnZpY2UsY2VydF8xX2FjdGl2ZSxjZXJ0XzFfbG\
FzdF9yb3RhdGVkLGNlcnRfMl9hY3RpdmUsY2VydF8yX2xhc3Rfcm90YXRlZAo8cm9vdF9hY2NvdW50Pixhcm46YXdzOmlhbTo6MTExMTExMTEx\
MTExOnJvb3QsMjAyNC0wNC0wMVQwMDowMDowMCswMDowMCxub3Rfc3VwcG9ydGVkLDIwMjQtMDQtMDJUMDA6MDA6MDArMDA6MDAsbm90X3N1cH\
BvcnRlZCxub3Rfc3VwcG9ydGVkLHRydWUsZmFsc2UsTi9BLE4vQSxOL0EsTi9BLGZhbHNlLE4vQSxOL0EsTi9BLE4vQSxmYWxzZSxOL0EsZmFs\
c2UsTi9BCg==";
