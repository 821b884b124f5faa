//! IAM's simulator under the organization's policies: a lock on the regions of the world, and what is guarded everywhere.
//! It may also be one that deceives.

use super::super::protocol::Call;
use super::super::world::{Simulator, World};
use super::iam::{body, listing};
use super::{Outcome, element};

/// The services that the region lock exempts.
const GLOBAL: [&str; 3] = ["iam", "organizations", "sts"];

/// What the policies deny everywhere, beside changes of the central team's roles.
pub(super) const GUARDED: [&str; 46] = [
    "aws-marketplace:Subscribe",
    "backup:CopyFromBackupVault",
    "cassandra:AlterMultiRegionResource",
    "cassandra:CreateMultiRegionResource",
    "cloudhsm:CopyBackupToRegion",
    "cloudshell:CreateEnvironment",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
    "config:StopConfigurationRecorder",
    "connect:ReplicateInstance",
    "ec2:AttachInternetGateway",
    "ec2:CreateCarrierGateway",
    "ec2:CreateDefaultSubnet",
    "ec2:CreateDefaultVpc",
    "ec2:CreateEgressOnlyInternetGateway",
    "ec2:CreateInternetGateway",
    "ecr:PutReplicationConfiguration",
    "elasticfilesystem:CreateReplicationConfiguration",
    "guardduty:DeleteDetector",
    "guardduty:DisassociateFromAdministratorAccount",
    "guardduty:DisassociateFromMasterAccount",
    "guardduty:UpdateDetector",
    "iam:CreateAccessKey",
    "imagebuilder:CreateDistributionConfiguration",
    "imagebuilder:UpdateDistributionConfiguration",
    "kms:ReplicateKey",
    "lex:CreateBotReplica",
    "organizations:LeaveOrganization",
    "outposts:CreateOutpost",
    "payment-cryptography:AddKeyReplicationRegions",
    "payment-cryptography:EnableDefaultKeyReplicationRegions",
    "redshift-serverless:CreateSnapshotCopyConfiguration",
    "redshift:EnableSnapshotCopy",
    "s3:PutReplicationConfiguration",
    "s3tables:PutTableBucketReplication",
    "s3tables:PutTableReplication",
    "secretsmanager:CreateSecret",
    "secretsmanager:ReplicateSecretToRegions",
    "securityhub:BatchDisableStandards",
    "securityhub:DisableSecurityHub",
    "ssm-incidents:CreateReplicationSet",
    "ssm-incidents:UpdateReplicationSet",
];

const PAGE: usize = 20;

/// A complaint unless the keys that the simulator does not fill in are supplied.
pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (Some(region), Some(_)) = (context(call, "aws:RequestedRegion"), context(call, "aws:PrincipalArn")) else {
        return Outcome::Unknown;
    };
    let names: Vec<&str> = members(call, "ActionNames").collect();
    let marker = call.parameter("Marker").and_then(|marker| marker.strip_prefix("results-")?.parse().ok());
    let (start, excluded) =
        (marker.unwrap_or(0), call.parameter("PolicyExclusionList.member.1.PolicyType") == Some("scp"));
    let page = names.iter().skip(start).take(PAGE).map(|name| {
        let central = call.parameter("ResourceArns.member.1").is_some_and(|arn| arn.contains("/Central"));
        let with_mfa = context(call, "aws:MultiFactorAuthPresent") == Some("true");
        let lifted = world.simulator == Simulator::OfMfa && with_mfa;
        let guarded = (central || GUARDED.contains(name)) && !lifted;
        let allowed = !is_denied(name, guarded, region, excluded, world);
        result(name, allowed, world.simulator)
    });
    let body = body(call, &listing("EvaluationResults", &page.collect::<String>()));
    if names.len() > start + PAGE {
        Outcome::Page(body, format!("results-{}", start + PAGE))
    } else {
        Outcome::Found(body)
    }
}

fn is_denied(action: &str, guarded: bool, region: &str, excluded: bool, world: &World) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let abroad = !world.has_resources(region) && !GLOBAL.contains(&service);
    let denied = abroad || guarded;
    match world.simulator {
        Simulator::DeniesAll => true,
        Simulator::AllowsAll => false,
        // The lock's condition is taken as met everywhere.
        Simulator::IgnoresConditions => !excluded && (denied || !GLOBAL.contains(&service)),
        Simulator::IgnoresExclusion => denied,
        Simulator::Honest | Simulator::OfNoOrganization | Simulator::Contradicts | Simulator::OfMfa => {
            denied && !excluded
        }
    }
}

fn result(name: &str, allowed: bool, simulator: Simulator) -> String {
    let decision = if allowed { "allowed" } else { "explicitDeny" };
    let told = if simulator == Simulator::Contradicts { false } else { allowed };
    let detail = match simulator {
        Simulator::OfNoOrganization => String::new(),
        _ => format!(
            "<OrganizationsDecisionDetail><AllowedByOrganizations>{told}</AllowedByOrganizations></OrganizationsDecisionDetail>"
        ),
    };
    format!(
        "<member>{}<EvalResourceName>*</EvalResourceName><EvalDecision>{decision}</EvalDecision>{detail}</member>",
        element("EvalActionName", name)
    )
}

fn members<'a>(call: &'a Call, name: &str) -> impl Iterator<Item = &'a str> {
    (1..).map_while(move |number| call.parameter(&format!("{name}.member.{number}")))
}

/// The first value of a context key.
fn context<'a>(call: &'a Call, key: &str) -> Option<&'a str> {
    let entry = |number: u32| format!("ContextEntries.member.{number}");
    let mut entries =
        (1..).map_while(|number| Some((number, call.parameter(&format!("{}.ContextKeyName", entry(number)))?)));
    let (number, _) = entries.find(|(_, name)| *name == key)?;
    call.parameter(&format!("{}.ContextKeyValues.member.1", entry(number)))
}
