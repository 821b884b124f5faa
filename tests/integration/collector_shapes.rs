//! What the collectors emit has the names that rules may read: CloudFormation's, or those of
//! `data/extra-properties.txt`.

use std::collections::BTreeSet;

use govcheck::bundle::Bundle;
use govcheck::model::Value;
use govcheck::rule::{CfnSchema, PropertyCheck, Segment};

use crate::support::fake_aws::{FakeAws, World};
use crate::support::govcheck;

/// Every path to a value inside the properties, lists and maps themselves included.
fn paths(value: &Value, at: &mut Vec<Segment>, found: &mut BTreeSet<Vec<Segment>>) {
    if !at.is_empty() {
        found.insert(at.clone());
    }
    let mut below = |segment, value: &Value| {
        at.push(segment);
        paths(value, at, found);
        at.pop();
    };
    match value {
        Value::List(items) => items.iter().for_each(|item| below(Segment::Item, item)),
        Value::Map(map) => map.iter().for_each(|(key, value)| below(Segment::Key(key.to_string()), value)),
        _ => {}
    }
}

/// The types that were seen, after a check of every path.
fn check(world: World) -> BTreeSet<String> {
    let aws = FakeAws::start_in(world, Vec::new());
    let dir = tempfile::tempdir().unwrap();
    let scan = ["scan", "--bundle", "b", "--class", "number-use", "--format", "json", "--fail-on", "never"];
    let run = govcheck().dir(dir.path()).args(scan).env("AWS_ENDPOINT_URL", aws.url()).run();
    assert_eq!(aws.complaints(), Vec::<String>::new(), "{}", run.stderr);
    assert!([0, 3].contains(&run.code), "{}\n{}", run.code, run.stderr);
    let bundle = Bundle::read(&dir.path().join("b")).unwrap();
    let schema = CfnSchema::load().unwrap();
    let (mut types, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for id in bundle.accounts() {
        let inventory = bundle.read_account(&id).unwrap().inventory;
        assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
        for resource in inventory.resources {
            let kind = resource.id.resource_type;
            let mut found = BTreeSet::new();
            paths(&resource.properties, &mut Vec::new(), &mut found);
            for path in found {
                if schema.check(&kind, &path) != PropertyCheck::Known {
                    wrong.insert(format!("{kind}: {path:?}"));
                }
            }
            types.insert(kind);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    types
}

#[test]
fn every_property_of_a_healthy_account_is_known() {
    let types = check(World::default());
    for kind in
        ["AWS::S3::Bucket", "AWS::IAM::User", "AWS::EC2::SecurityGroup", "AWS::SecurityHub::Hub", "AWS::::Region"]
    {
        assert!(types.contains(kind), "{types:?}");
    }
}

#[test]
fn every_property_of_an_account_with_ways_out_is_known() {
    let types = check(World { internet: true, ..World::default() });
    for kind in [
        "AWS::CloudFront::Distribution",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::EgressOnlyInternetGateway",
    ] {
        assert!(types.contains(kind), "{types:?}");
    }
}
