//! Lines of the files that declare resources, shown as a compiler shows them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::{Finding, Place, visible};

/// The longest line that is shown whole, in characters; of longer ones the beginning is shown.
const LINE_LENGTH: usize = 160;

/// Files by their lines, found once for each file.
#[derive(Default)]
pub(super) struct Snippets {
    lines: HashMap<Arc<str>, Vec<Range<usize>>>,
}

impl Snippets {
    /// The line that a finding is about, with its label below the place; nothing for a file without a text or place.
    pub(super) fn show(&mut self, finding: &Finding, label: &str, color: bool) -> Option<String> {
        let origin = finding.origin.as_ref()?;
        let (text, place) = (origin.text.as_ref()?, finding.place()?);
        let lines = self.lines.entry(origin.file.clone()).or_insert_with(|| lines_of(text));
        let line = lines.get(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
        let shown: String = visible(&text[line.clone()]).chars().take(LINE_LENGTH).collect();
        let path = visible(&origin.file);
        let snippet = Snippet::source(shown.as_str())
            .line_start(usize::try_from(place.line).ok()?)
            .path(path.as_str())
            .annotation(AnnotationKind::Primary.span(span(&shown, place)).label(label));
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        Some(renderer.render(&[Group::with_level(Level::ERROR).element(snippet)]))
    }
}

fn lines_of(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let line = |line: &str| {
        let range = start..start + line.trim_end_matches(['\n', '\r']).len();
        start += line.len();
        range
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The bytes of a line that a place covers: to the line's end when it goes on below.
fn span(line: &str, place: Place) -> Range<usize> {
    let byte = |column: u32| {
        let characters = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
        line.char_indices().nth(characters).map_or(line.len(), |(byte, _)| byte)
    };
    let end = if place.end_line > place.line { line.len() } else { byte(place.end_column) };
    let start = byte(place.column).min(end);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_stretch_of_its_line() {
        let place = |column, end_line, end_column| Place { line: 1, column, end_line, end_column };
        assert_eq!(span("名前: あ", place(5, 1, 6)), 8..11);
        assert_eq!(span("Key:", place(1, 3, 2)), 0..4);
        assert_eq!(span("Key:", place(9, 1, 12)), 4..4);
        assert_eq!(lines_of("a\r\nb\n"), [0..1, 3..4]);
    }
}
