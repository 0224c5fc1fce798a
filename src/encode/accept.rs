//! Reads the weighted lists of HTTP content negotiation (RFC 9110, section 12.4.2 and 12.5).

/// One element of an `Accept` or `Accept-Encoding` header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// The media range or the coding.
    pub value: &'a str,
    /// Parameters before the weight, in order, unquoted.
    pub parameters: Vec<(&'a str, String)>,
    /// The weight in thousandths: 0 means "not acceptable", 1000 is the default.
    pub weight: u16,
}

/// The elements in the order of the header. Those that cannot be read are left out.
pub(super) fn elements(header: &str) -> impl Iterator<Item = Element<'_>> {
    split(header, ',').filter_map(element)
}

fn element(text: &str) -> Option<Element<'_>> {
    let mut parts = split(text, ';');
    let value = parts.next().filter(|value| !value.is_empty() && value.bytes().all(is_range_byte))?;
    let mut parameters = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, text) = part.split_once('=')?;
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return None;
        }
        if name.eq_ignore_ascii_case("q") {
            // What follows the weight is the obsolete accept-ext, which has no meaning.
            return Some(Element { value, parameters, weight: weight(text)? });
        }
        parameters.push((name, unquote(text)?));
    }
    Some(Element { value, parameters, weight: 1000 })
}

/// Splits outside of quoted strings, and trims the parts.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            '\\' => escaped = quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
    .map(str::trim)
}

/// `0` to `1` with at most three decimals.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// A parameter's value: a token, or a quoted string without its quotes and escapes.
fn unquote(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return (!text.is_empty() && text.bytes().all(is_token_byte)).then(|| text.to_owned());
    };
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(value),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

fn is_range_byte(byte: u8) -> bool {
    byte == b'/' || is_token_byte(byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_elements() {
        let read = |header: &'static str| {
            elements(header)
                .map(|e| {
                    let parameters: Vec<_> = e.parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
                    format!("{} [{}] {}", e.value, parameters.join(" "), e.weight)
                })
                .collect::<Vec<_>>()
        };
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("text/csv", &["text/csv [] 1000"]),
            (" text/csv ;q=0.5 , */* ; Q=0.001", &["text/csv [] 500", "*/* [] 1"]),
            ("a/b;x=1;y=\"2,;\\\"\";q=1.000;ext=1", &["a/b [x=1 y=2,;\"] 1000"]),
            ("gzip,,br;q=0,", &["gzip [] 1000", "br [] 0"]),
            ("a/b;q=2", &[]),
            ("a/b;q=1.001", &[]),
            ("a/b;q=0.1234", &[]),
            ("a/b;q=-1", &[]),
            ("a/b;q=", &[]),
            ("a/b;q=.5", &[]),
            ("a/b;x", &[]),
            ("a/b;=x", &[]),
            ("a/b;x=\"open, c/d", &[]),
            ("a b/c, d/e", &["d/e [] 1000"]),
            (";q=1", &[]),
        ];
        for (header, expected) in cases {
            assert_eq!(&read(header), expected, "{header}");
        }
    }
}
