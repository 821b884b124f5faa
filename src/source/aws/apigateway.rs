//! Amazon API Gateway: REST APIs and their stages.

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{RestApi, Stage};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const REST_API: &str = "AWS::ApiGateway::RestApi";
const STAGE: &str = "AWS::ApiGateway::Stage";

/// The one action for every read.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>
const GET: &str = "apigateway:GET";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "apigateway-rest-apis",
        scope: Scope::Regional,
        types: &[REST_API],
        actions: &[GET],
        run: |unit| rest_apis(unit).boxed(),
    },
    Collector {
        name: "apigateway-stages",
        scope: Scope::Regional,
        types: &[STAGE],
        actions: &[GET],
        run: |unit| stages(unit).boxed(),
    },
];

fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

async fn list(unit: &Unit, client: &Client) -> (Vec<RestApi>, Option<Failure>) {
    let pages = client.get_rest_apis().into_paginator().page_size(500).send();
    unit.list(GET, pages, |page| (page.items, page.position)).await
}

/// ARNs of API Gateway name no account.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
fn arn(unit: &Unit, path: &str) -> Option<String> {
    Some(format!("arn:{}:apigateway:{}::/restapis/{path}", unit.session.partition(), unit.region))
}

async fn rest_apis(unit: &Unit) -> Batch {
    let (apis, failure) = list(unit, &client(unit)).await;
    Batch::of(REST_API, (apis.iter().filter_map(|api| rest_api(unit, api)).collect(), failure))
}

fn rest_api(unit: &Unit, api: &RestApi) -> Option<Resource> {
    let id = api.id()?;
    let endpoint = api.endpoint_configuration().map(|endpoint| {
        Value::map([
            ("Types", convert::texts(endpoint.types().iter().map(|kind| kind.as_str()))),
            ("VpcEndpointIds", convert::sorted_texts(endpoint.vpc_endpoint_ids())),
        ])
    });
    let properties = Value::map([
        ("RestApiId", id.into()),
        ("Name", api.name().into()),
        ("EndpointConfiguration", endpoint.into()),
        ("DisableExecuteApiEndpoint", api.disable_execute_api_endpoint().into()),
        ("Tags", convert::tag_map(api.tags())),
    ]);
    Some(unit.resource(REST_API, id, arn(unit, id), properties))
}

async fn stages(unit: &Unit) -> Batch {
    let client = client(unit);
    let (apis, failure) = list(unit, &client).await;
    let mut batch = Batch::of(STAGE, (Vec::new(), failure));
    let ids = apis.into_iter().filter_map(|api| api.id);
    let mut read = stream::iter(ids).map(|id| stages_of(unit, &client, id)).buffered(CALLS_AT_ONCE);
    while let Some((api, stages)) = read.next().await {
        match stages {
            Ok(stages) => batch.resources.extend(stages.iter().filter_map(|one| stage(unit, &api, one))),
            // The API was deleted in the meantime.
            Err(failure) if failure.is(&["NotFoundException"]) => {}
            Err(failure) => batch.fail(STAGE, failure),
        }
    }
    batch
}

async fn stages_of(unit: &Unit, client: &Client, api: String) -> (String, Result<Vec<Stage>, Failure>) {
    let answer = unit.call(GET, client.get_stages().rest_api_id(&api).send()).await;
    (api, answer.map(|answer| answer.item.unwrap_or_default()))
}

fn stage(unit: &Unit, api: &str, stage: &Stage) -> Option<Resource> {
    let name = stage.stage_name()?;
    let properties = Value::map([
        ("RestApiId", api.into()),
        ("StageName", name.into()),
        ("WebAclArn", convert::text(stage.web_acl_arn())),
        ("Tags", convert::tag_map(stage.tags())),
    ]);
    Some(unit.resource(STAGE, format!("{api}/{name}"), arn(unit, &format!("{api}/stages/{name}")), properties))
}
