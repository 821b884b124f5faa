//! Where inventories come from. Every source emits resources in CloudFormation's shape.

pub mod aws;
