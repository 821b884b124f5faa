//! The protocols of AWS: recognising a request, and encoding an error.

use std::collections::HashMap;

use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, header};
use serde_json::{Value, json};

use super::ledger::CallKey;
use super::rest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Form in, XML out, errors in `<Response><Errors>`.
    Ec2,
    /// Form in, XML out, errors in `<ErrorResponse>`.
    Query,
    /// `X-Amz-Target` and JSON.
    AwsJson,
    /// Paths and JSON.
    RestJson,
    /// Paths and XML, errors in a bare `<Error>`.
    S3,
    /// Paths and XML, errors in `<ErrorResponse>`. CloudFront speaks it too.
    S3Control,
}

impl Protocol {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Ec2 => "text/xml;charset=UTF-8",
            Self::Query => "text/xml",
            Self::AwsJson => "application/x-amz-json-1.1",
            Self::RestJson => "application/json",
            Self::S3 | Self::S3Control => "application/xml",
        }
    }

    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::AwsJson | Self::RestJson)
    }

    /// The body of an error, and the code for the `x-amzn-errortype` header where the protocol has it.
    pub(super) fn error(self, status: u16, code: &str, message: &str) -> Answer {
        let (safe_code, safe_message) = (xml_text(code), xml_text(message));
        let body = match self {
            Self::Ec2 => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{safe_code}</Code><Message>{safe_message}</Message></Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
            ),
            Self::Query | Self::S3Control => {
                let fault = if status < 500 { "Sender" } else { "Receiver" };
                format!(
                    "<ErrorResponse><Error><Type>{fault}</Type><Code>{safe_code}</Code><Message>{safe_message}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
                )
            }
            Self::S3 => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{safe_code}</Code><Message>{safe_message}</Message><RequestId>{REQUEST_ID}</RequestId><HostId>fake</HostId></Error>"
            ),
            Self::AwsJson => json!({ "__type": code, "message": message }).to_string(),
            Self::RestJson => json!({ "message": message }).to_string(),
        };
        let mut answer = Answer::new(self, status, body);
        if self == Self::RestJson {
            answer.headers.push(("x-amzn-errortype".to_owned(), code.to_owned()));
        }
        answer
    }
}

/// The API of Classic Load Balancers, whose operations have the names of the newer API.
const CLASSIC_ELB: &str = "2012-06-01";

pub(super) const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A response before it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn new(protocol: Protocol, status: u16, body: String) -> Self {
        Self { status, headers: Vec::new(), content_type: protocol.content_type(), body }
    }
}

/// A recognised request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) key: CallKey,
    pub(super) protocol: Protocol,
    /// The account whose credentials signed; differs from the key's for `AssumeRole`.
    pub(super) caller: String,
    /// The bucket of an S3 request.
    pub(super) bucket: Option<String>,
    agent: String,
    path: String,
    body: String,
    parameters: HashMap<String, String>,
}

impl Call {
    pub(super) fn recognise(head: &Parts, body: &Bytes, base_account: &str) -> Self {
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (caller, region, signed) = scope(text(header::AUTHORIZATION.as_str()), base_account);
        let path = head.uri.path().to_owned();
        let query = head.uri.query().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        let target = text("x-amz-target");
        let form = text(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded");
        let mut call = Self {
            key: CallKey { account: caller.clone(), region, service: signed, operation: String::new() },
            protocol: Protocol::RestJson,
            caller,
            bucket: None,
            parameters: pairs(if form { &body } else { query }),
            agent: text("x-amz-user-agent").to_owned(),
            path,
            body,
        };
        if form {
            call.protocol = if call.key.service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
            call.key.operation = call.parameter("Action").unwrap_or_default().to_owned();
            if call.key.service == "elasticloadbalancing" && call.parameter("Version") == Some(CLASSIC_ELB) {
                call.key.service = "classic-elb".to_owned();
            }
        } else if !target.is_empty() {
            call.protocol = Protocol::AwsJson;
            call.key.operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        } else {
            call.recognise_rest(&head.method, query, text(header::HOST.as_str()));
        }
        if call.key.operation == "AssumeRole" {
            let role_account = call.parameter("RoleArn").and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
            if let Some(account) = role_account {
                call.key.account = account;
            }
        }
        call
    }

    fn recognise_rest(&mut self, method: &Method, query: &str, host: &str) {
        let parts: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        let unknown = || format!("{method} {}", self.path);
        let operation = match (self.key.service.as_str(), method.as_str(), parts.as_slice()) {
            ("s3", method, ["v20180820", rest @ ..]) => {
                self.key.service = "s3control".to_owned();
                self.protocol = Protocol::S3Control;
                match (method, rest) {
                    ("GET", ["configuration", "publicAccessBlock"]) => "GetPublicAccessBlock".to_owned(),
                    _ => unknown(),
                }
            }
            ("cloudfront", method, parts) => {
                self.protocol = Protocol::S3Control;
                rest::operation("cloudfront", method, parts).map_or_else(unknown, str::to_owned)
            }
            ("s3", method, parts) => {
                self.protocol = Protocol::S3;
                let name = host.split(':').next().unwrap_or_default();
                let virtual_host =
                    name.strip_suffix(".localhost").or_else(|| name.split_once(".s3.").map(|(bucket, _)| bucket));
                self.bucket = virtual_host.or(parts.first().copied()).map(str::to_owned);
                s3_operation(method, self.bucket.is_some(), query).map_or_else(unknown, str::to_owned)
            }
            (service, method, parts) => rest::operation(service, method, parts).map_or_else(unknown, str::to_owned),
        };
        self.key.operation = operation;
    }

    /// A parameter of the form or of the query string.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// A string of the JSON body.
    pub(super) fn json_text(&self, name: &str) -> Option<String> {
        serde_json::from_str::<Value>(&self.body).ok()?.get(name)?.as_str().map(str::to_owned)
    }

    /// The last part of the path.
    pub(super) fn last_path_part(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.path.contains(text)
            || self.body.contains(text)
            || self.agent.contains(text)
            || self.bucket.as_deref().is_some_and(|bucket| bucket.contains(text))
            || self.parameters.iter().any(|(name, value)| name.contains(text) || value.contains(text))
    }
}

/// The operation of an S3 request, from its method and subresource.
fn s3_operation(method: &str, has_bucket: bool, query: &str) -> Option<&'static str> {
    let asks = |name: &str| query.split('&').any(|part| part.split('=').next() == Some(name));
    match (method, has_bucket) {
        ("GET", false) => Some("ListBuckets"),
        ("HEAD", true) => Some("HeadBucket"),
        ("GET", true) => S3_SUBRESOURCES.iter().find(|(name, _)| asks(name)).map(|(_, operation)| *operation),
        _ => None,
    }
}

const S3_SUBRESOURCES: &[(&str, &str)] = &[
    ("publicAccessBlock", "GetPublicAccessBlock"),
    ("encryption", "GetBucketEncryption"),
    ("policyStatus", "GetBucketPolicyStatus"),
    ("policy", "GetBucketPolicy"),
    ("acl", "GetBucketAcl"),
    ("ownershipControls", "GetBucketOwnershipControls"),
    ("tagging", "GetBucketTagging"),
    ("location", "GetBucketLocation"),
    ("versioning", "GetBucketVersioning"),
    ("logging", "GetBucketLogging"),
    ("object-lock", "GetObjectLockConfiguration"),
    ("lifecycle", "GetBucketLifecycleConfiguration"),
    ("replication", "GetBucketReplication"),
];

/// Account, region and service of `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
fn scope(authorization: &str, base_account: &str) -> (String, String, String) {
    let credential =
        authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let mut parts = credential.split('/');
    let key = parts.next().unwrap_or_default();
    let encoded = key.get(4..16).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let region = parts.nth(1).unwrap_or_default();
    let service = parts.next().unwrap_or_default();
    (encoded.unwrap_or(base_account).to_owned(), region.to_owned(), service.to_owned())
}

fn pairs(encoded: &str) -> HashMap<String, String> {
    encoded
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let value = tail
                    .get(..2)
                    .and_then(|hex| std::str::from_utf8(hex).ok())
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                bytes.push(value.unwrap_or(b'%'));
                rest = if value.is_some() { &tail[2..] } else { tail };
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text as it may stand in an XML element.
pub(super) fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
