//! The world that is played: which accounts and regions there are.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// A healthy organization. Change fields with struct update syntax: `World { internet: true, ..World::default() }`.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The account of credentials that do not say theirs.
    pub(crate) base_account: String,
    /// The only account that may read the organization.
    pub(crate) management_account: String,
    /// The members, beside the management account.
    pub(crate) members: Vec<String>,
    /// Regions with resources. The first is the home of the trail and records the global types.
    pub(crate) home_regions: Vec<String>,
    /// Enabled regions where no account has anything but the shadow of the trail.
    pub(crate) empty_regions: Vec<String>,
    /// Regions that are not opted in: listed, and refusing every call.
    pub(crate) disabled_regions: Vec<String>,
    /// Whether the organization's lock of regions is on: reads in the empty regions are denied.
    pub(crate) locked: bool,
    /// How IAM's simulator answers.
    pub(crate) simulator: Simulator,
    /// Whether the accounts have ways out: internet, egress-only and carrier gateways, a public NAT gateway, default routes.
    pub(crate) internet: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            base_account: "000000000000".to_owned(),
            management_account: "000000000000".to_owned(),
            members: owned(&["111111111111", "222222222222", "333333333333"]),
            home_regions: owned(&["ap-northeast-1", "ap-northeast-3"]),
            empty_regions: owned(&[
                "us-east-1",
                "us-east-2",
                "us-west-1",
                "us-west-2",
                "ap-south-1",
                "ap-northeast-2",
                "ap-southeast-1",
                "ap-southeast-2",
                "ca-central-1",
                "eu-central-1",
                "eu-west-1",
                "eu-west-2",
                "eu-west-3",
                "eu-north-1",
                "sa-east-1",
            ]),
            disabled_regions: owned(&["af-south-1", "ap-east-1", "me-south-1"]),
            locked: true,
            simulator: Simulator::Honest,
            internet: false,
        }
    }
}

/// How much the simulator's answers are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simulator {
    Honest,
    DeniesAll,
    AllowsAll,
    IgnoresConditions,
    IgnoresExclusion,
    /// As for an account that is in no organization: it says nothing of the organization's policies.
    OfNoOrganization,
    /// What the organization is said to deny is allowed.
    Contradicts,
    /// Honest, of policies that guard only against those who are not known to have used MFA.
    OfMfa,
}

impl World {
    /// A world with this many members, numbered from 100000000001.
    pub(crate) fn with_members(count: usize) -> Self {
        Self { members: (1..=count).map(|number| format!("{}", 100_000_000_000 + number)).collect(), ..Self::default() }
    }

    /// Whether the lock denies a read of regions abroad.
    pub(super) fn locks(&self, operation: &str, region: &str) -> bool {
        let reads = ["DescribeNetworkInterfaces", "DescribeVolumes", "DescribeSnapshots", "GetResources"];
        self.locked && reads.contains(&operation) && self.empty_regions.iter().any(|empty| empty == region)
    }

    pub(super) fn has_resources(&self, region: &str) -> bool {
        self.home_regions.iter().any(|home| home == region)
    }

    pub(super) fn is_disabled(&self, region: &str) -> bool {
        self.disabled_regions.iter().any(|name| name == region)
    }

    pub(super) fn home(&self) -> &str {
        self.home_regions.first().map_or("ap-northeast-1", String::as_str)
    }

    /// The two numbers of the VPC's range `10.A.B.0/24`, which differ between accounts and regions.
    pub(crate) fn vpc_octets(&self, account: &str, region: &str) -> (u64, u64) {
        let place = self.home_regions.iter().position(|home| home == region).unwrap_or_default() as u64;
        let number = (account.parse::<u64>().unwrap_or_default() % 32_768) * 2 + place;
        (number / 256 % 256, number % 256)
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The bucket of an account in a region.
pub(super) fn bucket_name(account: &str, region: &str) -> String {
    format!("gov-{account}-{region}")
}

/// Another home region than this one, to which its data is copied; none where nothing is kept.
pub(super) fn other_home<'a>(world: &'a World, region: &str) -> Option<&'a str> {
    world.home_regions.iter().find(|other| *other != region && world.has_resources(region)).map(String::as_str)
}

/// The region that a bucket's name ends with.
pub(super) fn bucket_region(bucket: &str) -> Option<&str> {
    bucket.strip_prefix("gov-").and_then(|rest| rest.split_once('-')).map(|(_, region)| region)
}

/// A stable id of 17 hexadecimal digits, as EC2 uses them: `vol-0...`.
pub(super) fn resource_id(prefix: &str, account: &str, region: &str, number: u32) -> String {
    // FNV-1a: ids must be the same in every run, and need not be more than that.
    let seed = format!("{prefix}/{account}/{region}/{number}");
    let hash = seed
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{prefix}-0{hash:016x}")
}

pub(super) const HOUR: u64 = 3_600;
pub(super) const DAY: u64 = 24 * HOUR;

/// The present of all servers of a test run: what they say does not change from second to second.
static NOW: LazyLock<u64> = LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());

/// Seconds since 1970, some time ago.
pub(super) fn seconds_ago(seconds: u64) -> u64 {
    *NOW - seconds
}

/// The same moment as text: `2026-01-31T12:34:56Z`.
pub(super) fn time_ago(seconds: u64) -> String {
    iso(seconds_ago(seconds))
}

/// Some time from now, as text.
pub(super) fn time_ahead(seconds: u64) -> String {
    iso(seconds_ago(0) + seconds)
}

/// Days to a civil date, after Howard Hinnant's `civil_from_days`, for the years after 1970.
pub(super) fn iso(seconds: u64) -> String {
    let (days, rest) = (seconds / DAY + 719_468, seconds % DAY);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / HOUR, rest / 60 % 60, rest % 60)
}
