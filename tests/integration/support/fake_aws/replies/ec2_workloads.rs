//! EC2, continued: what stands in the closed network of a home region, what connects, filters and records it.

use super::super::protocol::{Call, xml_text};
use super::super::world::{DAY, time_ago};
use super::ec2::{Place, TAGS, set, set_if};
use super::element;

/// The AWS services that have an endpoint; S3's is a gateway.
const ENDPOINTS: [&str; 10] =
    ["s3", "ssm", "ssmmessages", "ec2messages", "logs", "kms", "secretsmanager", "sts", "ecr.api", "ecr.dkr"];

/// The organization manages the settings of the account.
const CENTRAL: &str = "<managedBy>declarative-policy</managedBy>";

/// The body of the answer; nothing where none is known.
pub(super) fn body(call: &Call, place: &Place<'_>, there: bool) -> Option<String> {
    let open = there && place.internet;
    Some(match call.key.operation.as_str() {
        "DescribeSubnets" => set_if(there, "subnetSet", || place.subnet()),
        "DescribeAddresses" => set_if(open, "addressesSet", || place.address()),
        "DescribeNetworkInterfaces" => set_if(there, "networkInterfaceSet", || place.network_interfaces()),
        "DescribeInstances" => set_if(there, "reservationSet", || place.reservation()),
        "DescribeLaunchTemplateVersions" => set_if(there, "launchTemplateVersionSet", || place.launch_template()),
        "DescribeVpcEndpoints" => set_if(there, "vpcEndpointSet", || place.endpoints()),
        "DescribeVpcEndpointServiceConfigurations" => {
            set_if(there, "serviceConfigurationSet", || place.endpoint_service())
        }
        "DescribeVpcEndpointServicePermissions" => set("allowedPrincipals", &place.allowed_principal()),
        "DescribeNetworkAcls" => set_if(there, "networkAclSet", || place.network_acl()),
        "DescribeFlowLogs" => set_if(there, "flowLogSet", || place.flow_log()),
        "DescribeVpcPeeringConnections" => set_if(there, "vpcPeeringConnectionSet", || place.peering()),
        "DescribeTransitGateways" => set_if(there, "transitGatewaySet", || place.transit_gateway()),
        "DescribeTransitGatewayAttachments" => set_if(there, "transitGatewayAttachments", || place.attachment()),
        "DescribeVpcBlockPublicAccessOptions" => place.block_public_access(),
        "DescribeVpcBlockPublicAccessExclusions" => {
            set_if(open, "vpcBlockPublicAccessExclusionSet", || place.exclusion())
        }
        "GetSnapshotBlockPublicAccessState" => "<state>block-all-sharing</state>".to_owned() + CENTRAL,
        "GetImageBlockPublicAccessState" => {
            "<imageBlockPublicAccessState>block-new-sharing</imageBlockPublicAccessState>".to_owned() + CENTRAL
        }
        "DescribeImages" => set_if(there, "imagesSet", || place.image()),
        "DescribeImageAttribute" => {
            element("imageId", call.parameter("ImageId").unwrap_or_default()) + "<launchPermission/>"
        }
        _ => return None,
    })
}

impl Place<'_> {
    fn subnet(&self) -> String {
        format!(
            "<item><subnetId>{}</subnetId><state>available</state><vpcId>{}</vpcId><cidrBlock>{}.0/25</cidrBlock><availabilityZone>{}a</availabilityZone><defaultForAz>false</defaultForAz><mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation><ownerId>{}</ownerId>{TAGS}</item>",
            self.id("subnet"),
            self.id("vpc"),
            self.cidr_start,
            self.region,
            self.account
        )
    }

    fn address(&self) -> String {
        format!(
            "<item><publicIp>203.0.113.10</publicIp><allocationId>{}</allocationId><domain>vpc</domain><instanceId>{}</instanceId><associationId>{}</associationId><networkInterfaceId>{}</networkInterfaceId><publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>{}</networkBorderGroup><serviceManaged>alb</serviceManaged>{TAGS}</item>",
            self.id("eipalloc"),
            self.id("i"),
            self.id("eipassoc"),
            self.id("eni"),
            self.region
        )
    }

    /// One of the application, one of an endpoint.
    fn network_interfaces(&self) -> String {
        let association = if self.internet {
            format!(
                "<association><publicIp>203.0.113.10</publicIp><carrierIp>203.0.113.11</carrierIp><ipOwnerId>{}</ipOwnerId><allocationId>{}</allocationId></association>",
                self.account,
                self.id("eipalloc")
            )
        } else {
            String::new()
        };
        let attachment = format!(
            "<attachment><attachmentId>{}</attachmentId><instanceId>{}</instanceId><instanceOwnerId>{}</instanceOwnerId><deviceIndex>0</deviceIndex><status>attached</status></attachment>",
            self.id("eni-attach"),
            self.id("i"),
            self.account
        );
        let interface = |number: u32, kind: &str, host: u32, requester: &str, more: &str| {
            format!(
                "<item><networkInterfaceId>{}</networkInterfaceId><subnetId>{}</subnetId><vpcId>{}</vpcId><availabilityZone>{}a</availabilityZone><description>{kind}</description><ownerId>{}</ownerId>{requester}<status>in-use</status><privateIpAddress>{start}.{host}</privateIpAddress><groupSet><item><groupId>{}</groupId><groupName>app</groupName></item></groupSet><privateIpAddressesSet><item><privateIpAddress>{start}.{host}</privateIpAddress><primary>true</primary>{association}</item></privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>fd00::{host}</ipv6Address></item></ipv6AddressesSet><interfaceType>{kind}</interfaceType>{more}{TAGS}</item>",
                self.numbered("eni", number),
                self.id("subnet"),
                self.id("vpc"),
                self.region,
                self.account,
                self.numbered("sg", 2),
                start = self.cidr_start
            )
        };
        let own = "<requesterManaged>false</requesterManaged>";
        let managed = "<requesterId>amazon-aws</requesterId><requesterManaged>true</requesterManaged>";
        interface(1, "interface", 10, own, &(attachment + &association))
            + &interface(2, "vpc_endpoint", 20, managed, "")
    }

    fn reservation(&self) -> String {
        let public = if self.internet { "<ipAddress>203.0.113.10</ipAddress>" } else { "" };
        format!(
            "<item><reservationId>{}</reservationId><ownerId>{account}</ownerId><groupSet/><instancesSet><item><instanceId>{}</instanceId><imageId>{}</imageId><instanceState><code>16</code><name>running</name></instanceState><keyName>operations</keyName><instanceType>m7i.large</instanceType>{}<placement><availabilityZone>{}a</availabilityZone><tenancy>default</tenancy></placement><subnetId>{}</subnetId><vpcId>{}</vpcId><privateIpAddress>{}.10</privateIpAddress>{public}<groupSet><item><groupId>{}</groupId><groupName>app</groupName></item></groupSet><iamInstanceProfile><arn>arn:aws:iam::{account}:instance-profile/app</arn><id>AIPA00000000000000001</id></iamInstanceProfile><metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>1</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint><httpProtocolIpv6>disabled</httpProtocolIpv6><instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>{TAGS}</item></instancesSet></item>",
            self.id("r"),
            self.id("i"),
            self.id("ami"),
            element("launchTime", &time_ago(30 * DAY)),
            self.region,
            self.id("subnet"),
            self.id("vpc"),
            self.cidr_start,
            self.numbered("sg", 2),
            account = self.account
        )
    }

    fn launch_template(&self) -> String {
        format!(
            "<item><launchTemplateId>{}</launchTemplateId><launchTemplateName>app</launchTemplateName><versionNumber>3</versionNumber>{}<defaultVersion>true</defaultVersion><launchTemplateData><metadataOptions><httpTokens>required</httpTokens><httpEndpoint>enabled</httpEndpoint><httpPutResponseHopLimit>1</httpPutResponseHopLimit></metadataOptions><networkInterfaceSet><item><deviceIndex>0</deviceIndex><associatePublicIpAddress>false</associatePublicIpAddress><associateCarrierIpAddress>false</associateCarrierIpAddress></item></networkInterfaceSet><blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName><ebs><encrypted>true</encrypted>{}</ebs></item></blockDeviceMappingSet><userData>IyEvYmluL3NoCg==</userData></launchTemplateData></item>",
            self.id("lt"),
            element("createTime", &time_ago(60 * DAY)),
            element("kmsKeyId", &self.key())
        )
    }

    fn endpoints(&self) -> String {
        ENDPOINTS.iter().zip(1..).map(|(service, number)| self.endpoint(service, number)).collect()
    }

    fn endpoint(&self, service: &str, number: u32) -> String {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalAccount":"{}"}}}}}}]}}"#,
            self.account
        );
        let placed = match service {
            "s3" => format!(
                "<vpcEndpointType>Gateway</vpcEndpointType><routeTableIdSet><item>{}</item></routeTableIdSet><privateDnsEnabled>false</privateDnsEnabled>",
                self.id("rtb")
            ),
            _ => format!(
                "<vpcEndpointType>Interface</vpcEndpointType><subnetIdSet><item>{}</item></subnetIdSet><groupSet><item><groupId>{}</groupId><groupName>app</groupName></item></groupSet><networkInterfaceIdSet><item>{}</item></networkInterfaceIdSet><privateDnsEnabled>true</privateDnsEnabled>",
                self.id("subnet"),
                self.numbered("sg", 2),
                self.numbered("eni", 2)
            ),
        };
        format!(
            "<item><vpcEndpointId>{}</vpcEndpointId><vpcId>{}</vpcId><serviceName>com.amazonaws.{}.{service}</serviceName><state>available</state><policyDocument>{}</policyDocument>{placed}<ownerId>{}</ownerId>{TAGS}</item>",
            self.numbered("vpce", number),
            self.id("vpc"),
            self.region,
            xml_text(&policy),
            self.account
        )
    }

    fn endpoint_service(&self) -> String {
        let id = self.id("vpce-svc");
        let balancer = |kind: &str| {
            format!("arn:aws:elasticloadbalancing:{}:{}:loadbalancer/{kind}/app/1", self.region, self.account)
        };
        format!(
            "<item><serviceType><item><serviceType>Interface</serviceType></item></serviceType><serviceId>{id}</serviceId><serviceName>com.amazonaws.vpce.{}.{id}</serviceName><serviceState>Available</serviceState><acceptanceRequired>true</acceptanceRequired><networkLoadBalancerArnSet><item>{}</item></networkLoadBalancerArnSet><gatewayLoadBalancerArnSet><item>{}</item></gatewayLoadBalancerArnSet>{TAGS}</item>",
            self.region,
            balancer("net"),
            balancer("gwy")
        )
    }

    /// The account itself.
    fn allowed_principal(&self) -> String {
        format!(
            "<item><principalType>Account</principalType><principal>arn:aws:iam::{}:root</principal></item>",
            self.account
        )
    }

    /// HTTPS and answers from the municipal networks.
    fn network_acl(&self) -> String {
        let entry = |number: u32, protocol: &str, action: &str, egress: bool, cidr: &str, more: &str| {
            format!(
                "<item><ruleNumber>{number}</ruleNumber><protocol>{protocol}</protocol><ruleAction>{action}</ruleAction><egress>{egress}</egress>{cidr}{more}</item>"
            )
        };
        let https = "<portRange><from>443</from><to>443</to></portRange>";
        let ping = "<icmpTypeCode><code>-1</code><type>8</type></icmpTypeCode>";
        let (inside, world, world6) = (
            "<cidrBlock>10.0.0.0/8</cidrBlock>",
            "<cidrBlock>0.0.0.0/0</cidrBlock>",
            "<ipv6CidrBlock>::/0</ipv6CidrBlock>",
        );
        let entries = [
            entry(100, "6", "allow", false, inside, https),
            entry(110, "1", "allow", false, inside, ping),
            entry(32767, "-1", "deny", false, world, ""),
            entry(32768, "-1", "deny", false, world6, ""),
            entry(100, "-1", "allow", true, inside, ""),
            entry(32767, "-1", "deny", true, world, ""),
        ];
        format!(
            "<item><networkAclId>{acl}</networkAclId><vpcId>{}</vpcId><default>true</default><entrySet>{}</entrySet><associationSet><item><networkAclAssociationId>{}</networkAclAssociationId><networkAclId>{acl}</networkAclId><subnetId>{}</subnetId></item></associationSet><ownerId>{}</ownerId>{TAGS}</item>",
            self.id("vpc"),
            entries.concat(),
            self.id("aclassoc"),
            self.id("subnet"),
            self.account,
            acl = self.id("acl")
        )
    }

    fn flow_log(&self) -> String {
        format!(
            "<item>{}<flowLogId>{}</flowLogId><flowLogStatus>ACTIVE</flowLogStatus><resourceId>{}</resourceId><trafficType>ALL</trafficType><deliverLogsStatus>SUCCESS</deliverLogsStatus><logDestinationType>cloud-watch-logs</logDestinationType><logDestination>arn:aws:logs:{}:{}:log-group:flow</logDestination><logGroupName>flow</logGroupName><maxAggregationInterval>600</maxAggregationInterval>{TAGS}</item>",
            element("creationTime", &time_ago(100 * DAY)),
            self.id("fl"),
            self.id("vpc"),
            self.region,
            self.account
        )
    }

    /// Between two networks of the account.
    fn peering(&self) -> String {
        let side = |name: &str, vpc: &str| {
            format!(
                "<{name}><ownerId>{}</ownerId><vpcId>{vpc}</vpcId><cidrBlock>{}.0/24</cidrBlock><region>{}</region></{name}>",
                self.account, self.cidr_start, self.region
            )
        };
        format!(
            "<item><vpcPeeringConnectionId>{}</vpcPeeringConnectionId>{}{}<status><code>active</code><message>Active</message></status>{TAGS}</item>",
            self.id("pcx"),
            side("requesterVpcInfo", &self.id("vpc")),
            side("accepterVpcInfo", &self.numbered("vpc", 2))
        )
    }

    fn transit_gateway(&self) -> String {
        let id = self.id("tgw");
        format!(
            "<item><transitGatewayId>{id}</transitGatewayId><transitGatewayArn>arn:aws:ec2:{}:{account}:transit-gateway/{id}</transitGatewayArn><state>available</state><ownerId>{account}</ownerId><description>to the closed network</description>{}<options><amazonSideAsn>64512</amazonSideAsn><autoAcceptSharedAttachments>disable</autoAcceptSharedAttachments><defaultRouteTableAssociation>disable</defaultRouteTableAssociation><defaultRouteTablePropagation>disable</defaultRouteTablePropagation><vpnEcmpSupport>enable</vpnEcmpSupport><dnsSupport>enable</dnsSupport><multicastSupport>disable</multicastSupport></options>{TAGS}</item>",
            self.region,
            element("creationTime", &time_ago(200 * DAY)),
            account = self.account
        )
    }

    fn attachment(&self) -> String {
        format!(
            "<item><transitGatewayAttachmentId>{}</transitGatewayAttachmentId><transitGatewayId>{}</transitGatewayId><transitGatewayOwnerId>{account}</transitGatewayOwnerId><resourceOwnerId>{account}</resourceOwnerId><resourceType>vpc</resourceType><resourceId>{}</resourceId><state>available</state>{TAGS}</item>",
            self.id("tgw-attach"),
            self.id("tgw"),
            self.id("vpc"),
            account = self.account
        )
    }

    fn block_public_access(&self) -> String {
        format!(
            "<vpcBlockPublicAccessOptions><awsAccountId>{}</awsAccountId><awsRegion>{}</awsRegion><state>update-complete</state><internetGatewayBlockMode>block-bidirectional</internetGatewayBlockMode>{CENTRAL}<exclusionsAllowed>allowed</exclusionsAllowed></vpcBlockPublicAccessOptions>",
            self.account, self.region
        )
    }

    /// One of the network, one of a subnet.
    fn exclusion(&self) -> String {
        let exclusion = |number: u32, excluded: &str, mode: &str| {
            format!(
                "<item><exclusionId>{}</exclusionId><internetGatewayExclusionMode>{mode}</internetGatewayExclusionMode><resourceArn>arn:aws:ec2:{}:{}:{excluded}</resourceArn><state>create-complete</state>{TAGS}</item>",
                self.numbered("vpcbpa-exclude", number),
                self.region,
                self.account
            )
        };
        exclusion(1, &format!("vpc/{}", self.id("vpc")), "allow-egress")
            + &exclusion(2, &format!("subnet/{}", self.id("subnet")), "allow-bidirectional")
    }

    fn image(&self) -> String {
        format!(
            "<item><imageId>{}</imageId><imageState>available</imageState><imageOwnerId>{}</imageOwnerId><isPublic>false</isPublic><name>app</name>{}{TAGS}</item>",
            self.id("ami"),
            self.account,
            element("creationDate", &time_ago(30 * DAY))
        )
    }
}
