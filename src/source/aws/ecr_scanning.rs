//! The scanning rules of an Amazon ECR registry, and what they say of one repository.

use aws_sdk_ecr::types::{RegistryScanningConfiguration, ScanFrequency, ScanningRepositoryFilter};

use crate::model::Value;

pub(super) struct Scanning {
    configuration: RegistryScanningConfiguration,
}

impl Scanning {
    pub(super) fn of(configuration: RegistryScanningConfiguration) -> Self {
        Self { configuration }
    }

    /// The type of scanning, and the frequency with the filters that give it; neither of the two where no rule covers
    /// the repository. Continuous scanning goes before scanning on push where both cover it.
    pub(super) fn of_repository(&self, name: &str) -> Value {
        let applied = [ScanFrequency::ContinuousScan, ScanFrequency::ScanOnPush, ScanFrequency::Manual]
            .into_iter()
            .map(|frequency| (self.filters(&frequency, name), frequency))
            .find(|(filters, _)| !filters.is_empty());
        let (filters, frequency) = applied.unzip();
        Value::map([
            ("ScanType", self.configuration.scan_type().map(|kind| kind.as_str()).into()),
            ("ScanFrequency", frequency.as_ref().map(|frequency| frequency.as_str()).into()),
            ("AppliedScanFilters", filters.map(|filters| Value::list(filters.into_iter().map(filter))).into()),
        ])
    }

    /// The filters of the rules with this frequency that cover the repository.
    fn filters(&self, frequency: &ScanFrequency, name: &str) -> Vec<&ScanningRepositoryFilter> {
        let rules = self.configuration.rules().iter().filter(|rule| rule.scan_frequency() == frequency);
        rules.flat_map(|rule| rule.repository_filters()).filter(|filter| covers(filter.filter(), name)).collect()
    }
}

fn filter(filter: &ScanningRepositoryFilter) -> Value {
    Value::map([("Filter", filter.filter().into()), ("FilterType", filter.filter_type().as_str().into())])
}

/// A filter without a wildcard covers every name that contains it; in one with wildcards, each stands for any text.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html>
fn covers(filter: &str, name: &str) -> bool {
    let Some((head, rest)) = filter.split_once('*') else { return name.contains(filter) };
    let Some(name) = name.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut name) = name.strip_suffix(tail) else { return false };
    for part in middle.split('*') {
        match name.split_once(part) {
            Some((_, after)) => name = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecr::types::{RegistryScanningRule, ScanType, ScanningRepositoryFilterType};
    use serde_json::json;

    use super::*;

    /// The table of the user guide.
    #[test]
    fn filters_cover_what_the_documentation_says() {
        let names = ["prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"];
        for (filter, expected) in [
            ("prod", [true; 5]),
            ("*prod", [true, true, false, false, false]),
            ("prod*", [true, false, true, false, true]),
            ("*prod*", [true; 5]),
            ("prod*repo", [false, false, true, false, true]),
            ("*", [true; 5]),
            ("*o*d*e*", [false, false, true, true, true]),
            ("prod*prod", [false; 5]),
        ] {
            assert_eq!(names.map(|name| covers(filter, name)), expected, "{filter}");
        }
    }

    fn rule(frequency: ScanFrequency, filter: &str) -> RegistryScanningRule {
        let kind = ScanningRepositoryFilterType::Wildcard;
        let filter = ScanningRepositoryFilter::builder().filter(filter).filter_type(kind).build().unwrap();
        RegistryScanningRule::builder().scan_frequency(frequency).repository_filters(filter).build().unwrap()
    }

    #[test]
    fn continuous_scanning_goes_before_scanning_on_push() {
        let configuration = RegistryScanningConfiguration::builder()
            .scan_type(ScanType::Enhanced)
            .rules(rule(ScanFrequency::ScanOnPush, "*"))
            .rules(rule(ScanFrequency::ContinuousScan, "tax"))
            .build();
        let scanning = Scanning::of(configuration);
        let of = |name| serde_json::to_value(scanning.of_repository(name)).unwrap();
        let said = |frequency, filter| json!({"ScanType": "ENHANCED", "ScanFrequency": frequency, "AppliedScanFilters": [{"Filter": filter, "FilterType": "WILDCARD"}]});
        assert_eq!(of("town/tax"), said("CONTINUOUS_SCAN", "tax"));
        assert_eq!(of("town/care"), said("SCAN_ON_PUSH", "*"));
    }

    #[test]
    fn a_repository_that_no_rule_covers_has_no_frequency() {
        let configuration = RegistryScanningConfiguration::builder()
            .scan_type(ScanType::Basic)
            .rules(rule(ScanFrequency::ScanOnPush, "prod*"))
            .build();
        let value = Scanning::of(configuration).of_repository("test");
        assert_eq!(serde_json::to_value(value).unwrap(), json!({"ScanType": "BASIC"}));
    }
}
