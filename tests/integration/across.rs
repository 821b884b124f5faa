//! Guardrails that look across all accounts: judged after the last of them, and the same from the bundle.

use crate::support::fake_aws::{FakeAws, On, Reply};
use crate::support::scan::{Fleet, assert_same, causes, timeless, verdicts};

const RULE: [&str; 2] = ["--rule", "vpc-cidrs-do-not-overlap"];

fn vpcs_of(account: &str) -> On {
    On::operation("DescribeVpcs").account(account).region("ap-northeast-1")
}

#[test]
fn addresses_that_two_accounts_use_fail_in_both() {
    let fleet = Fleet::new();
    let aws = FakeAws::start(Vec::new());
    fleet.scan(&aws).args(RULE).run().code(0);

    let [one, other] = ["111111111111", "222222222222"].map(|account| {
        let (a, b) = aws.world().vpc_octets(account, "ap-northeast-1");
        format!("10.{a}.{b}.")
    });
    let aws = FakeAws::start(vec![vpcs_of("222222222222").reply(Reply::replaced(&other, &one))]);
    let run = fleet.scan(&aws).arg("--fresh").args(RULE).run();
    let failing: Vec<_> = verdicts(&run.json()).into_iter().filter(|(_, verdict)| verdict == "fail").collect();
    let places: Vec<_> = failing.iter().map(|(cell, _)| (cell[1].as_str(), cell[2].as_str())).collect();
    assert_eq!(places, [("111111111111", "ap-northeast-1"), ("222222222222", "ap-northeast-1")]);
    let finding = run.json()["findings"].as_array().unwrap().iter().find(|one| one["verdict"] == "fail").cloned();
    assert_eq!(finding.unwrap().pointer("/evidence/found/0/account").unwrap(), "222222222222");
    let run = run.code(1);

    let again = fleet.rejudge().run().code(1);
    assert_same(&timeless(&run.stdout), &timeless(&again.stdout));
    let resumed = fleet.scan(&aws).args(RULE).run().code(1);
    assert_same(&timeless(&run.stdout), &timeless(&resumed.stdout));
}

#[test]
fn an_account_that_was_not_seen_may_use_any_addresses() {
    let denied = On::operation("AssumeRole").account("333333333333").reply(Reply::Denied);
    let fleet = Fleet::new();
    let run = fleet.scan(&FakeAws::start(vec![denied])).args(RULE).run();
    assert!(verdicts(&run.json()).values().all(|verdict| verdict == "unknown"), "{}", run.stdout);
    assert_eq!(causes(&run.json(), "111111111111"), Default::default());
    run.code(3);

    // One region of one account is enough.
    let denied = vpcs_of("333333333333").reply(Reply::Denied);
    let run = fleet.scan(&FakeAws::start(vec![denied])).arg("--fresh").args(RULE).run();
    assert!(verdicts(&run.json()).values().all(|verdict| verdict == "unknown"), "{}", run.stdout);
    run.code(3);
}

#[test]
fn the_findings_across_accounts_are_kept_and_judged_again_by_every_run() {
    let fleet = Fleet::new();
    let aws = FakeAws::start(Vec::new());
    fleet.scan(&aws).args(RULE).run().code(0);
    let path = fleet.path("bundle").join("across.ndjson");
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(kept.lines().count(), 6);
    std::fs::write(&path, kept.replace("\"pass\"", "\"fail\"")).unwrap();
    fleet.rejudge().run().code(0);
    fleet.scan(&aws).args(RULE).run().code(0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept);
}
