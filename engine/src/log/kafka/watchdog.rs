//! Ends the process when the broker has kept it waiting for too long.
//!
//! librdkafka can wait without end, whatever timeout it is given (`send_offsets_to_transaction`
//! while the group's coordinator is down). A member that hangs there holds its shards and its
//! transaction. Ending the process is safe: whoever takes over fences it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::limits::TRANSACTION_WAIT_MS_MAX;

/// Watches one thread's calls, one at a time.
#[derive(Debug)]
pub(super) struct Watchdog {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is being waited for.
    watched: Option<&'static str>,
    /// Counts calls, so that a new one is not taken for the old one.
    number: u64,
    is_over: bool,
}

/// A call that is being watched; until it is dropped.
#[derive(Debug)]
pub(super) struct Watched<'a>(&'a Shared);

impl Watchdog {
    pub(super) fn start() -> Self {
        Self::with(Duration::from_millis(TRANSACTION_WAIT_MS_MAX), |what| {
            tracing::error!(
                "{what}: the broker has not answered for {} s; this process ends so that another \
                 can take its shards",
                TRANSACTION_WAIT_MS_MAX / 1_000
            );
            std::process::exit(1);
        })
    }

    fn with(patience: Duration, bite: impl Fn(&'static str) + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let watching = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(&watching, patience, &bite));
        if let Err(error) = spawned {
            tracing::warn!("nothing watches for a broker that does not answer: {error}");
        }
        Self { shared }
    }

    pub(super) fn watch(&self, what: &'static str) -> Watched<'_> {
        self.shared.set(Some(what));
        Watched(&self.shared)
    }
}

impl Shared {
    fn set(&self, watched: Option<&'static str>) {
        let mut state = self.state.lock();
        state.watched = watched;
        state.number += 1;
        self.changed.notify_one();
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.state.lock().is_over = true;
        self.shared.changed.notify_one();
    }
}

fn watch(shared: &Shared, patience: Duration, bite: &dyn Fn(&'static str)) {
    let mut state = shared.state.lock();
    while !state.is_over {
        let Some(what) = state.watched else {
            shared.changed.wait(&mut state);
            continue;
        };
        let number = state.number;
        let waited = shared.changed.wait_for(&mut state, patience);
        if waited.timed_out() && state.number == number && !state.is_over {
            bite(what);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::Watchdog;

    #[test]
    fn a_call_that_hangs_is_reported_and_one_that_ends_is_not() {
        let (report, reports) = mpsc::channel();
        let dog = Watchdog::with(Duration::from_millis(20), move |what| {
            report.send(what).unwrap();
        });
        for _ in 0..100 {
            drop(dog.watch("ends"));
        }
        let _hanging = dog.watch("hangs");
        assert_eq!(reports.recv(), Ok("hangs"));
    }
}
