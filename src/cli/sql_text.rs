//! A statement laid out over lines for reading: a line for each clause, subqueries indented. Only blanks change.

/// Lines longer than this are broken where they list or combine.
const WIDTH: usize = 100;
/// Blanks for each subquery, and for a line that goes on.
const STEP: usize = 4;

/// The lines of `sql`, whose keywords are in capitals.
pub(super) fn lines(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let mut text = Text::default();
    // For each parenthesis that is open: does a query begin in it?
    let mut open: Vec<bool> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let at_clauses = open.last().is_none_or(|is_query| *is_query);
        match token.text {
            "(" => {
                let is_query = tokens.get(index + 1).is_some_and(|next| matches!(next.text, "SELECT" | "WITH"));
                open.push(is_query);
                text.push(token, false);
                if is_query {
                    text.end_line();
                    text.depth += 1;
                }
            }
            ")" => {
                if open.pop() == Some(true) {
                    text.end_line();
                    text.depth = text.depth.saturating_sub(1);
                }
                text.push(token, false);
            }
            word => {
                if at_clauses && begins_clause(&tokens, index) {
                    text.end_line();
                }
                let lists = index > 0 && tokens[index - 1].text == ",";
                text.push(token, token.is_spaced && (lists || matches!(word, "AND" | "OR")));
            }
        }
    }
    text.end_line();
    text.lines
}

/// What may not be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'a> {
    text: &'a str,
    /// Is there a blank before it?
    is_spaced: bool,
}

/// Words, quoted texts with their quotes, and single signs.
fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let (mut rest, mut is_spaced) = (sql, false);
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            (rest, is_spaced) = (&rest[first.len_utf8()..], true);
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
        let length = match first {
            '\'' | '"' | '`' => {
                // Behind an E a backslash escapes. A quote that is doubled ends one token and begins the next.
                let escapes = first == '\'' && !is_spaced && tokens.last().is_some_and(|last| last.text == "E");
                quoted(rest, first, escapes)
            }
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (text, behind) = rest.split_at(length);
        tokens.push(Token { text, is_spaced });
        (rest, is_spaced) = (behind, false);
    }
    tokens
}

/// The length of the quoted text that `text` begins with, both quotes included.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut is_escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if escapes => is_escaped = true,
            c if c == quote => return index + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn begins_clause(tokens: &[Token<'_>], index: usize) -> bool {
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text);
    let before = index.checked_sub(1).map_or("", word);
    match word(index) {
        "SELECT" | "WHERE" | "HAVING" | "LIMIT" | "OFFSET" | "UNION" | "INTERSECT" | "EXCEPT" => true,
        // `IS [NOT] DISTINCT FROM` compares.
        "FROM" => before != "DISTINCT",
        "GROUP" | "ORDER" => word(index + 1) == "BY",
        "JOIN" => !is_kind_of_join(before),
        kind if is_kind_of_join(kind) && !is_kind_of_join(before) => {
            let behind = tokens[index..].iter().find(|token| !is_kind_of_join(token.text));
            behind.is_some_and(|token| token.text == "JOIN")
        }
        _ => false,
    }
}

fn is_kind_of_join(word: &str) -> bool {
    matches!(word, "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "OUTER" | "NATURAL")
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
    depth: usize,
    /// The line in the making, without its indent.
    line: String,
    /// Where in it the last blank is that a line may end at.
    last_break: Option<usize>,
    /// Does it go on with what the line before it began?
    goes_on: bool,
}

impl Text {
    fn push(&mut self, token: &Token<'_>, may_break: bool) {
        if token.is_spaced && !self.line.is_empty() {
            if may_break {
                self.last_break = Some(self.line.len());
            }
            self.line.push(' ');
        }
        self.line.push_str(token.text);
        if let Some(end) = self.last_break
            && self.indent() + self.line.chars().count() > WIDTH
        {
            let rest = self.line.split_off(end);
            self.flush();
            self.goes_on = true;
            rest.trim_start().clone_into(&mut self.line);
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.flush();
        }
        self.goes_on = false;
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.lines.push(format!("{:indent$}{line}", "", indent = self.indent()));
        self.last_break = None;
    }

    fn indent(&self) -> usize {
        (self.depth + usize::from(self.goes_on)) * STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_clause_has_a_line() {
        let cases: &[(&str, &[&str])] = &[
            ("SELECT 1", &["SELECT 1"]),
            (
                "SELECT \"a FROM b\", x FROM t WHERE y IS NOT DISTINCT FROM $1 AND z > $2 ORDER BY x ASC LIMIT $3 OFFSET 2",
                &[
                    "SELECT \"a FROM b\", x",
                    "FROM t",
                    "WHERE y IS NOT DISTINCT FROM $1 AND z > $2",
                    "ORDER BY x ASC",
                    "LIMIT $3",
                    "OFFSET 2",
                ],
            ),
            (
                "SELECT t.a, left(b, 2), sum(c) FILTER (WHERE c > 0) FROM s.t LEFT OUTER JOIN u ON t.a = u.a JOIN v ON true \
                 CROSS JOIN w GROUP BY t.a HAVING count(*) > 1",
                &[
                    "SELECT t.a, left(b, 2), sum(c) FILTER (WHERE c > 0)",
                    "FROM s.t",
                    "LEFT OUTER JOIN u ON t.a = u.a",
                    "JOIN v ON true",
                    "CROSS JOIN w",
                    "GROUP BY t.a",
                    "HAVING count(*) > 1",
                ],
            ),
            (
                "WITH q AS (SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u)) SELECT extract(year FROM d), \
                 row_number() OVER (PARTITION BY a ORDER BY b) FROM q UNION ALL (SELECT 1, 2) LIMIT 3",
                &[
                    "WITH q AS (",
                    "    SELECT a",
                    "    FROM t",
                    "    WHERE EXISTS (",
                    "        SELECT 1",
                    "        FROM u",
                    "    )",
                    ")",
                    "SELECT extract(year FROM d), row_number() OVER (PARTITION BY a ORDER BY b)",
                    "FROM q",
                    "UNION ALL (",
                    "    SELECT 1, 2",
                    ")",
                    "LIMIT 3",
                ],
            ),
            (
                "SELECT 'it''s FROM', E'it\\'s WHERE', `a``b LIMIT` FROM t) x",
                &["SELECT 'it''s FROM', E'it\\'s WHERE', `a``b LIMIT`", "FROM t) x"],
            ),
            ("SELECT 'open FROM t", &["SELECT 'open FROM t"]),
            ("", &[]),
        ];
        for (sql, expected) in cases {
            assert_eq!(lines(sql), *expected, "{sql}");
        }
    }

    #[test]
    fn long_lists_go_on() {
        let columns: Vec<_> = (0..12).map(|n| format!("\"column_{n}, wide\"")).collect();
        let laid = lines(&format!("SELECT {} FROM t", columns.join(", ")));
        assert_eq!(laid.len(), 4, "{laid:#?}");
        assert!(laid.iter().all(|line| line.chars().count() <= WIDTH), "{laid:#?}");
        assert!(laid[0].starts_with("SELECT \"column_0, wide\", ") && laid[0].ends_with(','), "{laid:#?}");
        assert!(laid[1].starts_with("    \"column_"), "{laid:#?}");
        let wide = format!("SELECT \"{}\" FROM t", "x".repeat(2 * WIDTH));
        assert_eq!(lines(&wide).len(), 2, "a name is never broken");
    }

    proptest! {
        /// Whatever the text, its tokens stay as they are.
        #[test]
        fn only_blanks_change(words in prop::collection::vec(
            "SELECT|FROM|WHERE|GROUP BY|ORDER BY|LEFT JOIN|UNION|AND|OR|WITH|DISTINCT|[(),]|[a-z.]{1,30}|\"[a-z (')]{0,9}\"|'[a-z \"]*'|\\$[1-9]",
            0..60,
        )) {
            let sql = words.join(" ");
            let before: Vec<_> = tokens(&sql).iter().map(|token| token.text).collect();
            let laid = lines(&sql).join("\n");
            let after: Vec<_> = tokens(&laid).iter().map(|token| token.text).collect();
            prop_assert_eq!(before, after);
        }
    }
}
