//! The command line of `govcheck policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::model::AccountId;
use crate::policy::PolicyType;

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Remark on what service or resource control policies do not do although they seem to
    ///
    /// Exit codes: 0 no remark; 1 remarks; 2 a file cannot be read, or is no policy.
    Lint(PolicyLintArgs),
    /// Explain what service control policies decide about one request, statement by statement
    ///
    /// The decision is `allowed`, `explicitly_denied`, `implicitly_denied` or `undecided`. Allowed means that these policies
    /// leave it to the others. Exit codes: 0 allowed or denied; 2 the request or the policies cannot be read; 3 undecided.
    Eval(Box<PolicyEvalArgs>),
    /// Prove that the policies deny what preventive guardrails say they must, or find a request that gets through
    ///
    /// The proof looks at every documented action, principal, region and state of the context. An exempt principal that
    /// others can make or take over counts as a failure. Exit codes: 0 proved, or not applicable; 1 something gets through;
    /// 2 the policies or rules cannot be read; 3 undecided, or the class of an account is not declared.
    Prove(PolicyProveArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct PolicyLintArgs {
    /// Policy documents (JSON)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// What the documents are
    #[arg(long = "type", value_enum, default_value_t = PolicyType::Scp, value_name = "TYPE")]
    pub policy_type: PolicyType,

    /// The format of the remarks
    #[arg(long, value_enum, default_value_t = PolicyFormat::Text)]
    pub format: PolicyFormat,
}

/// Where the policies are.
#[derive(Debug, Args)]
pub struct ExportedArgs {
    /// The folder of exported policies: a JSON file for each, and `tree.yaml`, which says what is attached where; without
    /// it every policy binds every account
    #[arg(long, value_name = "DIR")]
    pub scp: PathBuf,
}

#[derive(Debug, Args)]
pub struct PolicyEvalArgs {
    #[command(flatten)]
    pub policies: ExportedArgs,

    /// The action, as in ec2:RunInstances
    #[arg(long, value_name = "SERVICE:NAME")]
    pub action: String,

    /// The ARN of the resource, or `*` for actions that have none [default: not known]
    #[arg(long, value_name = "ARN")]
    pub resource: Option<String>,

    /// The region that is called (aws:RequestedRegion) [default: not known]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// The ARN of the root user, user, role (not of its session) or federated user [default: not known]
    #[arg(long, value_name = "ARN")]
    pub principal: Option<String>,

    /// The account that the policies bind [default: that of the principal]
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,

    /// A context key; once more for another value of the same key. A key that is not given is absent, unless every
    /// request has it: then it is not known
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,

    /// The format of the explanation
    #[arg(long, value_enum, default_value_t = PolicyFormat::Text)]
    pub format: PolicyFormat,
}

#[derive(Debug, Args)]
pub struct PolicyProveArgs {
    /// Ids or aliases of preventive guardrails, or patterns of them, as in GC-PRV-001 or 'GC-PRV-*'
    #[arg(required = true, value_name = "GUARDRAIL")]
    pub guardrails: Vec<String>,

    #[command(flatten)]
    pub policies: ExportedArgs,

    /// Only these accounts [default: all of tree.yaml; without it, those of --accounts]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub account: Vec<AccountId>,

    /// The accounts file (YAML or CSV), which says of what class the accounts are: a guardrail for certain classes is
    /// not applicable to the others [default: every guardrail is asked of every account]
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,

    /// A folder of rule files, which add to the built-in ones or replace those of the same id
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,

    /// A file of parameter values (`name: value`)
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,

    /// The format of the result
    #[arg(long, value_enum, default_value_t = PolicyFormat::Text)]
    pub format: PolicyFormat,
}
