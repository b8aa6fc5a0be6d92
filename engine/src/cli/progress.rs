//! Progress of long work, on a terminal and only there.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line moves.
const TICK: Duration = Duration::from_millis(200);

/// A line that says how far work has come; hidden where nobody sees it.
pub(super) fn line(is_terminal: bool) -> ProgressBar {
    let target = if is_terminal {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let template = "{spinner} {human_pos} records, {per_sec}, {elapsed}  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if is_terminal {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// A bar over work whose `length` is known, with the time that is left; hidden where nobody sees
/// it. Whoever works sets its position and message.
pub(super) fn bar(is_terminal: bool, length: u64) -> ProgressBar {
    let bar = line(is_terminal);
    bar.set_length(length);
    let template = "{spinner} {bar:24} {percent:>3}%  {msg}  {elapsed} gone, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
