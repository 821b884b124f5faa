//! IAM: a group whose members only switch roles, roles of a service, of the account itself and of a CI system, a
//! customer managed policy and one of AWS, and the providers of identities.

use serde_json::{Value, json};

use super::super::protocol::{Call, xml_text};
use super::super::world::{DAY, time_ago, time_ahead};
use super::iam::{DEPLOYER, OPERATOR, body, listing};
use super::{Outcome, element};

const GITHUB: &str = "token.actions.githubusercontent.com";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

pub(super) fn reply(call: &Call) -> Outcome {
    let account = &call.key.account;
    let result = match call.key.operation.as_str() {
        "GetAccountAuthorizationDetails" if call.parameter("Filter.member.1") == Some("User") => {
            listing("UserDetailList", &(user(account, OPERATOR) + &user(account, DEPLOYER)))
        }
        // Two pages: the roles on the first.
        "GetAccountAuthorizationDetails" if call.parameter("Marker").is_none() => {
            let page =
                body(call, &listing("RoleDetailList", &roles(account).map(|role| role.detail(account)).concat()));
            return Outcome::Page(page, "details-2".to_owned());
        }
        "GetAccountAuthorizationDetails" => format!(
            "<GroupDetailList>{}</GroupDetailList>{}",
            group(account),
            listing("Policies", &(deploy_policy(account) + &read_only()))
        ),
        "ListRoles" => listing("Roles", &roles(account).map(|role| role.entry(account)).concat()),
        "ListOpenIDConnectProviders" => format!(
            "<OpenIDConnectProviderList><member>{}</member></OpenIDConnectProviderList>",
            element("Arn", &oidc_arn(account))
        ),
        "GetOpenIDConnectProvider" => format!(
            "<Url>{GITHUB}</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>\
             <ThumbprintList><member>6938fd4d98bab03faadb97b34396831e3780aea1</member></ThumbprintList>{}{TAGS}",
            element("CreateDate", &time_ago(300 * DAY))
        ),
        "ListSAMLProviders" => format!(
            "<SAMLProviderList><member>{}{}{}</member></SAMLProviderList>",
            element("Arn", &format!("arn:aws:iam::{account}:saml-provider/identity-center")),
            element("ValidUntil", &time_ahead(300 * DAY)),
            element("CreateDate", &time_ago(300 * DAY))
        ),
        _ => return Outcome::Unknown,
    };
    Outcome::Found(body(call, &result))
}

const TAGS: &str = "<Tags><member><Key>owner</Key><Value>platform</Value></member></Tags>";

fn oidc_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{GITHUB}")
}

fn policy_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:policy/deploy")
}

struct Role {
    path: &'static str,
    name: &'static str,
    trust: Value,
    grants: String,
}

impl Role {
    fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{}", self.path, self.name)
    }

    fn head(&self, account: &str) -> String {
        format!(
            "{}{}<RoleId>AROAFAKE{}</RoleId>{}{}<AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>",
            element("Path", self.path),
            element("RoleName", self.name),
            self.name.to_uppercase(),
            element("Arn", &self.arn(account)),
            element("CreateDate", &time_ago(300 * DAY)),
            document(&self.trust)
        )
    }

    fn detail(&self, account: &str) -> String {
        format!("<member>{}{}{TAGS}</member>", self.head(account), self.grants)
    }

    fn entry(&self, account: &str) -> String {
        format!(
            "<member>{}<Description>fake</Description><MaxSessionDuration>3600</MaxSessionDuration></member>",
            self.head(account)
        )
    }
}

fn roles(account: &str) -> [Role; 4] {
    let service = |name: &str| policy(&json!({ "Action": "sts:AssumeRole", "Principal": { "Service": name } }));
    let own = json!({
        "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
        "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
    });
    let ci = json!({
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": { "Federated": oidc_arn(account) },
        "Condition": { "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:example-city/infrastructure:environment:production",
        } },
    });
    let read_objects = json!({ "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example/*" });
    let boundary = format!(
        "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>{}</PermissionsBoundary>",
        element("PermissionsBoundaryArn", &policy_arn(account))
    );
    [
        Role {
            path: "/aws-service-role/config.amazonaws.com/",
            name: "AWSServiceRoleForConfig",
            trust: service("config.amazonaws.com"),
            grants: String::new(),
        },
        Role {
            path: "/",
            name: "batch",
            trust: service("lambda.amazonaws.com"),
            grants: inline("RolePolicyList", "read-objects", &policy(&read_objects)) + &boundary,
        },
        Role { path: "/", name: "operation", trust: policy(&own), grants: attached(READ_ONLY) },
        Role { path: "/", name: "deploy", trust: policy(&ci), grants: attached(&policy_arn(account)) },
    ]
}

/// A policy with one statement that allows something.
fn policy(statement: &Value) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = "Allow".into();
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn group(account: &str) -> String {
    let switch = json!({ "Action": "sts:AssumeRole", "Resource": format!("arn:aws:iam::{account}:role/operation") });
    format!(
        "<member><Path>/</Path><GroupName>operators</GroupName><GroupId>AGPAFAKE</GroupId>{}{}{}{}</member>",
        element("Arn", &format!("arn:aws:iam::{account}:group/operators")),
        element("CreateDate", &time_ago(300 * DAY)),
        inline("GroupPolicyList", "switch-role", &policy(&switch)),
        attached("arn:aws:iam::aws:policy/IAMUserChangePassword")
    )
}

fn user(account: &str, name: &str) -> String {
    let own_device = json!({
        "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice"],
        "Resource": "arn:aws:iam::*:user/${aws:username}",
    });
    let grants = match name {
        OPERATOR => format!(
            "<GroupList><member>operators</member></GroupList>{}",
            inline("UserPolicyList", "own-mfa", &policy(&own_device))
        ),
        _ => String::new(),
    };
    format!(
        "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDAFAKE{}</UserId>{}{}{grants}{TAGS}</member>",
        name.to_uppercase(),
        element("Arn", &format!("arn:aws:iam::{account}:user/{name}")),
        element("CreateDate", &time_ago(300 * DAY))
    )
}

fn deploy_policy(account: &str) -> String {
    let deploy = json!({ "Action": ["cloudformation:*", "s3:*"], "Resource": "*" });
    managed_policy("deploy", &policy_arn(account), &policy(&deploy))
}

fn read_only() -> String {
    let read = json!({ "Action": ["ec2:Describe*", "s3:Get*", "s3:List*"], "Resource": "*" });
    let change = json!({ "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}" });
    managed_policy("ReadOnlyAccess", READ_ONLY, &policy(&read))
        + &managed_policy("IAMUserChangePassword", "arn:aws:iam::aws:policy/IAMUserChangePassword", &policy(&change))
}

fn managed_policy(name: &str, arn: &str, policy: &Value) -> String {
    let created = element("CreateDate", &time_ago(300 * DAY));
    format!(
        "<member><PolicyName>{name}</PolicyName><PolicyId>ANPAFAKE{}</PolicyId>{}<Path>/</Path>\
         <DefaultVersionId>v2</DefaultVersionId><AttachmentCount>1</AttachmentCount>\
         <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount><IsAttachable>true</IsAttachable>\
         <Description>fake</Description>{created}<PolicyVersionList>\
         <member><Document>{{}}</Document><VersionId>v1</VersionId><IsDefaultVersion>false</IsDefaultVersion>{created}</member>\
         <member><Document>{}</Document><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion>{created}</member>\
         </PolicyVersionList></member>",
        name.to_uppercase(),
        element("Arn", arn),
        document(policy)
    )
}

fn inline(list: &str, name: &str, policy: &Value) -> String {
    format!(
        "<{list}><member><PolicyName>{name}</PolicyName><PolicyDocument>{}</PolicyDocument></member></{list}>",
        document(policy)
    )
}

fn attached(arn: &str) -> String {
    let name = arn.rsplit('/').next().unwrap_or_default();
    format!(
        "<AttachedManagedPolicies><member>{}{}</member></AttachedManagedPolicies>",
        element("PolicyName", name),
        element("PolicyArn", arn)
    )
}

/// A policy as IAM writes it: percent-encoded.
fn document(policy: &Value) -> String {
    let encode = |c: char| match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '~' => c.to_string(),
        other => other.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    xml_text(&policy.to_string().chars().map(encode).collect::<String>())
}
