//! Databases and caches: Amazon RDS, Aurora, DocumentDB, Neptune, DynamoDB, ElastiCache, Redshift, OpenSearch and DMS.

use crate::model::{Map, Value};
use crate::source::terraform::argument::{Argument, State};
use crate::source::terraform::mapping::{
    Default, Field, Mapping, TAGS, blocks, custom, document, is, or, refer, refers, words,
};
use crate::source::terraform::reader::Reader;

pub(super) static DATA: &[Mapping] = &[
    Mapping::resource(
        "aws_db_instance",
        "AWS::RDS::DBInstance",
        // Its `id` was its name before version 5 of the provider, and is a resource id since.
        &[("identifier", "DBInstanceIdentifier"), ("id", "DBInstanceIdentifier"), ("arn", "DBInstanceArn")],
        &[
            is("identifier", "DBInstanceIdentifier"),
            is("engine", "Engine"),
            is("engine_version", "EngineVersion"),
            is("instance_class", "DBInstanceClass"),
            is("storage_encrypted", "StorageEncrypted"),
            refer("kms_key_id", "KmsKeyId"),
            is("publicly_accessible", "PubliclyAccessible"),
            is("multi_az", "MultiAZ"),
            is("deletion_protection", "DeletionProtection"),
            is("backup_retention_period", "BackupRetentionPeriod"),
            is("enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports"),
            refer("parameter_group_name", "DBParameterGroupName"),
            refer("db_subnet_group_name", "DBSubnetGroupName"),
            refers("vpc_security_group_ids", "VPCSecurityGroups"),
            refer("replicate_source_db", "SourceDBInstanceIdentifier"),
            refer("snapshot_identifier", "DBSnapshotIdentifier"),
            is("restore_to_point_in_time.restore_time", "RestoreTime"),
            is("restore_to_point_in_time.use_latest_restorable_time", "UseLatestRestorableTime"),
            refer("restore_to_point_in_time.source_db_instance_identifier", "SourceDBInstanceIdentifier"),
            is("restore_to_point_in_time.source_dbi_resource_id", "SourceDbiResourceId"),
            is(
                "restore_to_point_in_time.source_db_instance_automated_backups_arn",
                "SourceDBInstanceAutomatedBackupsArn",
            ),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_rds_cluster",
        "AWS::RDS::DBCluster",
        &[("cluster_identifier", "DBClusterIdentifier"), ("id", "DBClusterIdentifier"), ("arn", "DBClusterArn")],
        &[
            is("cluster_identifier", "DBClusterIdentifier"),
            is("engine", "Engine"),
            is("engine_mode", "EngineMode"),
            is("engine_version", "EngineVersion"),
            is("db_cluster_instance_class", "DBClusterInstanceClass"),
            is("storage_encrypted", "StorageEncrypted"),
            refer("kms_key_id", "KmsKeyId"),
            is("deletion_protection", "DeletionProtection"),
            is("backup_retention_period", "BackupRetentionPeriod"),
            is("enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports"),
            refer("db_cluster_parameter_group_name", "DBClusterParameterGroupName"),
            refer("db_subnet_group_name", "DBSubnetGroupName"),
            refers("vpc_security_group_ids", "VpcSecurityGroupIds"),
            refer("snapshot_identifier", "SnapshotIdentifier"),
            refer("replication_source_identifier", "ReplicationSourceIdentifier"),
            refer("restore_to_point_in_time.source_cluster_identifier", "SourceDBClusterIdentifier"),
            is("restore_to_point_in_time.source_cluster_resource_id", "SourceDbClusterResourceId"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_rds_cluster_instance",
        "AWS::RDS::DBInstance",
        &[("identifier", "DBInstanceIdentifier"), ("id", "DBInstanceIdentifier"), ("arn", "DBInstanceArn")],
        &[
            is("identifier", "DBInstanceIdentifier"),
            refer("cluster_identifier", "DBClusterIdentifier"),
            is("engine", "Engine"),
            is("instance_class", "DBInstanceClass"),
            or("publicly_accessible", "PubliclyAccessible", Default::Flag(false)),
            refer("db_parameter_group_name", "DBParameterGroupName"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_db_parameter_group",
        "AWS::RDS::DBParameterGroup",
        &[("name", "DBParameterGroupName"), ("id", "DBParameterGroupName")],
        &[
            is("name", "DBParameterGroupName"),
            is("family", "Family"),
            custom("parameter", "Parameters", parameters),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_rds_cluster_parameter_group",
        "AWS::RDS::DBClusterParameterGroup",
        &[("name", "DBClusterParameterGroupName"), ("id", "DBClusterParameterGroupName")],
        &[
            is("name", "DBClusterParameterGroupName"),
            is("family", "Family"),
            custom("parameter", "Parameters", parameters),
            TAGS,
        ],
    ),
    Mapping::resource("aws_db_snapshot", "AWS::RDS::DBSnapshot", &[("id", "DBSnapshotIdentifier")], DB_SNAPSHOT),
    Mapping::resource(
        "aws_db_snapshot_copy",
        "AWS::RDS::DBSnapshot",
        &[("id", "DBSnapshotIdentifier")],
        &[
            is("target_db_snapshot_identifier", "DBSnapshotIdentifier"),
            custom("encrypted", "Encrypted", computed),
            is("shared_accounts", "RestoreAccounts"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_db_cluster_snapshot",
        "AWS::RDS::DBClusterSnapshot",
        &[("id", "DBClusterSnapshotIdentifier")],
        &[
            is("db_cluster_snapshot_identifier", "DBClusterSnapshotIdentifier"),
            refer("db_cluster_identifier", "DBClusterIdentifier"),
            custom("storage_encrypted", "StorageEncrypted", computed),
            is("shared_accounts", "RestoreAccounts"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_docdb_cluster",
        "AWS::DocDB::DBCluster",
        &[("cluster_identifier", "DBClusterIdentifier"), ("id", "DBClusterIdentifier")],
        &[
            is("cluster_identifier", "DBClusterIdentifier"),
            is("storage_encrypted", "StorageEncrypted"),
            refer("kms_key_id", "KmsKeyId"),
            is("deletion_protection", "DeletionProtection"),
            is("backup_retention_period", "BackupRetentionPeriod"),
            is("enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports"),
            refer("db_cluster_parameter_group_name", "DBClusterParameterGroupName"),
            refer("snapshot_identifier", "SnapshotIdentifier"),
            refer("restore_to_point_in_time.source_cluster_identifier", "SourceDBClusterIdentifier"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_docdb_cluster_instance",
        "AWS::DocDB::DBInstance",
        &[("identifier", "DBInstanceIdentifier"), ("id", "DBInstanceIdentifier")],
        &[is("identifier", "DBInstanceIdentifier"), refer("cluster_identifier", "DBClusterIdentifier"), TAGS],
    ),
    Mapping::resource(
        "aws_docdb_cluster_parameter_group",
        "AWS::DocDB::DBClusterParameterGroup",
        NAMED,
        PARAMETER_GROUP,
    ),
    Mapping::resource(
        "aws_neptune_cluster",
        "AWS::Neptune::DBCluster",
        &[("cluster_identifier", "DBClusterIdentifier"), ("id", "DBClusterIdentifier")],
        &[
            is("cluster_identifier", "DBClusterIdentifier"),
            is("storage_encrypted", "StorageEncrypted"),
            refer("kms_key_arn", "KmsKeyId"),
            is("deletion_protection", "DeletionProtection"),
            is("backup_retention_period", "BackupRetentionPeriod"),
            is("enable_cloudwatch_logs_exports", "EnableCloudwatchLogsExports"),
            refer("neptune_cluster_parameter_group_name", "DBClusterParameterGroupName"),
            refer("snapshot_identifier", "SnapshotIdentifier"),
            refer("replication_source_identifier", "SourceDBClusterIdentifier"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_neptune_cluster_instance",
        "AWS::Neptune::DBInstance",
        &[("identifier", "DBInstanceIdentifier"), ("id", "DBInstanceIdentifier")],
        &[
            is("identifier", "DBInstanceIdentifier"),
            refer("cluster_identifier", "DBClusterIdentifier"),
            is("publicly_accessible", "PubliclyAccessible"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_neptune_cluster_parameter_group",
        "AWS::Neptune::DBClusterParameterGroup",
        NAMED,
        PARAMETER_GROUP,
    ),
    Mapping::resource(
        "aws_dynamodb_table",
        "AWS::DynamoDB::Table",
        &[("name", "TableName"), ("id", "TableName"), ("arn", "Arn")],
        &[
            is("name", "TableName"),
            is("billing_mode", "BillingMode"),
            is("deletion_protection_enabled", "DeletionProtectionEnabled"),
            is("server_side_encryption.enabled", "SSESpecification.SSEEnabled"),
            refer("server_side_encryption.kms_key_arn", "SSESpecification.KMSMasterKeyId"),
            is("point_in_time_recovery.enabled", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"),
            is(
                "point_in_time_recovery.recovery_period_in_days",
                "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
            ),
            blocks("replica", "Replicas", &[is("region_name", "RegionName"), refer("kms_key_arn", "KMSMasterKeyId")]),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_elasticache_replication_group",
        "AWS::ElastiCache::ReplicationGroup",
        &[("replication_group_id", "ReplicationGroupId"), ("id", "ReplicationGroupId")],
        &[
            is("replication_group_id", "ReplicationGroupId"),
            is("engine", "Engine"),
            words("at_rest_encryption_enabled", "AtRestEncryptionEnabled", FLAGS),
            is("transit_encryption_enabled", "TransitEncryptionEnabled"),
            is("transit_encryption_mode", "TransitEncryptionMode"),
            refer("kms_key_id", "KmsKeyId"),
            is("multi_az_enabled", "MultiAZEnabled"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_elasticache_cluster",
        "AWS::ElastiCache::CacheCluster",
        &[("cluster_id", "ClusterName"), ("id", "ClusterName")],
        &[
            is("cluster_id", "ClusterName"),
            is("engine", "Engine"),
            is("transit_encryption_enabled", "TransitEncryptionEnabled"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_redshift_cluster",
        "AWS::Redshift::Cluster",
        &[("cluster_identifier", "ClusterIdentifier"), ("id", "ClusterIdentifier")],
        &[
            is("cluster_identifier", "ClusterIdentifier"),
            words("encrypted", "Encrypted", FLAGS),
            refer("kms_key_id", "KmsKeyId"),
            is("publicly_accessible", "PubliclyAccessible"),
            refer("snapshot_identifier", "SnapshotIdentifier"),
            TAGS,
        ],
    ),
    Mapping::resource("aws_opensearch_domain", "AWS::OpenSearchService::Domain", DOMAIN_OWN, DOMAIN),
    Mapping::resource("aws_elasticsearch_domain", "AWS::OpenSearchService::Domain", DOMAIN_OWN, DOMAIN),
    Mapping::resource(
        "aws_dms_replication_instance",
        "AWS::DMS::ReplicationInstance",
        &[("replication_instance_id", "ReplicationInstanceIdentifier"), ("id", "ReplicationInstanceIdentifier")],
        &[
            is("replication_instance_id", "ReplicationInstanceIdentifier"),
            or("publicly_accessible", "PubliclyAccessible", Default::Flag(false)),
            refer("kms_key_arn", "KmsKeyId"),
            is("multi_az", "MultiAZ"),
            TAGS,
        ],
    ),
];

/// Flags that the provider keeps as text.
const FLAGS: &[(&str, &str)] = &[("true", "true"), ("false", "false")];

const NAMED: &[(&str, &str)] = &[("name", "Name"), ("id", "Name")];

static PARAMETER_GROUP: &[Field] =
    &[is("name", "Name"), is("family", "Family"), custom("parameter", "Parameters", parameters), TAGS];

static DB_SNAPSHOT: &[Field] = &[
    is("db_snapshot_identifier", "DBSnapshotIdentifier"),
    refer("db_instance_identifier", "DBInstanceIdentifier"),
    custom("encrypted", "Encrypted", computed),
    is("shared_accounts", "RestoreAccounts"),
    TAGS,
];

const DOMAIN_OWN: &[(&str, &str)] = &[("domain_name", "DomainName"), ("id", "DomainArn"), ("arn", "DomainArn")];

static DOMAIN: &[Field] = &[
    is("domain_name", "DomainName"),
    is("encrypt_at_rest.enabled", "EncryptionAtRestOptions.Enabled"),
    refer("encrypt_at_rest.kms_key_id", "EncryptionAtRestOptions.KmsKeyId"),
    is("node_to_node_encryption.enabled", "NodeToNodeEncryptionOptions.Enabled"),
    is("domain_endpoint_options.enforce_https", "DomainEndpointOptions.EnforceHTTPS"),
    is("domain_endpoint_options.tls_security_policy", "DomainEndpointOptions.TLSSecurityPolicy"),
    refers("vpc_options.subnet_ids", "VPCOptions.SubnetIds"),
    refers("vpc_options.security_group_ids", "VPCOptions.SecurityGroupIds"),
    document("access_policies", "AccessPolicies"),
    TAGS,
];

/// What AWS takes from elsewhere, so that a plan that does not know it cannot take it for unset.
fn computed<'a>(argument: Argument<'a>, _: &Reader<'a>) -> Value {
    argument.unsure().value()
}

/// Blocks of a name and a value as a map.
fn parameters<'a>(blocks: Argument<'a>, _: &Reader<'a>) -> Value {
    let blocks = blocks.blocks();
    if !matches!(blocks.state(), State::Known(_)) {
        return blocks.value();
    }
    let mut map = Map::new();
    for block in blocks.items() {
        match block.at("name").text() {
            Some(name) => map.insert(name.into(), block.at("value").value()),
            None => return Value::unknown(crate::model::Unknown::KnownAfterApply),
        };
    }
    if map.is_empty() { Value::Null } else { Value::Map(map.into()) }
}
