//! The cases of a context key: values that stand for all values which the policies tell apart.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::super::condition::{Base, Test, block, moment, number};
use super::super::glob::Glob;
use super::super::keys::{self, Presence, REGIONS, Values};
use super::super::must_deny::Given;
use super::super::request::{Context, KeyValue};
use super::super::truth::Reason;
use super::words::{Domain, words};

/// How many cases one key may have.
const MAX_CASES: usize = 400;

/// Stands for the regions that do not exist yet.
pub(super) const NEW_REGION: &str = "xx-future-1";

/// The states of a key, given in lower case, which the tests tell apart; the plainest first. Where these may not be all,
/// one more stands for any value.
pub(super) fn of_key(name: &str, tests: &[&Test], base: &Context) -> Vec<KeyValue> {
    let key = keys::about(name);
    if let Presence::Fixed | Presence::Coupled = key.presence {
        let reason = match key.presence {
            Presence::Fixed => Reason::KeyNotGiven(name.to_owned()),
            _ => Reason::Coupled(name.to_owned()),
        };
        return vec![KeyValue::Open(Arc::new(reason))];
    }
    let mut states = Vec::new();
    if key.presence != Presence::Always {
        states.push(KeyValue::Absent);
    }
    states.extend(present(name, tests, &[], base));
    states
}

/// As [`of_key`], only those in which the question gives it.
pub(super) fn given(name: &str, tests: &[&Test], given: &[Given], base: &Context) -> Vec<KeyValue> {
    let states = |given: &Given| match given {
        Given::Absent => vec![KeyValue::Absent],
        Given::Value(text) => vec![KeyValue::Values(vec![text.clone()])],
        Given::Outside(texts) => {
            let inside: Vec<Glob> = texts.iter().map(|text| Glob::wildcards(text)).collect();
            present(name, tests, &inside, base)
        }
    };
    given.iter().flat_map(states).collect()
}

/// The states in which a key is present, and has a value that none of the patterns matches.
fn present(name: &str, tests: &[&Test], inside: &[Glob], base: &Context) -> Vec<KeyValue> {
    let key = keys::about(name);
    let (values, mut doubt) = values(name, tests, inside, base);
    let is_outside = |value: &String| !inside.iter().any(|glob| glob.matches(value));
    let is_set = key.multivalued || tests.iter().any(|test| test.operator.is_some_and(|op| op.quantifier.is_some()));
    // One more for the value that is outside.
    let largest = if is_set { (tests.len() + usize::from(!inside.is_empty())).max(2) } else { 1 };
    let mut states = Vec::new();
    for (at, subset) in subsets(&values, largest).enumerate() {
        if at >= MAX_CASES {
            doubt = Some(Arc::new(Reason::TooManyCases));
            break;
        }
        if subset.iter().any(is_outside) {
            states.push(KeyValue::Values(subset));
        }
    }
    states.extend(doubt.map(KeyValue::Open));
    states
}

/// The families of operators whose values are found in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Text,
    Number,
    Date,
    Address,
    Bool,
    Binary,
}

fn family(base: Base) -> Option<Family> {
    match base {
        Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike | Base::Arn => Some(Family::Text),
        Base::Numeric(_) => Some(Family::Number),
        Base::Date(_) => Some(Family::Date),
        Base::Ip => Some(Family::Address),
        Base::Bool => Some(Family::Bool),
        Base::Binary => Some(Family::Binary),
        Base::Null => None,
    }
}

/// Single values that stand for all which the tests, and the patterns, tell apart.
fn values(name: &str, tests: &[&Test], patterns: &[Glob], base: &Context) -> (Vec<String>, Option<Arc<Reason>>) {
    let kind = keys::about(name).values;
    if kind == Values::Bool {
        return (vec!["true".to_owned(), "false".to_owned()], None);
    }
    let mut families: BTreeSet<Family> =
        tests.iter().filter_map(|test| test.operator.and_then(|operator| family(operator.base))).collect();
    if families.is_empty() || !patterns.is_empty() {
        families.insert(Family::Text);
    }
    let listed: Vec<&str> = tests
        .iter()
        .flat_map(|test| test.values.iter().filter_map(|value| value.template()))
        .map(|template| template.written.as_ref())
        .collect();
    let mut found = Vec::new();
    let mut doubt = (families.len() > 1).then(|| Arc::new(Reason::MixedTests(name.to_owned())));
    for family in &families {
        match family {
            Family::Text => {
                let globs: Vec<Glob> =
                    tests.iter().flat_map(|test| test.globs(base)).chain(patterns.iter().cloned()).collect();
                let (domain, examples) = texts(name, kind, base);
                match words(&[domain], &globs.iter().collect::<Vec<_>>(), &examples) {
                    Some(words) => found.extend(words.into_iter().map(|word| word.text)),
                    None => doubt = Some(Arc::new(Reason::TooManyCases)),
                }
            }
            Family::Number => found.extend(around_numbers(&listed)),
            Family::Date => found.extend(around_dates(&listed)),
            Family::Address => found.extend(around_blocks(&listed)),
            Family::Bool => found.extend(["true".to_owned(), "false".to_owned()]),
            Family::Binary => {
                found.extend(listed.iter().map(|text| (*text).to_owned()));
                found.extend(["AA==".to_owned(), "AAAA".to_owned()]);
            }
        }
    }
    (found, doubt)
}

/// The texts that a key can have, and plain ones of them.
fn texts(name: &str, kind: Values, base: &Context) -> (Domain, Vec<String>) {
    match kind {
        Values::Region => (Domain::region(), REGIONS.iter().copied().chain([NEW_REGION]).map(str::to_owned).collect()),
        Values::Arn => {
            let account = match base.get("aws:principalaccount") {
                KeyValue::Values(accounts) => accounts.concat(),
                KeyValue::Absent | KeyValue::Open(_) => String::new(),
            };
            let example = format!("arn:aws:{}:{}:{account}:other", keys::prefix(name), REGIONS[0]);
            (Domain::arn(), vec![example])
        }
        Values::Any | Values::Bool => (Domain::anything(), vec!["other".to_owned()]),
    }
}

/// Each listed number, one in every gap, and one beyond each end.
fn around_numbers(listed: &[&str]) -> Vec<String> {
    let mut points: Vec<f64> = listed.iter().filter_map(|text| number(text)).collect();
    points.sort_by(f64::total_cmp);
    points.dedup();
    let mut found = vec![points.first().map_or(0.0, |first| first - 1.0)];
    for pair in points.windows(2) {
        if let [low, high] = pair {
            found.extend([*low, f64::midpoint(*low, *high)]);
        }
    }
    if let Some(last) = points.last() {
        found.extend([*last, last + 1.0]);
    }
    found.iter().map(ToString::to_string).collect()
}

fn around_dates(listed: &[&str]) -> Vec<String> {
    let mut points: Vec<i128> = listed.iter().filter_map(|text| moment(text)).collect();
    points.sort_unstable();
    let near = points.iter().flat_map(|point| [point - 1_000_000_000, *point, point + 1_000_000_000]);
    let seconds: BTreeSet<i128> = near.map(|nanos| nanos.div_euclid(1_000_000_000)).collect();
    let text = |second: i128| {
        let time = i64::try_from(second).ok().and_then(|second| chrono::DateTime::from_timestamp(second, 0))?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    };
    seconds.into_iter().filter_map(text).collect()
}

/// The ends of every block and their neighbours outside, in both families.
fn around_blocks(listed: &[&str]) -> Vec<String> {
    let mut found: BTreeSet<IpAddr> = BTreeSet::new();
    for block in listed.iter().filter_map(|text| block(text)) {
        match block {
            IpNet::V4(block) => {
                let (low, high) = (u32::from(block.network()), u32::from(block.broadcast()));
                let points = [low.checked_sub(1), Some(low), Some(high), high.checked_add(1)];
                found.extend(points.into_iter().flatten().map(|bits| IpAddr::V4(bits.into())));
            }
            IpNet::V6(block) => {
                let (low, high) = (u128::from(block.network()), u128::from(block.broadcast()));
                let points = [low.checked_sub(1), Some(low), Some(high), high.checked_add(1)];
                found.extend(points.into_iter().flatten().map(|bits| IpAddr::V6(bits.into())));
            }
        }
    }
    let elsewhere = ["198.51.100.7", "2001:db8:ffff::7"];
    elsewhere.iter().map(|text| (*text).to_owned()).chain(found.iter().map(ToString::to_string)).collect()
}

/// Non-empty subsets of at most `largest` values, small ones first. Which tests a set of values satisfies is decided by
/// as many of its values as there are tests.
fn subsets(values: &[String], largest: usize) -> impl Iterator<Item = Vec<String>> {
    let mut layer: Vec<(usize, Vec<String>)> =
        values.iter().enumerate().map(|(at, value)| (at, vec![value.clone()])).collect();
    let mut size = 1;
    let mut given = 0;
    let values = values.to_vec();
    std::iter::from_fn(move || {
        if given == layer.len() {
            if size >= largest || layer.len() > MAX_CASES {
                return None;
            }
            size += 1;
            given = 0;
            let grown = layer.iter().flat_map(|(at, subset)| {
                let more = values.iter().enumerate().skip(at + 1);
                more.map(|(next, value)| (next, subset.iter().cloned().chain([value.clone()]).collect()))
            });
            layer = grown.collect();
        }
        let (_, subset) = layer.get(given)?;
        given += 1;
        Some(subset.clone())
    })
}
