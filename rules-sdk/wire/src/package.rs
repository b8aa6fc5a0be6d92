//! The rule package: a module that carries what belongs to it in custom sections.
//!
//! ```text
//! \0asm 1 │ sections that the engine runs │ puls.manifest │ puls.texts │ puls.cases │ puls.card
//! ```
//! A package is one file and its digest covers everything in it: code, manifest with parameters,
//! translations of its texts, the cases it must pass, and the card it was compiled from. The engine
//! runs a package as it runs a module; what it does not know it passes over. Nothing here judges a
//! module: bytes that are none have no sections.

/// Name of the custom section that holds the texts in other languages, as JSON.
pub const TEXTS_SECTION: &str = "puls.texts";
/// Name of the custom section that holds the cases of the rule, as TOML.
pub const CASES_SECTION: &str = "puls.cases";
/// Name of the custom section that holds the scorecard that the module was compiled from, as TOML.
pub const CARD_SECTION: &str = "puls.card";

/// Magic and version of a core module.
const HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";
/// Id of a custom section.
const CUSTOM: u8 = 0;

/// The contents of the first custom section of this name; `None` where there is none, and where
/// the bytes are no module.
#[must_use]
pub fn section<'m>(module: &'m [u8], name: &str) -> Option<&'m [u8]> {
    sections(module).find_map(|section| section.custom(name))
}

/// The module with a custom section of this name that holds `contents`, in place of those it had;
/// empty contents leave none. The section stands last, so packing the same things in the same order
/// gives the same bytes.
#[must_use]
pub fn with_section(module: &[u8], name: &str, contents: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(module.len() + contents.len() + name.len() + 16);
    let mut kept = 0;
    for found in sections(module) {
        if found.custom(name).is_some() {
            packed.extend_from_slice(module.get(kept..found.from).unwrap_or_default());
            kept = found.until;
        }
    }
    packed.extend_from_slice(module.get(kept..).unwrap_or_default());
    if !contents.is_empty() {
        let mut body = Vec::with_capacity(contents.len() + name.len() + 5);
        write_length(&mut body, name.len());
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(contents);
        packed.push(CUSTOM);
        write_length(&mut packed, body.len());
        packed.extend_from_slice(&body);
    }
    packed
}

/// A section and where it stands in the module.
struct Section<'m> {
    id: u8,
    body: &'m [u8],
    from: usize,
    until: usize,
}

impl<'m> Section<'m> {
    /// The contents, if this is a custom section of that name.
    fn custom(&self, name: &str) -> Option<&'m [u8]> {
        if self.id != CUSTOM {
            return None;
        }
        let (length, at) = read_length(self.body, 0)?;
        let end = at.checked_add(length)?;
        let is_named = self.body.get(at..end)? == name.as_bytes();
        self.body.get(end..).filter(|_| is_named)
    }
}

/// The sections in file order, up to the first that does not fit into the bytes.
fn sections(module: &[u8]) -> impl Iterator<Item = Section<'_>> {
    let mut at = HEADER.len();
    let is_module = module.starts_with(&HEADER);
    std::iter::from_fn(move || {
        let from = at;
        let id = *module.get(from).filter(|_| is_module)?;
        let (length, start) = read_length(module, from + 1)?;
        let until = start.checked_add(length)?;
        let body = module.get(start..until)?;
        at = until;
        Some(Section {
            id,
            body,
            from,
            until,
        })
    })
}

/// An unsigned LEB128 number of 32 bits at `at`, and the place behind it.
fn read_length(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0_u64;
    for place in 0..5 {
        let byte = *bytes.get(at.checked_add(place)?)?;
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).ok()?;
            return Some((usize::try_from(value).ok()?, at + place + 1));
        }
    }
    None
}

fn write_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = u8::try_from(length & 0x7F).unwrap_or_default();
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty type section between header and what is packed.
    fn module() -> Vec<u8> {
        [HEADER.as_slice(), &[1, 1, 0]].concat()
    }

    #[test]
    fn what_is_packed_is_found_and_replaced() {
        let long = vec![7; 300];
        let packed = with_section(&module(), CASES_SECTION, b"one");
        let packed = with_section(&packed, TEXTS_SECTION, &long);
        assert_eq!(section(&packed, CASES_SECTION), Some(&b"one"[..]));
        assert_eq!(section(&packed, TEXTS_SECTION), Some(&long[..]));
        assert_eq!(section(&packed, CARD_SECTION), None);
        let other = with_section(&packed, CASES_SECTION, b"two");
        assert_eq!(section(&other, CASES_SECTION), Some(&b"two"[..]));
        assert_eq!(section(&other, TEXTS_SECTION), Some(&long[..]));
        assert_eq!(other.len(), packed.len());
        let bare = with_section(
            &with_section(&other, CASES_SECTION, b""),
            TEXTS_SECTION,
            b"",
        );
        assert_eq!(bare, module());
    }

    #[test]
    fn bytes_that_are_no_module_or_are_cut_have_no_sections() {
        let packed = with_section(&module(), CARD_SECTION, b"[card]");
        for end in 0..packed.len() {
            assert_eq!(section(&packed[..end], CARD_SECTION), None, "cut at {end}");
        }
        let lying = [module().as_slice(), &[0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]].concat();
        assert_eq!(section(&lying, CARD_SECTION), None);
        assert_eq!(section(b"[card]", CARD_SECTION), None);
    }
}
