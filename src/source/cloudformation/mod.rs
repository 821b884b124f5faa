//! CloudFormation templates, and the CDK assemblies that hold them.

mod manifest;
