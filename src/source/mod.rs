//! Where inventories come from: live accounts, and files that declare resources.

pub mod aws;
pub mod cloudformation;
pub mod declared;
pub mod files;
pub mod shape;
pub mod terraform;
