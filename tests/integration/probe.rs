//! Probes: what proves that a request is denied, what proves that it is allowed, and all that proves neither.

use std::collections::BTreeSet;

use govcheck::model::PROBE;
use govcheck::source::aws::probed_actions;
use serde_json::{Value, json};

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::inquiry::{Asking, answers, question};
use crate::support::scan::{Fleet, everything_about};

const TOKYO: &str = "ap-northeast-1";
const VIRGINIA: &str = "us-east-1";
const POLICY: &str = "arn:aws:organizations::000000000000:policy/o-fakeorg001/service_control_policy/p-fakescp1";

fn asking<'a>(questions: &[(&str, &str)]) -> Asking<'a> {
    Asking { probe: true, ..Asking::about(PROBE, questions) }
}

fn probe(script: Vec<Rule>, questions: &[(&str, &str)]) -> (FakeAws, Value) {
    let aws = FakeAws::start(script);
    let (found, gaps) = asking(questions).of_one(&aws);
    assert_eq!((aws.complaints(), gaps), (Vec::new(), Vec::new()));
    (aws, found)
}

/// The outcome of one probe to which the service replies so, with its policy, reason and code.
fn outcome(action: &str, region: &str, reply: Reply) -> [Value; 4] {
    let operation = action.split_once(':').expect("service and operation").1;
    let (_, found) = probe(vec![On::operation(operation).reply(reply)], &[(action, region)]);
    ["Outcome", "PolicyArn", "Reason", "Code"].map(|property| found["Answers"][0][property].clone())
}

fn proves(outcome: &str) -> [Value; 4] {
    [json!(outcome), Value::Null, Value::Null, Value::Null]
}

fn untested(reason: &str, code: &str) -> [Value; 4] {
    [json!("untested"), Value::Null, json!(reason), json!(code)]
}

/// One action of each protocol.
const PROTOCOLS: [&str; 5] = [
    "ec2:CreateInternetGateway",
    "ec2:DescribeInstances",
    "rds:DescribeDBInstances",
    "sqs:ListQueues",
    "lambda:ListFunctions",
];

#[test]
fn every_row_is_answered_where_nothing_is_denied() {
    let actions: Vec<&str> = probed_actions().collect();
    let questions: Vec<(&str, &str)> = actions.iter().map(|action| (*action, VIRGINIA)).collect();
    let (aws, found) = probe(Vec::new(), &questions);
    assert_eq!(answers(&found, "Outcome"), vec!["allowed"; actions.len()]);
    let entry = ["ec2:DescribeRegions", "sts:AssumeRole"];
    let called: BTreeSet<String> = aws.operations().into_iter().collect();
    assert_eq!(called, actions.iter().chain(&entry).map(|name| (*name).to_owned()).collect());
    // The fake complains of a write that is no dry run.
    assert_eq!(writes(&aws), ["ec2:CreateDefaultVpc", "ec2:CreateInternetGateway", "ec2:CreateKeyPair"]);
}

#[test]
fn a_service_control_policy_is_named_where_the_service_names_it() {
    for action in PROTOCOLS {
        let policy = if action.starts_with("ec2:") { Value::Null } else { json!(POLICY) };
        let expected = [json!("denied_by_scp"), policy, Value::Null, Value::Null];
        assert_eq!(outcome(action, VIRGINIA, Reply::DeniedByScp), expected, "{action}");
        assert_eq!(outcome(action, VIRGINIA, Reply::DeniedImplicitScp), proves("denied_by_scp"), "{action}");
    }
    let older = "User: arn:aws:iam::1:user/a is not authorized to perform: sqs:ListQueues with an explicit deny in a service control policy";
    let reply = Reply::error(400, "AccessDeniedException", older);
    assert_eq!(outcome("sqs:ListQueues", VIRGINIA, reply), proves("denied_by_scp"));
}

#[test]
fn a_denial_by_something_else_is_no_proof() {
    for action in PROTOCOLS {
        for reply in [Reply::Denied, Reply::DeniedBare] {
            assert_eq!(outcome(action, VIRGINIA, reply), proves("denied"), "{action}");
        }
    }
    let text = "User is not authorized to perform: sqs:ListQueues with an explicit deny in a resource control policy";
    assert_eq!(outcome("sqs:ListQueues", VIRGINIA, Reply::error(400, "AccessDeniedException", text)), proves("denied"));
}

#[test]
fn an_answer_that_came_before_authorization_is_no_proof() {
    for (action, reply, code) in [
        ("ec2:CreateDefaultVpc", Reply::error(400, "DefaultVpcAlreadyExists", ""), "DefaultVpcAlreadyExists"),
        ("ec2:CreateKeyPair", Reply::error(400, "InvalidParameterValue", ""), "InvalidParameterValue"),
        ("sqs:ListQueues", Reply::error(400, "ValidationException", ""), "ValidationException"),
        ("lambda:ListFunctions", Reply::error(404, "ResourceNotFoundException", ""), "ResourceNotFoundException"),
        ("sqs:ListQueues", Reply::ExpiredToken, "ExpiredTokenException"),
        ("ec2:CreateInternetGateway", Reply::ExpiredToken, "RequestExpired"),
        ("rds:DescribeDBInstances", Reply::ExpiredToken, "ExpiredToken"),
        ("ec2:CreateInternetGateway", Reply::RegionDisabled, "AuthFailure"),
        ("sqs:ListQueues", Reply::RegionDisabled, "UnrecognizedClientException"),
        ("lambda:ListFunctions", Reply::ClockSkew, "InvalidSignatureException"),
        // The codes of another protocol are not this one's word for a denial.
        ("ec2:CreateInternetGateway", Reply::error(403, "AccessDenied", "in a service control policy"), "AccessDenied"),
        ("rds:DescribeDBInstances", Reply::error(403, "UnauthorizedOperation", ""), "UnauthorizedOperation"),
        // A dry run of which a read knows nothing.
        ("ec2:DescribeInstances", Reply::error(412, "DryRunOperation", ""), "DryRunOperation"),
        ("ec2:CreateInternetGateway", Reply::Throttled, "RequestLimitExceeded"),
    ] {
        assert_eq!(outcome(action, VIRGINIA, reply), untested("not_authorized_first", code), "{action} {code}");
    }
}

#[test]
fn a_success_is_not_what_a_dry_run_ends_with() {
    let made = Reply::body("<CreateDefaultVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateDefaultVpcResponse>");
    let expected = [json!("untested"), Value::Null, json!("not_a_dry_run"), Value::Null];
    assert_eq!(outcome("ec2:CreateDefaultVpc", TOKYO, made), expected);
}

#[test]
fn without_a_control_that_succeeds_nothing_is_probed() {
    for (reply, code) in [
        (Reply::ExpiredToken, "RequestExpired"),
        (Reply::Denied, "UnauthorizedOperation"),
        (Reply::RegionDisabled, "AuthFailure"),
    ] {
        let script = vec![On::operation("DescribeRegions").reply(reply)];
        let (aws, found) = probe(script, &[("ec2:CreateInternetGateway", TOKYO), ("sqs:ListQueues", VIRGINIA)]);
        assert_eq!(answers(&found, "Reason"), ["control_failed"; 2]);
        assert_eq!(answers(&found, "Code"), [code; 2]);
        assert_eq!(aws.operations(), ["ec2:DescribeRegions", "sts:AssumeRole"]);
    }
}

#[test]
fn a_region_that_is_off_or_unknown_is_not_asked() {
    let (aws, found) = probe(Vec::new(), &[("sqs:ListQueues", "ap-east-1"), ("sqs:ListQueues", "xx-nowhere-1")]);
    assert_eq!(answers(&found, "Outcome"), ["untested"; 2]);
    assert_eq!(answers(&found, "Reason"), ["region_not_enabled"; 2]);
    assert_eq!(aws.count(&On::operation("ListQueues")), 0);
}

#[test]
fn what_no_row_asks_exactly_is_untested() {
    let mut of_resource = question("sqs:ListQueues", TOKYO);
    of_resource.resource = "arn:aws:sqs:ap-northeast-1:111111111111:queue".into();
    let mut of_another = question("sqs:ListQueues", TOKYO);
    of_another.principal = Some("arn:aws:iam::111111111111:role/admin".into());
    let mut of_oneself = question("sqs:ListQueues", TOKYO);
    of_oneself.principal = Some("arn:aws:iam::111111111111:role/govcheck".into());
    let mut in_context = question("sqs:ListQueues", TOKYO);
    in_context.context.insert("aws:MultiFactorAuthPresent".into(), vec!["false".into()]);
    let questions = vec![question("iam:CreateUser", VIRGINIA), of_resource, of_another, in_context, of_oneself];
    let aws = FakeAws::start(Vec::new());
    let (found, _) = Asking { questions, ..asking(&[]) }.of_one(&aws);
    assert_eq!(answers(&found, "Reason"), ["no_probe", "resource", "principal", "context", "null"]);
    assert_eq!(answers(&found, "Outcome")[4], "allowed");
}

#[test]
fn after_four_denials_nothing_more_is_asked() {
    let regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2"];
    let questions = regions.map(|region| ("sqs:ListQueues", region));
    let allowed = On::operation("ListQueues").region("us-east-2").reply(Reply::Ok);
    let script = vec![allowed, On::operation("ListQueues").reply(Reply::DeniedByScp)];
    let (aws, found) = probe(script, &questions);
    let scp = "denied_by_scp";
    assert_eq!(answers(&found, "Outcome"), [scp, "allowed", scp, scp, scp, "untested"]);
    assert_eq!(answers(&found, "Reason")[5], "limit");
    assert_eq!(aws.count(&On::operation("ListQueues")), 5);
}

#[test]
fn probes_have_a_session_of_their_own() {
    let refused = On::operation("AssumeRole").containing("govcheck-probe").reply(Reply::Denied);
    let (aws, found) = probe(vec![refused], &[("sqs:ListQueues", TOKYO)]);
    assert_eq!(
        (answers(&found, "Reason"), answers(&found, "Code")),
        (vec!["no_session".into()], vec!["AccessDenied".into()])
    );
    assert_eq!(aws.operations(), ["sts:AssumeRole"]);
    let of_probes = On::operation("ListQueues").containing("app/govcheck-probe").reply(Reply::DeniedByScp);
    let (_, found) = probe(vec![of_probes], &[("sqs:ListQueues", TOKYO)]);
    assert_eq!(answers(&found, "Outcome"), ["denied_by_scp"]);
}

#[test]
fn nothing_is_probed_unasked() {
    let aws = FakeAws::start(Vec::new());
    let found = Asking { probe: false, ..asking(&[("ec2:CreateInternetGateway", TOKYO)]) }.of_one(&aws);
    assert_eq!(found, (Value::Null, Vec::new()));
    assert_eq!(aws.operations(), ["sts:AssumeRole"]);
}

/// The writes of all calls that left the process, the way into the accounts left out.
fn writes(aws: &FakeAws) -> Vec<String> {
    let reads = ["Get", "List", "Describe"];
    let is_write = |call: &String| !reads.iter().any(|verb| call.contains(&format!(":{verb}")));
    aws.operations().into_iter().filter(is_write).filter(|call| call != "sts:AssumeRole").collect()
}

#[test]
fn the_operator_is_told_what_probing_leaves_behind() {
    let rule = everything_about(PROBE);
    let scan = |code, more: &[&str]| {
        let (aws, fleet) = (FakeAws::start(Vec::new()), Fleet::new());
        let rules = fleet.guardrails_about_everything();
        let run = fleet.scan(&aws).args(["--rule", &rule]).arg("--rules").arg(rules).args(more).run().code(code);
        assert_eq!((aws.complaints(), writes(&aws)), (Vec::new(), Vec::new()));
        (run.stderr, aws.count(&On::operation("AssumeRole")))
    };
    // Without it nothing is seen, and nothing is known.
    let (silent, sessions) = scan(3, &[]);
    assert!(!silent.contains("govcheck-probe") && sessions == 3, "{silent}");
    for (lang, words) in [("en", "Alarms on denied requests"), ("ja", "拒否を検知するアラーム")] {
        let (notice, sessions) = scan(0, &["--probe", "--quiet", "--lang", lang]);
        assert!(notice.contains("govcheck-probe") && notice.contains(words) && sessions == 6, "{notice}");
    }
}

#[test]
fn a_saved_bundle_is_not_probed() {
    let run = crate::support::govcheck().args(["scan", "--from", "bundle", "--probe"]).run().code(2);
    assert!(run.stderr.contains("--probe"), "{}", run.stderr);
}
