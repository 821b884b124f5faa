//! What one account answers about requests that must be denied, collected without the binary: the questions are the
//! test's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use govcheck::model::{Account, Inventory, Question, Scope, Value};
use govcheck::source::aws::{AccountScan, Inquiry, PolicyPaths, SessionOptions, Sessions, collect_account};
use serde_json::{Value as Json, json};
use tokio::sync::{Semaphore, watch};

use super::fake_aws::FakeAws;

/// What to ask of which account.
pub(crate) struct Asking<'a> {
    pub(crate) kind: &'a str,
    pub(crate) accounts: &'a [&'a str],
    pub(crate) questions: Vec<Question>,
    pub(crate) organization: bool,
    pub(crate) probe: bool,
}

impl<'a> Asking<'a> {
    pub(crate) fn about(kind: &'a str, questions: &[(&str, &str)]) -> Self {
        let questions = questions.iter().map(|(action, region)| question(action, region)).collect();
        Self { kind, accounts: &["111111111111"], questions, organization: false, probe: false }
    }

    /// The inventory of each account.
    pub(crate) fn of(self, aws: &FakeAws) -> Vec<Inventory> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(self.collect(aws))
    }

    /// The properties of the one resource, and the causes of the gaps.
    pub(crate) fn of_one(self, aws: &FakeAws) -> (Json, Vec<Json>) {
        let inventory = self.of(aws).pop().expect("an inventory");
        assert!(inventory.resources.len() <= 1, "{:?}", inventory.resources);
        let found = inventory.resources.first().map_or(Value::Null, |resource| resource.properties.clone());
        (json!(found), inventory.gaps.iter().map(|gap| json!(gap.cause)).collect())
    }

    async fn collect(self, aws: &FakeAws) -> Vec<Inventory> {
        let sessions = sessions(aws).await;
        let accounts: Vec<Account> =
            self.accounts.iter().map(|id| Account::new(id.parse().expect("an account id"))).collect();
        let paths = self.organization.then(|| Arc::new(PolicyPaths::of(&sessions, &accounts)));
        let mut inventories = Vec::new();
        for account in accounts {
            let role = format!("arn:aws:iam::{}:role/govcheck", account.id);
            let session = sessions.assume(&account.id, &role, None).await.expect("a session");
            let prober = match self.probe {
                true => Some(sessions.for_probes().assume(&account.id, &role, None).await.map(Arc::new)),
                false => None,
            };
            let inquiry =
                Inquiry { questions: self.questions.clone().into(), paths: paths.clone(), exported: None, prober };
            let scan = AccountScan {
                account,
                regions: vec!["ap-northeast-1".into(), "ap-northeast-3".into()],
                types: BTreeMap::from([(self.kind.to_owned(), Scope::Global)]),
                at_once: 4,
                inquiry,
            };
            let (_keep, stop) = watch::channel(false);
            inventories.push(collect_account(scan, session, Arc::new(Semaphore::new(4)), stop).await);
        }
        inventories
    }
}

async fn sessions(aws: &FakeAws) -> Sessions {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .endpoint_url(aws.url())
        .credentials_provider(Credentials::new("AKIA000000000000", "secret", None, None, "test"));
    let options = SessionOptions {
        hub_role_arn: None,
        session_name: "govcheck".into(),
        timeout: Duration::from_secs(10),
        max_rate: 1000,
        home_region: "ap-northeast-1".into(),
    };
    Sessions::load_with(loader, options).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

pub(crate) fn question(action: &str, region: &str) -> Question {
    Question {
        action: action.into(),
        resource: "*".into(),
        region: region.into(),
        principal: None,
        context: BTreeMap::new(),
    }
}

/// A property of every answer, as text; what is not a text as JSON.
pub(crate) fn answers(found: &Json, property: &str) -> Vec<String> {
    let answers = found["Answers"].as_array().expect("answers");
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    answers.iter().map(|answer| text(&answer[property])).collect()
}
