//! `govcheck accounts check`: whether the accounts can be scanned, before they are.

use std::collections::BTreeSet;

use comfy_table::Cell;
use futures::{StreamExt, stream};

use super::fleet::{Rules, enter, listed_targets, load_sessions, on_runtime, targets};
use super::{AppError, Context, print};
use crate::cli::{AccountsCommand, FleetArgs, RuleArgs};
use crate::config::Target;
use crate::exit::Exit;
use crate::model::{Caller, Lang, visible};
use crate::output::plain_table;
use crate::source::aws::{DeniedAction, Failure, Sessions, Unit, denied_actions, needed_actions, principal_of};

/// How many accounts are asked at once.
const AT_ONCE: usize = 16;

pub(super) fn run(command: &AccountsCommand, context: Context) -> Result<Exit, AppError> {
    let AccountsCommand::Check(args) = command;
    check(&args.fleet, &args.rules, context)
}

/// What is known of an account's role.
enum Access {
    Ready,
    /// The role cannot be assumed.
    Closed(Failure),
    Lacks(Vec<DeniedAction>),
    /// The role can be assumed; the simulator does not say what it may do.
    Untold(Failure),
}

fn check(fleet: &FleetArgs, rules: &RuleArgs, context: Context) -> Result<Exit, AppError> {
    let rules = Rules::load(rules)?;
    let actions = needed_actions(&rules.types());
    let listed = listed_targets(fleet)?;
    let checked = on_runtime(async {
        let (sessions, caller) = load_sessions(fleet, listed.as_ref()).await?;
        let targets = targets(fleet, listed, &sessions, &caller).await?;
        let checks = stream::iter(targets).map(|target| {
            let (sessions, caller, actions) = (&sessions, &caller, &actions);
            async move {
                let access = access(sessions, caller, &target, actions).await;
                (target, access)
            }
        });
        Ok(checks.buffered(AT_ONCE).collect::<Vec<_>>().await)
    })?;
    print(&table(&checked, context.lang))?;
    Ok(exit(&checked))
}

async fn access(sessions: &Sessions, caller: &Caller, target: &Target, actions: &BTreeSet<&str>) -> Access {
    let session = match enter(sessions, caller, target).await {
        Ok(session) => session,
        Err(failure) => return Access::Closed(failure),
    };
    let principal = target.role_arn.clone().unwrap_or_else(|| principal_of(&caller.arn));
    let unit = Unit::of(session, &target.regions);
    match denied_actions(&unit, &principal, actions).await {
        Ok(denied) if denied.is_empty() => Access::Ready,
        Ok(denied) => Access::Lacks(denied),
        Err(failure) => Access::Untold(failure),
    }
}

fn exit(checked: &[(Target, Access)]) -> Exit {
    if checked.iter().any(|(_, access)| matches!(access, Access::Closed(_) | Access::Lacks(_))) {
        Exit::Failing
    } else if checked.iter().any(|(_, access)| matches!(access, Access::Untold(_))) {
        Exit::Unknown
    } else {
        Exit::Compliant
    }
}

fn table(checked: &[(Target, Access)], lang: Lang) -> String {
    let mut table = plain_table(None);
    table.set_header(lang.pick(["account", "name", "role", "access"], ["アカウント", "名前", "ロール", "状態"]));
    for (target, access) in checked {
        let own = lang.pick("(own credentials)", "（自身の認証情報）");
        let role = target.role_arn.as_deref().map_or(own, |arn| arn.rsplit('/').next().unwrap_or(arn));
        let name = target.account.name.as_deref().unwrap_or_default();
        let row = [target.account.id.as_str(), name, role, &access.describe(lang)].map(visible);
        table.add_row(row.map(Cell::new));
    }
    format!("{table}\n")
}

impl Access {
    fn describe(&self, lang: Lang) -> String {
        match self {
            Self::Ready => lang.pick("ready", "スキャン可能").to_owned(),
            Self::Closed(failure) => lang.pick(
                format!("the role cannot be assumed: {}: {}", failure.code, failure.message),
                format!("ロールを引き受けられない: {}: {}", failure.code, failure.message),
            ),
            Self::Lacks(denied) => {
                let name = |denied: &DeniedAction| match denied.by_organization {
                    true => format!("{} (SCP)", denied.action),
                    false => denied.action.clone(),
                };
                let names: Vec<String> = denied.iter().map(name).collect();
                lang.pick(
                    format!("{} actions are missing: {}", names.len(), names.join(", ")),
                    format!("{} 個のアクションが不足: {}", names.len(), names.join(", ")),
                )
            }
            Self::Untold(failure) => lang.pick(
                format!("the role can be assumed; what it may do is not known: {}", failure.cause),
                format!("ロールは引き受けられるが、権限を確認できない: {}", failure.cause.describe(lang)),
            ),
        }
    }
}
