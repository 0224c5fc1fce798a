//! How JSON and CSV differ in writing the same values: NULL, quotes and nesting.

use super::{
    blocks::{Blocks, last_block},
    options::Options,
};

/// A text format's own rules.
pub(super) trait Dialect: 'static {
    /// What stands for NULL.
    fn null(options: &Options) -> &[u8];

    /// Text that may hold any character.
    fn push_text(text: &str, out: &mut Vec<u8>);

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
    fn push_text(text: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        let mut rest = text.as_bytes();
        while let Some((block, behind)) = rest.split_first_chunk::<16>() {
            if holds_escape(block) {
                push_escaped(*block, 16, out);
            } else {
                out.extend_from_slice(block);
            }
            rest = behind;
        }
        match text.as_bytes().last_chunk::<16>() {
            _ if rest.is_empty() => {}
            // Its first bytes are written already, as they are.
            Some(block) if !holds_escape(block) => {
                out.truncate(out.len() + rest.len() - 16);
                out.extend_from_slice(block);
            }
            _ => {
                let block = last_block(text.as_bytes(), rest.len());
                if has_escape(block) {
                    push_escaped(block.to_le_bytes(), rest.len(), out);
                } else {
                    out.put(block.to_le_bytes(), rest.len());
                }
            }
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

/// Without an early exit these are comparisons of vectors.
#[inline]
fn holds_escape(block: &[u8; 16]) -> bool {
    let below_space = block.iter().fold(false, |any, byte| any | (*byte < b' '));
    let quote = block.iter().fold(false, |any, byte| any | (*byte == b'"'));
    let backslash = block.iter().fold(false, |any, byte| any | (*byte == b'\\'));
    below_space | quote | backslash
}

/// The same of a block that was put together in registers.
#[inline]
const fn has_escape(block: u128) -> bool {
    const ONES: u128 = u128::MAX / 255;
    let (quote, backslash) = (block ^ (ONES * b'"' as u128), block ^ (ONES * b'\\' as u128));
    // The highest bit of a byte says that the subtraction borrowed, which it does first where it should.
    let below_space = block.wrapping_sub(ONES * b' ' as u128) & !block;
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (below_space | is_quote | is_backslash) & (ONES << 7) != 0
}

/// The first `len` bytes of a block that holds bytes to be escaped. Each is looked up, whether it is one of those or not:
/// where they are in a text cannot be predicted.
// Apart, so that the loop over blocks without any is small.
#[inline(never)]
fn push_escaped(block: [u8; 16], len: usize, out: &mut Vec<u8>) {
    let (mut text, mut end) = ([0; LONGEST_ESCAPED], 0);
    for byte in block {
        let escape = ESCAPES[usize::from(byte)];
        text[end..end + 8].copy_from_slice(&escape);
        end += usize::from(escape[7]);
    }
    // What fills the block up stands for itself.
    let end = end - (16 - len);
    match text.first_chunk::<32>() {
        Some(usual) if end <= 32 => out.put(*usual, end),
        _ => out.put(text, end),
    }
}

/// A block whose bytes all need six, and what is written behind the last of them.
const LONGEST_ESCAPED: usize = 16 * 6 + 2;

/// What is written for each byte, and in the last place how long that is.
const ESCAPES: [[u8; 8]; 256] = {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut escapes = [[0; 8]; 256];
    let mut byte = 0_u8;
    loop {
        escapes[byte as usize] = match byte {
            0x08 => short(b'b'),
            b'\t' => short(b't'),
            b'\n' => short(b'n'),
            0x0c => short(b'f'),
            b'\r' => short(b'r'),
            b'"' | b'\\' => short(byte),
            0..0x20 => [b'\\', b'u', b'0', b'0', HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize], 0, 6],
            _ => [byte, 0, 0, 0, 0, 0, 0, 1],
        };
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
    fn push_text(text: &str, out: &mut Vec<u8>) {
        let start = out.len();
        let clean = out.put_until(text.as_bytes(), |byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if clean < text.len() || text.is_empty() || text.starts_with(' ') || text.ends_with(' ') {
            out.put_all(&text.as_bytes()[clean..]);
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
    let doubled = out[start..].iter().filter(|byte| **byte == b'"').count();
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
        D::push_text(value, &mut out);
        String::from_utf8(out.split_off(7)).expect("UTF-8")
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
            for at in 0..16 {
                for other in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut block = [other; 16];
                    block[at] = byte;
                    let expected = matches!(byte, 0..0x20 | b'"' | b'\\');
                    assert_eq!(holds_escape(&block), expected, "{block:?}");
                    assert_eq!(has_escape(u128::from_le_bytes(block)), expected, "{block:?}");
                }
            }
        }
    }

    #[test]
    fn text_of_every_length_with_an_escape_anywhere() {
        for len in 0..70 {
            for at in 0..len {
                for special in ["\"", "\\", "\n", "\u{1}"] {
                    let value = format!("{}{special}{}", "é".repeat(at), "x".repeat(len - at));
                    assert_eq!(text::<Json>(&value), serde_json::to_string(&value).expect("JSON"));
                }
            }
        }
    }
}
