//! What IAM grants to whom: roles, groups, managed policies, and the permissions of users, from one call.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, Role,
    RoleDetail, Tag, UserDetail,
};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::iam::client;
use super::{Collector, Scope, convert};
use crate::model::{Resource, Unknown, Value};

const ROLE: &str = "AWS::IAM::Role";
const GROUP: &str = "AWS::IAM::Group";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "iam-authorization",
    scope: Scope::Global,
    types: &[ROLE, GROUP, MANAGED_POLICY],
    actions: &[DETAILS, "iam:ListRoles"],
    run: |unit| authorization(unit).boxed(),
}];

type Details = Vec<GetAccountAuthorizationDetailsOutput>;

async fn details(unit: &Unit, client: &Client, kinds: &[EntityType]) -> (Details, Option<Failure>) {
    let call = client.get_account_authorization_details().set_filter(Some(kinds.to_vec()));
    let pages = call.into_paginator().page_size(1000).send();
    unit.list(DETAILS, pages, |mut page| {
        let next = page.marker.take();
        (Some(vec![page]), next)
    })
    .await
}

async fn authorization(unit: &Unit) -> Batch {
    use EntityType::{AwsManagedPolicy, Group, LocalManagedPolicy, Role};
    let client = client(unit);
    let kinds = [Role, Group, LocalManagedPolicy, AwsManagedPolicy];
    let ((pages, failure), sessions) = tokio::join!(details(unit, &client, &kinds), Sessions::read(unit, &client));
    let mut resources = Vec::new();
    for page in &pages {
        resources.extend(page.role_detail_list().iter().filter_map(|one| role(unit, one, &sessions)));
        resources.extend(page.group_detail_list().iter().filter_map(|one| group(unit, one)));
        resources.extend(page.policies().iter().filter_map(|one| managed_policy(unit, one)));
    }
    Batch::of_kinds([ROLE, GROUP, MANAGED_POLICY], (resources, failure))
}

/// What the listing of roles says beyond the authorization details.
struct Sessions {
    by_role: BTreeMap<String, Role>,
    failure: Option<Failure>,
}

impl Sessions {
    async fn read(unit: &Unit, client: &Client) -> Self {
        let pages = client.list_roles().into_paginator().page_size(1000).send();
        let (roles, failure) = unit.list("iam:ListRoles", pages, |page| (Some(page.roles), page.marker)).await;
        Self { by_role: roles.into_iter().map(|role| (role.role_name.clone(), role)).collect(), failure }
    }

    fn properties(&self, role: &str) -> [(&'static str, Value); 2] {
        match self.by_role.get(role) {
            None => ["Description", "MaxSessionDuration"].map(|name| (name, missing(self.failure.as_ref()))),
            Some(role) => [
                ("Description", convert::text(role.description())),
                ("MaxSessionDuration", role.max_session_duration().into()),
            ],
        }
    }
}

/// In place of what another listing would have said, had it come to this entity.
fn missing(failure: Option<&Failure>) -> Value {
    failure.map_or_else(|| Value::unknown(Unknown::NotCollected), |failure| failure.clone().into_value())
}

fn role(unit: &Unit, role: &RoleDetail, sessions: &Sessions) -> Option<Resource> {
    let name = role.role_name()?;
    let properties = [
        ("RoleName", name.into()),
        ("RoleId", role.role_id().into()),
        ("Arn", role.arn().into()),
        ("Path", role.path().into()),
        ("CreateDate", convert::time(role.create_date())),
        ("AssumeRolePolicyDocument", document(role.assume_role_policy_document())),
        ("Policies", inline(role.role_policy_list())),
        ("ManagedPolicyArns", attached(role.attached_managed_policies())),
        ("PermissionsBoundary", boundary(role.permissions_boundary())),
        ("Tags", tags(role.tags())),
    ];
    let properties = Value::map(properties.into_iter().chain(sessions.properties(name)));
    Some(unit.global(ROLE, name, role.arn().map(str::to_owned), properties))
}

fn group(unit: &Unit, group: &GroupDetail) -> Option<Resource> {
    let name = group.group_name()?;
    let properties = Value::map([
        ("GroupName", name.into()),
        ("Arn", group.arn().into()),
        ("Path", group.path().into()),
        ("CreateDate", convert::time(group.create_date())),
        ("Policies", inline(group.group_policy_list())),
        ("ManagedPolicyArns", attached(group.attached_managed_policies())),
    ]);
    Some(unit.global(GROUP, name, group.arn().map(str::to_owned), properties))
}

/// A customer managed policy, or one of AWS that is in use.
fn managed_policy(unit: &Unit, policy: &ManagedPolicyDetail) -> Option<Resource> {
    let arn = policy.arn()?;
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let of_aws = arn.contains(":iam::aws:policy/");
    let unused =
        policy.attachment_count() == Some(0) && policy.permissions_boundary_usage_count().is_none_or(|n| n == 0);
    if of_aws && unused {
        return None;
    }
    let version = policy.policy_version_list().iter().find(|version| version.is_default_version());
    let properties = Value::map([
        ("ManagedPolicyName", name.into()),
        ("PolicyArn", arn.into()),
        ("PolicyId", policy.policy_id().into()),
        ("Path", policy.path().into()),
        ("Description", convert::text(policy.description())),
        ("DefaultVersionId", policy.default_version_id().into()),
        ("AttachmentCount", policy.attachment_count().into()),
        ("PermissionsBoundaryUsageCount", policy.permissions_boundary_usage_count().into()),
        ("PolicyDocument", document(version.and_then(|version| version.document()))),
    ]);
    // A customer's policy may have the name of one of AWS.
    let name = if of_aws { arn } else { name };
    Some(unit.global(MANAGED_POLICY, name, Some(arn.to_owned()), properties))
}

/// The permissions of the users, by name.
pub(super) struct UserGrants {
    by_user: BTreeMap<String, UserDetail>,
    failure: Option<Failure>,
}

impl UserGrants {
    pub(super) async fn read(unit: &Unit, client: &Client) -> Self {
        let (pages, failure) = details(unit, client, &[EntityType::User]).await;
        let users = pages.into_iter().flat_map(|page| page.user_detail_list.unwrap_or_default());
        Self { by_user: users.filter_map(|user| Some((user.user_name.clone()?, user))).collect(), failure }
    }

    pub(super) fn properties(&self, user: &str) -> [(&'static str, Value); 5] {
        match self.by_user.get(user) {
            None => ["Groups", "ManagedPolicyArns", "PermissionsBoundary", "Policies", "Tags"]
                .map(|name| (name, missing(self.failure.as_ref()))),
            Some(user) => [
                ("Groups", in_order(user.group_list().iter().map(String::as_str))),
                ("ManagedPolicyArns", attached(user.attached_managed_policies())),
                ("PermissionsBoundary", boundary(user.permissions_boundary())),
                ("Policies", inline(user.user_policy_list())),
                ("Tags", tags(user.tags())),
            ],
        }
    }
}

fn inline(policies: &[PolicyDetail]) -> Value {
    convert::sorted(policies.iter().map(|policy| {
        Value::map([
            ("PolicyName", policy.policy_name().into()),
            ("PolicyDocument", document(policy.policy_document())),
        ])
    }))
}

fn attached(policies: &[AttachedPolicy]) -> Value {
    in_order(policies.iter().filter_map(AttachedPolicy::policy_arn))
}

fn in_order<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    convert::sorted(texts.map(Value::from))
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Value {
    boundary.and_then(AttachedPermissionsBoundary::permissions_boundary_arn).into()
}

pub(super) fn tags(tags: &[Tag]) -> Value {
    convert::tags(tags.iter().map(|tag| (Some(tag.key()), Some(tag.value()))))
}

/// A policy as IAM writes it: JSON, percent-encoded by RFC 3986. What is not JSON stays a text, and a policy without a
/// document is one that is not known.
fn document(encoded: Option<&str>) -> Value {
    match encoded {
        Some(encoded) => convert::document(&percent_decoded(encoded)),
        None => Failure::unsaid(DETAILS).into_value(),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_decoded_and_read() {
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Sid%22%3A%22%E7%A8%8E+1%22%7D%5D%7D";
        let expected = json!({"Statement": [{"Sid": "税+1"}]});
        assert_eq!(serde_json::to_value(document(Some(encoded))).unwrap(), expected);
        assert_eq!(document(Some("100%")), "100%".into());
        assert_eq!(document(Some("%zz%7")), "%zz%7".into());
        assert!(matches!(document(None), Value::Unknown(_)));
    }
}
