//! IAM Access Analyzer: analyzers, and the active findings of those that look for external access.

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerSummary, Criterion, FindingSummaryV2, Type};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const ANALYZER: &str = "AWS::AccessAnalyzer::Analyzer";

/// The action of `ListFindingsV2` too.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html>
const FINDINGS: &str = "access-analyzer:ListFindings";

/// How many findings a page has, and how many pages are read: the first thousand say enough about an account.
const PAGE: i32 = 100;
const PAGES: usize = 10;

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "accessanalyzer-analyzers",
    scope: Scope::Regional,
    types: &[ANALYZER],
    actions: &["access-analyzer:ListAnalyzers", FINDINGS],
    run: |unit| analyzers(unit).boxed(),
}];

async fn analyzers(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let pages = client.list_analyzers().into_paginator().page_size(100).send();
    let (listed, failure) =
        unit.list("access-analyzer:ListAnalyzers", pages, |page| (Some(page.analyzers), page.next_token)).await;
    let mut batch = Batch::of(ANALYZER, (Vec::new(), failure));
    for one in &listed {
        batch.resources.extend(analyzer(unit, &client, one).await);
    }
    batch
}

/// Nothing when the analyzer was deleted since it was listed.
async fn analyzer(unit: &Unit, client: &Client, analyzer: &AnalyzerSummary) -> Option<Resource> {
    let findings = match analyzer.r#type() {
        Type::Account | Type::Organization => match findings(unit, client, analyzer.arn()).await {
            (_, Some(failure)) if failure.is(&["ResourceNotFoundException"]) => return None,
            (found, failure) => convert::unfinished(found, failure),
        },
        // The findings of the others are about access that is not used, or not from outside.
        _ => Value::Null,
    };
    let tags = analyzer.tags().into_iter().flatten();
    let properties = Value::map([
        ("AnalyzerName", analyzer.name().into()),
        ("Arn", analyzer.arn().into()),
        ("Type", analyzer.r#type().as_str().into()),
        ("Status", analyzer.status().as_str().into()),
        ("Tags", convert::tags(tags.map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))))),
        ("Findings", findings),
    ]);
    Some(unit.resource(ANALYZER, analyzer.name(), Some(analyzer.arn().to_owned()), properties))
}

/// The active findings as far as they are read, and why not further.
async fn findings(unit: &Unit, client: &Client, analyzer: &str) -> (Value, Option<Failure>) {
    let mut found = Vec::new();
    let mut next = None;
    for _ in 0..PAGES {
        let active = Criterion::builder().eq("ACTIVE").build();
        let call = client.list_findings_v2().analyzer_arn(analyzer).filter("status", active).max_results(PAGE);
        match unit.call(FINDINGS, call.set_next_token(next.take()).send()).await {
            Err(failure) => return (Value::list(found), Some(failure)),
            Ok(answer) => {
                found.extend(answer.findings().iter().map(finding));
                next = answer.next_token;
            }
        }
        if next.is_none() {
            return (Value::list(found), None);
        }
    }
    (Value::list(found), Some(Failure::endless(FINDINGS, "TooManyFindings", "more findings than are read")))
}

fn finding(finding: &FindingSummaryV2) -> Value {
    Value::map([
        ("Id", finding.id().into()),
        ("Resource", finding.resource().into()),
        ("ResourceType", finding.resource_type().as_str().into()),
        ("ResourceOwnerAccount", finding.resource_owner_account().into()),
        ("Status", finding.status().as_str().into()),
        ("FindingType", finding.finding_type().map(|kind| kind.as_str()).into()),
        ("CreatedAt", convert::time(Some(finding.created_at()))),
    ])
}
