//! Load balancers, public endpoints and backups where moto has no answer: answers that break a guardrail, and resources
//! that are gone when they are looked at.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::Run;
use crate::support::fake_aws::{FakeAws, On, Reply, Rule, World};
use crate::support::scan::{Fleet, items, verdicts};

const ACCOUNT: &str = "111111111111";

fn scan_in(world: World, script: Vec<Rule>, rule: &str) -> Run {
    let fleet = Fleet::of(&world);
    let aws = FakeAws::start_in(world, script);
    let run = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", rule]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    run
}

/// The verdicts of a guardrail in one account, by type.
#[track_caller]
fn expect(script: Vec<Rule>, rule: &str, expected: &[(&str, &str)]) {
    assert_eq!(by_type(&scan_in(World::default(), script, rule)), pairs(expected));
}

fn by_type(run: &Run) -> BTreeSet<(String, String)> {
    verdicts(&run.json()).into_iter().map(|(cell, verdict)| (cell[3].clone(), verdict)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(kind, verdict)| ((*kind).to_owned(), (*verdict).to_owned())).collect()
}

const V2: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const CLASSIC: &str = "AWS::ElasticLoadBalancing::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const STAGE: &str = "AWS::ApiGateway::Stage";
const REST_API: &str = "AWS::ApiGateway::RestApi";
const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const VOLUME: &str = "AWS::EC2::Volume";
const PLAN: &str = "AWS::Backup::BackupPlan";

#[test]
fn the_two_kinds_of_load_balancers_are_told_apart() {
    let public = Reply::replaced("<Scheme>internal<", "<Scheme>internet-facing<");
    for (service, kind, other) in [("elasticloadbalancing", V2, CLASSIC), ("classic-elb", CLASSIC, V2)] {
        let open = On::operation("DescribeLoadBalancers").of(service).reply(public.clone());
        expect(vec![open], "GC-EXP-001", &[(kind, "fail"), (other, "pass")]);
    }
    let silent = On::operation("DescribeLoadBalancerAttributes")
        .of("classic-elb")
        .reply(Reply::replaced("<Enabled>true<", "<Enabled>false<"));
    expect(vec![silent], "GC-LOG-010", &[(V2, "pass"), (CLASSIC, "fail")]);
}

#[test]
fn a_load_balancer_that_is_gone_when_it_is_looked_at_is_left_out() {
    let gone = |operation: &str| {
        let reply = Reply::error(400, "LoadBalancerNotFound", "Load balancer not found");
        On::operation(operation).containing("/app/").reply(reply)
    };
    let run = scan_in(World::default(), vec![gone("DescribeLoadBalancerAttributes")], "GC-LOG-010").code(0);
    let names: BTreeSet<String> = verdicts(&run.json()).into_keys().map(|cell| cell[4].clone()).collect();
    assert_eq!(names, ["gateway", "legacy"].map(str::to_owned).into());
    expect(vec![gone("DescribeListeners")], "GC-TLS-002", &[(LISTENER, "pass")]);
}

#[test]
fn apis_and_plans_may_be_gone_too() {
    let gone = On::operation("GetStages").reply(Reply::error(404, "NotFoundException", "Invalid API identifier"));
    let others = [(V2, "not_applicable"), (DISTRIBUTION, "pass")];
    assert_eq!(by_type(&internet_facing(vec![gone]).code(0)), pairs(&others));
    let gone = Reply::error(400, "ResourceNotFoundException", "Cannot find Backup plan");
    expect(vec![On::operation("GetBackupPlan").reply(gone)], "GC-BKP-002", &[(PLAN, "fail")]);
}

/// A scan of one internet-facing account in one region.
fn internet_facing(script: Vec<Rule>) -> Run {
    let aws = FakeAws::start_in(World { internet: true, ..World::default() }, script);
    let scan = ["scan", "--class", "internet-facing", "--region", "ap-northeast-1", "--rule", "GC-EXP-012"];
    let run = Fleet::new().run(&aws, &scan).args(["--format", "json", "--bundle", "bundle"]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    run
}

#[test]
fn public_endpoints_need_a_web_acl() {
    let open = || {
        let balancers = On::operation("DescribeLoadBalancers").of("elasticloadbalancing");
        vec![
            balancers.reply(Reply::replaced("<Scheme>internal<", "<Scheme>internet-facing<")),
            On::operation("GetRestApis").reply(Reply::replaced("PRIVATE", "REGIONAL")),
        ]
    };
    let protected = [(V2, "pass"), (V2, "not_applicable"), (STAGE, "pass"), (DISTRIBUTION, "pass")];
    assert_eq!(by_type(&internet_facing(open()).code(0)), pairs(&protected));

    let mut bare = open();
    bare.push(On::operation("GetWebACLForResource").reply(Reply::body("{}")));
    bare.push(On::operation("GetStages").reply(Reply::replaced("webAclArn", "other")));
    bare.push(On::operation("ListDistributions").reply(Reply::replaced("WebACLId", "Other")));
    let failing = [(V2, "fail"), (V2, "not_applicable"), (STAGE, "fail"), (DISTRIBUTION, "fail")];
    assert_eq!(by_type(&internet_facing(bare).code(1)), pairs(&failing));

    let mut denied = open();
    denied.push(On::operation("GetWebACLForResource").reply(Reply::Denied));
    let unknown = [(V2, "unknown"), (V2, "not_applicable"), (STAGE, "pass"), (DISTRIBUTION, "pass")];
    assert_eq!(by_type(&internet_facing(denied).code(3)), pairs(&unknown));
}

#[test]
fn a_regional_api_is_not_private() {
    let regional = On::operation("GetRestApis").reply(Reply::replaced("PRIVATE", "REGIONAL"));
    expect(vec![regional], "GC-EXP-006", &[(REST_API, "fail")]);
}

#[test]
fn every_page_of_distributions_needs_approval() {
    let run = scan_in(World { internet: true, ..World::default() }, Vec::new(), "GC-REG-004").code(1);
    let report = run.json();
    assert_eq!(items(&report, "/findings").len(), 2);
    assert_eq!(by_type(&run), pairs(&[(DISTRIBUTION, "fail")]));
}

#[test]
fn volumes_are_backed_up_themselves_or_with_their_instance() {
    let volumes = |reply: Reply, expected: &[&str]| {
        let script = vec![On::operation("ListProtectedResources").reply(reply)];
        let report = scan_in(World::default(), script, "GC-BKP-001").json();
        let volumes = verdicts(&report).into_iter().filter(|(cell, _)| cell[3] == VOLUME);
        let found: BTreeSet<String> = volumes.map(|(_, verdict)| verdict).collect();
        assert_eq!(found, expected.iter().map(|verdict| (*verdict).to_owned()).collect());
    };
    volumes(Reply::Ok, &["pass"]);
    volumes(Reply::body(json!({ "Results": [] }).to_string()), &["fail"]);
    volumes(Reply::replaced(":instance/", ":other/"), &["pass", "fail"]);
    volumes(Reply::replaced(":volume/", ":other/"), &["pass"]);
    volumes(Reply::replaced("LastBackupTime", "Other"), &["fail"]);
}

#[test]
fn a_plan_alone_is_no_copy() {
    let answer =
        |operation: &str, body: serde_json::Value| vec![On::operation(operation).reply(Reply::body(body.to_string()))];
    expect(Vec::new(), "GC-BKP-002", &[(PLAN, "pass")]);
    expect(answer("ListCopyJobs", json!({ "CopyJobs": [] })), "GC-BKP-002", &[(PLAN, "fail")]);
    expect(answer("ListBackupSelections", json!({ "BackupSelectionsList": [] })), "GC-BKP-002", &[(PLAN, "fail")]);
    let abroad = Reply::replaced("arn:aws:backup:ap-northeast-3", "arn:aws:backup:us-west-2");
    let abroad = On::operation("GetBackupPlan").region("ap-northeast-1").reply(abroad);
    expect(vec![abroad], "GC-BKP-002", &[(PLAN, "fail")]);
}
