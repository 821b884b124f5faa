//! The operations of the services that are told apart by method and path.

/// Service (as it signs), method, path, operation. A `*` is any one part of the path, a last `**` any rest of it.
const ROUTES: &[(&str, &str, &str, &str)] = &[
    ("access-analyzer", "GET", "analyzer", "ListAnalyzers"),
    ("access-analyzer", "POST", "findingv2", "ListFindingsV2"),
    ("account", "POST", "getAlternateContact", "GetAlternateContact"),
    ("elasticfilesystem", "GET", "2015-02-01/file-systems", "DescribeFileSystems"),
    ("es", "GET", "2021-01-01/domain", "ListDomainNames"),
    ("es", "POST", "2021-01-01/opensearch/domain-info", "DescribeDomains"),
    ("eks", "GET", "clusters", "ListClusters"),
    ("eks", "GET", "clusters/*", "DescribeCluster"),
    ("apigateway", "GET", "restapis", "GetRestApis"),
    ("apigateway", "GET", "restapis/*/stages", "GetStages"),
    ("backup", "GET", "backup-vaults", "ListBackupVaults"),
    ("backup", "GET", "backup/plans", "ListBackupPlans"),
    ("backup", "GET", "backup/plans/*", "GetBackupPlan"),
    ("backup", "GET", "backup/plans/*/selections", "ListBackupSelections"),
    ("backup", "GET", "backup/plans/*/selections/*", "GetBackupSelection"),
    ("backup", "GET", "copy-jobs", "ListCopyJobs"),
    ("backup", "GET", "resources", "ListProtectedResources"),
    ("cloudfront", "GET", "2020-05-31/distribution", "ListDistributions"),
    ("guardduty", "GET", "detector", "ListDetectors"),
    ("guardduty", "GET", "detector/*", "GetDetector"),
    ("lambda", "GET", "2015-03-31/functions", "ListFunctions"),
    ("lambda", "GET", "2015-03-31/functions/*/policy", "GetPolicy"),
    ("lambda", "GET", "2021-10-31/functions/*/urls", "ListFunctionUrlConfigs"),
    ("securityhub", "GET", "accounts", "DescribeHub"),
    ("securityhub", "POST", "standards/get", "GetEnabledStandards"),
];

/// The operation of a request; the first route that fits wins.
pub(super) fn operation(service: &str, method: &str, path: &[&str]) -> Option<&'static str> {
    let fits = |route: &&(&str, &str, &str, &str)| route.0 == service && route.1 == method && covers(route.2, path);
    ROUTES.iter().find(fits).map(|route| route.3)
}

fn covers(pattern: &str, path: &[&str]) -> bool {
    let mut parts = path.iter();
    for wanted in pattern.split('/').filter(|part| !part.is_empty()) {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            (_, None) => return false,
            ("*", Some(_)) => {}
            (wanted, Some(part)) if wanted == *part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}
