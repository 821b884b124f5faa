//! What a reference to a declared resource gives, before AWS has given it names and ids.
//!
//! Such a value is a *symbol*: a text that equals itself and nothing else, in the form of the real thing where guardrails
//! look at the form. It is made from the place of the resource (account, region, stack, logical id), so every reference
//! gives the same, and the resource itself has it too ([`complete`]).

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Deployment;
use super::tables::{ARN_PROPERTIES, ARNS, ATTRIBUTES, COMPLETED, Owner, PREFIXES, REFERENCES};
use crate::model::schema::CfnSchema;
use crate::model::{Map, Unknown, Value};

const UNNAMED: &str = "the name of ";

/// What `Ref` gives: the name that is written, a symbol where AWS chooses the name or id, or unknown.
///
/// A resource whose name is written and not known gives [`unnamed`], by which it can still be recognized.
pub fn reference(kind: &str, logical_id: &str, properties: &Value, at: &Deployment<'_>) -> Value {
    let subject = Subject { kind, logical_id, properties, at };
    match reference_property(kind) {
        // The address is known after the creation only.
        Some("PublicIp") => Value::unknown(Unknown::Unresolved(format!("Ref {logical_id}"))),
        Some(property) => subject.identity(property),
        None => subject.name().into(),
    }
}

/// What `Fn::GetAtt` gives: a property that is written, an identity as [`reference`] gives it, or unknown.
pub fn attribute(kind: &str, logical_id: &str, properties: &Value, attribute: &str, at: &Deployment<'_>) -> Value {
    let subject = Subject { kind, logical_id, properties, at };
    if subject.is_arn(attribute) || subject.is_identity(attribute) {
        return subject.identity(attribute);
    }
    let written = attribute.split('.').try_fold(properties, |value, name| value.get(name));
    match (kind, attribute, written) {
        (_, _, Some(value)) => value.clone(),
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn", None) => subject.below_arn("stream"),
        _ => Value::unknown(Unknown::Unresolved(format!("GetAtt {logical_id}.{attribute}"))),
    }
}

/// Fills in the identities of the resource that are not written and that others compare with.
pub fn complete(kind: &str, logical_id: &str, properties: Value, at: &Deployment<'_>) -> Value {
    let Ok(found) = COMPLETED.binary_search_by_key(&kind, |(kind, _)| kind) else { return properties };
    let subject = Subject { kind, logical_id, properties: &properties, at };
    let Some((_, names)) = COMPLETED.get(found) else { return properties };
    let missing = names.iter().filter(|name| properties.get(name).is_none());
    let given: Vec<(Arc<str>, Value)> = missing.map(|name| (Arc::from(*name), subject.identity(name))).collect();
    match properties {
        Value::Map(map) => Value::Map(Arc::new(Arc::unwrap_or_clone(map).into_iter().chain(given).collect::<Map>())),
        Value::Null => Value::Map(Arc::new(given.into_iter().collect())),
        other => other,
    }
}

/// Stands for an identity of a resource whose name is written and not known. It says which resource, so that what refers
/// to it still finds it.
pub(super) fn unnamed(logical_id: &str) -> Value {
    Value::unknown(Unknown::Unresolved(format!("{UNNAMED}{logical_id}")))
}

/// The logical id of the resource for which [`unnamed`] stands.
pub(super) fn unnamed_resource(cause: &Unknown) -> Option<&str> {
    match cause {
        Unknown::Unresolved(what) => what.strip_prefix(UNNAMED),
        _ => None,
    }
}

/// The property whose value `Ref` gives; nothing for a type that the schema lacks.
fn reference_property(kind: &str) -> Option<&'static str> {
    let exception = REFERENCES.binary_search_by_key(&kind, |(kind, _)| kind).ok();
    let exception = exception.and_then(|found| REFERENCES.get(found)).map(|(_, property)| *property);
    exception.or_else(|| CfnSchema::load().ok()?.identifiers(kind).next())
}

/// A declared resource.
struct Subject<'a> {
    kind: &'a str,
    logical_id: &'a str,
    properties: &'a Value,
    at: &'a Deployment<'a>,
}

impl Subject<'_> {
    /// The value of a property that identifies the resource.
    fn identity(&self, property: &str) -> Value {
        match self.properties.get(property) {
            Some(Value::Unknown(_)) => return unnamed(self.logical_id),
            Some(value) => return value.clone(),
            None if self.is_arn(property) => return self.arn(),
            None => {}
        }
        match (self.kind, property) {
            ("AWS::SQS::Queue", "QueueUrl") => self.queue_url(),
            ("AWS::EC2::SecurityGroup", "Id") => self.identity("GroupId"),
            ("AWS::EC2::TransitGateway", "OwnerId") => self.at.account.into(),
            _ => match self.prefix(property) {
                Some(prefix) => self.id(prefix).into(),
                None if ATTRIBUTES.contains(&(self.kind, property)) => self.name_of(property).into(),
                None => self.name().into(),
            },
        }
    }

    /// Whether the attribute identifies the resource, and is no property of the world around it.
    fn is_identity(&self, attribute: &str) -> bool {
        self.prefix(attribute).is_some()
            || ATTRIBUTES.contains(&(self.kind, attribute))
            || reference_property(self.kind) == Some(attribute) && attribute != "PublicIp"
            || self.arn_form().is_some_and(|(_, _, form)| form.contains(&format!("{{{attribute}}}")))
    }

    /// Whether the property is the ARN of the resource itself.
    fn is_arn(&self, property: &str) -> bool {
        let own = || self.kind.rsplit("::").next().unwrap_or_default();
        property == "Arn"
            || property == "ARN"
            || property.strip_suffix("Arn").is_some_and(|of| of == own())
            || property.ends_with("Arn") && reference_property(self.kind) == Some(property)
            || ARN_PROPERTIES.contains(&(self.kind, property))
    }

    fn arn_form(&self) -> Option<(&'static str, Owner, &'static str)> {
        let found = ARNS.binary_search_by_key(&self.kind, |(kind, ..)| kind).ok()?;
        let (_, service, owner, form) = ARNS.get(found)?;
        Some((service, *owner, form))
    }

    fn prefix(&self, property: &str) -> Option<&'static str> {
        let found = PREFIXES.binary_search_by_key(&(self.kind, property), |(kind, name, _)| (kind, name)).ok()?;
        Some(PREFIXES.get(found)?.2)
    }

    /// The ARN; unknown where a name in it is. A type that the table lacks has one that is well-formed and no more.
    fn arn(&self) -> Value {
        if let "AWS::Lambda::Version" | "AWS::Lambda::Alias" = self.kind {
            return self.qualified_arn();
        }
        let Some((service, owner, form)) = self.arn_form() else {
            let mut parts = self.kind.split("::").skip(1).map(str::to_lowercase);
            let (service, resource) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            return self.arn_of(&service, Owner::Regional, &format!("{resource}/{}", self.name())).into();
        };
        match self.filled(form) {
            Some(resource) => self.arn_of(service, owner, &resource).into(),
            None => unnamed(self.logical_id),
        }
    }

    fn arn_of(&self, service: &str, owner: Owner, resource: &str) -> String {
        let Deployment { partition, region, account, .. } = self.at;
        let (region, account) = match owner {
            Owner::Regional => (*region, *account),
            Owner::Global => ("", *account),
            Owner::Unowned => (*region, ""),
            Owner::Bare => ("", ""),
        };
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// A form with the identities in their places; nothing where one is not known.
    fn filled(&self, form: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            text.push_str(before);
            match (name, self.properties.get(name)) {
                ("#", _) => text.push_str(&self.mark("")),
                ("Path", None) => text.push('/'),
                ("Url", Some(Value::String(url))) => text.push_str(url.trim_start_matches("https://")),
                _ => text.push_str(self.identity(name).as_str()?),
            }
            rest = after;
        }
        text.push_str(rest);
        // A parameter of Systems Manager may begin with the slash that stands before it.
        Some(text.replace("parameter//", "parameter/"))
    }

    /// The ARN of a version or an alias of a function.
    fn qualified_arn(&self) -> Value {
        let function = self.properties.get("FunctionName").and_then(Value::as_str);
        let qualifier = match self.kind {
            "AWS::Lambda::Alias" => self.identity("Name"),
            _ => self.mark("").into(),
        };
        match (function, qualifier.as_str()) {
            (Some(arn), Some(qualifier)) if arn.starts_with("arn:") => format!("{arn}:{qualifier}").into(),
            (Some(name), Some(qualifier)) => {
                self.arn_of("lambda", Owner::Regional, &format!("function:{name}:{qualifier}")).into()
            }
            _ => unnamed(self.logical_id),
        }
    }

    /// The ARN of a part of the resource.
    fn below_arn(&self, part: &str) -> Value {
        match self.arn().as_str() {
            Some(arn) => format!("{arn}/{part}/{}", self.mark(part)).into(),
            None => unnamed(self.logical_id),
        }
    }

    fn queue_url(&self) -> Value {
        let Deployment { region, account, partition, .. } = self.at;
        let domain = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        match self.identity("QueueName").as_str() {
            Some(name) => format!("https://sqs.{region}.{domain}/{account}/{name}").into(),
            None => unnamed(self.logical_id),
        }
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}-{}", plain(self.logical_id), self.mark(prefix))
    }

    /// A name as CloudFormation makes it: of the stack, the logical id, and a part that makes it unique.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
    fn name(&self) -> String {
        self.name_of("")
    }

    fn name_of(&self, property: &str) -> String {
        let parts = [plain(self.at.stack), plain(self.logical_id), self.mark(property)];
        let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        // Names of buckets and identifiers of databases are in lower case.
        if matches!(self.kind, "AWS::S3::Bucket") || self.kind.contains("::DB") { name.to_lowercase() } else { name }
    }

    /// What makes a symbol unique: nobody has such a name by chance.
    fn mark(&self, what: &str) -> String {
        let Deployment { region, account, stack, .. } = self.at;
        let place = [*account, *region, *stack, self.logical_id, what].join("\0");
        Sha256::digest(place).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// As much of a name as ids, names and ARNs may hold.
fn plain(name: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().take(40).map(keep).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;

    const AT: Deployment<'_> =
        Deployment { partition: "aws", region: "ap-northeast-1", account: "111111111111", stack: "Town" };

    fn read(json: Json) -> Value {
        Value::from_notation(json).unwrap()
    }

    fn reference_of(kind: &str, json: Json) -> Value {
        reference(kind, "It", &read(json), &AT)
    }

    fn attribute_of(kind: &str, json: Json, name: &str) -> Value {
        attribute(kind, "It", &read(json), name, &AT)
    }

    #[test]
    fn the_tables_are_sorted_and_name_what_exists() {
        let schema = CfnSchema::load().unwrap();
        let has = |kind: &str, name: &str| schema.properties(kind).and_then(|node| node.property(name)).is_some();
        let beyond = ["OwnerId", "QueueName", "TopicName"];
        assert!(REFERENCES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(PREFIXES.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        assert!(ARNS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(COMPLETED.is_sorted_by(|a, b| a.0 < b.0));
        for (kind, name) in REFERENCES.iter().chain(ATTRIBUTES).chain(ARN_PROPERTIES) {
            assert!(has(kind, name) || beyond.contains(name), "{kind} {name}");
        }
        for (kind, name, _) in PREFIXES {
            assert!(has(kind, name), "{kind} {name}");
        }
        for (kind, names) in COMPLETED {
            assert!(names.iter().all(|name| has(kind, name) || beyond.contains(name)), "{kind} {names:?}");
        }
        for (kind, _, _, form) in ARNS {
            for name in form.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name) {
                assert!(name == "#" || has(kind, name), "{kind} {name}");
            }
        }
    }

    /// The sections "Return values" of the types in the CloudFormation template reference.
    #[test]
    fn what_ref_gives() {
        let arn = |text: &str| format!("arn:aws:{text}");
        for (kind, properties, begin) in [
            ("AWS::S3::Bucket", json!({}), "town-it-".to_owned()),
            ("AWS::S3::Bucket", json!({"BucketName": "residents"}), "residents".to_owned()),
            ("AWS::EC2::VPC", json!({}), "vpc-It-".to_owned()),
            ("AWS::EC2::SecurityGroup", json!({"GroupName": "web"}), "sg-It-".to_owned()),
            ("AWS::EC2::InternetGateway", json!({}), "igw-It-".to_owned()),
            ("AWS::EC2::VPCEndpoint", json!({}), "vpce-It-".to_owned()),
            ("AWS::IAM::Role", json!({}), "Town-It-".to_owned()),
            ("AWS::IAM::ManagedPolicy", json!({}), arn("iam::111111111111:policy/Town-It-")),
            ("AWS::KMS::Key", json!({}), "Town-It-".to_owned()),
            ("AWS::KMS::Alias", json!({"AliasName": "alias/data"}), "alias/data".to_owned()),
            ("AWS::SNS::Topic", json!({"TopicName": "alarms"}), arn("sns:ap-northeast-1:111111111111:alarms")),
            (
                "AWS::SQS::Queue",
                json!({"QueueName": "jobs"}),
                "https://sqs.ap-northeast-1.amazonaws.com/111111111111/jobs".to_owned(),
            ),
            ("AWS::Lambda::Function", json!({"FunctionName": "convert"}), "convert".to_owned()),
            (
                "AWS::Lambda::Alias",
                json!({"FunctionName": "convert", "Name": "live"}),
                arn("lambda:ap-northeast-1:111111111111:function:convert:live"),
            ),
            ("AWS::RDS::DBInstance", json!({}), "town-it-".to_owned()),
            ("AWS::DocDB::DBCluster", json!({"DBClusterIdentifier": "main"}), "main".to_owned()),
            (
                "AWS::SecretsManager::Secret",
                json!({"Name": "db"}),
                arn("secretsmanager:ap-northeast-1:111111111111:secret:db-"),
            ),
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                json!({"Name": "web"}),
                arn("elasticloadbalancing:ap-northeast-1:111111111111:loadbalancer/app/web/"),
            ),
            ("AWS::ECS::Service", json!({}), arn("ecs:ap-northeast-1:111111111111:service/Town-It-")),
            ("AWS::ApiGateway::Stage", json!({"RestApiId": "a1b2", "StageName": "prod"}), "prod".to_owned()),
            ("Custom::Whatever", json!({}), "Town-It-".to_owned()),
        ] {
            let value = reference_of(kind, properties);
            assert!(value.as_str().is_some_and(|text| text.starts_with(&begin)), "{kind}: {value:?}");
        }
        let address = Value::unknown(Unknown::Unresolved("Ref It".into()));
        assert_eq!(reference_of("AWS::EC2::EIP", json!({})), address);
    }

    #[test]
    fn what_get_att_gives() {
        for (kind, properties, name, expected) in [
            ("AWS::S3::Bucket", json!({"BucketName": "residents"}), "Arn", "arn:aws:s3:::residents"),
            (
                "AWS::IAM::Role",
                json!({"RoleName": "ops", "Path": "/gov/"}),
                "Arn",
                "arn:aws:iam::111111111111:role/gov/ops",
            ),
            (
                "AWS::IAM::OIDCProvider",
                json!({"Url": "https://token.example.com"}),
                "Arn",
                "arn:aws:iam::111111111111:oidc-provider/token.example.com",
            ),
            (
                "AWS::Logs::LogGroup",
                json!({"LogGroupName": "/app"}),
                "Arn",
                "arn:aws:logs:ap-northeast-1:111111111111:log-group:/app:*",
            ),
            (
                "AWS::RDS::DBInstance",
                json!({"DBInstanceIdentifier": "main"}),
                "DBInstanceArn",
                "arn:aws:rds:ap-northeast-1:111111111111:db:main",
            ),
            (
                "AWS::SSM::Parameter",
                json!({"Name": "/a/b"}),
                "Arn",
                "arn:aws:ssm:ap-northeast-1:111111111111:parameter/a/b",
            ),
            ("AWS::SNS::Topic", json!({"TopicName": "alarms"}), "TopicName", "alarms"),
            ("AWS::EC2::Subnet", json!({"VpcId": "vpc-1"}), "VpcId", "vpc-1"),
            ("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}), "CidrBlock", "10.0.0.0/16"),
        ] {
            assert_eq!(attribute_of(kind, properties, name), expected.into(), "{kind}.{name}");
        }
        for (kind, name, begin) in [
            ("AWS::EC2::VPC", "DefaultSecurityGroup", "sg-It-"),
            ("AWS::EC2::EIP", "AllocationId", "eipalloc-It-"),
            ("AWS::EC2::SecurityGroup", "GroupId", "sg-It-"),
            ("AWS::KMS::Key", "Arn", "arn:aws:kms:ap-northeast-1:111111111111:key/Town-It-"),
            ("AWS::DynamoDB::Table", "StreamArn", "arn:aws:dynamodb:ap-northeast-1:111111111111:table/Town-It-"),
            ("AWS::Batch::JobQueue", "JobQueueArn", "arn:aws:batch:ap-northeast-1:111111111111:jobqueue/Town-It-"),
            ("AWS::ApiGateway::RestApi", "RootResourceId", "Town-It-"),
        ] {
            let value = attribute_of(kind, json!({}), name);
            assert!(value.as_str().is_some_and(|text| text.starts_with(begin)), "{kind}.{name}: {value:?}");
        }
        for (kind, name) in [
            ("AWS::RDS::DBCluster", "Endpoint.Address"),
            ("AWS::RDS::DBCluster", "MasterUserSecret.SecretArn"),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName"),
            ("AWS::EC2::Instance", "PrivateIp"),
            ("AWS::EC2::EIP", "PublicIp"),
            ("AWS::EC2::NetworkInterface", "VpcId"),
            ("Custom::Whatever", "Anything"),
        ] {
            let unknown = Value::unknown(Unknown::Unresolved(format!("GetAtt It.{name}")));
            assert_eq!(attribute_of(kind, json!({}), name), unknown, "{kind}.{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_known_makes_unknown_what_has_it() {
        let hidden = || json!({"BucketName": {"$unknown": {"unresolved": "Ref Env"}}});
        assert_eq!(reference_of("AWS::S3::Bucket", hidden()), unnamed("It"));
        assert_eq!(attribute_of("AWS::S3::Bucket", hidden(), "Arn"), unnamed("It"));
        let completed = complete("AWS::S3::Bucket", "It", read(hidden()), &AT);
        assert_eq!(completed.get("BucketName"), read(hidden()).get("BucketName"));
        assert_eq!(completed.get("Arn"), Some(&unnamed("It")));
    }

    #[test]
    fn a_resource_has_the_identity_that_references_give() {
        for (kind, names) in COMPLETED {
            let properties = complete(kind, "It", read(json!({})), &AT);
            for name in *names {
                let own = properties.get(name).cloned().unwrap();
                assert!(own.as_str().is_some(), "{kind}.{name}: {own:?}");
                assert_eq!(attribute(kind, "It", &properties, name, &AT), own, "{kind}.{name}");
                assert_eq!(attribute(kind, "It", &read(json!({})), name, &AT), own, "{kind}.{name}");
            }
            let referred = reference(kind, "It", &properties, &AT);
            assert_eq!(referred, reference(kind, "It", &read(json!({})), &AT), "{kind}");
        }
        let vault = complete("AWS::Backup::BackupVault", "It", read(json!({"BackupVaultName": "main"})), &AT);
        assert_eq!(vault, read(json!({"BackupVaultName": "main"})));
    }

    #[test]
    fn places_have_symbols_of_their_own() {
        let symbol = |logical_id: &str, at: &Deployment<'_>| reference("AWS::EC2::VPC", logical_id, &Value::Null, at);
        let here = symbol("Parent/Net", &AT);
        assert_eq!(here, symbol("Parent/Net", &AT));
        for other in [
            symbol("Parent/Other", &AT),
            symbol("Parent-Net", &AT),
            symbol("Parent/Net", &Deployment { stack: "City", ..AT }),
            symbol("Parent/Net", &Deployment { region: "ap-northeast-3", ..AT }),
            symbol("Parent/Net", &Deployment { account: "222222222222", ..AT }),
        ] {
            assert_ne!(here, other);
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_an_arn(logical_id in "\\PC{0,60}", stack in "\\PC{0,60}", kind in 0..ARNS.len()) {
            let at = Deployment { stack: &stack, ..AT };
            let kind = ARNS[kind].0;
            let arn = attribute(kind, &logical_id, &Value::Null, "Arn", &at);
            let known = arn.as_str().is_some_and(|arn| arn.starts_with("arn:aws:") && arn.is_ascii());
            prop_assert!(known, "{:?}", arn);
        }
    }
}
