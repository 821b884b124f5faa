//! What the server saw: counts of calls, the load, and complaints.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What identifies a kind of call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallKey {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) operation: String,
}

#[derive(Default)]
pub(super) struct Ledger {
    calls: Mutex<HashMap<CallKey, usize>>,
    assumed: Mutex<BTreeMap<(String, String), usize>>,
    complaints: Mutex<Vec<String>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    retries: AtomicUsize,
    throttles: AtomicUsize,
}

impl Ledger {
    pub(super) fn record(&self, key: &CallKey) {
        let mut calls = self.calls.lock().unwrap();
        if let Some(count) = calls.get_mut(key) {
            *count += 1;
        } else {
            calls.insert(key.clone(), 1);
        }
    }

    pub(super) fn record_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn record_throttle(&self) {
        self.throttles.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn record_assumed(&self, caller: &str, role: String) {
        *self.assumed.lock().unwrap().entry((caller.to_owned(), role)).or_default() += 1;
    }

    pub(super) fn complain(&self, text: String) {
        let mut complaints = self.complaints.lock().unwrap();
        if !complaints.contains(&text) {
            complaints.push(text);
        }
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call as in flight until the guard is dropped.
    pub(super) fn enter(&self) -> InFlight<'_> {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        InFlight(self)
    }

    pub(super) fn calls(&self) -> BTreeMap<CallKey, usize> {
        self.calls.lock().unwrap().iter().map(|(key, count)| (key.clone(), *count)).collect()
    }

    pub(super) fn assumed_roles(&self) -> BTreeMap<(String, String), usize> {
        self.assumed.lock().unwrap().clone()
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn retries(&self) -> usize {
        self.retries.load(Ordering::Relaxed)
    }

    pub(super) fn throttles(&self) -> usize {
        self.throttles.load(Ordering::Relaxed)
    }

    pub(super) fn peak_in_flight(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }
}

pub(super) struct InFlight<'a>(&'a Ledger);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
