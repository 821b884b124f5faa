//! The files that say what to scan or check, as typed values; every fault of a file is reported at once, with its line.

mod accounts;
mod csv;
mod parameters;
mod project;

pub use accounts::{AccountsFile, Fleet, Target, is_region, is_role_arn, read_accounts, role_arn};
pub use parameters::read_parameters;
pub use project::{Deployed, Project, ProjectFile};
