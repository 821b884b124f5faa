//! A response body that may break off in the middle.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

pub(super) enum Payload {
    /// All of it.
    Whole(Option<Bytes>),
    /// The first half, then the connection fails. The pause lets the half reach the client.
    Cut { half: Option<Bytes>, pause: Pin<Box<Sleep>> },
}

impl Payload {
    pub(super) fn whole(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::Whole((!body.is_empty()).then_some(body))
    }

    pub(super) fn cut(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::Cut { half: Some(body.slice(..body.len() / 2)), pause: Box::pin(sleep(Duration::from_millis(20))) }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Poll::Ready(body.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Cut { half, pause } => {
                if let Some(bytes) = half.take() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                pause.as_mut().poll(context).map(|()| Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Cut { .. } => SizeHint::new(),
        }
    }
}

/// The server never fails to answer; it only chooses how.
pub(super) type Served = Result<hyper::Response<Payload>, Infallible>;
