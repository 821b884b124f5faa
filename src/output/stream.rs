//! Lists in JSON whose elements come out of the accounts.

use std::cell::RefCell;

use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq, Serializer};

use crate::bundle::BundleError;
use crate::outcome::{AccountOutcome, Outcomes};

/// Adds one element of a list in the making.
pub(super) type Add<'a, E> = dyn Fn(&dyn Element) -> Result<(), E> + 'a;

/// Writes a list whose elements come out of the accounts, one account in memory at a time.
pub(super) fn stream<S: Serializer>(
    outcomes: &Outcomes<'_>,
    serializer: S,
    elements: impl Fn(&AccountOutcome, &Add<'_, S::Error>) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let list = RefCell::new(serializer.serialize_seq(None)?);
    outcomes
        .each(|outcome| {
            let add = |element: &dyn Element| {
                let json = element.json().map_err(S::Error::custom)?;
                list.borrow_mut().serialize_element(&json)
            };
            elements(&outcome, &add).map_err(StreamError::Out)
        })
        .map_err(StreamError::into_custom)?;
    list.into_inner().end()
}

/// An element of a streamed list, whatever its type.
pub(super) trait Element {
    fn json(&self) -> Result<serde_json::Value, serde_json::Error>;
}

impl<T: Serialize> Element for T {
    fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

enum StreamError<E> {
    In(BundleError),
    Out(E),
}

impl<E> From<BundleError> for StreamError<E> {
    fn from(error: BundleError) -> Self {
        Self::In(error)
    }
}

impl<E: serde::ser::Error> StreamError<E> {
    fn into_custom(self) -> E {
        match self {
            Self::In(error) => E::custom(error),
            Self::Out(error) => error,
        }
    }
}
