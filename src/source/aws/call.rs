//! One call, and what becomes of its failure.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_async::future::pagination_stream::fn_stream::FnStream;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, future, stream};

use super::inquiry::Inquiry;
use super::session::AccountSession;
use crate::model::{GLOBAL, Gap, Resource, ResourceId, Unknown, Value};

/// How many calls of one unit run at the same time, where a resource needs calls of its own.
pub(super) const CALLS_AT_ONCE: usize = 8;

/// A listing of more pages is not followed: no quota of AWS lets one grow that long.
pub(super) const MAX_PAGES: usize = 2_000;

/// The items of a page, and the token of the next one.
pub(super) type Page<T> = (Option<Vec<T>>, Option<String>);

/// What one collector works on: an account, and a region of it.
pub struct Unit {
    pub session: Arc<AccountSession>,
    /// The region to ask; for a global collector the scan's home region.
    pub region: String,
    /// All regions of this scan, sorted.
    pub regions: Arc<[String]>,
    pub inquiry: Inquiry,
}

impl Unit {
    /// An account at the home of its regions.
    pub fn of(session: AccountSession, regions: &[String]) -> Self {
        let region = home_region(regions).cloned().unwrap_or_else(|| ALWAYS_ENABLED[0].to_owned());
        Self { session: Arc::new(session), region, regions: regions.into(), inquiry: Inquiry::default() }
    }

    pub(super) fn account(&self) -> &str {
        self.session.account.as_str()
    }

    /// What a client of the unit's region is made of.
    pub(super) fn config(&self) -> SdkConfig {
        self.session.config(&self.region)
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

    /// Awaits a call of whose answer one part counts. An answer without it is a failure: it says nothing.
    ///
    /// # Errors
    /// The failure, told apart by its cause.
    pub(super) async fn ask<T, P, E, R>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, R>>>,
        part: impl FnOnce(T) -> Option<P>,
    ) -> Result<P, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        part(self.call(action, call).await?).ok_or_else(|| Failure::unsaid(action))
    }

    /// Reads a listing to its end; what was read before a failure stays. `split` takes a page apart into its items and
    /// the token of the next page.
    pub(super) async fn list<P, T, E, R>(
        &self,
        action: &'static str,
        pages: PaginationStream<Result<P, SdkError<E, R>>>,
        split: fn(P) -> Page<T>,
    ) -> (Vec<T>, Option<Failure>)
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        read_pages(action, &self.region, pages, MAX_PAGES, split).await
    }

    /// The same account in another region.
    pub(super) fn at(&self, region: &str) -> Self {
        self.with(&self.session, region)
    }

    /// Another session of the same account, in a region.
    pub(super) fn with(&self, session: &Arc<AccountSession>, region: &str) -> Self {
        Self {
            session: Arc::clone(session),
            region: region.to_owned(),
            regions: Arc::clone(&self.regions),
            inquiry: self.inquiry.clone(),
        }
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
        Resource { id, properties, origin: None }
    }
}

/// Reads a listing to its end, or up to a number of pages; what was read before a failure stays.
pub(super) async fn read_pages<P, T, E, R>(
    action: &str,
    region: &str,
    mut pages: PaginationStream<Result<P, SdkError<E, R>>>,
    most: usize,
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
            Err(error) => return (items, Some(Failure::of(action, region, &error))),
        };
        let (more, token) = split(page);
        items.extend(more.unwrap_or_default());
        next = token.filter(|token| !token.is_empty());
        count += 1;
        if count == most && next.is_some() {
            return (items, Some(Failure::new(action, "TooManyPages", "the listing has more pages than are read")));
        }
    }
    // When a token comes back a second time, the SDK ends the listing without an error.
    (items, next.map(|_| Failure::new(action, "RepeatedPageToken", "the same page token came twice")))
}

/// The pages of an operation for which the SDK has no paginator: `ask` asks for the page of a token, which `next` finds
/// in the page before. They end, like those of the SDK, where a token comes a second time.
pub(super) fn pages<P, E, F>(
    ask: impl Fn(Option<String>) -> F + Send + Sync + 'static,
    next: fn(&P) -> Option<&str>,
) -> PaginationStream<Result<P, E>>
where
    P: Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send,
{
    PaginationStream::new(FnStream::new(move |sender| {
        Box::pin(async move {
            let mut token = None;
            loop {
                let page = ask(token.clone()).await;
                let after = page.as_ref().ok().and_then(next).map(str::to_owned);
                let done = after.as_ref().is_none_or(String::is_empty) || after == token;
                if sender.send(page).await.is_err() || done {
                    return;
                }
                token = after;
            }
        })
    }))
}

/// Asks about each item, [`CALLS_AT_ONCE`] at a time, and leaves out those of which there is nothing to say.
pub(super) async fn each<I, F, T>(items: impl IntoIterator<Item = I>, ask: impl FnMut(I) -> F) -> Vec<T>
where
    F: Future<Output = Option<T>>,
{
    stream::iter(items).map(ask).buffered(CALLS_AT_ONCE).filter_map(future::ready).collect().await
}

/// What a collector saw. A listing that failed leaves its failure; the resources seen before it stay.
#[derive(Debug, Default)]
pub struct Batch {
    pub resources: Vec<Resource>,
    /// A failed listing, by the resource type it hides.
    pub failures: Vec<(String, Failure)>,
}

impl Batch {
    pub(super) fn push(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    /// The listing of `kind` could not be made, or not to its end.
    pub(super) fn fail(&mut self, kind: &str, failure: Failure) {
        self.failures.push((kind.to_owned(), failure));
    }

    /// Takes the outcome of a listing that yields one type.
    pub(super) fn of(kind: &str, listed: (Vec<Resource>, Option<Failure>)) -> Self {
        Self::of_kinds([kind], listed)
    }

    /// Takes the outcome of a listing that yields several types.
    pub(super) fn of_kinds<'a>(
        kinds: impl IntoIterator<Item = &'a str>,
        (resources, failure): (Vec<Resource>, Option<Failure>),
    ) -> Self {
        let mut batch = Self { resources, failures: Vec::new() };
        if let Some(failure) = failure {
            kinds.into_iter().for_each(|kind| batch.fail(kind, failure.clone()));
        }
        batch
    }

    /// The one resource of a kind that an account or a region has.
    pub(super) fn one(resource: Resource) -> Self {
        Self { resources: vec![resource], failures: Vec::new() }
    }

    /// Nothing was seen.
    pub(super) fn failed(kind: &str, failure: Failure) -> Self {
        Self::of(kind, (Vec::new(), Some(failure)))
    }

    /// The gaps of the failed listings, in `region`.
    pub(super) fn gaps(&self, region: &str) -> Vec<Gap> {
        let gap = |(kind, failure): &(String, Failure)| Gap {
            region: region.to_owned(),
            resource_type: kind.clone(),
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

    /// What AWS did not say with an error.
    pub(super) fn new(action: &str, code: &str, message: &str) -> Self {
        let cause = Unknown::CallFailed { action: action.to_owned(), code: code.to_owned() };
        Self { cause, code: code.to_owned(), message: message.to_owned() }
    }

    /// An answer that leaves out what it is asked for.
    pub(super) fn unsaid(action: &str) -> Self {
        Self::new(action, "NoAnswer", "the answer leaves it out")
    }

    /// What is not known without asking AWS for it.
    pub(super) fn unasked(cause: Unknown) -> Self {
        Self { cause, code: String::new(), message: String::new() }
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
