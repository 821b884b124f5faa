//! What folding comes to, part by part.

use serde_json::{Value as Json, json};

use super::super::{Deployment, attribute, complete, reference};
use super::*;
use crate::model::{Origin, Place, ResourceId};

const AT: Deployment<'_> =
    Deployment { partition: "aws", region: "ap-northeast-1", account: "111111111111", stack: "Town" };

fn resource(kind: &str, name: &str, properties: Json) -> Resource {
    let id =
        ResourceId { resource_type: kind.to_owned(), region: AT.region.to_owned(), name: name.to_owned(), arn: None };
    let properties = complete(kind, name, Value::from_notation(properties).unwrap(), &AT);
    Resource { id, properties, origin: None }
}

fn refer(kind: &str, name: &str) -> Json {
    serde_json::to_value(reference(kind, name, &Value::Null, &AT)).unwrap()
}

fn arn(kind: &str, name: &str) -> Json {
    serde_json::to_value(attribute(kind, name, &Value::Null, "Arn", &AT)).unwrap()
}

/// A property of a resource after folding, by name.
fn folded(resources: Vec<Resource>, name: &str, path: &str) -> Json {
    let resources = fold(resources);
    let found = resources.iter().find(|resource| resource.id.name == name).unwrap();
    let pointer = format!("/{}", path.replace('.', "/"));
    serde_json::to_value(&found.properties).unwrap().pointer(&pointer).cloned().unwrap_or_default()
}

fn hole() -> Json {
    json!({"$unknown": {"unresolved": "Ref Name"}})
}

#[test]
fn every_parent_has_names() {
    for part in PARTS {
        assert!(part.parent.ends_with("::Stage") || !names(part.parent).is_empty(), "{}", part.parent);
    }
}

#[test]
fn a_bucket_policy_finds_its_bucket_and_is_gone() {
    let bucket = "AWS::S3::Bucket";
    let policy = |bucket: Json| {
        resource("AWS::S3::BucketPolicy", "P", json!({"Bucket": bucket, "PolicyDocument": {"Statement": []}}))
    };
    let two = || vec![resource(bucket, "A", json!({})), resource(bucket, "B", json!({"BucketName": "b"}))];
    let with = |reference| two().into_iter().chain([policy(reference)]).collect::<Vec<_>>();

    let document = json!({"PolicyDocument": {"Statement": []}});
    assert_eq!(folded(with(refer(bucket, "A")), "A", "BucketPolicy"), document);
    assert_eq!(folded(with(refer(bucket, "A")), "B", "BucketPolicy"), Json::Null);
    assert_eq!(folded(with(json!("b")), "B", "BucketPolicy"), document);
    assert_eq!(fold(with(json!("b"))).len(), 2);
    // Of a bucket elsewhere nothing is said.
    assert_eq!(folded(with(json!("other")), "A", "BucketPolicy"), Json::Null);
    assert_eq!(fold(with(json!("other"))).len(), 3);
    // It may be of any bucket, but not of one that has another one.
    assert_eq!(folded(with(hole()), "A", "BucketPolicy"), hole());
    let mut both = with(hole());
    both.push(policy(json!("b")));
    assert_eq!(folded(both.clone(), "B", "BucketPolicy"), document);
    assert_eq!(folded(both, "A", "BucketPolicy"), hole());
}

#[test]
fn a_bucket_is_found_although_its_name_is_not_known() {
    let bucket = resource("AWS::S3::Bucket", "A", json!({"BucketName": hole()}));
    let reference = serde_json::to_value(reference("AWS::S3::Bucket", "A", &bucket.properties, &AT)).unwrap();
    let policy = resource("AWS::S3::BucketPolicy", "P", json!({"Bucket": reference, "PolicyDocument": hole()}));
    let other = resource("AWS::S3::Bucket", "B", json!({}));
    let all = vec![bucket, policy, other];
    assert_eq!(folded(all.clone(), "A", "BucketPolicy.PolicyDocument"), hole());
    assert_eq!(folded(all.clone(), "B", "BucketPolicy"), Json::Null);
    // A name that is written may be that of the bucket.
    let literal = resource("AWS::S3::BucketPolicy", "Q", json!({"Bucket": "b", "PolicyDocument": {}}));
    let all = vec![all[0].clone(), literal];
    assert_eq!(folded(all, "A", "BucketPolicy"), json!({"$unknown": {"unresolved": "the name"}}));
}

#[test]
fn two_policies_of_one_bucket_are_not_both_right() {
    let policy = |name: &str, sid: &str| {
        resource("AWS::S3::BucketPolicy", name, json!({"Bucket": "a", "PolicyDocument": {"Statement": [{"Sid": sid}]}}))
    };
    let bucket = || resource("AWS::S3::Bucket", "A", json!({"BucketName": "a"}));
    let different = folded(vec![policy("P", "1"), bucket(), policy("Q", "2")], "A", "BucketPolicy");
    assert_eq!(different, json!({"$unknown": {"unresolved": "which AWS::S3::BucketPolicy counts"}}));
    let same = folded(vec![policy("P", "1"), bucket(), policy("Q", "1")], "A", "BucketPolicy");
    assert_eq!(same, json!({"PolicyDocument": {"Statement": [{"Sid": "1"}]}}));
}

#[test]
fn rules_of_security_groups() {
    let group = "AWS::EC2::SecurityGroup";
    let inline = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
    let rule = |kind: &str, id: Json| {
        resource(
            kind,
            "R",
            json!({"GroupId": id, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}),
        )
    };
    let ssh = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"});
    let ingress = |id| {
        vec![
            resource(group, "G", json!({"SecurityGroupIngress": [inline.clone()]})),
            rule("AWS::EC2::SecurityGroupIngress", id),
        ]
    };
    assert_eq!(folded(ingress(refer(group, "G")), "G", "SecurityGroupIngress"), json!([inline, ssh]));
    assert_eq!(folded(ingress(hole()), "G", "SecurityGroupIngress"), json!([inline, hole()]));
    assert_eq!(folded(ingress(json!("sg-1")), "G", "SecurityGroupIngress"), json!([inline]));
    // AWS's own rule stays beside one that is added, but not beside a list.
    let egress = |group| vec![rule("AWS::EC2::SecurityGroupEgress", refer("AWS::EC2::SecurityGroup", "G")), group];
    let all = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"});
    assert_eq!(folded(egress(resource(group, "G", json!({}))), "G", "SecurityGroupEgress"), json!([all, ssh]));
    let closed = resource(group, "G", json!({"SecurityGroupEgress": []}));
    assert_eq!(folded(egress(closed), "G", "SecurityGroupEgress"), json!([ssh]));
}

#[test]
fn networks() {
    let table = refer("AWS::EC2::RouteTable", "T");
    let gateway = refer("AWS::EC2::InternetGateway", "I");
    let vpc = refer("AWS::EC2::VPC", "V");
    let acl = refer("AWS::EC2::NetworkAcl", "N");
    let subnet = refer("AWS::EC2::Subnet", "S");
    let all = vec![
        resource("AWS::EC2::VPC", "V", json!({"CidrBlock": "10.0.0.0/16"})),
        resource("AWS::EC2::VPCCidrBlock", "C", json!({"VpcId": vpc, "CidrBlock": "10.1.0.0/16"})),
        resource("AWS::EC2::RouteTable", "T", json!({"VpcId": vpc})),
        resource(
            "AWS::EC2::Route",
            "R",
            json!({"RouteTableId": table, "GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"}),
        ),
        resource("AWS::EC2::InternetGateway", "I", json!({})),
        resource("AWS::EC2::VPCGatewayAttachment", "A", json!({"VpcId": vpc, "InternetGatewayId": gateway})),
        resource("AWS::EC2::NetworkAcl", "N", json!({"VpcId": vpc})),
        resource("AWS::EC2::NetworkAclEntry", "E", json!({"NetworkAclId": acl, "RuleNumber": 1, "Protocol": 6})),
        resource("AWS::EC2::SubnetNetworkAclAssociation", "U", json!({"NetworkAclId": acl, "SubnetId": subnet})),
        resource("AWS::EC2::Subnet", "S", json!({"VpcId": vpc})),
        resource("AWS::EC2::NetworkInterface", "F", json!({"SubnetId": subnet})),
    ];
    let of = |name, path| folded(all.clone(), name, path);
    assert_eq!(of("V", "CidrBlocks"), json!(["10.0.0.0/16", "10.1.0.0/16"]));
    assert_eq!(of("T", "Routes"), json!([{"GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"}]));
    assert_eq!(of("I", "Attachments"), json!([{"VpcId": vpc}]));
    assert_eq!(of("N", "Entries"), json!([{"RuleNumber": 1, "Protocol": 6, "Egress": false}]));
    assert_eq!(of("N", "SubnetIds"), json!([subnet]));
    assert_eq!(of("F", "VpcId"), vpc);
    assert_eq!(fold(all).len(), 6);
}

#[test]
fn permissions_of_people_and_roles() {
    let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let all = vec![
        resource("AWS::IAM::Role", "R", json!({"Policies": [{"PolicyName": "own", "PolicyDocument": {}}]})),
        resource("AWS::IAM::User", "U", json!({"UserName": "taro"})),
        resource(
            "AWS::IAM::Policy",
            "P",
            json!({"PolicyName": "p", "PolicyDocument": document, "Roles": [refer("AWS::IAM::Role", "R")], "Users": ["taro", "hanako"]}),
        ),
        resource("AWS::IAM::ManagedPolicy", "M", json!({"PolicyDocument": document, "Users": ["taro"]})),
        resource("AWS::IAM::VirtualMFADevice", "D", json!({"Users": ["taro"], "VirtualMfaDeviceName": "d"})),
        resource("AWS::IAM::UserToGroupAddition", "A", json!({"GroupName": "ops", "Users": ["taro"]})),
    ];
    let inline = json!({"PolicyName": "p", "PolicyDocument": document});
    let of = |name, path| folded(all.clone(), name, path);
    assert_eq!(of("R", "Policies"), json!([{"PolicyName": "own", "PolicyDocument": {}}, inline]));
    assert_eq!(of("U", "Policies"), json!([inline]));
    assert_eq!(of("U", "ManagedPolicyArns"), json!([of("M", "PolicyArn")]));
    assert_eq!(of("U", "MFADevices"), json!([{"SerialNumber": "arn:aws:iam::111111111111:mfa/d"}]));
    assert_eq!(of("U", "Groups"), json!(["ops"]));
    assert!(fold(all).iter().all(|resource| resource.id.region == GLOBAL));
}

#[test]
fn who_may_call_a_function() {
    let function = "AWS::Lambda::Function";
    let grant = |name: Json, more: Json| {
        let mut properties = json!({"FunctionName": name, "Action": "lambda:InvokeFunction"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        vec![
            resource(function, "F", json!({"FunctionName": "convert"})),
            resource("AWS::Lambda::Permission", "P", properties),
        ]
    };
    let statement = |name: Json, more| folded(grant(name, more), "F", "Policy.Statement.0");
    let s3 = json!({"Principal": "s3.amazonaws.com", "SourceAccount": "111111111111", "SourceArn": "arn:aws:s3:::b"});
    let expected = json!({
        "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "convert",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}, "StringEquals": {"AWS:SourceAccount": "111111111111"}},
    });
    assert_eq!(statement(json!("convert"), s3), expected);
    for name in [
        json!("arn:aws:lambda:ap-northeast-1:111111111111:function:convert"),
        json!("arn:aws:lambda:ap-northeast-1:111111111111:function:convert:live"),
        json!("111111111111:function:convert"),
        json!("convert:live"),
    ] {
        assert_eq!(statement(name.clone(), json!({"Principal": "*"}))["Principal"], json!("*"), "{name}");
    }
    let other = json!("arn:aws:lambda:ap-northeast-1:222222222222:function:convert");
    assert_eq!(statement(other, json!({"Principal": "*"})), Json::Null);
    let account = statement(json!("convert"), json!({"Principal": "222222222222"}));
    assert_eq!(account["Principal"], json!({"AWS": "222222222222"}));
    let url = resource("AWS::Lambda::Url", "L", json!({"TargetFunctionArn": arn(function, "F"), "AuthType": "NONE"}));
    let all = vec![resource(function, "F", json!({})), url];
    assert_eq!(folded(all, "F", "FunctionUrls"), json!([{"AuthType": "NONE"}]));
}

#[test]
fn topics_queues_and_secrets() {
    let document = json!({"Statement": []});
    let (topic, queue, secret) = ("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SecretsManager::Secret");
    let all = vec![
        resource(topic, "T", json!({})),
        resource("AWS::SNS::TopicPolicy", "P", json!({"Topics": [refer(topic, "T")], "PolicyDocument": document})),
        resource(queue, "Q", json!({"QueueName": "jobs"})),
        resource(
            "AWS::SQS::QueuePolicy",
            "R",
            json!({"Queues": ["https://sqs.ap-northeast-1.amazonaws.com/111111111111/jobs"], "PolicyDocument": document}),
        ),
        resource(secret, "S", json!({"Name": "db"})),
        resource("AWS::SecretsManager::ResourcePolicy", "U", json!({"SecretId": "db", "ResourcePolicy": document})),
        resource("AWS::SecretsManager::RotationSchedule", "V", json!({"SecretId": refer(secret, "X")})),
    ];
    let of = |name, path| folded(all.clone(), name, path);
    assert_eq!(of("T", "TopicPolicy"), json!({"PolicyDocument": document}));
    assert_eq!(of("Q", "QueuePolicy"), json!({"PolicyDocument": document}));
    assert_eq!(of("S", "ResourcePolicy"), json!({"ResourcePolicy": document}));
    assert_eq!(of("S", "RotationEnabled"), Json::Null);
    assert_eq!(fold(all).len(), 4);
}

#[test]
fn a_web_acl_protects_a_balancer_or_a_stage() {
    let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    let protect = |target: Json| {
        vec![
            resource(balancer, "L", json!({})),
            resource("AWS::ApiGateway::Stage", "S", json!({"RestApiId": "a1", "StageName": "prod"})),
            resource("AWS::ApiGateway::Stage", "H", json!({"RestApiId": hole(), "StageName": "prod"})),
            resource("AWS::WAFv2::WebACLAssociation", "W", json!({"ResourceArn": target, "WebACLArn": "arn:acl"})),
        ]
    };
    assert_eq!(folded(protect(refer(balancer, "L")), "L", "WebAclArn"), json!("arn:acl"));
    assert_eq!(folded(protect(refer(balancer, "L")), "H", "WebAclArn"), Json::Null);
    let stage = json!("arn:aws:apigateway:ap-northeast-1::/restapis/a1/stages/prod");
    assert_eq!(folded(protect(stage.clone()), "S", "WebAclArn"), json!("arn:acl"));
    assert_eq!(folded(protect(stage), "L", "WebAclArn"), Json::Null);
    assert_eq!(folded(protect(hole()), "L", "WebAclArn"), hole());
}

#[test]
fn types_that_a_live_account_shows_as_others() {
    let global = resource(
        "AWS::DynamoDB::GlobalTable",
        "G",
        json!({"TableName": "t", "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS"}, "Replicas": [
            {"Region": "ap-northeast-1", "SSESpecification": {"KMSMasterKeyId": "k1"}},
            {"Region": "us-east-1", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}},
        ]}),
    );
    let tables = fold(vec![global]);
    let seen: Vec<_> = tables.iter().map(|table| (table.id.resource_type.as_str(), table.id.region.as_str())).collect();
    assert_eq!(seen, [("AWS::DynamoDB::Table", "ap-northeast-1"), ("AWS::DynamoDB::Table", "us-east-1")]);
    let first = serde_json::to_value(&tables[0].properties).unwrap();
    assert_eq!(first["SSESpecification"], json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "k1"}));
    let second = serde_json::to_value(&tables[1].properties).unwrap();
    assert_eq!(second["PointInTimeRecoverySpecification"], json!({"PointInTimeRecoveryEnabled": true}));

    let attachment = resource("AWS::EC2::TransitGatewayVpcAttachment", "A", json!({"TransitGatewayId": "tgw-1"}));
    assert_eq!(fold(vec![attachment])[0].id.resource_type, "AWS::EC2::TransitGatewayAttachment");
    let own = json!({"TransitGatewayId": refer("AWS::EC2::TransitGateway", "G")});
    let all = vec![
        resource("AWS::EC2::TransitGatewayAttachment", "A", own),
        resource("AWS::EC2::TransitGateway", "G", json!({})),
    ];
    assert_eq!(folded(all, "A", "TransitGatewayOwnerId"), json!("111111111111"));
    let peering = json!({"PeerAccountId": "222222222222", "PeerTransitGatewayId": "tgw-2"});
    let peering = resource("AWS::EC2::TransitGatewayPeeringAttachment", "A", peering);
    assert_eq!(folded(vec![peering], "A", "ResourceOwnerId"), json!("222222222222"));
}

#[test]
fn copies_know_the_region_of_a_declared_bucket() {
    let mut away = resource("AWS::S3::Bucket", "A", json!({"BucketName": "away"}));
    "us-east-1".clone_into(&mut away.id.region);
    let rule = |bucket: &str| json!({"Status": "Enabled", "Destination": {"Bucket": format!("arn:aws:s3:::{bucket}")}});
    let rules = json!({"ReplicationConfiguration": {"Rules": [rule("away"), rule("other")]}});
    let all = vec![resource("AWS::S3::Bucket", "B", rules), away];
    let regions = folded(all, "B", "ReplicationConfiguration.Rules");
    assert_eq!(regions[0]["Destination"]["BucketRegion"], json!("us-east-1"));
    assert_eq!(regions[1]["Destination"]["BucketRegion"], Json::Null);
}

#[test]
fn evidence_points_at_the_part() {
    let place = |line| Place { line, column: 1, end_line: line, end_column: 9 };
    let origin = |file: &str, line, path: &str| {
        let places = [(path.to_owned(), place(line + 1))].into();
        let origin =
            Origin { file: file.into(), place: Some(place(line)), places: Arc::new(places), ..Origin::default() };
        Some(Arc::new(origin))
    };
    let of = |file: &str| {
        let mut bucket = resource("AWS::S3::Bucket", "", json!({"BucketName": "b"}));
        bucket.origin = origin("a.yaml", 1, "BucketName");
        let mut policy = resource("AWS::S3::BucketPolicy", "", json!({"Bucket": "b", "PolicyDocument": {}}));
        policy.origin = origin(file, 10, "PolicyDocument");
        fold(vec![bucket, policy])[0].origin.clone().unwrap()
    };
    let same = of("a.yaml");
    assert_eq!(same.place_of("BucketPolicy.PolicyDocument.Statement[0]"), Some(place(11)));
    assert_eq!(same.place_of("BucketPolicy"), Some(place(10)));
    assert_eq!(of("b.yaml").place_of("BucketPolicy"), Some(place(1)));
}

#[test]
fn many_parts_are_quickly_folded() {
    let group = |n: usize| resource("AWS::EC2::SecurityGroup", &format!("G{n}"), json!({}));
    let rule = |n: usize| {
        let id = refer("AWS::EC2::SecurityGroup", &format!("G{}", n % 1000));
        resource("AWS::EC2::SecurityGroupIngress", &format!("R{n}"), json!({"GroupId": id}))
    };
    let lost = |n: usize| resource("AWS::EC2::SecurityGroupIngress", &format!("L{n}"), json!({"GroupId": hole()}));
    let all = (0..5000).map(group).chain((0..5000).map(rule)).chain((0..5000).map(lost));
    let all: Vec<Resource> = all.collect();
    let begun = std::time::Instant::now();
    let folded = fold(all);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let rules = folded[0].properties.get("SecurityGroupIngress").unwrap().one_or_many();
    // One unknown item stands for any number of rules.
    assert_eq!(rules.len(), 6);
}

#[test]
fn functions_share_one_api_and_its_stage_knows_it() {
    let function = Value::from_notation(json!({"Events": {"A": {"Type": "Api"}}})).unwrap();
    let of = |id: &str| super::super::expand_sam(id, "AWS::Serverless::Function", &function).unwrap();
    let all: Vec<Resource> = [of("F"), of("G")]
        .into_iter()
        .flatten()
        .map(|(id, kind, properties)| resource(kind, &id, serde_json::to_value(properties).unwrap()))
        .collect();
    assert_eq!(fold(all.clone()).len(), 6);
    let api = folded(all.clone(), "ServerlessRestApi", "RestApiId");
    assert!(api.is_string());
    assert_eq!(folded(all, "ServerlessRestApiProdStage", "RestApiId"), api);
}
