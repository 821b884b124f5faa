//! Amazon ECR: private repositories with their policies and what the registry's scanning rules say of them.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::Repository;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each};
use super::ecr_scanning::Scanning;
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const REPOSITORY: &str = "AWS::ECR::Repository";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ecr-repositories",
    scope: Scope::Regional,
    types: &[REPOSITORY],
    actions: &["ecr:DescribeRepositories", "ecr:GetRepositoryPolicy", "ecr:GetRegistryScanningConfiguration"],
    run: |unit| repositories(unit).boxed(),
}];

async fn repositories(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_repositories().into_paginator().page_size(1000).send();
    let (listed, failure) =
        unit.list("ecr:DescribeRepositories", pages, |page| (page.repositories, page.next_token)).await;
    if listed.is_empty() {
        return Batch::of(REPOSITORY, (Vec::new(), failure));
    }
    let call = client.get_registry_scanning_configuration().send();
    let scanning = unit.ask("ecr:GetRegistryScanningConfiguration", call, |answer| answer.scanning_configuration).await;
    let scanning = scanning.map(Scanning::of);
    Batch::of(REPOSITORY, (each(listed, |one| repository(unit, &client, &scanning, one)).await, failure))
}

/// Nothing when the repository was deleted in the meantime.
async fn repository(
    unit: &Unit,
    client: &Client,
    scanning: &Result<Scanning, Failure>,
    repository: Repository,
) -> Option<Resource> {
    let name = repository.repository_name()?;
    let arn = repository.repository_arn().map_or_else(|| unit.arn("ecr", &format!("repository/{name}")), str::to_owned);
    let call = client.get_repository_policy().repository_name(name).send();
    let policy = match unit.ask("ecr:GetRepositoryPolicy", call, |answer| answer.policy_text).await {
        Ok(text) => convert::document(&text),
        Err(failure) if failure.is(&["RepositoryNotFoundException"]) => return None,
        Err(failure) if failure.is(&["RepositoryPolicyNotFoundException"]) => Value::Null,
        Err(failure) => failure.into_value(),
    };
    let registry = match scanning {
        Ok(scanning) => scanning.of_repository(name),
        Err(failure) => failure.clone().into_value(),
    };
    let properties = Value::map(
        [
            ("RepositoryName", name.into()),
            ("Arn", arn.as_str().into()),
            ("RepositoryPolicyText", policy),
            ("RegistryScanningConfiguration", registry),
        ]
        .into_iter()
        .chain(settings(&repository)),
    );
    Some(unit.resource(REPOSITORY, name, Some(arn), properties))
}

/// What the listing itself says.
fn settings(repository: &Repository) -> [(&'static str, Value); 4] {
    let scanning = repository
        .image_scanning_configuration()
        .map(|scanning| Value::map([("ScanOnPush", scanning.scan_on_push().into())]));
    let encryption = repository.encryption_configuration().map(|encryption| {
        Value::map([
            ("EncryptionType", encryption.encryption_type().as_str().into()),
            ("KmsKey", convert::text(encryption.kms_key())),
        ])
    });
    let excluded = repository.image_tag_mutability_exclusion_filters().iter().map(|filter| {
        Value::map([
            ("ImageTagMutabilityExclusionFilterType", filter.filter_type().as_str().into()),
            ("ImageTagMutabilityExclusionFilterValue", filter.filter().into()),
        ])
    });
    [
        ("ImageScanningConfiguration", scanning.into()),
        ("ImageTagMutability", repository.image_tag_mutability().map(|kind| kind.as_str()).into()),
        ("ImageTagMutabilityExclusionFilters", Value::list(excluded)),
        ("EncryptionConfiguration", encryption.into()),
    ]
}
