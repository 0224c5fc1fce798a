//! The `options` parameter: settings of the session, as switches of the server's command line.

use super::Wrong;

/// What a session depends on to read only, and to read right. Set by an owner they would have no effect, because they are set
/// again behind `options`, or a harmful one.
const OURS: [&str; 12] = [
    "application_name",
    "bytea_output",
    "client_connection_check_interval",
    "client_encoding",
    "datestyle",
    "default_transaction_read_only",
    "extra_float_digits",
    "intervalstyle",
    "standard_conforming_strings",
    "statement_timeout",
    "timezone",
    "transaction_read_only",
];

const FORM: &str = "write `-c name=value`, a space inside a value as `\\ `";

/// Settings by name, from `-c name=value`, `-cname=value` and `--name=value`. `origin` names the text in messages.
pub fn read(text: &str, origin: &str) -> Result<Vec<(String, String)>, Wrong> {
    let mut words = split(text).ok_or_else(|| Wrong::new(format!("{origin} ends in a backslash"), FORM))?.into_iter();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting = match (word.as_str(), word.strip_prefix("--"), word.strip_prefix("-c")) {
            ("-c", ..) => words.next(),
            (_, Some(setting), _) | (_, None, Some(setting)) => Some(setting.to_owned()),
            _ => None,
        };
        let Some((name, value)) = setting.as_deref().and_then(|setting| setting.split_once('=')) else {
            return Err(Wrong::new(format!("{origin} has something other than settings"), FORM));
        };
        // The server takes them for the same.
        let name = name.replace('-', "_");
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if !is_name || value.contains(|c: char| c.is_whitespace() && c != ' ') {
            return Err(Wrong::new(format!("{origin} has a setting that cannot be read"), FORM));
        }
        if let Some(ours) = OURS.iter().find(|ours| name.eq_ignore_ascii_case(ours)) {
            let message = format!("{origin} sets `{ours}`, which every session needs as it is");
            return Err(Wrong::new(
                message,
                "remove it: sessions only read, in UTC and UTF-8, under the limits of the query",
            ));
        }
        settings.push((name, value.to_owned()));
    }
    Ok(settings)
}

/// Splits as the server does: at white space, where a backslash makes the next character part of the word. None if there
/// is no next character: it would swallow the space before what is added behind.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => words.last_mut()?.push(characters.next()?),
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => words.push(String::new()),
            other => words.last_mut()?.push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_the_server_reads_them() {
        let read = |text| read(text, "it").expect("settings");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(""), []);
        assert_eq!(
            read(r"-c search_path=a,b  -cwork_mem=1MB --enable-seqscan=off"),
            [pair("search_path", "a,b"), pair("work_mem", "1MB"), pair("enable_seqscan", "off")]
        );
        assert_eq!(read(r"-c my.x=a\ b\\c=d"), [pair("my.x", r"a b\c=d")]);
    }

    #[test]
    fn nothing_undoes_what_sessions_depend_on() {
        for text in [
            "-c default_transaction_read_only=off",
            "--default-transaction-read-only=off",
            "-cDEFAULT_TRANSACTION_READ_ONLY=off",
            r"-c def\ault_transaction_read_only=off",
            "-c work_mem=1MB -c TimeZone=Asia/Tokyo",
            "-c search_path=x\\",
            "-c search_path=x\\\ty",
            "-c",
            "-d 5",
            "--",
            "off",
            "-c =x",
        ] {
            assert!(read(text, "it").is_err(), "{text}");
        }
    }
}
