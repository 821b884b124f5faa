"""An account of the fleet in one region."""

from aws import CLOSED_CLASS, FAIL, PASS, SCANNED, TOKYO, UNKNOWN

GROUP = "AWS::EC2::SecurityGroup"


class Place:
    """One account in one region."""

    GATEWAYS = ("AWS::EC2::InternetGateway", "AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::CarrierGateway")
    NAT, TABLE = "AWS::EC2::NatGateway", "AWS::EC2::RouteTable"

    def __init__(self, account, region):
        self.account, self.region = account, region
        self.ec2 = account.client("ec2", region)
        self.seen = set()

    def client(self, service):
        return self.account.client(service, self.region)

    def judge(self, alias, kind, verdict, name=None):
        self.seen.add((alias, kind))
        self.account.judge(alias, kind, verdict, self.region, name or self.region)

    def judge_each(self, aliases, broken, kind, name, exempt=()):
        self.account.judge_each(aliases, broken, kind, self.region, name, exempt)

    @property
    def closed_class(self):
        return self.account.account_class == CLOSED_CLASS

    # Region-wide settings.

    def ebs_encryption(self, on):
        if on:
            self.ec2.enable_ebs_encryption_by_default()
        self.judge("GC-ENC-001", "AWS::EC2::EbsEncryptionByDefault", PASS if on else FAIL, self.account.id)

    def config_recorder(self, verdict, group=None, start=True, stop=False, put=True):
        config = self.client("config")
        if put:
            role = f"arn:aws:iam::{self.account.id}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
            group = group or {"allSupported": True, "includeGlobalResourceTypes": self.region == TOKYO}
            config.put_configuration_recorder(
                ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
            )
            config.put_delivery_channel(
                DeliveryChannel={"name": "default", "s3BucketName": f"trail-{self.account.id}"}
            )
            # moto: lastStatus is PENDING and stays there; AWS goes on to SUCCESS or FAILURE.
            if start:
                config.start_configuration_recorder(ConfigurationRecorderName="default")
            if stop:
                config.stop_configuration_recorder(ConfigurationRecorderName="default")
        self.judge("GC-BAS-001", "AWS::Config::ConfigurationRecorder", verdict)

    def guardduty(self, verdict, **settings):
        if settings:
            self.client("guardduty").create_detector(**settings)
        self.judge("GC-BAS-003", "AWS::GuardDuty::Detector", verdict)

    def security_hub(self, on):
        # moto has no GetEnabledStandards (404): where the hub is on, its standards cannot be known.
        if on:
            self.client("securityhub").enable_security_hub(EnableDefaultStandards=False)
        self.judge("GC-BAS-006", "AWS::SecurityHub::Hub", UNKNOWN if on else FAIL)

    # VPCs. moto gives every account a default VPC per region, its default group with an egress rule to everywhere
    # (AWS: and an ingress rule from itself), its table without the internet route that AWS puts there.

    def default_vpc(self, keep=False):
        vpcs = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        for vpc in (v["VpcId"] for v in vpcs):
            if keep:
                self._judge_default_group(vpc, broken={"GC-NET-009"})
                self.route_table(self._main_table(vpc), create=False)
                continue
            subnets = self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
            for subnet in subnets:
                self.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
            self.ec2.delete_vpc(VpcId=vpc)

    def vpc(self, default_group="closed", ipv6=False):
        """`default_group`: closed | as-created | self-reference | ipv6-egress."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]["VpcId"]
        group = self._default_group(vpc)
        if default_group != "as-created":
            if egress := group["IpPermissionsEgress"]:
                self.ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=egress)
        if default_group == "self-reference":
            rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}
            self.ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
        if default_group == "ipv6-egress":
            rule = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
            self.ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=[rule])
        self._judge_default_group(vpc, broken=() if default_group == "closed" else {"GC-NET-009"})
        self.route_table(self._main_table(vpc), create=False)
        return vpc

    def _default_group(self, vpc):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        return self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]

    def _judge_default_group(self, vpc, broken):
        name = self._default_group(vpc)["GroupId"]
        self.judge_each(["GC-NET-006", "GC-NET-007", "GC-NET-009"], broken, GROUP, name)

    def _main_table(self, vpc):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        return self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]

    def subnet(self, vpc, cidr="10.0.1.0/24"):
        return self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]

    # Ways to the internet. Judged in number-use accounts only.

    def _judge_gateway(self, kind, name):
        if self.closed_class:
            self.judge("GC-NET-001", kind, FAIL, name)

    def internet_gateway(self, vpc=None):
        name = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        if vpc:
            self.ec2.attach_internet_gateway(InternetGatewayId=name, VpcId=vpc)
        self._judge_gateway(self.GATEWAYS[0], name)
        return name

    def egress_only_gateway(self, vpc):
        created = self.ec2.create_egress_only_internet_gateway(VpcId=vpc)
        name = created["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        self._judge_gateway(self.GATEWAYS[1], name)
        return name

    def carrier_gateway(self, vpc):
        name = self.ec2.create_carrier_gateway(VpcId=vpc)["CarrierGateway"]["CarrierGatewayId"]
        self._judge_gateway(self.GATEWAYS[2], name)
        return name

    def nat_gateway(self, subnet, public, deleted=False):
        settings = {"SubnetId": subnet, "ConnectivityType": "public" if public else "private"}
        if public:
            settings["AllocationId"] = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        name = self.ec2.create_nat_gateway(**settings)["NatGateway"]["NatGatewayId"]
        if deleted:
            self.ec2.delete_nat_gateway(NatGatewayId=name)
        elif self.closed_class:
            self.judge("GC-NET-002", self.NAT, FAIL if public else PASS, name)
        return name

    def transit_gateway(self):
        return self.ec2.create_transit_gateway(Description="to the other systems")["TransitGateway"]["TransitGatewayId"]

    def route_table(self, where, routes=(), verdict=PASS, create=True):
        """`where`: the VPC of a new table, or the table itself."""
        table = self.ec2.create_route_table(VpcId=where)["RouteTable"]["RouteTableId"] if create else where
        for route in routes:
            self.ec2.create_route(RouteTableId=table, **route)
        if self.closed_class:
            self.judge("GC-NET-002", self.TABLE, verdict, table)
        return table

    # Security groups.

    def prefix_list(self, name, cidrs, family="IPv4"):
        entries = [{"Cidr": cidr, "Description": name} for cidr in cidrs]
        created = self.ec2.create_managed_prefix_list(
            PrefixListName=name, Entries=entries, MaxEntries=max(1, len(entries)), AddressFamily=family
        )
        return created["PrefixList"]["PrefixListId"]

    def aws_prefix_list(self, name):
        filters = [{"Name": "prefix-list-name", "Values": [name]}]
        return self.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"][0]["PrefixListId"]

    def security_group(self, vpc, name, *rules, broken=()):
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for rule in rules:
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        aliases = ["GC-NET-006", "GC-NET-007", "GC-NET-009"]
        self.judge_each(aliases, broken, GROUP, group, exempt={"GC-NET-009"})
        return group

    # Disks.

    def volume(self, encrypted):
        settings = {"AvailabilityZone": f"{self.region}a", "Size": 1, "Encrypted": encrypted}
        name = self.ec2.create_volume(**settings)["VolumeId"]
        if self.region in SCANNED:
            self.judge_each(["GC-ENC-002"], () if encrypted else {"GC-ENC-002"}, "AWS::EC2::Volume", name)
        else:
            self.account.filled_regions.add(self.region)
        return name

    def snapshot(self, volume, shared_with=(), broken=()):
        name = self.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        if shared_with == "all":
            self._share(name, GroupNames=["all"])
        elif shared_with:
            self._share(name, UserIds=list(shared_with))
        if self.region in SCANNED:
            self.judge_each(["GC-EXP-003"], broken, "AWS::EC2::Snapshot", name)
        else:
            self.account.filled_regions.add(self.region)
        return name

    def _share(self, snapshot, **whom):
        self.ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", **whom
        )

    def network_interface_in_default_subnet(self):
        """Only outside the scanned regions: an untagged thing that no tag search finds."""
        subnet = self.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        self.ec2.create_network_interface(SubnetId=subnet)
        self.account.filled_regions.add(self.region)

    def tagged_topic(self):
        """Only outside the scanned regions: something that only the tag search finds."""
        self.client("sns").create_topic(Name="notices", Tags=[{"Key": "System", "Value": "notices"}])
        self.account.filled_regions.add(self.region)

    def close(self):
        """What is not there: one verdict for all the types of a guardrail, under the first of them."""
        if not self.closed_class:
            return
        for alias, kinds in (("GC-NET-001", self.GATEWAYS), ("GC-NET-002", (self.NAT, self.TABLE))):
            if not any((alias, kind) in self.seen for kind in kinds):
                self.judge(alias, kinds[0], PASS)
