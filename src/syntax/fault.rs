//! Faults of a file, each with the place, what is wrong and what to do.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::model::visible;
use miette::{Diagnostic, LabeledSpan, SourceSpan};

/// The largest file that is read as configuration or rule, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A text file together with the name to call it by in messages.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub name: Arc<str>,
    pub text: Arc<str>,
}

impl SourceFile {
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Reads a file of at most 16 MiB of UTF-8.
    ///
    /// # Errors
    /// When it cannot be read, is larger, or is not UTF-8 text.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        Self::read_up_to(path, MAX_BYTES)
    }

    /// As [`read`](Self::read), with a limit of its own, in bytes.
    ///
    /// # Errors
    /// When it cannot be read, is larger, or is not UTF-8 text.
    pub fn read_up_to(path: &Path, limit: u64) -> Result<Self, Fault> {
        let name: Arc<str> = path.display().to_string().into();
        let refuse = |message: String, help: &str| Fault::of_file(&name, message).help(help);
        let file = File::open(path)
            .map_err(|error| refuse(format!("failed to read it: {error}"), "check the path and its permissions"))?;
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse(format!("failed to read it: {error}"), "give a readable text file"))?;
        if bytes.len() as u64 > limit {
            return Err(refuse(format!("it is larger than {} MiB", limit >> 20), "split it, or check the path"));
        }
        let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text".into(), "save it as UTF-8"))?;
        Ok(Self { name, text: text.strip_prefix('\u{feff}').unwrap_or(&text).into() })
    }

    /// The line of a byte offset, counted from one.
    pub fn line_of(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        1 + self.text.as_bytes().iter().take(end).filter(|byte| **byte == b'\n').count()
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug)]
pub struct Fault {
    file: Arc<str>,
    text: Option<Arc<str>>,
    span: Option<Range<usize>>,
    line: Option<usize>,
    message: String,
    help: Option<String>,
}

impl Fault {
    /// A fault at a byte range of a file.
    pub fn at(file: &SourceFile, span: Range<usize>, message: impl Into<String>) -> Self {
        let mut end = span.end.min(file.text.len());
        while !file.text.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            file: visible(&file.name).into(),
            text: Some(visible(&file.text).into()),
            line: Some(file.line_of(span.start)),
            span: Some(span.start.min(end)..end),
            message: visible(&message.into()),
            help: None,
        }
    }

    /// A fault of a file as a whole.
    pub fn of_file(name: &str, message: impl Into<String>) -> Self {
        Self {
            file: visible(name).into(),
            text: None,
            span: None,
            line: None,
            message: visible(&message.into()),
            help: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(visible(&help.into()));
        self
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".into()), SourceSpan::from(span)))))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.text.as_ref().map(|text| text as &dyn miette::SourceCode)
    }
}

/// All faults of an input, reported together.
#[derive(Debug)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Nothing, when there are none.
    ///
    /// # Errors
    /// The faults, when there are any.
    pub fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("no fault"),
            [only] => only.fmt(f),
            [first, rest @ ..] => write!(f, "{first} (and {} more)", rest.len()),
        }
    }
}

impl std::error::Error for Faults {}

impl Diagnostic for Faults {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

/// The candidate that `word` is most likely a slip of, if any is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()).div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}
