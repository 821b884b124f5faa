//! CDK assemblies (`cdk.out`): their stacks, evaluated together with those of the same account and region.
//!
//! Stacks of one account and region make one inventory, so that what one of them exports is known to the others. A stack that
//! the app leaves without an environment is taken to be deployed where the caller says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Account, AccountId};
use crate::source::declared::{Declared, Surroundings};
use crate::source::files::Files;
use crate::syntax::{Fault, Faults, Kind, Node, parse};

use super::manifest::{self, Stack};
use super::{Unit, read_stacks};

/// How many stacks the name of an inventory tells.
const MAX_NAMES: usize = 4;

/// Whether a document is the manifest of an assembly, `manifest.json`.
pub fn is_manifest(document: &Node) -> bool {
    manifest::is_manifest(document)
}

/// Reads the assembly in a folder: one inventory for each account and region, sorted by these.
///
/// # Errors
/// What is wrong with its manifests and templates; files that are missing, outside the folder, or too large.
pub fn read_assembly(folder: &Path, at: &Surroundings) -> Result<Vec<Declared>, Faults> {
    let files = Files::below(folder);
    let mut environments: BTreeMap<(AccountId, String), Vec<(Stack, Node)>> = BTreeMap::new();
    let mut faults = Vec::new();
    for stack in manifest::stacks(folder, &files)? {
        match template(&stack) {
            Ok(document) => environments.entry(environment(&stack, at)).or_default().push((stack, document)),
            Err(fault) => faults.push(fault),
        }
    }
    Faults::check(faults)?;
    let inventories = environments.into_iter().map(|((id, region), stacks)| {
        let here = Surroundings { account: Account { id, ..at.account.clone() }, region, ..at.clone() };
        let units: Vec<Unit<'_>> = stacks.iter().map(|(stack, document)| unit(stack, document)).collect();
        read_stacks(&name(folder, &stacks), &units, &here, &files)
    });
    inventories.collect()
}

fn template(stack: &Stack) -> Result<Node, Fault> {
    let document = parse(&stack.template)?;
    match document.kind {
        Kind::Map(_) => Ok(document),
        _ => {
            Err(Fault::at(&stack.template, document.span, "it is not a template").help("synthesise the assembly again"))
        }
    }
}

/// Where a stack is deployed to.
fn environment(stack: &Stack, at: &Surroundings) -> (AccountId, String) {
    let account = stack.account.clone().unwrap_or_else(|| at.account.id.clone());
    (account, stack.region.clone().unwrap_or_else(|| at.region.clone()))
}

fn unit<'a>(stack: &'a Stack, document: &'a Node) -> Unit<'a> {
    let constructs = stack.constructs.iter().map(|(path, id)| (id.clone(), path.clone())).collect();
    Unit { file: &stack.template, document, stack: Some(&stack.name), constructs, parameters: stack.parameters.clone() }
}

/// The folder and the stacks, as in `cdk.out (Network, Database)`.
fn name(folder: &Path, stacks: &[(Stack, Node)]) -> String {
    let labels: Vec<&str> = stacks.iter().take(MAX_NAMES).map(|(stack, _)| stack.label.as_str()).collect();
    let more = stacks.len() - labels.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} ({}{more})", folder.display(), labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Resource, Value};
    use std::collections::BTreeSet;

    fn surroundings() -> Surroundings {
        Surroundings {
            account: Account::new("222222222222".parse().unwrap()),
            region: "ap-northeast-1".into(),
            parameters: BTreeMap::from([("ExternalAccount".into(), "333333333333".into())]),
            types: TYPES.iter().map(|kind| (*kind).to_owned()).collect(),
        }
    }

    const TYPES: [&str; 10] = [
        "AWS::EC2::InternetGateway",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::VPC",
        "AWS::ECS::TaskDefinition",
        "AWS::KMS::Key",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
    ];

    fn read() -> Vec<Declared> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdk/cdk.out");
        read_assembly(&folder, &surroundings()).unwrap()
    }

    /// The resources of a type in every first world, by construct.
    fn of<'a>(declared: &'a [Declared], kind: &str) -> BTreeMap<&'a str, &'a Resource> {
        let resources = declared.iter().flat_map(|declared| &declared.worlds[0].inventory.resources);
        let named = resources
            .filter(|resource| resource.id.resource_type == kind)
            .filter_map(|resource| Some((resource.origin.as_ref()?.construct.as_deref()?, resource)));
        named.collect()
    }

    #[test]
    fn stacks_of_one_environment_are_one_inventory() {
        let declared = read();
        let lines: Vec<String> = declared
            .iter()
            .map(|declared| {
                let inventory = &declared.worlds[0].inventory;
                let name = declared.name.rsplit('/').next().unwrap();
                let folder = declared.name.find("cdk.out (").map(|at| &declared.name[at..]);
                format!("{} {:?} {}", inventory.account.id, inventory.regions, folder.unwrap_or(name))
            })
            .collect();
        let expected = [
            "111111111111 [\"ap-northeast-1\"] cdk.out (Keys, Network, Data, Service)",
            "111111111111 [\"ap-northeast-3\"] cdk.out (Disaster/Drill/Recovery, Disaster/Recovery)",
            "111111111111 [\"us-east-1\"] cdk.out (Edge)",
            "222222222222 [\"ap-northeast-1\"] cdk.out (Common)",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_one_stack_exports_is_known_to_the_others() {
        let declared = read();
        let keys = of(&declared, "AWS::KMS::Key");
        let arn = keys["Keys/Data/Resource"].properties.get("Arn").unwrap();
        assert!(arn.as_str().unwrap().starts_with("arn:aws:kms:ap-northeast-1:111111111111:key/"));
        let queues = of(&declared, "AWS::SQS::Queue");
        assert_eq!(queues["Service/Batch/Work/Resource"].properties.get("KmsMasterKeyId"), Some(arn));
        let clusters = of(&declared, "AWS::RDS::DBCluster");
        assert_eq!(clusters["Data/Records/Resource"].properties.get("KmsKeyId"), Some(arn));
    }

    #[test]
    fn an_output_of_another_stack_is_read() {
        let declared = read();
        let tasks = of(&declared, "AWS::ECS::TaskDefinition");
        let containers = tasks["Service/Task/Resource"].properties.get("ContainerDefinitions").unwrap();
        let Some(Value::List(variables)) = containers.one_or_many()[0].get("Environment") else {
            panic!("{containers:?}")
        };
        let bucket = variables.iter().find(|item| item.get("Name").and_then(Value::as_str) == Some("BUCKET")).unwrap();
        let buckets = of(&declared, "AWS::S3::Bucket");
        assert_eq!(bucket.get("Value"), buckets["Data/Documents/Resource"].properties.get("BucketName"));
    }

    #[test]
    fn nested_stacks_are_read_at_every_depth() {
        let declared = read();
        let inbox = of(&declared, "AWS::SQS::Queue")["Service/Batch/Reports/Inbox/Resource"];
        let origin = inbox.origin.as_ref().unwrap();
        assert!(origin.file.ends_with("cdk.out/ServiceBatchReportsD7D208C7.nested.template.json"), "{}", origin.file);
        assert_eq!(origin.logical_id.matches('/').count(), 2, "{}", origin.logical_id);
        assert!(inbox.properties.get("KmsMasterKeyId").is_none());
        assert_eq!(inbox.properties.get("SqsManagedSseEnabled"), Some(&Value::from(false)));
    }

    #[test]
    fn every_resource_that_cdk_writes_has_its_construct() {
        let declared = read();
        let resources =
            declared.iter().flat_map(|declared| &declared.worlds).flat_map(|world| &world.inventory.resources);
        let origins = resources.filter_map(|resource| resource.origin.as_ref());
        let without: BTreeSet<&str> =
            origins.filter(|origin| origin.construct.is_none()).map(|origin| origin.logical_id.as_str()).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn a_stack_without_an_environment_has_a_world_for_each_way_its_conditions_come_out() {
        let declared = read();
        let common = declared.iter().find(|declared| declared.name.contains("Common")).unwrap();
        let worlds: Vec<(&str, bool)> = common
            .worlds
            .iter()
            .map(|world| {
                let resources = &world.inventory.resources;
                (world.assumption.as_str(), resources.iter().any(|r| r.id.resource_type == "AWS::EC2::InternetGateway"))
            })
            .collect();
        assert_eq!(worlds.len(), 3, "{worlds:?}");
        // The default of `Maintenance` closes it.
        assert!(worlds.iter().all(|(_, gateway)| !gateway), "{worlds:?}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_manifest_makes_it_panic(
            text in "(\\{|\\}|\\[|\\]|,|:|\"(version|36.0.0|artifacts|A|type|properties|templateFile|directoryName|environment|aws:cloudformation:stack|cdk:cloud-assembly|aws://1/r|metadata|manifest.json|..)\"|1){0,60}",
            artifact in "(\\{|\\}|,|:|\"(type|properties|templateFile|directoryName|environment|aws:cloudformation:stack|cdk:cloud-assembly|unknown|\\.|a/\\.\\.)\"){0,30}",
        ) {
            let folder = tempfile::tempdir().unwrap();
            for manifest in [text, format!(r#"{{"version": "36.0.0", "artifacts": {{"A": {{{artifact}}}}}}}"#)] {
                std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
                let _ = read_assembly(folder.path(), &surroundings());
            }
        }
    }
}
