//! What is known about global condition keys, for the prover's cases.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, "Availability" and "Value
//! type" of each key.

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
    pub(super) boolean: bool,
}

const fn key(presence: Presence) -> Key {
    Key { presence, multivalued: false, boolean: false }
}

const fn boolean(presence: Presence) -> Key {
    Key { presence, multivalued: false, boolean: true }
}

const fn many(presence: Presence) -> Key {
    Key { presence, multivalued: true, boolean: false }
}

/// Keys in lower case; any other key may be present or not.
const KEYS: [(&str, Key); 27] = [
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
];

/// What is known about a key, given in lower case.
pub(super) fn about(name: &str) -> Key {
    let found = KEYS.iter().find(|(known, _)| *known == name);
    found.map_or(key(Presence::Sometimes), |(_, key)| *key)
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
pub(super) const REGIONS: [&str; 34] = [
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
