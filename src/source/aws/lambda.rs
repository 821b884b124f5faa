//! AWS Lambda functions with their policies and URLs. Environment variables are left out: their values may be secrets.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{FunctionConfiguration, FunctionUrlConfig, VpcConfigResponse};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const FUNCTION: &str = "AWS::Lambda::Function";

const NOT_FOUND: [&str; 1] = ["ResourceNotFoundException"];

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "lambda-functions",
    scope: Scope::Regional,
    types: &[FUNCTION],
    actions: &["lambda:ListFunctions", "lambda:GetPolicy", "lambda:ListFunctionUrlConfigs"],
    run: |unit| functions(unit).boxed(),
}];

async fn functions(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.list_functions().into_paginator().page_size(50).send();
    let (listed, failure) = unit.list("lambda:ListFunctions", pages, |page| (page.functions, page.next_marker)).await;
    Batch::of(FUNCTION, (each(listed, |one| function(unit, &client, one)).await, failure))
}

/// Nothing when the function was deleted in the meantime.
async fn function(unit: &Unit, client: &Client, function: FunctionConfiguration) -> Option<Resource> {
    let name = function.function_name()?;
    let arn = function.function_arn().map_or_else(|| unit.arn("lambda", &format!("function:{name}")), str::to_owned);
    let pages = client.list_function_url_configs().function_name(name).into_paginator().page_size(50).send();
    let listed =
        unit.list("lambda:ListFunctionUrlConfigs", pages, |page| (Some(page.function_url_configs), page.next_marker));
    let urls = match listed.await {
        (_, Some(failure)) if failure.is(&NOT_FOUND) => return None,
        (urls, failure) => convert::unfinished(Value::list(urls.iter().map(|one| url(&arn, one))), failure),
    };
    // A function without a policy is not found either.
    let call = client.get_policy().function_name(name).send();
    let policy = match unit.ask("lambda:GetPolicy", call, |answer| answer.policy).await {
        Ok(text) => convert::document(&text),
        Err(failure) if failure.is(&NOT_FOUND) => Value::Null,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("FunctionName", name.into()),
        ("Arn", arn.as_str().into()),
        ("Runtime", function.runtime().map(|runtime| runtime.as_str()).into()),
        ("VpcConfig", function.vpc_config().map(network).into()),
        ("KmsKeyArn", convert::text(function.kms_key_arn())),
        ("Policy", policy),
        ("FunctionUrls", urls),
    ]);
    Some(unit.resource(FUNCTION, name, Some(arn), properties))
}

/// A URL of the function, or of an alias of it, which is the end of the URL's ARN.
fn url(function: &str, config: &FunctionUrlConfig) -> Value {
    let alias = config.function_arn().strip_prefix(function).and_then(|rest| rest.strip_prefix(':'));
    Value::map([
        ("AuthType", config.auth_type().as_str().into()),
        ("FunctionUrl", config.function_url().into()),
        ("Qualifier", convert::text(alias)),
    ])
}

/// Nothing where the function is in no VPC, which the service says with empty lists.
fn network(config: &VpcConfigResponse) -> Value {
    if config.subnet_ids().is_empty() {
        return Value::Null;
    }
    Value::map([
        ("SubnetIds", convert::sorted_texts(config.subnet_ids())),
        ("SecurityGroupIds", convert::sorted_texts(config.security_group_ids())),
    ])
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::FunctionUrlAuthType;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_url_of_an_alias_names_it() {
        let function = "arn:aws:lambda:ap-northeast-1:111111111111:function:intake";
        let config = |arn: &str| {
            let config = FunctionUrlConfig::builder().function_arn(arn).function_url("https://a.example/");
            let config = config.creation_time("").last_modified_time("").auth_type(FunctionUrlAuthType::None);
            serde_json::to_value(url(function, &config.build().unwrap())).unwrap()
        };
        let plain = json!({"AuthType": "NONE", "FunctionUrl": "https://a.example/"});
        assert_eq!(config(function), plain);
        let live = json!({"AuthType": "NONE", "FunctionUrl": "https://a.example/", "Qualifier": "live"});
        assert_eq!(config(&format!("{function}:live")), live);
    }
}
