//! Account management: alternate contacts for security and billing, none for operations.

use serde_json::json;

use super::super::protocol::Call;
use super::Outcome;

pub(super) fn reply(call: &Call) -> Outcome {
    match call.key.operation.as_str() {
        "GetAlternateContact" if call.contains("OPERATIONS") => Outcome::Refused(
            404,
            "ResourceNotFoundException",
            "No contact of the inputted alternate contact type found.".to_owned(),
        ),
        "GetAlternateContact" => {
            let kind = if call.contains("SECURITY") { "SECURITY" } else { "BILLING" };
            json!({ "AlternateContact": {
                "AlternateContactType": kind,
                "Name": "Personal Name",
                "Title": "Personal Title",
                "EmailAddress": "personal@example.com",
                "PhoneNumber": "+81300000000",
            } })
            .into()
        }
        _ => Outcome::Unknown,
    }
}
