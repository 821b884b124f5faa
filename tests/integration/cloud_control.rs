//! Types that no collector of their own reads: through Cloud Control, by a rule file alone.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, causes, items, verdicts};
use crate::support::{Run, root};

const ACCOUNT: &str = "111111111111";

/// A rule of a user about a type, which holds where the expression does.
fn rule_about(fleet: &Fleet, kind: &str, holds: &str) -> PathBuf {
    let folder = fleet.path("own");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = "{ en: own, ja: own }";
    let rule = format!(
        "id: own\ntitle: {text}\nrationale: {text}\nremediation: {text}\nkind: detective\nseverity: low\n\
         applies_to: {{ resource: \"{kind}\", classes: [all] }}\nassert: {holds:?}\n\
         cases:\n  - {{ expect: pass, resource: {{}} }}\n"
    );
    std::fs::write(folder.join("own.yaml"), rule).expect("a rule");
    folder
}

fn scan(script: Vec<Rule>, kind: &str, holds: &str) -> (FakeAws, Run) {
    let aws = FakeAws::start(script);
    let fleet = Fleet::new();
    let rules = rule_about(&fleet, kind, holds);
    let run = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", "own"]).arg("--rules").arg(rules).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    (aws, run)
}

fn only_verdicts(run: &Run) -> Vec<String> {
    verdicts(&run.json()).into_values().collect()
}

fn refused(code: &str, message: &str) -> Reply {
    Reply::Error { status: 400, code: code.to_owned(), message: message.to_owned() }
}

#[test]
fn a_rule_of_a_user_about_a_type_nobody_thought_of_works_live() {
    let aws = FakeAws::start(Vec::new());
    let fleet = Fleet::new();
    let rules = root().join("examples/rules");
    let scan = || fleet.scan(&aws).args(["--rule", "kinesis-streams-keep-a-week"]).arg("--rules").arg(&rules);
    let report = scan().run().code(0).json();
    let found = verdicts(&report);
    let names: Vec<&str> = found.keys().filter(|cell| cell[1] == ACCOUNT).map(|cell| cell[4].as_str()).collect();
    assert_eq!(names, ["moves", "orders", "moves", "orders"], "two regions of two pages each");
    assert!(found.values().all(|verdict| verdict == "pass"));
    let arn = items(&report, "/findings")[0].pointer("/resource/arn").and_then(Value::as_str);
    assert_eq!(arn, Some("arn:aws:kinesis:ap-northeast-1:111111111111:stream/moves"));

    let day = On::operation("GetResource").account(ACCOUNT).containing("orders");
    let aws = FakeAws::start(vec![day.reply(Reply::replaced("168", "24"))]);
    let run = fleet.scan(&aws).args(["--fresh", "--rule", "kinesis-streams-keep-a-week"]).arg("--rules").arg(&rules);
    let failing: Vec<_> =
        verdicts(&run.run().code(1).json()).into_iter().filter(|(_, verdict)| verdict == "fail").collect();
    assert_eq!(failing.len(), 2);
    assert!(failing.iter().all(|(cell, _)| cell[4] == "orders"), "{failing:?}");
}

#[test]
fn a_stream_without_encryption_fails() {
    let bare = On::operation("GetResource").account(ACCOUNT).containing("orders");
    let none = Reply::replaced(r#"\"EncryptionType\":\"KMS\""#, r#"\"EncryptionType\":\"NONE\""#);
    let aws = FakeAws::start(vec![bare.reply(none)]);
    let run = Fleet::new().scan(&aws).args(["--account", ACCOUNT, "--rule", "GC-ENC-013"]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let found: Vec<_> = verdicts(&run.json()).into_iter().map(|(cell, verdict)| (cell[4].clone(), verdict)).collect();
    let expected = [("moves", "pass"), ("orders", "fail"), ("moves", "pass"), ("orders", "fail")];
    assert_eq!(found, expected.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())));
    run.code(1);
}

#[test]
fn what_may_not_be_listed_or_read_is_unknown() {
    let kinesis = "AWS::Kinesis::Stream";
    for (operation, action) in
        [("ListResources", "cloudformation:ListResources"), ("GetResource", "cloudformation:GetResource")]
    {
        let (_, run) = scan(vec![On::operation(operation).reply(Reply::Denied)], kinesis, "resource.ShardCount == 1");
        assert!(only_verdicts(&run).iter().all(|verdict| verdict == "unknown"));
        assert_eq!(causes(&run.json(), ACCOUNT), [format!("access_denied {action}")].into());
        run.code(3);
    }
    let behind = "AWS::Kinesis::Stream Handler returned status FAILED: User: arn:aws:sts::111111111111:assumed-role/govcheck/govcheck is not authorized to perform: kinesis:ListStreams on resource: * with an explicit deny in a service control policy (HandlerErrorCode: GeneralServiceException)";
    let script = vec![On::operation("ListResources").reply(refused("GeneralServiceException", behind))];
    let (_, run) = scan(script, kinesis, "resource.ShardCount == 1");
    assert_eq!(causes(&run.json(), ACCOUNT), ["access_denied_by_scp kinesis:ListStreams".to_owned()].into());
}

#[test]
fn a_type_that_cloud_control_refuses_or_does_not_have_is_never_a_pass() {
    for (code, cause) in [
        ("UnsupportedActionException", "call_failed cloudformation:ListResources UnsupportedActionException"),
        ("TypeNotFoundException", "not_offered"),
    ] {
        let script = vec![On::operation("ListResources").reply(refused(code, "Resource type cannot be listed"))];
        let (_, run) = scan(script, "AWS::NewService::Thing", "true");
        assert_eq!(causes(&run.json(), ACCOUNT), [cause.to_owned()].into());
        assert!(only_verdicts(&run).iter().all(|verdict| verdict == "unknown"));
        run.code(3);
    }
}

#[test]
fn a_type_below_a_parent_is_listed_for_each_parent() {
    let (aws, run) = scan(Vec::new(), "AWS::EKS::Nodegroup", "resource.ClusterName == 'main'");
    assert_eq!(only_verdicts(&run), ["pass", "pass"]);
    run.code(0);
    assert_eq!(aws.count(&On::operation("ListResources")), 4);

    let script = vec![On::operation("ListResources").containing("AWS::EKS::Cluster").reply(Reply::Denied)];
    let (_, run) = scan(script, "AWS::EKS::Nodegroup", "true");
    assert_eq!(only_verdicts(&run), ["unknown", "unknown"]);

    let (aws, run) = scan(Vec::new(), "AWS::AppSync::DataSource", "true");
    let cause = "call_failed cloudformation:ListResources NeedsResourceModel(ApiId)";
    assert_eq!(causes(&run.json(), ACCOUNT), [cause.to_owned()].into());
    assert_eq!(aws.count(&On::operation("ListResources")), 0);
}

#[test]
fn a_listing_that_is_known_to_stop_early_is_a_gap_once_it_is_that_long() {
    let keys = |count: usize| {
        let items: Vec<Value> = (0..count).map(|number| json!({"Identifier": format!("key-{number}")})).collect();
        let body = json!({"TypeName": "AWS::ApiGateway::ApiKey", "ResourceDescriptions": items}).to_string();
        let properties = json!({"Enabled": true}).to_string();
        let one = json!({"ResourceDescription": {"Identifier": "key", "Properties": properties}}).to_string();
        let reply = |body| Reply::Body { status: 200, headers: Vec::new(), body };
        let script =
            vec![On::operation("ListResources").reply(reply(body)), On::operation("GetResource").reply(reply(one))];
        scan(script, "AWS::ApiGateway::ApiKey", "resource.Enabled == true").1
    };
    keys(24).code(0);
    let run = keys(25);
    let cause = "call_failed cloudformation:ListResources IncompleteListing";
    assert_eq!(causes(&run.json(), ACCOUNT), [cause.to_owned()].into());
    run.code(3);
}

#[test]
fn secrets_are_not_kept_and_a_rule_that_reads_one_does_not_know() {
    let properties = json!({"Name": "orders", "Environment": {"Variables": {"TOKEN": "s3cr3t-value"}}}).to_string();
    let body = json!({"ResourceDescription": {"Identifier": "orders", "Properties": properties}}).to_string();
    let script = || {
        vec![On::operation("GetResource").reply(Reply::Body { status: 200, headers: Vec::new(), body: body.clone() })]
    };
    let (_, run) = scan(script(), "AWS::Kinesis::Stream", "has(resource.Name)");
    assert!(!run.stdout.contains("s3cr3t-value"));
    run.code(0);
    let (_, run) = scan(script(), "AWS::Kinesis::Stream", "resource.Environment.Variables.TOKEN != ''");
    assert!(only_verdicts(&run).iter().all(|verdict| verdict == "unknown"));
    assert!(!run.stdout.contains("s3cr3t-value"));
    run.code(3);
}
