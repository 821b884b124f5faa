//! What guardrails say of Terraform plans, with the sources beside them and without.

use std::collections::BTreeMap;
use std::path::Path;

use govcheck::engine::Engine;
use govcheck::model::{Account, Inventory};
use govcheck::rule::RulePack;
use govcheck::source::declared::Surroundings;
use govcheck::source::terraform;

const PUBLIC: &str = "s3-bucket-not-public";
const HTTP: &str = "s3-bucket-refuses-plain-http";
const OPEN: &str = "security-groups-do-not-open-ssh-or-rdp";
const VOLUME: &str = "ebs-volumes-are-encrypted";

/// The verdicts of a fixture by guardrail and address.
struct Verdicts(BTreeMap<(String, String), String>);

impl Verdicts {
    fn of(fixture: &str, with_sources: bool) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform").join(fixture);
        let pack = RulePack::embedded().unwrap();
        let guardrails = pack.guardrails.clone();
        let engine = Engine::new(guardrails, &pack.params, chrono::DateTime::UNIX_EPOCH);
        let found = engine.evaluate(&inventory(&folder, with_sources, &engine));
        let verdicts = found.into_iter().map(|finding| {
            ((finding.guardrail.to_string(), finding.resource.name.clone()), finding.verdict.to_string())
        });
        Self(verdicts.collect())
    }

    fn assert(&self, guardrail: &str, address: &str, expected: &str) {
        let found = self.0.get(&(guardrail.to_owned(), address.to_owned())).map(String::as_str);
        assert_eq!(found, Some(expected), "{guardrail} on {address}");
    }
}

fn inventory(folder: &Path, with_sources: bool, engine: &Engine) -> Inventory {
    let text = std::fs::read_to_string(folder.join("plan.json")).unwrap();
    let at = Surroundings {
        account: Account::new("000000000000".parse().unwrap()),
        region: "ap-northeast-1".to_owned(),
        parameters: BTreeMap::new(),
        types: engine.needed_types(),
    };
    terraform::read("plan.json", &text, &at, with_sources.then_some(folder)).unwrap().worlds.remove(0).inventory
}

#[test]
fn what_is_wrong_with_new_resources_is_found_with_their_sources() {
    let verdicts = Verdicts::of("failures", true);
    verdicts.assert(PUBLIC, "aws_s3_bucket.site", "fail");
    verdicts.assert(PUBLIC, "aws_s3_bucket.half", "pass");
    verdicts.assert(PUBLIC, "aws_s3_bucket.safe", "pass");
    verdicts.assert(HTTP, "aws_s3_bucket.site", "fail");
    verdicts.assert(HTTP, "aws_s3_bucket.half", "fail");
    verdicts.assert(HTTP, "aws_s3_bucket.safe", "pass");
    verdicts.assert(OPEN, "aws_security_group.open", "fail");
    verdicts.assert(OPEN, "aws_security_group.closed", "pass");
    verdicts.assert(VOLUME, "aws_ebs_volume.plain", "fail");
}

#[test]
fn what_only_the_sources_tell_is_unknown_without_them() {
    let verdicts = Verdicts::of("failures", false);
    verdicts.assert(PUBLIC, "aws_s3_bucket.site", "unknown");
    verdicts.assert(HTTP, "aws_s3_bucket.safe", "unknown");
    verdicts.assert(OPEN, "aws_security_group.open", "fail");
    verdicts.assert(OPEN, "aws_security_group.closed", "unknown");
    verdicts.assert(VOLUME, "aws_ebs_volume.plain", "fail");
}

#[test]
fn what_is_known_after_the_apply_is_never_a_pass() {
    for with_sources in [true, false] {
        let verdicts = Verdicts::of("unknowns", with_sources);
        verdicts.assert(PUBLIC, "aws_s3_bucket.shared", "unknown");
        verdicts.assert(PUBLIC, "aws_s3_bucket.computed", "unknown");
        verdicts.assert(HTTP, "aws_s3_bucket.computed", "unknown");
        verdicts.assert(OPEN, "aws_security_group.dynamic", "unknown");
        verdicts.assert(VOLUME, "aws_ebs_volume.computed", "unknown");
    }
}
