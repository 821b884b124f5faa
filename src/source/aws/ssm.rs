//! AWS Systems Manager: the account's own documents, with the accounts they are shared with.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::describe_document_permission::DescribeDocumentPermissionOutput;
use aws_sdk_ssm::types::{DocumentIdentifier, DocumentKeyValuesFilter, DocumentPermissionType};
use futures::FutureExt;

use super::call::{Batch, Unit, each, pages};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DOCUMENT: &str = "AWS::SSM::Document";

const SHARES: &str = "ssm:DescribeDocumentPermission";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ssm-documents",
    scope: Scope::Regional,
    types: &[DOCUMENT],
    actions: &["ssm:ListDocuments", SHARES],
    run: |unit| documents(unit).boxed(),
}];

async fn documents(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let own = DocumentKeyValuesFilter::builder().key("Owner").values("Self").build();
    let pages = client.list_documents().filters(own).into_paginator().page_size(50).send();
    let (listed, failure) =
        unit.list("ssm:ListDocuments", pages, |page| (page.document_identifiers, page.next_token)).await;
    Batch::of(DOCUMENT, (each(listed, |one| document(unit, &client, one)).await, failure))
}

/// Nothing when the document was deleted in the meantime.
async fn document(unit: &Unit, client: &Client, document: DocumentIdentifier) -> Option<Resource> {
    let name = document.name()?;
    // The SDK has no paginator for this call.
    let ask = client.describe_document_permission().name(name).permission_type(DocumentPermissionType::Share);
    let ask = ask.max_results(200);
    let pages =
        pages(move |token| ask.clone().set_next_token(token).send(), DescribeDocumentPermissionOutput::next_token);
    let shares = match unit.list(SHARES, pages, |page| (page.account_ids, page.next_token)).await {
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
