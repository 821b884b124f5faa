//! IAM's simulator asked about requests that must be denied: what it says counts only where it can be believed.

use std::collections::BTreeMap;

use govcheck::model::{Question, SIMULATION};
use serde_json::{Value, json};

use crate::support::fake_aws::{FakeAws, On, Reply, Simulator, World};
use crate::support::inquiry::{Asking, answers, question};

const TOKYO: &str = "ap-northeast-1";
const VIRGINIA: &str = "us-east-1";

fn simulate(aws: &FakeAws, questions: &[(&str, &str)]) -> (Value, Vec<Value>) {
    let found = Asking::about(SIMULATION, questions).of_one(aws);
    assert_eq!(aws.complaints(), Vec::<String>::new());
    found
}

const MIXED: [(&str, &str); 4] = [
    ("ec2:CreateInternetGateway", TOKYO),
    ("ec2:RunInstances", TOKYO),
    ("ec2:RunInstances", VIRGINIA),
    ("iam:CreateUser", VIRGINIA),
];

#[test]
fn every_question_is_asked_with_and_without_the_policies() {
    let aws = FakeAws::start(Vec::new());
    let (found, gaps) = simulate(&aws, &MIXED);
    assert_eq!((found["Calibrated"].clone(), gaps), (json!(true), Vec::new()));
    assert_eq!(answers(&found, "WithPolicies"), ["denied", "allowed", "denied", "allowed"]);
    assert_eq!(answers(&found, "WithoutPolicies"), ["allowed"; 4]);
    let asked: Vec<Question> =
        answers(&found, "Question").iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(asked, MIXED.map(|(action, region)| question(action, region)));
    let read = ["iam:SimulatePrincipalPolicy", "sts:AssumeRole"];
    assert_eq!(aws.operations(), read);
}

#[test]
fn many_actions_come_in_batches_and_pages() {
    let names: Vec<String> = (0..250).map(|number| format!("ec2:Action{number}")).collect();
    let questions: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), VIRGINIA)).collect();
    let aws = FakeAws::start(Vec::new());
    let (found, _) = simulate(&aws, &questions);
    assert_eq!(answers(&found, "WithPolicies"), vec!["denied"; 250]);
    // Two circumstances of the controls, then 100, 100 and 50 actions on pages of 20, all twice.
    assert_eq!(aws.count(&On::operation("SimulatePrincipalPolicy")), 2 * (2 + 5 + 5 + 3));
}

#[test]
fn what_a_question_says_is_in_the_request() {
    let context = BTreeMap::from([("aws:PrincipalTag/team".to_owned(), vec!["platform".to_owned()])]);
    let admin = "arn:aws:iam::111111111111:role/admin";
    let one = Question { principal: Some(admin.into()), context, ..question("iam:CreateUser", VIRGINIA) };
    for told in [admin, "aws:PrincipalTag/team", "platform"] {
        let rule = On::operation("SimulatePrincipalPolicy").containing(told).reply(Reply::ServerError);
        let aws = FakeAws::start(vec![rule]);
        let (found, gaps) = Asking { questions: vec![one.clone()], ..Asking::about(SIMULATION, &[]) }.of_one(&aws);
        assert_eq!(gaps, Vec::<Value>::new());
        let unknown =
            json!({"$unknown": {"call_failed": {"action": "iam:SimulatePrincipalPolicy", "code": "InternalFailure"}}});
        assert_eq!(found["Answers"][0]["WithPolicies"], unknown, "{told}");
    }
}

#[test]
fn what_every_request_has_is_told() {
    let aws = FakeAws::start(Vec::new());
    simulate(&aws, &MIXED);
    let asked = || On::operation("SimulatePrincipalPolicy");
    for key in [
        "boolean",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalIsAWSService",
        "aws:SecureTransport",
        "aws:ViaAWSService",
    ] {
        assert_eq!(aws.count(&asked().containing(key)), aws.count(&asked()), "{key}");
    }
}

#[test]
fn a_simulator_that_is_wrong_about_what_is_known_says_nothing() {
    for (simulator, problem) in [
        (Simulator::DeniesAll, "performed_action_denied"),
        (Simulator::AllowsAll, "nothing_denied"),
        (Simulator::IgnoresConditions, "home_denied"),
        (Simulator::IgnoresExclusion, "exclusion_without_effect"),
        (Simulator::OfNoOrganization, "unanswered"),
        (Simulator::Contradicts, "unanswered"),
    ] {
        let aws = FakeAws::start_in(World { simulator, ..World::default() }, Vec::new());
        let (found, gaps) = simulate(&aws, &MIXED);
        let role = "arn:aws:iam::111111111111:role/govcheck";
        let expected = json!({"Calibrated": false, "Problem": problem, "Principal": role, "Answers": []});
        assert_eq!((found, gaps), (expected, Vec::new()), "{simulator:?}");
    }
}

#[test]
fn a_decision_without_the_organization_is_no_answer() {
    let detail = "<EvalDecision>explicitDeny</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>";
    let bare = Reply::replaced(detail, "<EvalDecision>explicitDeny</EvalDecision>");
    let aws = FakeAws::start(vec![On::any().containing("ec2:CreateInternetGateway").times(1).reply(bare)]);
    let (found, _) = simulate(&aws, &[("ec2:CreateInternetGateway", TOKYO)]);
    let unknown = json!({"$unknown": {"call_failed": {"action": "iam:SimulatePrincipalPolicy", "code": "NoOrganizationsDecision"}}});
    assert_eq!(found["Answers"][0]["WithPolicies"], unknown);
    assert_eq!(found["Answers"][0]["WithoutPolicies"], "allowed");
}

#[test]
fn an_action_that_the_answer_leaves_out_is_unknown() {
    let other = Reply::replaced("<EvalActionName>ec2:RunInstances<", "<EvalActionName>ec2:StopInstances<");
    let aws = FakeAws::start(vec![On::any().containing("ec2:RunInstances").reply(other)]);
    let (found, _) = simulate(&aws, &[("ec2:RunInstances", VIRGINIA)]);
    for side in ["WithPolicies", "WithoutPolicies"] {
        assert!(found["Answers"][0][side]["$unknown"].is_object(), "{found}");
    }
}

#[test]
fn throttling_changes_no_answer() {
    let aws = FakeAws::start(vec![On::operation("SimulatePrincipalPolicy").times(2).reply(Reply::Throttled)]);
    let (found, gaps) = simulate(&aws, &MIXED);
    assert_eq!(gaps, Vec::<Value>::new());
    assert_eq!(answers(&found, "WithPolicies"), ["denied", "allowed", "denied", "allowed"]);
}

#[test]
fn a_batch_that_fails_is_unknown_and_the_others_are_not() {
    let rule = On::operation("SimulatePrincipalPolicy").containing("eu-west-1").reply(Reply::Throttled);
    let aws = FakeAws::start(vec![rule]);
    let (found, gaps) = simulate(&aws, &[("ec2:RunInstances", VIRGINIA), ("ec2:RunInstances", "eu-west-1")]);
    assert_eq!(gaps, Vec::<Value>::new());
    assert_eq!(found["Answers"][0]["WithPolicies"], "denied");
    assert!(found["Answers"][1]["WithPolicies"]["$unknown"].is_object(), "{found}");
}

#[test]
fn who_may_not_ask_has_a_gap() {
    let action = "iam:SimulatePrincipalPolicy";
    for (reply, cause) in [
        (Reply::Denied, json!({"access_denied": action})),
        (Reply::DeniedByScp, json!({"access_denied_by_scp": action})),
        (Reply::ExpiredToken, json!({"call_failed": {"action": action, "code": "ExpiredToken"}})),
        (Reply::error(404, "NoSuchEntity", ""), json!({"call_failed": {"action": action, "code": "NoSuchEntity"}})),
        (Reply::error(400, "InvalidInput", ""), json!({"call_failed": {"action": action, "code": "InvalidInput"}})),
    ] {
        let aws = FakeAws::start(vec![On::operation("SimulatePrincipalPolicy").reply(reply)]);
        assert_eq!(simulate(&aws, &MIXED), (Value::Null, vec![cause]));
    }
}
