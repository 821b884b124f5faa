//! The script: which calls ([`On`]) get which [`Reply`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::ledger::CallKey;
use super::protocol::Call;

/// A filter over calls; what is not set matches everything. All given parts must match.
#[derive(Clone, Debug, Default)]
pub(crate) struct On {
    account: Option<String>,
    region: Option<String>,
    service: Option<String>,
    operation: Option<String>,
    containing: Option<String>,
    times: Option<usize>,
    share: Option<(usize, usize)>,
}

impl On {
    /// Every call.
    pub(crate) fn any() -> Self {
        Self::default()
    }

    /// Calls of one operation, by its exact API name (`DescribeVolumes`).
    pub(crate) fn operation(name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..Self::default() }
    }

    /// Calls of one service, by its signing name (`ec2`, `s3`, `s3control`, `tagging`, ...).
    pub(crate) fn service(name: &str) -> Self {
        Self { service: Some(name.to_owned()), ..Self::default() }
    }

    /// Narrows to one service. Needed only where two services share an operation's name.
    pub(crate) fn of(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Narrows to one account (for `AssumeRole`: the account of the role).
    pub(crate) fn account(mut self, id: &str) -> Self {
        self.account = Some(id.to_owned());
        self
    }

    /// Narrows to one region, as signed.
    pub(crate) fn region(mut self, name: &str) -> Self {
        self.region = Some(name.to_owned());
        self
    }

    /// Narrows to requests whose path, query, body or user agent contains a text: a bucket's name, a page token.
    pub(crate) fn containing(mut self, text: &str) -> Self {
        self.containing = Some(text.to_owned());
        self
    }

    /// Applies to the first `count` matching calls only; later ones go on to the next rule.
    pub(crate) fn times(mut self, count: usize) -> Self {
        self.times = Some(count);
        self
    }

    /// Applies to `part` of every `whole` matching calls, evenly in the order of their arrival: how many calls of a run
    /// it takes is the same whenever their number is.
    pub(crate) fn share(mut self, part: usize, whole: usize) -> Self {
        self.share = Some((part, whole));
        self
    }

    /// Makes a rule of it.
    pub(crate) fn reply(self, reply: Reply) -> Rule {
        Rule { on: self, reply, seen: AtomicUsize::new(0), used: AtomicUsize::new(0) }
    }

    pub(super) fn matches_key(&self, key: &CallKey) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|text| text == is);
        fits(&self.operation, &key.operation)
            && fits(&self.account, &key.account)
            && fits(&self.region, &key.region)
            && fits(&self.service, &key.service)
    }

    fn matches(&self, call: &Call) -> bool {
        self.matches_key(&call.key) && self.containing.as_deref().is_none_or(|text| call.contains(text))
    }
}

/// A filter, its reply, and how often it matched and was used.
#[derive(Debug)]
pub(crate) struct Rule {
    on: On,
    pub(super) reply: Reply,
    seen: AtomicUsize,
    used: AtomicUsize,
}

impl Rule {
    /// Whether the rule decides this call; counts the use when it does.
    fn takes(&self, call: &Call) -> bool {
        if !self.on.matches(call) {
            return false;
        }
        if let Some((part, whole)) = self.on.share
            && self.seen.fetch_add(1, Ordering::Relaxed) * part % whole >= part
        {
            return false;
        }
        match self.on.times {
            None => true,
            Some(limit) => self
                .used
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| (used < limit).then_some(used + 1))
                .is_ok(),
        }
    }
}

/// The reply of the first rule that takes the call.
pub(super) fn decide<'a>(script: &'a [Rule], call: &Call) -> &'a Reply {
    script.iter().find(|rule| rule.takes(call)).map_or(&Reply::Ok, |rule| &rule.reply)
}

/// What a call gets.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// The answer of the world.
    Ok,
    /// The answer of the world with every occurrence of a text replaced.
    Replaced { from: String, to: String },
    /// Exactly this. Without a `content-type` header, the protocol's own is added.
    Body { status: u16, headers: Vec<(String, String)>, body: String },
    /// An error of the service, wrapped as its protocol wraps errors (`NoSuchBucketPolicy`, ...).
    Error { status: u16, code: String, message: String },
    /// Denied: no identity-based policy allows it.
    Denied,
    /// Denied: an explicit deny in a service control policy, which is named.
    DeniedByScp,
    /// Denied: no service control policy allows it.
    DeniedImplicitScp,
    /// Denied with a text that gives no reason, as older services do.
    DeniedBare,
    /// Too many requests, in the service's own words.
    Throttled,
    /// An internal failure of the service.
    ServerError,
    /// The credentials have expired.
    ExpiredToken,
    /// The request's clock is too far from the server's.
    ClockSkew,
    /// What a region that is not opted in answers.
    RegionDisabled,
    /// The answer of the world, with a further page, for ever.
    EndlessPages,
    /// No answer, for ever.
    Hang,
    /// The connection closes in the middle of the body.
    Cut,
    /// Another reply, after a pause.
    Delay(Duration, Box<Reply>),
    /// Another reply, after a pause that varies evenly between two values.
    Jitter(Duration, Duration, Box<Reply>),
}

impl Reply {
    /// A success with this body.
    pub(crate) fn body(body: impl Into<String>) -> Self {
        Self::Body { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// A service's error.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// The answer of the world with a text replaced; a complaint when the text does not occur.
    pub(crate) fn replaced(from: &str, to: &str) -> Self {
        Self::Replaced { from: from.to_owned(), to: to.to_owned() }
    }

    /// This reply, some milliseconds later.
    pub(crate) fn after_ms(self, milliseconds: u64) -> Self {
        Self::Delay(Duration::from_millis(milliseconds), Box::new(self))
    }
}
