//! The manifest: who scanned what, when, with which rules, and the hash of every file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::BundleError;
use crate::model::{Account, CallCounts, Caller, RulePackInfo, RunInfo};

/// The version of the bundle's form.
const FORMAT: u32 = 1;

/// One account of the scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeEntry {
    pub account: Account,
    pub role_arn: Option<String>,
    pub regions: Vec<String>,
}

/// What a scan was asked to look at. A scan goes on only where the scope is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeInfo {
    pub accounts: Vec<ScopeEntry>,
    pub rule_pack: RulePackInfo,
    /// The value of every parameter.
    pub params: BTreeMap<String, serde_json::Value>,
}

impl ScopeInfo {
    /// How another scope differs, in a few words; nothing when it is the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let ids = |scope: &Self| scope.accounts.iter().map(|entry| entry.account.id.clone()).collect::<Vec<_>>();
        if ids(self) != ids(other) {
            return Some("it is about other accounts".into());
        }
        if self.accounts != other.accounts {
            return Some("the regions, roles or descriptions of the accounts differ".into());
        }
        if self.rule_pack != other.rule_pack || self.params != other.params {
            return Some("the guardrails or their parameters differ".into());
        }
        None
    }
}

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub tool_version: String,
    pub scope: ScopeInfo,
    pub caller: Option<Caller>,
    /// RFC 3339; the `now` of the rules.
    pub started_at: String,
    /// RFC 3339; absent while the scan is not done.
    pub finished_at: Option<String>,
    /// Whether accounts are missing: from the start until the last of them is done.
    pub interrupted: bool,
    pub calls: BTreeMap<String, CallCounts>,
    /// SHA-256 in hex by path, of every file but this one.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    pub fn new(scope: ScopeInfo, caller: Option<Caller>, started_at: String) -> Self {
        Self {
            format: FORMAT,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            scope,
            caller,
            started_at,
            finished_at: None,
            interrupted: true,
            calls: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self, BundleError> {
        let bytes = fs::read(path).map_err(BundleError::io("read", path))?;
        let damaged = |problem: String| BundleError::Damaged { path: path.to_owned(), problem };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(damaged(format!("its format is {}, this govcheck reads {FORMAT}", manifest.format)));
        }
        Ok(manifest)
    }

    pub(super) fn to_json(&self) -> String {
        // A manifest is plain data: it always has a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The circumstances of the run, judged by `rule_pack`.
    pub fn run_info(&self, rule_pack: RulePackInfo) -> RunInfo {
        RunInfo {
            tool_version: self.tool_version.clone(),
            rule_pack,
            caller: self.caller.clone(),
            started_at: self.started_at.clone(),
            finished_at: self.finished_at.clone().unwrap_or_else(|| self.started_at.clone()),
            interrupted: self.interrupted || self.finished_at.is_none(),
            calls: self.calls.clone(),
        }
    }
}
