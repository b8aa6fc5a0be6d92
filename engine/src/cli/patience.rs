//! Asking a broker that may answer in a moment: it has just started, or is moving a coordinator.

use std::time::Duration;

use crate::clock::Stopwatch;
use crate::log::LogError;
use crate::worker::Stop;

/// How long a broker may say "not now" before a command gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before it is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks until there is an answer that is final, or patience ends.
pub(super) fn ask<T>(mut question: impl FnMut() -> Result<T, LogError>) -> Result<T, LogError> {
    let since = Stopwatch::start();
    let mut is_told = false;
    loop {
        match question() {
            Err(LogError::Retry(why)) if since.elapsed() < PATIENCE => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!("asking again for {} s: {why}", PATIENCE.as_secs());
                }
                Stop::default().wait(PAUSE);
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_now_is_asked_again_and_no_is_not() {
        let mut asked = 0;
        let answer = ask(|| {
            asked += 1;
            if asked < 3 {
                Err(LogError::Retry("not now".into()))
            } else {
                Ok(asked)
            }
        });
        assert_eq!(answer.unwrap(), 3);
        let mut asked = 0;
        let answer: Result<(), _> = ask(|| {
            asked += 1;
            Err(LogError::Stop("no".into()))
        });
        assert_eq!((answer.unwrap_err().to_string(), asked), ("no".into(), 1));
    }
}
