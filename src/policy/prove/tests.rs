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

/// What the question gives of a key, asked of policies that deny under a condition.
fn under_condition(actions: &str, context: serde_json::Value, condition: serde_json::Value) -> Proof {
    let deny = serde_json::json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition});
    ask(vec![of_json(deny)], serde_json::json!({"actions": [actions], "context": context}))
}

fn values(proof: &Proof, key: &str) -> Vec<String> {
    match proof.holes[0].request.context.get(key) {
        KeyValue::Values(values) => values,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_outside_a_list_is_never_one_of_the_list() {
    let outside = || serde_json::json!({"kms:ReplicaRegion": [{"outside": ["ap-northeast-1", "ap-northeast-3"]}]});
    let of = |condition| under_condition("kms:ReplicateKey", outside(), condition);
    let listed = |operator: &str, regions: &[&str]| serde_json::json!({operator: {"kms:ReplicaRegion": regions}});
    let japan = ["ap-northeast-1", "ap-northeast-3"];
    for operator in ["StringNotEquals", "StringNotEqualsIfExists", "StringNotLike", "StringNotEqualsIgnoreCase"] {
        let proof = of(listed(operator, &japan));
        assert_eq!(proof.verdict, ProofVerdict::Proved, "{operator} {:?}", proof.holes.first());
        assert!(proof.future.is_empty(), "{:?}", proof.future.first());
    }
    // The narrower list denies more, the wider one less.
    assert_eq!(of(listed("StringNotEquals", &japan[..1])).verdict, ProofVerdict::Proved);
    let wider = of(listed("StringNotLike", &["ap-northeast-*"]));
    assert_eq!(wider.verdict, ProofVerdict::Counterexample);
    assert_eq!(values(&wider, "kms:replicaregion"), ["ap-northeast-2"]);
    let open = of(listed("StringEquals", &japan));
    assert_eq!(values(&open, "kms:replicaregion"), ["us-east-1"]);
    assert_eq!(of(serde_json::json!({"Null": {"kms:ReplicaRegion": "false"}})).verdict, ProofVerdict::Proved);
    assert_eq!(of(serde_json::json!({"Null": {"kms:ReplicaRegion": "true"}})).verdict, ProofVerdict::Counterexample);
    // Numbers and texts are not told apart together.
    let mixed = serde_json::json!({"NumericNotEquals": {"kms:ReplicaRegion": "1"}});
    assert_eq!(of(mixed).verdict, ProofVerdict::Undecided);
}

#[test]
fn a_region_that_does_not_exist_yet_is_no_value_that_gets_through() {
    let existing: Vec<&str> =
        super::super::keys::REGIONS.into_iter().filter(|name| !name.starts_with("ap-northeast-")).collect();
    let outside = serde_json::json!({"kms:ReplicaRegion": [{"outside": ["ap-northeast-*"]}]});
    let listed = serde_json::json!({"StringEquals": {"kms:ReplicaRegion": existing}});
    let proof = under_condition("kms:ReplicateKey", outside, listed);
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{:?}", proof.holes.first());
    assert_eq!(proof.future.len(), 1);
}

#[test]
fn of_several_values_one_outside_is_enough() {
    let outside = || serde_json::json!({"secretsmanager:AddReplicaRegions": [{"outside": ["ap-northeast-1"]}]});
    let of = |operator: &str, regions: &[&str]| {
        let condition = serde_json::json!({operator: {"secretsmanager:AddReplicaRegions": regions}});
        under_condition("secretsmanager:ReplicateSecretToRegions", outside(), condition)
    };
    let any = of("ForAnyValue:StringNotEquals", &["ap-northeast-1"]);
    assert_eq!(any.verdict, ProofVerdict::Proved, "{:?}", any.holes.first());
    // Denied only where no region of the list is among them: one of Tokyo beside it gets through.
    let all = of("ForAllValues:StringNotEquals", &["ap-northeast-1"]);
    assert_eq!(values(&all, "secretsmanager:addreplicaregions"), ["us-east-1", "ap-northeast-1"]);
    // What an operator for one value says about several is not defined.
    assert_eq!(of("StringNotEquals", &["ap-northeast-1"]).verdict, ProofVerdict::Undecided);
}

#[test]
fn vaults_outside_a_list_of_patterns_are_arns() {
    let outside = || serde_json::json!({"backup:CopyTargets": [{"outside": ["arn:aws:backup:ap-northeast-1:*"]}]});
    let of = |patterns: &[&str]| {
        let condition = serde_json::json!({"ForAnyValue:ArnNotLike": {"backup:CopyTargets": patterns}});
        under_condition("backup:CopyFromBackupVault", outside(), condition)
    };
    assert_eq!(of(&["arn:aws:backup:ap-northeast-1:*:backup-vault:*"]).verdict, ProofVerdict::Proved);
    let proof = of(&["arn:aws:backup:*:*:backup-vault:*"]);
    assert_eq!(proof.verdict, ProofVerdict::Counterexample);
    let [vault] = values(&proof, "backup:copytargets").try_into().unwrap();
    assert!(vault.starts_with("arn:aws:") && !vault.contains("ap-northeast-1"), "{vault}");
}

#[test]
fn a_key_of_a_service_is_asked_about_in_its_own_requests_alone() {
    let must = serde_json::json!({
        "actions": ["kms:ReplicateKey", "s3:PutReplicationConfiguration", "ssm:PutComplianceItems"],
        "context": {
            "kms:ReplicaRegion": [{"outside": ["ap-northeast-1"]}],
            "ec2:SourceInstanceARN": [{"value": "arn:aws:ec2:ap-northeast-1:111111111111:instance/i-1"}],
        },
    });
    let proof = ask(vec![], must.clone());
    let keys = |action: &str| {
        let hole = proof.holes.iter().find(|hole| hole.actions[0] == action).unwrap();
        let keys = hole.request.context.iter().filter(|(key, _)| !key.starts_with("aws:"));
        keys.map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys("kms:ReplicateKey"), ["kms:replicaregion"]);
    assert_eq!(keys("s3:PutReplicationConfiguration"), Vec::<String>::new());
    assert_eq!(keys("ssm:PutComplianceItems"), ["ec2:sourceinstancearn"]);
    // A policy that looks at the key of another service is not said to hold for those that have no such key.
    let deny = |condition: &str| {
        of_json(serde_json::json!({
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {condition: {"kms:ReplicaRegion": "ap-northeast-1"}},
        }))
    };
    let open = ask(vec![deny("StringEquals")], must.clone());
    assert_eq!(open.verdict, ProofVerdict::Counterexample);
    assert_eq!(ask(vec![deny("StringNotEquals")], must).verdict, ProofVerdict::Undecided);
}

#[test]
fn a_list_of_no_values_is_no_question() {
    let must: MustDeny = serde_json::from_value(serde_json::json!({
        "actions": ["kms:*"], "context": {"kms:ReplicaRegion": [{"outside": ["params.regions"]}]},
    }))
    .unwrap();
    let resolve = |list: serde_json::Value| must.resolve(Catalogue::load().unwrap(), |_| Some(list.clone()));
    assert!(matches!(resolve(serde_json::json!([])), Err(InvalidQuestion::Empty(_))));
    assert!(matches!(resolve(serde_json::json!("x")), Err(InvalidQuestion::Parameter(_))));
    assert!(resolve(serde_json::json!(["ap-northeast-1"])).is_ok());
}
