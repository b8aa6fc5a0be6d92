//! Plots as inline SVG. Each has a title and a description for who does not see it.

use super::html::escape;
use crate::backtest::report::migration::BINS;

/// Width of a plot in its own units.
const WIDTH: f64 = 720.0;
/// Lines across a plot, at most.
const TICKS: usize = 5;
/// Labels along a plot, at most.
const LABELS: usize = 6;

/// A line of a plot.
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) values: Vec<usize>,
}

/// A row of a plot of shares: its label, and per class a share with its interval.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) shares: Vec<(&'static str, f64, (f64, f64))>,
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn number(count: usize) -> f64 {
    count as f64
}

/// Where a plot's own values lie on the page.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    y_max: f64,
}

impl Frame {
    const fn new(height: f64, y_max: f64) -> Self {
        Self {
            left: 46.0,
            right: WIDTH - 10.0,
            top: 10.0,
            bottom: height - 26.0,
            y_max,
        }
    }

    /// From 0 to 1 along the plot.
    fn x(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - value / self.y_max * (self.bottom - self.top)
    }

    /// Lines across with their values, and the axis.
    fn grid(&self, step: usize) -> String {
        let mut text = String::new();
        let count = number(step);
        let mut value = 0.0;
        while value <= self.y_max {
            let (y, left, right) = (self.y(value), self.left, self.right);
            let class = if value > 0.0 { "grid" } else { "axis" };
            text += &format!(
                "<path class=\"{class}\" d=\"M{left} {y:.1}H{right}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>\n",
                left - 6.0,
                y + 4.0
            );
            value += count;
        }
        text
    }
}

/// A step between lines, and the top, for counts up to `largest`.
fn scale(largest: usize) -> (usize, f64) {
    let mut step = 1;
    let rounds = [2, 5, 10];
    let mut decade = 1;
    'found: while largest.div_ceil(step) > TICKS {
        for round in rounds {
            step = decade * round;
            if largest.div_ceil(step) <= TICKS {
                break 'found;
            }
        }
        decade *= 10;
    }
    (step, number(largest.div_ceil(step).max(1) * step))
}

fn figure(size: (f64, f64, &str), title: &str, content: &str) -> String {
    let (width, height, class) = size;
    let title = escape(title);
    format!(
        "<figure><svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{title}\"><title>{title}</title>\n{content}</svg></figure>\n"
    )
}

/// Counts over time; labels are those of the values, in order.
pub(super) fn lines(title: &str, labels: &[String], lines: &[Line]) -> String {
    const HEIGHT: f64 = 250.0;
    let largest = lines
        .iter()
        .flat_map(|line| &line.values)
        .max()
        .copied()
        .unwrap_or(0);
    let (step, top) = scale(largest);
    let frame = Frame::new(HEIGHT, top);
    let mut text = frame.grid(step);
    let last = number(labels.len().saturating_sub(1).max(1));
    let every = labels.len().div_ceil(LABELS).max(1);
    for (place, label) in labels.iter().enumerate().skip(every / 2).step_by(every) {
        let x = frame.x(number(place) / last);
        let anchor = if x > WIDTH - 40.0 { "end" } else { "middle" };
        text += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
            HEIGHT - 8.0,
            escape(label)
        );
    }
    for line in lines {
        let points = line.values.iter().enumerate().map(|(place, value)| {
            format!(
                "{:.1},{:.1}",
                frame.x(number(place) / last),
                frame.y(number(*value))
            )
        });
        let points: Vec<_> = points.collect();
        let class = line.class;
        text += &format!(
            "<polyline class=\"line {class}\" points=\"{}\"/>\n",
            points.join(" ")
        );
    }
    let sums = lines.iter().map(|line| {
        let most = line.values.iter().max().unwrap_or(&0);
        format!(
            "{}: {} in all, {most} at most",
            line.class,
            line.values.iter().sum::<usize>()
        )
    });
    let spoken = format!("{title}. {}.", sums.collect::<Vec<_>>().join("; "));
    figure((WIDTH, HEIGHT, "plot"), &spoken, &text)
}

/// Scores of both rules in bins.
pub(super) fn histogram(bins: [&[usize; BINS]; 2]) -> String {
    const HEIGHT: f64 = 250.0;
    let largest = bins
        .iter()
        .flat_map(|bins| bins.iter())
        .max()
        .copied()
        .unwrap_or(0);
    let (step, top) = scale(largest);
    let frame = Frame::new(HEIGHT, top);
    let mut text = frame.grid(step);
    for score in (0..=100).step_by(20) {
        let x = frame.x(f64::from(score) / 100.0);
        let anchor = if score == 100 { "end" } else { "middle" };
        text += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{score}</text>\n",
            HEIGHT - 8.0
        );
    }
    let mut spoken = Vec::new();
    for (class, bins) in ["active", "candidate"].into_iter().zip(bins) {
        let mut path = format!("M{:.1} {:.1}", frame.x(0.0), frame.y(0.0));
        for (bin, count) in bins.iter().enumerate() {
            let to = number(bin + 1) / number(BINS);
            path += &format!("V{:.1}H{:.1}", frame.y(number(*count)), frame.x(to));
        }
        path += &format!("V{:.1}", frame.y(0.0));
        text += &format!(
            "<path class=\"area {class}\" d=\"{path}Z\"/><path class=\"line {class}\" \
             d=\"{path}\"/>\n"
        );
        let all: usize = bins.iter().sum();
        let low: usize = bins.iter().take(BINS / 2).sum();
        spoken.push(format!("{class}: {low} of {all} accounts below 50"));
    }
    let title = format!("Accounts by score from 0 to 100. {}.", spoken.join("; "));
    figure((WIDTH, HEIGHT, "plot"), &title, &text)
}

/// Shares with their intervals, row by row.
pub(super) fn whiskers(title: &str, rows: &[Row]) -> String {
    const LABEL: f64 = 110.0;
    const ROW: f64 = 44.0;
    let height = number(rows.len()) * ROW + 34.0;
    let highs = rows
        .iter()
        .flat_map(|row| &row.shares)
        .map(|(_, _, (_, high))| *high);
    let top = libm::ceil(highs.fold(0.05, f64::max) * 5.0) / 5.0;
    let x = |share: f64| LABEL + share / top * (WIDTH - LABEL - 90.0);
    let bottom = height - 24.0;
    let mut text = String::new();
    for tick in 0..=4_u8 {
        let share = top * f64::from(tick) / 4.0;
        text += &format!(
            "<path class=\"grid\" d=\"M{0:.1} 4V{bottom:.1}\"/><text x=\"{0:.1}\" y=\"{1:.1}\" \
             text-anchor=\"middle\">{2:.0} %</text>\n",
            x(share),
            height - 8.0,
            share * 100.0
        );
    }
    let mut spoken = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let middle = number(place) * ROW + ROW / 2.0 + 2.0;
        text += &format!(
            "<text class=\"name\" x=\"0\" y=\"{:.1}\">{}</text>\n",
            middle + 4.0,
            escape(&row.label)
        );
        for (class, share, (low, high)) in &row.shares {
            let y = middle + if *class == "active" { -8.0 } else { 8.0 };
            text += &format!(
                "<path class=\"whisker {class}\" d=\"M{:.1} {y:.1}H{:.1}\"/><circle \
                 class=\"dot {class}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\"/><text x=\"{:.1}\" \
                 y=\"{:.1}\">{:.0} %</text>\n",
                x(*low),
                x(*high),
                x(*share),
                x(*high) + 7.0,
                y + 4.0,
                share * 100.0
            );
            spoken.push(format!(
                "{}, {class}: {:.0} percent",
                row.label,
                share * 100.0
            ));
        }
    }
    let spoken = format!("{title}. {}.", spoken.join("; "));
    figure((WIDTH, height, "plot"), &spoken, &text)
}

/// ROC curves, steps from corner to corner.
pub(super) fn roc(curves: &[(&'static str, &[(f64, f64)])]) -> String {
    const SIDE: f64 = 360.0;
    const LEFT: f64 = 44.0;
    let at = |(x, y): (f64, f64)| {
        let span = SIDE - LEFT - 24.0;
        (LEFT + x * span, 12.0 + (1.0 - y) * span)
    };
    let ((left, bottom), (right, top)) = (at((0.0, 0.0)), at((1.0, 1.0)));
    let mut text = format!(
        "<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/><path class=\"grid\" \
         d=\"M{left} {bottom}L{right} {top}\"/>\n"
    );
    for tick in [0.0, 0.5, 1.0] {
        let ((x, _), (_, y)) = (at((tick, 0.0)), at((0.0, tick)));
        let label = tick * 100.0;
        text += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label:.0} %</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label:.0} %</text>\n",
            bottom + 18.0,
            left - 6.0,
            y + 4.0
        );
    }
    for (class, curve) in curves {
        let points: Vec<_> = curve
            .iter()
            .map(|point| {
                let (x, y) = at(*point);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        text += &format!(
            "<polyline class=\"line {class}\" points=\"{}\"/>\n",
            points.join(" ")
        );
    }
    let title = "Of accounts that were lost, the share that is flagged (upwards), against the \
                 share of those that stayed that is flagged (to the right), at every threshold";
    figure((SIDE, SIDE + 14.0, "square"), title, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_across_lie_at_round_numbers() {
        let cases = [
            (0, (1, 1.0)),
            (4, (1, 4.0)),
            (7, (2, 8.0)),
            (23, (5, 25.0)),
            (144, (50, 150.0)),
            (1_001, (500, 1_500.0)),
        ];
        for (largest, (step, top)) in cases {
            let found = scale(largest);
            assert_eq!(
                (found.0, found.1.to_bits()),
                (step, f64::to_bits(top)),
                "{largest}"
            );
        }
    }

    #[test]
    fn a_plot_of_nothing_is_a_plot() {
        let none = lines(
            "Alerts",
            &[],
            &[Line {
                class: "active",
                values: Vec::new(),
            }],
        );
        assert!(none.contains("<svg") && !none.contains("NaN"), "{none}");
        let none = histogram([&[0; BINS], &[0; BINS]]);
        assert!(!none.contains("NaN"), "{none}");
        assert!(!whiskers("Shares", &[]).contains("NaN"));
    }
}
