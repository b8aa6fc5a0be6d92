//! SIGTERM and SIGINT: the first stops at a whole step, the second at once.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::worker::Stop;

/// What a process that a signal ended exits with: 128 + SIGINT.
const EXIT_INTERRUPTED: i32 = 130;

/// Has the first signal say stop, and the second end the process. Crash-safe either way: what is
/// not committed is taken again.
pub(super) fn listen(stop: Arc<Stop>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("listen for signals")?;
    let guard = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    drop(guard);
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            runtime.block_on(async {
                next(&mut terminate, &mut interrupt).await;
                tracing::info!("stopping at a whole step; a second signal stops at once");
                stop.stop();
                next(&mut terminate, &mut interrupt).await;
                std::process::exit(EXIT_INTERRUPTED);
            });
        })
        .context("listen for signals")?;
    Ok(())
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
