//! Whether a policy seems written for what a question asks about: what it says, not what it does.

use super::catalogue::{Action, Catalogue};
use super::condition::Test;
use super::document::{ActionPattern, Condition, Effect, Policy, Statement};
use super::evaluate::{ActionParts, covers_action};
use super::glob::Glob;
use super::must_deny::Question;
use super::request::PrincipalKind;
use super::truth::Truth;

impl Question {
    /// Whether a statement denies one of the actions by name; where everything is asked about, whether one denies whole
    /// services by the region, root user or key that the question is about. A part that is not known may mean anything.
    pub fn is_meant_by(&self, policy: &Policy, catalogue: &Catalogue) -> bool {
        policy.statements.iter().filter(|statement| statement.effect == Effect::Deny).any(|statement| {
            if self.is_wide() {
                denies_widely(statement) && self.is_circumstance_of(statement)
            } else {
                !statement.action.inverted && self.is_named_by(statement, catalogue)
            }
        })
    }

    /// Whether a policy can deny any of the actions, or where everything is asked about, whole services: what cannot is
    /// not worth a proof.
    pub fn may_be_denied_by(&self, policy: &Policy, catalogue: &Catalogue) -> bool {
        let asked = if self.is_wide() { Vec::new() } else { self.asked(catalogue) };
        let covers = |statement: &Statement| {
            asked.iter().any(|(service, name)| {
                let parts = ActionParts { service: service.clone(), name: (*name).to_owned() };
                covers_action(statement, &parts) != Truth::No
            })
        };
        policy
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Deny)
            .any(|statement| if self.is_wide() { denies_widely(statement) } else { covers(statement) })
    }

    /// The documented actions, in two parts in lower case.
    fn asked<'c>(&self, catalogue: &'c Catalogue) -> Vec<(String, &'c str)> {
        let lower = |action: &'c Action| (action.service.to_ascii_lowercase(), action.lower.as_str());
        catalogue.actions().map(lower).filter(|(service, name)| self.asks(service, name)).collect()
    }

    fn is_named_by(&self, statement: &Statement, catalogue: &Catalogue) -> bool {
        let patterns = statement.action.patterns.iter().map(|written| &written.pattern);
        let named = |pattern: &ActionPattern, service: &str, name: &str| match pattern {
            ActionPattern::Any => false,
            ActionPattern::Of { name: own, .. } if is_everything(&own.0) => false,
            pattern => pattern.covers(service, name) != Truth::No,
        };
        let asked = self.asked(catalogue);
        patterns.into_iter().any(|pattern| asked.iter().any(|(service, name)| named(pattern, service, name)))
    }

    fn is_circumstance_of(&self, statement: &Statement) -> bool {
        let open = statement.conditions.iter().any(|condition| matches!(condition, Condition::Open(_)));
        let of_root = |test: &Test| {
            let values = test.values.iter().filter_map(|value| value.template());
            test.key.starts_with("aws:principal")
                && values.into_iter().any(|value| value.written.to_ascii_lowercase().ends_with("root"))
        };
        let tells = |test: &Test| {
            (self.regions.is_some() && test.key == "aws:requestedregion")
                || self.context.contains_key(&test.key)
                || (self.kinds == [PrincipalKind::Root] && of_root(test))
        };
        open || statement.tests().any(tells)
    }
}

fn denies_widely(statement: &Statement) -> bool {
    let wide = |pattern: &ActionPattern| match pattern {
        ActionPattern::Any | ActionPattern::Open(_) => true,
        ActionPattern::Of { name, .. } => is_everything(&name.0),
    };
    statement.action.inverted || statement.action.patterns.iter().any(|written| wide(&written.pattern))
}

fn is_everything(glob: &Glob) -> bool {
    glob.text() == "*"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;
    use crate::policy::{MustDeny, PolicyType, read_policy_value};
    use serde_json::json;

    fn question(must_deny: &serde_json::Value) -> Question {
        let must_deny: MustDeny = serde_json::from_value(must_deny.clone()).unwrap();
        must_deny.resolve(Catalogue::load().unwrap(), |_| None).unwrap()
    }

    fn policy(statement: serde_json::Value) -> Policy {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        read_policy_value("p", &Value::from_notation(document).unwrap(), PolicyType::Scp).unwrap()
    }

    #[test]
    fn what_denies_other_actions_or_single_ones_of_everything_is_not_looked_into() {
        let catalogue = Catalogue::load().unwrap();
        let buckets = policy(json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}));
        let others = policy(json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}));
        for asked in [json!({"actions": ["ec2:CreateInternetGateway"]}), json!({"actions": ["*"]})] {
            assert!(!question(&asked).may_be_denied_by(&buckets, catalogue));
            assert!(question(&asked).may_be_denied_by(&others, catalogue));
        }
    }

    fn meant(must_deny: &serde_json::Value, statement: serde_json::Value) -> bool {
        question(must_deny).is_meant_by(&policy(statement), Catalogue::load().unwrap())
    }

    #[test]
    fn a_lock_of_regions_is_not_about_gateways_nor_the_other_way_round() {
        let lock = json!({"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": "ap-northeast-1"}}});
        let gateways = json!({"Effect": "Deny", "Action": "ec2:*InternetGateway", "Resource": "*"});
        let regions = json!({"actions": ["*"], "regions": {"outside": ["ap-northeast-1"]}});
        let internet = json!({"actions": ["ec2:CreateInternetGateway"]});
        assert!(meant(&regions, lock.clone()) && meant(&internet, gateways.clone()));
        assert!(!meant(&regions, gateways) && !meant(&internet, lock));
    }

    #[test]
    fn who_and_how_are_told_by_their_keys() {
        let root = json!({"actions": ["*"], "principals": {"kinds": ["root"]}});
        let mfa = json!({"actions": ["*"], "context": {"aws:MultiFactorAuthPresent": ["absent"]}});
        let deny = |condition: serde_json::Value| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let of_root = deny(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}));
        let without_mfa = deny(json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}));
        assert!(meant(&root, of_root.clone()) && meant(&mfa, without_mfa.clone()));
        assert!(!meant(&root, without_mfa) && !meant(&mfa, of_root));
        assert!(meant(&root, deny(json!({"$unknown": {"unresolved": "Ref Condition"}}))));
    }

    #[test]
    fn an_action_that_is_not_known_may_be_meant() {
        let internet = json!({"actions": ["ec2:CreateInternetGateway"]});
        let open = json!({"$unknown": {"unresolved": "Ref Actions"}});
        assert!(meant(&internet, json!({"Effect": "Deny", "Action": open, "Resource": "*"})));
        assert!(!meant(&internet, json!({"Effect": "Allow", "Action": "ec2:CreateInternetGateway", "Resource": "*"})));
    }
}
