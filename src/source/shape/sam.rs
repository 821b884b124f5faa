//! The types of the AWS Serverless Application Model, as the resources that AWS makes of them.
//!
//! Only what guardrails can read is made: versions, aliases, event sources and subscriptions are left out.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

use std::sync::Arc;

use super::identity::unnamed;
use crate::model::schema::CfnSchema;
use crate::model::{Map, Unknown, Value};
use crate::source::declared::UNNAMED_ACCOUNT;

const API: &str = "AWS::ApiGateway::RestApi";
const FUNCTION: &str = "AWS::Lambda::Function";
const HTTP_API: &str = "AWS::ApiGatewayV2::Api";
const ROLE: &str = "AWS::IAM::Role";
const STAGE: &str = "AWS::ApiGateway::Stage";

/// How the logical ids of the APIs begin that events share which name none.
pub(super) const SHARED_API: &str = "Serverless";

/// A resource: logical id, type, properties.
type Made = (String, &'static str, Value);

/// The resources that a SAM resource stands for; `None` for a type that is not known. The first has the logical id of
/// the SAM resource: it is what references to that mean. The API that functions share (`ServerlessRestApi`) comes with
/// each of them, and folding keeps one.
pub fn expand_sam(logical_id: &str, kind: &str, properties: &Value) -> Option<Vec<Made>> {
    match kind {
        "AWS::Serverless::Function" => Some(function(logical_id, properties)),
        "AWS::Serverless::StateMachine" => Some(state_machine(logical_id, properties)),
        "AWS::Serverless::Api" => Some(api(logical_id, properties)),
        "AWS::Serverless::HttpApi" => Some(vec![made(logical_id, HTTP_API, properties, [])]),
        "AWS::Serverless::SimpleTable" => Some(vec![made(
            logical_id,
            "AWS::DynamoDB::Table",
            properties,
            [("BillingMode", "PAY_PER_REQUEST".into())],
        )]),
        "AWS::Serverless::LayerVersion" => Some(vec![made(logical_id, "AWS::Lambda::LayerVersion", properties, [])]),
        _ => None,
    }
}

/// A resource with those of the properties that its type has too, and more.
fn made<'a>(
    logical_id: &str,
    kind: &'static str,
    properties: &Value,
    more: impl IntoIterator<Item = (&'a str, Value)>,
) -> Made {
    let node = CfnSchema::load().ok().and_then(|schema| schema.properties(kind));
    let mut map = Map::new();
    if let Value::Map(given) = properties {
        let shared = given.iter().filter(|(name, _)| node.is_some_and(|node| node.property(name).is_some()));
        map.extend(shared.map(|(name, value)| (Arc::clone(name), value.clone())));
    }
    // SAM writes tags as a map; API Gateway's second version does so too.
    if kind != HTTP_API
        && let Some(tags) = map.get("Tags").map(tags)
    {
        map.insert("Tags".into(), tags);
    }
    let more = more.into_iter().filter(|(_, value)| !matches!(value, Value::Null));
    map.extend(more.map(|(name, value)| (Arc::from(name), value)));
    (logical_id.to_owned(), kind, Value::Map(Arc::new(map)))
}

fn tags(given: &Value) -> Value {
    match given {
        Value::Map(map) => Value::list(
            map.iter().map(|(key, value)| Value::map([("Key", key.as_ref().into()), ("Value", value.clone())])),
        ),
        other => other.clone(),
    }
}

fn function(id: &str, properties: &Value) -> Vec<Made> {
    let events: Vec<(&str, &Value)> = match properties.get("Events") {
        Some(Value::Map(events)) => events.iter().map(|(name, event)| (name.as_ref(), event)).collect(),
        _ => Vec::new(),
    };
    let url = properties.get("FunctionUrlConfig");
    let statements: Vec<Value> =
        url.into_iter().flat_map(public_url).chain(events.iter().filter_map(|(_, event)| invocation(event))).collect();
    let policy = match (properties.get("Events"), statements.is_empty()) {
        (Some(unknown @ Value::Unknown(_)), _) => unknown.clone(),
        (_, true) => Value::Null,
        (_, false) => Value::map([("Version", "2012-10-17".into()), ("Statement", Value::list(statements))]),
    };
    let more = [
        ("Role", role_arn(id, properties, "Role")),
        ("FunctionUrls", url.map(|url| function_urls(url, properties)).into()),
        ("Policy", policy),
    ];
    let mut resources = vec![made(id, FUNCTION, properties, more)];
    resources.extend(role(id, properties, "Role", "lambda.amazonaws.com"));
    resources.extend(events.iter().flat_map(|(_, event)| implicit_api(id, event)));
    resources
}

fn function_urls(url: &Value, properties: &Value) -> Value {
    match url {
        Value::Unknown(_) => url.clone(),
        _ => Value::list([Value::map([
            ("AuthType", url.get("AuthType").cloned().into()),
            ("Qualifier", properties.get("AutoPublishAlias").cloned().into()),
        ])]),
    }
}

/// Everyone may call a URL without authorization.
fn public_url(url: &Value) -> Option<Value> {
    let condition = Value::map([("lambda:FunctionUrlAuthType", "NONE".into())]);
    (url.get("AuthType")?.as_str()? == "NONE")
        .then(|| statement("lambda:InvokeFunctionUrl", "*".into(), Value::map([("StringEquals", condition)])))
}

fn statement(action: &str, principal: Value, condition: Value) -> Value {
    Value::map([
        ("Effect", "Allow".into()),
        ("Action", action.into()),
        ("Principal", principal),
        ("Condition", condition),
    ])
}

/// The services that call a function by its policy, by the event's type; others are read by the function's role.
const CALLERS: [(&str, &str); 10] = [
    ("AlexaSkill", "alexa-appkit.amazon.com"),
    ("Api", "apigateway.amazonaws.com"),
    ("CloudWatchEvent", "events.amazonaws.com"),
    ("CloudWatchLogs", "logs.amazonaws.com"),
    ("Cognito", "cognito-idp.amazonaws.com"),
    ("EventBridgeRule", "events.amazonaws.com"),
    ("HttpApi", "apigateway.amazonaws.com"),
    ("IoTRule", "iot.amazonaws.com"),
    ("S3", "s3.amazonaws.com"),
    ("SNS", "sns.amazonaws.com"),
];

/// What an event adds to the policy of the function.
fn invocation(event: &Value) -> Option<Value> {
    let Some(kind) = event.get("Type") else {
        return event.first_unknown().map(|cause| Value::Unknown(Arc::clone(cause)));
    };
    let Some(kind) = kind.as_str() else { return Some(kind.clone()) };
    let (_, service) = CALLERS.iter().find(|(name, _)| *name == kind)?;
    let condition = match kind {
        // SAM names the account of the deployment, whichever it is.
        "S3" => Value::map([("StringEquals", Value::map([("AWS:SourceAccount", UNNAMED_ACCOUNT.into())]))]),
        _ => Value::Null,
    };
    Some(statement("lambda:InvokeFunction", Value::map([("Service", (*service).into())]), condition))
}

/// The API of an event that names none, in the stack of the function.
fn implicit_api(function: &str, event: &Value) -> Vec<Made> {
    let stack = function.rfind('/').and_then(|end| function.get(..=end)).unwrap_or_default();
    let names = |name: &str| event.get("Properties").is_some_and(|properties| properties.get(name).is_some());
    match event.get("Type").and_then(Value::as_str) {
        Some("Api") if !names("RestApiId") => {
            let name = format!("{stack}{SHARED_API}RestApi");
            vec![
                made(&name, API, &Value::Null, []),
                stage(&name, &Value::Null, format!("{name}ProdStage"), "Prod".into()),
            ]
        }
        Some("HttpApi") if !names("ApiId") => {
            vec![made(&format!("{stack}{SHARED_API}HttpApi"), HTTP_API, &Value::Null, [])]
        }
        _ => Vec::new(),
    }
}

fn stage(api: &str, properties: &Value, id: String, name: Value) -> Made {
    made(&id, STAGE, properties, [("RestApiId", unnamed(api)), ("StageName", name)])
}

fn api(id: &str, properties: &Value) -> Vec<Made> {
    let endpoint = match properties.get("EndpointConfiguration") {
        Some(kind @ Value::String(_)) => Value::map([("Types", Value::list([kind.clone()]))]),
        Some(config @ Value::Map(_)) => Value::map([
            ("Types", config.get("Type").map(|kind| Value::list([kind.clone()])).into()),
            ("VpcEndpointIds", config.get("VPCEndpointIds").cloned().into()),
        ]),
        other => other.cloned().into(),
    };
    let policy = properties.get("Auth").and_then(|auth| auth.get("ResourcePolicy"));
    let policy = policy.map(|_| Value::unknown(Unknown::NotRead(format!("the ResourcePolicy of {id}"))));
    let name = properties.get("StageName").cloned().unwrap_or_default();
    let stage_id = format!("{id}{}Stage", name.as_str().unwrap_or_default());
    let more = [
        ("EndpointConfiguration", endpoint),
        ("Policy", policy.into()),
        ("Body", properties.get("DefinitionBody").cloned().into()),
    ];
    vec![made(id, API, properties, more), stage(id, properties, stage_id, name)]
}

fn state_machine(id: &str, properties: &Value) -> Vec<Made> {
    let more = [
        ("RoleArn", role_arn(id, properties, "Role")),
        ("StateMachineName", properties.get("Name").cloned().into()),
        ("StateMachineType", properties.get("Type").cloned().into()),
        ("LoggingConfiguration", properties.get("Logging").cloned().into()),
    ];
    let mut resources = vec![made(id, "AWS::StepFunctions::StateMachine", properties, more)];
    resources.extend(role(id, properties, "Role", "states.amazonaws.com"));
    resources
}

fn role_arn(id: &str, properties: &Value, name: &str) -> Value {
    properties.get(name).cloned().unwrap_or_else(|| unnamed(&format!("{id}Role")))
}

/// The role that SAM makes where none is named.
fn role(id: &str, properties: &Value, name: &str, service: &str) -> Option<Made> {
    if properties.get(name).is_some() {
        return None;
    }
    let id = format!("{id}Role");
    let trust = properties.get("AssumeRolePolicyDocument").cloned().unwrap_or_else(|| {
        let service = Value::map([("Service", service.into())]);
        let statement = statement("sts:AssumeRole", service, Value::Null);
        Value::map([("Version", "2012-10-17".into()), ("Statement", Value::list([statement]))])
    });
    let policies = properties.get("Policies").map(Value::one_or_many).unwrap_or_default();
    let attached = Value::list(policies.iter().filter_map(managed_policy));
    let inline = policies.iter().enumerate().filter_map(|(at, policy)| {
        let document = inline_policy(policy)?;
        let name = format!("{id}Policy{at}");
        Some(Value::map([("PolicyName", name.into()), ("PolicyDocument", document)]))
    });
    let more = [
        ("AssumeRolePolicyDocument", trust),
        ("ManagedPolicyArns", attached),
        ("Policies", Value::list(inline)),
        ("PermissionsBoundary", properties.get("PermissionsBoundary").cloned().into()),
        ("Path", properties.get("RolePath").cloned().into()),
        ("Tags", properties.get("Tags").map(tags).into()),
    ];
    Some(made(&id, ROLE, &Value::Null, more))
}

/// A managed policy by its ARN, or one of AWS by its name.
fn managed_policy(policy: &Value) -> Option<Value> {
    match policy {
        Value::String(text) if text.starts_with("arn:") => Some(policy.clone()),
        Value::String(name) => Some(format!("arn:aws:iam::aws:policy/{name}").into()),
        Value::Unknown(_) => Some(policy.clone()),
        _ => None,
    }
}

/// A policy that is written out, or one of SAM's templates.
fn inline_policy(policy: &Value) -> Option<Value> {
    match policy {
        Value::Unknown(_) => Some(policy.clone()),
        Value::Map(_) if policy.get("Statement").is_some() => Some(policy.clone()),
        Value::Map(map) => {
            let name = map.keys().next().map(AsRef::as_ref).unwrap_or_default();
            Some(Value::unknown(Unknown::NotRead(format!("the policy template {name}"))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    /// The resources by logical id, with their types.
    fn expanded(kind: &str, properties: Json) -> Json {
        let made = expand_sam("It", kind, &Value::from_notation(properties).unwrap()).unwrap();
        assert_eq!(made[0].0, "It");
        let entries = made.into_iter().map(|(id, kind, properties)| {
            (id, json!({"Type": kind, "Properties": serde_json::to_value(properties).unwrap()}))
        });
        Json::Object(entries.collect())
    }

    /// What the package aws-sam-translator 1.115.0 makes of the same, but for what guardrails cannot read.
    #[test]
    fn a_function_with_its_role_url_and_api() {
        let admin = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let made = expanded(
            "AWS::Serverless::Function",
            json!({
                "Runtime": "python3.12", "CodeUri": "s3://b/k", "KmsKeyArn": "k", "Tags": {"a": "b"},
                "Policies": ["AmazonS3ReadOnlyAccess", admin, {"S3ReadPolicy": {"BucketName": "b"}}],
                "FunctionUrlConfig": {"AuthType": "NONE"},
                "Events": {
                    "A": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}},
                    "B": {"Type": "S3", "Properties": {"Bucket": "b"}},
                    "C": {"Type": "SQS", "Properties": {"Queue": "q"}},
                },
            }),
        );
        let function = &made["It"]["Properties"];
        assert_eq!(made["It"]["Type"], "AWS::Lambda::Function");
        assert_eq!(function["Tags"], json!([{"Key": "a", "Value": "b"}]));
        assert_eq!(function["KmsKeyArn"], "k");
        assert_eq!(function["CodeUri"], Json::Null);
        assert_eq!(function["FunctionUrls"], json!([{"AuthType": "NONE"}]));
        let principals: Vec<&Json> =
            function["Policy"]["Statement"].as_array().unwrap().iter().map(|one| &one["Principal"]).collect();
        let service = |name: &str| json!({"Service": name});
        assert_eq!(principals, [&json!("*"), &service("apigateway.amazonaws.com"), &service("s3.amazonaws.com")]);
        let role = &made["ItRole"]["Properties"];
        assert_eq!(role["ManagedPolicyArns"], json!(["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]));
        assert_eq!(role["Policies"][0]["PolicyDocument"], admin);
        let template = json!({"$unknown": {"not_read": "the policy template S3ReadPolicy"}});
        assert_eq!(role["Policies"][1]["PolicyDocument"], template);
        assert_eq!(role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"], service("lambda.amazonaws.com"));
        assert_eq!(made["ServerlessRestApi"]["Type"], "AWS::ApiGateway::RestApi");
        assert_eq!(made["ServerlessRestApiProdStage"]["Properties"]["StageName"], "Prod");
    }

    #[test]
    fn a_function_with_a_role_has_no_other() {
        let made = expanded("AWS::Serverless::Function", json!({"Role": "arn:aws:iam::1:role/x"}));
        assert_eq!(
            made,
            json!({"It": {"Type": "AWS::Lambda::Function", "Properties": {"Role": "arn:aws:iam::1:role/x"}}})
        );
    }

    #[test]
    fn an_api_with_its_stage() {
        let endpoint = json!({"Type": "PRIVATE", "VPCEndpointIds": ["vpce-1"]});
        let made = expanded("AWS::Serverless::Api", json!({"StageName": "prod", "EndpointConfiguration": endpoint}));
        let expected = json!({"Types": ["PRIVATE"], "VpcEndpointIds": ["vpce-1"]});
        assert_eq!(made["It"]["Properties"]["EndpointConfiguration"], expected);
        assert_eq!(made["ItprodStage"]["Properties"]["StageName"], "prod");
        let made = expanded("AWS::Serverless::Api", json!({"StageName": "prod", "EndpointConfiguration": "REGIONAL"}));
        assert_eq!(made["It"]["Properties"]["EndpointConfiguration"], json!({"Types": ["REGIONAL"]}));
        let hole = json!({"$unknown": {"unresolved": "Ref Endpoint"}});
        let made = expanded("AWS::Serverless::Api", json!({"StageName": "prod", "EndpointConfiguration": hole}));
        assert_eq!(made["It"]["Properties"]["EndpointConfiguration"], hole);
    }

    #[test]
    fn tables_layers_and_state_machines() {
        let made = expanded(
            "AWS::Serverless::SimpleTable",
            json!({"SSESpecification": {"SSEEnabled": true}, "Tags": {"a": "b"}}),
        );
        assert_eq!(made["It"]["Type"], "AWS::DynamoDB::Table");
        assert_eq!(made["It"]["Properties"]["SSESpecification"], json!({"SSEEnabled": true}));
        let made = expanded("AWS::Serverless::StateMachine", json!({"Policies": "AdministratorAccess"}));
        let attached = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
        assert_eq!(made["ItRole"]["Properties"]["ManagedPolicyArns"], attached);
        let made = expanded("AWS::Serverless::LayerVersion", json!({"LayerName": "l"}));
        assert_eq!(made["It"]["Properties"], json!({"LayerName": "l"}));
        for kind in ["AWS::Serverless::Application", "AWS::Serverless::Connector", "AWS::Serverless::GraphQLApi"] {
            assert!(expand_sam("It", kind, &Value::Null).is_none(), "{kind}");
        }
    }

    #[test]
    fn what_is_malformed_is_no_panic() {
        let odd =
            [json!(null), json!([]), json!({"$unknown": {"unresolved": "Ref X"}}), json!("x"), json!({"Type": 1})];
        for kind in ["Function", "Api", "HttpApi", "SimpleTable", "LayerVersion", "StateMachine"] {
            for name in ["Policies", "Events", "FunctionUrlConfig", "EndpointConfiguration", "Auth", "Tags", "Role"] {
                for value in &odd {
                    for properties in [json!({name: value}), json!({name: {"a": value}}), value.clone()] {
                        let properties = Value::from_notation(properties).unwrap();
                        assert!(expand_sam("It", &format!("AWS::Serverless::{kind}"), &properties).is_some());
                    }
                }
            }
        }
    }
}
