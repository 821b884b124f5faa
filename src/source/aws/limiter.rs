//! How fast one account may be asked: one lane for each region and service, which slows on throttling.
//!
//! The quotas of AWS's APIs are those of the account, region and service, and whoever uses them up takes them from the
//! account's own systems. <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The slowest that a lane gets, in requests a second. Requests are signed before they wait, and signatures live for five
/// minutes.
const LEAST_RATE: f64 = 1.0;

/// After a pause, as many requests as fit into this time go out at once.
const BURST: Duration = Duration::from_secs(1);

/// What remains of the rate after throttling, and how much each success gives back, in requests a second.
const SLOWER: f64 = 0.7;
const RECOVERY: f64 = 0.05;

/// Throttling of requests that were under way together counts once.
const ONCE_IN: Duration = Duration::from_secs(1);

/// The lanes of one account.
#[derive(Debug)]
pub(super) struct Limiter {
    max_rate: f64,
    lanes: Mutex<HashMap<(String, String), Lane>>,
}

impl Limiter {
    /// At most `max_rate` requests a second to each service of each region.
    pub(super) fn new(max_rate: u16) -> Self {
        Self { max_rate: f64::from(max_rate).max(LEAST_RATE), lanes: Mutex::default() }
    }

    /// Waits for the turn of a request.
    pub(super) async fn wait(&self, region: &str, service: &str) {
        let wait = self.with_lane(region, service, Lane::reserve);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes note of how a request ended.
    pub(super) fn answered(&self, region: &str, service: &str, throttled: bool) {
        self.with_lane(region, service, |lane, now| if throttled { lane.slow_down(now) } else { lane.speed_up() });
    }

    fn with_lane<T>(&self, region: &str, service: &str, act: impl FnOnce(&mut Lane, Instant) -> T) -> T {
        let now = Instant::now();
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry((region.to_owned(), service.to_owned())).or_insert_with(|| Lane {
            max_rate: self.max_rate,
            rate: self.max_rate,
            next: None,
            slowed: None,
        });
        act(lane, now)
    }
}

/// A queue with a rate.
#[derive(Debug)]
struct Lane {
    max_rate: f64,
    /// In requests a second.
    rate: f64,
    /// When the next request may go out, were there no burst.
    next: Option<Instant>,
    /// When it was last slowed down.
    slowed: Option<Instant>,
}

impl Lane {
    /// Takes the next turn; says how long to wait for it.
    fn reserve(&mut self, now: Instant) -> Duration {
        let earliest = now.checked_sub(BURST).unwrap_or(now);
        let turn = self.next.map_or(earliest, |next| next.max(earliest));
        self.next = Some(turn + Duration::from_secs_f64(1.0 / self.rate));
        turn.saturating_duration_since(now)
    }

    fn slow_down(&mut self, now: Instant) {
        if self.slowed.is_some_and(|slowed| now.saturating_duration_since(slowed) < ONCE_IN) {
            return;
        }
        self.slowed = Some(now);
        self.rate = (self.rate * SLOWER).max(LEAST_RATE);
        // No burst until the rate has been kept for a while.
        self.next = Some(self.next.map_or(now, |next| next.max(now)));
    }

    fn speed_up(&mut self) {
        self.rate = (self.rate + RECOVERY).min(self.max_rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(rate: f64) -> Lane {
        Lane { max_rate: rate, rate, next: None, slowed: None }
    }

    /// How many of the next 100 requests go out within the first second, when all ask at once.
    fn in_the_first_second(lane: &mut Lane, now: Instant) -> usize {
        let waits: Vec<Duration> = (0..100).map(|_| lane.reserve(now)).collect();
        waits.into_iter().filter(|wait| *wait < Duration::from_secs(1)).count()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let now = Instant::now() + Duration::from_secs(60);
        let mut lane = lane(20.0);
        let waits: Vec<Duration> = (0..60).map(|_| lane.reserve(now)).collect();
        assert_eq!(waits.iter().filter(|wait| wait.is_zero()).count(), 21);
        assert!(waits[40] > Duration::from_millis(900) && waits[40] < Duration::from_millis(1100), "{:?}", waits[40]);
    }

    #[test]
    fn throttling_slows_and_success_recovers_slowly() {
        let now = Instant::now() + Duration::from_secs(60);
        let mut lane = lane(20.0);
        for second in 0..100 {
            lane.slow_down(now + Duration::from_secs(2 * second));
        }
        assert!((lane.rate - LEAST_RATE).abs() < f64::EPSILON, "{}", lane.rate);
        let later = now + Duration::from_secs(200);
        assert!(in_the_first_second(&mut lane, later) <= 2);
        (0..100).for_each(|_| lane.speed_up());
        assert!(lane.rate > 5.0 && lane.rate < 7.0, "{}", lane.rate);
        (0..1000).for_each(|_| lane.speed_up());
        assert!((lane.rate - 20.0).abs() < f64::EPSILON, "{}", lane.rate);
    }

    #[test]
    fn what_is_throttled_together_counts_once() {
        let now = Instant::now();
        let mut lane = lane(20.0);
        (0..8).for_each(|_| lane.slow_down(now));
        assert!((lane.rate - 14.0).abs() < 1e-9, "{}", lane.rate);
    }
}
