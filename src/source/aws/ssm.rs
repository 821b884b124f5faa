//! AWS Systems Manager: the account's own documents, with the accounts they are shared with.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{DocumentIdentifier, DocumentKeyValuesFilter, DocumentPermissionType};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DOCUMENT: &str = "AWS::SSM::Document";

const SHARES: &str = "ssm:DescribeDocumentPermission";

/// A document may be shared with 1,000 accounts.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
const MAX_PAGES: usize = 100;

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ssm-documents",
    scope: Scope::Regional,
    types: &[DOCUMENT],
    actions: &["ssm:ListDocuments", SHARES],
    run: |unit| documents(unit).boxed(),
}];

async fn documents(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let own = DocumentKeyValuesFilter::builder().key("Owner").values("Self").build();
    let pages = client.list_documents().filters(own).into_paginator().page_size(50).send();
    let (listed, failure) =
        unit.list("ssm:ListDocuments", pages, |page| (page.document_identifiers, page.next_token)).await;
    let resources: Vec<Option<Resource>> =
        stream::iter(listed).map(|one| document(unit, &client, one)).buffered(CALLS_AT_ONCE).collect().await;
    Batch::of(DOCUMENT, (resources.into_iter().flatten().collect(), failure))
}

/// Nothing when the document was deleted in the meantime.
async fn document(unit: &Unit, client: &Client, document: DocumentIdentifier) -> Option<Resource> {
    let name = document.name()?;
    let shares = match shared_with(unit, client, name).await {
        (_, Some(failure)) if failure.is(&["InvalidDocument"]) => return None,
        (mut accounts, failure) => {
            accounts.sort_unstable();
            convert::unfinished(convert::texts(accounts), failure)
        }
    };
    let properties = Value::map([
        ("Name", name.into()),
        ("DocumentType", document.document_type().map(|kind| kind.as_str()).into()),
        ("SharedAccountIds", shares),
        ("Tags", convert::tags(document.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))))),
    ]);
    Some(unit.resource(DOCUMENT, name, Some(unit.arn("ssm", &format!("document/{name}"))), properties))
}

/// The ids of the accounts, or `all`. The SDK has no paginator for this call.
async fn shared_with(unit: &Unit, client: &Client, name: &str) -> (Vec<String>, Option<Failure>) {
    let mut accounts = Vec::new();
    let mut token = None;
    for _ in 0..MAX_PAGES {
        let call = client.describe_document_permission().name(name).permission_type(DocumentPermissionType::Share);
        match unit.call(SHARES, call.max_results(200).set_next_token(token).send()).await {
            Ok(page) => {
                accounts.extend(page.account_ids.unwrap_or_default());
                token = page.next_token.filter(|token| !token.is_empty());
            }
            Err(failure) => return (accounts, Some(failure)),
        }
        if token.is_none() {
            return (accounts, None);
        }
    }
    (accounts, Some(Failure::endless(SHARES, "TooManyPages", "the listing does not end")))
}
