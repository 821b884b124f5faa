//! Newline-delimited JSON: a finding a line, in the form of the JSON report's `findings`.

use std::io::{self, Write};

use super::json::JsonFinding;
use super::{Document, RenderError};

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    document.outcomes.each(|outcome| {
        for finding in &outcome.findings {
            serde_json::to_writer(&mut *out, &JsonFinding::of(finding)).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}
