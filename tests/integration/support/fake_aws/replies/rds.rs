//! RDS: in each home region a PostgreSQL instance, and a cluster each of Aurora, Neptune and DocumentDB with two instances.

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::{DAY, World, time_ago};
use super::{Outcome, element};

const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";
const TAGS: &str = "<TagList><Tag><Key>system</Key><Value>resident-records</Value></Tag></TagList>";

/// Engine, cluster, logs that it exports.
const CLUSTERS: [(&str, &str, &str); 3] =
    [("aurora-postgresql", "juki", "postgresql"), ("neptune", "graph", "audit"), ("docdb", "papers", "audit")];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let operation = call.key.operation.as_str();
    let first = call.parameter("Marker").is_none();
    if !world.has_resources(&call.key.region) {
        let list = operation.trim_start_matches("Describe");
        return found(call, &format!("<{list}/>"));
    }
    let name = |parameter: &str| call.parameter(parameter).unwrap_or_default().to_owned();
    match operation {
        "DescribeDBClusters" if first => page(call, &set("DBClusters", &cluster(call, CLUSTERS[0])), "clusters-2"),
        "DescribeDBClusters" => {
            found(call, &set("DBClusters", &CLUSTERS[1..].iter().map(|one| cluster(call, *one)).collect::<String>()))
        }
        "DescribeDBInstances" if first => page(call, &set("DBInstances", &instance(call)), "instances-2"),
        "DescribeDBInstances" => {
            found(call, &set("DBInstances", &CLUSTERS.iter().map(|one| members(call, *one)).collect::<String>()))
        }
        "DescribeDBSnapshots" if first => page(call, &set("DBSnapshots", &snapshot(call, "manual")), "snapshots-2"),
        "DescribeDBSnapshots" => found(call, &set("DBSnapshots", &snapshot(call, "automated"))),
        "DescribeDBClusterSnapshots" if first => {
            page(call, &set("DBClusterSnapshots", &cluster_snapshot(call, "manual")), "snapshots-2")
        }
        "DescribeDBClusterSnapshots" => found(call, &set("DBClusterSnapshots", &cluster_snapshot(call, "automated"))),
        "DescribeDBSnapshotAttributes" => {
            let id = element("DBSnapshotIdentifier", &name("DBSnapshotIdentifier"));
            let restore = "<DBSnapshotAttributes><DBSnapshotAttribute><AttributeName>restore</AttributeName><AttributeValues/></DBSnapshotAttribute></DBSnapshotAttributes>";
            found(call, &format!("<DBSnapshotAttributesResult>{id}{restore}</DBSnapshotAttributesResult>"))
        }
        "DescribeDBClusterSnapshotAttributes" => {
            let id = element("DBClusterSnapshotIdentifier", &name("DBClusterSnapshotIdentifier"));
            let restore = "<DBClusterSnapshotAttributes><DBClusterSnapshotAttribute><AttributeName>restore</AttributeName><AttributeValues/></DBClusterSnapshotAttribute></DBClusterSnapshotAttributes>";
            found(
                call,
                &format!("<DBClusterSnapshotAttributesResult>{id}{restore}</DBClusterSnapshotAttributesResult>"),
            )
        }
        "DescribeDBParameters" | "DescribeDBClusterParameters" if first => {
            page(call, &set("Parameters", &parameter("application_name", "")), "parameters-2")
        }
        "DescribeDBParameters" => found(call, &set("Parameters", &parameter("rds.force_ssl", "1"))),
        "DescribeDBClusterParameters" => {
            let (key, value) = match name("DBClusterParameterGroupName").as_str() {
                "graph" => ("neptune_enforce_ssl", "1"),
                "papers" => ("tls", "enabled"),
                _ => ("rds.force_ssl", "1"),
            };
            found(call, &set("Parameters", &parameter(key, value)))
        }
        _ => Outcome::Unknown,
    }
}

/// A success of a Query service.
pub(super) fn wrapped(call: &Call, namespace: &str, result: &str) -> String {
    let name = &call.key.operation;
    format!(
        "<{name}Response xmlns=\"{namespace}\"><{name}Result>{result}</{name}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
    )
}

/// The key of the account's own, as EC2 uses it.
pub(super) fn key(call: &Call) -> String {
    format!("arn:aws:kms:{}:{}:key/00000000-0000-4000-8000-000000000001", call.key.region, call.key.account)
}

fn found(call: &Call, result: &str) -> Outcome {
    Outcome::Found(wrapped(call, NAMESPACE, result))
}

fn page(call: &Call, result: &str, token: &str) -> Outcome {
    Outcome::Page(wrapped(call, NAMESPACE, result), token.to_owned())
}

fn set(name: &str, items: &str) -> String {
    format!("<{name}>{items}</{name}>")
}

fn arn(call: &Call, resource: &str) -> String {
    format!("arn:aws:rds:{}:{}:{resource}", call.key.region, call.key.account)
}

fn encrypted(call: &Call) -> String {
    format!(
        "<StorageEncrypted>true</StorageEncrypted><StorageEncryptionType>sse-kms</StorageEncryptionType>{}",
        element("KmsKeyId", &key(call))
    )
}

fn exports(log: &str) -> String {
    set("EnabledCloudwatchLogsExports", &element("member", log))
}

fn cluster(call: &Call, (engine, name, log): (&str, &str, &str)) -> String {
    let member = |number: u32| {
        format!(
            "<DBClusterMember><DBInstanceIdentifier>{name}-{number}</DBInstanceIdentifier><IsClusterWriter>{}</IsClusterWriter><DBClusterParameterGroupStatus>in-sync</DBClusterParameterGroupStatus><PromotionTier>1</PromotionTier></DBClusterMember>",
            number == 1
        )
    };
    let aurora = if engine.starts_with("aurora") {
        "<AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade><EngineMode>provisioned</EngineMode><GlobalClusterIdentifier>juki-global</GlobalClusterIdentifier>"
    } else {
        ""
    };
    let rest = [
        element("DBClusterIdentifier", name),
        element("DBClusterArn", &arn(call, &format!("cluster:{name}"))),
        element("DBClusterParameterGroup", name),
        element("Engine", engine),
        element("EngineVersion", "16.6"),
        encrypted(call),
        exports(log),
        set("DBClusterMembers", &(member(1) + &member(2))),
    ];
    format!(
        "<DBCluster><Status>available</Status><MultiAZ>true</MultiAZ><BackupRetentionPeriod>35</BackupRetentionPeriod><DeletionProtection>true</DeletionProtection><CopyTagsToSnapshot>true</CopyTagsToSnapshot><IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>{aurora}{}{TAGS}</DBCluster>",
        rest.concat()
    )
}

fn instance(call: &Call) -> String {
    let rest = [
        element("DBInstanceIdentifier", "zei"),
        element("DBInstanceArn", &arn(call, "db:zei")),
        element("Engine", "postgres"),
        encrypted(call),
        exports("postgresql"),
        group("zei"),
    ];
    format!("<DBInstance>{INSTANCE}<MultiAZ>true</MultiAZ>{}{TAGS}</DBInstance>", rest.concat())
}

fn members(call: &Call, (engine, cluster, _): (&str, &str, &str)) -> String {
    let member = |number: u32| {
        let name = format!("{cluster}-{number}");
        let rest = [
            element("DBInstanceIdentifier", &name),
            element("DBInstanceArn", &arn(call, &format!("db:{name}"))),
            element("DBClusterIdentifier", cluster),
            element("Engine", engine),
            encrypted(call),
            group(&format!("default.{engine}")),
        ];
        format!("<DBInstance>{INSTANCE}<MultiAZ>false</MultiAZ>{}{TAGS}</DBInstance>", rest.concat())
    };
    member(1) + &member(2)
}

const INSTANCE: &str = "<DBInstanceClass>db.r6g.large</DBInstanceClass><DBInstanceStatus>available</DBInstanceStatus><EngineVersion>16.6</EngineVersion><AvailabilityZone>ap-northeast-1a</AvailabilityZone><PubliclyAccessible>false</PubliclyAccessible><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade><BackupRetentionPeriod>35</BackupRetentionPeriod><DeletionProtection>true</DeletionProtection><CopyTagsToSnapshot>true</CopyTagsToSnapshot><IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>";

fn group(name: &str) -> String {
    format!(
        "<DBParameterGroups><DBParameterGroup>{}<ParameterApplyStatus>in-sync</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>",
        element("DBParameterGroupName", name)
    )
}

fn snapshot(call: &Call, kind: &str) -> String {
    let rest = [
        element("DBSnapshotIdentifier", &format!("zei-{kind}")),
        element("DBSnapshotArn", &arn(call, &format!("snapshot:zei-{kind}"))),
        element("SnapshotType", kind),
        element("SnapshotCreateTime", &time_ago(DAY)),
        element("KmsKeyId", &key(call)),
    ];
    format!(
        "<DBSnapshot><DBInstanceIdentifier>zei</DBInstanceIdentifier><Engine>postgres</Engine><Status>available</Status><Encrypted>true</Encrypted><StorageEncryptionType>sse-kms</StorageEncryptionType>{}{TAGS}</DBSnapshot>",
        rest.concat()
    )
}

fn cluster_snapshot(call: &Call, kind: &str) -> String {
    let rest = [
        element("DBClusterSnapshotIdentifier", &format!("juki-{kind}")),
        element("DBClusterSnapshotArn", &arn(call, &format!("cluster-snapshot:juki-{kind}"))),
        element("SnapshotType", kind),
        element("SnapshotCreateTime", &time_ago(DAY)),
        encrypted(call),
    ];
    format!(
        "<DBClusterSnapshot><DBClusterIdentifier>juki</DBClusterIdentifier><Engine>aurora-postgresql</Engine><Status>available</Status>{}{TAGS}</DBClusterSnapshot>",
        rest.concat()
    )
}

fn parameter(name: &str, value: &str) -> String {
    let value = if value.is_empty() { String::new() } else { element("ParameterValue", value) };
    format!(
        "<Parameter>{}{value}<Source>system</Source><ApplyType>dynamic</ApplyType><DataType>string</DataType><IsModifiable>true</IsModifiable></Parameter>",
        element("ParameterName", name)
    )
}
