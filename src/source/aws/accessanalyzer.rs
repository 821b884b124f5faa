//! IAM Access Analyzer: analyzers, and the active findings of those that look for external access.

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerSummary, Criterion, FindingSummaryV2, Type};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each, read_pages};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const ANALYZER: &str = "AWS::AccessAnalyzer::Analyzer";

/// The action of `ListFindingsV2` too.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html>
const FINDINGS: &str = "access-analyzer:ListFindings";

/// How many pages of findings are read: the first thousand say enough about an account.
const PAGES: usize = 10;

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "accessanalyzer-analyzers",
    scope: Scope::Regional,
    types: &[ANALYZER],
    actions: &["access-analyzer:ListAnalyzers", FINDINGS],
    run: |unit| analyzers(unit).boxed(),
}];

async fn analyzers(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.list_analyzers().into_paginator().page_size(100).send();
    let (listed, failure) =
        unit.list("access-analyzer:ListAnalyzers", pages, |page| (Some(page.analyzers), page.next_token)).await;
    Batch::of(ANALYZER, (each(listed, |one| analyzer(unit, &client, one)).await, failure))
}

/// Nothing when the analyzer was deleted since it was listed.
async fn analyzer(unit: &Unit, client: &Client, analyzer: AnalyzerSummary) -> Option<Resource> {
    let findings = match analyzer.r#type() {
        Type::Account | Type::Organization => match findings(unit, client, analyzer.arn()).await {
            (_, Some(failure)) if failure.is(&["ResourceNotFoundException"]) => return None,
            (found, failure) => convert::unfinished(Value::list(found.iter().map(finding)), failure),
        },
        // The findings of the others are about access that is not used, or not from outside.
        _ => Value::Null,
    };
    let properties = Value::map([
        ("AnalyzerName", analyzer.name().into()),
        ("Arn", analyzer.arn().into()),
        ("Type", analyzer.r#type().as_str().into()),
        ("Status", analyzer.status().as_str().into()),
        ("Tags", convert::tag_map(analyzer.tags())),
        ("Findings", findings),
    ]);
    Some(unit.resource(ANALYZER, analyzer.name(), Some(analyzer.arn().to_owned()), properties))
}

/// The active findings as far as they are read, and why not further.
async fn findings(unit: &Unit, client: &Client, analyzer: &str) -> (Vec<FindingSummaryV2>, Option<Failure>) {
    let active = Criterion::builder().eq("ACTIVE").build();
    let ask = client.list_findings_v2().analyzer_arn(analyzer).filter("status", active);
    let pages = ask.into_paginator().page_size(100).send();
    read_pages(FINDINGS, &unit.region, pages, PAGES, |page| (Some(page.findings), page.next_token)).await
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
