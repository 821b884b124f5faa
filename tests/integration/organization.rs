//! Accounts that the accounts file does not name: those of the organization, and those behind a hub role.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::fake_aws::{FakeAws, On, Reply, World};
use crate::support::{Run, govcheck};

fn scan(aws: &FakeAws, args: &[&str]) -> Run {
    let dir = tempfile::tempdir().expect("a folder");
    govcheck()
        .dir(dir.path())
        .env("AWS_ENDPOINT_URL", aws.url())
        .args(["scan", "--format", "json", "--class", "general", "--rule", "ebs-volumes-are-encrypted"])
        .args(args)
        .run()
}

fn ids(report: &Value) -> BTreeSet<String> {
    let accounts = report["accounts"].as_array().expect("a list");
    accounts.iter().map(|account| account["account"]["id"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn the_accounts_of_the_organization_are_found_over_several_pages() {
    let world = World::with_members(45);
    let members: BTreeSet<String> = world.members.iter().map(ToString::to_string).collect();
    let aws = FakeAws::start_in(world, Vec::new());
    let found = ids(&scan(&aws, &["--organization", "--role-name", "govcheck"]).code(0).json());
    assert!(found.is_superset(&members), "{found:?}");
    assert_eq!(aws.complaints(), Vec::<String>::new());
}

#[test]
fn without_the_right_to_list_accounts_it_says_what_to_do() {
    let aws = FakeAws::start(vec![On::operation("ListAccounts").reply(Reply::Denied)]);
    let run = scan(&aws, &["--organization", "--role-name", "govcheck"]).code(2);
    assert!(run.stderr.contains("--accounts"), "{}", run.stderr);
}

#[test]
fn an_account_is_entered_from_the_hub_role() {
    let aws = FakeAws::start(Vec::new());
    let (hub, role) = ("arn:aws:iam::100000000001:role/hub", "arn:aws:iam::100000000002:role/govcheck");
    let report = scan(&aws, &["--hub-role-arn", hub, "--role-arn", role]).code(0).json();
    assert_eq!(ids(&report), BTreeSet::from(["100000000002".to_owned()]));
    let entered: Vec<_> = aws.assumed_roles().into_keys().collect();
    assert!(entered.contains(&("100000000001".into(), role.into())), "{entered:?}");
}
