//! AWS IAM, AWS Organizations, AWS KMS, AWS Secrets Manager and what guards an account: IAM Access Analyzer, GuardDuty, Security Hub, AWS
//! Config, CloudTrail.

use crate::model::Value;
use crate::source::terraform::argument::Argument;
use crate::source::terraform::mapping::{
    Default, Field, Mapping, TAGS, always, blocks, custom, document, is, or, refer,
};
use crate::source::terraform::reader::Reader;

const ROLE: &str = "AWS::IAM::Role";
const USER: &str = "AWS::IAM::User";
const GROUP: &str = "AWS::IAM::Group";
const SECRET: &str = "AWS::SecretsManager::Secret";

pub(super) static IDENTITY: &[Mapping] = &[
    Mapping::global(
        "aws_iam_role",
        ROLE,
        &[("id", "RoleName"), ("name", "RoleName"), ("arn", "Arn")],
        &[
            is("name", "RoleName"),
            is("path", "Path"),
            document("assume_role_policy", "AssumeRolePolicyDocument"),
            is("managed_policy_arns", "ManagedPolicyArns"),
            blocks("inline_policy", "Policies", &[is("name", "PolicyName"), document("policy", "PolicyDocument")]),
            refer("permissions_boundary", "PermissionsBoundary"),
            TAGS,
        ],
    ),
    Mapping::item("aws_iam_role_policy", ROLE, "role", INLINE),
    Mapping::item("aws_iam_role_policy_attachment", ROLE, "role", MANAGED),
    Mapping::item("aws_iam_policy_attachment", ROLE, "roles", MANAGED),
    Mapping::global(
        "aws_iam_user",
        USER,
        &[("id", "UserName"), ("name", "UserName"), ("arn", "Arn")],
        &[is("name", "UserName"), is("path", "Path"), refer("permissions_boundary", "PermissionsBoundary"), TAGS],
    ),
    Mapping::item("aws_iam_user_policy", USER, "user", INLINE),
    Mapping::item("aws_iam_user_policy_attachment", USER, "user", MANAGED),
    Mapping::item("aws_iam_policy_attachment", USER, "users", MANAGED),
    Mapping::item("aws_iam_group_membership", USER, "users", &[refer("group", "Groups")]),
    Mapping::part(
        "aws_iam_user_login_profile",
        USER,
        "user",
        &[or("password_reset_required", "LoginProfile.PasswordResetRequired", Default::Flag(false))],
    ),
    Mapping::global(
        "aws_iam_group",
        GROUP,
        &[("id", "GroupName"), ("name", "GroupName"), ("arn", "Arn")],
        &[is("name", "GroupName"), is("path", "Path")],
    ),
    Mapping::item("aws_iam_group_policy", GROUP, "group", INLINE),
    Mapping::item("aws_iam_group_policy_attachment", GROUP, "group", MANAGED),
    Mapping::item("aws_iam_policy_attachment", GROUP, "groups", MANAGED),
    Mapping::global(
        "aws_iam_policy",
        "AWS::IAM::ManagedPolicy",
        &[("id", "PolicyArn"), ("arn", "PolicyArn")],
        &[is("name", "ManagedPolicyName"), is("path", "Path"), document("policy", "PolicyDocument")],
    ),
    Mapping::global(
        "aws_organizations_policy",
        "AWS::Organizations::Policy",
        &[("id", "Id"), ("arn", "Arn")],
        &[
            is("name", "Name"),
            or("type", "Type", Default::Text("SERVICE_CONTROL_POLICY")),
            document("content", "Content"),
            TAGS,
        ],
    ),
    Mapping::global(
        "aws_iam_access_key",
        "AWS::IAM::AccessKey",
        &[("id", "Id")],
        &[refer("user", "UserName"), or("status", "Status", Default::Text("Active"))],
    ),
    Mapping::resource(
        "aws_kms_key",
        "AWS::KMS::Key",
        KEY_OWN,
        &[
            document("policy", "KeyPolicy"),
            is("enable_key_rotation", "EnableKeyRotation"),
            is("customer_master_key_spec", "KeySpec"),
            is("key_usage", "KeyUsage"),
            is("is_enabled", "Enabled"),
            is("multi_region", "MultiRegion"),
            custom("", "Origin", origin),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_kms_external_key",
        "AWS::KMS::Key",
        KEY_OWN,
        &[document("policy", "KeyPolicy"), is("enabled", "Enabled"), always("Origin", Default::Text("EXTERNAL")), TAGS],
    ),
    Mapping::part("aws_kms_key_policy", "AWS::KMS::Key", "key_id", &[document("policy", "KeyPolicy")]),
    Mapping::resource("aws_kms_replica_key", "AWS::KMS::ReplicaKey", KEY_OWN, &[document("policy", "KeyPolicy"), TAGS]),
    Mapping::resource(
        "aws_kms_alias",
        "AWS::KMS::Alias",
        &[("id", "AliasName"), ("name", "AliasName")],
        &[is("name", "AliasName"), custom("target_key_id", "TargetKeyId", key_id)],
    ),
    Mapping::resource(
        "aws_secretsmanager_secret",
        SECRET,
        &[("id", "Id"), ("arn", "Id"), ("name", "Name")],
        &[
            is("name", "Name"),
            refer("kms_key_id", "KmsKeyId"),
            document("policy", "ResourcePolicy.ResourcePolicy"),
            TAGS,
        ],
    ),
    Mapping::part(
        "aws_secretsmanager_secret_policy",
        SECRET,
        "secret_arn",
        &[document("policy", "ResourcePolicy.ResourcePolicy")],
    ),
    Mapping::part(
        "aws_secretsmanager_secret_rotation",
        SECRET,
        "secret_id",
        &[always("RotationEnabled", Default::Flag(true))],
    ),
    Mapping::resource(
        "aws_accessanalyzer_analyzer",
        "AWS::AccessAnalyzer::Analyzer",
        &[("arn", "Arn")],
        &[is("analyzer_name", "AnalyzerName"), or("type", "Type", Default::Text("ACCOUNT")), TAGS],
    ),
    Mapping::resource(
        "aws_guardduty_detector",
        "AWS::GuardDuty::Detector",
        &[("id", "Id")],
        &[is("enable", "Enable"), is("finding_publishing_frequency", "FindingPublishingFrequency"), TAGS],
    ),
    Mapping::resource(
        "aws_securityhub_account",
        "AWS::SecurityHub::Hub",
        &[("arn", "ARN")],
        &[is("enable_default_standards", "EnableDefaultStandards")],
    ),
    Mapping::resource(
        "aws_securityhub_standards_subscription",
        "AWS::SecurityHub::Standard",
        &[],
        &[is("standards_arn", "StandardsArn")],
    ),
    // The provider creates a recorder that does not record until its status says so.
    Mapping::resource(
        "aws_config_configuration_recorder",
        "AWS::Config::ConfigurationRecorder",
        &[("id", "Name"), ("name", "Name")],
        &[
            is("name", "Name"),
            refer("role_arn", "RoleARN"),
            is("recording_group.all_supported", "RecordingGroup.AllSupported"),
            is("recording_group.include_global_resource_types", "RecordingGroup.IncludeGlobalResourceTypes"),
            is("recording_group.resource_types", "RecordingGroup.ResourceTypes"),
            is("recording_group.recording_strategy.use_only", "RecordingGroup.RecordingStrategy.UseOnly"),
            always("StartedOnCreate", Default::Flag(false)),
        ],
    ),
    Mapping::part(
        "aws_config_configuration_recorder_status",
        "AWS::Config::ConfigurationRecorder",
        "name",
        &[is("is_enabled", "StartedOnCreate")],
    ),
    Mapping::resource(
        "aws_config_delivery_channel",
        "AWS::Config::DeliveryChannel",
        &[("id", "Name")],
        &[is("name", "Name"), refer("s3_bucket_name", "S3BucketName")],
    ),
    Mapping::resource(
        "aws_cloudtrail",
        "AWS::CloudTrail::Trail",
        &[("arn", "Arn"), ("id", "Arn"), ("name", "TrailName")],
        &[
            is("name", "TrailName"),
            refer("s3_bucket_name", "S3BucketName"),
            is("enable_logging", "IsLogging"),
            is("is_multi_region_trail", "IsMultiRegionTrail"),
            is("is_organization_trail", "IsOrganizationTrail"),
            is("include_global_service_events", "IncludeGlobalServiceEvents"),
            is("enable_log_file_validation", "EnableLogFileValidation"),
            refer("kms_key_id", "KMSKeyId"),
            refer("cloud_watch_logs_group_arn", "CloudWatchLogsLogGroupArn"),
            refer("cloud_watch_logs_role_arn", "CloudWatchLogsRoleArn"),
            blocks(
                "event_selector",
                "EventSelectors",
                &[
                    is("read_write_type", "ReadWriteType"),
                    is("include_management_events", "IncludeManagementEvents"),
                    is("exclude_management_event_sources", "ExcludeManagementEventSources"),
                    blocks("data_resource", "DataResources", &[is("type", "Type"), is("values", "Values")]),
                ],
            ),
            blocks(
                "advanced_event_selector",
                "AdvancedEventSelectors",
                &[is("name", "Name"), blocks("field_selector", "FieldSelectors", FIELD_SELECTOR)],
            ),
            TAGS,
        ],
    ),
];

static INLINE: &[Field] = &[blocks("", "Policies", &[is("name", "PolicyName"), document("policy", "PolicyDocument")])];

static MANAGED: &[Field] = &[refer("policy_arn", "ManagedPolicyArns")];

const KEY_OWN: &[(&str, &str)] = &[("id", "KeyId"), ("key_id", "KeyId"), ("arn", "Arn")];

static FIELD_SELECTOR: &[Field] = &[
    is("field", "Field"),
    is("equal_to", "Equals"),
    is("not_equals", "NotEquals"),
    is("starts_with", "StartsWith"),
    is("not_starts_with", "NotStartsWith"),
    is("ends_with", "EndsWith"),
    is("not_ends_with", "NotEndsWith"),
];

/// Where the material of a key is.
fn origin<'a>(key: Argument<'a>, reader: &Reader<'a>) -> Value {
    match (reader.value(key.at("custom_key_store_id")), reader.value(key.at("xks_key_id"))) {
        (Value::Null, Value::Null) => Value::Null,
        (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => unknown,
        (_, Value::Null) => "AWS_CLOUDHSM".into(),
        _ => "EXTERNAL_KEY_STORE".into(),
    }
}

/// An alias keeps the id of its key, also where its ARN is given.
fn key_id<'a>(argument: Argument<'a>, reader: &Reader<'a>) -> Value {
    match reader.refer(argument, false) {
        Value::String(name) => match name.split_once(":key/") {
            Some((_, id)) if name.starts_with("arn:") => id.into(),
            _ => Value::String(name),
        },
        other => other,
    }
}
