//! A fleet that keeps every guardrail: nothing fails, nothing is unknown, and nothing but reading was done.

use std::collections::BTreeSet;

use govcheck::source::aws::collectors;

use crate::support::actions::{READS_BY_ANOTHER_NAME, actions_of};
use crate::support::fake_aws::{FakeAws, On, Reply};
use crate::support::root;
use crate::support::scan::{Fleet, items, verdicts};

/// What is called without a collector: who am I, and the way into the accounts.
const ENTRY: [&str; 2] = ["sts:AssumeRole", "sts:GetCallerIdentity"];

/// What reading the types without a collector of their own calls.
const THROUGH_CLOUD_CONTROL: [&str; 2] = ["cloudformation:GetResource", "cloudformation:ListResources"];

/// An account with no active access key, as another guardrail wants it, has none to rotate.
const ROTATED: &str = "iam-access-keys-are-rotated";

/// The fleet's accounts are of closed networks; `edge.rs` has one that is not.
const INTERNET_FACING: &str = "internet-facing-endpoints-are-behind-waf";

#[test]
fn a_healthy_fleet_is_compliant_and_was_only_read() {
    // One account's listing does not say where the buckets are, as it is where S3 is older than that field.
    let listing = On::operation("ListBuckets").account("333333333333").reply(Reply::replaced("BucketRegion", "Other"));
    let aws = FakeAws::start(vec![listing]);
    let fleet = Fleet::new();
    let protected = r#"["arn:aws:iam::*:role/Central*", "arn:aws:cloudformation:*:*:stack/Central*"]"#;
    let params =
        format!("required_tag_keys: [system]\nprotected_arns: {protected}\nmanagement_account_id: \"000000000000\"\n");
    std::fs::write(fleet.path("params.yaml"), params).unwrap();
    let run = fleet.scan(&aws).args(["--params", "params.yaml", "--scp"]).arg(root().join("fixtures/scp-complete"));
    let run = run.arg("--rules").arg(fleet.guardrails_about_everything()).run();
    let report = run.json();
    let wrong: Vec<_> = verdicts(&report)
        .into_iter()
        .filter(|(_, verdict)| !["pass", "not_applicable"].contains(&&**verdict))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(items(&report, "/coverage/gaps").is_empty(), "{:#}", report["coverage"]);
    let idle: Vec<_> = items(&report, "/guardrails").iter().filter(|one| one["verdicts"]["pass"] == 0).collect();
    let idle: Vec<_> = idle
        .iter()
        .filter_map(|one| one["id"].as_str())
        .filter(|id| !id.starts_with("everything") && ![ROTATED, INTERNET_FACING].contains(id))
        .collect();
    assert_eq!(idle, Vec::<&str>::new(), "guardrails that judged nothing");
    run.code(0);

    assert_eq!(aws.complaints(), Vec::<String>::new());
    only_reads(&aws);
    let called = aws.operations();
    let called = called.iter().filter(|call| !ENTRY.contains(&call.as_str()));
    let used: BTreeSet<&str> = called
        .flat_map(|call| {
            let actions = actions_of(call);
            assert!(!actions.is_empty(), "the action of {call} is not in the table");
            actions
        })
        .collect();
    let direct = collectors().flat_map(|collector| collector.actions).copied();
    let registered: BTreeSet<&str> = direct.chain(THROUGH_CLOUD_CONTROL).collect();
    assert_eq!(used, registered);
    entered_once(&aws);
}

fn only_reads(aws: &FakeAws) {
    let reads = ["Get", "List", "Describe", "Head"];
    for call in aws.operations() {
        let name = call.split_once(':').map_or("", |(_, name)| name);
        let allowed = ENTRY.iter().chain(&READS_BY_ANOTHER_NAME).any(|known| *known == call);
        assert!(allowed || reads.iter().any(|verb| name.starts_with(verb)), "{call}");
    }
}

fn entered_once(aws: &FakeAws) {
    let entered = aws.assumed_roles();
    let expected = aws.world().members.iter().map(|id| {
        let base = aws.world().base_account.clone();
        ((base, format!("arn:aws:iam::{id}:role/govcheck")), 1)
    });
    assert_eq!(entered, expected.collect());
}
