//! How JSON and CSV differ in writing the same values: NULL, quotes and nesting.

use std::ops::Range;

use wide::u8x16;

use super::{blocks::Blocks, options::Options};

/// A text format's own rules.
pub(super) trait Dialect: 'static {
    /// What stands for NULL.
    fn null(options: &Options) -> &[u8];

    /// Text that may hold any character: a range of a buffer, of which the bytes behind may be looked at too.
    fn push_text(bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>);

    /// A value that JSON knows no type for, and whose text has no character that needs escapes in either format.
    fn push_plain(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>));

    /// A list, struct or map, which `write` appends as JSON.
    fn push_nested(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>));
}

/// RFC 8259.
pub(super) struct Json;

impl Dialect for Json {
    fn null(_: &Options) -> &[u8] {
        b"null"
    }

    #[inline]
    fn push_text(bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        out.push(b'"');
        let (start, end) = (push_blocks(bytes, range.clone(), out), range.end);
        if start < end {
            push_rest(&bytes[start..end], out);
        }
        out.push(b'"');
    }

    #[inline]
    fn push_plain(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        out.push(b'"');
        write(out);
        out.push(b'"');
    }

    #[inline]
    fn push_nested(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        write(out);
    }
}

/// How many bytes of a text are looked at at once. Where escapes are in it cannot be predicted, so that what counts is how
/// few branches a text takes: one for its end, one for each escape, and those of whole blocks, which go the same way.
const BLOCK: usize = 32;

/// Appends text with escapes as far as there are whole blocks, in it or behind it, and says where it stopped.
#[inline]
fn push_blocks(bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>) -> usize {
    let Range { mut start, end } = range;
    while let Some(block) = bytes.get(start..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        let (found, left) = (escapes(block), end - start);
        // A step that does not depend on what is found: the next block can be read meanwhile.
        if found == 0 && left >= BLOCK {
            out.extend_from_slice(block);
            start += BLOCK;
            continue;
        }
        let clean = (found.trailing_zeros() as usize).min(left);
        out.put(block, clean);
        start += clean;
        if clean == left {
            break;
        }
        push_escape(block[clean], out);
        start += 1;
    }
    start
}

/// Appends what is left at the end of a buffer.
#[cold]
fn push_rest(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        push_escape(*byte, out);
    }
}

/// A bit for each byte that needs an escape.
#[inline]
fn escapes(block: &[u8; BLOCK]) -> u32 {
    let (parts, _) = block.as_chunks::<16>();
    let [a, b] = [parts[0], parts[1]].map(|part| {
        let bytes = u8x16::new(part);
        let is_control = bytes.min(u8x16::splat(b' ' - 1)).simd_eq(bytes);
        (is_control | bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\'))).to_bitmask()
    });
    a | b << 16
}

#[inline]
fn push_escape(byte: u8, out: &mut Vec<u8>) {
    let escape = ESCAPES[usize::from(byte)];
    out.put(&escape.to_le_bytes(), (escape >> 56) as usize);
}

/// What is written for each byte, and in the last place how long that is.
const ESCAPES: [u64; 256] = {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut escapes = [0; 256];
    let mut byte = 0_u8;
    loop {
        escapes[byte as usize] = u64::from_le_bytes(match byte {
            0x08 => short(b'b'),
            b'\t' => short(b't'),
            b'\n' => short(b'n'),
            0x0c => short(b'f'),
            b'\r' => short(b'r'),
            b'"' | b'\\' => short(byte),
            0..0x20 => [b'\\', b'u', b'0', b'0', HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize], 0, 6],
            _ => [byte, 0, 0, 0, 0, 0, 0, 1],
        });
        if byte == u8::MAX {
            break escapes;
        }
        byte += 1;
    }
};

const fn short(letter: u8) -> [u8; 8] {
    [b'\\', letter, 0, 0, 0, 0, 0, 2]
}

/// RFC 4180. NULL is an empty field unless it is given a text, and an empty value a quoted one, so that they stay apart.
pub(super) struct Csv;

impl Dialect for Csv {
    fn null(options: &Options) -> &[u8] {
        options.null.as_deref().unwrap_or_default().as_bytes()
    }

    #[inline]
    fn push_text(bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        let (start, text) = (out.len(), &bytes[range]);
        let clean = out.put_until(text, |byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if clean < text.len() || text.is_empty() || text.starts_with(b" ") || text.ends_with(b" ") {
            out.put_all(&text[clean..]);
            quote_from(start, out);
        }
    }

    #[inline]
    fn push_plain(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        write(out);
        if out.len() == start {
            quote_from(start, out);
        }
    }

    fn push_nested(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        write(out);
        quote_from(start, out);
    }
}

/// Quotes the field that begins at `start` and ends the buffer, in place: its bytes move right from the last to the
/// first, and each quote is doubled on the way.
#[cold]
pub(super) fn quote_from(start: usize, out: &mut Vec<u8>) {
    let end = out.len();
    let doubled: usize = out[start..].iter().map(|byte| usize::from(*byte == b'"')).sum();
    // Filled with quotes, of which the last stays as the closing one.
    out.resize(end + doubled + 2, b'"');
    let mut target = out.len() - 1;
    for source in (start..end).rev() {
        let byte = out[source];
        target -= 1;
        out[target] = byte;
        if byte == b'"' {
            target -= 1;
            out[target] = b'"';
        }
    }
    out[start] = b'"';
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<D: Dialect>(value: &str) -> String {
        let mut out = Vec::new();
        out.put_all(b"before,");
        D::push_text(value.as_bytes(), 0..value.len(), &mut out);
        let alone = String::from_utf8(out.split_off(7)).expect("UTF-8");
        // What stands around it in a buffer changes nothing.
        let around = format!("\",\n{value}{}", "\",\n".repeat(20));
        D::push_text(around.as_bytes(), 3..3 + value.len(), &mut out);
        assert_eq!(out.split_off(7), alone.as_bytes());
        alone
    }

    #[test]
    fn json_strings() {
        let cases = [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("\"\\/", r#""\"\\/""#),
            ("\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}", "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\""),
            ("é\u{2028}\u{d7ff}\u{e000}\u{ffff}😀\u{10ffff}", "\"é\u{2028}\u{d7ff}\u{e000}\u{ffff}😀\u{10ffff}\""),
            ("long enough for vectors, and then\none", r#""long enough for vectors, and then\none""#),
        ];
        for (value, expected) in cases {
            assert_eq!(text::<Json>(value), expected);
            assert_eq!(serde_json::from_str::<String>(expected).ok().as_deref(), Some(value));
        }
    }

    #[test]
    fn csv_fields() {
        let cases = [
            ("", r#""""#),
            ("plain", "plain"),
            ("in side", "in side"),
            (" left", "\" left\""),
            ("right ", "\"right \""),
            ("a,b", "\"a,b\""),
            ("\"", "\"\"\"\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("😀", "😀"),
        ];
        for (value, expected) in cases {
            assert_eq!(text::<Csv>(value), expected);
        }
    }

    #[test]
    fn escapes_are_found_in_every_place() {
        for byte in 0..=255 {
            let needs_escape = matches!(byte, 0..0x20 | b'"' | b'\\');
            for at in 0..BLOCK {
                for other in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut block = [other; BLOCK];
                    block[at] = byte;
                    assert_eq!(escapes(&block), u32::from(needs_escape) << at, "{block:?}");
                }
            }
        }
    }

    #[test]
    fn text_of_every_length_with_an_escape_anywhere() {
        for len in 0..100 {
            for at in 0..len {
                for special in ["\"", "\\", "\n", "\u{1}"] {
                    let value = format!("{}{special}{}", "é".repeat(at), "x".repeat(len - at));
                    assert_eq!(text::<Json>(&value), serde_json::to_string(&value).expect("JSON"));
                }
            }
        }
    }
}
