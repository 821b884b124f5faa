//! Redshift: an encrypted, private cluster in each home region.

use super::super::protocol::Call;
use super::super::world::World;
use super::rds::{key, wrapped};
use super::{Outcome, element};

const NAMESPACE: &str = "http://redshift.amazonaws.com/doc/2012-12-01/";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "DescribeClusters" if !there => Outcome::Found(wrapped(call, NAMESPACE, "<Clusters/>")),
        "DescribeClusters" if call.parameter("Marker").is_none() => {
            Outcome::Page(wrapped(call, NAMESPACE, &clusters(call, "dwh")), "clusters-2".to_owned())
        }
        "DescribeClusters" => Outcome::Found(wrapped(call, NAMESPACE, &clusters(call, "marts"))),
        _ => Outcome::Unknown,
    }
}

fn clusters(call: &Call, name: &str) -> String {
    format!(
        "<Clusters><Cluster>{}{}<NodeType>ra3.large</NodeType><ClusterStatus>available</ClusterStatus><NumberOfNodes>2</NumberOfNodes><ClusterSubnetGroupName>closed</ClusterSubnetGroupName><ClusterParameterGroups><ClusterParameterGroup><ParameterGroupName>dwh</ParameterGroupName><ParameterApplyStatus>in-sync</ParameterApplyStatus></ClusterParameterGroup></ClusterParameterGroups><AllowVersionUpgrade>true</AllowVersionUpgrade><AutomatedSnapshotRetentionPeriod>35</AutomatedSnapshotRetentionPeriod><PubliclyAccessible>false</PubliclyAccessible><Encrypted>true</Encrypted><EnhancedVpcRouting>true</EnhancedVpcRouting><Tags><Tag><Key>system</Key><Value>statistics</Value></Tag></Tags></Cluster></Clusters>",
        element("ClusterIdentifier", name),
        element("KmsKeyId", &key(call))
    )
}
