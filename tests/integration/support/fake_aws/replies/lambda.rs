//! Lambda: a function with a policy and two signed URLs, and one that nobody else may call, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{World, resource_id};
use super::{Outcome, customer_key};

const INTAKE: &str = "intake";
const BATCH: &str = "batch";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let asked = [INTAKE, BATCH].into_iter().find(|name| there && call.contains(&format!("/{name}/")));
    match (call.key.operation.as_str(), asked) {
        ("ListFunctions", _) if !there => json!({ "Functions": [] }).into(),
        // Two pages, one function on each.
        ("ListFunctions", _) if call.parameter("Marker").is_none() => {
            Outcome::Page(json!({ "Functions": [function(call, INTAKE)] }).to_string(), "functions-2".to_owned())
        }
        ("ListFunctions", _) => json!({ "Functions": [function(call, BATCH)] }).into(),
        ("ListFunctionUrlConfigs", Some(INTAKE)) => {
            let arn = arn(call, INTAKE);
            json!({ "FunctionUrlConfigs": [url(&arn), url(&format!("{arn}:live"))] }).into()
        }
        ("ListFunctionUrlConfigs", Some(_)) => json!({ "FunctionUrlConfigs": [] }).into(),
        ("GetPolicy", Some(INTAKE)) => {
            let policy = policy(call).to_string();
            json!({ "Policy": policy, "RevisionId": "00000000-0000-4000-8000-000000000003" }).into()
        }
        ("GetPolicy" | "ListFunctionUrlConfigs", _) => {
            Outcome::Refused(404, "ResourceNotFoundException", "The resource you requested does not exist.".to_owned())
        }
        _ => Outcome::Unknown,
    }
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", call.key.region, call.key.account)
}

fn function(call: &Call, name: &str) -> Value {
    let (account, region) = (&call.key.account, call.key.region.as_str());
    json!({
        "FunctionName": name,
        "FunctionArn": arn(call, name),
        "Runtime": "python3.13",
        "Role": format!("arn:aws:iam::{account}:role/{name}"),
        "Handler": "app.handler",
        "CodeSize": 1_024,
        "Timeout": 30,
        "MemorySize": 128,
        "LastModified": "2026-01-31T12:34:56.000+0000",
        "CodeSha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "Version": "$LATEST",
        "VpcConfig": {
            "SubnetIds": [resource_id("subnet", account, region, 1)],
            "SecurityGroupIds": [resource_id("sg", account, region, 1)],
            "VpcId": resource_id("vpc", account, region, 1),
        },
        "Environment": { "Variables": { "PASSWORD": "value-of-an-environment-variable" } },
        "KMSKeyArn": customer_key(call),
        "TracingConfig": { "Mode": "PassThrough" },
        "PackageType": "Zip",
        "Architectures": ["arm64"],
    })
}

fn url(arn: &str) -> Value {
    json!({
        "FunctionUrl": "https://fakefakefake.lambda-url.ap-northeast-1.on.aws/",
        "FunctionArn": arn,
        "CreationTime": "2026-01-31T12:34:56.000Z",
        "LastModifiedTime": "2026-01-31T12:34:56.000Z",
        "AuthType": "AWS_IAM",
        "InvokeMode": "BUFFERED",
    })
}

fn policy(call: &Call) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [{
            "Sid": "uploads",
            "Effect": "Allow",
            "Principal": { "Service": "s3.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": arn(call, INTAKE),
            "Condition": {
                "StringEquals": { "AWS:SourceAccount": call.key.account },
                "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::uploads" },
            },
        }],
    })
}
