//! The word that ends a run: said once, heard by everyone who waits or asks.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Says stop to waiting threads.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Stops everyone who waits or asks.
    pub fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    /// Whether it was said.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.stopped.lock()
    }

    /// Waits until it is said, `wait` at most; whether it was.
    pub fn wait(&self, wait: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.changed.wait_for(&mut stopped, wait);
        }
        *stopped
    }
}
