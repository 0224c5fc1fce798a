//! How JSON and CSV differ in writing the same values: NULL, quotes and nesting.

/// A text format's own rules.
pub(super) trait Dialect: 'static {
    /// What stands for NULL.
    const NULL: &'static [u8];

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
    const NULL: &'static [u8] = b"null";

    #[inline]
    fn push_text(text: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        // Without an early exit this loop runs on vectors of bytes.
        if text.bytes().fold(false, |any, byte| any | needs_escape(byte)) {
            push_escaped(text, out);
        } else {
            out.extend_from_slice(text.as_bytes());
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

const fn needs_escape(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

#[cold]
fn push_escaped(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| needs_escape(*byte)) {
        let byte = rest[at];
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(rest);
}

/// RFC 4180. NULL is an empty field, and an empty value a quoted one, so that they stay apart.
pub(super) struct Csv;

impl Dialect for Csv {
    const NULL: &'static [u8] = b"";

    #[inline]
    fn push_text(text: &str, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(text.as_bytes());
        let special = text.bytes().fold(false, |any, byte| any | matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if special || text.is_empty() || text.starts_with(' ') || text.ends_with(' ') {
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
fn quote_from(start: usize, out: &mut Vec<u8>) {
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
        let mut out = b"before,".to_vec();
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
}
