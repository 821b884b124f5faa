//! The exit codes, which scripts rely on.

/// How a run ended. Prowler's 3 means "fail"; here it means "not established".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked holds.
    Compliant = 0,
    /// A guardrail fails, at or above `--fail-on`.
    Failing = 1,
    /// It could not run: usage, or files that are not right.
    Unusable = 2,
    /// No such failure, but something is unknown, or nothing was seen at all.
    Unknown = 3,
    /// Stopped by the user; the bundle holds what was done.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
