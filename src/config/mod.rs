//! The files that say what to scan, as typed values; every fault of a file is reported at once, with its line.

mod accounts;
mod csv;

pub use accounts::{AccountsFile, Fleet, Target, is_region, is_role_arn, read_accounts, role_arn};
