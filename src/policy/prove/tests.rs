//! What the prover must hold: the known holes of published policies, and properties of every answer.

use std::path::Path;
use std::sync::Arc;

use super::super::cases::full_access;
use super::super::*;
use crate::syntax::SourceFile;

fn fixture(name: &str) -> Arc<Policy> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/scp/{name}.json"));
    let file = SourceFile::read(&path).unwrap();
    Arc::new(read_policy(&file, PolicyType::Scp).unwrap_or_else(|faults| panic!("{faults}")))
}

fn of_json(statements: serde_json::Value) -> Arc<Policy> {
    let document = serde_json::json!({"Version": "2012-10-17", "Statement": statements});
    Arc::new(read_policy(&SourceFile::new("p.json", document.to_string()), PolicyType::Scp).unwrap())
}

fn under(policies: Vec<Arc<Policy>>) -> Hierarchy {
    let mut all = vec![full_access()];
    all.extend(policies);
    let level = Level { name: "root".into(), policies: all };
    Hierarchy { account: Some("111111111111".into()), ..Hierarchy::new(vec![level]) }
}

fn question(json: serde_json::Value) -> Question {
    let must: MustDeny = serde_json::from_value(json).unwrap();
    must.resolve(Catalogue::load().unwrap(), |_| None).unwrap()
}

fn ask(policies: Vec<Arc<Policy>>, json: serde_json::Value) -> Proof {
    prove(&under(policies), &question(json), Catalogue::load().unwrap())
}

fn region_lock() -> serde_json::Value {
    serde_json::json!({
        "actions": ["*"],
        "except_actions": ["global_services"],
        "regions": {"outside": ["ap-northeast-1", "ap-northeast-3"]},
    })
}

#[test]
fn a_region_lock_with_the_global_services_is_proved_over_the_whole_catalogue() {
    let proof = ask(vec![fixture("region-lock")], region_lock());
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?} {:?}", proof.holes.first(), proof.undecided.first());
    assert!(proof.asked > 20_000, "{}", proof.asked);
    assert!(proof.future.is_empty(), "{:?}", proof.future.first());
}

#[test]
fn control_towers_region_lock_leaves_regional_actions_open() {
    let everything = serde_json::json!({
        "actions": ["*"],
        "regions": {"outside": ["ap-northeast-1", "ap-northeast-3"]},
    });
    let proof = ask(vec![fixture("control-tower-region-lock")], everything);
    let open: usize = proof.open_actions().values().map(|names| names.len()).sum();
    assert!((2_800..2_950).contains(&open), "{open}");

    let proof = ask(vec![fixture("control-tower-region-lock")], region_lock());
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    let open = proof.open.clone();
    for service in ["kms:*", "config:*", "acm:*", "wafv2:*", "waf-regional:*", "sso:*", "access-analyzer:*"] {
        assert!(open.iter().any(|pattern| pattern == service), "{service} {open:?}");
    }
    assert!(!open.iter().any(|pattern| pattern.starts_with("iam:") || pattern.starts_with("ec2:RunInstances")));
    let only: Vec<&str> =
        proof.holes.iter().flat_map(|hole| &hole.only).map(|exempt| exempt.principal.as_str()).collect();
    assert!(only.contains(&"arn:aws:iam::111111111111:role/AWSControlTowerExecution"), "{only:?}");
}

#[test]
fn an_exemption_is_declared_or_a_hole_and_says_who_can_become_it() {
    let mut declared = serde_json::json!({
        "actions": ["ec2:*"],
        "regions": {"outside": ["ap-northeast-1", "ap-northeast-3"]},
        "principals": {"except": ["arn:aws:iam::*:role/AWSControlTowerExecution"]},
    });
    let proof = ask(vec![fixture("control-tower-region-lock")], declared.clone());
    // Three Describe actions are in the list of exemptions.
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    declared["except_actions"] =
        serde_json::json!(["ec2:DescribeRegions", "ec2:DescribeTransitGateways", "ec2:DescribeVpnGateways"]);
    let proof = ask(vec![fixture("control-tower-region-lock")], declared.clone());
    assert_eq!(proof.verdict, ProofVerdict::ProvedExcept, "{:?}", proof.holes.first());
    let [exempt] = proof.exempt.as_slice() else { panic!("{:?}", proof.exempt) };
    assert!(exempt.ways.contains(&"iam:CreateRole".to_owned()), "{exempt:?}");

    let protection = of_json(serde_json::json!({
        "Effect": "Deny",
        "Action": ["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy"],
        "Resource": "arn:aws:iam::*:role/AWSControlTowerExecution",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/AWSControlTowerExecution"}},
    }));
    let proof = ask(vec![fixture("control-tower-region-lock"), protection], declared);
    let [exempt] = proof.exempt.as_slice() else { panic!("{:?}", proof.exempt) };
    assert!(exempt.ways.is_empty() && exempt.undecided.is_empty(), "{exempt:?}");
}

#[test]
fn an_exemption_with_a_wildcard_is_a_hole_that_members_can_make() {
    let proof = ask(vec![fixture("quarantine")], serde_json::json!({"actions": ["iam:CreateAccessKey"]}));
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    let [hole] = proof.holes.as_slice() else { panic!("{:?}", proof.holes) };
    let [exempt] = hole.only.as_slice() else { panic!("{:?}", hole.only) };
    assert!(exempt.principal.starts_with("arn:aws:iam::111111111111:role/aws"), "{exempt:?}");
    assert!(exempt.ways.contains(&"iam:CreateRole".to_owned()), "{exempt:?}");
}

#[test]
fn no_principal_is_impossible() {
    // Only a path with a colon gets through, which IAM takes and nobody has: no witness, and no proof.
    let odd = of_json(serde_json::json!({
        "Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": "*:role/*:role/*"}},
    }));
    let proof = ask(vec![odd], serde_json::json!({"actions": ["iam:*"]}));
    assert_eq!((proof.verdict, proof.holes.len()), (ProofVerdict::Undecided, 0), "{:?}", proof.holes.first());
    // And none with a character that no name has.
    let never = of_json(serde_json::json!({
        "Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/a b*", "arn:aws:iam::*:user/*!"]}},
    }));
    let proof = ask(vec![never], serde_json::json!({"actions": ["iam:*"]}));
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
}

#[test]
fn mfa_by_bool_misses_access_keys() {
    let must = serde_json::json!({
        "actions": ["ec2:*"],
        "principals": {"kinds": ["user"]},
        "context": {"aws:MultiFactorAuthPresent": ["absent", {"value": "false"}]},
    });
    let proof = ask(vec![fixture("mfa-with-bool")], must.clone());
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    let hole = &proof.holes[0];
    assert_eq!(hole.request.context.get("aws:multifactorauthpresent"), KeyValue::Absent);
    let proof = ask(vec![fixture("mfa-with-bool-if-exists")], must);
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
}

#[test]
fn the_gateway_sample_forgets_the_default_vpc() {
    let must = serde_json::json!({"actions": [
        "ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateEgressOnlyInternetGateway",
        "ec2:CreateDefaultVpc", "ec2:CreateDefaultSubnet", "ec2:CreateCarrierGateway",
    ]});
    let proof = ask(vec![fixture("no-internet-gateway")], must);
    let open = proof.open.clone();
    assert_eq!(open, ["ec2:CreateCarrierGateway", "ec2:CreateDefaultSubnet", "ec2:CreateDefaultVpc"]);
}

#[test]
fn the_samples_for_security_services_have_holes() {
    for (sample, actions, open) in [
        (
            "protect-guardduty",
            vec!["guardduty:Delete*", "guardduty:Disassociate*", "guardduty:UpdateMember*"],
            vec![
                "guardduty:DisassociateFromAdministratorAccount",
                "guardduty:UpdateMemberDetectors",
                "guardduty:DeleteMalwareProtectionPlan",
            ],
        ),
        (
            "protect-securityhub",
            vec!["securityhub:Disable*", "securityhub:BatchUpdate*"],
            vec![
                "securityhub:DisableOrganizationAdminAccount",
                "securityhub:DisableSecurityHubV2",
                "securityhub:BatchUpdateStandardsControlAssociations",
            ],
        ),
        (
            "protect-config",
            vec!["config:Delete*", "config:Stop*"],
            vec!["config:DeleteConformancePack", "config:DeleteOrganizationConformancePack"],
        ),
        (
            "protect-cloudtrail",
            vec!["cloudtrail:Delete*", "cloudtrail:Stop*", "cloudtrail:PutInsightSelectors"],
            vec![
                "cloudtrail:StopLogging",
                "cloudtrail:DeleteTrail",
                "cloudtrail:DeleteEventDataStore",
                "cloudtrail:PutInsightSelectors",
            ],
        ),
    ] {
        let proof = ask(vec![fixture(sample)], serde_json::json!({"actions": actions}));
        assert_eq!(proof.verdict, ProofVerdict::Counterexample, "{sample}");
        let found = proof.open.clone();
        for action in open {
            assert!(found.iter().any(|name| name == action), "{sample} {action} {found:?}");
        }
    }
}

#[test]
fn actions_that_do_not_exist_yet_are_told_apart_from_those_that_do() {
    let names = of_json(serde_json::json!({
        "Effect": "Deny", "Resource": "*",
        "Action": ["cloudshell:*", "guardduty:DeleteDetector"],
    }));
    let proof = ask(vec![names.clone()], serde_json::json!({"actions": ["cloudshell:*"]}));
    assert_eq!((proof.verdict, proof.future.len()), (ProofVerdict::Proved, 0));
    let proof = ask(vec![names], serde_json::json!({"actions": ["guardduty:DeleteDetector*"]}));
    assert_eq!(proof.verdict, ProofVerdict::Proved);
    let [future] = proof.future.as_slice() else { panic!("{:?}", proof.future) };
    assert!(future.actions[0].starts_with("guardduty:deletedetector"), "{future:?}");
}

#[test]
fn a_question_about_nothing_that_exists_is_not_proved() {
    let all = of_json(serde_json::json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    for must in [
        serde_json::json!({"actions": ["macie:*"]}),
        serde_json::json!({"actions": ["iam:*"], "regions": {"only": ["eu-west-1"]}}),
        serde_json::json!({"actions": ["iam:ListRoles"], "resources": ["arn:aws:iam::*:role/x"]}),
        serde_json::json!({"actions": ["sqs:*"], "principals": {"kinds": ["root"], "except": ["arn:aws:iam::*:root"]}}),
    ] {
        assert_eq!(ask(vec![all.clone()], must.clone()).verdict, ProofVerdict::Undecided, "{must}");
    }
}

#[test]
fn a_denial_on_some_resources_is_told_from_one_on_all() {
    let deny = |resource: &str| {
        of_json(serde_json::json!({"Effect": "Deny", "Action": ["ec2:*", "iam:*"], "Resource": resource}))
    };
    let verdict =
        |resource: &str, action: &str| ask(vec![deny(resource)], serde_json::json!({"actions": [action]})).verdict;
    let roles = "arn:aws:iam::*:role/*";
    assert_eq!(verdict(roles, "iam:DeleteRole"), ProofVerdict::Proved);
    assert_eq!(verdict("arn:aws:iam::*:role/ops-*", "iam:DeleteRole"), ProofVerdict::Counterexample);
    assert_eq!(verdict(roles, "iam:DeleteUser"), ProofVerdict::Counterexample);
    assert_eq!(verdict(roles, "iam:ListRoles"), ProofVerdict::Counterexample);
    // The call names an instance, and much else.
    assert_eq!(verdict("arn:aws:ec2:*:*:instance/*", "ec2:RunInstances"), ProofVerdict::Undecided);
    let protected = serde_json::json!({
        "actions": ["iam:DeleteRole", "iam:PutRolePolicy"], "resources": ["arn:aws:iam::*:role/agency/*"],
    });
    assert_eq!(ask(vec![deny("arn:aws:iam::*:role/agency/*")], protected.clone()).verdict, ProofVerdict::Proved);
    let narrow = ask(vec![deny("arn:aws:iam::*:role/agency/a*")], protected);
    assert_eq!(narrow.verdict, ProofVerdict::Counterexample);
    assert!(narrow.holes[0].request.resource.as_deref().unwrap().contains(":role/agency/"), "{:?}", narrow.holes[0]);
}

#[test]
fn keys_that_go_together_are_never_apart() {
    let mfa = of_json(serde_json::json!([
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "3600"}}},
    ]));
    // With MFA there is an age, and every age is denied.
    let proof = ask(vec![mfa], serde_json::json!({"actions": ["sqs:*"]}));
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
}

#[test]
fn regions_that_are_listed_one_by_one_leave_the_next_one_open() {
    let names = super::super::keys::REGIONS.iter().filter(|name| !name.starts_with("ap-northeast-"));
    let listed = of_json(serde_json::json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": names.collect::<Vec<_>>()}},
    }));
    let must = serde_json::json!({
        "actions": ["sqs:*"],
        "regions": {"outside": ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"]},
    });
    let proof = ask(vec![listed], must);
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
    assert!(!proof.future.is_empty());
}

#[test]
fn what_is_not_known_is_never_proved() {
    let deny = |extra: serde_json::Value| {
        let mut statement = serde_json::json!({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"});
        statement.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ask(vec![of_json(statement)], serde_json::json!({"actions": ["sqs:*"]})).verdict
    };
    assert_eq!(deny(serde_json::json!({})), ProofVerdict::Proved);
    assert_eq!(deny(serde_json::json!({"Action": "sqs*"})), ProofVerdict::Undecided);
    for condition in [
        serde_json::json!({"StringMatches": {"aws:x": "a"}}),
        serde_json::json!({"ArnNotLike": {"aws:PrincipalArn": "*"}}),
        serde_json::json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
        serde_json::json!({"StringNotEquals": {"aws:username": "x"}}),
    ] {
        assert_eq!(deny(serde_json::json!({"Condition": condition})), ProofVerdict::Undecided, "{condition}");
    }
    // The value is there for everybody, and so is the account's own id.
    let own = serde_json::json!({"Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}});
    assert_eq!(deny(own), ProofVerdict::Proved);
    let tag = serde_json::json!({"Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}});
    assert_eq!(deny(tag), ProofVerdict::Counterexample);
}

#[test]
fn accounts_that_nothing_binds_have_everything_open() {
    let must = question(serde_json::json!({"actions": ["sqs:*"]}));
    let all = of_json(serde_json::json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    for change in
        [|hierarchy: &mut Hierarchy| hierarchy.enabled = false, |hierarchy: &mut Hierarchy| hierarchy.management = true]
    {
        let mut hierarchy = under(vec![all.clone()]);
        change(&mut hierarchy);
        let proof = prove(&hierarchy, &must, Catalogue::load().unwrap());
        assert_eq!(proof.verdict, ProofVerdict::Counterexample);
        assert!(proof.exemption.is_some());
    }
}

#[test]
fn accounts_that_share_their_policies_share_a_proof() {
    let must = question(region_lock());
    let catalogue = Catalogue::load().unwrap();
    let bound = |account: usize, policies: &Vec<Arc<Policy>>| {
        let mut hierarchy = under(policies.clone());
        hierarchy.account = Some(format!("{account:012}"));
        hierarchy
    };
    let mut prover = Prover::new(must, catalogue);
    let lock = vec![fixture("region-lock")];
    let full = full_access();
    let with_full = |policies: &Vec<Arc<Policy>>, account| {
        let mut hierarchy = bound(account, policies);
        hierarchy.levels[0].policies[0] = full.clone();
        hierarchy
    };
    for account in 1..=1000 {
        assert_eq!(prover.prove(&with_full(&lock, account)).verdict, ProofVerdict::Proved);
    }
    assert_eq!(prover.made(), 1);
    let named = vec![of_json(serde_json::json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "000000000007"}},
    }))];
    assert_eq!(prover.prove(&with_full(&named, 7)).verdict, ProofVerdict::Counterexample);
    assert_eq!(prover.prove(&with_full(&named, 8)).verdict, ProofVerdict::Proved);
}

#[test]
fn a_key_that_goes_with_another_is_not_left_out() {
    let deny = |condition: serde_json::Value| {
        let statement =
            serde_json::json!({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": condition});
        ask(vec![of_json(statement)], serde_json::json!({"actions": ["sqs:*"]}))
    };
    // Long-term keys say nothing of when they were issued, and only users and root have them.
    let proof = deny(serde_json::json!({"Null": {"aws:TokenIssueTime": "false"}}));
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    let kind = proof.holes[0].request.principal.as_ref().unwrap().kind;
    assert!(matches!(kind, PrincipalKind::User | PrincipalKind::Root), "{kind:?}");
    // With MFA the age may be small.
    let mfa = serde_json::json!({
        "BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}, "NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"},
    });
    assert_eq!(deny(mfa).verdict, ProofVerdict::Counterexample);
    // A state in which nothing is told of the one key leaves the other as it is.
    let both = serde_json::json!([
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"Null": {"aws:TokenIssueTime": "true"}}},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"Null": {"aws:TokenIssueTime": "false"}}},
    ]);
    let proof = ask(vec![of_json(both)], serde_json::json!({"actions": ["sqs:*"]}));
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
}

#[test]
fn a_key_of_another_service_is_no_way_through() {
    let types = of_json(serde_json::json!({
        "Effect": "Deny", "Action": ["sqs:*", "ec2:RunInstances"], "Resource": "*",
        "Condition": {"StringNotLike": {"ec2:InstanceType": "t3.*"}},
    }));
    let verdict = |action: &str| ask(vec![types.clone()], serde_json::json!({"actions": [action]})).verdict;
    assert_eq!(verdict("ec2:RunInstances"), ProofVerdict::Counterexample);
    assert_eq!(verdict("sqs:*"), ProofVerdict::Undecided);
}
