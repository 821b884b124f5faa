//! What the prover takes for granted about regions and endpoints, compared with botocore's table of endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use govcheck::policy::{Catalogue, REGIONS};
use serde_json::Value;

use crate::support::venv::Venv;

/// Services whose name in the table is not the prefix of their actions.
const OTHER_NAMES: [(&str, &str); 1] = [("api.ecr-public", "ecr-public")];

/// Services without regional endpoints that a region lock need not exempt: the requests of CodeCatalyst are signed for no
/// region, and the Mechanical Turk has no place here.
const LEFT_OUT: [&str; 2] = ["codecatalyst", "mturk-requester"];

/// The table has it in every region, where it has no endpoint:
/// <https://docs.aws.amazon.com/general/latest/gr/global_accelerator.html>
const NOT_AS_IN_THE_TABLE: [&str; 1] = ["globalaccelerator"];

/// The partition `aws` of the table.
fn partition() -> Value {
    let program = "import botocore, pathlib\n\
                   print((pathlib.Path(botocore.__file__).parent / 'data/endpoints.json').read_text())";
    let output = Command::new(Venv::ready("moto").program("python")).args(["-c", program]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut table: Value = serde_json::from_slice(&output.stdout).unwrap();
    let partitions = table["partitions"].as_array_mut().unwrap();
    partitions.iter_mut().find(|partition| partition["partition"] == "aws").unwrap().take()
}

/// By the prefix of its actions: whether a service has endpoints in most regions, and the regions for which requests to
/// any of its endpoints are signed.
fn signed_for(partition: &Value) -> BTreeMap<String, (bool, BTreeSet<String>)> {
    let regions = partition["regions"].as_object().unwrap();
    let service = |(name, service): (&String, &Value)| {
        let name = OTHER_NAMES.iter().find(|(own, _)| own == name).map_or(name.as_str(), |(_, prefix)| prefix);
        let region = |(key, endpoint): (&String, &Value)| {
            let signed = endpoint["credentialScope"]["region"].as_str().map(str::to_owned);
            signed.or_else(|| regions.contains_key(key).then(|| key.clone()))
        };
        let endpoints = service["endpoints"].as_object().into_iter().flatten();
        let regional = service["isRegionalized"] != false;
        (name.to_owned(), (regional, endpoints.filter_map(region).collect()))
    };
    partition["services"].as_object().unwrap().iter().map(service).collect()
}

#[test]
fn the_regions_are_those_that_exist() {
    let partition = partition();
    let exist: BTreeSet<&str> = partition["regions"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from(REGIONS), exist, "src/policy/keys.rs is not up to date");
}

#[test]
fn the_services_that_a_region_lock_exempts_have_no_endpoints_elsewhere() {
    let known = signed_for(&partition());
    let catalogue = Catalogue::load().unwrap();
    let mut compared = 0;
    for global in catalogue.global.iter().filter(|global| global.only_there) {
        let prefix = global.text.split(':').next().unwrap();
        // Not every service is in the table.
        let Some((_, regions)) = known.get(prefix).filter(|_| !NOT_AS_IN_THE_TABLE.contains(&prefix)) else { continue };
        let shipped: BTreeSet<String> = global.regions.iter().map(|region| (*region).to_owned()).collect();
        assert_eq!(&shipped, regions, "{prefix}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn every_service_without_regional_endpoints_is_exempt() {
    let exempt: BTreeSet<&str> =
        Catalogue::load().unwrap().global_patterns().filter_map(|pattern| pattern.strip_suffix(":*")).collect();
    let known = signed_for(&partition());
    let global = known.iter().filter(|(_, (regional, _))| !regional).map(|(name, _)| name.as_str());
    let missing: Vec<&str> = global.filter(|name| !exempt.contains(name) && !LEFT_OUT.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "data/global-services.txt is not up to date");
}
