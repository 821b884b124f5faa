//! The policies on the path of an account, read from the organization.

use govcheck::model::POLICY_PATH;
use govcheck::source::aws::ORGANIZATION_ACTIONS;
use serde_json::{Value, json};

use crate::support::fake_aws::{FakeAws, On, Reply, Rule, World};
use crate::support::inquiry::Asking;

const MEMBERS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];

fn asking<'a>(accounts: &'a [&'a str]) -> Asking<'a> {
    Asking { organization: true, accounts, ..Asking::about(POLICY_PATH, &[]) }
}

fn path(script: Vec<Rule>, account: &str) -> (Value, Vec<Value>) {
    let aws = FakeAws::start(script);
    let found = asking(&[account]).of_one(&aws);
    assert_eq!(aws.complaints(), Vec::<String>::new());
    found
}

/// The names of the policies at each level.
fn names(found: &Value, property: &str) -> Vec<Vec<String>> {
    let levels = found["Levels"].as_array().expect("levels");
    let of = |level: &Value| {
        let policies = level[property].as_array().into_iter().flatten();
        policies.map(|policy| policy["Name"].as_str().expect("a name").to_owned()).collect()
    };
    levels.iter().map(of).collect()
}

#[test]
fn a_path_leads_from_the_root_to_the_account() {
    let (found, gaps) = path(Vec::new(), MEMBERS[0]);
    assert_eq!(gaps, Vec::<Value>::new());
    let expected = json!([true, false, "organizations", "000000000000"]);
    let properties = ["Enabled", "ResourceControlPoliciesEnabled", "Source", "ManagementAccountId"];
    assert_eq!(Value::from_iter(properties.map(|name| found[name].clone())), expected);
    let levels = found["Levels"].as_array().unwrap();
    let ids: Vec<_> = levels.iter().map(|level| [&level["Id"], &level["Name"]].map(Value::as_str)).collect();
    assert_eq!(
        ids,
        [[Some("r-fake"), Some("Root")], [Some("ou-fake-workload"), Some("workload")], [Some(MEMBERS[0]), None],]
    );
    let full = "FullAWSAccess";
    assert_eq!(names(&found, "Policies"), [vec![full, "guarded"], vec![full, "region-lock"], vec![full]]);
    let lock = &levels[1]["Policies"][1]["Document"]["Statement"][0];
    assert_eq!(
        lock["Condition"]["StringNotEquals"]["aws:RequestedRegion"],
        json!(["ap-northeast-1", "ap-northeast-3"])
    );
    assert!(levels.iter().all(|level| level.get("ResourceControlPolicies").is_none()));
}

#[test]
fn the_management_account_is_directly_below_the_root() {
    let (found, _) = path(Vec::new(), "000000000000");
    assert_eq!(found["Levels"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["ManagementAccountId"], "000000000000");
}

#[test]
fn what_accounts_have_in_common_is_read_once() {
    let aws = FakeAws::start(Vec::new());
    let inventories = asking(&MEMBERS).of(&aws);
    assert!(inventories.iter().all(|inventory| inventory.resources.len() == 1 && inventory.gaps.is_empty()));
    let counts = ["DescribeOrganization", "ListRoots", "DescribeOrganizationalUnit", "DescribePolicy", "ListParents"];
    assert_eq!(counts.map(|name| aws.count(&On::operation(name))), [1, 1, 1, 3, 4]);
    // Two pages for the root and for the unit, one for each account.
    assert_eq!(aws.count(&On::operation("ListPoliciesForTarget")), 7);
    let writes: Vec<String> = aws.operations().into_iter().filter(|call| call.starts_with("organizations")).collect();
    assert_eq!(writes, ORGANIZATION_ACTIONS);
}

#[test]
fn policies_of_a_type_that_is_not_enabled_are_not_read() {
    let pending = On::operation("ListRoots").reply(Reply::replaced("ENABLED", "PENDING_DISABLE"));
    let (found, gaps) = path(vec![pending], MEMBERS[0]);
    assert_eq!((found["Enabled"].clone(), gaps), (json!(false), Vec::new()));
    assert_eq!(names(&found, "Policies"), [[""; 0]; 3]);
}

#[test]
fn resource_control_policies_stand_beside() {
    let roots = json!({ "Roots": [{ "Id": "r-fake", "PolicyTypes": [
        { "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" },
        { "Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED" },
    ] }] });
    let (found, _) = path(vec![On::operation("ListRoots").reply(Reply::body(roots.to_string()))], MEMBERS[0]);
    assert_eq!(found["ResourceControlPoliciesEnabled"], true);
    assert_eq!(names(&found, "ResourceControlPolicies"), [["RCPFullAWSAccess"]; 3]);
    assert_eq!(names(&found, "Policies").concat().len(), 5);
}

#[test]
fn whatever_is_denied_leaves_a_gap_and_nothing_else() {
    for action in ORGANIZATION_ACTIONS {
        let operation = action.split_once(':').unwrap().1;
        for (reply, kind) in [(Reply::Denied, "access_denied"), (Reply::DeniedByScp, "access_denied_by_scp")] {
            let found = path(vec![On::operation(operation).reply(reply)], MEMBERS[0]);
            assert_eq!(found, (Value::Null, vec![json!({ kind: action })]), "{action}");
        }
    }
}

#[test]
fn a_denied_call_is_not_made_for_every_account() {
    let aws = FakeAws::start(vec![On::operation("DescribePolicy").reply(Reply::Denied)]);
    let inventories = asking(&MEMBERS).of(&aws);
    assert!(inventories.iter().all(|inventory| inventory.resources.is_empty() && inventory.gaps.len() == 1));
    assert_eq!(aws.count(&On::operation("DescribePolicy")), 1);
}

#[test]
fn a_path_that_does_not_end_is_unknown() {
    let again = json!({ "Parents": [{ "Id": "ou-fake-workload", "Type": "ORGANIZATIONAL_UNIT" }] }).to_string();
    let (found, gaps) = path(vec![On::operation("ListParents").reply(Reply::body(again))], MEMBERS[0]);
    let cause = json!({"call_failed": {"action": "organizations:ListParents", "code": "TooDeep"}});
    assert_eq!((found, gaps), (Value::Null, vec![cause]));
}

#[test]
fn nobody_asks_without_the_organization() {
    let aws = FakeAws::start_in(World::default(), Vec::new());
    let found = Asking { organization: false, ..asking(&MEMBERS[..1]) }.of_one(&aws);
    assert_eq!(found, (Value::Null, Vec::new()));
    assert_eq!(aws.operations(), ["sts:AssumeRole"]);
}
