//! Requests that stand for a question where the account itself is asked, which nobody can ask about every request.

use std::collections::BTreeMap;

use super::catalogue::{Action, Catalogue};
use super::document::ActionPattern;
use super::glob::Glob;
use super::keys::REGIONS;
use super::must_deny::{Given, Question, Regions};
use super::prove::rank;
use super::request::PrincipalKind;
use crate::model;

/// Of more actions than these, one of each service stands for all, the most telling one.
const FEW_ACTIONS: usize = 64;
/// How many of very many actions are asked about beyond the first region.
const IN_EVERY_REGION: usize = 3;
/// Where it does not matter where, a request is sent home and abroad.
const HOME_AND_ABROAD: [&str; 3] = ["ap-northeast-1", "ap-northeast-3", "us-east-1"];

impl Question {
    /// Requests that the question is about, of whoever asks; the same for the same catalogue. None where no role is
    /// asked about, for only a role can ask.
    ///
    /// Few actions are all asked about in every region. Of very many, one action of each service is asked about in the
    /// first region, and a few in all others. `account` is put where patterns of resources leave the account open.
    pub fn samples(&self, catalogue: &Catalogue, account: &str) -> Vec<model::Question> {
        if !self.kinds.contains(&PrincipalKind::Role) {
            return Vec::new();
        }
        let mut actions: Vec<&Action> = catalogue.actions().filter(|action| self.asks_action(action)).collect();
        actions.sort_by_key(|action| rank(action));
        let many = actions.len() > FEW_ACTIONS;
        if many {
            let mut seen = std::collections::BTreeSet::new();
            actions.retain(|action| seen.insert(action.service));
        }
        let mut samples = Vec::new();
        for (position, region) in self.sample_regions().into_iter().enumerate() {
            let here = if many && position > 0 { IN_EVERY_REGION } else { actions.len() };
            for action in actions.iter().take(here) {
                let only = catalogue.only_regions(action.service, &action.lower);
                if only.is_none_or(|only| only.contains(&region)) {
                    samples.extend(self.requests(action, region, catalogue, account));
                }
            }
        }
        // Where no example of a value was found, nobody is asked.
        if samples.iter().all(|sample| self.asks_request(sample)) { samples } else { Vec::new() }
    }

    /// Whether a request of a role is one that must be denied.
    pub fn asks_request(&self, request: &model::Question) -> bool {
        let (service, name) = request.action.split_once(':').unwrap_or((&request.action, ""));
        let service = service.to_ascii_lowercase();
        let given = |key: &str| {
            let values =
                request.context.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, values)| values);
            let mut states = self.context.get(key).into_iter().flatten();
            states.any(|state| state.is_of(values.map(Vec::as_slice)))
        };
        self.kinds.contains(&PrincipalKind::Role)
            && self.asks(&service, &name.to_ascii_lowercase())
            && self.asks_region(&request.region)
            && self.asks_resource(&request.resource)
            && request.principal.as_deref().is_none_or(|principal| !self.exempts(principal))
            && self.given(&service).into_iter().all(given)
    }

    /// Whether it asks about everything that can be done, but for exceptions.
    pub fn is_wide(&self) -> bool {
        self.actions.contains(&ActionPattern::Any)
    }

    fn asks_action(&self, action: &Action) -> bool {
        self.asks(&action.service.to_ascii_lowercase(), &action.lower)
    }

    fn sample_regions(&self) -> Vec<&str> {
        match &self.regions {
            None => HOME_AND_ABROAD.to_vec(),
            Some(Regions::Only(names)) => names.iter().map(String::as_str).collect(),
            Some(Regions::Outside(_)) => REGIONS.into_iter().filter(|region| self.asks_region(region)).collect(),
        }
    }

    fn requests(&self, action: &Action, region: &str, catalogue: &Catalogue, account: &str) -> Vec<model::Question> {
        let mut contexts = vec![BTreeMap::new()];
        for key in self.given(&action.service.to_ascii_lowercase()) {
            let states = self.context.get(key).map(Vec::as_slice).unwrap_or_default();
            let with = |context: &BTreeMap<String, Vec<String>>, state: &Given| {
                let mut context = context.clone();
                context.insert(key.to_owned(), state.example());
                context
            };
            contexts =
                contexts.iter().flat_map(|context| states.iter().map(move |state| with(context, state))).collect();
        }
        let resources = self.sample_resources(action, region, catalogue, account);
        let request = |resource: &String, context: BTreeMap<String, Vec<String>>| model::Question {
            action: action.full_name(),
            resource: resource.clone(),
            region: region.to_owned(),
            principal: None,
            context,
        };
        resources
            .iter()
            .flat_map(|resource| contexts.iter().cloned().map(move |context| request(resource, context)))
            .collect()
    }

    /// `*` where every resource is asked about; else one resource for each pattern that the action can be called on.
    fn sample_resources(&self, action: &Action, region: &str, catalogue: &Catalogue, account: &str) -> Vec<String> {
        if self.resources.is_empty() {
            return vec!["*".to_owned()];
        }
        let service = catalogue.service(action.service);
        let arns = action.types_text().split(',').filter_map(|name| service?.arn(name.trim_end_matches('!')));
        let forms: Vec<Glob> = arns.map(|arn| Glob::wildcards(&with_wildcards(arn))).collect();
        let examples = self.resources.iter().map(|glob| example(&glob.text(), region, account));
        let fits = |arn: &String| self.asks_resource(arn) && forms.iter().any(|form| form.matches(arn));
        examples.filter(fits).collect()
    }
}

impl Given {
    /// Whether a key with these values, or without any, is in the state.
    fn is_of(&self, values: Option<&[String]>) -> bool {
        match (self, values) {
            (Self::Absent, None | Some([])) => true,
            (Self::Value(text), Some([value])) => value == text,
            (Self::Outside(texts), Some(values)) => values.iter().any(|value| is_outside(value, texts)),
            _ => false,
        }
    }

    /// A value in the state; none where the key is absent.
    fn example(&self) -> Vec<String> {
        match self {
            Self::Absent => Vec::new(),
            Self::Value(text) => vec![text.clone()],
            Self::Outside(texts) => vec![outside(texts)],
        }
    }
}

fn is_outside(value: &str, texts: &[String]) -> bool {
    !texts.iter().any(|text| Glob::wildcards(text).matches(value))
}

/// A region, an ARN or a word that none of the patterns matches, whatever they are patterns of.
fn outside(texts: &[String]) -> String {
    let arn = texts.iter().find(|text| text.starts_with("arn:")).map(|text| abroad(text));
    let region = REGIONS.into_iter().find(|region| is_outside(region, texts)).map(str::to_owned);
    arn.or(region).unwrap_or_else(|| "x".to_owned())
}

/// The form of an ARN, as in `arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}`, as a pattern.
fn with_wildcards(arn: &str) -> String {
    let mut pattern = String::new();
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern + rest
}

/// What a pattern of ARNs names, in a region abroad.
fn abroad(pattern: &str) -> String {
    let mut parts: Vec<&str> = pattern.splitn(6, ':').collect();
    if let Some(region) = parts.get_mut(3) {
        *region = "us-east-1";
    }
    example(&parts.join(":"), "us-east-1", "000000000000")
}

/// An ARN that a pattern matches, in the region and account where it leaves them open.
fn example(pattern: &str, region: &str, account: &str) -> String {
    let mut parts: Vec<&str> = pattern.splitn(6, ':').collect();
    for (part, value) in parts.iter_mut().skip(1).zip(["aws", "*", region, account]) {
        if part.contains(['*', '?']) {
            *part = value;
        }
    }
    parts.join(":").replace(['*', '?'], "x")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::MustDeny;

    const ACCOUNT: &str = "111111111111";

    fn question(must_deny: serde_json::Value) -> Question {
        let must_deny: MustDeny = serde_json::from_value(must_deny).unwrap();
        must_deny.resolve(Catalogue::load().unwrap(), |_| None).unwrap()
    }

    fn samples(must_deny: serde_json::Value) -> Vec<model::Question> {
        let question = question(must_deny);
        let samples = question.samples(Catalogue::load().unwrap(), ACCOUNT);
        assert!(samples.iter().all(|sample| question.asks_request(sample)));
        samples
    }

    fn told(samples: &[model::Question]) -> Vec<(&str, &str)> {
        samples.iter().map(|sample| (sample.action.as_str(), sample.region.as_str())).collect()
    }

    #[test]
    fn few_actions_are_all_asked_about_where_they_exist() {
        let all = samples(serde_json::json!({"actions": ["ec2:CreateInternetGateway", "iam:CreateAccessKey"]}));
        let gateway = "ec2:CreateInternetGateway";
        let expected = [
            (gateway, "ap-northeast-1"),
            (gateway, "ap-northeast-3"),
            (gateway, "us-east-1"),
            ("iam:CreateAccessKey", "us-east-1"),
        ];
        assert_eq!(told(&all), expected);
    }

    #[test]
    fn of_everything_each_service_is_asked_about_once_and_every_region() {
        let all = samples(serde_json::json!({
            "actions": ["*"], "except_actions": ["global_services"],
            "regions": {"outside": ["ap-northeast-1", "ap-northeast-3"]}
        }));
        let first = all.iter().filter(|sample| sample.region == "us-east-1").count();
        let regions: std::collections::BTreeSet<_> = all.iter().map(|sample| sample.region.as_str()).collect();
        assert!(first > 300, "{first}");
        assert_eq!(regions.len(), REGIONS.len() - 2);
        assert_eq!(all.len(), first + IN_EVERY_REGION * (regions.len() - 1));
        let in_virginia = |action: &str| told(&all).contains(&(action, "us-east-1"));
        assert!(all.iter().any(|sample| sample.action.starts_with("kms:")));
        assert!(!in_virginia("iam:CreateUser"));
    }

    #[test]
    fn resources_are_examples_that_the_action_can_be_called_on() {
        let all = samples(serde_json::json!({
            "actions": ["iam:DeleteRole", "cloudformation:DeleteStack"],
            "resources": ["arn:aws:iam::*:role/Central*", "arn:aws:cloudformation:*:*:stack/Central*"]
        }));
        let told: Vec<(&str, &str)> =
            all.iter().map(|sample| (sample.action.as_str(), sample.resource.as_str())).collect();
        assert!(told.contains(&("iam:DeleteRole", "arn:aws:iam::111111111111:role/Centralx")), "{told:?}");
        assert_eq!(told.iter().filter(|(action, _)| *action == "iam:DeleteRole").count(), 1);
    }

    #[test]
    fn a_value_outside_a_list_is_one_that_is_not_in_it() {
        let all = samples(serde_json::json!({
            "actions": ["kms:ReplicateKey", "s3:PutReplicationConfiguration"],
            "context": {"kms:ReplicaRegion": [{"outside": ["ap-northeast-*", "us-east-1"]}]}
        }));
        let told: std::collections::BTreeSet<_> =
            all.iter().map(|sample| (sample.action.as_str(), sample.context.values().next().cloned())).collect();
        let expected =
            [("kms:ReplicateKey", Some(vec!["us-west-2".to_owned()])), ("s3:PutReplicationConfiguration", None)];
        assert_eq!(told, expected.into());
        let vaults = samples(serde_json::json!({
            "actions": ["backup:CopyFromBackupVault"],
            "context": {"backup:CopyTargets": [{"outside": ["arn:aws:backup:ap-northeast-1:*:backup-vault:*"]}]}
        }));
        let target = "arn:aws:backup:us-east-1:000000000000:backup-vault:x".to_owned();
        assert_eq!(vaults.len(), 3);
        assert!(vaults.iter().all(|sample| sample.context["backup:copytargets"] == [target.clone()]));
        let everything = samples(serde_json::json!({
            "actions": ["kms:ReplicateKey"], "context": {"kms:ReplicaRegion": [{"outside": ["*"]}]}
        }));
        assert!(everything.is_empty());
    }

    #[test]
    fn contexts_are_all_asked_about_and_only_roles_can_ask() {
        let both = serde_json::json!({"aws:MultiFactorAuthPresent": ["absent", {"value": "false"}]});
        let of = |kinds: &[&str]| {
            samples(serde_json::json!({
                "actions": ["iam:CreateUser"], "context": both.clone(), "principals": {"kinds": kinds}
            }))
        };
        let values: Vec<usize> = of(&["role"]).iter().map(|sample| sample.context.values().flatten().count()).collect();
        assert_eq!(values, [0, 1]);
        assert!(of(&["user", "root"]).is_empty());
    }
}
