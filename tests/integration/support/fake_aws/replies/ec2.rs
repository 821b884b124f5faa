//! EC2: in each home region one closed network, two encrypted volumes (on two pages) and a private snapshot.

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::{DAY, World, resource_id, time_ago};
use super::{Outcome, ec2_workloads, element};

pub(super) const TAGS: &str = "<tagSet><item><key>system</key><value>resident-records</value></item></tagSet>";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let place = Place::of(call, world);
    let there = world.has_resources(&call.key.region);
    let open = there && world.internet;
    let operation = call.key.operation.as_str();
    let body = match operation {
        "CreateInternetGateway" | "CreateDefaultVpc" | "CreateKeyPair" if call.parameter("DryRun") == Some("true") => {
            let text = "Request would have succeeded, but DryRun flag is set.";
            return Outcome::Refused(412, "DryRunOperation", text.to_owned());
        }
        "DescribeRegions" => set("regionInfo", &regions(call, world)),
        "DescribeVpcs" => set_if(there, "vpcSet", || place.vpc()),
        "DescribeSecurityGroups" => set_if(there, "securityGroupInfo", || place.security_groups()),
        "DescribeSecurityGroupRules" => set_if(there, "securityGroupRuleSet", || place.security_group_rules()),
        "DescribeInternetGateways" => set_if(open, "internetGatewaySet", || place.internet_gateway()),
        "DescribeEgressOnlyInternetGateways" => {
            set_if(open, "egressOnlyInternetGatewaySet", || place.egress_only_gateway())
        }
        "DescribeCarrierGateways" => set_if(open, "carrierGatewaySet", || place.carrier_gateway()),
        "DescribeNatGateways" => set_if(there, "natGatewaySet", || place.nat_gateway()),
        "DescribeRouteTables" => set_if(there, "routeTableSet", || place.route_table()),
        "DescribeVolumes" if there && call.parameter("NextToken").is_none() => {
            return Outcome::Page(wrapped(operation, &set("volumeSet", &place.volume(1))), "volumes-2".to_owned());
        }
        "DescribeVolumes" => set_if(there, "volumeSet", || place.volume(2)),
        "DescribeSnapshots" => set_if(there, "snapshotSet", || place.snapshot()),
        "DescribeSnapshotAttribute" => {
            let id = call.parameter("SnapshotId").unwrap_or_default();
            format!("{}<createVolumePermission/>", element("snapshotId", id))
        }
        "GetEbsEncryptionByDefault" => {
            "<ebsEncryptionByDefault>true</ebsEncryptionByDefault><sseType>sse-kms</sseType>".to_owned()
        }
        "GetEbsDefaultKmsKeyId" => element("kmsKeyId", &place.key()),
        "DescribeManagedPrefixLists" => set_if(there, "prefixListSet", || place.prefix_lists()),
        "GetManagedPrefixListEntries" => {
            let own = call.parameter("PrefixListId") == Some(place.id("pl").as_str());
            let (cidr, text) = if own { ("10.0.0.0/8", "municipal network") } else { ("52.219.0.0/20", "") };
            set("entrySet", &format!("<item><cidr>{cidr}</cidr>{}</item>", element("description", text)))
        }
        _ => match ec2_workloads::body(call, &place, there) {
            Some(body) => body,
            None => return Outcome::Unknown,
        },
    };
    Outcome::Found(wrapped(operation, &body))
}

fn wrapped(operation: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>{REQUEST_ID}</requestId>{body}</{operation}Response>"
    )
}

pub(super) fn set(name: &str, items: &str) -> String {
    format!("<{name}>{items}</{name}>")
}

pub(super) fn set_if(there: bool, name: &str, items: impl FnOnce() -> String) -> String {
    if there { set(name, &items()) } else { format!("<{name}/>") }
}

fn regions(call: &Call, world: &World) -> String {
    let region = |name: &String, status: &str| {
        format!(
            "<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint><optInStatus>{status}</optInStatus></item>"
        )
    };
    let enabled = world.home_regions.iter().chain(&world.empty_regions).map(|name| region(name, "opt-in-not-required"));
    let all = call.parameter("AllRegions") == Some("true");
    let disabled = world.disabled_regions.iter().filter(|_| all).map(|name| region(name, "not-opted-in"));
    enabled.chain(disabled).collect()
}

/// One account in one region: the ids that its resources share.
pub(super) struct Place<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) cidr_start: String,
    pub(super) internet: bool,
}

impl<'a> Place<'a> {
    fn of(call: &'a Call, world: &World) -> Self {
        let (account, region) = (call.key.account.as_str(), call.key.region.as_str());
        let (high, low) = world.vpc_octets(account, region);
        Self { account, region, cidr_start: format!("10.{high}.{low}"), internet: world.internet }
    }

    pub(super) fn id(&self, prefix: &str) -> String {
        self.numbered(prefix, 1)
    }

    pub(super) fn numbered(&self, prefix: &str, number: u32) -> String {
        resource_id(prefix, self.account, self.region, number)
    }

    pub(super) fn key(&self) -> String {
        format!("arn:aws:kms:{}:{}:key/00000000-0000-4000-8000-000000000001", self.region, self.account)
    }

    fn vpc(&self) -> String {
        let cidr = format!("{}.0/24", self.cidr_start);
        format!(
            "<item><vpcId>{}</vpcId><ownerId>{}</ownerId><state>available</state><cidrBlock>{cidr}</cidrBlock><cidrBlockAssociationSet><item><associationId>{}</associationId><cidrBlock>{cidr}</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item></cidrBlockAssociationSet><instanceTenancy>default</instanceTenancy><isDefault>false</isDefault>{TAGS}</item>",
            self.id("vpc"),
            self.account,
            self.id("vpc-cidr-assoc")
        )
    }

    fn security_groups(&self) -> String {
        let group = |number: u32, name: &str, rules: &str| {
            format!(
                "<item><ownerId>{}</ownerId><groupId>{}</groupId><groupName>{name}</groupName><groupDescription>{name} group</groupDescription><vpcId>{}</vpcId>{rules}{TAGS}</item>",
                self.account,
                self.numbered("sg", number),
                self.id("vpc")
            )
        };
        let permission = |direction: &str| {
            format!(
                "<{direction}><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><groups/><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp><description>municipal network</description></item></ipRanges><ipv6Ranges/><prefixListIds/></item></{direction}>"
            )
        };
        let none = "<ipPermissions/><ipPermissionsEgress/>";
        group(1, "default", none)
            + &group(2, "app", &(permission("ipPermissions") + &permission("ipPermissionsEgress")))
    }

    fn security_group_rules(&self) -> String {
        let rule = |number: u32, egress: bool| {
            format!(
                "<item><securityGroupRuleId>{}</securityGroupRuleId><groupId>{}</groupId><groupOwnerId>{}</groupOwnerId><isEgress>{egress}</isEgress><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4><description>municipal network</description><tagSet/></item>",
                self.numbered("sgr", number),
                self.numbered("sg", 2),
                self.account
            )
        };
        rule(1, false) + &rule(2, true)
    }

    fn internet_gateway(&self) -> String {
        format!(
            "<item><internetGatewayId>{}</internetGatewayId><ownerId>{}</ownerId><attachmentSet><item><vpcId>{}</vpcId><state>available</state></item></attachmentSet>{TAGS}</item>",
            self.id("igw"),
            self.account,
            self.id("vpc")
        )
    }

    fn egress_only_gateway(&self) -> String {
        format!(
            "<item><egressOnlyInternetGatewayId>{}</egressOnlyInternetGatewayId><attachmentSet><item><vpcId>{}</vpcId><state>attached</state></item></attachmentSet>{TAGS}</item>",
            self.id("eigw"),
            self.id("vpc")
        )
    }

    fn carrier_gateway(&self) -> String {
        format!(
            "<item><carrierGatewayId>{}</carrierGatewayId><vpcId>{}</vpcId><state>available</state><ownerId>{}</ownerId>{TAGS}</item>",
            self.id("cagw"),
            self.id("vpc"),
            self.account
        )
    }

    fn nat_gateway(&self) -> String {
        let connectivity = if self.internet { "public" } else { "private" };
        format!(
            "<item><natGatewayId>{}</natGatewayId><vpcId>{}</vpcId><subnetId>{}</subnetId><state>available</state>{}<connectivityType>{connectivity}</connectivityType><natGatewayAddressSet><item><networkInterfaceId>{}</networkInterfaceId><privateIp>{}.5</privateIp></item></natGatewayAddressSet>{TAGS}</item>",
            self.id("nat"),
            self.id("vpc"),
            self.id("subnet"),
            element("createTime", &time_ago(100 * DAY)),
            self.id("eni"),
            self.cidr_start
        )
    }

    fn route_table(&self) -> String {
        let way_out = if self.internet {
            format!(
                "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>{}</gatewayId><state>active</state><origin>CreateRoute</origin></item>",
                self.id("igw")
            )
        } else {
            String::new()
        };
        format!(
            "<item><routeTableId>{}</routeTableId><vpcId>{}</vpcId><ownerId>{}</ownerId><routeSet><item><destinationCidrBlock>{}.0/24</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin></item><item><destinationCidrBlock>10.0.0.0/8</destinationCidrBlock><transitGatewayId>{}</transitGatewayId><state>active</state><origin>CreateRoute</origin></item>{way_out}</routeSet><associationSet><item><routeTableAssociationId>{}</routeTableAssociationId><routeTableId>{}</routeTableId><main>true</main></item></associationSet><propagatingVgwSet/>{TAGS}</item>",
            self.id("rtb"),
            self.id("vpc"),
            self.account,
            self.cidr_start,
            self.id("tgw"),
            self.id("rtbassoc"),
            self.id("rtb")
        )
    }

    fn volume(&self, number: u32) -> String {
        format!(
            "<item><volumeId>{}</volumeId><size>100</size><snapshotId/><availabilityZone>{}a</availabilityZone><status>in-use</status>{}<attachmentSet><item><volumeId>{}</volumeId><instanceId>{}</instanceId><device>/dev/sdf</device><status>attached</status></item></attachmentSet><volumeType>gp3</volumeType><iops>3000</iops><encrypted>true</encrypted>{}{TAGS}</item>",
            self.numbered("vol", number),
            self.region,
            element("createTime", &time_ago(90 * DAY)),
            self.numbered("vol", number),
            self.id("i"),
            element("kmsKeyId", &self.key())
        )
    }

    fn snapshot(&self) -> String {
        format!(
            "<item><snapshotId>{}</snapshotId><volumeId>{}</volumeId><status>completed</status>{}<progress>100%</progress><ownerId>{}</ownerId><volumeSize>100</volumeSize><description>daily</description><encrypted>true</encrypted>{}{TAGS}</item>",
            self.id("snap"),
            self.id("vol"),
            element("startTime", &time_ago(DAY)),
            self.account,
            element("kmsKeyId", &self.key())
        )
    }

    fn prefix_lists(&self) -> String {
        let list = |id: &str, name: &str, owner: &str| {
            format!(
                "<item><prefixListId>{id}</prefixListId><addressFamily>IPv4</addressFamily><state>create-complete</state><prefixListArn>arn:aws:ec2:{}:{owner}:prefix-list/{id}</prefixListArn><prefixListName>{name}</prefixListName><version>1</version><ownerId>{owner}</ownerId><tagSet/></item>",
                self.region
            )
        };
        list(&self.id("pl"), "municipal-network", self.account)
            + &list(&self.numbered("pl", 2), &format!("com.amazonaws.{}.s3", self.region), "AWS")
    }
}
