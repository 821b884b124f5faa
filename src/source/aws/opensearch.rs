//! Amazon OpenSearch Service domains, those of Elasticsearch among them.

use aws_sdk_opensearch::Client;
use aws_sdk_opensearch::operation::describe_domains::DescribeDomainsOutput;
use aws_sdk_opensearch::types::DomainStatus;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const DOMAIN: &str = "AWS::OpenSearchService::Domain";

const DESCRIBE: &str = "es:DescribeDomains";

/// How many domains one call describes at most.
/// <https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomains.html>
const DOMAINS_PER_CALL: usize = 5;

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "opensearch-domains",
    scope: Scope::Regional,
    types: &[DOMAIN],
    actions: &["es:ListDomainNames", DESCRIBE],
    run: |unit| domains(unit).boxed(),
}];

async fn domains(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let names: Vec<String> = match unit.call("es:ListDomainNames", client.list_domain_names().send()).await {
        Err(failure) => return Batch::failed(DOMAIN, failure),
        Ok(answer) => answer.domain_names().iter().filter_map(|one| one.domain_name()).map(str::to_owned).collect(),
    };
    let mut batch = Batch::default();
    for names in names.chunks(DOMAINS_PER_CALL) {
        let call = client.describe_domains().set_domain_names(Some(names.to_vec())).send();
        let answer = unit.call(DESCRIBE, call).await;
        batch.resources.extend(names.iter().filter_map(|name| described(unit, name, &answer)));
    }
    batch
}

/// What an answer about several domains says of one.
fn described(unit: &Unit, name: &str, answer: &Result<DescribeDomainsOutput, Failure>) -> Option<Resource> {
    match answer {
        Err(failure) => Some(unseen(unit, name, failure)),
        Ok(answer) => match answer.domain_status_list().iter().find(|status| status.domain_name() == name) {
            Some(status) => domain(unit, status),
            None => Some(unseen(unit, name, &Failure::unsaid(DESCRIBE))),
        },
    }
}

/// Nothing for a domain that is being deleted.
fn domain(unit: &Unit, domain: &DomainStatus) -> Option<Resource> {
    if domain.deleted() == Some(true) {
        return None;
    }
    let policy = domain.access_policies().filter(|text| !text.is_empty());
    let properties = Value::map([
        ("DomainName", domain.domain_name().into()),
        ("EngineVersion", domain.engine_version().into()),
        ("AccessPolicies", policy.map(convert::document).into()),
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
