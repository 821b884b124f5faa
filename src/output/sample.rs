//! Reports for the tests of the formats: a template, a fleet, and one whose names try to break out of their format.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Document, Format, find_format};
use crate::model::{
    Account, AccountId, AccountSummary, AppliedWaiver, Coverage, Evidence, Finding, Gap, GuardrailSummary, Lang,
    Observed, Origin, Place, Report, ResourceId, RulePackInfo, RunInfo, Score, SetAside, Severity, Summary, Text,
    Unknown, Verdict, VerdictCounts, WaiverState, fingerprint, fingerprint_in_file,
};
use crate::outcome::{self, AccountOutcome, Outcomes};

/// Text that means something in every format, and characters that none of them may hold.
pub(super) const NASTY: &str = "a|b`c`*d*<img src=x>&amp;[e](https://example.com)@team #1\r\n::error::f%0Ag,h:i{0}\"'\\]]>\u{1b}[31m\u{0}\u{202e}\u{fffe}終";

/// A report in the making.
pub(super) struct Sample {
    pub(super) report: Report,
    pub(super) outcomes: Vec<AccountOutcome>,
}

/// `guardrail`, `severity`, title, rationale and remediation in both languages.
const GUARDRAILS: &[(&str, &str, Severity, [&str; 2])] = &[
    (
        "no-internet-gateway-in-number-use-accounts",
        "GC-NET-001",
        Severity::Critical,
        ["Number-use accounts have no internet gateway", "番号利用事務系にインターネットゲートウェイがない"],
    ),
    (
        "s3-bucket-public-access-blocked",
        "GC-S3-002",
        Severity::High,
        ["S3 bucket blocks all public access", "S3 バケットがパブリックアクセスをすべてブロックしている"],
    ),
    (
        "ebs-volumes-are-encrypted",
        "GC-ENC-002",
        Severity::Medium,
        ["EBS volumes are encrypted", "EBS ボリュームが暗号化されている"],
    ),
    (
        "resources-have-owners",
        "GC-TAG-001",
        Severity::Low,
        ["Resources name their owner", "リソースに担当が示されている"],
    ),
];

impl Sample {
    /// What `govcheck check` finds in a template.
    pub(super) fn template() -> Self {
        let file = "infra/network.yaml";
        let bucket = |id: &str, line| declared(file, id, "AWS::S3::Bucket", 1, line);
        let mut gateway = declared(file, "Gateway", "AWS::EC2::InternetGateway", 0, 30);
        gateway.origin = gateway
            .origin
            .map(|origin| Arc::new(Origin { construct: Some("Net/Vpc/IGW".into()), ..Origin::clone(&origin) }));
        let mut logs = bucket("Logs", 4);
        logs.evidence.observed = vec![Observed {
            property: "PublicAccessBlockConfiguration.BlockPublicAcls".into(),
            value: Some(false.into()),
            place: Some(Place { line: 7, column: 26, end_line: 7, end_column: 31 }),
        }];
        let waiver = |state, expires: &str| AppliedWaiver {
            state,
            reason: Some("公開サイト (public site)".into()),
            expires: Some(expires.into()),
            approver: Some("CoE".into()),
        };
        let site = Finding { waiver: Some(waiver(WaiverState::Accepted, "2027-03-31")), ..bucket("Site", 12) };
        let old = Finding { waiver: Some(waiver(WaiverState::Expired, "2026-03-31")), ..bucket("Old", 16) };
        let legacy = Finding { known: true, ..bucket("Legacy", 20) };
        let good = Finding { verdict: Verdict::Pass, ..bucket("Good", 24) };
        let mut volume = declared(file, "Volume", "AWS::EC2::Volume", 2, 40);
        volume.verdict = Verdict::Unknown;
        volume.evidence.cause = Some(Unknown::Unresolved("Ref Encrypted".into()));
        let tags = Finding { verdict: Verdict::NotApplicable, ..declared(file, "Tags", "AWS::EC2::Volume", 3, 50) };
        let findings = vec![gateway, logs, site, old, legacy, good, volume, tags];
        let gaps = vec![gap("AWS::Serverless::Application", Unknown::NotRead("AWS::Serverless::Application".into()))];
        let mut sample = Self::of(vec![outcome("000000000000", Some(file), findings, gaps)]);
        sample.report.unread = BTreeMap::from([("AWS::CloudFront::Function".to_owned(), 2)]);
        sample
    }

    /// What `govcheck scan` finds in two accounts.
    pub(super) fn fleet() -> Self {
        let denied = Unknown::AccessDenied("ec2:DescribeVolumes".into());
        let mut unseen = live("222222222222", "222222222222", "AWS::EC2::Volume", 2);
        unseen.verdict = Verdict::Unknown;
        unseen.evidence = Evidence { cause: Some(denied.clone()), ..Evidence::default() };
        let first = vec![
            live("111111111111", "igw-0a", "AWS::EC2::InternetGateway", 0),
            live("111111111111", "town-logs", "AWS::S3::Bucket", 1),
        ];
        let second =
            vec![Finding { verdict: Verdict::Pass, ..live("222222222222", "open", "AWS::S3::Bucket", 1) }, unseen];
        Self::of(vec![
            outcome("111111111111", None, first, Vec::new()),
            outcome("222222222222", None, second, vec![gap("AWS::EC2::Volume", denied)]),
        ])
    }

    /// Every text from outside is [`NASTY`].
    pub(super) fn nasty() -> Self {
        let mut template = declared(NASTY, NASTY, "AWS::S3::Bucket", 1, 3);
        template.waiver = Some(AppliedWaiver {
            state: WaiverState::Accepted,
            reason: Some(NASTY.into()),
            expires: Some(NASTY.into()),
            approver: Some(NASTY.into()),
        });
        template.origin =
            template.origin.map(|origin| Arc::new(Origin { construct: Some(NASTY.into()), ..Origin::clone(&origin) }));
        let mut failing = declared(NASTY, &format!("{NASTY}2"), "AWS::S3::Bucket", 1, 3);
        failing.origin =
            failing.origin.map(|origin| Arc::new(Origin { construct: Some(NASTY.into()), ..Origin::clone(&origin) }));
        let mut unknown = live("111111111111", NASTY, NASTY, 2);
        unknown.region = NASTY.into();
        unknown.verdict = Verdict::Unknown;
        unknown.evidence.cause = Some(Unknown::RuleError(NASTY.into()));
        let mut live = live("111111111111", NASTY, NASTY, 0);
        live.resource.arn = Some(NASTY.into());
        live.evidence.observed = vec![Observed { property: NASTY.into(), value: Some(NASTY.into()), place: None }];
        let gaps =
            vec![Gap { region: NASTY.into(), resource_type: NASTY.into(), cause: Unknown::NotRead(NASTY.into()) }];
        let mut outcome = outcome("111111111111", Some(NASTY), vec![template, failing, unknown, live], gaps);
        outcome.summary.account.name = Some(NASTY.into());
        let mut sample = Self::of(vec![outcome]);
        sample.report.unread = BTreeMap::from([(NASTY.to_owned(), 2)]);
        sample
    }

    /// As many failures of one guardrail, and as many unknowns of another.
    pub(super) fn many(failures: usize, unknowns: usize) -> Self {
        let name = |index: usize| format!("bucket-{index:06}");
        let failing = (0..failures).map(|index| live("111111111111", &name(index), "AWS::S3::Bucket", 1));
        let unknown = (0..unknowns).map(|index| {
            let mut finding = live("111111111111", &name(index), "AWS::EC2::Volume", 2);
            finding.verdict = Verdict::Unknown;
            finding.evidence = Evidence { cause: Some(Unknown::KnownAfterApply), ..Evidence::default() };
            finding
        });
        Self::of(vec![outcome("111111111111", None, failing.chain(unknown).collect(), Vec::new())])
    }

    /// Nothing at all.
    pub(super) fn empty() -> Self {
        Self::of(Vec::new())
    }

    /// The finding about the resource of this name.
    pub(super) fn finding(&self, name: &str) -> &Finding {
        let mut findings = self.outcomes.iter().flat_map(|outcome| &outcome.findings);
        findings.find(|finding| finding.resource.name == name).unwrap()
    }

    pub(super) fn render(&self, format: &str, lang: Lang) -> String {
        let format: &Format = find_format(format).unwrap();
        let engine = outcome::idle_engine();
        let outcomes = Outcomes { engine: &engine, of: outcome::Evidence::Declared(&self.outcomes) };
        let document = Document { report: &self.report, outcomes: &outcomes, lang, color: false, width: None };
        let mut out = Vec::new();
        (format.render)(&document, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn of(outcomes: Vec<AccountOutcome>) -> Self {
        let mut summary = Summary::default();
        let mut totals: BTreeMap<String, VerdictCounts> = BTreeMap::new();
        for outcome in &outcomes {
            summary.verdicts.add(outcome.summary.verdicts);
            summary.set_aside.add(outcome.summary.set_aside);
            for (severity, count) in &outcome.summary.failures {
                *summary.failures.entry(*severity).or_default() += count;
            }
            for (guardrail, counts) in &outcome.by_guardrail {
                totals.entry(guardrail.clone()).or_default().add(*counts);
            }
            summary.coverage.gaps += outcome.gaps.len() as u64;
        }
        let accounts = outcomes.len() as u64;
        summary.coverage = Coverage { accounts, accounts_seen: accounts, ..summary.coverage };
        let guardrails = GUARDRAILS.iter().map(|(id, alias, severity, [en, ja])| GuardrailSummary {
            id: (*id).into(),
            alias: Some((*alias).into()),
            title: Text { en: (*en).into(), ja: (*ja).into() },
            rationale: Text { en: "It keeps data where it belongs.".into(), ja: "データを守るため。".into() },
            remediation: Text {
                en: "Set it in the template.".into(), ja: "テンプレートで設定する。".into()
            },
            severity: *severity,
            controls: BTreeMap::from([("nist-800-53-r5".to_owned(), vec!["AC-3".to_owned(), "SC-7".to_owned()])]),
            verdicts: totals.get(*id).copied().unwrap_or_default(),
        });
        let run = RunInfo {
            tool_version: "0.1.0".into(),
            rule_pack: RulePackInfo { version: "2026.11.1".into(), digest: "d1".into(), guardrails: Vec::new() },
            caller: None,
            started_at: "2026-11-26T00:00:00Z".into(),
            finished_at: "2026-11-26T00:00:01Z".into(),
            interrupted: false,
            calls: BTreeMap::new(),
        };
        let guardrails = guardrails.collect();
        let accounts = outcomes.iter().map(|outcome| outcome.summary.clone()).collect();
        Self { report: Report { run, summary, accounts, guardrails, unread: BTreeMap::new() }, outcomes }
    }
}

fn gap(kind: &str, cause: Unknown) -> Gap {
    Gap { region: "ap-northeast-1".into(), resource_type: kind.into(), cause }
}

fn outcome(account: &str, source: Option<&str>, findings: Vec<Finding>, gaps: Vec<Gap>) -> AccountOutcome {
    let (mut verdicts, mut set_aside) = (VerdictCounts::default(), SetAside::default());
    let (mut failures, mut by_guardrail) = (BTreeMap::new(), BTreeMap::<String, VerdictCounts>::new());
    for finding in &findings {
        verdicts.count(finding.verdict);
        set_aside.count(finding);
        by_guardrail.entry(finding.guardrail.clone()).or_default().count(finding.verdict);
        if finding.counts() {
            *failures.entry(finding.severity).or_default() += 1;
        }
    }
    let summary = AccountSummary {
        account: Account::new(account.parse().unwrap()),
        source: source.map(str::to_owned),
        regions: vec!["ap-northeast-1".into()],
        verdicts,
        failures,
        set_aside,
        score: Score::default(),
    };
    AccountOutcome { summary, by_guardrail, gaps, findings, seen: true, unread: BTreeMap::new() }
}

/// A failure of the guardrail of this number.
fn live(account: &str, name: &str, kind: &str, guardrail: usize) -> Finding {
    let (id, alias, severity, _) = GUARDRAILS[guardrail];
    let account: AccountId = account.parse().unwrap();
    let is_bucket = kind == "AWS::S3::Bucket";
    let resource = ResourceId {
        resource_type: kind.into(),
        region: "ap-northeast-1".into(),
        name: name.into(),
        arn: is_bucket.then(|| format!("arn:aws:s3:::{name}")),
    };
    let absent = Observed { property: "PublicAccessBlockConfiguration".into(), value: None, place: None };
    Finding {
        guardrail: id.into(),
        alias: Some(alias.into()),
        severity,
        region: "ap-northeast-1".into(),
        verdict: Verdict::Fail,
        evidence: Evidence { observed: is_bucket.then_some(absent).into_iter().collect(), ..Evidence::default() },
        fingerprint: fingerprint(id, &account, &resource),
        account,
        resource,
        origin: None,
        waiver: None,
        known: false,
    }
}

/// The same of a resource that stands in lines `line` to `line + 2` of a file.
fn declared(file: &str, logical_id: &str, kind: &str, guardrail: usize, line: u32) -> Finding {
    let origin = Origin {
        file: file.into(),
        logical_id: logical_id.into(),
        place: Some(Place { line, column: 3, end_line: line + 3, end_column: 1 }),
        ..Origin::default()
    };
    let mut finding = live("000000000000", logical_id, kind, guardrail);
    finding.resource.arn = None;
    finding.fingerprint = fingerprint_in_file(&finding.guardrail, &origin);
    finding.origin = Some(origin.into());
    finding
}
