//! Scalar expressions of every family.

use super::{Generator, Place, Scope, values_of};
use crate::differential::sql::{Expr, Family};

const CASES: &str = "letters change their case by the rules of a language";
const QUOTIENT: &str = "a quotient of decimals has another scale";
const PRINTED: &str = "moments are printed otherwise";
const HALVES: &str = "a cast to an integer cuts digits off";

impl Generator {
    /// An expression at most `depth` deep.
    pub(super) fn scalar(&mut self, family: Family, scope: &Scope, depth: u32) -> Expr {
        if depth == 0 || self.chance(45) {
            return self.atom(family, scope);
        }
        let depth = depth - 1;
        match self.random.within(0..10) {
            0 => self.case(family, scope, depth),
            1 => {
                let (one, other) = (self.scalar(family, scope, depth), self.scalar(family, scope, depth));
                let small = one.small && other.small;
                Expr::of(family, "COALESCE({}, {})", vec![one.into(), other.into()]).small(small)
            }
            2 => {
                let (one, other) = (self.scalar(family, scope, depth), literal(family, self.one_of(values_of(family))));
                let small = one.small;
                Expr::of(family, "NULLIF({}, {})", vec![one.into(), other.into()]).small(small)
            }
            _ => match family {
                Family::Bool => self.predicate(scope, depth, Place::Value),
                Family::Int => self.int(scope, depth),
                Family::Decimal => self.decimal(scope, depth),
                Family::Float => self.float(scope, depth),
                Family::Text => self.text(scope, depth),
                Family::Date => self.date(scope, depth),
                Family::Timestamp => self.timestamp(scope, depth),
                Family::Instant => self.instant(scope, depth),
                Family::Binary => self.atom(family, scope),
            },
        }
    }

    /// A column, or a literal where there is none, and sometimes where there is.
    pub(super) fn atom(&mut self, family: Family, scope: &Scope) -> Expr {
        if self.chance(82)
            && let Some(field) = self.field(scope, |field| field.family == family)
        {
            return field.expr();
        }
        if self.chance(4) {
            return null(family);
        }
        let text = self.one_of(values_of(family));
        literal(family, text)
    }

    /// A number whose sums and products fit.
    fn small(&mut self, family: Family, scope: &Scope) -> Expr {
        if self.chance(75)
            && let Some(field) = self.field(scope, |field| field.family == family && field.small)
        {
            return field.expr();
        }
        let text = self.one_of(if family == Family::Int {
            &["1", "2", "3", "10", "-1"]
        } else {
            &["0.5", "1.25", "2", "-3.125"]
        });
        literal(family, text)
    }

    fn case(&mut self, family: Family, scope: &Scope, depth: u32) -> Expr {
        let condition = self.predicate(scope, depth, Place::Value);
        let (yes, no) = (self.scalar(family, scope, depth), self.scalar(family, scope, depth));
        let small = yes.small && no.small;
        if self.chance(40) {
            let other = self.predicate(scope, 0, Place::Value);
            let more = self.atom(family, scope);
            let small = small && more.small;
            let parts = vec![condition.into(), yes.into(), other.into(), more.into(), no.into()];
            return Expr::of(family, "CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {} END", parts).small(small);
        }
        Expr::of(family, "CASE WHEN {} THEN {} ELSE {} END", vec![condition.into(), yes.into(), no.into()]).small(small)
    }

    fn int(&mut self, scope: &Scope, depth: u32) -> Expr {
        let family = Family::Int;
        match self.random.within(0..14) {
            0..4 => {
                // Beyond its range it wraps around here, and fails in Postgres.
                let any = self.chance(12);
                let (one, other) = if any {
                    (self.scalar(family, scope, depth), self.atom(family, scope))
                } else {
                    (self.small(family, scope), self.small(family, scope))
                };
                let template = self.one_of(&["({} + {})", "({} - {})", "({} * {})"]);
                Expr::of(family, template, vec![one.into(), other.into()])
            }
            4 | 5 => {
                let one = self.scalar(family, scope, depth);
                let by = self.one_of(&["2", "3", "7", "-3", "10"]);
                let template = self.one_of(&["({} / {})", "({} % {})"]);
                Expr::of(family, template, vec![one.into(), literal(family, by).into()])
            }
            6 => {
                let (one, by) = (self.small(family, scope), self.small(family, scope));
                let template =
                    if self.chance(30) { self.one_of(&["({} / {})", "({} % {})"]) } else { "({} / NULLIF({}, 0))" };
                Expr::of(family, template, vec![one.into(), by.into()])
            }
            7 => {
                let one = self.small(family, scope);
                let template = self.one_of(&["(- {})", "abs({})"]);
                Expr::of(family, template, vec![one.into()]).small(true)
            }
            8 | 9 => {
                let text = self.scalar(Family::Text, scope, depth);
                let template = self.one_of(&["character_length({})", "length({})", "octet_length({})"]);
                Expr::of(family, template, vec![text.into()]).small(true)
            }
            10 => {
                let (text, part) = (self.scalar(Family::Text, scope, depth), self.atom(Family::Text, scope));
                Expr::of(family, "strpos({}, {})", vec![text.into(), part.into()]).small(true)
            }
            11 => {
                let moment = if self.chance(50) { Family::Date } else { Family::Timestamp };
                let moment = self.scalar(moment, scope, depth);
                let part = self.one_of(&["year", "month", "day", "quarter", "doy", "dow"]);
                Expr::of(family, format!("extract({part} FROM {{}})"), vec![moment.into()]).small(true)
            }
            12 => {
                let (one, other) = (self.atom(Family::Date, scope), self.atom(Family::Date, scope));
                Expr::of(family, "({} - {})", vec![one.into(), other.into()])
            }
            _ => {
                let decimal = self.small(Family::Decimal, scope);
                Expr::of(family, "CAST({} AS bigint)", vec![decimal.into()]).differs(HALVES)
            }
        }
    }

    fn decimal(&mut self, scope: &Scope, depth: u32) -> Expr {
        let family = Family::Decimal;
        match self.random.within(0..10) {
            0..4 => {
                let any = self.chance(15);
                let (one, other) = if any {
                    (self.scalar(family, scope, depth), self.small(family, scope))
                } else {
                    (self.small(family, scope), self.small(family, scope))
                };
                let template = self.one_of(&["({} + {})", "({} - {})", "({} * {})"]);
                Expr::of(family, template, vec![one.into(), other.into()])
            }
            4 => {
                let (one, by) = (self.small(family, scope), self.one_of(&["2", "0.5", "3"]));
                Expr::of(family, "({} / {})", vec![one.into(), literal(family, by).into()]).differs(QUOTIENT)
            }
            5 => {
                let one = self.small(family, scope);
                let template = self.one_of(&["(- {})", "abs({})"]);
                Expr::of(family, template, vec![one.into()]).small(true)
            }
            6 => {
                let int = self.scalar(Family::Int, scope, depth);
                Expr::of(family, "CAST({} AS decimal(20,2))", vec![int.into()])
            }
            7 => {
                let one = self.small(family, scope);
                let to = self.one_of(&["decimal(12,1)", "decimal(20,5)", "decimal(9,0)"]);
                Expr::of(family, format!("CAST({{}} AS {to})"), vec![one.into()])
            }
            8 => {
                let (one, int) = (self.small(family, scope), self.small(Family::Int, scope));
                let template = self.one_of(&["({} + {})", "({} * {})"]);
                Expr::of(family, template, vec![one.into(), int.into()])
            }
            _ => {
                let one = self.small(family, scope);
                let by = self.one_of(&["2", "0.7", "1.5"]);
                Expr::of(family, "({} % {})", vec![one.into(), literal(family, by).into()])
            }
        }
    }

    fn float(&mut self, scope: &Scope, depth: u32) -> Expr {
        let family = Family::Float;
        match self.random.within(0..4) {
            0 => {
                let number = if self.chance(50) { Family::Int } else { Family::Decimal };
                let number = self.small(number, scope);
                Expr::of(family, "CAST({} AS double precision)", vec![number.into()])
            }
            1 => {
                let one = self.scalar(family, scope, depth);
                Expr::of(family, "abs({})", vec![one.into()])
            }
            _ => {
                let (one, other) = (self.atom(family, scope), self.atom(family, scope));
                let template = self.one_of(&["({} + {})", "({} - {})", "({} * {})"]);
                Expr::of(family, template, vec![one.into(), other.into()])
            }
        }
    }

    fn text(&mut self, scope: &Scope, depth: u32) -> Expr {
        let family = Family::Text;
        match self.random.within(0..15) {
            0 | 1 => {
                let text = self.scalar(family, scope, depth);
                let template = self.one_of(&["upper({})", "lower({})"]);
                Expr::of(family, template, vec![text.into()]).differs(CASES)
            }
            2..5 => {
                let (one, other) = (self.scalar(family, scope, depth), self.atom(family, scope));
                Expr::of(family, "({} || {})", vec![one.into(), other.into()])
            }
            5..7 => {
                let text = self.scalar(family, scope, depth);
                let template =
                    self.one_of(&["substr({}, 2)", "substr({}, 1, 2)", "substr({}, 0, 3)", "substr({}, 3, 40)"]);
                Expr::of(family, template, vec![text.into()])
            }
            7 => {
                let text = self.scalar(family, scope, depth);
                let template =
                    self.one_of(&["left({}, 2)", "right({}, 2)", "left({}, -1)", "right({}, -1)", "reverse({})"]);
                Expr::of(family, template, vec![text.into()])
            }
            8 => {
                let text = self.scalar(family, scope, depth);
                let template =
                    self.one_of(&["btrim({})", "ltrim({})", "rtrim({})", "trim(BOTH 'a' FROM {})", "trim({})"]);
                Expr::of(family, template, vec![text.into()])
            }
            9 => {
                let text = self.scalar(family, scope, depth);
                let template = self.one_of(&[
                    "replace({}, 'a', 'xyz')",
                    "replace({}, 'b', '')",
                    "repeat({}, 2)",
                    "lpad({}, 4, '*')",
                ]);
                Expr::of(family, template, vec![text.into()])
            }
            10 | 11 => {
                let int = self.scalar(Family::Int, scope, depth);
                Expr::of(family, "CAST({} AS text)", vec![int.into()])
            }
            12 => {
                let from = self.one_of(&[Family::Date, Family::Bool, Family::Decimal]);
                let from = self.atom(from, scope);
                Expr::of(family, "CAST({} AS text)", vec![from.into()])
            }
            13 => {
                let moment = self.atom(Family::Timestamp, scope);
                Expr::of(family, "CAST({} AS text)", vec![moment.into()]).differs(PRINTED)
            }
            _ => {
                let (one, other) = (self.atom(family, scope), self.atom(family, scope));
                Expr::of(family, "concat({}, '-', {})", vec![one.into(), other.into()])
            }
        }
    }

    fn date(&mut self, scope: &Scope, depth: u32) -> Expr {
        let moment = self.scalar(Family::Timestamp, scope, depth);
        Expr::of(Family::Date, "CAST({} AS date)", vec![moment.into()])
    }

    fn timestamp(&mut self, scope: &Scope, depth: u32) -> Expr {
        let family = Family::Timestamp;
        if self.chance(35) {
            let date = self.scalar(Family::Date, scope, depth);
            return Expr::of(family, "CAST({} AS timestamp)", vec![date.into()]);
        }
        if self.chance(25) {
            // Of the years 1677 to 2262 alone.
            let unit = self.one_of(&["year", "month", "day", "hour"]);
            let moment = self.atom(family, scope);
            let recent = "CASE WHEN {} BETWEEN TIMESTAMP '1900-01-01 00:00:00' AND TIMESTAMP '2200-01-01 00:00:00' \
                          THEN date_trunc('UNIT', {}) END";
            let parts = vec![moment.clone().into(), moment.into()];
            return Expr::of(family, recent.replace("UNIT", unit), parts);
        }
        let interval = self.one_of(&["1 hour", "90 minutes", "1 day"]);
        let moment = self.scalar(family, scope, depth);
        Expr::of(family, format!("({{}} + INTERVAL '{interval}')"), vec![moment.into()])
    }

    fn instant(&mut self, scope: &Scope, depth: u32) -> Expr {
        let interval = self.one_of(&["1 hour", "90 minutes", "24 hours"]);
        let moment = self.scalar(Family::Instant, scope, depth);
        Expr::of(Family::Instant, format!("({{}} + INTERVAL '{interval}')"), vec![moment.into()])
    }
}

/// NULL of a type.
pub(super) fn null(family: Family) -> Expr {
    let kind = match family {
        Family::Bool => "boolean",
        Family::Int => "bigint",
        Family::Decimal => "decimal(9,3)",
        Family::Float => "double precision",
        Family::Text => "text",
        Family::Date => "date",
        Family::Timestamp => "timestamp",
        Family::Instant => "timestamptz",
        Family::Binary => "bytea",
    };
    Expr::leaf(family, format!("CAST(NULL AS {kind})"))
}

/// A column's value, which is written as Postgres reads it.
pub(super) fn literal(family: Family, text: &str) -> Expr {
    let quoted = format!("'{}'", text.replace('\'', "''"));
    match family {
        Family::Bool => Expr::leaf(family, text),
        Family::Int => {
            let small = text.len() < 5;
            Expr::leaf(family, format!("({text})")).postgres(format!("({text})::bigint")).small(small)
        }
        Family::Decimal => {
            let point = if text.contains('.') { "" } else { ".0" };
            Expr::leaf(family, format!("({text}{point})")).small(text.len() < 8)
        }
        Family::Float => Expr::leaf(family, format!("CAST({quoted} AS double precision)")),
        Family::Text => Expr::leaf(family, quoted.clone()).postgres(format!("{quoted}::text")),
        Family::Date => Expr::leaf(family, format!("DATE {quoted}")),
        Family::Timestamp => Expr::leaf(family, format!("TIMESTAMP {quoted}")),
        Family::Instant => Expr::leaf(family, format!("CAST({quoted} AS timestamptz)")),
        Family::Binary => {
            let digits = text.trim_start_matches("\\x");
            Expr::leaf(family, format!("x'{digits}'")).postgres(format!("{quoted}::bytea"))
        }
    }
}
