//! Whole plans, small ones: what comes out of one resource and its configuration.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::*;
use crate::model::Account;

fn surroundings() -> Surroundings {
    Surroundings {
        account: Account::new("000000000000".parse().unwrap()),
        region: "ap-northeast-1".to_owned(),
        parameters: BTreeMap::new(),
        types: BTreeSet::from(["AWS::::TaggedResource".to_owned(), "AWS::Lex::Bot".to_owned()]),
    }
}

/// A resource to be created.
fn create(address: &str, after: Json, unknown: Json) -> Json {
    change(address, json!(["create"]), Json::Null, after, unknown)
}

fn change(address: &str, actions: Json, before: Json, after: Json, unknown: Json) -> Json {
    let (_, rest) = address::modules(address);
    json!({"address": address, "mode": "managed", "type": rest[0].name, "name": rest[1].name,
        "index": rest[1].key.map(|key| serde_json::from_str::<Json>(key).unwrap()),
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown,
            "before_sensitive": false, "after_sensitive": {}}})
}

/// A resource in the configuration.
fn configured(address: &str, expressions: Json) -> Json {
    let (_, rest) = address::modules(address);
    json!({"address": address, "mode": "managed", "type": rest[0].name, "name": rest[1].name,
        "provider_config_key": "aws", "expressions": expressions, "schema_version": 0})
}

fn plan(changes: Json, configuration: Json) -> Json {
    json!({"format_version": "1.2", "terraform_version": "1.13.3", "planned_values": {"root_module": {}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configuration}}})
}

fn declared(plan: &Json) -> Declared {
    read("plan.json", &plan.to_string(), &surroundings(), None).unwrap()
}

fn resources(plan: &Json) -> Vec<Resource> {
    declared(plan).worlds.remove(0).inventory.resources
}

/// The resources of a plan with its `main.tf` beside it.
fn beside(plan: &Json, source: &str) -> Vec<Resource> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.tf"), source).unwrap();
    let found = read("plan.json", &plan.to_string(), &surroundings(), Some(folder.path()));
    found.unwrap().worlds.remove(0).inventory.resources
}

/// The properties of the only resource of a type, in our notation.
fn only(plan: &Json, kind: &str) -> Json {
    let found: Vec<_> = resources(plan).into_iter().filter(|resource| resource.id.resource_type == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    serde_json::to_value(&found[0].properties).unwrap()
}

fn reference(names: &[&str]) -> Json {
    json!({ "references": names })
}

const LATER: &str = "known_after_apply";

#[test]
fn a_setting_that_is_not_written_takes_aws_default_and_one_that_is_may_be_anything() {
    let unknown = json!({"id": true, "arn": true, "encrypted": true, "kms_key_id": true});
    let unwritten = plan(
        json!([create("aws_ebs_volume.v", json!({"availability_zone": "ap-northeast-1a"}), unknown.clone())]),
        json!([configured("aws_ebs_volume.v", json!({"availability_zone": {"constant_value": "ap-northeast-1a"}}))]),
    );
    let volume = only(&unwritten, "AWS::EC2::Volume");
    assert_eq!((volume.get("Encrypted"), volume.get("KmsKeyId")), (None, None));
    let written = plan(
        json!([create("aws_ebs_volume.v", json!({"availability_zone": "ap-northeast-1a"}), unknown)]),
        json!([configured("aws_ebs_volume.v", json!({"encrypted": reference(&["data.external.x.result"])}))]),
    );
    assert_eq!(only(&written, "AWS::EC2::Volume")["Encrypted"], json!({"$unknown": LATER}));
}

#[test]
fn parts_come_to_their_bucket_although_its_name_is_not_known() {
    let plan = plan(
        json!([
            create("aws_s3_bucket.b", json!({}), json!({"id": true, "arn": true, "bucket": true})),
            create("aws_s3_bucket.other", json!({"bucket": "other"}), json!({"id": true, "arn": true})),
            create(
                "aws_s3_bucket_versioning.b",
                json!({"versioning_configuration": [{"status": "Enabled"}]}),
                json!({"bucket": true})
            ),
            create(
                "aws_s3_bucket_public_access_block.b",
                json!({"block_public_acls": true, "block_public_policy": true,
                "ignore_public_acls": true, "restrict_public_buckets": false}),
                json!({"bucket": true})
            ),
        ]),
        json!([
            configured("aws_s3_bucket.b", json!({})),
            configured("aws_s3_bucket.other", json!({})),
            configured(
                "aws_s3_bucket_versioning.b",
                json!({"bucket": reference(&["aws_s3_bucket.b.id", "aws_s3_bucket.b"])})
            ),
            configured(
                "aws_s3_bucket_public_access_block.b",
                json!({"bucket": reference(&["aws_s3_bucket.b.bucket", "aws_s3_bucket.b"])})
            ),
        ]),
    );
    let resources = resources(&plan);
    let bucket = |name: &str| resources.iter().find(|resource| resource.id.name == name).unwrap().properties.clone();
    let b = serde_json::to_value(bucket("aws_s3_bucket.b")).unwrap();
    assert_eq!(b["VersioningConfiguration"], json!({"Status": "Enabled"}));
    assert_eq!(b["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"], json!(false));
    assert!(bucket("aws_s3_bucket.other").get("VersioningConfiguration").is_none());
}

#[test]
fn a_part_of_an_unknown_bucket_may_be_any_buckets() {
    let plan = plan(
        json!([
            create("aws_s3_bucket.b", json!({"bucket": "b"}), json!({"id": true})),
            create("aws_s3_bucket_policy.p", json!({"policy": "{\"Statement\": []}"}), json!({"bucket": true})),
        ]),
        json!([
            configured("aws_s3_bucket.b", json!({})),
            configured("aws_s3_bucket_policy.p", json!({"bucket": reference(&["local.bucket"])})),
        ]),
    );
    assert_eq!(only(&plan, "AWS::S3::Bucket")["BucketPolicy"], json!({"$unknown": LATER}));
}

#[test]
fn what_a_change_takes_away_is_no_longer_there() {
    let open = json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": ["0.0.0.0/0"], "security_group_id": "sg-1"});
    let closed = json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": ["10.0.0.0/8"], "security_group_id": "sg-1"});
    let group = json!({"id": "sg-1", "name": "g", "ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": [], "self": false}], "egress": []});
    let rule = |actions: Json, after: Json| {
        plan(
            json!([
                change("aws_security_group.g", json!(["no-op"]), group.clone(), group.clone(), json!({})),
                change("aws_security_group_rule.r", actions, open.clone(), after, json!({})),
            ]),
            json!([configured("aws_security_group.g", json!({})), configured("aws_security_group_rule.r", json!({}))]),
        )
    };
    let ingress = |plan: &Json| only(plan, "AWS::EC2::SecurityGroup")["SecurityGroupIngress"].clone();
    assert_eq!(ingress(&rule(json!(["delete"]), Json::Null)), json!([]));
    let changed = ingress(&rule(json!(["delete", "create"]), closed));
    assert_eq!(changed[0]["CidrIp"], json!("10.0.0.0/8"));
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(ingress(&rule(json!(["no-op"]), open.clone())).as_array().unwrap().len(), 1);
}

#[test]
fn a_group_without_egress_lets_nothing_out_where_the_sources_show_it() {
    let plan = plan(
        json!([create(
            "aws_security_group.g",
            json!({"name": "g"}),
            json!({"id": true, "ingress": true, "egress": true})
        )]),
        json!([configured("aws_security_group.g", json!({}))]),
    );
    let egress = |source: &str| {
        let found = beside(&plan, source);
        let group = found.iter().find(|resource| resource.id.resource_type == "AWS::EC2::SecurityGroup").unwrap();
        serde_json::to_value(group.properties.get("SecurityGroupEgress").unwrap()).unwrap()
    };
    let later = json!({"$unknown": LATER});
    assert_eq!(egress("resource \"aws_security_group\" \"g\" {\n}\n"), json!([]));
    let dynamic = "resource \"aws_security_group\" \"g\" {\n  dynamic \"egress\" {\n    for_each = local.x\n  }\n}\n";
    assert_eq!(egress(dynamic), later);
    assert_eq!(egress("resource \"aws_security_group\" \"other\" {\n}\n"), later);
    assert_eq!(only(&plan, "AWS::EC2::SecurityGroup")["SecurityGroupEgress"], later, "without the sources");
}

#[test]
fn secrets_are_withheld_and_never_in_a_fault() {
    let mut volume = create("aws_ebs_volume.v", json!({"kms_key_id": "hunter2"}), json!({}));
    volume["change"]["after_sensitive"] = json!({"kms_key_id": true});
    let plan = plan(json!([volume]), json!([configured("aws_ebs_volume.v", json!({}))]));
    assert_eq!(only(&plan, "AWS::EC2::Volume")["KmsKeyId"], json!({"$unknown": "withheld"}));
    let text = format!("{}, hunter2", plan);
    let fault = read("plan.json", &text, &surroundings(), None).unwrap_err();
    assert!(!fault.to_string().contains("hunter2"));
}

#[test]
fn types_of_the_provider_that_no_table_has_are_counted() {
    let plan = plan(
        json!([
            create("aws_lex_bot.a", json!({}), json!({})),
            create("aws_lex_bot.b[0]", json!({}), json!({})),
            create("random_id.r", json!({}), json!({})),
        ]),
        json!([]),
    );
    assert_eq!(declared(&plan).unread, BTreeMap::from([("aws_lex_bot".to_owned(), 2)]));
}

#[test]
fn the_regions_of_providers_count() {
    let mut plan = plan(
        json!([
            create("aws_vpc.home", json!({"cidr_block": "10.0.0.0/16"}), json!({"id": true})),
            create("aws_vpc.abroad", json!({"cidr_block": "10.1.0.0/16"}), json!({"id": true})),
            create("aws_vpc.own", json!({"cidr_block": "10.2.0.0/16", "region": "eu-west-1"}), json!({"id": true})),
            create("aws_vpc.computed", json!({"cidr_block": "10.3.0.0/16"}), json!({"id": true})),
        ]),
        json!([]),
    );
    let with_provider = |name: &str, key: &str| {
        let mut configured = configured(name, json!({}));
        configured["provider_config_key"] = json!(key);
        configured
    };
    plan["variables"] = json!({"home": {"value": "ap-northeast-3"}});
    plan["configuration"]["provider_config"] = json!({
        "aws": {"name": "aws", "expressions": {"region": {"references": ["var.home"]}}},
        "aws.us": {"name": "aws", "alias": "us", "expressions": {"region": {"constant_value": "us-east-1"}}},
        "aws.x": {"name": "aws", "alias": "x", "expressions": {"region": {"references": ["local.x"]}}},
    });
    plan["configuration"]["root_module"]["resources"] = json!([
        with_provider("aws_vpc.home", "aws"),
        with_provider("aws_vpc.abroad", "aws.us"),
        with_provider("aws_vpc.own", "aws"),
        with_provider("aws_vpc.computed", "aws.x"),
    ]);
    let resources = resources(&plan);
    let region = |name: &str| resources.iter().find(|resource| resource.id.name == name).unwrap().id.region.clone();
    assert_eq!(region("aws_vpc.home"), "ap-northeast-3");
    assert_eq!(region("aws_vpc.abroad"), "us-east-1");
    assert_eq!(region("aws_vpc.own"), "eu-west-1");
    let place = region("aws_vpc.computed");
    let computed = resources.iter().find(|resource| resource.id.resource_type == REGION && resource.id.region == place);
    assert!(matches!(computed.unwrap().properties.get("RegionName"), Some(Value::Unknown(_))));
}

#[test]
fn only_types_that_cannot_be_declared_are_silent_beside_the_mapped_ones() {
    let types = declared(&plan(json!([]), json!([]))).worlds.remove(0).inventory.types;
    assert!(types.contains_key("AWS::S3::Bucket"));
    assert!(!types.contains_key("AWS::Lex::Bot"), "a gap, not silence");
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = Json> {
        let word = prop::sample::select(vec![
            "address",
            "type",
            "name",
            "mode",
            "index",
            "change",
            "actions",
            "after",
            "after_unknown",
            "after_sensitive",
            "before",
            "resources",
            "module_calls",
            "module",
            "expressions",
            "references",
            "constant_value",
            "outputs",
            "expression",
            "root_module",
            "child_modules",
            "values",
            "aws_s3_bucket",
            "aws_s3_bucket.b",
            "aws_iam_role",
            "aws_security_group",
            "ingress",
            "policy",
            "bucket",
            "cidr_blocks",
            "managed",
            "data",
            "create",
            "delete",
            "module.m.aws_s3_bucket.b[\"k\"]",
            "var.x",
            "module.m.o",
            "each.key",
            "rule",
            "tags_all",
            "statement",
            "aws_iam_policy_document",
            "provider_config_key",
            "aws.x",
            "[",
            "",
            "é",
        ]);
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            word.clone().prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 60, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::vec((word.clone(), inner), 0..6)
                    .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_json_makes_it_panic(changes in json(), planned in json(), configuration in json(), after in json()) {
            let shaped: Vec<Json> = mapped_kinds()
                .map(|kind| create(&format!("{kind}.x"), after.clone(), changes.clone()))
                .collect();
            let plan = json!({"format_version": "1.2", "planned_values": planned, "resource_changes": changes,
                "configuration": configuration, "variables": after});
            let _ = read("p", &plan.to_string(), &surroundings(), None);
            let plan = json!({"format_version": "1.2", "resource_changes": shaped, "configuration": configuration});
            let _ = read("p", &plan.to_string(), &surroundings(), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = read("p", &text, &surroundings(), None);
        }
    }

    fn mapped_kinds() -> impl Iterator<Item = &'static str> {
        [
            "aws_s3_bucket",
            "aws_s3_bucket_policy",
            "aws_security_group",
            "aws_security_group_rule",
            "aws_network_acl",
            "aws_lambda_permission",
            "aws_lb",
            "aws_iam_role",
            "aws_db_parameter_group",
            "aws_ssm_document",
        ]
        .into_iter()
    }

    #[test]
    fn modules_that_call_each_other_for_ever_end() {
        // 60 modules, each of whose output is the next one's, and the last one's the first one's.
        let mut module = json!({"outputs": {"o": {"expression": {"references": ["var.v"]}}}});
        for _ in 0..20 {
            module = json!({
                "outputs": {"o": {"expression": {"references": ["module.m.o", "module.m"]}}},
                "module_calls": {"m": {"expressions": {"v": {"references": ["module.m.o", "module.m"]}}, "module": module}},
            });
        }
        let mut plan = plan(
            json!([create("aws_s3_bucket_policy.p", json!({}), json!({"bucket": true, "policy": true}))]),
            json!([]),
        );
        module["resources"] =
            json!([configured("aws_s3_bucket_policy.p", json!({"bucket": reference(&["module.m.o"])}))]);
        plan["configuration"]["root_module"] = module;
        assert!(resources(&plan).iter().all(|resource| resource.id.resource_type == REGION));
    }
}

mod tables {
    use super::super::mapping::{Field, How, Target};
    use super::*;
    use crate::model::schema::{CfnSchema, PropertyCheck, Segment};

    /// The paths of the properties that fields become.
    fn paths(fields: &[Field], prefix: &[Segment], into: &mut Vec<Vec<Segment>>) {
        for field in fields.iter().filter(|field| !field.to.is_empty()) {
            let names = field.to.split('.').map(|name| Segment::Key(name.to_owned()));
            let mut path: Vec<Segment> = prefix.iter().cloned().chain(names).collect();
            match &field.how {
                How::Block(inner) => paths(inner, &path, into),
                How::Blocks(inner) => {
                    path.push(Segment::Item);
                    paths(inner, &path, into);
                }
                _ => into.push(path),
            }
        }
    }

    #[test]
    fn every_property_of_the_tables_exists() {
        let schema = CfnSchema::load().unwrap();
        let mut wrong = BTreeSet::new();
        for mapping in map::all() {
            let kind = match &mapping.target {
                Target::Resource(identity) => identity.kind,
                Target::Part { of, .. } => of,
            };
            let mut found = Vec::new();
            paths(mapping.fields, &[], &mut found);
            for path in found {
                if schema.check(kind, &path) != PropertyCheck::Known {
                    wrong.insert(format!("{} -> {kind}: {path:?}", mapping.kind));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_part_has_a_parent_that_some_table_makes() {
        let made = mapped_types();
        let parents = map::all().filter_map(|mapping| match mapping.target {
            Target::Part { of, .. } => Some(of),
            Target::Resource(_) => None,
        });
        assert!(parents.into_iter().all(|of| made.contains(of)));
    }
}

/// A plan of real shape, with a module for two keys, beside its sources.
#[test]
fn a_closed_network_comes_out_whole_and_with_places() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform/closed-network");
    let text = std::fs::read_to_string(folder.join("plan.json")).unwrap();
    let found = read("plan.json", &text, &surroundings(), Some(&folder)).unwrap();
    let resources = &found.worlds[0].inventory.resources;
    let named = |name: &str| resources.iter().find(|resource| resource.id.name == name).unwrap();
    let property = |name: &str, property: &str| named(name).properties.get(property).cloned().unwrap();
    assert_eq!(property("aws_flow_log.main", "ResourceId"), property("aws_vpc.main", "VpcId"));
    assert_eq!(property("aws_security_group.app", "SecurityGroupIngress").one_or_many().len(), 1);
    let bucket = named("module.storage[\"tax\"].aws_s3_bucket.this");
    let rule = bucket.properties.get("BucketEncryption").unwrap().get("ServerSideEncryptionConfiguration").unwrap();
    let key =
        rule.one_or_many()[0].get("ServerSideEncryptionByDefault").unwrap().get("KMSMasterKeyID").unwrap().clone();
    assert_eq!(key, property("aws_kms_key.data", "Arn"));
    let origin = bucket.origin.as_ref().unwrap();
    assert!(origin.file.ends_with("modules/storage/main.tf"), "{}", origin.file);
    assert_eq!(origin.place_of("BucketName").map(|place| place.line), Some(5));
    assert_eq!(origin.place_of("VersioningConfiguration.Status").map(|place| place.line), Some(21));
    assert!(bucket.properties.first_unknown().is_none());
}
