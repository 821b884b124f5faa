"""Fills a running moto server with databases and data stores whose verdicts are known.

    python databases.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and truth.json into OUT_DIR. Only the guardrails of databases are judged here.
moto lacks DocumentDB, MariaDB and RDS Custom, and writes the times of DMS as texts, which the SDK refuses to read:
those are tested against the fake AWS (`tests/integration/databases.rs`).
"""

import sys
from pathlib import Path

from account import Account
from aws import LISTED, OSAKA, SCANNED, TOKYO, Aws, Truth, write_json

STRANGER = "210987654321"
SECRET = "correct-horse-battery"
CLOSED_CLASSES = ("number-use", "lgwan")
CLOSED_ONLY = ("GC-TLS-003", "GC-ENC-007")


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=42)
    stores = [Stores(Account(aws, truth, *who)) for who in (
        ("111111111111", "juki-prod", "number-use"),
        ("222222222222", "zei-prod", "number-use"),
        ("333333333333", "website", "internet-facing"),
        ("444444444444", "lgwan-archive", "lgwan"),
    )]
    for story, store in zip((exemplary, careless, unusual, nothing), stores):
        story(store)
    out.mkdir(parents=True, exist_ok=True)
    (out / "accounts.yaml").write_text(accounts_file([store.account for store in stores]), encoding="utf-8")
    (out / "params.yaml").write_text(f'shared_account_ids: ["{LISTED}"]\n', encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


def accounts_file(accounts):
    lines = ["defaults:", "  role_name: govcheck", f"  regions: [{', '.join(SCANNED)}]", "accounts:"]
    lines += [f'  - {{ id: "{a.id}", name: {a.name}, class: {a.account_class} }}' for a in accounts]
    return "\n".join(lines) + "\n"


class Stores:
    """The databases of an account: each call makes one, and states what is broken about it."""

    def __init__(self, account):
        self.account = account

    def client(self, service, region):
        return self.account.client(service, region)

    def judge(self, aliases, broken, kind, region, name, exempt=()):
        """Of what binds closed systems only, other accounts have no finding."""
        if self.account.account_class not in CLOSED_CLASSES:
            aliases = [alias for alias in aliases if alias not in CLOSED_ONLY]
        self.account.judge_each(aliases, broken, kind, region, name, exempt)

    # RDS.

    INSTANCE = ("GC-ENC-003", "GC-EXP-002", "GC-OPS-005", "GC-BKP-004", "GC-TLS-003", "GC-LOG-011")

    def parameter_group(self, name, family, region=TOKYO, **parameters):
        rds = self.client("rds", region)
        rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name)
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=listed(parameters))
        return name

    def cluster_parameter_group(self, name, family, region=TOKYO, **parameters):
        rds = self.client("rds", region)
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily=family, Description=name
        )
        rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=name, Parameters=listed(parameters))
        return name

    def instance(self, name, engine, region=TOKYO, broken=(), exempt=(), **settings):
        create = {
            "DBInstanceIdentifier": name,
            "Engine": engine,
            "DBInstanceClass": "db.m6g.large",
            "AllocatedStorage": 100,
            "MasterUsername": "admin",
            "MasterUserPassword": SECRET,
            "StorageEncrypted": True,
            "PubliclyAccessible": False,
            "MultiAZ": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 7,
        }
        self.client("rds", region).create_db_instance(**create | settings)
        self.judge(self.INSTANCE, broken, "AWS::RDS::DBInstance", region, name, exempt)

    def replica(self, name, source, region=TOKYO, broken=()):
        """moto copies what it does not know from the source; AWS does not copy MultiAZ."""
        self.client("rds", region).create_db_instance_read_replica(
            DBInstanceIdentifier=name, SourceDBInstanceIdentifier=source
        )
        self.judge(self.INSTANCE, broken, "AWS::RDS::DBInstance", region, name, {"GC-OPS-005", "GC-BKP-004"})

    CLUSTER = ("GC-ENC-004", "GC-EXP-002", "GC-OPS-005", "GC-BKP-004", "GC-TLS-003", "GC-LOG-011")
    NEPTUNE_CLUSTER = ("GC-OPS-005", "GC-BKP-004", "GC-TLS-003", "GC-LOG-011")

    def cluster(self, name, engine, region=TOKYO, broken=(), zones=("a", "c"), public=False, **settings):
        """The cluster and its instances, one in each of the zones."""
        rds = self.client("rds", region)
        create = {
            "DBClusterIdentifier": name,
            "Engine": engine,
            "StorageEncrypted": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 7,
        }
        if engine != "neptune":
            create |= {"MasterUsername": "admin", "MasterUserPassword": SECRET}
        rds.create_db_cluster(**create | settings)
        if engine == "neptune":
            self.judge(self.NEPTUNE_CLUSTER, broken, "AWS::Neptune::DBCluster", region, name)
        else:
            # moto says PubliclyAccessible of every cluster; AWS of Multi-AZ DB clusters alone. It is false here.
            self.judge(self.CLUSTER, broken, "AWS::RDS::DBCluster", region, name)
        for number, zone in enumerate(zones):
            self.member(f"{name}-{number}", name, engine, f"{region}{zone}", region, public)

    def member(self, name, cluster, engine, zone, region, public):
        self.client("rds", region).create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier=cluster, Engine=engine, DBInstanceClass="db.r6g.large",
            AvailabilityZone=zone, PubliclyAccessible=public,
        )
        kind = "AWS::Neptune::DBInstance" if engine == "neptune" else "AWS::RDS::DBInstance"
        self.judge(["GC-EXP-002"], {"GC-EXP-002"} if public else (), kind, region, name)

    SNAPSHOT = ("GC-ENC-005", "GC-EXP-003")

    def snapshot(self, name, instance, region=TOKYO, shared_with=(), broken=()):
        rds = self.client("rds", region)
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=instance)
        if shared_with:
            rds.modify_db_snapshot_attribute(
                DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=list(shared_with)
            )
        self.judge(self.SNAPSHOT, broken, "AWS::RDS::DBSnapshot", region, name)

    def automated_snapshots(self, unencrypted=()):
        """moto makes one of every database at once. Of the members of a cluster AWS makes none; moto calls them
        encrypted whatever the cluster is."""
        for region in SCANNED:
            rds = self.client("rds", region)
            found = [("AWS::RDS::DBSnapshot", one["DBInstanceIdentifier"], one["DBSnapshotIdentifier"])
                     for one in rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]]
            found += [("AWS::RDS::DBClusterSnapshot", one["DBClusterIdentifier"], one["DBClusterSnapshotIdentifier"])
                      for one in rds.describe_db_cluster_snapshots(SnapshotType="automated")["DBClusterSnapshots"]]
            for kind, database, name in found:
                self.judge(self.SNAPSHOT, {"GC-ENC-005"} if database in unencrypted else (), kind, region, name)

    def cluster_snapshot(self, name, cluster, region=TOKYO, shared_with=(), broken=()):
        rds = self.client("rds", region)
        rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster)
        if shared_with:
            rds.modify_db_cluster_snapshot_attribute(
                DBClusterSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=list(shared_with)
            )
        self.judge(self.SNAPSHOT, broken, "AWS::RDS::DBClusterSnapshot", region, name)

    # The other stores.

    def table(self, name, region=TOKYO, key=None, recovery=None, broken=()):
        """`key`: "aws/dynamodb" or the ARN of a key of the customer's. `recovery`: days."""
        dynamodb = self.client("dynamodb", region)
        more = {}
        if key:
            more["SSESpecification"] = {"Enabled": True, "SSEType": "KMS"}
            if key != "aws/dynamodb":
                more["SSESpecification"]["KMSMasterKeyId"] = key
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more,
        )
        if recovery:
            dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": recovery,
            })
        self.judge(("GC-ENC-007", "GC-BKP-004"), broken, "AWS::DynamoDB::Table", region, name)

    def files(self, encrypted, region=TOKYO):
        efs = self.client("efs", region)
        made = efs.create_file_system(CreationToken=f"{self.account.id}-{encrypted}", Encrypted=encrypted)
        broken = () if encrypted else {"GC-ENC-006"}
        self.judge(["GC-ENC-006"], broken, "AWS::EFS::FileSystem", region, made["FileSystemId"])

    def domain(self, name, region=TOKYO, rest=True, nodes=True, subnets=True, broken=()):
        more = {"VPCOptions": {"SubnetIds": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}} if subnets else {}
        self.client("opensearch", region).create_domain(
            DomainName=name, EncryptionAtRestOptions={"Enabled": rest}, NodeToNodeEncryptionOptions={"Enabled": nodes},
            **more,
        )
        self.judge(("GC-ENC-010", "GC-EXP-007"), broken, "AWS::OpenSearchService::Domain", region, name)

    def cache_group(self, name, region=TOKYO, rest=True, transit=True, mode=None, broken=()):
        more = {"TransitEncryptionMode": mode} if mode else {}
        self.client("elasticache", region).create_replication_group(
            ReplicationGroupId=name, ReplicationGroupDescription=name, Engine="redis", CacheNodeType="cache.r7g.large",
            NumCacheClusters=2, AtRestEncryptionEnabled=rest, TransitEncryptionEnabled=transit, **more,
        )
        self.judge(["GC-ENC-011"], broken, "AWS::ElastiCache::ReplicationGroup", region, name)

    def cache_cluster(self, name, engine, region=TOKYO, transit=True, broken=()):
        self.client("elasticache", region).create_cache_cluster(
            CacheClusterId=name, Engine=engine, CacheNodeType="cache.t4g.small", NumCacheNodes=1,
            TransitEncryptionEnabled=transit,
        )
        self.judge(["GC-ENC-011"], broken, "AWS::ElastiCache::CacheCluster", region, name)

    def warehouse(self, name, region=TOKYO, encrypted=True, public=False, broken=()):
        self.client("redshift", region).create_cluster(
            ClusterIdentifier=name, NodeType="ra3.large", MasterUsername="admin", MasterUserPassword=SECRET,
            Encrypted=encrypted, PubliclyAccessible=public,
        )
        self.judge(("GC-ENC-012", "GC-EXP-008"), broken, "AWS::Redshift::Cluster", region, name)


def listed(parameters):
    named = {name.replace("__", "."): value for name, value in parameters.items()}
    return [{"ParameterName": n, "ParameterValue": v, "ApplyMethod": "immediate"} for n, v in named.items()]


# The accounts.


def exemplary(stores):
    """Number-use: everything is kept."""
    group = stores.parameter_group("juki", "postgres16", rds__force_ssl="1", application_name="juki")
    logs = {"EnableCloudwatchLogsExports": ["postgresql"]}
    stores.instance("juki", "postgres", DBParameterGroupName=group, **logs)
    stores.snapshot("juki-private", "juki")
    stores.snapshot("juki-listed", "juki", shared_with=[LISTED])
    aurora = stores.cluster_parameter_group("juki-aurora", "aurora-postgresql16", OSAKA, rds__force_ssl="1")
    stores.cluster("juki-aurora", "aurora-postgresql", OSAKA, DBClusterParameterGroupName=aurora, **logs)
    stores.cluster_snapshot("aurora-private", "juki-aurora", OSAKA)
    mysql = stores.cluster_parameter_group("juki-mysql", "aurora-mysql8.0", require_secure_transport="ON")
    stores.cluster("juki-mysql", "aurora-mysql", DBClusterParameterGroupName=mysql,
                   EnableCloudwatchLogsExports=["audit", "slowquery"])
    graph = stores.cluster_parameter_group("juki-graph", "neptune1.3", neptune_enforce_ssl="1")
    stores.cluster("juki-graph", "neptune", DBClusterParameterGroupName=graph, EnableCloudwatchLogsExports=["audit"])
    key = stores.client("kms", TOKYO).create_key()["KeyMetadata"]["Arn"]
    stores.table("juki-own-key", key=key, recovery=35)
    stores.table("juki-aws-key", OSAKA, key="aws/dynamodb", recovery=7)
    stores.files(encrypted=True)
    stores.domain("juki-logs")
    stores.domain("juki-search", OSAKA)
    stores.cache_group("juki-sessions", mode="required")
    stores.cache_cluster("juki-pages", "memcached")
    stores.warehouse("juki-dwh")
    stores.automated_snapshots()


def careless(stores):
    """Number-use: everything is broken, some of it alone."""
    everything = set(Stores.INSTANCE)
    stores.instance("zei-open", "postgres", broken=everything, StorageEncrypted=False, PubliclyAccessible=True,
                    MultiAZ=False, DeletionProtection=False, BackupRetentionPeriod=0)
    group = stores.parameter_group("zei", "mysql8.0", require_secure_transport="1")
    off = stores.parameter_group("zei-off", "postgres13", rds__force_ssl="0")
    kept = {"DBParameterGroupName": group, "EnableCloudwatchLogsExports": ["error"]}
    stores.instance("zei-one-zone", "mysql", broken={"GC-OPS-005"}, MultiAZ=False, **kept)
    stores.instance("zei-unprotected", "mysql", OSAKA, broken={"GC-OPS-005", "GC-TLS-003"}, DeletionProtection=False,
                    EnableCloudwatchLogsExports=["error"])
    stores.instance("zei-six-days", "mysql", broken={"GC-BKP-004"}, BackupRetentionPeriod=6, **kept)
    stores.instance("zei-plain", "postgres", broken={"GC-TLS-003"}, DBParameterGroupName=off,
                    EnableCloudwatchLogsExports=["postgresql", "upgrade"])
    stores.instance("zei-slow-only", "mysql", broken={"GC-LOG-011"}, DBParameterGroupName=group,
                    EnableCloudwatchLogsExports=["slowquery"])
    # How Oracle forces TLS, by an option group, is not looked at.
    stores.instance("zei-oracle", "oracle-ee", exempt={"GC-TLS-003"}, EnableCloudwatchLogsExports=["alert", "audit"])
    stores.replica("zei-copy", "zei-six-days", broken=())
    stores.snapshot("zei-plain-text", "zei-open", broken={"GC-ENC-005"})
    stores.snapshot("zei-public", "zei-open", shared_with=["all"], broken={"GC-ENC-005", "GC-EXP-003"})
    stores.snapshot("zei-shared", "zei-plain", shared_with=[LISTED, STRANGER], broken={"GC-EXP-003"})
    stores.cluster("zei-aurora", "aurora-mysql", zones=("a", "a"), public=True, StorageEncrypted=False,
                   DeletionProtection=False, BackupRetentionPeriod=1,
                   broken={"GC-ENC-004", "GC-OPS-005", "GC-BKP-004", "GC-TLS-003", "GC-LOG-011"})
    stores.cluster("zei-alone", "aurora-postgresql", OSAKA, zones=("a",),
                   broken={"GC-OPS-005", "GC-TLS-003", "GC-LOG-011"})
    stores.cluster_snapshot("zei-aurora-public", "zei-aurora", shared_with=["all"], broken=Stores.SNAPSHOT)
    http = stores.cluster_parameter_group("zei-graph", "neptune1.3", neptune_enforce_ssl="0")
    stores.cluster("zei-graph", "neptune", DBClusterParameterGroupName=http, zones=("a",), EnableCloudwatchLogsExports=["slowquery"],
                   DeletionProtection=False, BackupRetentionPeriod=1, broken=Stores.NEPTUNE_CLUSTER)
    stores.table("zei-aws-owned", recovery=35, broken={"GC-ENC-007"})
    stores.table("zei-no-recovery", OSAKA, key="aws/dynamodb", broken={"GC-BKP-004"})
    stores.table("zei-three-days", key="aws/dynamodb", recovery=3, broken={"GC-BKP-004"})
    stores.files(encrypted=False)
    stores.domain("zei-disk", rest=False, broken={"GC-ENC-010"})
    stores.domain("zei-nodes", nodes=False, broken={"GC-ENC-010"})
    stores.domain("zei-public", OSAKA, subnets=False, broken={"GC-EXP-007"})
    stores.cache_group("zei-disk", rest=False, broken={"GC-ENC-011"})
    stores.cache_group("zei-wire", transit=False, broken={"GC-ENC-011"})
    stores.cache_group("zei-either", OSAKA, mode="preferred", broken={"GC-ENC-011"})
    # AWS cannot encrypt it at rest and says so; moto leaves AtRestEncryptionEnabled out. Either way it fails.
    stores.cache_cluster("zei-single", "redis", broken={"GC-ENC-011"})
    stores.cache_cluster("zei-pages", "memcached", transit=False, broken={"GC-ENC-011"})
    stores.warehouse("zei-dwh", encrypted=False, public=True, broken={"GC-ENC-012", "GC-EXP-008"})
    stores.automated_snapshots(unencrypted={"zei-open", "zei-aurora"})


def unusual(stores):
    """Internet-facing: TLS and the key of DynamoDB bind nobody here; engines of other makers."""
    stores.instance("web-oracle", "oracle-ee", EnableCloudwatchLogsExports=["alert", "audit"])
    stores.instance("web-oracle-alert", "oracle-se2", EnableCloudwatchLogsExports=["alert"], broken={"GC-LOG-011"})
    stores.instance("web-sqlserver", "sqlserver-se", OSAKA, EnableCloudwatchLogsExports=["error"])
    stores.instance("web-mysql", "mysql", broken={"GC-LOG-011"})
    stores.table("web-sessions", recovery=35)
    stores.domain("web-search")
    stores.warehouse("web-stats", OSAKA, public=True, broken={"GC-EXP-008"})
    stores.automated_snapshots()


def nothing(_):
    """LGWAN: no database at all, and so no verdict."""


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: databases.py ENDPOINT OUT_DIR")
    main(sys.argv[1], Path(sys.argv[2]))
