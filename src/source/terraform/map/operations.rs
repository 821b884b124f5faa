//! Messages, logs, backups, APIs and the rest: Amazon SNS, SQS, Kinesis, CloudWatch Logs, AWS Backup, API Gateway,
//! CloudFront, AWS WAF, Systems Manager and AWS Chatbot.

use crate::model::Value;
use crate::source::terraform::argument::{Argument, State};
use crate::source::terraform::mapping::{Field, Mapping, TAGS, block, blocks, custom, document, is, refer};
use crate::source::terraform::reader::Reader;

pub(super) static OPERATIONS: &[Mapping] = &[
    Mapping::resource(
        "aws_sns_topic",
        "AWS::SNS::Topic",
        &[("arn", "TopicArn"), ("id", "TopicArn"), ("name", "TopicName")],
        &[
            is("name", "TopicName"),
            refer("kms_master_key_id", "KmsMasterKeyId"),
            document("policy", "TopicPolicy.PolicyDocument"),
            TAGS,
        ],
    ),
    Mapping::part(
        "aws_sns_topic_policy",
        "AWS::SNS::Topic",
        "arn",
        &[document("policy", "TopicPolicy.PolicyDocument")],
    ),
    Mapping::resource(
        "aws_sqs_queue",
        "AWS::SQS::Queue",
        &[("id", "QueueUrl"), ("url", "QueueUrl"), ("arn", "Arn"), ("name", "QueueName")],
        &[
            is("name", "QueueName"),
            refer("kms_master_key_id", "KmsMasterKeyId"),
            is("sqs_managed_sse_enabled", "SqsManagedSseEnabled"),
            document("policy", "QueuePolicy.PolicyDocument"),
            TAGS,
        ],
    ),
    Mapping::part(
        "aws_sqs_queue_policy",
        "AWS::SQS::Queue",
        "queue_url",
        &[document("policy", "QueuePolicy.PolicyDocument")],
    ),
    Mapping::resource(
        "aws_kinesis_stream",
        "AWS::Kinesis::Stream",
        &[("id", "Arn"), ("arn", "Arn"), ("name", "Name")],
        &[
            is("name", "Name"),
            is("encryption_type", "StreamEncryption.EncryptionType"),
            refer("kms_key_id", "StreamEncryption.KeyId"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_cloudwatch_log_group",
        "AWS::Logs::LogGroup",
        &[("id", "LogGroupName"), ("name", "LogGroupName"), ("arn", "Arn")],
        &[
            is("name", "LogGroupName"),
            refer("kms_key_id", "KmsKeyId"),
            custom("retention_in_days", "RetentionInDays", retention),
            is("log_group_class", "LogGroupClass"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_backup_plan",
        "AWS::Backup::BackupPlan",
        &[("id", "BackupPlanId"), ("arn", "BackupPlanArn")],
        &[
            is("name", "BackupPlan.BackupPlanName"),
            blocks(
                "rule",
                "BackupPlan.BackupPlanRule",
                &[
                    is("rule_name", "RuleName"),
                    refer("target_vault_name", "TargetBackupVault"),
                    is("schedule", "ScheduleExpression"),
                    blocks(
                        "copy_action",
                        "CopyActions",
                        &[refer("destination_vault_arn", "DestinationBackupVaultArn")],
                    ),
                ],
            ),
        ],
    ),
    Mapping::resource(
        "aws_backup_vault",
        "AWS::Backup::BackupVault",
        &[("id", "BackupVaultName"), ("name", "BackupVaultName"), ("arn", "BackupVaultArn")],
        &[is("name", "BackupVaultName"), refer("kms_key_arn", "EncryptionKeyArn")],
    ),
    Mapping::part(
        "aws_backup_vault_lock_configuration",
        "AWS::Backup::BackupVault",
        "backup_vault_name",
        &[block(
            "",
            "LockConfiguration",
            &[
                is("changeable_for_days", "ChangeableForDays"),
                is("min_retention_days", "MinRetentionDays"),
                is("max_retention_days", "MaxRetentionDays"),
            ],
        )],
    ),
    Mapping::resource(
        "aws_backup_selection",
        "AWS::Backup::BackupSelection",
        &[("id", "Id")],
        &[refer("plan_id", "BackupPlanId"), is("name", "BackupSelection.SelectionName")],
    ),
    Mapping::resource(
        "aws_api_gateway_rest_api",
        "AWS::ApiGateway::RestApi",
        &[("id", "RestApiId")],
        &[
            is("name", "Name"),
            is("endpoint_configuration.types", "EndpointConfiguration.Types"),
            document("policy", "Policy"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_api_gateway_stage",
        "AWS::ApiGateway::Stage",
        &[("arn", "Arn")],
        &[refer("rest_api_id", "RestApiId"), is("stage_name", "StageName"), TAGS],
    ),
    Mapping::part("aws_wafv2_web_acl_association", "AWS::ApiGateway::Stage", "resource_arn", WEB_ACL),
    Mapping::resource(
        "aws_wafv2_web_acl",
        "AWS::WAFv2::WebACL",
        &[("arn", "Arn"), ("id", "Id")],
        &[is("name", "Name"), is("scope", "Scope"), TAGS],
    ),
    Mapping::global(
        "aws_cloudfront_distribution",
        "AWS::CloudFront::Distribution",
        &[("id", "Id")],
        &[
            is("enabled", "DistributionConfig.Enabled"),
            refer("web_acl_id", "DistributionConfig.WebACLId"),
            is(
                "default_cache_behavior.viewer_protocol_policy",
                "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy",
            ),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ssm_document",
        "AWS::SSM::Document",
        &[("id", "Name"), ("name", "Name")],
        &[
            is("name", "Name"),
            is("document_type", "DocumentType"),
            custom("permissions", "SharedAccountIds", shared),
            TAGS,
        ],
    ),
    Mapping::global(
        "aws_chatbot_slack_channel_configuration",
        "AWS::Chatbot::SlackChannelConfiguration",
        &[],
        &[is("configuration_name", "ConfigurationName"), is("slack_channel_id", "SlackChannelId")],
    ),
];

static WEB_ACL: &[Field] = &[refer("web_acl_arn", "WebAclArn")];

/// The provider writes 0 for logs that are kept for ever, as CloudFormation does by leaving it out.
fn retention<'a>(argument: Argument<'a>, reader: &Reader<'a>) -> Value {
    match reader.value(argument) {
        days if days.as_i64() == Some(0) => Value::Null,
        days => days,
    }
}

/// Account ids, or `all`, in one text with commas.
fn shared<'a>(permissions: Argument<'a>, _: &Reader<'a>) -> Value {
    if !matches!(permissions.state(), State::Known(_)) {
        return permissions.value();
    }
    match permissions.at("account_ids").value() {
        Value::String(ids) => Value::list(ids.split(',').map(|id| id.trim().into())),
        other => other,
    }
}
