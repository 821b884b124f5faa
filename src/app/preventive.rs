//! What a scan asks about preventive guardrails, and of whom: the organization, the simulator, and with `--probe` the
//! services themselves.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use super::fleet::{Rules, enter};
use crate::config::Target;
use crate::engine::Engine;
use crate::model::{Caller, Lang, POLICY_PATH, PROBE, Question, Unknown, Value};
use crate::policy::{Exported, TREE_FILE};
use crate::source::aws::{Inquiry, PolicyPaths, Sessions, probed_actions};

/// The ways to an answer that the command line opens.
pub(super) struct Ways {
    pub(super) organization: bool,
    pub(super) exported: Option<Exported>,
    pub(super) probe: bool,
}

/// A region abroad that every account has, and the home of all.
const PROBED_REGIONS: [&str; 2] = ["us-east-1", "ap-northeast-1"];

/// The same for every account of a scan.
pub(super) struct Preventive {
    exported: Option<Exported>,
    paths: Option<Arc<PolicyPaths>>,
    /// The ways into the accounts for probes.
    probers: Option<Sessions>,
}

impl Preventive {
    /// Opens only those ways that a selected guardrail needs.
    pub(super) fn of(rules: &Rules, sessions: &Sessions, targets: &[Target], ways: Ways) -> Self {
        let Ways { organization, exported, probe } = ways;
        let types = rules.types();
        if rules.selected.preventive.is_empty() && (exported.is_some() || probe) {
            tracing::warn!("no preventive guardrail is selected: --scp and --probe have no effect");
        }
        let accounts = targets.iter().map(|target| &target.account);
        let paths = (organization && types.contains(POLICY_PATH)).then(|| PolicyPaths::of(sessions, accounts));
        Self {
            exported,
            paths: paths.map(Arc::new),
            probers: (probe && types.contains(PROBE)).then(|| sessions.for_probes()),
        }
    }

    /// Says on standard error what probing leaves behind.
    pub(super) fn give_notice(&self, lang: Lang) {
        if self.probers.is_some() {
            let _ = std::io::stderr().write_all(notice(lang).as_bytes());
        }
    }

    /// The exported policies that bind an account.
    pub(super) fn exported(&self, target: &Target) -> Option<Result<Value, Unknown>> {
        let id = target.account.id.as_str();
        let path = self.exported.as_ref()?.path(id);
        Some(path.map_err(|_| Unknown::NotDeclared(format!("{TREE_FILE}: {id}"))))
    }

    /// What to ask of one account.
    pub(super) async fn inquiry(&self, engine: &Engine, caller: &Caller, target: &Target) -> Inquiry {
        let prober = match &self.probers {
            None => None,
            Some(sessions) => Some(enter(sessions, caller, target).await.map(Arc::new)),
        };
        let exported = self.exported(target);
        Inquiry {
            questions: engine.questions(&target.account, &probed()).into(),
            paths: self.paths.clone(),
            exported,
            prober,
        }
    }
}

/// What can be asked of the services themselves, abroad and at home.
fn probed() -> Vec<Question> {
    let question = |action: &str, region: &str| Question {
        action: action.to_owned(),
        resource: "*".to_owned(),
        region: region.to_owned(),
        principal: None,
        context: BTreeMap::new(),
    };
    probed_actions().flat_map(|action| PROBED_REGIONS.map(|region| question(action, region))).collect()
}

fn notice(lang: Lang) -> &'static str {
    lang.pick(
        "probing: beside the traces of the scan itself, CloudTrail of each account will show EC2 dry runs and reads under \
         the session name and user agent `govcheck-probe`, at most 4 of them denied (AccessDenied, \
         UnauthorizedOperation). Alarms on denied requests, and GuardDuty, may tell of them. Nothing is created, changed \
         or deleted.\n",
        "プローブ: 各アカウントの CloudTrail には、スキャン自体の記録のほかに、EC2 のドライランと参照が、セッション名および\
         ユーザーエージェント `govcheck-probe` で記録されます。そのうち拒否されるもの (AccessDenied、UnauthorizedOperation) は\
         最大 4 件です。拒否を検知するアラームや GuardDuty が通知することがあります。リソースの作成・変更・削除は行いません。\n",
    )
}
