//! Every type without a collector of its own, read through Cloud Control, which speaks CloudFormation's shape.
//!
//! What a listing says of a resource is not complete for every type, so each resource is read by a call of its own. Which
//! types can be listed, and which IAM actions of their services that takes, is in `data/cfn-handlers.txt`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_sdk_cloudcontrol::Client;
use futures::{StreamExt, stream};

use super::Scope;
use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::redact::withhold_secrets;
use crate::model::{Resource, Unknown, Value};

const LIST: &str = "cloudformation:ListResources";
const GET: &str = "cloudformation:GetResource";

static TABLE: &str = include_str!("../../../data/cfn-handlers.txt");

/// Listings that are known to stop early without a token for the rest, with the number of items at which they do.
/// <https://github.com/boto/boto3/issues/4166>, which aws/aws-sdk#764 follows.
const STOPS_AT: [(&str, usize); 1] = [("AWS::ApiGateway::ApiKey", 25)];

/// How the resources of a type are listed and read.
#[derive(Clone, Debug, Default, PartialEq)]
struct Handler {
    list: Vec<&'static str>,
    read: Vec<&'static str>,
    below: Below,
}

/// What a listing must be told.
#[derive(Clone, Debug, Default, PartialEq)]
enum Below {
    #[default]
    Nothing,
    /// The listing's key takes the identifier of each resource of the parent type.
    Parent { kind: &'static str, key: &'static str },
    /// Keys for which no parent is known.
    Unmet(&'static str),
}

static HANDLERS: LazyLock<BTreeMap<&'static str, Handler>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| handler(line)).collect());

fn handler(line: &'static str) -> Option<(&'static str, Handler)> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let mut handler = Handler::default();
    let mut parent = "";
    for (name, value) in words.filter_map(|word| word.split_once('=')) {
        let actions = || value.split(',').filter(|action| !action.is_empty()).collect();
        match name {
            "list" => handler.list = actions(),
            "read" => handler.read = actions(),
            "needs" => handler.below = Below::Unmet(value),
            "parent" => parent = value,
            _ => {
                let key = value.split_once(':')?.0;
                handler.below = Below::Parent { kind: parent, key };
            }
        }
    }
    Some((kind, handler))
}

/// Whether Cloud Control may be asked for the type: it is named as AWS names its types.
pub(super) fn may_read(kind: &str) -> bool {
    let mut parts = kind.split("::");
    let word = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    parts.next() == Some("AWS") && word(parts.next()) && word(parts.next()) && parts.next().is_none()
}

/// The IAM actions of reading a type: Cloud Control calls its service with the caller's own rights.
pub(super) fn actions(kind: &str) -> Vec<&'static str> {
    let mut actions = vec![LIST, GET];
    if let Some(handler) = HANDLERS.get(kind) {
        actions.extend(handler.list.iter().chain(&handler.read));
        if let Below::Parent { kind, .. } = handler.below {
            actions.extend(self::actions(kind));
        }
    }
    actions
}

/// Reads every resource of a type.
pub(super) async fn resources(unit: &Unit, kind: &str) -> Batch {
    let reader = Reader { unit, kind, client: Client::new(&unit.session.config(&unit.region)) };
    let (models, failure) = reader.models().await;
    let mut batch = Batch::default();
    if let Some(failure) = failure {
        batch.fail(kind, failure);
    }
    for model in models {
        let (identifiers, failure) = reader.identifiers(kind, model).await;
        let read = stream::iter(identifiers).map(|identifier| reader.resource(identifier)).buffered(CALLS_AT_ONCE);
        batch.resources.extend(read.collect::<Vec<_>>().await.into_iter().flatten());
        if let Some(failure) = failure {
            batch.fail(kind, failure);
        }
    }
    batch
}

struct Reader<'a> {
    unit: &'a Unit,
    kind: &'a str,
    client: Client,
}

impl Reader<'_> {
    /// What the listings must be told: nothing, or one key for each parent.
    async fn models(&self) -> (Vec<Option<String>>, Option<Failure>) {
        match HANDLERS.get(self.kind).map(|handler| &handler.below) {
            None | Some(Below::Nothing) => (vec![None], None),
            Some(Below::Unmet(keys)) => (Vec::new(), Some(unlistable(keys))),
            Some(Below::Parent { kind, key }) => {
                let (parents, failure) = self.identifiers(kind, None).await;
                let model = |parent: String| Some(serde_json::json!({ *key: parent }).to_string());
                (parents.into_iter().map(model).collect(), failure)
            }
        }
    }

    async fn identifiers(&self, kind: &str, model: Option<String>) -> (Vec<String>, Option<Failure>) {
        let list = self.client.list_resources().type_name(kind).set_resource_model(model);
        let (listed, failure) = self
            .unit
            .list(LIST, list.into_paginator().send(), |page| (page.resource_descriptions, page.next_token))
            .await;
        let limit = STOPS_AT.iter().find(|(of, _)| *of == kind).map(|(_, limit)| *limit);
        let cut = limit.filter(|limit| listed.len() >= *limit).map(|_| incomplete());
        let identifiers = listed.into_iter().filter_map(|item| item.identifier).collect();
        (identifiers, failure.map(refined).or(cut))
    }

    /// Nothing when the resource was deleted since it was listed.
    async fn resource(&self, identifier: String) -> Option<Resource> {
        let get = self.client.get_resource().type_name(self.kind).identifier(&identifier).send();
        let properties = match self.unit.call(GET, get).await.map_err(refined) {
            Ok(answer) => {
                answer.resource_description.and_then(|description| description.properties).map_or_else(garbled, read)
            }
            Err(failure) if failure.is(&["ResourceNotFoundException"]) => return None,
            Err(failure) => failure.into_value(),
        };
        let arn = properties.get("Arn").and_then(Value::as_str).filter(|arn| arn.starts_with("arn:"));
        let arn = arn.map(str::to_owned);
        Some(match Scope::of(self.kind) {
            Scope::Global => self.unit.global(self.kind, identifier, arn, properties),
            Scope::Regional => self.unit.resource(self.kind, identifier, arn, properties),
        })
    }
}

/// Properties from their JSON text.
fn read(text: String) -> Value {
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(properties @ serde_json::Value::Object(_)) => withhold_secrets(&Value::from(properties)),
        _ => garbled(),
    }
}

fn garbled() -> Value {
    Value::unknown(Unknown::CallFailed { action: GET.to_owned(), code: "Response".to_owned() })
}

fn unlistable(keys: &str) -> Failure {
    let cause = Unknown::CallFailed { action: LIST.to_owned(), code: format!("NeedsResourceModel({keys})") };
    Failure { cause, code: "NeedsResourceModel".to_owned(), message: format!("the listing needs {keys}") }
}

fn incomplete() -> Failure {
    let code = "IncompleteListing".to_owned();
    let cause = Unknown::CallFailed { action: LIST.to_owned(), code: code.clone() };
    Failure { cause, code, message: "the listing of this type is known to stop early".to_owned() }
}

/// The failure behind a failure: Cloud Control passes on what the type's own service said.
fn refined(failure: Failure) -> Failure {
    if failure.is(&["TypeNotFoundException"]) {
        return Failure { cause: Unknown::NotOffered, ..failure };
    }
    let Some((_, rest)) = failure.message.split_once("not authorized to perform: ") else { return failure };
    let action = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '-')).next().unwrap_or_default();
    if !action.contains(':') {
        return failure;
    }
    let cause = match failure.message.contains("service control policy") {
        true => Unknown::AccessDeniedByScp(action.to_owned()),
        false => Unknown::AccessDenied(action.to_owned()),
    };
    Failure { cause, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_how_a_type_is_listed() {
        assert!(HANDLERS.len() > 1000);
        let nodegroup = &HANDLERS["AWS::EKS::Nodegroup"];
        let below = Below::Parent { kind: "AWS::EKS::Cluster", key: "ClusterName" };
        assert_eq!(nodegroup.below, below);
        assert_eq!(nodegroup.list, ["eks:ListNodegroups"]);
        assert!(actions("AWS::EKS::Nodegroup").contains(&"eks:ListClusters"));
        assert_eq!(HANDLERS["AWS::Kinesis::Stream"].below, Below::Nothing);
        assert!(!HANDLERS.contains_key("AWS::DMS::ReplicationInstance"));
    }

    #[test]
    fn the_table_names_only_actions_that_describe() {
        let actions = HANDLERS.values().flat_map(|handler| handler.list.iter().chain(&handler.read));
        let reads = ["get", "list", "describe", "batchget", "search"];
        for action in actions {
            let verb = action.split_once(':').map_or("", |(_, verb)| verb).to_ascii_lowercase();
            assert!(reads.iter().any(|read| verb.starts_with(read)), "{action}");
        }
    }

    #[test]
    fn a_parent_is_identified_by_the_property_that_its_children_take() {
        for (kind, handler) in HANDLERS.iter() {
            if let Below::Parent { kind: parent, .. } = handler.below {
                assert_eq!(HANDLERS[parent].below, Below::Nothing, "{kind} below {parent}");
            }
        }
    }

    #[test]
    fn only_types_of_aws_are_asked_for() {
        assert!(may_read("AWS::Kinesis::Stream"));
        for kind in ["AWS::::Account", "AWS::Kinesis", "Custom::Thing::Part", "AWS::A::B::C", "AWS::::"] {
            assert!(!may_read(kind), "{kind}");
        }
    }

    #[test]
    fn a_denial_of_the_service_behind_names_its_action() {
        let failure = |message: &str| {
            let cause = Unknown::CallFailed { action: LIST.into(), code: "GeneralServiceException".into() };
            refined(Failure { cause, code: "GeneralServiceException".into(), message: message.into() }).cause
        };
        let text = "AWS::Kinesis::Stream Handler returned status FAILED: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kinesis:ListStreams on resource: *";
        assert_eq!(failure(text), Unknown::AccessDenied("kinesis:ListStreams".into()));
        let scp = format!("{text} with an explicit deny in a service control policy");
        assert_eq!(failure(&scp), Unknown::AccessDeniedByScp("kinesis:ListStreams".into()));
        assert!(matches!(failure("not authorized to perform: that"), Unknown::CallFailed { .. }));
    }
}
