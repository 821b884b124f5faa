//! Databases and data stores as moto does not have them.

use std::collections::BTreeMap;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, verdicts};

const ACCOUNT: &str = "111111111111";
const REGION: &str = "ap-northeast-1";

/// The verdicts of one guardrail in one region of one account, by the name of the resource.
type Verdicts = BTreeMap<String, String>;

fn judged(script: Vec<Rule>, alias: &str) -> (Verdicts, FakeAws) {
    let aws = FakeAws::start(script);
    let fleet = Fleet::new();
    let report = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", alias]).run().json();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let here = verdicts(&report).into_iter().filter(|(cell, _)| cell[2] == REGION);
    (here.map(|([.., name], verdict)| (name, verdict)).collect(), aws)
}

#[track_caller]
fn assert_verdicts(found: &Verdicts, expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = found.iter().map(|(name, verdict)| (name.as_str(), verdict.as_str())).collect();
    assert_eq!(found, expected);
}

fn page_2(operation: &str) -> On {
    let token = if operation.ends_with("Clusters") { "clusters-2" } else { "instances-2" };
    On::operation(operation).containing(token)
}

#[test]
fn clusters_of_neptune_and_documentdb_come_from_the_api_of_rds() {
    let flag = |value| format!("<DeletionProtection>{value}</DeletionProtection>");
    let script = vec![page_2("DescribeDBClusters").reply(Reply::replaced(&flag("true"), &flag("false")))];
    let (found, _) = judged(script, "GC-OPS-005");
    let members = ["graph-1", "graph-2", "papers-1", "papers-2"];
    assert!(members.iter().all(|name| !found.contains_key(*name)), "{found:?}");
    let kept: Verdicts = found.into_iter().filter(|(name, _)| !name.starts_with("juki-")).collect();
    assert_verdicts(&kept, &[("graph", "fail"), ("juki", "pass"), ("papers", "fail"), ("zei", "pass")]);
}

#[test]
fn tls_is_what_the_parameter_group_in_use_says() {
    let parameters = |group| On::operation("DescribeDBClusterParameters").containing(group).region(REGION);
    // The first page of the group has none of the parameters that matter.
    let script = vec![
        parameters("papers").times(1).reply(Reply::Ok),
        parameters("papers").reply(Reply::replaced("enabled", "disabled")),
        parameters("graph").reply(Reply::error(500, "InternalFailure", "no")),
    ];
    let (found, _) = judged(script, "GC-TLS-003");
    let kept: Verdicts = found.into_iter().filter(|(_, verdict)| verdict != "not_applicable").collect();
    assert_verdicts(&kept, &[("graph", "unknown"), ("juki", "pass"), ("papers", "fail"), ("zei", "pass")]);
}

#[test]
fn the_key_that_aws_owns_encrypts_too() {
    let storage = |encrypted, kind| {
        format!("<StorageEncrypted>{encrypted}</StorageEncrypted><StorageEncryptionType>{kind}</StorageEncryptionType>")
    };
    for (kind, verdict) in [("sse-rds", "pass"), ("none", "fail")] {
        for (operation, alias, name) in
            [("DescribeDBInstances", "GC-ENC-003", "zei"), ("DescribeDBClusters", "GC-ENC-004", "juki")]
        {
            let changed = Reply::replaced(&storage("true", "sse-kms"), &storage("false", kind));
            let (found, _) = judged(vec![On::operation(operation).reply(changed)], alias);
            assert_eq!(found.get(name).map(String::as_str), Some(verdict), "{alias} {kind}: {found:?}");
        }
    }
}

#[test]
fn the_engine_says_which_logs_are_needed() {
    for (engine, verdict) in [("postgres", "pass"), ("mariadb", "fail"), ("custom-oracle-ee", "not_applicable")] {
        let engine = format!("<Engine>{engine}</Engine>");
        let script = vec![
            page_2("DescribeDBInstances").reply(Reply::Ok),
            On::operation("DescribeDBInstances").reply(Reply::replaced("<Engine>postgres</Engine>", &engine)),
        ];
        let (found, _) = judged(script, "GC-LOG-011");
        assert_eq!(found.get("zei").map(String::as_str), Some(verdict), "{engine}: {found:?}");
    }
}

#[test]
fn automated_snapshots_are_not_asked_who_may_restore_them() {
    let (found, aws) = judged(Vec::new(), "GC-EXP-003");
    assert!(["zei-manual", "zei-automated", "juki-manual", "juki-automated"].iter().all(|name| found[*name] == "pass"));
    for operation in ["DescribeDBSnapshotAttributes", "DescribeDBClusterSnapshotAttributes"] {
        assert_eq!(aws.count(&On::operation(operation).region(REGION)), 1);
    }
}

#[test]
fn a_snapshot_that_is_gone_is_no_finding_and_any_other_failure_is_unknown() {
    for (code, verdict) in [("DBSnapshotNotFound", None), ("InvalidParameterValue", Some("unknown"))] {
        let script = vec![On::operation("DescribeDBSnapshotAttributes").reply(Reply::error(404, code, "no"))];
        let (found, _) = judged(script, "GC-EXP-003");
        assert_eq!(found.get("zei-manual").map(String::as_str), verdict, "{found:?}");
        assert_eq!(found["juki-manual"], "pass");
    }
}

#[test]
fn every_snapshot_that_is_not_automated_is_asked_who_may_restore_it() {
    let attribute = "<AttributeValues><AttributeValue>444444444444</AttributeValue></AttributeValues>";
    let script = vec![
        On::operation("DescribeDBSnapshots")
            .containing("snapshots-2")
            .reply(Reply::replaced("automated<", "awsbackup<")),
        On::operation("DescribeDBSnapshotAttributes").reply(Reply::replaced("<AttributeValues/>", attribute)),
    ];
    let (found, _) = judged(script, "GC-EXP-003");
    assert!(
        found.iter().filter(|(name, _)| name.starts_with("zei-")).all(|(_, verdict)| verdict == "fail"),
        "{found:?}"
    );
}

#[test]
fn a_replication_instance_is_judged_by_itself() {
    let script = vec![
        page_2("DescribeReplicationInstances")
            .reply(Reply::replaced("\"PubliclyAccessible\":false", "\"PubliclyAccessible\":true")),
    ];
    let (found, _) = judged(script, "GC-EXP-008");
    assert_verdicts(&found, &[("dwh", "pass"), ("marts", "pass"), ("move", "pass"), ("sync", "fail")]);
}

#[test]
fn domains_are_described_five_at_a_time() {
    let names = ["logs", "b", "c", "d", "e", "search"].map(|name| format!(r#"{{"DomainName":"{name}"}}"#)).join(",");
    let listed = Reply::body(format!(r#"{{"DomainNames":[{names}]}}"#));
    let (found, aws) = judged(vec![On::operation("ListDomainNames").region(REGION).reply(listed)], "GC-EXP-007");
    // AWS has no error for a domain that is not there: of those that the answer leaves out nothing is known.
    let unanswered = ["b", "c", "d", "e"].map(|name| (name, "unknown"));
    assert_verdicts(&found, &[&unanswered[..], &[("logs", "pass"), ("search", "pass")]].concat());
    assert_eq!(aws.count(&On::operation("DescribeDomains").region(REGION)), 2);
}

#[test]
fn a_domain_outside_a_vpc_fails_and_one_that_cannot_be_described_is_unknown() {
    for (reply, verdict) in [
        (Reply::replaced("\"VPCOptions\"", "\"Other\""), "fail"),
        (Reply::error(500, "InternalException", "no"), "unknown"),
    ] {
        let (found, _) = judged(vec![On::operation("DescribeDomains").reply(reply)], "GC-EXP-007");
        assert_verdicts(&found, &[("logs", verdict), ("search", verdict)]);
    }
}

#[test]
fn a_table_without_a_description_of_its_encryption_has_the_key_that_aws_owns() {
    for (reply, expected) in [
        (Reply::replaced("\"SSEDescription\"", "\"Other\""), vec![("applications", "fail"), ("receipts", "pass")]),
        (Reply::error(400, "ResourceNotFoundException", "gone"), vec![("receipts", "pass")]),
    ] {
        let script = vec![On::operation("DescribeTable").containing("applications").reply(reply)];
        assert_verdicts(&judged(script, "GC-ENC-007").0, &expected);
    }
}
