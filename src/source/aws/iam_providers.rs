//! The identity providers that IAM trusts: OpenID Connect and SAML.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::SamlProviderListEntry;
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::iam::{NO_SUCH_ENTITY, client};
use super::iam_authorization::tags;
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const OIDC_PROVIDER: &str = "AWS::IAM::OIDCProvider";
const SAML_PROVIDER: &str = "AWS::IAM::SAMLProvider";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "iam-oidc-providers",
        scope: Scope::Global,
        types: &[OIDC_PROVIDER],
        actions: &["iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"],
        run: |unit| oidc_providers(unit).boxed(),
    },
    Collector {
        name: "iam-saml-providers",
        scope: Scope::Global,
        types: &[SAML_PROVIDER],
        actions: &["iam:ListSAMLProviders"],
        run: |unit| saml_providers(unit).boxed(),
    },
];

async fn oidc_providers(unit: &Unit) -> Batch {
    let client = client(unit);
    let answer = match unit.call("iam:ListOpenIDConnectProviders", client.list_open_id_connect_providers().send()).await
    {
        Err(failure) => return Batch::failed(OIDC_PROVIDER, failure),
        Ok(answer) => answer,
    };
    let arns = answer.open_id_connect_provider_list.into_iter().flatten().filter_map(|entry| entry.arn);
    Batch::of(OIDC_PROVIDER, (each(arns, |arn| oidc_provider(unit, &client, arn)).await, None))
}

/// Nothing when the provider was deleted since it was listed.
async fn oidc_provider(unit: &Unit, client: &Client, arn: String) -> Option<Resource> {
    let call = client.get_open_id_connect_provider().open_id_connect_provider_arn(&arn).send();
    let said = match unit.call("iam:GetOpenIDConnectProvider", call).await {
        Err(failure) if failure.is(&NO_SUCH_ENTITY) => return None,
        Err(failure) => convert::unseen(["Url", "ClientIdList", "ThumbprintList", "CreateDate", "Tags"], &failure),
        Ok(provider) => vec![
            ("Url", provider.url().map(with_scheme).into()),
            ("ClientIdList", convert::texts(provider.client_id_list())),
            ("ThumbprintList", convert::texts(provider.thumbprint_list())),
            ("CreateDate", convert::time(provider.create_date())),
            ("Tags", tags(provider.tags())),
        ],
    };
    let properties = Value::map([("Arn", arn.as_str().into())].into_iter().chain(said));
    Some(unit.global(OIDC_PROVIDER, name_of(&arn), Some(arn.clone()), properties))
}

/// IAM leaves the scheme out where CloudFormation has it.
fn with_scheme(url: &str) -> String {
    if url.starts_with("https://") { url.to_owned() } else { format!("https://{url}") }
}

async fn saml_providers(unit: &Unit) -> Batch {
    match unit.call("iam:ListSAMLProviders", client(unit).list_saml_providers().send()).await {
        Err(failure) => Batch::failed(SAML_PROVIDER, failure),
        Ok(answer) => {
            let providers = answer.saml_provider_list().iter();
            Batch::of(SAML_PROVIDER, (providers.filter_map(|provider| saml_provider(unit, provider)).collect(), None))
        }
    }
}

fn saml_provider(unit: &Unit, provider: &SamlProviderListEntry) -> Option<Resource> {
    let arn = provider.arn()?;
    let properties = Value::map([
        ("Name", name_of(arn).into()),
        ("Arn", arn.into()),
        ("CreateDate", convert::time(provider.create_date())),
        ("ValidUntil", convert::time(provider.valid_until())),
    ]);
    Some(unit.global(SAML_PROVIDER, name_of(arn), Some(arn.to_owned()), properties))
}

/// `arn:aws:iam::111111111111:oidc-provider/NAME`, in which the name may have slashes.
fn name_of(arn: &str) -> &str {
    arn.split_once('/').map_or(arn, |(_, name)| name)
}
