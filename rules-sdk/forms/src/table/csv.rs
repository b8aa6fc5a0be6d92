//! CSV as spreadsheets of all countries write it: with or without a byte order mark, separated by
//! commas, semicolons or tabs, in UTF-8, UTF-16 or what Windows wrote before.

use super::{Book, Budget, Sheet, Unreadable};

/// Separators that are tried; of equals the first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub(super) fn load(bytes: &[u8]) -> Result<Book, Unreadable> {
    let text = decode(bytes)?;
    // Excel's own way to name the separator.
    let (separator, text) = match text.get(..5).filter(|head| head.starts_with("sep=")) {
        Some(head) => {
            let named = head.as_bytes().last().copied().unwrap_or(b',');
            (named, text.split_once('\n').map_or("", |(_, rest)| rest))
        }
        None => (separator(&text), text.as_str()),
    };
    let text = with_blank_lines(text, char::from(separator));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let mut budget = Budget::default();
    for record in reader.records() {
        let record = record.map_err(|error| {
            Unreadable(format!(
                "expected a table as CSV, found something else: {error}"
            ))
        })?;
        let row = sheet.rows.len();
        budget.take(row, 0, "")?;
        let mut cells = Vec::with_capacity(record.len());
        for (column, cell) in record.iter().enumerate() {
            budget.take(row, column, cell)?;
            cells.push(cell.to_owned());
        }
        sheet.rows.push(cells);
    }
    Ok(Book {
        sheets: vec![sheet],
        comma: separator == b';',
    })
}

/// The text with a separator on every blank line: the reader would pass over the line, and then
/// addresses would not be those that a person sees.
fn with_blank_lines(text: &str, separator: char) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut quoted, mut begins) = (false, true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if begins && !quoted && (c == '\n' || c == '\r' && chars.peek() == Some(&'\n')) {
            out.push(separator);
        }
        quoted ^= c == '"';
        begins = c == '\n';
        out.push(c);
    }
    out
}

/// The separator that most lines have, and of such ones the one that is there most often. A line of
/// five bands has more semicolons than a short table has commas, but its header has none.
fn separator(text: &str) -> u8 {
    let count = |separator: u8| {
        let (mut quoted, mut is_here) = (false, false);
        let (mut lines, mut all) = (0_usize, 0_usize);
        for byte in text.bytes() {
            quoted ^= byte == b'"';
            if quoted {
                continue;
            }
            if byte == separator {
                all += 1;
                lines += usize::from(!is_here);
                is_here = true;
            } else if byte == b'\n' {
                is_here = false;
            }
        }
        (lines, all)
    };
    let counted = SEPARATORS.into_iter().rev();
    counted
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}

fn decode(bytes: &[u8]) -> Result<String, Unreadable> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok().map(unit))
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => text(rest),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        all => text(all),
    };
    if text.contains('\0') {
        return Err(Unreadable(
            "expected a table as CSV or XLSX, found a file of another kind; save the table as one \
             of the two"
                .to_owned(),
        ));
    }
    Ok(text)
}

/// UTF-8, else what Windows of Western Europe wrote: every byte is a letter.
fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| {
            let letter = |byte: &u8| match byte {
                0x80 => '€',
                0x85 => '…',
                0x91 | 0x92 => '\'',
                0x93 | 0x94 => '"',
                0x96 | 0x97 => '–',
                other => char::from(*other),
            };
            bytes.iter().map(letter).collect()
        },
        str::to_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::separator;

    #[test]
    fn a_separator_is_what_lines_have_and_not_what_their_cells_have() {
        let cases = [
            (
                "Feature,Weight,Bands\n\
                 license.seats,1,0-1: 0; 1-2: 25; 2-3: 50; 3-4: 75; >4: 100\n",
                b',',
            ),
            (
                "Feature;Weight;Reason\nlicense.seats;0,5;One, two, three, four, five\n",
                b';',
            ),
            (
                "Feature\tBands\nlicense.seats\t0: 0, 1: 50, >1: 100\n",
                b'\t',
            ),
            ("Feature,\"a;b;c\nd;e\"\n", b','),
            ("", b','),
        ];
        for (text, expected) in cases {
            assert_eq!(char::from(separator(text)), char::from(expected), "{text}");
        }
    }
}
