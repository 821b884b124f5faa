//! Quick tests of the server itself, over a plain socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::world::iso;
use super::{FakeAws, On, Reply, Rule, World};

/// One signed-looking request; the whole response.
fn ask(aws: &FakeAws, key: &str, scope: &str, head: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(aws.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 Credential={key}/20260101/{scope}/aws4_request, SignedHeaders=host, Signature=0\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = Vec::new();
    // A response that is cut ends in an error, after what was sent.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8(response).unwrap()
}

fn form(aws: &FakeAws, key: &str, scope: &str, body: &str) -> String {
    ask(aws, key, scope, "POST /", "Content-Type: application/x-www-form-urlencoded\r\n", body)
}

fn volumes(aws: &FakeAws) -> String {
    form(aws, "ASIA111111111111FAKE", "ap-northeast-1/ec2", "Action=DescribeVolumes&Version=2016-11-15")
}

fn ec2_reply(reply: Reply) -> (FakeAws, String) {
    let aws = FakeAws::start(vec![On::operation("DescribeVolumes").reply(reply)]);
    let response = volumes(&aws);
    (aws, response)
}

fn json_reply(reply: Reply) -> String {
    let aws = FakeAws::start(vec![On::any().reply(reply)]);
    ask(
        &aws,
        "AKIAX",
        "ap-northeast-1/cloudtrail",
        "POST /",
        "X-Amz-Target: CloudTrail_20131101.DescribeTrails\r\nContent-Type: application/x-amz-json-1.1\r\n",
        "{}",
    )
}

fn rest_reply(script: Vec<Rule>) -> String {
    let aws = FakeAws::start(script);
    ask(&aws, "AKIAX", "ap-northeast-1/guardduty", "GET /detector", "", "")
}

#[test]
fn assumed_credentials_lead_into_the_account() {
    let aws = FakeAws::start(Vec::new());
    let role = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fgovcheck&RoleSessionName=s";
    let response = form(&aws, "AKIAIOSFODNN7EXAMPLE", "ap-northeast-1/sts", role);
    assert!(response.contains("<AccessKeyId>ASIA222222222222FAKE</AccessKeyId>"), "{response}");
    let response = form(&aws, "ASIA222222222222FAKE", "ap-northeast-1/sts", "Action=GetCallerIdentity");
    assert!(response.contains("<Account>222222222222</Account>"), "{response}");
    assert_eq!(aws.count(&On::operation("AssumeRole").account("222222222222")), 1);
    let expected = ("000000000000".to_owned(), "arn:aws:iam::222222222222:role/govcheck".to_owned());
    assert_eq!(aws.assumed_roles().into_iter().collect::<Vec<_>>(), [(expected, 1)]);
}

#[test]
fn volumes_come_on_two_pages() {
    let aws = FakeAws::start(Vec::new());
    assert!(volumes(&aws).contains("<nextToken>volumes-2</nextToken></DescribeVolumesResponse>"));
    let second = form(&aws, "ASIA111111111111FAKE", "ap-northeast-1/ec2", "Action=DescribeVolumes&NextToken=volumes-2");
    assert!(!second.contains("nextToken"), "{second}");
    assert_eq!(aws.count(&On::service("ec2").region("ap-northeast-1")), 2);
    assert_eq!(aws.operations(), ["ec2:DescribeVolumes"]);
}

#[test]
fn denials_speak_the_protocol() {
    let (_, response) = ec2_reply(Reply::DeniedByScp);
    assert!(response.starts_with("HTTP/1.1 403"), "{response}");
    assert!(response.contains("<Response><Errors><Error><Code>UnauthorizedOperation</Code>"), "{response}");
    assert!(response.contains("ec2:DescribeVolumes with an explicit deny in a service control policy"), "{response}");
    let response = json_reply(Reply::DeniedImplicitScp);
    assert!(response.contains("{\"__type\":\"AccessDeniedException\""), "{response}");
    assert!(
        response.contains("because no service control policy allows the cloudtrail:DescribeTrails action"),
        "{response}"
    );
    let response = rest_reply(vec![On::service("guardduty").reply(Reply::Denied)]);
    assert!(response.contains("x-amzn-errortype: AccessDeniedException"), "{response}");
}

#[test]
fn a_rule_with_times_steps_aside() {
    let aws = FakeAws::start(vec![On::operation("DescribeVolumes").times(1).reply(Reply::Throttled)]);
    assert!(volumes(&aws).contains("RequestLimitExceeded"));
    assert!(volumes(&aws).contains("<volumeSet>"));
}

#[test]
fn a_rule_with_a_share_takes_it_evenly() {
    let aws = FakeAws::start(vec![
        On::operation("DescribeVolumes").share(2, 5).reply(Reply::Throttled.after_ms(1)),
        On::any().reply(Reply::Ok.after_ms(1)),
    ]);
    let throttled: Vec<bool> = (0..10).map(|_| volumes(&aws).contains("RequestLimitExceeded")).collect();
    assert_eq!(throttled[..5], [true, false, false, true, false]);
    assert_eq!(throttled[5..], throttled[..5]);
    assert_eq!((aws.throttles(), aws.retries()), (4, 0));
}

#[test]
fn pages_may_never_end() {
    let aws = FakeAws::start(vec![On::any().reply(Reply::EndlessPages)]);
    assert!(volumes(&aws).contains("<nextToken>endless-0</nextToken>"));
    assert!(volumes(&aws).contains("<nextToken>endless-1</nextToken>"));
    assert!(aws.complaints().is_empty());
}

#[test]
fn a_cut_sends_half_of_the_body() {
    let (_, response) = ec2_reply(Reply::Cut);
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert!(
        response.contains("<DescribeVolumesResponse") && !response.contains("</DescribeVolumesResponse>"),
        "{response}"
    );
}

#[test]
fn a_hang_counts_as_in_flight_and_stops_with_the_server() {
    let aws = FakeAws::start(vec![On::any().reply(Reply::Hang)]);
    let mut stream = TcpStream::connect(aws.address()).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(aws.wait_for(&On::any(), 1, Duration::from_secs(5)));
    assert_eq!(aws.peak_in_flight(), 1);
    let begin = Instant::now();
    drop(aws);
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[test]
fn what_is_not_known_is_complained_about() {
    let aws = FakeAws::start(vec![On::operation("DescribeVolumes").reply(Reply::replaced("no such text", ""))]);
    form(&aws, "AKIAX", "ap-northeast-1/ec2", "Action=DescribeHosts");
    volumes(&aws);
    assert_eq!(aws.complaints().len(), 2, "{:?}", aws.complaints());
}

#[test]
fn buckets_answer_in_their_own_region_only() {
    let aws = FakeAws::start(Vec::new());
    let policy =
        |scope| ask(&aws, "ASIA111111111111FAKE", scope, "GET /gov-111111111111-ap-northeast-3/?policy", "", "");
    assert!(policy("ap-northeast-3/s3").contains("aws:SecureTransport"));
    assert!(policy("ap-northeast-1/s3").contains("x-amz-bucket-region: ap-northeast-3"));
    assert_eq!(aws.count(&On::operation("GetBucketPolicy").of("s3")), 2);
}

#[test]
fn buckets_may_stand_in_the_host_name() {
    let aws = FakeAws::start(Vec::new());
    let mut stream = TcpStream::connect(aws.address()).unwrap();
    let host = "gov-111111111111-ap-northeast-1.localhost:1";
    let credential = "ASIA111111111111FAKE/20260101/ap-northeast-1/s3/aws4_request";
    write!(
        stream,
        "GET /?acl HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 Credential={credential}, Signature=0\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.contains("FULL_CONTROL"), "{response}");
}

#[test]
fn regions_that_are_off_refuse() {
    let aws = FakeAws::start_in(World::with_members(1), Vec::new());
    let response = form(&aws, "AKIAX", "ap-east-1/ec2", "Action=DescribeVpcs");
    assert!(response.contains("<Code>AuthFailure</Code>"), "{response}");
}

#[test]
fn dates_are_civil() {
    assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
    assert_eq!(iso(1_798_761_599), "2026-12-31T23:59:59Z");
}
