//! The command line, as types.

mod policy;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::{AccountClass, AccountId, Lang, Severity};
pub use policy::{ExportedArgs, PolicyCommand, PolicyEvalArgs, PolicyFormat, PolicyLintArgs, PolicyProveArgs};

/// Headings of the help text; without one, an option falls under the heading of the group flattened before it.
const EVIDENCE: &str = "Evidence";
const REPORT: &str = "Report";
const DEPLOYMENT: &str = "Deployment";

/// Checks whether every AWS account of a fleet keeps its guardrails.
///
/// Exit codes: 0 compliant; 1 a guardrail fails; 2 could not run; 3 nothing fails, but something is unknown; 130
/// interrupted.
#[derive(Debug, Parser)]
#[command(name = "govcheck", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Language of what is printed [default: from the locale]
    #[arg(long, global = true, value_enum, env = "GOVCHECK_LANG")]
    pub lang: Option<Lang>,

    /// Say less on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more on standard error; twice for every call
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// No colours (also with the NO_COLOR variable)
    #[arg(long, global = true)]
    pub no_color: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect the accounts, judge them, and report
    Scan(Box<ScanArgs>),
    /// Judge CloudFormation templates, CDK assemblies and Terraform plans before they are deployed
    Check(Box<CheckArgs>),
    /// Collect the accounts into a bundle, without a report
    Collect(Box<CollectArgs>),
    /// List, show, test and lint guardrails
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Lint service control policies, explain what they decide, and prove what they deny
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look after the accounts to scan
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Print the IAM policy that the accounts' role needs for the selected guardrails
    Permissions(PermissionsArgs),
    /// Print the JSON Schema of a file
    Schema {
        #[arg(value_enum)]
        of: SchemaName,
    },
    /// Print the completion script of a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

/// Which accounts, and how to enter them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Accounts")]
pub struct FleetArgs {
    /// The accounts file (YAML or CSV) [default: the account of the current credentials]
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,

    /// Discover the accounts from AWS Organizations, where the caller may
    #[arg(long, conflicts_with = "accounts")]
    pub organization: bool,

    /// Only these accounts
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub account: Vec<AccountId>,

    /// Not these accounts
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub exclude_account: Vec<AccountId>,

    /// The regions to scan [default: those of the accounts file, else ap-northeast-1,ap-northeast-3]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub region: Vec<String>,

    /// Not these regions
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub exclude_region: Vec<String>,

    /// The class of accounts for which the accounts file gives none
    #[arg(long, value_enum)]
    pub class: Option<AccountClass>,

    /// The role to assume, for a single account
    #[arg(long, value_name = "ARN", visible_alias = "role", conflicts_with = "role_name")]
    pub role_arn: Option<String>,

    /// The name of the role to assume in accounts for which the accounts file gives none
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,

    /// The external id for accounts for which the accounts file gives none
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,

    /// The name of the role sessions, as it appears in CloudTrail
    #[arg(long, value_name = "NAME", default_value = "govcheck")]
    pub session_name: String,

    /// A role to assume first, from which the accounts' roles are assumed
    #[arg(long, value_name = "ARN")]
    pub hub_role_arn: Option<String>,

    /// How many collectors run at once, over all accounts
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub max_parallel: u16,

    /// Calls a second to one service, in one region of one account; fewer where AWS throttles
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max_rate: u16,

    /// Seconds to wait for the answer to one attempt of a call
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

/// Which guardrails.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Guardrails")]
pub struct RuleArgs {
    /// Only guardrails whose id or alias matches the pattern, as in 's3-*'
    #[arg(long = "rule", value_name = "PATTERN", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Not guardrails whose id or alias matches the pattern
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub exclude: Vec<String>,

    /// Only guardrails at least this severe
    #[arg(long, value_enum)]
    pub severity: Option<Severity>,

    /// A folder of rule files, which add to the built-in ones or replace those of the same id
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,

    /// A file of parameter values (`name: value`)
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ScanArgs {
    #[command(flatten)]
    pub fleet: FleetArgs,

    #[command(flatten)]
    pub rules: RuleArgs,

    /// Judge a saved bundle again: no AWS, no credentials
    #[arg(long, help_heading = EVIDENCE, value_name = "BUNDLE", conflicts_with_all = ["accounts", "organization", "role_arn", "role_name", "hub_role_arn", "bundle", "fresh", "class", "account", "exclude_account", "region", "exclude_region", "external_id", "probe", "scp"])]
    pub from: Option<PathBuf>,

    /// Where the evidence is kept; a scan that was cut short goes on from there
    #[arg(long, help_heading = EVIDENCE, value_name = "DIR", default_value = "govcheck-bundle")]
    pub bundle: PathBuf,

    /// Start over, discarding what the bundle holds
    #[arg(long, help_heading = EVIDENCE)]
    pub fresh: bool,

    #[command(flatten)]
    pub asking: AskingArgs,

    #[command(flatten)]
    pub report: ReportArgs,
}

/// How to know what the organization's policies deny, beside what the accounts' roles may ask.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Preventive guardrails")]
pub struct AskingArgs {
    /// The folder of exported service control policies: a JSON file for each, and `tree.yaml`, which says what is attached
    /// where; without it every policy binds every account
    #[arg(long, value_name = "DIR", conflicts_with = "organization")]
    pub scp: Option<PathBuf>,

    /// Also make requests that must be denied, as EC2 dry runs and reads: the accounts' alarms may tell of the denials
    #[arg(long)]
    pub probe: bool,
}

/// What is printed and written, and what the exit code says.
#[derive(Debug, Args)]
#[command(next_help_heading = REPORT)]
pub struct ReportArgs {
    /// The format of the report on standard output
    #[arg(long, visible_alias = "output-format", value_name = "FORMAT", default_value = "table", value_parser = crate::output::parse_format)]
    pub format: &'static crate::output::Format,

    /// Also write the report to a file: PATH, or FORMAT=PATH; may be repeated
    #[arg(short, long, value_name = "[FORMAT=]PATH")]
    pub output: Vec<String>,

    /// The least severity of a failure that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Low)]
    pub fail_on: FailOn,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Templates (YAML or JSON), CDK assemblies (cdk.out), Terraform plans (`terraform show -json`), folders or globs of
    /// them; `-` reads one from standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What the account is for that they are deployed to
    #[arg(long, help_heading = DEPLOYMENT, value_enum)]
    pub class: Option<AccountClass>,

    /// The account that they are deployed to, where they do not say it
    #[arg(long, help_heading = DEPLOYMENT, value_name = "ID")]
    pub account: Option<AccountId>,

    /// The region that they are deployed to, where they do not say it [default: ap-northeast-1]
    #[arg(long, help_heading = DEPLOYMENT, value_name = "REGION")]
    pub region: Option<String>,

    /// Values of template parameters: NAME=VALUE, or a file of them; may be repeated
    #[arg(long, help_heading = DEPLOYMENT, value_name = "FILE|NAME=VALUE")]
    pub parameters: Vec<String>,

    /// Where class, account, region and parameters stand [default: govcheck.yaml, where there is one]
    #[arg(long, help_heading = DEPLOYMENT, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    pub rules: RuleArgs,

    /// A JSON report of before: only failures that it does not have count
    #[arg(long, help_heading = REPORT, value_name = "REPORT")]
    pub baseline: Option<PathBuf>,

    /// Refuse folders that hold files of another kind
    #[arg(long, help_heading = REPORT)]
    pub strict: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Debug, Args)]
pub struct CollectArgs {
    #[command(flatten)]
    pub fleet: FleetArgs,

    #[command(flatten)]
    pub rules: RuleArgs,

    /// Where the evidence is kept
    #[arg(
        short = 'o',
        long = "bundle",
        help_heading = EVIDENCE,
        visible_alias = "output",
        value_name = "DIR",
        default_value = "govcheck-bundle"
    )]
    pub bundle: PathBuf,

    /// Start over, discarding what the bundle holds
    #[arg(long, help_heading = EVIDENCE)]
    pub fresh: bool,

    #[command(flatten)]
    pub asking: AskingArgs,
}

#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Say which roles can be assumed, and which actions of the selected guardrails they lack
    Check(Box<AccountsArgs>),
}

#[derive(Debug, Args)]
pub struct AccountsArgs {
    #[command(flatten)]
    pub fleet: FleetArgs,

    #[command(flatten)]
    pub rules: RuleArgs,
}

#[derive(Debug, Args)]
pub struct PermissionsArgs {
    #[command(flatten)]
    pub rules: RuleArgs,

    /// Print a CloudFormation template with the role, its trust policy and the policy
    #[arg(long)]
    pub cloudformation: bool,
}

/// From which severity on a failure counts for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Never,
}

impl FailOn {
    pub fn least(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Never => None,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the guardrails
    List {
        #[command(flatten)]
        rules: RuleArgs,
        /// List the parameters and their values instead
        #[arg(long)]
        parameters: bool,
    },
    /// Show one guardrail in full
    Show {
        /// Its id or alias
        id: String,
        /// A folder of rule files beside the built-in ones
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// Print the guardrails as a Markdown document
    Docs {
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Print, as Markdown, how each guardrail can be decided and which IAM actions that needs
    Coverage {
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Run the cases of the built-in guardrails, or of a folder
    Test { dir: Option<PathBuf> },
    /// Remark on what is wrong with the built-in guardrails, or those of a folder
    Lint { dir: Option<PathBuf> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    Accounts,
    Rule,
    Report,
    Config,
}
