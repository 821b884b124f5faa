//! EC2's answers that make the network guardrails fail, where the mock AWS of `fleet` cannot give them.

use std::collections::BTreeSet;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, items};

const ACCOUNT: &str = "111111111111";
const TOKYO: &str = "ap-northeast-1";

/// The verdicts on resources of Tokyo, as `type verdict`, of a scan for one guardrail.
fn judged(guardrail: &str, script: Vec<Rule>) -> BTreeSet<String> {
    let aws = FakeAws::start(script);
    let run = Fleet::new().scan(&aws).args(["--account", ACCOUNT, "--rule", guardrail]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let report = run.json();
    let of_tokyo = items(&report, "/findings").iter().filter(|finding| finding["region"] == TOKYO);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    of_tokyo
        .map(|finding| {
            let kind = text(&finding["resource"]["type"]);
            format!("{} {}", kind.rsplit("::").next().unwrap_or_default(), text(&finding["verdict"]))
        })
        .collect()
}

#[track_caller]
fn assert_judged(guardrail: &str, script: Vec<Rule>, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(judged(guardrail, script), expected, "{guardrail}");
}

fn replaced(operation: &str, from: &str, to: &str) -> Vec<Rule> {
    vec![On::operation(operation).region(TOKYO).reply(Reply::replaced(from, to))]
}

fn exclusions(items: &str) -> String {
    format!(
        "<DescribeVpcBlockPublicAccessExclusionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{items}</DescribeVpcBlockPublicAccessExclusionsResponse>"
    )
}

fn exclusion(id: &str, state: &str) -> String {
    format!(
        "<vpcBlockPublicAccessExclusionSet><item><exclusionId>{id}</exclusionId><internetGatewayExclusionMode>allow-egress</internetGatewayExclusionMode><resourceArn>arn:aws:ec2:{TOKYO}:{ACCOUNT}:vpc/vpc-1</resourceArn><state>{state}</state></item></vpcBlockPublicAccessExclusionSet>"
    )
}

#[test]
fn a_region_that_does_not_block_public_access_fails() {
    for mode in ["block-ingress", "off"] {
        let script = replaced("DescribeVpcBlockPublicAccessOptions", "block-bidirectional", mode);
        assert_judged("GC-NET-003", script, &["VPCBlockPublicAccessOptions fail"]);
    }
    assert_judged("GC-NET-003", Vec::new(), &["VPCBlockPublicAccessOptions pass"]);
}

#[test]
fn an_exclusion_counts_while_it_is_there() {
    for (state, verdict) in [
        ("create-in-progress", "fail"),
        ("create-complete", "fail"),
        ("delete-in-progress", "fail"),
        ("create-failed", "pass"),
        ("delete-complete", "pass"),
        ("disable-complete", "pass"),
    ] {
        let body = exclusions(&exclusion("vpcbpa-exclude-1", state));
        let script =
            vec![On::operation("DescribeVpcBlockPublicAccessExclusions").region(TOKYO).reply(Reply::body(body))];
        assert_judged("GC-NET-003", script, &[&format!("VPCBlockPublicAccessOptions {verdict}")]);
    }
}

/// The SDK has no paginator for the exclusions.
#[test]
fn exclusions_are_read_to_the_last_page() {
    let asked = || On::operation("DescribeVpcBlockPublicAccessExclusions").region(TOKYO);
    let first = exclusions("<vpcBlockPublicAccessExclusionSet/><nextToken>page-2</nextToken>");
    let second = exclusions(&exclusion("vpcbpa-exclude-1", "create-complete"));
    let script =
        |last: Reply| vec![asked().containing("page-2").reply(last), asked().reply(Reply::body(first.clone()))];
    assert_judged("GC-NET-003", script(Reply::body(second)), &["VPCBlockPublicAccessOptions fail"]);
    let unknown = ["VPCBlockPublicAccessOptions unknown"];
    assert_judged("GC-NET-003", script(Reply::Denied), &unknown);
    assert_judged("GC-NET-003", script(Reply::body(first.clone())), &unknown);
}

#[test]
fn a_network_whose_endpoint_is_missing_or_not_ready_fails() {
    for (from, to) in [
        (".secretsmanager<", ".sns<"),
        ("<state>available</state>", "<state>pendingAcceptance</state>"),
        ("<state>available</state>", "<state>deleted</state>"),
    ] {
        assert_judged("GC-NET-012", replaced("DescribeVpcEndpoints", from, to), &["VPC fail"]);
    }
    // What the model of the API calls the state.
    let capital = replaced("DescribeVpcEndpoints", "<state>available</state>", "<state>Available</state>");
    assert_judged("GC-NET-012", capital, &["VPC pass"]);
    let no_workload =
        replaced("DescribeNetworkInterfaces", "<interfaceType>interface<", "<interfaceType>transit_gateway<");
    assert_judged("GC-NET-012", no_workload, &["VPC not_applicable"]);
}

#[test]
fn addresses_of_every_kind_fail() {
    let second = replaced(
        "DescribeNetworkInterfaces",
        "<primary>true</primary>",
        "<primary>false</primary><association><publicIp>203.0.113.9</publicIp></association>",
    );
    let rest = ["Instance not_applicable", "LaunchTemplate pass"];
    assert_judged("GC-NET-004", second, &[rest[0], rest[1], "NetworkInterface fail"]);
    let template = replaced(
        "DescribeLaunchTemplateVersions",
        "<associatePublicIpAddress>false<",
        "<associatePublicIpAddress>true<",
    );
    let expected = ["Instance not_applicable", "LaunchTemplate fail", "NetworkInterface pass"];
    assert_judged("GC-NET-004", template, &expected);
}

#[test]
fn a_terminated_instance_is_none() {
    let insecure = |state: &str| {
        let from = "<name>running</name></instanceState>";
        let to = format!("<name>{state}</name></instanceState>");
        let asked = || On::operation("DescribeInstances").region(TOKYO);
        vec![asked().reply(Reply::replaced(from, &to))]
    };
    assert_judged("GC-OPS-001", insecure("stopped"), &["Instance pass", "LaunchTemplate pass"]);
    assert_judged("GC-OPS-001", insecure("terminated"), &["LaunchTemplate pass"]);
    let optional = replaced("DescribeInstances", "<httpTokens>required<", "<httpTokens>optional<");
    assert_judged("GC-OPS-001", optional, &["Instance fail", "LaunchTemplate pass"]);
}

#[test]
fn a_flow_log_whose_delivery_fails_is_none() {
    for (from, to) in [
        (
            "<deliverLogsStatus>SUCCESS<",
            "<deliverLogsErrorMessage>Access error</deliverLogsErrorMessage><deliverLogsStatus>FAILED<",
        ),
        ("<trafficType>ALL<", "<trafficType>ACCEPT<"),
        ("<flowLogStatus>ACTIVE<", "<flowLogStatus>INACTIVE<"),
    ] {
        assert_judged("GC-LOG-009", replaced("DescribeFlowLogs", from, to), &["VPC fail"]);
    }
}

#[test]
fn what_belongs_to_another_account_is_judged_there() {
    let own = format!("<ownerId>{ACCOUNT}</ownerId>");
    let other = "<ownerId>222222222222</ownerId>";
    assert_judged("GC-LOG-009", replaced("DescribeVpcs", &own, other), &["VPC not_applicable"]);
    assert_judged("GC-NET-005", replaced("DescribeSubnets", &own, other), &["Subnet not_applicable"]);
    assert_judged("GC-NET-014", replaced("DescribeTransitGateways", &own, other), &["TransitGateway not_applicable"]);
}

#[test]
fn an_image_that_is_public_or_shared_with_an_organization_fails() {
    let shared = |permission: &str| {
        let permissions = format!("<launchPermission><item>{permission}</item></launchPermission>");
        replaced("DescribeImageAttribute", "<launchPermission/>", &permissions)
    };
    let organization = "arn:aws:organizations::444444444444:organization/o-0a1b2c3d4e";
    for permission in [
        "<group>all</group>".to_owned(),
        "<userId>333333333333</userId>".to_owned(),
        format!("<organizationArn>{organization}</organizationArn>"),
    ] {
        assert_judged("GC-EXP-004", shared(&permission), &["Image fail"]);
    }
    let gone = Reply::error(400, "InvalidAMIID.NotFound", "The image id does not exist");
    let script = vec![On::operation("DescribeImageAttribute").region(TOKYO).reply(gone)];
    assert_judged("GC-EXP-004", script, &["Image not_applicable"]);
}
