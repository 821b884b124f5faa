//! Every call that a scan makes, denied: what is not known is never a pass, and never a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use govcheck::model::SIMULATION;
use govcheck::rule::RulePack;
use govcheck::source::aws::collectors;
use serde_json::Value;

use crate::support::Run;
use crate::support::actions::{asked_with, calls_that_need};
use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Cell, Fleet, causes, everything_about, verdicts};

const ACCOUNT: &str = "111111111111";

/// As many scans run at once.
const AT_ONCE: usize = 4;

/// One action, and the guardrails that need it: those built in, and those that read every property.
#[derive(Clone)]
struct Case {
    action: &'static str,
    guardrails: BTreeSet<String>,
}

fn cases() -> Vec<Case> {
    let pack = RulePack::embedded().expect("the built-in rules");
    let all = pack.select(&govcheck::rule::Selection::default()).expect("all rules");
    let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for collector in collectors() {
        for action in collector.actions {
            types.entry(action).or_default().extend(collector.types);
        }
    }
    let case = |(action, types): (&'static str, BTreeSet<&str>)| {
        let of_types = |needed: BTreeSet<String>| needed.iter().any(|kind| types.contains(kind.as_str()));
        let needs = all.guardrails.iter().filter(|one| of_types(one.needed_types())).map(|one| one.id().to_owned());
        let needs = needs.chain(types.contains(SIMULATION).then(|| "internet-gateways-cannot-be-created".to_owned()));
        Case { action, guardrails: needs.chain(types.iter().map(|kind| everything_about(kind))).collect() }
    };
    types.into_iter().map(case).collect()
}

/// The listing of buckets does not say where they are, so that this is asked too.
fn bare_listing() -> Rule {
    On::operation("ListBuckets").reply(Reply::replaced("BucketRegion", "Other"))
}

fn scan(script: Vec<Rule>, guardrails: &BTreeSet<String>) -> Run {
    let aws = FakeAws::start(script.into_iter().chain([bare_listing()]).collect());
    let rules = guardrails.iter().cloned().collect::<Vec<_>>().join(",");
    let fleet = Fleet::new();
    let more = fleet.guardrails_about_everything();
    let run = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", &rules]).arg("--rules").arg(more).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    run
}

#[test]
fn a_denied_action_leaves_unknowns_and_nothing_else() {
    deny_each(&Reply::Denied, "access_denied");
}

#[test]
fn an_action_that_a_service_control_policy_denies_leaves_unknowns_and_nothing_else() {
    deny_each(&Reply::DeniedByScp, "access_denied_by_scp");
}

fn deny_each(reply: &Reply, kind: &str) {
    let cases = cases();
    let everything = cases.iter().flat_map(|case| case.guardrails.clone()).collect();
    let healthy = verdicts(&scan(Vec::new(), &everything).code(0).json());
    let queue = Mutex::new(cases);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = { queue.lock().expect("the queue").pop() } {
                    let found = problems(&case, reply, kind, &healthy);
                    wrong.lock().expect("the list").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a scan in which one action is denied.
fn problems(case: &Case, reply: &Reply, kind: &str, healthy: &BTreeMap<Cell, String>) -> Vec<String> {
    let Case { action, guardrails } = case;
    let calls = calls_that_need(action);
    if calls.is_empty() {
        return vec![format!("{action}: no call in the table needs it")];
    }
    let run = scan(calls.into_iter().map(|on| on.reply(reply.clone())).collect(), guardrails);
    let report = run.json();
    let denied = verdicts(&report);
    let before = healthy.iter().filter(|(cell, _)| guardrails.contains(&cell[0]));
    let before = before.map(|(cell, verdict)| (cell.clone(), verdict.clone())).collect();
    let mut wrong = changes(&before, &denied);
    let denied_call = asked_with(action);
    let cause = format!("{kind} {denied_call}");
    if !causes(&report, ACCOUNT).contains(&cause) {
        wrong.push(format!("no gap says `{cause}`: {:?}", causes(&report, ACCOUNT)));
    }
    let named = unknowns(&report).any(|finding| finding.pointer("/evidence/cause/action") == Some(&denied_call.into()));
    if (run.code, named) != (3, true) {
        wrong.push(format!("exit code {}, an unknown finding names the action: {named}", run.code));
    }
    wrong.into_iter().map(|problem| format!("{action} ({kind}): {problem}")).collect()
}

fn unknowns(report: &Value) -> impl Iterator<Item = &Value> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter(|finding| finding["verdict"] == "unknown")
}

/// The changes that a denial may not bring about. Verdicts may become unknown; findings may vanish where an unknown
/// one of the same guardrail stands for them.
fn changes(before: &BTreeMap<Cell, String>, after: &BTreeMap<Cell, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (cell, verdict) in after {
        let was = before.get(cell);
        if verdict != "unknown" && was != Some(verdict) {
            wrong.push(format!("{cell:?} was {was:?}, is {verdict}"));
        }
    }
    for (cell, _) in before.iter().filter(|(cell, _)| !after.contains_key(*cell)) {
        let stand_in = after.iter().any(|(other, verdict)| other[0] == cell[0] && verdict == "unknown");
        if !stand_in {
            wrong.push(format!("{cell:?} is gone, and nothing says that it is not known"));
        }
    }
    wrong
}

/// The reads that probe a region outside Japan.
const PROBES: [&str; 4] = ["DescribeNetworkInterfaces", "DescribeVolumes", "DescribeSnapshots", "GetResources"];

fn with_probes_of(region: &str, reply: &Reply) -> Run {
    let deny = |name: &&str| On::operation(name).region(region).reply(reply.clone());
    scan(PROBES.iter().map(deny).collect(), &["no-resources-outside-allowed-regions".to_owned()].into())
}

/// The one case where a denial proves something: a policy that refuses every read refuses the region.
#[test]
fn a_region_in_which_a_service_control_policy_denies_every_probe_is_locked() {
    for reply in [Reply::DeniedByScp, Reply::DeniedImplicitScp] {
        with_probes_of("us-east-1", &reply).code(0);
    }
    for reply in [Reply::Denied, Reply::DeniedBare] {
        let report = with_probes_of("us-east-1", &reply).code(3).json();
        let unknown: Vec<_> = unknowns(&report).map(|finding| finding["region"].as_str()).collect();
        assert_eq!(unknown, [Some("us-east-1")]);
    }
}
