//! Amazon RDS: of the parameter groups that clusters and instances use, the parameters that force TLS.
//!
//! A group has hundreds of parameters; only those that a guardrail asks for are kept.

use std::collections::BTreeSet;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbCluster, Parameter};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each};
use super::rds::{DESCRIBE_CLUSTERS, DESCRIBE_INSTANCES, FAMILIES, Family, client, list_clusters, list_instances};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const GROUP: &str = "AWS::RDS::DBParameterGroup";
const DESCRIBE_PARAMETERS: &str = "rds:DescribeDBParameters";
const DESCRIBE_CLUSTER_PARAMETERS: &str = "rds:DescribeDBClusterParameters";

/// PostgreSQL and SQL Server, MySQL and MariaDB, DocumentDB, Neptune.
const KEPT: [&str; 4] = ["rds.force_ssl", "require_secure_transport", "tls", "neptune_enforce_ssl"];

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "rds-parameter-groups",
        scope: Scope::Regional,
        types: &[GROUP],
        actions: &[DESCRIBE_INSTANCES, DESCRIBE_PARAMETERS],
        run: |unit| groups(unit).boxed(),
    },
    Collector {
        name: "rds-cluster-parameter-groups",
        scope: Scope::Regional,
        types: &[FAMILIES[0].cluster_parameters, FAMILIES[1].cluster_parameters, FAMILIES[2].cluster_parameters],
        actions: &[DESCRIBE_CLUSTERS, DESCRIBE_CLUSTER_PARAMETERS],
        run: |unit| cluster_groups(unit).boxed(),
    },
];

/// A cluster parameter group, of the type that the clusters which use it have.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Used {
    name: String,
    kind: &'static str,
}

impl Used {
    fn by(cluster: &DbCluster) -> Option<Self> {
        let name = cluster.db_cluster_parameter_group()?.to_owned();
        Some(Self { name, kind: Family::of(cluster.engine()).cluster_parameters })
    }
}

/// The groups of the instances that belong to no cluster: what forces TLS for a cluster is in the cluster's group.
async fn groups(unit: &Unit) -> Batch {
    let (instances, failure) = list_instances(unit).await;
    let alone = instances.iter().filter(|instance| instance.db_cluster_identifier().is_none_or(str::is_empty));
    let used = alone.flat_map(|instance| instance.db_parameter_groups());
    let names: BTreeSet<String> = used.filter_map(|group| group.db_parameter_group_name()).map(str::to_owned).collect();
    let client = client(unit);
    Batch::of(GROUP, (each(names, |name| group(unit, &client, name)).await, failure))
}

async fn cluster_groups(unit: &Unit) -> Batch {
    let (clusters, failure) = list_clusters(unit).await;
    let used: BTreeSet<Used> = clusters.iter().filter_map(Used::by).collect();
    let client = client(unit);
    let resources = each(used, |used| cluster_group(unit, &client, used)).await;
    Batch::of_kinds(FAMILIES.map(|family| family.cluster_parameters), (resources, failure))
}

/// Nothing when the group was deleted in the meantime.
async fn group(unit: &Unit, client: &Client, name: String) -> Option<Resource> {
    let pages = client.describe_db_parameters().db_parameter_group_name(&name).into_paginator().page_size(100).send();
    let read = unit.list(DESCRIBE_PARAMETERS, pages, |page| (page.parameters, page.marker)).await;
    let properties = Value::map([("DBParameterGroupName", name.as_str().into()), ("Parameters", parameters(read)?)]);
    let arn = unit.arn("rds", &format!("pg:{name}"));
    Some(unit.resource(GROUP, name, Some(arn), properties))
}

/// Nothing when the group was deleted in the meantime.
async fn cluster_group(unit: &Unit, client: &Client, used: Used) -> Option<Resource> {
    let Used { name, kind } = used;
    let call = client.describe_db_cluster_parameters().db_cluster_parameter_group_name(&name);
    let pages = call.into_paginator().page_size(100).send();
    let read = unit.list(DESCRIBE_CLUSTER_PARAMETERS, pages, |page| (page.parameters, page.marker)).await;
    let name_property =
        if kind == Family::of(None).cluster_parameters { "DBClusterParameterGroupName" } else { "Name" };
    let properties = Value::map([(name_property, name.as_str().into()), ("Parameters", parameters(read)?)]);
    let arn = unit.arn("rds", &format!("cluster-pg:{name}"));
    Some(unit.resource(kind, name, Some(arn), properties))
}

/// The values by name, of which a parameter that nobody set may have none.
fn parameters((parameters, failure): (Vec<Parameter>, Option<Failure>)) -> Option<Value> {
    match failure {
        Some(failure) if failure.is(&["DBParameterGroupNotFound"]) => return None,
        Some(failure) => return Some(failure.into_value()),
        None => {}
    }
    let kept = parameters.iter().filter_map(|parameter| {
        let name = parameter.parameter_name().filter(|name| KEPT.contains(name))?;
        Some((name, convert::text(parameter.parameter_value())))
    });
    Some(Value::map(kept))
}
