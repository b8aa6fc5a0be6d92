//! Writes JSON on one line, keys in the order of the calls. It builds no tree and formats numbers
//! from integers wherever it can, so that equal data are equal bytes on every machine.

use std::io::Write as _;

use crate::model::{Fixed, Time};

/// Bytes of a JSON text under way.
#[derive(Debug, Default)]
pub(super) struct Json {
    bytes: Vec<u8>,
    /// Whether the next value follows another one in the same object or array.
    follows: bool,
}

impl Json {
    /// An empty text with room for `bytes`.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            follows: false,
        }
    }

    /// The text.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn separate(&mut self) {
        if self.follows {
            self.bytes.push(b',');
        }
        self.follows = true;
    }

    /// Begins an object.
    pub(super) fn object(&mut self) -> &mut Self {
        self.separate();
        self.bytes.push(b'{');
        self.follows = false;
        self
    }

    /// Ends an object.
    pub(super) fn object_end(&mut self) {
        self.bytes.push(b'}');
        self.follows = true;
    }

    /// Begins an array.
    pub(super) fn array(&mut self) -> &mut Self {
        self.separate();
        self.bytes.push(b'[');
        self.follows = false;
        self
    }

    /// Ends an array.
    pub(super) fn array_end(&mut self) {
        self.bytes.push(b']');
        self.follows = true;
    }

    /// The key of the next value: a word of ours, in which nothing is to be escaped.
    pub(super) fn key(&mut self, key: &'static str) -> &mut Self {
        self.bytes.reserve(key.len() + 4);
        self.separate();
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(b"\":");
        self.follows = false;
        self
    }

    /// The key of the next value: a name from elsewhere.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.text(name);
        self.bytes.push(b':');
        self.follows = false;
        self
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes.reserve(text.len() + 3);
        self.separate();
        self.bytes.push(b'"');
        self.escaped(text);
        self.bytes.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        let is_special = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
        // Nearly no text has one; without an early end this is a few vector instructions.
        if !rest
            .iter()
            .fold(false, |found, byte| found | is_special(byte))
        {
            self.bytes.extend_from_slice(rest);
            return;
        }
        while let Some(place) = rest.iter().position(is_special) {
            let (plain, tail) = rest.split_at(place);
            self.bytes.extend_from_slice(plain);
            let Some((special, tail)) = tail.split_first() else {
                return;
            };
            match special {
                b'"' => self.bytes.extend_from_slice(b"\\\""),
                b'\\' => self.bytes.extend_from_slice(b"\\\\"),
                b'\n' => self.bytes.extend_from_slice(b"\\n"),
                b'\r' => self.bytes.extend_from_slice(b"\\r"),
                b'\t' => self.bytes.extend_from_slice(b"\\t"),
                control => {
                    self.bytes.extend_from_slice(b"\\u00");
                    hex(&[*control], &mut self.bytes);
                }
            }
            rest = tail;
        }
        self.bytes.extend_from_slice(rest);
    }

    /// A whole number.
    pub(super) fn int(&mut self, value: i64) {
        self.decimal(value, 0);
    }

    /// A count or position.
    pub(super) fn unsigned(&mut self, value: u64) {
        self.separate();
        self.bytes
            .extend_from_slice(Decimal::new(false, value, 0).as_bytes());
    }

    /// A number of `10^-places`, without trailing zeros.
    pub(super) fn decimal(&mut self, value: i64, places: usize) {
        self.separate();
        let decimal = Decimal::signed(value, places);
        self.bytes.extend_from_slice(decimal.as_bytes());
    }

    /// Points in ten-thousandths, or null.
    pub(super) fn points(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.decimal(value, 4),
            None => self.null(),
        }
    }

    /// A feature's value; null where it is not finite. Whole millionths are written from the
    /// integer, anything finer as the shortest text that reads back as the same number.
    pub(super) fn number(&mut self, value: f64) {
        match Fixed::from_f64(value) {
            Some(fixed) if fixed.to_f64().to_bits() == value.to_bits() => self.decimal(fixed.0, 6),
            _ if value.is_finite() => {
                self.separate();
                // Writing to a vector cannot fail.
                write!(self.bytes, "{value}").unwrap_or_default();
            }
            _ => self.null(),
        }
    }

    /// True or false.
    pub(super) fn bool(&mut self, value: bool) {
        self.raw(if value { b"true" } else { b"false" });
    }

    /// Nothing.
    pub(super) fn null(&mut self) {
        self.raw(b"null");
    }

    /// A moment in RFC 3339.
    pub(super) fn time(&mut self, time: Time) {
        self.separate();
        // Writing to a vector cannot fail.
        write!(self.bytes, "\"{time}\"").unwrap_or_default();
    }

    /// A moment, or null.
    pub(super) fn time_or_null(&mut self, time: Option<Time>) {
        match time {
            Some(time) => self.time(time),
            None => self.null(),
        }
    }

    /// Text, or null.
    pub(super) fn text_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// Bytes as hexadecimal digits.
    pub(super) fn hex(&mut self, bytes: &[u8]) {
        self.separate();
        self.bytes.push(b'"');
        hex(bytes, &mut self.bytes);
        self.bytes.push(b'"');
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, json: &[u8]) {
        self.separate();
        self.bytes.extend_from_slice(json);
    }
}

/// Appends `bytes` as hexadecimal digits.
fn hex(bytes: &[u8], into: &mut Vec<u8>) {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    into.extend(
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]),
    );
}

/// The digits of a number of `10^-places`, without trailing zeros.
pub(super) struct Decimal {
    digits: [u8; Self::BYTES_MAX],
    start: usize,
}

impl Decimal {
    /// A sign, the 20 digits of a `u64`, and a point.
    const BYTES_MAX: usize = 22;

    pub(super) fn signed(value: i64, places: usize) -> Self {
        let (mut rest, mut places) = (value.unsigned_abs(), places);
        // Most numbers are whole or nearly so.
        while places > 1 && rest.is_multiple_of(100) {
            rest /= 100;
            places -= 2;
        }
        while places > 0 && rest.is_multiple_of(10) {
            rest /= 10;
            places -= 1;
        }
        Self::new(value < 0, rest, places)
    }

    fn new(is_negative: bool, mut rest: u64, places: usize) -> Self {
        let mut decimal = Self {
            digits: [0; Self::BYTES_MAX],
            start: Self::BYTES_MAX,
        };
        let mut count = 0;
        while rest > 0 || count <= places {
            if count == places && places > 0 {
                decimal.push(b'.');
            }
            decimal.push(b'0' + u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
            count += 1;
        }
        if is_negative {
            decimal.push(b'-');
        }
        decimal
    }

    /// Puts a byte before the others.
    fn push(&mut self, byte: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.digits.get_mut(self.start) {
            *place = byte;
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn decimals_come_from_the_integer() {
        let table = [
            (0, 4, "0"),
            (1, 4, "0.0001"),
            (-1, 4, "-0.0001"),
            (401_228, 4, "40.1228"),
            (1_000_000, 4, "100"),
            (-87_500, 4, "-8.75"),
            (10, 0, "10"),
            (i64::MIN, 0, "-9223372036854775808"),
            (i64::MAX, 6, "9223372036854.775807"),
        ];
        for (value, places, expected) in table {
            assert_eq!(written(|json| json.decimal(value, places)), expected);
        }
    }

    #[test]
    fn numbers_read_back_as_the_same_bits() {
        let table = [
            (3.0, "3"),
            (0.1, "0.1"),
            (-12.5, "-12.5"),
            (100.0 / 3.0, "33.333333333333336"),
            (1e-9, "0.000000001"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ];
        for (value, expected) in table {
            let text = written(|json| json.number(value));
            assert_eq!(text, expected);
            if value.is_finite() {
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }

    #[test]
    fn text_is_what_any_reader_of_json_gets_back() {
        for text in [
            "",
            "plain",
            "a\"b\\c\nd\re\tf\u{1}g\u{1f}",
            "äß→🦀",
            "\\\"",
            "\u{7f}/",
        ] {
            let json = written(|json| json.text(text));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn nesting_separates_values() {
        let json = written(|json| {
            json.object().key("a").array();
            json.int(1);
            json.null();
            json.object();
            json.object_end();
            json.array_end();
            json.key("b").bool(true);
            json.key("c").object().key("d").text("e");
            json.object_end();
            json.object_end();
        });
        assert_eq!(json, r#"{"a":[1,null,{}],"b":true,"c":{"d":"e"}}"#);
    }
}
