//! What failed before: the fingerprints of an earlier report, so that only what is new fails.

use std::collections::BTreeSet;

use crate::model::{Finding, Verdict};
use crate::syntax::{Fault, SourceFile};

/// The failures of an earlier report.
#[derive(Clone, Debug, Default)]
pub struct Baseline(BTreeSet<String>);

impl Baseline {
    /// Reads a JSON report.
    ///
    /// # Errors
    /// When the file is no report of ours.
    pub fn read(file: &SourceFile) -> Result<Self, Fault> {
        let refuse = |message: String| {
            Fault::of_file(&file.name, message).help("give a report that `--format json` or `-o json=PATH` wrote")
        };
        let report: serde_json::Value =
            serde_json::from_str(&file.text).map_err(|error| refuse(format!("it is not a JSON report: {error}")))?;
        let findings = report.get("findings").and_then(|findings| findings.as_array());
        let findings = findings.ok_or_else(|| refuse("it has no list `findings`".to_owned()))?;
        let text = |finding: &serde_json::Value, key: &str| {
            let text = finding.get(key).and_then(|value| value.as_str()).map(str::to_owned);
            text.ok_or_else(|| refuse(format!("a finding has no `{key}`")))
        };
        let mut failures = BTreeSet::new();
        for finding in findings {
            if text(finding, "verdict")? == Verdict::Fail.as_str() {
                failures.insert(text(finding, "fingerprint")?);
            }
        }
        Ok(Self(failures))
    }

    pub(super) fn mark(&self, finding: &mut Finding) {
        finding.known = finding.verdict == Verdict::Fail && self.0.contains(&finding.fingerprint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_failures_of_a_report_are_taken() {
        let read = |text: &str| Baseline::read(&SourceFile::new("report.json", text));
        let report =
            r#"{"findings": [{"verdict": "fail", "fingerprint": "a"}, {"verdict": "pass", "fingerprint": "b"}]}"#;
        assert_eq!(read(report).unwrap().0, BTreeSet::from(["a".to_owned()]));
        for broken in ["", "[]", "{}", r#"{"findings": 1}"#, r#"{"findings": [{"verdict": "fail"}]}"#] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
