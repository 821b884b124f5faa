//! Systems Manager: a document that is shared with two accounts and one that is not shared, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::Outcome;

const SHARED: &str = "restart-agent";
const PLAIN: &str = "collect-logs";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let first = call.json_text("NextToken").is_none();
    match call.key.operation.as_str() {
        "ListDocuments" if !there => json!({ "DocumentIdentifiers": [] }).into(),
        // Two pages, one document on each.
        "ListDocuments" if first => {
            let page = json!({ "DocumentIdentifiers": [document(call, SHARED)] });
            Outcome::Page(page.to_string(), "documents-2".to_owned())
        }
        "ListDocuments" => json!({ "DocumentIdentifiers": [document(call, PLAIN)] }).into(),
        "DescribeDocumentPermission" => match call.json_text("Name").as_deref() {
            Some(SHARED) if there && first => Outcome::Page(shares(&["202020202020"]), "accounts-2".to_owned()),
            Some(SHARED) if there => Outcome::Found(shares(&["101010101010"])),
            Some(PLAIN) if there => Outcome::Found(shares(&[])),
            _ => Outcome::Refused(400, "InvalidDocument", "Document does not exist in your account".to_owned()),
        },
        _ => Outcome::Unknown,
    }
}

fn document(call: &Call, name: &str) -> Value {
    json!({
        "Name": name,
        "CreatedDate": seconds_ago(200 * DAY),
        "Owner": call.key.account,
        "PlatformTypes": ["Linux"],
        "DocumentVersion": "1",
        "DocumentType": "Command",
        "SchemaVersion": "2.2",
        "DocumentFormat": "YAML",
        "Tags": [{ "Key": "owner", "Value": "platform" }],
    })
}

fn shares(accounts: &[&str]) -> String {
    let info = accounts.iter().map(|id| json!({ "AccountId": id, "SharedDocumentVersion": "$DEFAULT" }));
    json!({ "AccountIds": accounts, "AccountSharingInfoList": info.collect::<Vec<_>>() }).to_string()
}
