//! One call, and what becomes of its failure.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::session::AccountSession;
use crate::model::{GLOBAL, Gap, Resource, ResourceId, Unknown, Value};

/// How many calls of one unit run at the same time, where a resource needs calls of its own.
pub(super) const CALLS_AT_ONCE: usize = 8;

/// A listing of more pages is not followed: no quota of AWS lets one grow that long.
const MAX_PAGES: usize = 2_000;

/// The items of a page, and the token of the next one.
type Page<T> = (Option<Vec<T>>, Option<String>);

/// What one collector works on: an account, and a region of it.
pub struct Unit {
    pub session: Arc<AccountSession>,
    /// The region to ask; for a global collector the scan's home region.
    pub region: String,
    /// All regions of this scan, sorted.
    pub regions: Arc<[String]>,
}

impl Unit {
    pub(super) fn account(&self) -> &str {
        self.session.account.as_str()
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.session.partition(), self.region, self.account())
    }

    /// Awaits a call that needs the IAM action `action`.
    ///
    /// # Errors
    /// The failure, told apart by its cause.
    pub(super) async fn call<T, E, R>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, R>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        call.await.map_err(|error| Failure::of(action, &self.region, &error))
    }

    /// Reads a listing to its end; what was read before a failure stays. `split` takes a page apart into its items and
    /// the token of the next page.
    pub(super) async fn list<P, T, E, R>(
        &self,
        action: &'static str,
        mut pages: PaginationStream<Result<P, SdkError<E, R>>>,
        split: fn(P) -> Page<T>,
    ) -> (Vec<T>, Option<Failure>)
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        let mut items = Vec::new();
        let mut next = None;
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => return (items, Some(Failure::of(action, &self.region, &error))),
            };
            let (more, token) = split(page);
            items.extend(more.unwrap_or_default());
            next = token.filter(|token| !token.is_empty());
            count += 1;
            if count == MAX_PAGES && next.is_some() {
                return (items, Some(Failure::endless(action, "TooManyPages", "the listing does not end")));
            }
        }
        // When a token comes back a second time, the SDK ends the listing without an error.
        (items, next.map(|_| Failure::endless(action, "RepeatedPageToken", "the same page token came twice")))
    }

    /// The same account in another region.
    pub(super) fn at(&self, region: &str) -> Self {
        Self { session: Arc::clone(&self.session), region: region.to_owned(), regions: Arc::clone(&self.regions) }
    }

    /// A resource of this unit's region.
    pub(super) fn resource(
        &self,
        kind: &str,
        name: impl Into<String>,
        arn: Option<String>,
        properties: Value,
    ) -> Resource {
        self.resource_in(&self.region, kind, name, arn, properties)
    }

    /// A resource of no region.
    pub(super) fn global(
        &self,
        kind: &str,
        name: impl Into<String>,
        arn: Option<String>,
        properties: Value,
    ) -> Resource {
        self.resource_in(GLOBAL, kind, name, arn, properties)
    }

    pub(super) fn resource_in(
        &self,
        region: &str,
        kind: &str,
        name: impl Into<String>,
        arn: Option<String>,
        properties: Value,
    ) -> Resource {
        let id = ResourceId { resource_type: kind.to_owned(), region: region.to_owned(), name: name.into(), arn };
        Resource { id, properties }
    }
}

/// What a collector saw. A listing that failed leaves its failure; the resources seen before it stay.
#[derive(Debug, Default)]
pub struct Batch {
    pub resources: Vec<Resource>,
    /// A failed listing, by the resource type it hides.
    pub failures: Vec<(&'static str, Failure)>,
}

impl Batch {
    pub(super) fn push(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    /// The listing of `kind` could not be made, or not to its end.
    pub(super) fn fail(&mut self, kind: &'static str, failure: Failure) {
        self.failures.push((kind, failure));
    }

    /// Takes the outcome of a listing that yields one type.
    pub(super) fn of(kind: &'static str, listed: (Vec<Resource>, Option<Failure>)) -> Self {
        let (resources, failure) = listed;
        Self { resources, failures: failure.map(|failure| (kind, failure)).into_iter().collect() }
    }

    /// The gaps of the failed listings, in `region`.
    pub(super) fn gaps(&self, region: &str) -> Vec<Gap> {
        let gap = |(kind, failure): &(&str, Failure)| Gap {
            region: region.to_owned(),
            resource_type: (*kind).to_owned(),
            cause: failure.cause.clone(),
        };
        self.failures.iter().map(gap).collect()
    }
}

/// A call that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub cause: Unknown,
    /// The service's error code, or `Timeout`, `Dns`, `Dispatch`, `Response` where there is none.
    pub code: String,
    pub message: String,
}

const DENIALS: [&str; 6] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
];

/// How the regional endpoints of a region that the account has not enabled answer.
const NOT_ENABLED: [&str; 6] = [
    "AuthFailure",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidToken",
    "OptInRequired",
    "IllegalLocationConstraintException",
];

/// The regions that no account can disable; all others are opt-in.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>, read 2026-11.
const ALWAYS_ENABLED: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The region to ask about what belongs to none: the first that every account has enabled, else the first.
pub fn home_region<'a>(regions: impl IntoIterator<Item = &'a String, IntoIter: Clone>) -> Option<&'a String> {
    let mut regions = regions.into_iter();
    let first = regions.clone().next();
    regions.find(|region| ALWAYS_ENABLED.contains(&region.as_str())).or(first)
}

impl Failure {
    /// Whether the service answered with one of these error codes, as it documents for "not configured".
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }

    pub(super) fn endless(action: &str, code: &str, message: &str) -> Self {
        let cause = Unknown::CallFailed { action: action.to_owned(), code: code.to_owned() };
        Self { cause, code: code.to_owned(), message: message.to_owned() }
    }

    /// The unknown leaf in place of what the call would have said.
    pub(super) fn into_value(self) -> Value {
        Value::unknown(self.cause)
    }

    pub(super) fn of<E, R>(action: &str, region: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        let (code, message) = match error {
            SdkError::ServiceError(context) => {
                let error = context.err();
                let code = error.code().unwrap_or("UnknownError").trim_start_matches("Client.");
                (code.to_owned(), error.message().unwrap_or_default().to_owned())
            }
            SdkError::TimeoutError(_) => ("Timeout".to_owned(), "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) => {
                let message = in_words(error);
                let code = if failure.is_timeout() {
                    "Timeout"
                } else if message.contains("dns error") || message.contains("failed to lookup address") {
                    "Dns"
                } else {
                    "Dispatch"
                };
                (code.to_owned(), message)
            }
            other => ("Response".to_owned(), in_words(other)),
        };
        Self { cause: cause_of(action, region, &code, &message), code, message }
    }
}

/// The messages of an error and its sources in one line.
pub(super) fn in_words(error: &dyn std::error::Error) -> String {
    let messages = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    messages.collect::<Vec<_>>().join(": ")
}

fn cause_of(action: &str, region: &str, code: &str, message: &str) -> Unknown {
    let action = action.to_owned();
    if DENIALS.contains(&code) {
        // The text names the type of the policy that denied; it is the only place where AWS says it.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        return match message.contains("service control policy") {
            true => Unknown::AccessDeniedByScp(action),
            false => Unknown::AccessDenied(action),
        };
    }
    if NOT_ENABLED.contains(&code) && !ALWAYS_ENABLED.contains(&region) {
        return Unknown::RegionDisabled;
    }
    if code == "Dns" {
        // The role was assumed over the same network before: it is this endpoint that does not exist.
        return Unknown::NotOffered;
    }
    Unknown::CallFailed { action, code: code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart() {
        let scp = "User: arn is not authorized to perform: s3:ListBuckets with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1";
        let plain = "User: arn is not authorized to perform: s3:ListBuckets because no identity-based policy allows the s3:ListBuckets action";
        let action = "s3:ListAllMyBuckets";
        let cause = |region, code, message| cause_of(action, region, code, message);
        assert_eq!(cause("ap-northeast-1", "AccessDenied", scp), Unknown::AccessDeniedByScp(action.into()));
        assert_eq!(cause("ap-northeast-1", "AccessDenied", plain), Unknown::AccessDenied(action.into()));
        assert_eq!(cause("ap-east-1", "AuthFailure", ""), Unknown::RegionDisabled);
        let expired = Unknown::CallFailed { action: action.into(), code: "AuthFailure".into() };
        assert_eq!(cause("ap-northeast-1", "AuthFailure", ""), expired);
    }
}
