//! Tables of guardrails and parameters.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

use crate::model::{Lang, visible};
use crate::rule::{About, Params};

/// The guardrails, most severe first.
pub fn guardrail_table(mut guardrails: Vec<About<'_>>, lang: Lang) -> String {
    guardrails.sort_by_key(|about| (std::cmp::Reverse(about.severity), about.id));
    let mut table = plain_table(None);
    table.set_header(lang.pick(["id", "alias", "severity", "title"], ["id", "別名", "重大度", "内容"]));
    for About { id, alias, severity, title, .. } in guardrails {
        table.add_row([id, alias.unwrap_or_default(), severity.label(lang), title.get(lang)].map(visible));
    }
    format!("{table}\n")
}

/// The parameters and their values.
pub fn param_table(params: &Params, lang: Lang) -> String {
    let mut table = plain_table(None);
    table.set_header(lang.pick(["parameter", "value", "meaning"], ["パラメータ", "値", "意味"]));
    for (name, value) in params.effective() {
        let meaning = params.declared.get(&name).map(|param| param.description.get(lang)).unwrap_or_default();
        table.add_row([name.as_str(), &value.to_string(), meaning].map(visible));
    }
    format!("{table}\n")
}

/// The line below the header.
const RULE: LineStyle = LineStyle::none().fill('─').junction('─');

/// A table that fits the width, or its terminal.
pub(crate) fn plain_table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(RULE)).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width.or_else(|| (!table.is_tty()).then_some(DEFAULT_WIDTH)) {
        table.set_width(width);
    }
    table
}

/// Where there is no terminal to ask.
pub(super) const DEFAULT_WIDTH: u16 = 110;
