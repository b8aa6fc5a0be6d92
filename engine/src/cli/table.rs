//! Text in columns, for people.

/// Lines of `rows` under `head`, columns two spaces apart; numbers (all rows from the second
/// column on where `numbers` is set) end at the same column.
pub(super) fn columns(head: &[&str], rows: &[Vec<String>], numbers: bool) -> Vec<String> {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&head)
            .chain(rows)
            .filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                if numbers && column > 0 {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(&head).chain(rows).map(line).collect()
}

/// A number with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of a thing, in words.
pub(super) fn many(number: usize, one: &str) -> String {
    let text = count(number as u64);
    if number == 1 {
        format!("{text} {one}")
    } else {
        format!("{text} {one}s")
    }
}

/// Words in lines of `width` columns.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let is_first = line.is_empty();
            if is_first || line.chars().count() + 1 + word.chars().count() <= width {
                line.push_str(if is_first { "" } else { " " });
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_between_lines_only() {
        let cases: [(&str, usize, &[&str]); 4] = [
            ("a bc  d", 4, &["a bc", "d"]),
            ("a bc d", 3, &["a", "bc", "d"]),
            ("longer than that", 4, &["longer", "than", "that"]),
            ("", 4, &[""]),
        ];
        for (text, width, expected) in cases {
            assert_eq!(wrapped(text, width), expected, "{text}, {width}");
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (35_661, "35,661")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!([many(1, "rule"), many(2, "rule")], ["1 rule", "2 rules"]);
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            vec!["a".into(), "1".into()],
            vec!["long".into(), "100".into()],
        ];
        let expected = ["name  rows", "a        1", "long   100"];
        assert_eq!(columns(&["name", "rows"], &rows, true), expected);
        let expected = ["name  rows", "a     1", "long  100"];
        assert_eq!(columns(&["name", "rows"], &rows, false), expected);
    }
}
