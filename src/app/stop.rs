//! Ctrl-C and termination: the first asks the scan to stop, the second ends the process.

use tokio::sync::watch;

/// A flag that turns true when the user wants to stop.
#[expect(clippy::exit, reason = "the second signal must end the process whatever it is doing")]
pub(super) fn on_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        wait().await;
        tracing::warn!("stopping; what was finished is kept (once more to end at once)");
        let _ = sender.send(true);
        wait().await;
        std::process::exit(130);
    });
    receiver
}

#[cfg(unix)]
async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn wait() {
    let _ = tokio::signal::ctrl_c().await;
}
