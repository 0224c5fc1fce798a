//! Aggregates, window functions, and scalar subqueries in the select list.

use super::{Generator, Place, Scope, scalar::literal, select::named};
use crate::differential::sql::{Body, Dialect, Expr, Family, Item, Query, Select};

const AVERAGE: &str = "an average of decimals has another scale";

impl Generator {
    /// A query with aggregates.
    pub(super) fn grouped(&mut self, depth: u32, is_exact: bool) -> Query {
        let (mut select, scope) = self.rows(depth);
        let mut exprs = Vec::new();
        let keys = match self.random.within(0..100) {
            0..22 => 0,
            22..72 => 1,
            _ => 2,
        };
        for _ in 0..keys {
            let family = self.family();
            let key = match self.field(&scope, |field| field.family == family) {
                Some(field) if self.chance(70) => field.expr(),
                _ => self.scalar(family, &scope, 1),
            };
            // What holds no column is no key for Postgres.
            if !scope.fields.iter().any(|field| key.sql(Dialect::Engine).contains(&field.sql)) {
                continue;
            }
            select.group.push(key.clone());
            exprs.push(key);
        }
        for _ in 0..=self.below(3) {
            exprs.push(self.aggregate(&scope, is_exact));
        }
        if !select.group.is_empty() && self.chance(25) {
            select.having = Some(self.having(&scope));
        }
        select.items = named(exprs);
        Query::new(Body::Select(Box::new(select)))
    }

    fn aggregate(&mut self, scope: &Scope, is_exact: bool) -> Expr {
        let made = self.plain_aggregate(scope, is_exact);
        if self.chance(15) {
            let condition = self.predicate(scope, 1, Place::Value);
            let family = made.family;
            let (small, inexact) = (made.small, made.inexact);
            let made = Expr::of(family, "{} FILTER (WHERE {})", vec![made.into(), condition.into()]).small(small);
            return if inexact { made.inexact() } else { made };
        }
        made
    }

    fn plain_aggregate(&mut self, scope: &Scope, is_exact: bool) -> Expr {
        let int = Family::Int;
        match self.random.within(0..20) {
            0..4 => Expr::leaf(int, "count(*)").small(true),
            4..6 => {
                let family = self.family();
                let one = self.scalar(family, scope, 1);
                Expr::of(int, "count({})", vec![one.into()]).small(true)
            }
            6..8 => {
                let family = self.family();
                let one = self.scalar(family, scope, 1);
                Expr::of(int, "count(DISTINCT {})", vec![one.into()]).small(true)
            }
            8..13 => {
                let family = self.one_of(&[
                    int,
                    Family::Decimal,
                    Family::Text,
                    Family::Text,
                    Family::Date,
                    Family::Timestamp,
                    Family::Instant,
                ]);
                let one = self.scalar(family, scope, 1);
                let small = one.small;
                let function = self.one_of(&["min({})", "max({})"]);
                Expr::of(family, function, vec![one.into()]).small(small)
            }
            13..15 => {
                let one = self.scalar(int, scope, 1);
                let function = self.one_of(&["sum({})", "sum({})", "sum(DISTINCT {})"]);
                Expr::of(int, function, vec![one.into()])
            }
            15 | 16 => {
                let one = self.scalar(Family::Decimal, scope, 1);
                Expr::of(Family::Decimal, "sum({})", vec![one.into()])
            }
            17 => match self.field(scope, |field| field.family == int && field.small) {
                // A quotient of two whole numbers that a float holds.
                Some(field) => Expr::of(Family::Float, "avg({})", vec![field.expr().into()]),
                None => Expr::leaf(int, "count(*)").small(true),
            },
            18 => {
                let one = self.scalar(Family::Bool, scope, 1);
                let function = self.one_of(&["bool_and({})", "bool_or({})"]);
                Expr::of(Family::Bool, function, vec![one.into()])
            }
            _ if is_exact => {
                let one = self.atom(Family::Decimal, scope);
                Expr::of(Family::Decimal, "avg({})", vec![one.into()]).differs(AVERAGE)
            }
            _ => match self.field(scope, |field| field.family == int && field.small) {
                Some(field) => {
                    let function = self.one_of(&["stddev({})", "var_pop({})", "var_samp({})", "stddev_pop({})"]);
                    Expr::of(Family::Float, function, vec![field.expr().into()]).inexact()
                }
                None => Expr::leaf(int, "count(*)").small(true),
            },
        }
    }

    fn having(&mut self, scope: &Scope) -> Expr {
        let aggregate = self.aggregate(scope, true);
        let family = aggregate.family;
        let values = if family == Family::Int { &["0", "1", "2", "3"] } else { super::values_of(family) };
        let bound = literal(family, self.one_of(values));
        let template = self.one_of(&["({} >= {})", "({} > {})", "({} <> {})", "({} <= {})"]);
        Expr::of(Family::Bool, template, vec![aggregate.into(), bound.into()])
    }

    /// A window function over an order that leaves no choice. Its texts stay whole when the query is made smaller.
    pub(super) fn window(&mut self, scope: &Scope, keys: &[String]) -> Expr {
        let mut order = keys.join(", ");
        if self.chance(50)
            && let Some(first) = self.field(scope, |field| field.family != Family::Float)
        {
            let direction = self.one_of(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
            order = format!("{}{direction}, {order}", first.sql);
        }
        let partition = match self.field(scope, |field| !matches!(field.family, Family::Float)) {
            Some(field) if self.chance(60) => format!("PARTITION BY {} ", field.sql),
            _ => String::new(),
        };
        let over = format!("OVER ({partition}ORDER BY {order})");
        let int = Family::Int;
        match self.random.within(0..6) {
            0 => Expr::leaf(int, format!("row_number() {over}")),
            1 => Expr::leaf(int, format!("rank() {over}")),
            2 => Expr::leaf(int, format!("count(*) {over}")),
            3 => match self.field(scope, |field| field.family == int && field.small) {
                Some(field) => Expr::leaf(int, format!("sum({}) {over}", field.sql)),
                None => Expr::leaf(int, format!("row_number() {over}")),
            },
            _ => match self.field(scope, |field| !matches!(field.family, Family::Binary | Family::Float)) {
                Some(field) => {
                    let function = self.one_of(&["lag", "lead", "first_value", "max"]);
                    // Booleans and such have no greatest value in Postgres.
                    let function = if field.family == Family::Bool && function == "max" { "lag" } else { function };
                    Expr::leaf(field.family, format!("{function}({}) {over}", field.sql))
                }
                None => Expr::leaf(int, format!("row_number() {over}")),
            },
        }
    }

    /// What another table says about the row.
    pub(super) fn looked_up(&mut self, scope: &Scope) -> Expr {
        let relation = self.table();
        let inside = self.scope_of(&relation);
        let mut select = Select::all_of(relation);
        let Some((outer, inner)) = self.pair(scope, &inside) else { return literal(Family::Int, "1") };
        let equal = Expr::of(Family::Bool, "({} = {})", vec![inner.expr().into(), outer.expr().into()]);
        select.filter = self.chance(75).then_some(equal);
        let expr =
            match self.field(&inside, |field| !matches!(field.family, Family::Bool | Family::Binary | Family::Float)) {
                Some(field) if self.chance(50) => Expr::of(field.family, "max({})", vec![field.expr().into()]),
                _ => Expr::leaf(Family::Int, "count(*)"),
            };
        let family = expr.family;
        select.items = vec![Item { expr, name: "c1".to_owned() }];
        Expr::of(family, "({})", vec![Query::new(Body::Select(Box::new(select))).into()])
    }
}
