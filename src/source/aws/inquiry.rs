//! What a scan asks of an account beside its resources: about requests that must be denied.

use std::sync::Arc;

use super::call::Failure;
use super::policy_path::PolicyPaths;
use super::session::AccountSession;
use crate::model::{Question, Unknown, Value};

/// The questions of the selected guardrails, and the ways to an answer that the caller opened.
#[derive(Clone, Default)]
pub struct Inquiry {
    /// What matters most comes first: probes stop at a number of denials.
    pub questions: Arc<[Question]>,
    /// The policies of the organization, where the caller may read them.
    pub paths: Option<Arc<PolicyPaths>>,
    /// The properties of the account's [`POLICY_PATH`](crate::model::POLICY_PATH) from exported files, or why it has none.
    pub exported: Option<Result<Value, Unknown>>,
    /// With `--probe`: the session of [`Sessions::for_probes`](super::Sessions::for_probes), or why there is none.
    pub prober: Option<Result<Arc<AccountSession>, Failure>>,
}
