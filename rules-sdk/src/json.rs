//! Writes JSON while the compiler runs: a first pass counts the bytes, a second keeps them.
//!
//! It knows texts, numbers and punctuation; what the document says is `manifest`'s business.

/// A document of at most `N` bytes. What does not fit is counted and left out.
pub(crate) struct Json<const N: usize> {
    bytes: [u8; N],
    length: usize,
    /// Whether the next item of the present list or object needs a comma before it.
    comma: bool,
}

impl<const N: usize> Json<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            length: 0,
            comma: false,
        }
    }

    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    pub(crate) const fn bytes(self) -> [u8; N] {
        self.bytes
    }

    pub(crate) const fn open(&mut self, bracket: u8) {
        self.separate();
        self.byte(bracket);
        self.comma = false;
    }

    pub(crate) const fn close(&mut self, bracket: u8) {
        self.byte(bracket);
        self.comma = true;
    }

    /// The name of the member whose value follows.
    pub(crate) const fn key(&mut self, name: &str) {
        self.text(name);
        self.byte(b':');
        self.comma = false;
    }

    pub(crate) const fn text(&mut self, text: &str) {
        self.quote();
        self.characters(text, false);
        self.unquote();
    }

    /// A handle's name in lower case.
    pub(crate) const fn lower(&mut self, handle: &str) {
        self.quote();
        self.characters(handle, true);
        self.unquote();
    }

    /// Begins a text that is written in pieces.
    pub(crate) const fn quote(&mut self) {
        self.separate();
        self.byte(b'"');
    }

    pub(crate) const fn unquote(&mut self) {
        self.byte(b'"');
        self.comma = true;
    }

    /// Characters of a text that has begun.
    pub(crate) const fn characters(&mut self, text: &str, lower: bool) {
        let mut rest = text.as_bytes();
        while let Some((byte, others)) = rest.split_first() {
            self.character(if lower {
                byte.to_ascii_lowercase()
            } else {
                *byte
            });
            rest = others;
        }
    }

    pub(crate) const fn character(&mut self, byte: u8) {
        assert!(byte >= b' ', "a text of a rule has no control characters");
        if byte == b'"' || byte == b'\\' {
            self.byte(b'\\');
        }
        self.byte(byte);
    }

    pub(crate) const fn word(&mut self, word: &str) {
        self.separate();
        let mut rest = word.as_bytes();
        while let Some((byte, others)) = rest.split_first() {
            self.byte(*byte);
            rest = others;
        }
        self.comma = true;
    }

    pub(crate) const fn whole(&mut self, number: u64) {
        self.separate();
        self.digits(number, 1);
        self.comma = true;
    }

    /// A number of at most nine decimals. Its decimal form is read back as the same number: a
    /// quotient of two numbers that are exact is the number nearest to the decimal.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "the product is below 2^53, and the comparison is the proof of the conversion"
    )]
    pub(crate) const fn number(&mut self, number: f64) {
        self.separate();
        if number < 0.0 {
            self.byte(b'-');
        }
        let size = number.abs();
        let (mut unit, mut decimals) = (1_u64, 0);
        while decimals <= 9 {
            let product = size * unit as f64;
            assert!(
                product < 9e15,
                "a number of a rule is below 9e15 and has few decimals"
            );
            let units = (product + 0.5) as u64;
            if units as f64 / unit as f64 == size {
                self.digits(units / unit, 1);
                if decimals > 0 {
                    self.byte(b'.');
                    self.digits(units % unit, decimals);
                }
                self.comma = true;
                return;
            }
            unit *= 10;
            decimals += 1;
        }
        panic!("a number of a rule has at most nine decimals")
    }

    const fn digits(&mut self, number: u64, least: u32) {
        let (mut unit, mut count) = (1, 1);
        while count < least || number / unit >= 10 {
            unit *= 10;
            count += 1;
        }
        while unit > 0 {
            self.byte(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
    }

    const fn separate(&mut self) {
        if self.comma {
            self.byte(b',');
        }
        self.comma = false;
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "compared with the length just before"
    )]
    const fn byte(&mut self, byte: u8) {
        if self.length < N {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn number(value: f64) -> String {
        let mut json = Json::<64>::new();
        json.number(value);
        let length = json.length();
        String::from_utf8(json.bytes()[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_number_is_written_as_it_was_meant_and_comes_back() {
        let cases = [
            (0.0, "0"),
            (75.0, "75"),
            (2.5, "2.5"),
            (0.1, "0.1"),
            (-60.25, "-60.25"),
            (1_000_000.0, "1000000"),
            (33.333_333, "33.333333"),
            (0.05, "0.05"),
            (10.01, "10.01"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
            assert_eq!(
                number(value).parse::<f64>().unwrap().to_bits(),
                value.to_bits()
            );
        }
    }

    #[test]
    #[should_panic(expected = "at most nine decimals")]
    fn a_number_that_no_decimal_says_is_refused() {
        number(1.0 / 3.0);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut json = Json::<3>::new();
        json.open(b'[');
        json.text("a\"b");
        json.whole(20);
        json.close(b']');
        assert_eq!(json.length(), r#"["a\"b",20]"#.len());
        assert_eq!(&json.bytes(), b"[\"a");
    }
}
