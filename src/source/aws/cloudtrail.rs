//! AWS CloudTrail trails, each once for an account however many regions show it.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, EventSelector, Trail};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const TRAIL: &str = "AWS::CloudTrail::Trail";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "cloudtrail-trails",
    scope: Scope::Regional,
    types: &[TRAIL],
    actions: &["cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"],
    run: |unit| trails(unit).boxed(),
}];

async fn trails(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let call = client.describe_trails().include_shadow_trails(true).send();
    let answer = match unit.call("cloudtrail:DescribeTrails", call).await {
        Err(failure) => return Batch::failed(TRAIL, failure),
        Ok(answer) => answer,
    };
    let mut batch = Batch::default();
    for trail in answer.trail_list() {
        let home = trail.home_region().unwrap_or(&unit.region);
        if emits(&unit.region, &unit.regions, home) {
            batch.resources.extend(resource(unit, home, trail).await);
        }
    }
    batch
}

/// Whether a trail that `region` shows is taken from there: from its home, or from the first region of the scan when
/// its home is not part of it.
fn emits(region: &str, scanned: &[String], home: &str) -> bool {
    if scanned.iter().any(|region| region == home) {
        home == region
    } else {
        scanned.first().is_some_and(|first| first == region)
    }
}

/// A trail; nothing when it was deleted since it was described.
async fn resource(unit: &Unit, home: &str, trail: &Trail) -> Option<Resource> {
    let arn = trail.trail_arn().unwrap_or_default();
    let name = trail.name().unwrap_or(arn);
    let mut details = Details::ask(unit, arn).await;
    if details.not_found() && is_own(unit.account(), arn) {
        if unit.region == home {
            return None;
        }
        let at_home = Details::ask(&unit.at(home), arn).await;
        if at_home.not_found() {
            return None;
        }
        details = details.or(at_home);
    }
    let mut properties = vec![
        ("TrailName", name.into()),
        ("Arn", convert::text(Some(arn))),
        ("HomeRegion", home.into()),
        ("S3BucketName", convert::text(trail.s3_bucket_name())),
        ("IsMultiRegionTrail", trail.is_multi_region_trail().into()),
        ("IncludeGlobalServiceEvents", trail.include_global_service_events().into()),
        ("EnableLogFileValidation", trail.log_file_validation_enabled().into()),
        ("IsOrganizationTrail", trail.is_organization_trail().into()),
        ("KMSKeyId", convert::text(trail.kms_key_id())),
        ("CloudWatchLogsLogGroupArn", convert::text(trail.cloud_watch_logs_log_group_arn())),
    ];
    properties.extend(match details.status {
        Err(failure) => convert::unseen(
            [
                "IsLogging",
                "LatestDeliveryTime",
                "LatestDeliveryError",
                "LatestCloudWatchLogsDeliveryTime",
                "LatestCloudWatchLogsDeliveryError",
            ],
            &failure,
        ),
        Ok(status) => vec![
            ("IsLogging", status.is_logging().into()),
            ("LatestDeliveryTime", convert::time(status.latest_delivery_time())),
            ("LatestDeliveryError", convert::text(status.latest_delivery_error())),
            ("LatestCloudWatchLogsDeliveryTime", convert::time(status.latest_cloud_watch_logs_delivery_time())),
            ("LatestCloudWatchLogsDeliveryError", convert::text(status.latest_cloud_watch_logs_delivery_error())),
        ],
    });
    properties.extend(match details.selectors {
        Err(failure) => convert::unseen(["EventSelectors", "AdvancedEventSelectors"], &failure),
        Ok(answer) => event_selectors(&answer),
    });
    let arn = Some(arn.to_owned()).filter(|arn| !arn.is_empty());
    Some(unit.resource_in(home, TRAIL, name, arn, Value::map(properties)))
}

/// What is asked about each trail.
struct Details {
    status: Result<GetTrailStatusOutput, Failure>,
    selectors: Result<GetEventSelectorsOutput, Failure>,
}

impl Details {
    async fn ask(unit: &Unit, arn: &str) -> Self {
        let client = Client::new(&unit.config());
        let (status, selectors) = tokio::join!(
            unit.call("cloudtrail:GetTrailStatus", client.get_trail_status().name(arn).send()),
            unit.call("cloudtrail:GetEventSelectors", client.get_event_selectors().trail_name(arn).send()),
        );
        Self { status, selectors }
    }

    fn or(self, other: Self) -> Self {
        Self { status: self.status.or(other.status), selectors: self.selectors.or(other.selectors) }
    }

    /// A region other than the trail's home may say so too, of a trail that is there.
    fn not_found(&self) -> bool {
        let failures = [self.status.as_ref().err(), self.selectors.as_ref().err()];
        failures.into_iter().flatten().any(|failure| failure.is(&["TrailNotFoundException"]))
    }
}

/// Whether the trail belongs to the account. One of the organization may be "not found" for a member that may not ask:
/// it is there all the same.
fn is_own(account: &str, arn: &str) -> bool {
    arn.split(':').nth(4) == Some(account)
}

/// A trail has selectors of one kind.
fn event_selectors(answer: &GetEventSelectorsOutput) -> Vec<(&'static str, Value)> {
    vec![
        ("EventSelectors", convert::some(answer.event_selectors().iter().map(event_selector))),
        (
            "AdvancedEventSelectors",
            convert::some(answer.advanced_event_selectors().iter().map(advanced_event_selector)),
        ),
    ]
}

fn event_selector(selector: &EventSelector) -> Value {
    let data_resource = |resource: &aws_sdk_cloudtrail::types::DataResource| {
        Value::map([("Type", resource.r#type().into()), ("Values", convert::texts(resource.values()))])
    };
    Value::map([
        ("ReadWriteType", selector.read_write_type().map(|kind| kind.as_str()).into()),
        ("IncludeManagementEvents", selector.include_management_events().into()),
        ("DataResources", convert::some(selector.data_resources().iter().map(data_resource))),
        ("ExcludeManagementEventSources", convert::sorted_texts(selector.exclude_management_event_sources())),
    ])
}

fn advanced_event_selector(selector: &AdvancedEventSelector) -> Value {
    Value::map([
        ("Name", convert::text(selector.name())),
        ("FieldSelectors", Value::list(selector.field_selectors().iter().map(field_selector))),
    ])
}

fn field_selector(selector: &AdvancedFieldSelector) -> Value {
    Value::map([
        ("Field", selector.field().into()),
        ("Equals", convert::sorted_texts(selector.equals())),
        ("StartsWith", convert::sorted_texts(selector.starts_with())),
        ("EndsWith", convert::sorted_texts(selector.ends_with())),
        ("NotEquals", convert::sorted_texts(selector.not_equals())),
        ("NotStartsWith", convert::sorted_texts(selector.not_starts_with())),
        ("NotEndsWith", convert::sorted_texts(selector.not_ends_with())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_region_emits_a_trail() {
        let scanned = ["ap-northeast-1".to_owned(), "ap-northeast-3".to_owned()];
        let emitting = |home| scanned.iter().filter(|region| emits(region, &scanned, home)).collect::<Vec<_>>();
        assert_eq!(emitting("ap-northeast-1"), ["ap-northeast-1"]);
        assert_eq!(emitting("ap-northeast-3"), ["ap-northeast-3"]);
        assert_eq!(emitting("us-east-1"), ["ap-northeast-1"]);
    }

    #[test]
    fn an_organizations_trail_is_not_a_members_own() {
        let arn = "arn:aws:cloudtrail:ap-northeast-1:111111111111:trail/main";
        assert!(is_own("111111111111", arn));
        assert!(!is_own("222222222222", arn));
    }
}
