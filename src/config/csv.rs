//! An accounts file in CSV, as the tree that its YAML form would be.

use crate::syntax::{Fault, Kind, Node, SourceFile};

/// Columns with this prefix are labels: `label:team`.
const LABEL_PREFIX: &str = "label:";

/// Reads a CSV file with a header row; empty cells are absent, several regions are parted by spaces or semicolons.
///
/// # Errors
/// When the text is not CSV, or a row has more cells than the header.
pub(super) fn parse(file: &SourceFile) -> Result<Node, Fault> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file.text.as_bytes());
    let fault = |error: csv::Error| {
        let at = error.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        Fault::at(file, at..at + 1, format!("it is not valid CSV: {error}"))
            .help("the first row names the columns, as in `id,name,class,role_name,regions`")
    };
    let header = reader.headers().map_err(fault)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(fault)?;
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let line = file.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        rows.push(row(&header, &record, start..start + line.len()));
    }
    let accounts = Node { span: 0..0, tag: None, kind: Kind::List(rows) };
    let key = Node { span: 0..0, tag: None, kind: Kind::String("accounts".into()) };
    Ok(Node { span: 0..0, tag: None, kind: Kind::Map(vec![(key, accounts)]) })
}

fn row(header: &csv::StringRecord, record: &csv::StringRecord, span: std::ops::Range<usize>) -> Node {
    let node = |kind| Node { span: span.clone(), tag: None, kind };
    let text = |text: &str| node(Kind::String(text.to_owned()));
    let (mut entries, mut labels) = (Vec::new(), Vec::new());
    for (column, cell) in header.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        if let Some(label) = column.strip_prefix(LABEL_PREFIX) {
            labels.push((text(label), text(cell)));
        } else if column == "regions" {
            let regions = cell.split([' ', ';']).filter(|region| !region.is_empty()).map(text).collect();
            entries.push((text(column), node(Kind::List(regions))));
        } else {
            entries.push((text(column), text(cell)));
        }
    }
    if !labels.is_empty() {
        entries.push((text("labels"), node(Kind::Map(labels))));
    }
    node(Kind::Map(entries))
}
