//! The vocabulary that every other module shares: accounts, resources, values with unknown leaves, findings, reports,
//! and the properties that resource types have.
//!
//! Nothing here does input or output, and nothing here depends on another module of the crate.

mod account;
mod finding;
mod inventory;
mod origin;
mod preventive;
mod report;
pub mod schema;
mod text;
mod unknown;
mod value;

pub use account::{Account, AccountClass, AccountId, InvalidAccountId};
pub use finding::{AppliedWaiver, Evidence, Finding, Observed, Verdict, WaiverState, fingerprint, fingerprint_in_file};
pub use inventory::{Extent, GLOBAL, Gap, Inventory, Resource, ResourceId, Scope};
pub use origin::{InlineWaiver, Origin, Place};
pub use preventive::{ORGANIZATION_POLICY, POLICY_PATH, PROBE, Question, SESSION_KEYS, SIMULATION};
pub use report::{
    AccountSummary, CallCounts, Caller, Coverage, GuardrailSummary, Report, RulePackInfo, RunInfo, Score, SetAside,
    Summary, VerdictCounts,
};
pub use text::{Lang, Severity, Text, visible};
pub use unknown::Unknown;
pub use value::{Map, Value};
