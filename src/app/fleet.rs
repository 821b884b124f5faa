//! From the command line to the accounts to scan, and through them: the part that scan and collect share.

use std::collections::BTreeSet;
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tokio::sync::Semaphore;

use super::preventive::{Preventive, Ways};
use super::{AppError, Context, stop};
use crate::bundle::{AccountRecord, Bundle, BundleError, Manifest, ScopeEntry, ScopeInfo};
use crate::cli::{AskingArgs, FleetArgs, RuleArgs};
use crate::config::{Fleet, Target, is_region, is_role_arn, read_accounts, role_arn};
use crate::engine::Engine;
use crate::model::{Account, Caller, Inventory, Unknown};
use crate::outcome::judge_across;
use crate::policy::Exported;
use crate::rule::{RulePack, Selected, Selection};
use crate::source::aws::{
    AccountScan, AccountSession, Failure, Inquiry, SessionOptions, Sessions, collect_account, collectable, discover,
    home_region,
};
use crate::syntax::SourceFile;

/// Where the Government Cloud may be used.
const DEFAULT_REGIONS: [&str; 2] = ["ap-northeast-1", "ap-northeast-3"];

/// How many accounts are in flight at once; their inventories are the memory of a scan.
const ACCOUNTS_AT_ONCE: usize = 16;

/// The collectors in flight are those of at least this many accounts: those of one account wait for each other, as they
/// ask the same services at the rate that one account is given.
const ACCOUNTS_IN_TURN: usize = 4;

/// The rule pack of a run and the guardrails selected from it.
pub(super) struct Rules {
    pub(super) pack: RulePack,
    pub(super) selected: Selected,
}

impl Rules {
    pub(super) fn load(args: &RuleArgs) -> Result<Self, AppError> {
        Self::select(Self::pack(args)?, args)
    }

    /// The rules to judge a saved bundle with: unless the arguments say otherwise, the guardrails and the parameters
    /// that it was judged with.
    pub(super) fn for_bundle(args: &RuleArgs, bundle: &Bundle) -> Result<Self, AppError> {
        let mut pack = Self::pack(args)?;
        let scope = &bundle.manifest.scope;
        pack.params.restore(&scope.params);
        let mut rules = Self::select(pack, args)?;
        if args.only.is_empty() && args.exclude.is_empty() && args.severity.is_none() {
            let judged = &scope.rule_pack.guardrails;
            let is_there = |id: &&String| rules.pack.find(id).is_some() || rules.pack.find_preventive(id).is_some();
            if let Some(missing) = judged.iter().find(|id| !is_there(id)) {
                let own = bundle.dir().join("rules");
                return Err(AppError::refused(
                    format!("the bundle was judged by `{missing}`, which is not among the guardrails"),
                    format!("give its own rules with --rules {}, or select with --rule", own.display()),
                ));
            }
            let folder = args.rules.as_ref().map(|folder| folder.display().to_string());
            let given = |source: &SourceFile| folder.as_ref().is_some_and(|folder| source.name.starts_with(folder));
            let Selected { guardrails, preventive } = &mut rules.selected;
            guardrails.retain(|guardrail| judged.contains(&guardrail.rule.id) || given(&guardrail.source));
            preventive.retain(|guardrail| judged.contains(&guardrail.rule.id) || given(&guardrail.source));
        }
        Ok(rules)
    }

    fn pack(args: &RuleArgs) -> Result<RulePack, AppError> {
        Ok(match &args.rules {
            Some(folder) => RulePack::with_folder(folder)?,
            None => RulePack::embedded()?,
        })
    }

    fn select(mut pack: RulePack, args: &RuleArgs) -> Result<Self, AppError> {
        if let Some(path) = &args.params {
            pack.params.override_from(&SourceFile::read(path)?)?;
        }
        let selection = Selection { only: args.only.clone(), except: args.exclude.clone(), severity: args.severity };
        let selected = pack
            .select(&selection)
            .map_err(|message| AppError::refused(message, "`govcheck rules list` shows the guardrails"))?;
        if selected.is_empty() {
            return Err(AppError::refused("no guardrail is selected", "loosen --rule, --exclude or --severity"));
        }
        Ok(Self { pack, selected })
    }

    /// What judges at a time.
    pub(super) fn engine(&self, now: DateTime<Utc>) -> Engine {
        let Selected { guardrails, preventive } = self.selected.clone();
        Engine::new(guardrails, &self.pack.params, now).with_preventive(preventive, &self.pack.params)
    }

    /// The resource types that files are read for.
    pub(super) fn declared_types(&self) -> BTreeSet<String> {
        self.selected.declared_types()
    }

    /// The resource types that must be collected of accounts.
    pub(super) fn types(&self) -> BTreeSet<String> {
        self.selected.needed_types()
    }
}

/// Scans the fleet into the bundle; returns it sealed, and the engine that judged.
pub(super) fn scan_into(
    bundle_dir: &Path,
    fresh: bool,
    args: &FleetArgs,
    asking: &AskingArgs,
    rules: &Rules,
    context: Context,
) -> Result<(Bundle, Engine), AppError> {
    let listed = listed_targets(args)?;
    let exported = asking.scp.as_deref().map(Exported::read).transpose()?;
    on_runtime(async {
        let (sessions, caller) = load_sessions(args, listed.as_ref()).await?;
        let targets = targets(args, listed, &sessions, &caller).await?;
        let scope = ScopeInfo {
            accounts: targets
                .iter()
                .map(|target| ScopeEntry {
                    account: target.account.clone(),
                    role_arn: target.role_arn.clone(),
                    regions: target.regions.clone(),
                })
                .collect(),
            rule_pack: rules.pack.info(&rules.selected),
            params: rules.pack.params.effective(),
        };
        let started_at = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let bundle = Bundle::open(bundle_dir, Manifest::new(scope, Some(caller.clone()), started_at), fresh)?;
        for (name, text) in rules.pack.files() {
            bundle.write_file(&Path::new("rules").join(safe_name(name)), text.as_bytes())?;
        }
        let engine = engine(rules, &bundle)?;
        let ways = Ways { organization: args.organization, exported, probe: asking.probe };
        let preventive = Preventive::of(rules, &sessions, &targets, ways);
        preventive.give_notice(context.lang);
        let run = Run { sessions, caller, engine, bundle, rules_types: rules.types(), preventive, args, context };
        run.scan(targets).await
    })
}

/// Runs what waits for the network.
pub(super) fn on_runtime<T>(work: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| AppError::refused(format!("failed to start: {error}"), "check the limits of the process"))?;
    runtime.block_on(work)
}

/// The engine with the time of the bundle.
pub(super) fn engine(rules: &Rules, bundle: &Bundle) -> Result<Engine, AppError> {
    let started_at = &bundle.manifest.started_at;
    let now = chrono::DateTime::parse_from_rfc3339(started_at).map_err(|error| BundleError::Damaged {
        path: bundle.dir().to_owned(),
        problem: format!("`started_at` is not a time: {error}"),
    })?;
    let accounts = bundle.manifest.scope.accounts.iter().map(|entry| &entry.account);
    Ok(rules.engine(now.to_utc()).with_accounts(accounts))
}

/// A rule file's path inside the bundle, without anything that could lead out of it.
fn safe_name(name: &str) -> std::path::PathBuf {
    Path::new(name)
        .components()
        .filter_map(|part| match part {
            std::path::Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect()
}

struct Run<'a> {
    sessions: Sessions,
    caller: Caller,
    engine: Engine,
    bundle: Bundle,
    rules_types: BTreeSet<String>,
    preventive: Preventive,
    args: &'a FleetArgs,
    context: Context,
}

impl Run<'_> {
    async fn scan(mut self, targets: Vec<Target>) -> Result<(Bundle, Engine), AppError> {
        let total = targets.len() as u64;
        let todo: Vec<Target> = targets.into_iter().filter(|target| !self.bundle.has(&target.account.id)).collect();
        let done = total - todo.len() as u64;
        if done > 0 {
            tracing::warn!(
                "{done} of {total} accounts are in the bundle of {} already; --fresh starts over",
                self.bundle.manifest.started_at
            );
        }
        let slots = Arc::new(Semaphore::new(usize::from(self.args.max_parallel)));
        let progress = self.progress(total, done, Arc::clone(&slots));
        let stop = stop::on_signal();
        let per_account = usize::from(self.args.max_parallel).div_ceil(todo.len().clamp(1, ACCOUNTS_IN_TURN));
        let at_once = ACCOUNTS_AT_ONCE.min(usize::from(self.args.max_parallel));
        let this = &self;
        let mut finished = futures::stream::iter(todo)
            .map(|target| {
                let (slots, stop) = (Arc::clone(&slots), stop.clone());
                async move {
                    if *stop.borrow() {
                        return Ok(false);
                    }
                    let Some(inventory) = this.collect(target, per_account, slots, stop.clone()).await else {
                        return Ok(false);
                    };
                    // An account that was cut short is scanned again by the next run.
                    if *stop.borrow() && inventory.gaps.iter().any(|gap| gap.cause == Unknown::Interrupted) {
                        return Ok(false);
                    }
                    this.keep(inventory).map(|()| true)
                }
            })
            .buffer_unordered(at_once);
        let mut complete = true;
        while let Some(kept) = finished.next().await {
            complete &= kept?;
            progress.inc(1);
        }
        drop(finished);
        progress.finish_and_clear();
        let manifest = &mut self.bundle.manifest;
        manifest.interrupted = !complete;
        let counts = if done < total { self.sessions.traffic.counts() } else { Default::default() };
        for (service, counts) in counts {
            let entry = manifest.calls.entry(service).or_default();
            entry.calls += counts.calls;
            entry.retries += counts.retries;
            entry.throttles += counts.throttles;
        }
        if done < total || manifest.finished_at.is_none() {
            manifest.finished_at = Some(Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        let across = judge_across(&self.bundle, &self.engine)?;
        if !across.is_empty() {
            self.bundle.write_across(&across)?;
        }
        self.bundle.seal()?;
        Ok((self.bundle, self.engine))
    }

    /// Nothing when the scan was stopped before the account was entered.
    async fn collect(
        &self,
        target: Target,
        at_once: usize,
        slots: Arc<Semaphore>,
        mut stop: tokio::sync::watch::Receiver<bool>,
    ) -> Option<Inventory> {
        let scan = AccountScan {
            account: target.account.clone(),
            regions: target.regions.clone(),
            types: collectable(&self.rules_types),
            at_once,
            inquiry: Inquiry { exported: self.preventive.exported(&target), ..Inquiry::default() },
        };
        let entered = tokio::select! {
            entered = self.enter(&target) => entered,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        Some(match entered {
            Ok((session, inquiry)) => collect_account(AccountScan { inquiry, ..scan }, session, slots, stop).await,
            Err(failure) => {
                tracing::warn!(account = %target.account.id, code = failure.code, "the role could not be assumed: {}", failure.message);
                scan.unseen(&failure.cause)
            }
        })
    }

    async fn enter(&self, target: &Target) -> Result<(AccountSession, Inquiry), Failure> {
        let session = enter(&self.sessions, &self.caller, target).await?;
        Ok((session, self.preventive.inquiry(&self.engine, &self.caller, target).await))
    }

    fn keep(&self, inventory: Inventory) -> Result<(), AppError> {
        let findings = self.engine.evaluate(&inventory);
        tracing::info!(
            account = %inventory.account.id,
            resources = inventory.resources.len(),
            gaps = inventory.gaps.len(),
            "account done"
        );
        self.bundle.write_account(&AccountRecord { inventory, findings })?;
        Ok(())
    }

    /// Accounts that are done and collectors in flight, on a terminal.
    fn progress(&self, total: u64, done: u64, slots: Arc<Semaphore>) -> ProgressBar {
        if self.context.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total).with_position(done);
        let template = self.context.lang.pick(
            "{bar:30} {pos}/{len} accounts, {units} collectors in flight, {elapsed}",
            "{bar:30} {pos}/{len} アカウント（実行中の収集 {units}） {elapsed}",
        );
        if let Ok(style) = ProgressStyle::with_template(template) {
            let all = usize::from(self.args.max_parallel);
            let in_flight = move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = write!(out, "{}", all.saturating_sub(slots.available_permits()));
            };
            bar.set_style(style.with_key("units", in_flight));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// The way into an account: its role, or the caller's own credentials.
pub(super) async fn enter(sessions: &Sessions, caller: &Caller, target: &Target) -> Result<AccountSession, Failure> {
    match &target.role_arn {
        Some(role) => sessions.assume(&target.account.id, role, target.external_id.as_deref()).await,
        None => Ok(sessions.own(caller)),
    }
}

pub(super) async fn load_sessions(args: &FleetArgs, listed: Option<&Fleet>) -> Result<(Sessions, Caller), AppError> {
    let listed = listed.into_iter().flat_map(|fleet| fleet.targets.iter().flat_map(|target| &target.regions));
    let home_region =
        home_region(args.region.iter().chain(listed)).cloned().unwrap_or_else(|| DEFAULT_REGIONS[0].to_owned());
    let options = SessionOptions {
        hub_role_arn: args.hub_role_arn.clone(),
        session_name: args.session_name.clone(),
        timeout: Duration::from_secs(args.timeout),
        max_rate: args.max_rate,
        home_region,
    };
    let sessions = Sessions::load(options).await.map_err(|failure| {
        AppError::refused(
            format!("the AWS session could not be set up: {}: {}", failure.code, failure.message),
            "check --hub-role-arn and its trust policy, the credentials, and AWS_CA_BUNDLE",
        )
    })?;
    let caller = sessions.caller().await.map_err(|failure| no_credentials(&failure))?;
    Ok((sessions, caller))
}

fn no_credentials(failure: &Failure) -> AppError {
    AppError::refused(
        format!("the AWS credentials do not work: {} {}", failure.code, failure.message),
        "sign in (`aws sso login`), set AWS_PROFILE, or give credentials in the environment; `scan --from` needs none",
    )
}

/// The targets of the accounts file, when there is one.
pub(super) fn listed_targets(args: &FleetArgs) -> Result<Option<Fleet>, AppError> {
    if let Some(region) = args.region.iter().chain(&args.exclude_region).find(|region| !is_region(region)) {
        return Err(AppError::refused(format!("`{region}` is not a region"), "as in ap-northeast-1"));
    }
    if let Some(arn) = args.role_arn.iter().chain(&args.hub_role_arn).find(|arn| !is_role_arn(arn)) {
        return Err(AppError::refused(
            format!("`{arn}` is not the ARN of a role"),
            "as in arn:aws:iam::123456789012:role/govcheck",
        ));
    }
    if args.role_arn.is_some() && (args.accounts.is_some() || args.organization) {
        return Err(AppError::refused(
            "--role-arn names one account's role, but there are several accounts",
            "give --role-name, or `role_arn` in the accounts file",
        ));
    }
    Ok(args.accounts.as_deref().map(read_accounts).transpose()?)
}

/// The accounts to scan, with their roles and regions settled, sorted by id.
pub(super) async fn targets(
    args: &FleetArgs,
    listed: Option<Fleet>,
    sessions: &Sessions,
    caller: &Caller,
) -> Result<Vec<Target>, AppError> {
    let bare = |account: Account| Target { account, role_arn: None, external_id: None, regions: Vec::new() };
    let mut targets = match listed {
        Some(fleet) => fleet.targets,
        None if args.organization => {
            let accounts = discover(sessions).await.map_err(|failure| {
                AppError::refused(
                    format!("the accounts of the organization cannot be listed: {} {}", failure.code, failure.message),
                    "only the management account and delegated administrators may; give an accounts file with --accounts",
                )
            })?;
            accounts.into_iter().map(bare).collect()
        }
        None => {
            let of_role = args.role_arn.as_ref().and_then(|arn| arn.split(':').nth(4)?.parse().ok());
            let mut target = bare(Account::new(of_role.unwrap_or_else(|| caller.account.clone())));
            target.role_arn.clone_from(&args.role_arn);
            vec![target]
        }
    };
    let known: BTreeSet<_> = targets.iter().map(|target| target.account.id.clone()).collect();
    if let Some(missing) = args.account.iter().find(|id| !known.contains(id)) {
        return Err(AppError::refused(
            format!("the account {missing} is not among the accounts"),
            "check --account and the accounts file",
        ));
    }
    targets.retain(|target| {
        let id = &target.account.id;
        (args.account.is_empty() || args.account.contains(id)) && !args.exclude_account.contains(id)
    });
    if targets.is_empty() {
        return Err(AppError::refused("no account is left to scan", "loosen --account or --exclude-account"));
    }
    for target in &mut targets {
        settle(target, args, caller)?;
    }
    targets.sort_by(|a, b| a.account.id.cmp(&b.account.id));
    Ok(targets)
}

fn settle(target: &mut Target, args: &FleetArgs, caller: &Caller) -> Result<(), AppError> {
    let id = &target.account.id;
    if target.role_arn.is_none() {
        target.role_arn = args.role_name.as_deref().map(|name| role_arn(id, name));
    }
    if target.role_arn.is_none() && *id != caller.account {
        return Err(AppError::refused(
            format!("no role is given for the account {id}"),
            "give `role_name` in the accounts file's defaults, or --role-name",
        ));
    }
    target.external_id = target.external_id.take().or_else(|| args.external_id.clone());
    target.account.class = target.account.class.or(args.class);
    let given = if args.region.is_empty() { std::mem::take(&mut target.regions) } else { args.region.clone() };
    let given = if given.is_empty() { DEFAULT_REGIONS.map(str::to_owned).to_vec() } else { given };
    let kept: BTreeSet<String> = given.into_iter().filter(|region| !args.exclude_region.contains(region)).collect();
    if kept.is_empty() {
        return Err(AppError::refused(
            format!("no region is left to scan in {id}"),
            "loosen --region or --exclude-region",
        ));
    }
    target.regions = kept.into_iter().collect();
    Ok(())
}
