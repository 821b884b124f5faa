//! One request: who does what to what, and what else the policies can see of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keys;
use super::truth::Reason;

/// What a request says about a context key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyValue {
    Absent,
    /// One value, or several of a multivalued key. None at all is the same as absent.
    Values(Vec<String>),
    Open(Arc<Reason>),
}

/// The context keys of a request. Names do not care about case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, KeyValue>,
    /// What is not named is not known, instead of absent.
    open: bool,
    /// Keys other than these have no certain value as a policy variable.
    fixed_variables: Option<Vec<String>>,
}

impl Context {
    /// A context in which every key that is not set is absent.
    pub fn closed() -> Self {
        Self::default()
    }

    /// A context in which keys that are not set may have any value.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The context of one request that somebody describes by keys and their values. Keys that are not given are absent;
    /// those that every request has, and those that the principal decides in a way its ARN does not tell, are not known.
    pub fn of_request(given: BTreeMap<String, Vec<String>>, principal: Option<&Principal>) -> Self {
        let mut context = Self::closed();
        for (key, values) in given {
            context.set(&key, KeyValue::Values(values));
        }
        if let Some(principal) = principal {
            principal.describe_in(&mut context);
        }
        for key in keys::of_every_request() {
            if !context.keys.contains_key(key) {
                context.set(key, KeyValue::Open(Arc::new(Reason::KeyNotGiven(key.to_owned()))));
            }
        }
        context
    }

    pub fn set(&mut self, key: &str, value: KeyValue) {
        let value = match value {
            KeyValue::Values(values) if values.is_empty() => KeyValue::Absent,
            value => value,
        };
        self.keys.insert(key.to_ascii_lowercase(), value);
    }

    /// Sets a key to one value.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, KeyValue::Values(vec![value.to_owned()]));
        self
    }

    /// What the request says about a key, given in lower case.
    pub fn get(&self, key: &str) -> KeyValue {
        match self.keys.get(key) {
            Some(value) => value.clone(),
            // AWS has no key without a prefix, so that an unreplaced placeholder is never present.
            None if self.open && key.contains(':') => KeyValue::Open(Arc::new(Reason::KeyNotGiven(key.to_owned()))),
            None => KeyValue::Absent,
        }
    }

    /// The keys that are set, with what they are set to.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KeyValue)> {
        self.keys.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Leaves open what policy variables other than these stand for.
    pub(super) fn fix_variables(&mut self, keys: &[&str]) {
        self.fixed_variables = Some(keys.iter().map(|key| (*key).to_owned()).collect());
    }

    /// The value of a policy variable.
    pub(super) fn variable(&self, key: &str) -> KeyValue {
        match &self.fixed_variables {
            Some(fixed) if key.contains(':') && !fixed.iter().any(|name| name == key) => {
                KeyValue::Open(Arc::new(Reason::Variable(format!("${{{key}}}"))))
            }
            _ => self.get(key),
        }
    }
}

/// Who asks, as far as service control policies care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    Root,
    User,
    Role,
    FederatedUser,
    /// A role under `/aws-service-role/`, which no service control policy restricts.
    ServiceLinkedRole,
}

/// The principal of a request: root, user, role or federated user of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// As `aws:PrincipalArn` has it: the role, never its session.
    pub arn: String,
    pub account: String,
    pub kind: PrincipalKind,
}

/// An ARN that is not that of a principal as `aws:PrincipalArn` has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrincipal {
    #[error("`{0}` is the ARN of a session; policies see the ARN of its role, with the role's path")]
    Session(String),
    #[error("`{0}` is not the ARN of a root user, a user, a role or a federated user")]
    Other(String),
}

impl Principal {
    /// Reads an ARN such as `arn:aws:iam::111111111111:role/path/name`.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>
    ///
    /// # Errors
    /// When it is the ARN of a session or of something that is no principal.
    pub fn parse(arn: &str) -> Result<Self, InvalidPrincipal> {
        let other = || InvalidPrincipal::Other(arn.to_owned());
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, rest] = parts.as_slice() else { return Err(other()) };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_account || !partition.starts_with("aws") {
            return Err(other());
        }
        let kind = match (*service, rest.split_once('/')) {
            ("iam", None) if *rest == "root" => PrincipalKind::Root,
            ("iam", Some(("user", name))) if !name.is_empty() => PrincipalKind::User,
            ("iam", Some(("role", name))) if name.starts_with("aws-service-role/") => PrincipalKind::ServiceLinkedRole,
            ("iam", Some(("role", name))) if !name.is_empty() => PrincipalKind::Role,
            ("sts", Some(("federated-user", name))) if !name.is_empty() => PrincipalKind::FederatedUser,
            ("sts", Some(("assumed-role", _))) => return Err(InvalidPrincipal::Session(arn.to_owned())),
            _ => return Err(other()),
        };
        Ok(Self { arn: arn.to_owned(), account: (*account).to_owned(), kind })
    }

    /// Sets the keys that the principal decides, where the request does not set them itself.
    pub fn describe_in(&self, context: &mut Context) {
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, "Principal key values"
        let kind = match self.kind {
            PrincipalKind::Root => "Account",
            PrincipalKind::User => "User",
            PrincipalKind::Role | PrincipalKind::ServiceLinkedRole => "AssumedRole",
            PrincipalKind::FederatedUser => "FederatedUser",
        };
        let name = self.arn.rsplit('/').next().unwrap_or_default();
        let username = match self.kind {
            PrincipalKind::User => KeyValue::Values(vec![name.to_owned()]),
            _ => KeyValue::Absent,
        };
        let one = |text: &str| KeyValue::Values(vec![text.to_owned()]);
        for (key, value) in [
            ("aws:principalarn", one(&self.arn)),
            ("aws:principalaccount", one(&self.account)),
            ("aws:principaltype", one(kind)),
            ("aws:principalisawsservice", one("false")),
            ("aws:username", username),
        ] {
            if !context.keys.contains_key(key) {
                context.set(key, value);
            }
        }
    }
}

/// A request as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As in `ec2:RunInstances`; case does not matter.
    pub action: String,
    /// The ARN; `*` for an action that has no resource; nothing where it is not known.
    pub resource: Option<String>,
    /// Nothing where only the context keys are known.
    pub principal: Option<Principal>,
    pub context: Context,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_every_request_has_is_not_absent_because_nobody_gave_it() {
        let role = Principal::parse("arn:aws:iam::111111111111:role/a").ok();
        let given = BTreeMap::from([("aws:securetransport".to_owned(), vec!["true".to_owned()])]);
        let context = Context::of_request(given, role.as_ref());
        let is_open = |key| matches!(context.get(key), KeyValue::Open(_));
        assert!(is_open("aws:requestedregion") && is_open("aws:principalorgid") && is_open("aws:userid"));
        assert!(!is_open("aws:principalarn") && !is_open("aws:securetransport"));
        assert_eq!(context.get("aws:multifactorauthpresent"), KeyValue::Absent);
        assert_eq!(context.get("aws:username"), KeyValue::Absent);
    }

    #[test]
    fn a_session_is_not_what_policies_see() {
        let kind = |arn: &str| Principal::parse(arn).map(|principal| principal.kind);
        assert_eq!(kind("arn:aws:iam::111111111111:root"), Ok(PrincipalKind::Root));
        assert_eq!(kind("arn:aws:iam::111111111111:role/a/b"), Ok(PrincipalKind::Role));
        let linked = "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
        assert_eq!(kind(linked), Ok(PrincipalKind::ServiceLinkedRole));
        assert_eq!(kind("arn:aws:iam::111111111111:role/AWSServiceRoleForX"), Ok(PrincipalKind::Role));
        let session = "arn:aws:sts::111111111111:assumed-role/a/me";
        assert!(matches!(kind(session), Err(InvalidPrincipal::Session(_))));
        for arn in ["", "*", "arn:aws:iam::1:root", "arn:aws:iam::111111111111:role/", "arn:aws:s3:::b"] {
            assert!(kind(arn).is_err(), "{arn}");
        }
    }
}
