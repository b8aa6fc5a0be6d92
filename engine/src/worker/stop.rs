//! The word that ends a run: said once, heard by everyone who waits or asks.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Says stop to waiting threads.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

/// Says stop when its thread ends in a panic: the others would wait for it for ever.
#[derive(Debug)]
#[must_use]
pub struct StopOnPanic<'s>(&'s Stop);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl Stop {
    /// Stops everyone who waits or asks.
    pub fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    /// To be held by a thread that others wait for.
    pub const fn on_panic(&self) -> StopOnPanic<'_> {
        StopOnPanic(self)
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

#[cfg(test)]
mod tests {
    use super::Stop;

    #[test]
    fn a_thread_that_panics_stops_the_others_and_one_that_ends_does_not() {
        for panics in [false, true] {
            let stop = Stop::default();
            let ended = std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    let _guard = stop.on_panic();
                    assert!(!panics, "as the test wants it");
                });
                thread.join().is_ok()
            });
            assert_eq!((ended, stop.is_stopped()), (!panics, panics));
        }
    }
}
