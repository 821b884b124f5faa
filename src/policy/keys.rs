//! What is known about condition keys, for the prover's cases.
//!
//! Global keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, "Availability"
//! and "Value type" of each key. Keys of services: the pages of the service under
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>, "Condition keys".

/// What a request can say about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// In every request of a member of an organization.
    Always,
    Sometimes,
    /// One value for the whole organization, which the policies do not tell.
    Fixed,
    /// Decided by the principal in a way that the ARN does not tell.
    Coupled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) presence: Presence,
    pub(super) multivalued: bool,
    pub(super) values: Values,
}

/// What the values of a key can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    Any,
    Bool,
    Region,
    Arn,
}

const fn key(presence: Presence) -> Key {
    Key { presence, multivalued: false, values: Values::Any }
}

const fn boolean(presence: Presence) -> Key {
    Key { presence, multivalued: false, values: Values::Bool }
}

const fn many(presence: Presence) -> Key {
    Key { presence, multivalued: true, values: Values::Any }
}

const fn of_service(multivalued: bool, values: Values) -> Key {
    Key { presence: Presence::Sometimes, multivalued, values }
}

/// Keys in lower case; any other key may be present or not.
const KEYS: [(&str, Key); 30] = [
    ("aws:calledvia", many(Presence::Sometimes)),
    ("aws:currenttime", key(Presence::Always)),
    ("aws:epochtime", key(Presence::Always)),
    ("aws:multifactorauthage", key(Presence::Sometimes)),
    ("aws:multifactorauthpresent", boolean(Presence::Sometimes)),
    ("aws:principalaccount", key(Presence::Always)),
    ("aws:principalarn", key(Presence::Always)),
    ("aws:principalisawsservice", boolean(Presence::Always)),
    ("aws:principalorgid", key(Presence::Fixed)),
    ("aws:principalorgpaths", many(Presence::Fixed)),
    ("aws:principalservicename", key(Presence::Coupled)),
    ("aws:principalservicenameslist", many(Presence::Coupled)),
    ("aws:principaltype", key(Presence::Always)),
    ("aws:requestedregion", key(Presence::Always)),
    ("aws:resourceaccount", key(Presence::Sometimes)),
    ("aws:resourceorgid", key(Presence::Sometimes)),
    ("aws:resourceorgpaths", many(Presence::Sometimes)),
    ("aws:securetransport", boolean(Presence::Always)),
    ("aws:sourceip", key(Presence::Sometimes)),
    ("aws:sourceorgpaths", many(Presence::Sometimes)),
    ("aws:tagkeys", many(Presence::Sometimes)),
    ("aws:tokenissuetime", key(Presence::Sometimes)),
    ("aws:useragent", key(Presence::Sometimes)),
    ("aws:userid", key(Presence::Coupled)),
    ("aws:username", key(Presence::Coupled)),
    ("aws:vpceorgpaths", many(Presence::Sometimes)),
    ("aws:viaawsservice", boolean(Presence::Always)),
    ("backup:copytargets", of_service(true, Values::Arn)),
    ("kms:replicaregion", of_service(false, Values::Region)),
    ("secretsmanager:addreplicaregions", of_service(true, Values::Region)),
];

/// What is known about a key, given in lower case.
pub(super) fn about(name: &str) -> Key {
    let found = KEYS.iter().find(|(known, _)| *known == name);
    found.map_or(key(Presence::Sometimes), |(_, key)| *key)
}

/// What stands before the colon of a key, which for a key of a service is the service.
pub(super) fn prefix(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}

/// Services whose requests have keys of another service. 2026-09-26, from the data of the catalogue of actions.
const BORROWED: [(&str, &str); 14] = [
    ("arc-zonal-shift", "elasticloadbalancing"),
    ("cases", "connect"),
    ("codestar", "iam"),
    ("ec2-instance-connect", "ec2"),
    ("ec2messages", "ec2"),
    ("ec2messages", "ssm"),
    ("iotjobsdata", "iot"),
    ("q", "identitystore"),
    ("qbusiness", "identitystore"),
    ("ssm", "ec2"),
    ("ssmmessages", "ec2"),
    ("ssmmessages", "ssm"),
    ("sts", "iam"),
    ("xray", "logs"),
];

/// Whether requests of a service may have a key, both in lower case: no other service's, unless that is documented.
pub(super) fn may_have(service: &str, key: &str) -> bool {
    let prefix = prefix(key);
    prefix == "aws" || prefix == service || BORROWED.contains(&(service, prefix))
}

/// Keys that a request has, or may have, without anybody's doing.
pub(super) fn of_every_request() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(|(_, key)| key.presence != Presence::Sometimes).map(|(name, _)| *name)
}

/// Keys that the principal's ARN decides.
pub(super) const OF_PRINCIPAL: [&str; 4] =
    ["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice"];

/// The regions that exist, those first in which a request is most likely. 2026-11-22, from botocore 1.44.5,
/// `data/endpoints.json`, partition `aws`.
pub const REGIONS: [&str; 34] = [
    "us-east-1",
    "us-west-2",
    "us-east-2",
    "us-west-1",
    "ap-northeast-1",
    "ap-northeast-3",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "eu-central-1",
    "eu-west-2",
    "eu-west-3",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
];
