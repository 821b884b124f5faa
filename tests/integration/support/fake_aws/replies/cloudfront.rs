//! CloudFront: no distributions, or two (on two pages) in a world that is open to the internet.

use super::super::protocol::Call;
use super::super::world::{DAY, World, time_ago};
use super::{Outcome, element};

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    match (call.key.operation.as_str(), call.parameter("Marker")) {
        ("ListDistributions", _) if !world.internet => Outcome::Found(list("")),
        ("ListDistributions", None) => {
            Outcome::Page(list(&distribution(call, "E1PUBLICSITE01")), "E1PUBLICSITE01".to_owned())
        }
        ("ListDistributions", _) => Outcome::Found(list(&distribution(call, "E2PUBLICSITE02"))),
        _ => Outcome::Unknown,
    }
}

fn list(items: &str) -> String {
    let quantity = u8::from(!items.is_empty());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DistributionList xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Marker></Marker><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>{quantity}</Quantity><Items>{items}</Items></DistributionList>"
    )
}

fn distribution(call: &Call, id: &str) -> String {
    let account = &call.key.account;
    format!(
        "<DistributionSummary>{}<ARN>arn:aws:cloudfront::{account}:distribution/{id}</ARN><ETag>E2QWRUHEXAMPLE</ETag><Status>Deployed</Status>{}<DomainName>{}.cloudfront.net</DomainName><Aliases><Quantity>1</Quantity><Items><CNAME>www.city.example.lg.jp</CNAME></Items></Aliases><Origins><Quantity>1</Quantity><Items><Origin><Id>site</Id><DomainName>origin.city.example.lg.jp</DomainName></Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy></DefaultCacheBehavior><CacheBehaviors><Quantity>0</Quantity></CacheBehaviors><CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses><Comment>public site</Comment><PriceClass>PriceClass_200</PriceClass><Enabled>true</Enabled><ViewerCertificate><CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate><ACMCertificateArn>arn:aws:acm:us-east-1:{account}:certificate/00000000-0000-4000-8000-000000000003</ACMCertificateArn><SSLSupportMethod>sni-only</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion></ViewerCertificate><Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions><WebACLId>arn:aws:wafv2:us-east-1:{account}:global/webacl/site/473e64fd-f30b-4765-81a0-62ad96dd167b</WebACLId><HttpVersion>http2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled><Staging>false</Staging></DistributionSummary>",
        element("Id", id),
        element("LastModifiedTime", &time_ago(30 * DAY)),
        id.to_lowercase()
    )
}
