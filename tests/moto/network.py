"""Fills a running moto server with networks and servers whose verdicts are known.

    python network.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and the verdicts (truth.json), as `fleet.py` does. GC-NET-003 is not here: moto does
not have VPC Block Public Access (see `tests/integration/network.rs`).
"""

import sys
from pathlib import Path

from account import Account
from aws import FAIL, LISTED, OSAKA, PASS, SCANNED, TOKYO, WORLD, Aws, Truth, write_json
from fleet import HALVES, STRANGER, WORLD6, accounts_file, ranges, tcp

CLOSED_CLASSES = ("number-use", "lgwan")
SERVICES = ("s3", "logs", "kms")
INSIDE = "10.0.0.0/8"
EVERYTHING = {"IpProtocol": "-1", "IpRanges": ranges([WORLD])}


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=43)
    accounts = [story(aws, truth) for story in STORIES]
    out.mkdir(parents=True, exist_ok=True)
    (out / "accounts.yaml").write_text(accounts_file(accounts), encoding="utf-8")
    services = ", ".join(SERVICES)
    params = f'shared_account_ids: ["{LISTED}"]\nrequired_endpoint_services: [{services}]\n'
    (out / "params.yaml").write_text(params, encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


class Net:
    """The networks of one account in one region."""

    def __init__(self, account, region):
        self.account, self.region = account, region
        self.ec2 = account.client("ec2", region)
        self.is_closed = account.account_class in CLOSED_CLASSES
        self.addresses_seen = False

    def judge(self, alias, kind, name, good):
        self.account.judge(alias, f"AWS::EC2::{kind}", PASS if good else FAIL, self.region, name)

    def judge_address(self, kind, name, good):
        if self.is_closed:
            self.addresses_seen = True
            self.judge("GC-NET-004", kind, name, good)

    def close(self):
        """Where nothing has an address, one verdict stands for the region."""
        if self.is_closed and not self.addresses_seen:
            self.account.judge("GC-NET-004", "AWS::EC2::NetworkInterface", PASS, self.region, self.region)

    # Networks. What comes with a VPC: a default group that lets everything out (AWS: and its members talk to each
    # other), and a default ACL that lets everything in (AWS: over IPv6 too, where the VPC has it).

    def default_vpc(self, keep=False):
        vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        for subnet in self.ec2.describe_subnets(Filters=of(vpc))["Subnets"]:
            if keep:
                self.judge("GC-NET-005", "Subnet", subnet["SubnetId"], good=False)
            else:
                self.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        if keep:
            self.came_with(vpc)
            self.judge("GC-LOG-009", "VPC", vpc, good=False)
            return
        # AWS deletes the default ACL with the VPC; moto keeps it, open, and lets nobody delete it.
        acl = self.ec2.describe_network_acls(Filters=of(vpc))["NetworkAcls"][0]["NetworkAclId"]
        self.judge("GC-NET-011", "NetworkAcl", acl, good=False)
        self.ec2.delete_vpc(VpcId=vpc)

    def vpc(self, flow_log="ALL", tidy=True, endpoints=None):
        """`endpoints`: those that the VPC has; none where it has no workloads. `tidy`: what came with it is closed."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
        self.came_with(vpc, tidy)
        if flow_log:
            self.flow_log(vpc, flow_log)
        self.judge("GC-LOG-009", "VPC", vpc, flow_log in ("ALL", "REJECT"))
        for service in endpoints or ():
            self.endpoint(vpc, service)
        if self.is_closed and endpoints is not None:
            self.judge("GC-NET-012", "VPC", vpc, set(endpoints) >= set(SERVICES))
        return vpc

    def came_with(self, vpc, tidy=False):
        filters = [*of(vpc), {"Name": "group-name", "Values": ["default"]}]
        group = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
        if tidy:
            self._close_outbound(group["GroupId"])
        self._judge_group(group["GroupId"], opens=False, lets_out=not tidy)
        acl = self.ec2.describe_network_acls(Filters=of(vpc))["NetworkAcls"][0]["NetworkAclId"]
        if tidy:
            self.ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
            self.entry(acl, 100, "allow", INSIDE)
        self.judge("GC-NET-011", "NetworkAcl", acl, good=tidy)

    def subnet(self, vpc, number=1, public=False):
        created = self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        # Off on AWS; on in moto where it is the first subnet of its zone.
        self.ec2.modify_subnet_attribute(SubnetId=created, MapPublicIpOnLaunch={"Value": public})
        self.judge("GC-NET-005", "Subnet", created, good=not public)
        return created

    def flow_log(self, resource, traffic, delivered=True):
        # AWS makes the log group; moto says of a log without one that its delivery fails.
        if delivered:
            self.account.client("logs", self.region).create_log_group(logGroupName=f"flow-{resource}")
        kind = {"vpc": "VPC", "sub": "Subnet", "eni": "NetworkInterface"}[resource[:3]]
        made = self.ec2.create_flow_logs(
            ResourceIds=[resource],
            ResourceType=kind,
            TrafficType=traffic,
            LogDestinationType="cloud-watch-logs",
            LogGroupName=f"flow-{resource}",
            DeliverLogsPermissionArn=f"arn:aws:iam::{self.account.id}:role/flow",
        )
        assert not made["Unsuccessful"], made

    def endpoint(self, vpc, service):
        kind = "Gateway" if service == "s3" else "Interface"
        name = f"com.amazonaws.{self.region}.{service}"
        self.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=name, VpcEndpointType=kind)

    def transit_gateway(self, accepts):
        options = {"AutoAcceptSharedAttachments": accepts} if accepts else {}
        made = self.ec2.create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"]
        self.judge("GC-NET-014", "TransitGateway", made, accepts != "enable")

    # Network ACLs.

    def acl(self, vpc, good, *entries):
        acl = self.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        for entry in entries:
            self.entry(acl, *entry)
        self.judge("GC-NET-011", "NetworkAcl", acl, good)

    def entry(self, acl, number, action, cidr, protocol="-1", ports=None):
        family = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
        more = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
        self.ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, RuleAction=action, Protocol=protocol, Egress=False, **{family: cidr}, **more
        )

    # Security groups.

    def _judge_group(self, group, opens, lets_out):
        self.judge("GC-NET-008", "SecurityGroup", group, not opens)
        if self.account.account_class == "number-use":
            self.judge("GC-NET-010", "SecurityGroup", group, not lets_out)

    def _close_outbound(self, group):
        rules = self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)

    def group(self, vpc, name, *inbound, opens=False, outbound=(), lets_out=False):
        """A new group lets everything out, on AWS as here: that is taken away."""
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        self._close_outbound(group)
        for rule in inbound:
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        for rule in outbound:
            self.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
        self._judge_group(group, opens, lets_out)
        return group

    def prefix_list(self, name, cidrs):
        entries = [{"Cidr": cidr, "Description": name} for cidr in cidrs]
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name, Entries=entries, MaxEntries=len(entries), AddressFamily="IPv4"
        )
        return made["PrefixList"]["PrefixListId"]

    # Servers.

    def instance(self, subnet, metadata=None, good=True, public=False, state="running"):
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": public}
        # moto knows no image unless it loads AWS's, and takes any name.
        made = self.ec2.run_instances(
            ImageId="ami-0123456789abcdef0",
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[interface],
            MetadataOptions=metadata or {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        )["Instances"][0]
        name = made["InstanceId"]
        if state == "terminated":
            self.ec2.terminate_instances(InstanceIds=[name])
            return name
        if state == "stopped":
            self.ec2.stop_instances(InstanceIds=[name])
        self.judge("GC-OPS-001", "Instance", name, good)
        for attached in made["NetworkInterfaces"]:
            self.judge_address("NetworkInterface", attached["NetworkInterfaceId"], not public)
        return name

    def launch_template(self, name, good, public=False, **metadata):
        data = {"ImageId": "ami-0123456789abcdef0", "UserData": "c2VjcmV0"}
        if metadata:
            data["MetadataOptions"] = metadata
        if public:
            data["NetworkInterfaces"] = [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]
        made = self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]
        self.judge("GC-OPS-001", "LaunchTemplate", made["LaunchTemplateId"], good)
        self.judge_address("LaunchTemplate", made["LaunchTemplateId"], not public)
        return made["LaunchTemplateId"]

    def elastic_address(self):
        name = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.judge_address("EIP", name, good=False)
        return name

    def network_interface(self, subnet, address=None):
        """`address`: an elastic address for its second private address."""
        made = self.ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.1.50")["NetworkInterface"]
        name = made["NetworkInterfaceId"]
        if address:
            self.ec2.associate_address(AllocationId=address, NetworkInterfaceId=name)
        self.judge_address("NetworkInterface", name, good=not address)

    def image(self, instance, name, good, **permission):
        image = self.ec2.create_image(InstanceId=instance, Name=name)["ImageId"]
        if permission:
            self.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [permission]})
        self.judge("GC-EXP-004", "Image", image, good)


def of(vpc):
    return [{"Name": "vpc-id", "Values": [vpc]}]


def start(aws, truth, *names):
    """The account with its places, Tokyo and Osaka, the default VPCs gone."""
    account = Account(aws, truth, *names)
    places = [Net(account, region) for region in SCANNED]
    return account, *places


# The accounts.


def closed(aws, truth):
    """Number-use, and all is as it must be."""
    account, tokyo, osaka = start(aws, truth, "111111111111", "juki-net", "number-use")
    tokyo.default_vpc()
    osaka.default_vpc()
    vpc = tokyo.vpc(endpoints=(*SERVICES, "ssm"))
    subnet = tokyo.subnet(vpc)
    server = tokyo.instance(subnet)
    tokyo.network_interface(subnet)
    tokyo.launch_template("web", True, HttpTokens="required")
    tokyo.group(vpc, "from-the-terminals", tcp(443, 443, cidrs=[INSIDE]), outbound=[tcp(443, 443, cidrs=[INSIDE])])
    tokyo.group(vpc, "to-endpoints", outbound=[tcp(443, 443, cidrs=[WORLD])])
    tokyo.transit_gateway("disable")
    tokyo.transit_gateway(None)
    tokyo.image(server, "web", True)
    osaka.vpc(flow_log="REJECT")
    tokyo.close()
    osaka.close()
    return account


def leaking(aws, truth):
    """Number-use, and addresses, groups and endpoints are not as they must be."""
    account, tokyo, osaka = start(aws, truth, "222222222222", "zei-net", "number-use")
    tokyo.default_vpc()
    osaka.default_vpc()
    vpc = tokyo.vpc(flow_log=None, tidy=False, endpoints=("s3", "logs"))
    subnet = tokyo.subnet(vpc, public=True)
    tokyo.instance(subnet, public=True)
    tokyo.instance(subnet, {"HttpTokens": "optional", "HttpEndpoint": "enabled"}, good=False)
    tokyo.network_interface(subnet, tokyo.elastic_address())
    tokyo.elastic_address()
    tokyo.launch_template("public", False, public=True, HttpTokens="optional")

    def group(name, *inbound, **more):
        tokyo.group(vpc, name, *inbound, **more)

    group("https", tcp(443, 443, cidrs=[WORLD]), opens=True)
    group("https-v6", tcp(443, 443, cidrs6=[WORLD6]), opens=True)
    group("ping", {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": ranges([WORLD])}, opens=True)
    group("out-all", outbound=[EVERYTHING], lets_out=True)
    group("out-v6", outbound=[{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": WORLD6}]}], lets_out=True)
    group("out-tcp", outbound=[tcp(0, 65535, cidrs=[WORLD])], lets_out=True)
    group("out-upper-half", outbound=[tcp(32768, 65535, cidrs=[WORLD])], lets_out=True)
    group("out-ephemeral-less", outbound=[tcp(40000, 65535, cidrs=[WORLD])])
    group("out-halves", outbound=[{"IpProtocol": "-1", "IpRanges": ranges(HALVES)}], lets_out=True)
    anyone = [{"PrefixListId": tokyo.prefix_list("anyone", HALVES)}]
    group("out-list", outbound=[{"IpProtocol": "-1", "PrefixListIds": anyone}], lets_out=True)
    office = [{"PrefixListId": tokyo.prefix_list("office", [INSIDE])}]
    group("out-office", outbound=[{"IpProtocol": "-1", "PrefixListIds": office}])

    # The endpoints of the network next door do not help.
    tokyo.vpc()
    second = osaka.vpc(endpoints=())
    osaka.network_interface(osaka.subnet(second))
    # Without workloads, endpoints are not needed.
    osaka.vpc()
    tokyo.close()
    osaka.close()
    return account


def portal(aws, truth):
    """LGWAN: as strict on what comes in, not on what goes out."""
    account, tokyo, osaka = start(aws, truth, "333333333333", "lgwan-net", "lgwan")
    tokyo.default_vpc()
    osaka.default_vpc(keep=True)
    vpc = tokyo.vpc(endpoints=SERVICES)
    tokyo.instance(tokyo.subnet(vpc))
    tokyo.group(vpc, "https", tcp(443, 443, cidrs=[WORLD]), opens=True)
    tokyo.group(vpc, "out", outbound=[EVERYTHING])
    osaka.elastic_address()
    tokyo.close()
    osaka.close()
    return account


def website(aws, truth):
    """For the internet: addresses are free, ports are not."""
    account, tokyo, osaka = start(aws, truth, "444444444444", "web-net", "internet-facing")
    tokyo.default_vpc(keep=True)
    osaka.default_vpc()
    vpc = tokyo.vpc()
    _ports(tokyo, vpc)
    _acls(tokyo, vpc)
    _servers(tokyo, tokyo.subnet(vpc, public=True))
    _flow_logs(osaka)
    osaka.transit_gateway("enable")
    tokyo.elastic_address()
    return account


def _ports(place, vpc):
    def group(name, *inbound, **more):
        place.group(vpc, name, *inbound, **more)

    group("web", tcp(443, 443, cidrs=[WORLD], cidrs6=[WORLD6]), tcp(80, 80, cidrs=[WORLD]), outbound=[EVERYTHING])
    group("ping", {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": ranges([WORLD])})
    group("another-port", tcp(8443, 8443, cidrs=[WORLD]), opens=True)
    group("between", tcp(80, 443, cidrs=[WORLD]), opens=True)
    group("http3", {"IpProtocol": "udp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges([WORLD])}, opens=True)
    group("everything", EVERYTHING, opens=True)
    group("halves", tcp(7000, 7000, cidrs=HALVES), opens=True)
    group("inside", tcp(0, 65535, cidrs=[INSIDE]))
    anyone = place.prefix_list("anyone", HALVES)
    group("list", tcp(7000, 7000, lists=[anyone]), opens=True)
    group("web-list", tcp(443, 443, lists=[anyone]))


def _acls(place, vpc):
    ssh, rdp, tcp_, udp = (22, 22), (3389, 3389), "6", "17"
    both = [(80 + n, "deny", WORLD, protocol, ports) for n, (protocol, ports) in
            enumerate([(tcp_, ssh), (udp, ssh), (tcp_, rdp), (udp, rdp)])]
    place.acl(vpc, True)
    place.acl(vpc, True, (100, "allow", INSIDE), (110, "allow", WORLD, tcp_, (443, 443)))
    place.acl(vpc, True, *both, (100, "allow", WORLD))
    place.acl(vpc, True, (90, "deny", WORLD), (100, "allow", WORLD))
    place.acl(vpc, False, (100, "allow", WORLD))
    place.acl(vpc, False, (100, "allow", WORLD6))
    place.acl(vpc, False, (100, "allow", WORLD), (200, "deny", WORLD))
    place.acl(vpc, False, *both[:3], (100, "allow", WORLD))
    place.acl(vpc, False, *both, (100, "allow", WORLD), (110, "allow", WORLD6))
    place.acl(vpc, False, (100, "allow", WORLD, tcp_, ssh))
    place.acl(vpc, False, (100, "allow", WORLD, tcp_, (1024, 65535)))
    place.acl(vpc, False, (100, "allow", HALVES[0], tcp_, ssh), (110, "allow", HALVES[1], tcp_, ssh))
    place.acl(vpc, False, (90, "deny", INSIDE), (100, "allow", WORLD))


def _servers(place, subnet):
    optional = {"HttpTokens": "optional", "HttpEndpoint": "enabled"}
    server = place.instance(subnet, public=True)
    place.instance(subnet, optional, good=False)
    place.instance(subnet, optional, good=False, state="stopped")
    place.instance(subnet, optional, state="terminated")
    place.instance(subnet, {"HttpTokens": "optional", "HttpEndpoint": "disabled"})
    place.launch_template("strict", True, public=True, HttpTokens="required")
    place.launch_template("silent", False)
    place.launch_template("off", True, HttpEndpoint="disabled")
    # Only the default version counts, and that is the first one.
    loose = place.launch_template("loose-by-default", False, HttpTokens="optional")
    strict = {"MetadataOptions": {"HttpTokens": "required"}}
    place.ec2.create_launch_template_version(LaunchTemplateId=loose, LaunchTemplateData=strict)

    place.image(server, "own", True)
    place.image(server, "public", False, Group="all")
    place.image(server, "listed", True, UserId=LISTED)
    place.image(server, "stranger", False, UserId=STRANGER)


def _flow_logs(place):
    place.vpc(flow_log="ACCEPT")
    place.vpc(flow_log=None)
    place.vpc(flow_log="REJECT")

    def covered(count, delivered=True):
        """A VPC of two subnets, so many of which have flow logs."""
        vpc = place.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        place.came_with(vpc, tidy=True)
        subnets = [place.subnet(vpc, number) for number in (1, 2)]
        for subnet in subnets[:count]:
            place.flow_log(subnet, "ALL", delivered)
        place.judge("GC-LOG-009", "VPC", vpc, good=count == 2 and delivered)

    covered(2)
    covered(1)
    covered(2, delivered=False)


STORIES = (closed, leaking, portal, website)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: network.py ENDPOINT OUT_DIR")
    main(sys.argv[1], Path(sys.argv[2]))
