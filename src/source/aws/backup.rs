//! AWS Backup: vaults, what is backed up, and what is copied to other vaults.

use std::collections::BTreeMap;

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{BackupVaultListMember, CopyJob, CopyJobState, ProtectedResource};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const VAULT: &str = "AWS::Backup::BackupVault";
const PROTECTED: &str = "AWS::Backup::ProtectedResource";
const COPY: &str = "AWS::Backup::CopyJob";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "backup-vaults",
        scope: Scope::Regional,
        types: &[VAULT],
        actions: &["backup:ListBackupVaults"],
        run: |unit| vaults(unit).boxed(),
    },
    Collector {
        name: "backup-protected-resources",
        scope: Scope::Regional,
        types: &[PROTECTED],
        actions: &["backup:ListProtectedResources"],
        run: |unit| protected_resources(unit).boxed(),
    },
    Collector {
        name: "backup-copy-jobs",
        scope: Scope::Regional,
        types: &[COPY],
        actions: &["backup:ListCopyJobs"],
        run: |unit| copies(unit).boxed(),
    },
];

/// The greatest page of the listings.
pub(super) const PAGE: i32 = 1000;

pub(super) fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

async fn vaults(unit: &Unit) -> Batch {
    let pages = client(unit).list_backup_vaults().into_paginator().page_size(PAGE).send();
    let (vaults, failure) =
        unit.list("backup:ListBackupVaults", pages, |page| (page.backup_vault_list, page.next_token)).await;
    Batch::of(VAULT, (vaults.iter().filter_map(|one| vault(unit, one)).collect(), failure))
}

fn vault(unit: &Unit, vault: &BackupVaultListMember) -> Option<Resource> {
    let name = vault.backup_vault_name()?;
    let lock = (vault.locked() == Some(true)).then(|| {
        Value::map([
            ("MinRetentionDays", vault.min_retention_days().into()),
            ("MaxRetentionDays", vault.max_retention_days().into()),
        ])
    });
    let properties = Value::map([
        ("BackupVaultName", name.into()),
        ("BackupVaultArn", vault.backup_vault_arn().into()),
        ("EncryptionKeyArn", convert::text(vault.encryption_key_arn())),
        ("LockConfiguration", lock.into()),
        ("Locked", vault.locked().into()),
        ("LockDate", convert::time(vault.lock_date())),
        ("VaultType", vault.vault_type().map(|kind| kind.as_str()).into()),
        ("NumberOfRecoveryPoints", vault.number_of_recovery_points().into()),
    ]);
    Some(unit.resource(VAULT, name, vault.backup_vault_arn().map(str::to_owned), properties))
}

async fn protected_resources(unit: &Unit) -> Batch {
    let pages = client(unit).list_protected_resources().into_paginator().page_size(PAGE).send();
    let (listed, failure) =
        unit.list("backup:ListProtectedResources", pages, |page| (page.results, page.next_token)).await;
    Batch::of(PROTECTED, (listed.iter().filter_map(|one| protected_resource(unit, one)).collect(), failure))
}

fn protected_resource(unit: &Unit, resource: &ProtectedResource) -> Option<Resource> {
    let arn = resource.resource_arn()?;
    let properties = Value::map([
        ("ResourceArn", arn.into()),
        ("ResourceType", resource.resource_type().into()),
        ("LastBackupTime", convert::time(resource.last_backup_time())),
        ("LastBackupVaultArn", convert::text(resource.last_backup_vault_arn())),
    ]);
    Some(unit.resource(PROTECTED, arn, Some(arn.to_owned()), properties))
}

/// Of the completed copies to each vault the last one: AWS Backup lists the jobs of 30 days, which may be many.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListCopyJobs.html>
async fn copies(unit: &Unit) -> Batch {
    let call = client(unit).list_copy_jobs().by_state(CopyJobState::Completed);
    let pages = call.into_paginator().page_size(PAGE).send();
    let (jobs, failure) = unit.list("backup:ListCopyJobs", pages, |page| (page.copy_jobs, page.next_token)).await;
    let mut last: BTreeMap<&str, &CopyJob> = BTreeMap::new();
    for job in &jobs {
        let Some(vault) = job.destination_backup_vault_arn() else { continue };
        let kept = last.entry(vault).or_insert(job);
        if job.completion_date() > kept.completion_date() {
            *kept = job;
        }
    }
    Batch::of(COPY, (last.into_iter().map(|(vault, job)| copy(unit, vault, job)).collect(), failure))
}

fn copy(unit: &Unit, vault: &str, job: &CopyJob) -> Resource {
    let properties = Value::map([
        ("DestinationBackupVaultArn", vault.into()),
        ("SourceBackupVaultArn", job.source_backup_vault_arn().into()),
        ("CompletionDate", convert::time(job.completion_date())),
        ("State", job.state().map(|state| state.as_str()).into()),
    ]);
    unit.resource(COPY, vault, None, properties)
}
