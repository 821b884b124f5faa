//! AWS Backup: in each home region a locked vault and an empty one (on two pages), and a plan that backs up the volumes
//! and copies to the other home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, HOUR, World, resource_id, seconds_ago};
use super::Outcome;

const PLAN: &str = "8f81f553-3a74-4a3f-b93d-b3360dc80c50";
const SELECTION: &str = "1d8d9f2e-1c0e-4b7e-9a51-5bd1f3f1c0aa";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let first = call.parameter("nextToken").is_none();
    match call.key.operation.as_str() {
        "ListBackupVaults" if there && first => Outcome::Page(
            json!({ "BackupVaultList": [vault(call, "main", true, 30)] }).to_string(),
            "vaults-2".to_owned(),
        ),
        "ListBackupVaults" => listed("BackupVaultList", there, || vec![vault(call, "Default", false, 0)]),
        "ListBackupPlans" => listed("BackupPlansList", there, || vec![plan_member(call)]),
        "GetBackupPlan" if there && call.contains(PLAN) => plan(call, world).into(),
        "ListBackupSelections" if there && call.contains(PLAN) => {
            json!({ "BackupSelectionsList": [selection_member(call)] }).into()
        }
        "GetBackupSelection" if there && call.contains(SELECTION) => selection(call).into(),
        "GetBackupPlan" | "ListBackupSelections" | "GetBackupSelection" => {
            Outcome::Refused(400, "ResourceNotFoundException", "Cannot find Backup plan".to_owned())
        }
        "ListProtectedResources" => listed("Results", there, || protected(call)),
        "ListCopyJobs" => listed("CopyJobs", there, || vec![copy_job(call, world, 9), copy_job(call, world, 1)]),
        _ => Outcome::Unknown,
    }
}

fn listed(name: &str, there: bool, items: impl FnOnce() -> Vec<Value>) -> Outcome {
    json!({ name: if there { items() } else { Vec::new() } }).into()
}

fn vault_arn(call: &Call, region: &str, name: &str) -> String {
    format!("arn:aws:backup:{region}:{}:backup-vault:{name}", call.key.account)
}

/// The region to which this one copies.
fn other<'a>(call: &'a Call, world: &'a World) -> &'a str {
    let mut others = world.home_regions.iter().filter(|region| **region != call.key.region);
    others.next().map_or("ap-northeast-3", String::as_str)
}

fn vault(call: &Call, name: &str, locked: bool, points: u32) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    let mut vault = json!({
        "BackupVaultName": name,
        "BackupVaultArn": vault_arn(call, region, name),
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "CreationDate": seconds_ago(300 * DAY),
        "EncryptionKeyArn": format!("arn:aws:kms:{region}:{account}:key/00000000-0000-4000-8000-000000000001"),
        "NumberOfRecoveryPoints": points,
        "Locked": locked,
    });
    if locked {
        vault["MinRetentionDays"] = 7.into();
        vault["MaxRetentionDays"] = 400.into();
        vault["LockDate"] = seconds_ago(200 * DAY).into();
    }
    vault
}

fn plan_arn(call: &Call) -> String {
    format!("arn:aws:backup:{}:{}:backup-plan:{PLAN}", call.key.region, call.key.account)
}

fn plan_member(call: &Call) -> Value {
    json!({
        "BackupPlanArn": plan_arn(call),
        "BackupPlanId": PLAN,
        "BackupPlanName": "daily",
        "CreationDate": seconds_ago(300 * DAY),
        "LastExecutionDate": seconds_ago(12 * HOUR),
        "VersionId": "MWRhYmE1",
    })
}

fn plan(call: &Call, world: &World) -> Value {
    let lifecycle = json!({ "DeleteAfterDays": 35, "MoveToColdStorageAfterDays": 7 });
    json!({
        "BackupPlan": {
            "BackupPlanName": "daily",
            "Rules": [{
                "RuleId": "0d4f2d3c-7c2b-4b8a-8a4a-3f6b6f0c7a11",
                "RuleName": "daily",
                "TargetBackupVaultName": "main",
                "ScheduleExpression": "cron(0 17 * * ? *)",
                "ScheduleExpressionTimezone": "Asia/Tokyo",
                "StartWindowMinutes": 60,
                "CompletionWindowMinutes": 480,
                "EnableContinuousBackup": false,
                "Lifecycle": lifecycle,
                "CopyActions": [{
                    "DestinationBackupVaultArn": vault_arn(call, other(call, world), "main"),
                    "Lifecycle": lifecycle,
                }],
            }],
        },
        "BackupPlanArn": plan_arn(call),
        "BackupPlanId": PLAN,
        "CreationDate": seconds_ago(300 * DAY),
        "VersionId": "MWRhYmE1",
    })
}

fn role(call: &Call) -> String {
    format!("arn:aws:iam::{}:role/service-role/AWSBackupDefaultServiceRole", call.key.account)
}

fn selection_member(call: &Call) -> Value {
    json!({
        "BackupPlanId": PLAN,
        "SelectionId": SELECTION,
        "SelectionName": "tagged",
        "CreationDate": seconds_ago(300 * DAY),
        "IamRoleArn": role(call),
    })
}

fn selection(call: &Call) -> Value {
    json!({
        "BackupPlanId": PLAN,
        "SelectionId": SELECTION,
        "CreationDate": seconds_ago(300 * DAY),
        "BackupSelection": {
            "SelectionName": "tagged",
            "IamRoleArn": role(call),
            "Resources": ["*"],
            "NotResources": ["arn:aws:s3:::*"],
            "ListOfTags": [{ "ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily" }],
            "Conditions": {
                "StringEquals": [{ "ConditionKey": "aws:ResourceTag/system", "ConditionValue": "resident-records" }],
                "StringLike": [],
                "StringNotEquals": [],
                "StringNotLike": [],
            },
        },
    })
}

/// The first volume itself, the second one with its instance, and every database, table and file system.
fn protected(call: &Call) -> Vec<Value> {
    let (account, region) = (&call.key.account, &call.key.region);
    let id = |prefix: &str, number: u32| resource_id(prefix, account, region, number);
    let resources = [
        ("EBS", "ec2", format!("volume/{}", id("vol", 1))),
        ("EC2", "ec2", format!("instance/{}", id("i", 1))),
        ("EFS", "elasticfilesystem", format!("file-system/{}", id("fs", 1))),
        ("EFS", "elasticfilesystem", format!("file-system/{}", id("fs", 2))),
        ("DynamoDB", "dynamodb", "table/applications".to_owned()),
        ("DynamoDB", "dynamodb", "table/receipts".to_owned()),
        ("RDS", "rds", "db:zei".to_owned()),
        ("Aurora", "rds", "cluster:juki".to_owned()),
        ("Neptune", "rds", "cluster:graph".to_owned()),
        ("DocumentDB", "rds", "cluster:papers".to_owned()),
    ];
    let protected = resources.map(|(kind, service, resource)| {
        json!({
            "ResourceArn": format!("arn:aws:{service}:{region}:{account}:{resource}"),
            "ResourceType": kind,
            "LastBackupTime": seconds_ago(12 * HOUR),
            "LastBackupVaultArn": vault_arn(call, region, "main"),
        })
    });
    protected.into()
}

fn copy_job(call: &Call, world: &World, days: u64) -> Value {
    json!({
        "AccountId": call.key.account,
        "CopyJobId": format!("0000000{days}-0000-4000-8000-000000000001"),
        "SourceBackupVaultArn": vault_arn(call, &call.key.region, "main"),
        "DestinationBackupVaultArn": vault_arn(call, other(call, world), "main"),
        "CreationDate": seconds_ago(days * DAY + HOUR),
        "CompletionDate": seconds_ago(days * DAY),
        "State": "COMPLETED",
        "ResourceType": "EBS",
    })
}
