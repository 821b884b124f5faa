//! `govcheck permissions`: the least that the role of an account must be allowed, for the selected guardrails.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fleet::Rules;
use super::{AppError, print};
use crate::cli::PermissionsArgs;
use crate::exit::Exit;
use crate::source::aws::needed_actions;

/// The size of a managed policy, in characters that are not white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const POLICY_SIZE: usize = 6144;

pub(super) fn run(args: &PermissionsArgs) -> Result<Exit, AppError> {
    let rules = Rules::load(&args.rules)?;
    let types = rules.types();
    let policies = policies(&needed_actions(&types));
    if args.cloudformation {
        print(&template(&policies))?;
        return Ok(Exit::Compliant);
    }
    if let [_, _, ..] = policies.as_slice() {
        tracing::warn!("the policy exceeds the size of one; attach all {} of the list", policies.len());
    }
    let document = match policies.as_slice() {
        [only] => only.clone(),
        several => Value::Array(several.to_vec()),
    };
    print(&(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"))?;
    Ok(Exit::Compliant)
}

/// As few policies as the size of a policy allows.
fn policies(actions: &BTreeSet<&str>) -> Vec<Value> {
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    let mut size = policy(&[]).to_string().len();
    let empty = size;
    for action in actions {
        let more = action.len() + r#""","#.len();
        if size + more > POLICY_SIZE {
            parts.push(Vec::new());
            size = empty;
        }
        size += more;
        if let Some(part) = parts.last_mut() {
            part.push(action);
        }
    }
    parts.iter().map(|part| policy(part)).collect()
}

fn policy(actions: &[&str]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "GovcheckReadOnly", "Effect": "Allow", "Action": actions, "Resource": "*"}],
    })
}

/// A template with the role and its policies, ready for a stack set.
fn template(policies: &[Value]) -> String {
    let mut text = TEMPLATE.to_owned();
    for number in 1..=policies.len() {
        text += &format!("        - !Ref Policy{number}\n");
    }
    for (position, policy) in policies.iter().enumerate() {
        text += &format!(
            "  Policy{}:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Description: What govcheck reads\n      PolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n          - Sid: GovcheckReadOnly\n            Effect: Allow\n            Resource: \"*\"\n            Action:\n",
            position + 1
        );
        for action in policy["Statement"][0]["Action"].as_array().into_iter().flatten() {
            text += &format!("              - {}\n", action.as_str().unwrap_or_default());
        }
    }
    text + "Outputs:\n  RoleArn:\n    Value: !GetAtt Role.Arn\n"
}

const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Description: The read-only role that govcheck assumes in this account
Parameters:
  RoleName:
    Type: String
    Default: govcheck
  TrustedPrincipalArn:
    Type: String
    Description: The user or role that runs govcheck, as in arn:aws:iam::123456789012:role/govcheck-hub
    AllowedPattern: ^arn:aws[a-z-]*:(iam|sts)::\d{12}:.+$
  ExternalId:
    Type: String
    Default: ""
    Description: Required of whoever assumes the role; empty for none
Conditions:
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Ref TrustedPrincipalArn
            Action: sts:AssumeRole
            Condition: !If
              - HasExternalId
              - StringEquals:
                  sts:ExternalId: !Ref ExternalId
              - !Ref AWS::NoValue
      ManagedPolicyArns:
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_too_large_is_split_and_nothing_is_lost() {
        let names: Vec<String> = (0..400).map(|number| format!("service{number:03}:DescribeSomething")).collect();
        let actions: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let policies = policies(&actions);
        assert!(policies.len() > 1);
        assert!(policies.iter().all(|policy| policy.to_string().len() <= POLICY_SIZE));
        let given = policies.iter().flat_map(|policy| policy["Statement"][0]["Action"].as_array().unwrap());
        assert_eq!(given.map(|action| action.as_str().unwrap()).collect::<BTreeSet<_>>(), actions);
    }
}
