//! AWS Config: the configuration recorder and the delivery channel of a region, each with its status, and the rules.

use aws_sdk_config::Client;
use aws_sdk_config::types::{
    ConfigRule, ConfigurationRecorder, ConfigurationRecorderStatus, DeliveryChannel, DeliveryChannelStatus,
    DeliveryStatus, RecordingGroup,
};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const RECORDER: &str = "AWS::Config::ConfigurationRecorder";
const CHANNEL: &str = "AWS::Config::DeliveryChannel";
const RULE: &str = "AWS::Config::ConfigRule";

const RECORDER_STATUS: &str = "config:DescribeConfigurationRecorderStatus";
const CHANNEL_STATUS: &str = "config:DescribeDeliveryChannelStatus";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "config-recorders",
        scope: Scope::Regional,
        types: &[RECORDER],
        actions: &["config:DescribeConfigurationRecorders", RECORDER_STATUS],
        run: |unit| recorders(unit).boxed(),
    },
    Collector {
        name: "config-delivery-channels",
        scope: Scope::Regional,
        types: &[CHANNEL],
        actions: &["config:DescribeDeliveryChannels", CHANNEL_STATUS],
        run: |unit| channels(unit).boxed(),
    },
    Collector {
        name: "config-rules",
        scope: Scope::Regional,
        types: &[RULE],
        actions: &["config:DescribeConfigRules"],
        run: |unit| rules(unit).boxed(),
    },
];

async fn recorders(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let (listed, statuses) = tokio::join!(
        unit.call("config:DescribeConfigurationRecorders", client.describe_configuration_recorders().send()),
        unit.call(RECORDER_STATUS, client.describe_configuration_recorder_status().send()),
    );
    let listed = match listed {
        Err(failure) => return Batch::failed(RECORDER, failure),
        Ok(listed) => listed,
    };
    let statuses = statuses.map(|answer| answer.configuration_recorders_status.unwrap_or_default());
    let resource = |one| recorder(unit, one, &statuses);
    Batch::of(RECORDER, (listed.configuration_recorders().iter().map(resource).collect(), None))
}

fn recorder(
    unit: &Unit,
    recorder: &ConfigurationRecorder,
    statuses: &Result<Vec<ConfigurationRecorderStatus>, Failure>,
) -> Resource {
    let mut properties = vec![
        ("Name", recorder.name().into()),
        ("RoleARN", convert::text(recorder.role_arn())),
        ("RecordingGroup", recorder.recording_group().map_or(Value::Null, recording_group)),
    ];
    properties.extend(match status_of(RECORDER_STATUS, statuses, |status| status.name() == recorder.name()) {
        Err(failure) => convert::unseen(["Recording", "LastStatus", "LastErrorCode"], &failure),
        Ok(status) => vec![
            ("Recording", status.recording().into()),
            ("LastStatus", status.last_status().map(|status| status.as_str()).into()),
            ("LastErrorCode", convert::text(status.last_error_code())),
        ],
    });
    let name = recorder.name().unwrap_or_default();
    unit.resource(RECORDER, name, recorder.arn().map(str::to_owned), Value::map(properties))
}

fn recording_group(group: &RecordingGroup) -> Value {
    let strategy = group.recording_strategy().and_then(|strategy| strategy.use_only());
    let excluded = group.exclusion_by_resource_types().map(|exclusion| exclusion.resource_types());
    let exclusion = excluded
        .filter(|types| !types.is_empty())
        .map(|types| Value::map([("ResourceTypes", convert::sorted_texts(types))]));
    Value::map([
        ("AllSupported", group.all_supported().into()),
        ("IncludeGlobalResourceTypes", group.include_global_resource_types().into()),
        ("ResourceTypes", convert::sorted_texts(group.resource_types())),
        ("RecordingStrategy", strategy.map(|only| Value::map([("UseOnly", only.as_str().into())])).into()),
        ("ExclusionByResourceTypes", exclusion.into()),
    ])
}

async fn channels(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let (listed, statuses) = tokio::join!(
        unit.call("config:DescribeDeliveryChannels", client.describe_delivery_channels().send()),
        unit.call(CHANNEL_STATUS, client.describe_delivery_channel_status().send()),
    );
    let listed = match listed {
        Err(failure) => return Batch::failed(CHANNEL, failure),
        Ok(listed) => listed,
    };
    let statuses = statuses.map(|answer| answer.delivery_channels_status.unwrap_or_default());
    let resource = |one| channel(unit, one, &statuses);
    Batch::of(CHANNEL, (listed.delivery_channels().iter().map(resource).collect(), None))
}

fn channel(unit: &Unit, channel: &DeliveryChannel, statuses: &Result<Vec<DeliveryChannelStatus>, Failure>) -> Resource {
    let status = status_of(CHANNEL_STATUS, statuses, |status| status.name() == channel.name());
    let properties = Value::map([
        ("Name", channel.name().into()),
        ("S3BucketName", convert::text(channel.s3_bucket_name())),
        ("SnsTopicARN", convert::text(channel.sns_topic_arn())),
        ("LastStatus", status.map_or_else(Failure::into_value, |status| last_status(status).into())),
    ]);
    unit.resource(CHANNEL, channel.name().unwrap_or_default(), None, properties)
}

/// The status of one of those listed.
fn status_of<'a, T>(
    action: &str,
    statuses: &'a Result<Vec<T>, Failure>,
    is: impl FnMut(&&'a T) -> bool,
) -> Result<&'a T, Failure> {
    let statuses = statuses.as_ref().map_err(Clone::clone)?;
    statuses.iter().find(is).ok_or_else(|| Failure::unsaid(action))
}

fn last_status(status: &DeliveryChannelStatus) -> Option<&'static str> {
    worst([
        status.config_history_delivery_info().and_then(|info| info.last_status()),
        status.config_snapshot_delivery_info().and_then(|info| info.last_status()),
        status.config_stream_delivery_info().and_then(|info| info.last_status()),
    ])
}

/// One status for all ways of delivery: a failure of any counts, and what has not been tried does not.
fn worst(statuses: [Option<&DeliveryStatus>; 3]) -> Option<&'static str> {
    // AWS answers in capitals, whatever its reference says.
    let any = |wanted| statuses.iter().flatten().any(|status| status.as_str().eq_ignore_ascii_case(wanted));
    ["FAILURE", "SUCCESS"].into_iter().find(|wanted| any(wanted))
}

async fn rules(unit: &Unit) -> Batch {
    let pages = Client::new(&unit.config()).describe_config_rules().into_paginator().send();
    let (listed, failure) =
        unit.list("config:DescribeConfigRules", pages, |page| (page.config_rules, page.next_token)).await;
    Batch::of(RULE, (listed.iter().filter_map(|one| rule(unit, one)).collect(), failure))
}

fn rule(unit: &Unit, rule: &ConfigRule) -> Option<Resource> {
    let name = rule.config_rule_name()?;
    let source = rule.source().map(|source| {
        Value::map([
            ("Owner", source.owner().as_str().into()),
            ("SourceIdentifier", convert::text(source.source_identifier())),
        ])
    });
    let properties = Value::map([
        ("ConfigRuleName", name.into()),
        ("ConfigRuleState", rule.config_rule_state().map(|state| state.as_str()).into()),
        ("Source", source.into()),
    ]);
    Some(unit.resource(RULE, name, rule.config_rule_arn().map(str::to_owned), properties))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_status_counts() {
        let [success, failure, none] = ["SUCCESS", "Failure", "Not_Applicable"].map(DeliveryStatus::from);
        assert_eq!(worst([Some(&success), None, Some(&failure)]), Some("FAILURE"));
        assert_eq!(worst([Some(&success), Some(&none), None]), Some("SUCCESS"));
        assert_eq!(worst([Some(&none), None, None]), None);
        assert_eq!(worst([None, None, None]), None);
    }
}
