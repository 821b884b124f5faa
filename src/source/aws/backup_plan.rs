//! AWS Backup: plans and the resources that they select.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{
    BackupPlan, BackupPlansListMember, BackupRule, BackupSelection, BackupSelectionsListMember, Condition,
    ConditionParameter, Conditions, CopyAction, Lifecycle,
};
use futures::{FutureExt, StreamExt, stream};

use super::backup::{PAGE, client};
use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const PLAN: &str = "AWS::Backup::BackupPlan";
const SELECTION: &str = "AWS::Backup::BackupSelection";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "backup-plans",
        scope: Scope::Regional,
        types: &[PLAN],
        actions: &["backup:ListBackupPlans", "backup:GetBackupPlan"],
        run: |unit| plans(unit).boxed(),
    },
    Collector {
        name: "backup-selections",
        scope: Scope::Regional,
        types: &[SELECTION],
        actions: &["backup:ListBackupPlans", "backup:ListBackupSelections", "backup:GetBackupSelection"],
        run: |unit| selections(unit).boxed(),
    },
];

/// The plans that are not deleted.
async fn list(unit: &Unit, client: &Client) -> (Vec<BackupPlansListMember>, Option<Failure>) {
    let pages = client.list_backup_plans().into_paginator().page_size(PAGE).send();
    unit.list("backup:ListBackupPlans", pages, |page| (page.backup_plans_list, page.next_token)).await
}

fn is_gone(failure: &Failure) -> bool {
    failure.is(&["ResourceNotFoundException"])
}

async fn plans(unit: &Unit) -> Batch {
    let client = client(unit);
    let (listed, failure) = list(unit, &client).await;
    Batch::of(PLAN, (each(listed, |member| plan(unit, &client, member)).await, failure))
}

async fn plan(unit: &Unit, client: &Client, member: BackupPlansListMember) -> Option<Resource> {
    let id = member.backup_plan_id()?;
    let call = client.get_backup_plan().backup_plan_id(id).send();
    let plan = match unit.ask("backup:GetBackupPlan", call, |answer| answer.backup_plan).await {
        Ok(plan) => plan_properties(&plan),
        Err(failure) if is_gone(&failure) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("BackupPlanId", id.into()),
        ("BackupPlanArn", member.backup_plan_arn().into()),
        ("BackupPlan", plan),
    ]);
    Some(unit.resource(PLAN, id, member.backup_plan_arn().map(str::to_owned), properties))
}

fn plan_properties(plan: &BackupPlan) -> Value {
    Value::map([
        ("BackupPlanName", plan.backup_plan_name().into()),
        ("BackupPlanRule", Value::list(plan.rules().iter().map(rule))),
    ])
}

fn rule(rule: &BackupRule) -> Value {
    Value::map([
        ("RuleName", rule.rule_name().into()),
        ("TargetBackupVault", rule.target_backup_vault_name().into()),
        ("TargetLogicallyAirGappedBackupVaultArn", rule.target_logically_air_gapped_backup_vault_arn().into()),
        ("ScheduleExpression", rule.schedule_expression().into()),
        ("ScheduleExpressionTimezone", rule.schedule_expression_timezone().into()),
        ("EnableContinuousBackup", rule.enable_continuous_backup().into()),
        ("Lifecycle", rule.lifecycle().map(lifecycle).into()),
        ("CopyActions", convert::some(rule.copy_actions().iter().map(copy_action))),
    ])
}

fn copy_action(action: &CopyAction) -> Value {
    Value::map([
        ("DestinationBackupVaultArn", action.destination_backup_vault_arn().into()),
        ("Lifecycle", action.lifecycle().map(lifecycle).into()),
    ])
}

fn lifecycle(lifecycle: &Lifecycle) -> Value {
    Value::map([
        ("DeleteAfterDays", lifecycle.delete_after_days().into()),
        ("MoveToColdStorageAfterDays", lifecycle.move_to_cold_storage_after_days().into()),
    ])
}

async fn selections(unit: &Unit) -> Batch {
    let client = client(unit);
    let (plans, failure) = list(unit, &client).await;
    let mut batch = Batch::of(SELECTION, (Vec::new(), failure));
    let ids = plans.into_iter().filter_map(|plan| plan.backup_plan_id);
    let mut listings = stream::iter(ids).map(|id| selections_of(unit, &client, id)).buffered(CALLS_AT_ONCE);
    let mut listed = Vec::new();
    while let Some((selections, failure)) = listings.next().await {
        listed.extend(selections);
        if let Some(failure) = failure.filter(|failure| !is_gone(failure)) {
            batch.fail(SELECTION, failure);
        }
    }
    batch.resources = each(listed, |member| selection(unit, &client, member)).await;
    batch
}

async fn selections_of(
    unit: &Unit,
    client: &Client,
    plan: String,
) -> (Vec<BackupSelectionsListMember>, Option<Failure>) {
    let pages = client.list_backup_selections().backup_plan_id(plan).into_paginator().page_size(PAGE).send();
    unit.list("backup:ListBackupSelections", pages, |page| (page.backup_selections_list, page.next_token)).await
}

async fn selection(unit: &Unit, client: &Client, member: BackupSelectionsListMember) -> Option<Resource> {
    let (plan, id) = (member.backup_plan_id()?, member.selection_id()?);
    let call = client.get_backup_selection().backup_plan_id(plan).selection_id(id).send();
    let selection = match unit.ask("backup:GetBackupSelection", call, |answer| answer.backup_selection).await {
        Ok(selection) => selection_properties(&selection),
        Err(failure) if is_gone(&failure) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties =
        Value::map([("BackupPlanId", plan.into()), ("SelectionId", id.into()), ("BackupSelection", selection)]);
    Some(unit.resource(SELECTION, format!("{plan}/{id}"), None, properties))
}

fn selection_properties(selection: &BackupSelection) -> Value {
    Value::map([
        ("SelectionName", selection.selection_name().into()),
        ("IamRoleArn", selection.iam_role_arn().into()),
        ("Resources", convert::sorted_texts(selection.resources())),
        ("NotResources", convert::sorted_texts(selection.not_resources())),
        ("ListOfTags", convert::some(selection.list_of_tags().iter().map(condition))),
        ("Conditions", selection.conditions().map(conditions).into()),
    ])
}

fn condition(condition: &Condition) -> Value {
    Value::map([
        ("ConditionType", condition.condition_type().as_str().into()),
        ("ConditionKey", condition.condition_key().into()),
        ("ConditionValue", condition.condition_value().into()),
    ])
}

fn conditions(conditions: &Conditions) -> Value {
    let listed = |parameters: &[ConditionParameter]| convert::some(parameters.iter().map(parameter));
    Value::map([
        ("StringEquals", listed(conditions.string_equals())),
        ("StringLike", listed(conditions.string_like())),
        ("StringNotEquals", listed(conditions.string_not_equals())),
        ("StringNotLike", listed(conditions.string_not_like())),
    ])
}

fn parameter(parameter: &ConditionParameter) -> Value {
    Value::map([
        ("ConditionKey", parameter.condition_key().into()),
        ("ConditionValue", parameter.condition_value().into()),
    ])
}
