//! A fleet of many accounts while AWS throttles a share of all calls. `benches/fleet.rs` is the same at full size.

use crate::support::fake_aws::{FakeAws, On, Reply, Rule, World};
use crate::support::scan::{FROM_INSIDE, Fleet, items, total, verdicts};

const ACCOUNTS: usize = 20;

#[test]
fn a_fleet_survives_throttling_and_every_retry_is_counted() {
    let world = World::with_members(ACCOUNTS);
    let fleet = Fleet::of(&world);
    let scan = |script: Vec<Rule>| {
        let aws = FakeAws::start_in(world.clone(), script);
        let report = fleet.scan(&aws).args(FROM_INSIDE).arg("--fresh").run().code(0).json();
        assert_eq!(aws.complaints(), Vec::<String>::new());
        (aws, report)
    };
    let (well, healthy) = scan(Vec::new());
    let (aws, report) = scan(vec![On::any().share(2, 100).reply(Reply::Throttled)]);

    assert_eq!(fleet.kept().into_iter().collect::<Vec<_>>(), world.members);
    assert_eq!(report["coverage"]["accounts_seen"], ACCOUNTS);
    assert_eq!(items(&report, "/coverage/gaps"), [] as [serde_json::Value; 0]);
    assert!(verdicts(&healthy) == verdicts(&report), "throttling changes verdicts");

    let counted = ["calls", "retries", "throttles"].map(|count| total(&report, count) as usize);
    assert_eq!(counted, [well.total(), aws.retries(), aws.throttles()]);
    assert_eq!(aws.total(), well.total() + aws.retries());
    assert_eq!(aws.throttles(), (aws.total() * 2).div_ceil(100));
    assert_eq!(aws.retries(), aws.throttles());
}
