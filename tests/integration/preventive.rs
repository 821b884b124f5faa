//! Preventive guardrails through the binary: what each way to know says, what they say together, and what leaves the
//! process.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::fake_aws::{FakeAws, On, Reply, Rule, Simulator, World};
use crate::support::scan::{Fleet, items};
use crate::support::{Govcheck, Run, root};

const ACCOUNT: &str = "111111111111";
const PREVENTIVE: &str = "GC-PRV-00*";
const PARAMS: &str =
    "protected_arns: [\"arn:aws:iam::*:role/Central*\", \"arn:aws:cloudformation:*:*:stack/Central*\"]\n";

/// Those of which only the policies can tell, or somebody has to say what to protect.
const OF_POLICIES: [&str; 3] = ["GC-PRV-006", "GC-PRV-007", "GC-PRV-009"];

fn scan(fleet: &Fleet, aws: &FakeAws, rules: &str) -> Govcheck {
    fleet.scan(aws).args(["--account", ACCOUNT, "--rule", rules])
}

fn simulated(simulator: Simulator, script: Vec<Rule>) -> Run {
    let aws = FakeAws::start_in(World { simulator, ..World::default() }, script);
    let run = scan(&Fleet::new(), &aws, PREVENTIVE).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    run
}

/// The findings of the report by alias.
fn findings(report: &Value) -> BTreeMap<String, Value> {
    let found = items(report, "/findings").iter();
    found.map(|finding| (finding["alias"].as_str().unwrap_or_default().to_owned(), finding.clone())).collect()
}

fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let text = |finding: Value| finding["verdict"].as_str().unwrap_or_default().to_owned();
    findings(report).into_iter().map(|(alias, finding)| (alias, text(finding))).collect()
}

/// What a finding says that it saw.
fn observed(finding: &Value, property: &str) -> Value {
    let all = finding["evidence"]["observed"].as_array().into_iter().flatten();
    all.into_iter().find(|one| one["property"] == property).map_or(Value::Null, |one| one["value"].clone())
}

fn no_simulator() -> Rule {
    On::operation("SimulatePrincipalPolicy").reply(Reply::Denied)
}

fn exported(name: &str) -> String {
    root().join("fixtures").join(name).display().to_string()
}

#[test]
fn from_inside_the_simulator_tells_of_roles_and_nobody_of_the_others() {
    let report = simulated(Simulator::Honest, Vec::new()).code(3).json();
    for (alias, verdict) in verdicts(&report) {
        let expected = if OF_POLICIES.contains(&alias.as_str()) { "unknown" } else { "pass" };
        assert_eq!((alias.as_str(), verdict.as_str()), (alias.as_str(), expected));
    }
    let lock = &findings(&report)["GC-PRV-001"];
    assert_eq!(observed(lock, "Strongest"), "Simulation");
    let simulation = observed(lock, "Simulation");
    assert_eq!((&simulation["Verdict"], &simulation["Allowed"]), (&json!("denied"), &json!(0)));
    assert!(simulation["Denied"].as_u64() > Some(300), "{simulation}");
    assert_eq!(observed(lock, "Policies"), Value::Null);
    assert_eq!(findings(&report)["GC-PRV-007"]["evidence"]["cause"]["kind"], "untested");
}

#[test]
fn a_simulator_that_deceives_passes_nothing() {
    for simulator in [
        Simulator::DeniesAll,
        Simulator::AllowsAll,
        Simulator::IgnoresConditions,
        Simulator::IgnoresExclusion,
        Simulator::OfNoOrganization,
        Simulator::Contradicts,
    ] {
        let report = simulated(simulator, Vec::new()).code(3).json();
        let verdicts: BTreeSet<String> = verdicts(&report).into_values().collect();
        assert_eq!(verdicts, BTreeSet::from(["unknown".to_owned()]), "{simulator:?}");
        assert!(!items(&report, "/coverage/gaps").is_empty());
    }
    for reply in [Reply::Denied, Reply::DeniedByScp, Reply::ExpiredToken, Reply::error(400, "InvalidInput", "")] {
        let script = vec![On::operation("SimulatePrincipalPolicy").reply(reply.clone())];
        let verdicts: BTreeSet<String> =
            verdicts(&simulated(Simulator::Honest, script).code(3).json()).into_values().collect();
        assert_eq!(verdicts, BTreeSet::from(["unknown".to_owned()]), "{reply:?}");
    }
}

#[test]
fn a_denial_that_mfa_lifts_is_none() {
    let report = simulated(Simulator::OfMfa, Vec::new()).code(1).json();
    let verdicts = verdicts(&report);
    let told = ["GC-PRV-001", "GC-PRV-003", "GC-PRV-008"].map(|alias| verdicts[alias].as_str());
    assert_eq!(told, ["pass", "fail", "fail"]);
}

#[test]
fn an_answer_that_is_missing_is_not_a_denial() {
    let script = vec![On::operation("SimulatePrincipalPolicy").containing("eu-west-1").reply(Reply::Throttled)];
    let report = simulated(Simulator::Honest, script).code(3).json();
    let verdicts = verdicts(&report);
    assert_eq!((verdicts["GC-PRV-001"].as_str(), verdicts["GC-PRV-003"].as_str()), ("unknown", "pass"));
    let lock = &findings(&report)["GC-PRV-001"];
    assert_eq!(observed(lock, "Simulation")["Verdict"], "partly_denied");
}

#[test]
fn what_the_simulator_lets_through_fails() {
    let open = Reply::replaced(
        "explicitDeny</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>false<",
        "allowed</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>true<",
    );
    let first = On::operation("SimulatePrincipalPolicy").containing("LeaveOrganization").times(1).reply(open);
    let report = scan(&Fleet::new(), &FakeAws::start(vec![first]), "GC-PRV-008").run().code(1).json();
    let finding = &findings(&report)["GC-PRV-008"];
    assert_eq!(finding["verdict"], "fail");
    assert_eq!(finding["evidence"]["found"], json!(["Simulation: organizations:LeaveOrganization us-east-1"]));
}

#[test]
fn exported_policies_prove_what_nobody_can_ask() {
    let (aws, fleet) = (FakeAws::start(Vec::new()), Fleet::new());
    std::fs::write(fleet.path("params.yaml"), PARAMS).unwrap();
    let run =
        scan(&fleet, &aws, PREVENTIVE).args(["--params", "params.yaml", "--scp", &exported("scp-complete")]).run();
    let report = run.code(0).json();
    assert!(verdicts(&report).values().all(|verdict| verdict == "pass"), "{:?}", verdicts(&report));
    let lock = &findings(&report)["GC-PRV-001"];
    assert_eq!(observed(lock, "Strongest"), "Policies");
    let policies = observed(lock, "Policies");
    assert_eq!((&policies["Verdict"], &policies["Source"]), (&json!("proved"), &json!("files")));
    let levels = json!([
        "root: FullAWSAccess, guarded, region-lock",
        "workload: FullAWSAccess, central, people",
        "111111111111: FullAWSAccess"
    ]);
    assert_eq!(policies["Levels"], levels);
    assert_eq!(observed(lock, "Simulation")["Verdict"], "denied");
    // The bundle is enough.
    let again = fleet.rejudge().args(["--params", "params.yaml"]).run().code(0).json();
    assert_eq!(items(&again, "/findings"), items(&report, "/findings"));
}

#[test]
fn one_way_to_know_is_enough_and_the_others_are_no_gap() {
    let (aws, fleet) = (FakeAws::start(vec![no_simulator()]), Fleet::new());
    std::fs::write(fleet.path("params.yaml"), PARAMS).unwrap();
    let run =
        scan(&fleet, &aws, PREVENTIVE).args(["--params", "params.yaml", "--scp", &exported("scp-complete")]).run();
    let report = run.code(0).json();
    assert!(items(&report, "/coverage/gaps").is_empty());
    let simulation = observed(&findings(&report)["GC-PRV-001"], "Simulation");
    assert_eq!(simulation["Verdict"], "untested");
    assert!(simulation["Reason"].to_string().contains("iam:SimulatePrincipalPolicy"), "{simulation}");
}

#[test]
fn policies_that_are_not_those_that_act_are_a_contradiction() {
    let (aws, fleet) = (FakeAws::start(Vec::new()), Fleet::new());
    let run = scan(&fleet, &aws, "GC-PRV-003,GC-PRV-008").args(["--scp", &exported("scp")]).run();
    let report = run.code(3).json();
    let leaving = &findings(&report)["GC-PRV-008"];
    let cause = &leaving["evidence"]["cause"];
    assert_eq!((&leaving["verdict"], &cause["kind"]), (&json!("unknown"), &json!("contradiction")));
    let words = "organizations:LeaveOrganization us-east-1: Policies allowed, Simulation denied";
    assert_eq!(observed(leaving, "Contradictions"), json!([words]));
    assert!(cause["text"]["en"].as_str().unwrap().contains(words), "{cause}");
}

#[test]
fn an_opening_is_named_with_the_statements_that_leave_it() {
    let (aws, fleet) = (FakeAws::start(vec![no_simulator()]), Fleet::new());
    let run = scan(&fleet, &aws, "GC-PRV-001,GC-PRV-003").args(["--scp", &exported("scp")]).run();
    let report = run.code(1).json();
    let gateways = &findings(&report)["GC-PRV-003"];
    let found = gateways["evidence"]["found"].to_string();
    assert!(found.contains("ec2:CreateDefaultVpc") && !found.contains("ec2:AttachInternetGateway"), "{found}");
    assert!(found.contains("arn:aws:iam::111111111111:"), "{found}");
    let trace = observed(gateways, "Policies")["Trace"].to_string();
    assert!(trace.contains("number-use / no-internet-gateway"), "{trace}");
    let lock = findings(&report)["GC-PRV-001"]["evidence"]["found"].to_string();
    assert!(lock.contains("Policies: kms:*, ") && lock.contains("us-east-1"), "{lock}");
}

#[test]
fn the_organization_is_read_where_the_caller_may() {
    let run = |base: &str| {
        let world = World { base_account: base.to_owned(), ..World::default() };
        let (aws, fleet) = (FakeAws::start_in(world, Vec::new()), Fleet::new());
        let args = ["scan", "--organization", "--role-name", "govcheck", "--format", "json", "--bundle", "bundle"];
        let args = args.into_iter().chain(["--rule", PREVENTIVE, "--class", "number-use", "--max-rate", "1000"]);
        fleet.run(&aws, &args.collect::<Vec<_>>()).run()
    };
    let report = run("000000000000").code(1).json();
    let of = |account: &str, alias: &str| {
        let of = |one: &&Value| one["account"] == account && one["alias"] == alias;
        items(&report, "/findings").iter().find(of).cloned().unwrap()
    };
    let lock = of(ACCOUNT, "GC-PRV-001");
    assert_eq!((&lock["verdict"], observed(&lock, "Strongest")), (&json!("pass"), json!("Policies")));
    assert_eq!(observed(&lock, "Policies")["Source"], "organizations");
    assert_eq!(of(ACCOUNT, "GC-PRV-007")["verdict"], "fail");
    let management = of("000000000000", "GC-PRV-008");
    assert!(
        management["evidence"]["found"].to_string().contains("management_account")
            || management["evidence"]["cause"]["kind"] == "contradiction",
        "{management}"
    );
}

#[test]
fn policies_are_known_of_an_account_that_cannot_be_entered() {
    let (aws, fleet) = (FakeAws::start(vec![On::operation("AssumeRole").reply(Reply::Denied)]), Fleet::new());
    let rules = "GC-PRV-007,GC-IAM-*";
    let report = scan(&fleet, &aws, rules).args(["--scp", &exported("scp-complete")]).run().code(3).json();
    let verdicts = verdicts(&report);
    assert_eq!(verdicts["GC-PRV-007"], "pass");
    assert!(verdicts.iter().all(|(alias, verdict)| alias == "GC-PRV-007" || verdict != "pass"), "{verdicts:?}");
    let verdict = |run: Run| findings(&run.json())["GC-PRV-007"]["verdict"].clone();
    assert_eq!(verdict(scan(&fleet, &aws, rules).arg("--fresh").run().code(3)), "unknown");
}

#[test]
fn an_account_that_the_tree_does_not_have_is_said() {
    let world = World { members: vec!["444444444444".to_owned()], ..World::default() };
    let (aws, fleet) = (FakeAws::start_in(world.clone(), Vec::new()), Fleet::of(&world));
    let run = fleet.scan(&aws).args(["--rule", "GC-PRV-007", "--scp", &exported("scp-complete")]).run();
    let cause = &findings(&run.code(3).json())["GC-PRV-007"]["evidence"]["cause"];
    assert_eq!(cause["kind"], "not_declared");
    assert!(cause["text"]["en"].as_str().unwrap().contains("tree.yaml: 444444444444"), "{cause}");
}

#[test]
fn a_folder_that_has_no_policies_is_refused_before_anything_is_asked() {
    let (aws, fleet) = (FakeAws::start(Vec::new()), Fleet::new());
    let run = scan(&fleet, &aws, PREVENTIVE).args(["--scp", "nowhere"]).run();
    assert!(run.stderr.contains("nowhere"), "{}", run.stderr);
    run.code(2);
    assert!(aws.operations().is_empty());
}

fn probed(script: Vec<Rule>, more: &[&str]) -> (FakeAws, Run) {
    let (aws, fleet) = (FakeAws::start(script), Fleet::new());
    let run = scan(&fleet, &aws, "GC-PRV-003,GC-PRV-001").args(more).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    (aws, run)
}

/// The writes of all calls that left the process, the way into the accounts and the simulator left out.
fn writes(aws: &FakeAws) -> BTreeSet<String> {
    let reads = ["Get", "List", "Describe", "Simulate"];
    let is_read = |call: &String| reads.iter().any(|verb| call.contains(&format!(":{verb}")));
    aws.operations().into_iter().filter(|call| !is_read(call) && call != "sts:AssumeRole").collect()
}

#[test]
fn without_probe_only_reads_leave_the_process_and_with_it_only_dry_runs_besides() {
    let (aws, run) = probed(Vec::new(), &[]);
    run.code(0);
    assert_eq!(writes(&aws), BTreeSet::new());
    let dry = |operation: &str| On::operation(operation).containing("DryRun=true").reply(Reply::DeniedByScp);
    let script = vec![dry("CreateInternetGateway"), dry("CreateDefaultVpc"), dry("CreateKeyPair")];
    let (aws, run) = probed(script, &["--probe"]);
    assert!(run.stderr.contains("govcheck-probe"), "{}", run.stderr);
    let writes = writes(&aws);
    assert!(!writes.is_empty());
    for write in writes {
        let operation = write.split_once(':').unwrap().1;
        assert!(write.starts_with("ec2:Create"), "{write}");
        let (all, dry) = (On::operation(operation), On::operation(operation).containing("DryRun=true"));
        assert_eq!(aws.count(&all), aws.count(&dry), "{write}");
    }
}

#[test]
fn a_probe_that_a_policy_denies_confirms_and_names_the_policy() {
    let denied = |operation: &str| On::operation(operation).reply(Reply::DeniedByScp);
    let (_, run) = probed(
        vec![denied("CreateInternetGateway"), denied("CreateDefaultVpc"), denied("DescribeInstances")],
        &["--probe"],
    );
    let report = run.json();
    let gateways = &findings(&report)["GC-PRV-003"];
    let probe = observed(gateways, "Probe");
    assert_eq!((&gateways["verdict"], &probe["Verdict"]), (&json!("pass"), &json!("partly_denied")));
    assert_eq!(observed(gateways, "Strongest"), "Simulation");
}

#[test]
fn a_probe_that_gets_through_what_the_simulator_denies_is_a_contradiction() {
    let (_, run) = probed(Vec::new(), &["--probe"]);
    let report = run.code(3).json();
    let gateways = &findings(&report)["GC-PRV-003"];
    assert_eq!(gateways["evidence"]["cause"]["kind"], "contradiction", "{gateways}");
    let told = observed(gateways, "Contradictions").to_string();
    assert!(told.contains("ec2:CreateInternetGateway ap-northeast-1: Probe allowed, Simulation denied"), "{told}");
}

#[test]
fn deceptive_answers_to_probes_are_no_denials() {
    for reply in [
        Reply::ExpiredToken,
        Reply::error(400, "InvalidParameterValue", "validated before it was authorized"),
        Reply::Denied,
        Reply::DeniedBare,
        Reply::error(401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
    ] {
        let all = [
            "CreateInternetGateway",
            "CreateDefaultVpc",
            "CreateKeyPair",
            "DescribeInstances",
            "ListTables",
            "ListClusters",
            "ListFunctions",
            "DescribeLogGroups",
            "DescribeDBInstances",
            "ListQueues",
        ];
        let script = all.iter().map(|operation| On::operation(operation).reply(reply.clone()));
        let (_, run) = probed(script.chain([no_simulator()]).collect(), &["--probe"]);
        let verdicts = verdicts(&run.code(3).json());
        assert!(verdicts.values().all(|verdict| verdict == "unknown"), "{reply:?}: {verdicts:?}");
    }
}

#[test]
fn calls_abroad_that_went_through_break_the_lock() {
    let rules = "GC-PRV-001,GC-REG-001";
    let open = World { locked: false, ..World::default() };
    let (aws, fleet) = (FakeAws::start_in(open, vec![no_simulator()]), Fleet::new());
    let report = scan(&fleet, &aws, rules).run().code(1).json();
    let lock = &findings(&report)["GC-PRV-001"];
    assert_eq!((&lock["verdict"], observed(lock, "Strongest")), (&json!("fail"), json!("Scan")));
    assert!(lock["evidence"]["found"].to_string().contains("us-east-1"), "{lock}");
    // Where policies deny them, that alone is not yet a lock of everything.
    let aws = FakeAws::start(vec![no_simulator()]);
    let report = scan(&Fleet::new(), &aws, rules).run().code(3).json();
    let lock = &findings(&report)["GC-PRV-001"];
    assert_eq!(
        (&lock["verdict"], observed(lock, "Scan")["Verdict"].clone()),
        (&json!("unknown"), json!("partly_denied"))
    );
}

const TEMPLATE: &str = r#"
Parameters:
  Actions: {Type: CommaDelimitedList}
Resources:
  Gateways:
    Type: AWS::Organizations::Policy
    Properties:
      Name: gateways
      Type: SERVICE_CONTROL_POLICY
      Content: CONTENT
  Tags:
    Type: AWS::Organizations::Policy
    Properties: {Name: tags, Type: TAG_POLICY, Content: {tags: {}}}
"#;

/// What the gate says of a policy in a template, and of the same one in a plan.
fn checked(content: &Value) -> [BTreeMap<String, String>; 2] {
    let resource = json!({
        "address": "aws_organizations_policy.gateways", "mode": "managed", "type": "aws_organizations_policy",
        "name": "gateways", "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": {"name": "gateways", "content": content.to_string()}
    });
    let change = json!({
        "address": resource["address"], "mode": "managed", "type": resource["type"], "name": "gateways",
        "provider_name": resource["provider_name"],
        "change": {"actions": ["create"], "before": null, "after": resource["values"], "after_unknown": {}}
    });
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [resource]}}, "resource_changes": [change],
        "configuration": {"root_module": {}}
    });
    let folder = tempfile::tempdir().unwrap();
    let files = [("template.yaml", TEMPLATE.replace("CONTENT", &content.to_string())), ("plan.json", plan.to_string())];
    files.map(|(name, text)| {
        std::fs::write(folder.path().join(name), text).unwrap();
        let args = ["check", name, "--class", "number-use", "--rule", PREVENTIVE, "--format", "json"];
        verdicts(&crate::support::govcheck().dir(folder.path()).args(args).run().json())
    })
}

#[test]
fn policies_in_templates_and_plans_are_judged_by_the_same_proof() {
    let deny = |actions: Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": actions, "Resource": "*"}]});
    for (actions, expected) in [
        (json!(["ec2:*Gateway", "ec2:CreateDefault*"]), "pass"),
        (json!(["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"]), "fail"),
        (json!(["s3:DeleteBucket"]), "not_applicable"),
    ] {
        for verdicts in checked(&deny(actions.clone())) {
            assert_eq!(verdicts["GC-PRV-003"], expected, "{actions}");
            assert_eq!(verdicts["GC-PRV-001"], "not_applicable", "{actions}");
        }
    }
    let [open, _] = checked(&deny(json!({"Ref": "Actions"})));
    assert_eq!((open["GC-PRV-003"].as_str(), open["GC-PRV-008"].as_str()), ("unknown", "unknown"));
}

#[test]
fn the_account_says_which_organization_it_is_in() {
    let rule = "account-is-in-the-expected-organization";
    let verdict = |script: Vec<Rule>, expected: &str, code: i32| {
        let (aws, fleet) = (FakeAws::start(script), Fleet::new());
        let params = format!("management_account_id: \"{expected}\"\n");
        std::fs::write(fleet.path("params.yaml"), params).unwrap();
        let report = scan(&fleet, &aws, rule).args(["--params", "params.yaml"]).run().code(code).json();
        items(&report, "/findings")[0]["verdict"].as_str().unwrap().to_owned()
    };
    let asked = || On::operation("DescribeOrganization");
    assert_eq!(verdict(Vec::new(), "000000000000", 0), "pass");
    assert_eq!(verdict(Vec::new(), "", 0), "pass");
    assert_eq!(verdict(Vec::new(), "999999999999", 1), "fail");
    let none =
        Reply::error(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    assert_eq!(verdict(vec![asked().reply(none)], "", 1), "fail");
    assert_eq!(verdict(vec![asked().reply(Reply::Denied)], "000000000000", 3), "unknown");
    let unsaid = Reply::replaced("MasterAccountId", "Other");
    assert_eq!(verdict(vec![asked().reply(unsaid)], "000000000000", 3), "unknown");
}
