//! Accepts connections, reads requests, and carries out what the script says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::faults::Fault;
use super::ledger::Ledger;
use super::pages;
use super::payload::{Payload, Served};
use super::protocol::{Answer, Call, REQUEST_ID};
use super::replies;
use super::script::{Reply, Rule, decide};
use super::world::World;

pub(super) struct State {
    pub(super) world: World,
    pub(super) ledger: Ledger,
    script: Vec<Rule>,
    /// Numbers the tokens of endless listings, and stirs the jitter.
    counter: AtomicU64,
}

impl State {
    pub(super) fn new(world: World, script: Vec<Rule>) -> Self {
        Self { world, script, ledger: Ledger::default(), counter: AtomicU64::new(0) }
    }

    fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}

pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&state)));
        }
    }
}

async fn converse(stream: TcpStream, state: Arc<State>) {
    state.ledger.connected();
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, &state));
    // A client that hangs up early, or a body that is cut, ends here as an error. Both are meant.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, state: &State) -> Served {
    let _in_flight = state.ledger.enter();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
    let call = Call::recognise(&head, &body, &state.world.base_account);
    state.ledger.record(&call.key);
    if is_retry(&head) {
        state.ledger.record_retry();
    }
    if call.key.operation == "AssumeRole" {
        state.ledger.record_assumed(&call.caller, call.parameter("RoleArn").unwrap_or_default().to_owned());
    }
    let mut reply = decide(&state.script, &call);
    loop {
        let (pause, inner) = match reply {
            Reply::Delay(pause, inner) => (*pause, inner),
            Reply::Jitter(least, most, inner) => (between(*least, *most, state.next()), inner),
            _ => break,
        };
        sleep(pause).await;
        reply = inner;
    }
    let answer = match reply {
        Reply::Hang => std::future::pending().await,
        Reply::Cut => return Ok(cut(replies::ok(&call, state))),
        other => plain(other, &call, state),
    };
    Ok(response(answer))
}

/// Whether the SDK's `amz-sdk-request: attempt=2; max=3` tells of an attempt after the first.
fn is_retry(head: &Parts) -> bool {
    let header = head.headers.get("amz-sdk-request").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = header.split(';');
    parts.any(|part| part.trim().strip_prefix("attempt=").is_some_and(|attempt| attempt != "1"))
}

/// What a reply says, where it is no matter of time or of the connection.
fn plain(reply: &Reply, call: &Call, state: &State) -> Answer {
    let fault = match reply {
        Reply::Replaced { from, to } => {
            let mut answer = replies::ok(call, state);
            if !answer.body.contains(from.as_str()) {
                state
                    .ledger
                    .complain(format!("{}: nothing to replace, the answer has no {from:?}", call.key.operation));
            }
            answer.body = answer.body.replace(from.as_str(), to);
            return answer;
        }
        Reply::Body { status, headers, body } => {
            let mut answer = Answer::new(call.protocol, *status, body.clone());
            answer.headers.clone_from(headers);
            return answer;
        }
        Reply::Error { status, code, message } => return call.protocol.error(*status, code, message),
        Reply::EndlessPages => {
            let mut answer = replies::ok(call, state);
            match pages::with_next_page(call, &answer.body, &format!("endless-{}", state.next())) {
                Some(body) => answer.body = body,
                None => state.ledger.complain(format!("{} has no pages", call.key.operation)),
            }
            return answer;
        }
        Reply::Denied => Fault::Denied,
        Reply::DeniedByScp => Fault::DeniedByScp,
        Reply::DeniedImplicitScp => Fault::DeniedImplicitScp,
        Reply::DeniedBare => Fault::DeniedBare,
        Reply::Throttled => {
            state.ledger.record_throttle();
            Fault::Throttled
        }
        Reply::ServerError => Fault::ServerError,
        Reply::ExpiredToken => Fault::ExpiredToken,
        Reply::ClockSkew => Fault::ClockSkew,
        Reply::RegionDisabled => Fault::RegionDisabled,
        Reply::Ok | Reply::Hang | Reply::Cut | Reply::Delay(..) | Reply::Jitter(..) => {
            return replies::ok(call, state);
        }
    };
    fault.answer(call, &state.world.management_account)
}

fn response(answer: Answer) -> Response<Payload> {
    let own_type = answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let mut builder = Response::builder().status(answer.status).header("x-amzn-requestid", REQUEST_ID);
    if !own_type {
        builder = builder.header(header::CONTENT_TYPE, answer.content_type);
    }
    for (name, value) in &answer.headers {
        builder = builder.header(name, value);
    }
    builder.body(Payload::whole(answer.body)).unwrap()
}

fn cut(answer: Answer) -> Response<Payload> {
    Response::builder()
        .status(answer.status)
        .header(header::CONTENT_TYPE, answer.content_type)
        .header(header::CONTENT_LENGTH, answer.body.len())
        .body(Payload::cut(answer.body))
        .unwrap()
}

/// A pause between two values; the golden ratio spreads consecutive numbers evenly.
fn between(least: Duration, most: Duration, number: u64) -> Duration {
    let share = (number as f64 * 0.618_033_988_749_894_9).fract();
    least + most.saturating_sub(least).mul_f64(share)
}
