//! ElastiCache: in each home region a replication group with its node, and a Memcached cluster.

use super::super::protocol::Call;
use super::super::world::World;
use super::rds::{key, wrapped};
use super::{Outcome, element};

const NAMESPACE: &str = "http://elasticache.amazonaws.com/doc/2015-02-02/";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let first = call.parameter("Marker").is_none();
    let found = |body: &str| Outcome::Found(wrapped(call, NAMESPACE, body));
    match call.key.operation.as_str() {
        "DescribeReplicationGroups" if there => found(&group(call)),
        "DescribeReplicationGroups" => found("<ReplicationGroups/>"),
        "DescribeCacheClusters" if !there => found("<CacheClusters/>"),
        "DescribeCacheClusters" if first => {
            let node = cluster(call, "sessions-001", "redis", "<ReplicationGroupId>sessions</ReplicationGroupId>");
            Outcome::Page(wrapped(call, NAMESPACE, &node), "clusters-2".to_owned())
        }
        "DescribeCacheClusters" => found(&cluster(call, "pages", "memcached", "")),
        _ => Outcome::Unknown,
    }
}

fn arn(call: &Call, resource: &str) -> String {
    format!("arn:aws:elasticache:{}:{}:{resource}", call.key.region, call.key.account)
}

fn group(call: &Call) -> String {
    format!(
        "<ReplicationGroups><ReplicationGroup><ReplicationGroupId>sessions</ReplicationGroupId>{}<Description>sessions</Description><Status>available</Status><Engine>redis</Engine><CacheNodeType>cache.r7g.large</CacheNodeType><MemberClusters><ClusterId>sessions-001</ClusterId></MemberClusters><AutomaticFailover>enabled</AutomaticFailover><MultiAZ>enabled</MultiAZ><SnapshotRetentionLimit>7</SnapshotRetentionLimit><TransitEncryptionEnabled>true</TransitEncryptionEnabled><TransitEncryptionMode>required</TransitEncryptionMode><AtRestEncryptionEnabled>true</AtRestEncryptionEnabled><StorageEncryptionType>sse-kms</StorageEncryptionType>{}<AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade></ReplicationGroup></ReplicationGroups>",
        element("ARN", &arn(call, "replicationgroup:sessions")),
        element("KmsKeyId", &key(call))
    )
}

fn cluster(call: &Call, name: &str, engine: &str, more: &str) -> String {
    format!(
        "<CacheClusters><CacheCluster>{}{}{}<EngineVersion>1.6.22</EngineVersion><CacheNodeType>cache.t4g.small</CacheNodeType><CacheClusterStatus>available</CacheClusterStatus><NumCacheNodes>1</NumCacheNodes><SnapshotRetentionLimit>0</SnapshotRetentionLimit><AtRestEncryptionEnabled>false</AtRestEncryptionEnabled><TransitEncryptionEnabled>true</TransitEncryptionEnabled><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>{more}</CacheCluster></CacheClusters>",
        element("CacheClusterId", name),
        element("ARN", &arn(call, &format!("cluster:{name}"))),
        element("Engine", engine)
    )
}
