//! The credential report of IAM, of which only the row of the root user is kept: calls about each user say the rest,
//! exactly and at once, while AWS makes a new report at most every four hours. No guardrail that ships reads it, so that a
//! report is made only for those who write one.

use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_credential_report::GetCredentialReportOutput;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::iam::client;
use super::{Collector, Scope, convert};
use crate::model::Value;

const REPORT: &str = "AWS::IAM::CredentialReport";
const ASK: &str = "iam:GetCredentialReport";

/// How often a report that is being made is asked for, and how long the pause between is.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_secs(2);

/// Columns of the report and properties.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
const COLUMNS: [(&str, &str); 4] = [
    ("AccessKey1LastUsedDate", "access_key_1_last_used_date"),
    ("AccessKey2LastUsedDate", "access_key_2_last_used_date"),
    ("MFAActive", "mfa_active"),
    ("PasswordLastUsed", "password_last_used"),
];

/// What the report writes where there is nothing to say.
const NOTHING: [&str; 4] = ["", "N/A", "no_information", "not_supported"];

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "iam-credential-report",
    scope: Scope::Global,
    types: &[REPORT],
    actions: &["iam:GenerateCredentialReport", ASK],
    run: |unit| credential_report(unit).boxed(),
}];

async fn credential_report(unit: &Unit) -> Batch {
    match read(unit, &client(unit)).await {
        Err(failure) => Batch::failed(REPORT, failure),
        Ok(report) => {
            let content = report.content().map(|blob| String::from_utf8_lossy(blob.as_ref()).into_owned());
            let properties = Value::map([
                ("GeneratedTime", convert::time(report.generated_time())),
                ("RootUser", root_user(&content.unwrap_or_default())),
            ]);
            Batch::one(unit.global(REPORT, unit.account(), None, properties))
        }
    }
}

/// Has a report made unless there is a recent one, and waits for it.
async fn read(unit: &Unit, client: &Client) -> Result<GetCredentialReportOutput, Failure> {
    unit.call("iam:GenerateCredentialReport", client.generate_credential_report().send()).await?;
    let mut attempt = 1;
    loop {
        match unit.call(ASK, client.get_credential_report().send()).await {
            Err(failure) if failure.is(&["ReportInProgress"]) && attempt < ATTEMPTS => {}
            answer => return answer,
        }
        attempt += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// The row of the root user. Neither its own name nor its values hold a comma, unlike the names of users.
fn root_user(report: &str) -> Value {
    let mut lines = report.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let Some(row) = lines.find(|line| line.starts_with("<root_account>,")) else {
        return Failure::new(ASK, "NoRootUser", "the report has no row of the root user").into_value();
    };
    let cells: Vec<&str> = row.split(',').collect();
    let cell = |column: &str| {
        let text = names.iter().position(|name| *name == column).and_then(|at| cells.get(at)).copied();
        match text {
            Some("true") => true.into(),
            Some("false") => false.into(),
            text => text.filter(|text| !NOTHING.contains(text)).into(),
        }
    };
    Value::map(COLUMNS.map(|(name, column)| (name, cell(column))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_root_users_row_is_read_by_the_names_of_the_columns() {
        let report = "user,arn,password_last_used,mfa_active,access_key_1_last_used_date\n\
                      a,arn:1,2026-01-01T00:00:00+00:00,false,N/A\n\
                      <root_account>,arn:2,2025-04-01T00:00:00+00:00,true,N/A\n";
        let expected = json!({"MFAActive": true, "PasswordLastUsed": "2025-04-01T00:00:00+00:00"});
        assert_eq!(serde_json::to_value(root_user(report)).unwrap(), expected);
        assert!(matches!(root_user("user,arn\n"), Value::Unknown(_)));
    }
}
