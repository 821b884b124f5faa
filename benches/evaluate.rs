//! How many times a second a guardrail judges a resource: the embedded pack on an account of 3,000 resources.
//!
//! `cargo bench --bench evaluate`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops where it cannot run")]

use std::time::Instant;

use chrono::{DateTime, Utc};
use govcheck::engine::Engine;
use govcheck::model::{Account, Inventory, Resource, ResourceId, Scope, Value};
use govcheck::rule::RulePack;
use serde_json::json;

const RESOURCES: usize = 1_000;
const ROUNDS: u32 = 5;

fn main() {
    let pack = RulePack::embedded().unwrap();
    let engine = Engine::new(pack.guardrails.clone(), &pack.params, DateTime::<Utc>::UNIX_EPOCH);
    let inventory = account();
    let (mut findings, start) = (0, Instant::now());
    for _ in 0..ROUNDS {
        findings += engine.evaluate(&inventory).len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{findings} findings in {seconds:.2} s: {:.0} evaluations per second", findings as f64 / seconds);
}

/// Buckets, security groups and volumes, as many of each.
fn account() -> Inventory {
    let shapes = [
        (
            "AWS::S3::Bucket",
            Scope::Global,
            json!({
                "BucketName": "b",
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
                "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
                "AclGrants": [], "PolicyStatus": {"IsPublic": false},
                "BucketPolicy": {"PolicyDocument": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}},
            }),
        ),
        (
            "AWS::EC2::SecurityGroup",
            Scope::Regional,
            json!({
                "GroupName": "web",
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}, {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.1.0.0/16"}],
                "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
            }),
        ),
        ("AWS::EC2::Volume", Scope::Regional, json!({"VolumeId": "vol-1", "Encrypted": true})),
    ];
    let types = shapes.iter().map(|(kind, scope, _)| ((*kind).to_owned(), *scope)).collect();
    let account = Account::new("111111111111".parse().unwrap());
    let mut inventory = Inventory::new(account, vec!["ap-northeast-1".to_owned()], types);
    for (kind, _, properties) in shapes {
        let properties = Value::from(properties);
        inventory.resources.extend((0..RESOURCES).map(|number| Resource {
            id: ResourceId {
                resource_type: kind.to_owned(),
                region: "ap-northeast-1".to_owned(),
                name: format!("resource-{number:05}"),
                arn: None,
            },
            properties: properties.clone(),
            origin: None,
        }));
    }
    inventory.sort();
    inventory
}
