//! Amazon OpenSearch Service domains, those of Elasticsearch among them.

use aws_sdk_opensearch::Client;
use aws_sdk_opensearch::types::DomainStatus;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DOMAIN: &str = "AWS::OpenSearchService::Domain";

/// How many domains one call describes at most.
/// <https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomains.html>
const DOMAINS_PER_CALL: usize = 5;

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "opensearch-domains",
    scope: Scope::Regional,
    types: &[DOMAIN],
    actions: &["es:ListDomainNames", "es:DescribeDomains"],
    run: |unit| domains(unit).boxed(),
}];

async fn domains(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let mut batch = Batch::default();
    let names: Vec<String> = match unit.call("es:ListDomainNames", client.list_domain_names().send()).await {
        Ok(answer) => answer.domain_names().iter().filter_map(|one| one.domain_name()).map(str::to_owned).collect(),
        Err(failure) => {
            batch.fail(DOMAIN, failure);
            return batch;
        }
    };
    for names in names.chunks(DOMAINS_PER_CALL) {
        let call = client.describe_domains().set_domain_names(Some(names.to_vec())).send();
        match unit.call("es:DescribeDomains", call).await {
            Ok(answer) => {
                batch.resources.extend(answer.domain_status_list().iter().filter_map(|one| domain(unit, one)))
            }
            Err(failure) => batch.resources.extend(names.iter().map(|name| unseen(unit, name, &failure))),
        }
    }
    batch
}

/// Nothing for a domain that is being deleted.
fn domain(unit: &Unit, domain: &DomainStatus) -> Option<Resource> {
    if domain.deleted() == Some(true) {
        return None;
    }
    let properties = Value::map([
        ("DomainName", domain.domain_name().into()),
        ("EngineVersion", domain.engine_version().into()),
        ("AccessPolicies", policy(domain.access_policies())),
        ("DomainEndpointOptions", endpoint_options(domain)),
        ("EncryptionAtRestOptions", encryption(domain)),
        (
            "NodeToNodeEncryptionOptions",
            domain
                .node_to_node_encryption_options()
                .map(|options| Value::map([("Enabled", options.enabled().into())]))
                .into(),
        ),
        ("VPCOptions", network(domain)),
    ]);
    Some(unit.resource(DOMAIN, domain.domain_name(), Some(domain.arn().to_owned()), properties))
}

/// A domain that is known to exist, and nothing more.
fn unseen(unit: &Unit, name: &str, failure: &Failure) -> Resource {
    let names = [
        "EngineVersion",
        "AccessPolicies",
        "DomainEndpointOptions",
        "EncryptionAtRestOptions",
        "NodeToNodeEncryptionOptions",
        "VPCOptions",
    ];
    let known = [("DomainName", name.into())];
    let properties = Value::map(known.into_iter().chain(convert::unseen(names, failure)));
    unit.resource(DOMAIN, name, Some(unit.arn("es", &format!("domain/{name}"))), properties)
}

fn encryption(domain: &DomainStatus) -> Value {
    let options = domain.encryption_at_rest_options().map(|options| {
        Value::map([("Enabled", options.enabled().into()), ("KmsKeyId", convert::text(options.kms_key_id()))])
    });
    options.into()
}

fn endpoint_options(domain: &DomainStatus) -> Value {
    let options = domain.domain_endpoint_options().map(|options| {
        Value::map([
            ("EnforceHTTPS", options.enforce_https().into()),
            ("TLSSecurityPolicy", options.tls_security_policy().map(|policy| policy.as_str()).into()),
        ])
    });
    options.into()
}

/// The subnets of the domain; absent for a domain with a public endpoint.
fn network(domain: &DomainStatus) -> Value {
    let network = domain.vpc_options().filter(|options| !options.subnet_ids().is_empty());
    let properties = network.map(|options| {
        Value::map([
            ("SubnetIds", convert::sorted_texts(options.subnet_ids())),
            ("SecurityGroupIds", convert::sorted_texts(options.security_group_ids())),
        ])
    });
    properties.into()
}

/// The document where it can be read, else the text.
fn policy(text: Option<&str>) -> Value {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Value::Null };
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.into(), Value::from)
}
