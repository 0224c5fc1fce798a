//! Whole queries: SELECT, set operations, WITH, and their order and limit.

use super::{Field, Generator, Place, Scope};
use crate::differential::sql::{Body, Expr, Family, Item, Order, Query, Select};

impl Generator {
    /// A query as an owner writes it.
    pub(super) fn top(&mut self) -> Query {
        let mut with = Vec::new();
        if self.chance(16) {
            for index in 0..=usize::from(self.chance(30)) {
                let query = self.inner(1);
                let name = format!("w{index}");
                let field = |item: &Item| Field {
                    sql: item.name.clone(),
                    family: item.expr.family,
                    small: item.expr.small,
                    values: super::values_of(item.expr.family),
                };
                self.with.push((name.clone(), query.items().iter().map(field).collect()));
                with.push((name, query));
            }
        }
        let mut query = self.body(2, false);
        query.with = with;
        match self.random.within(0..100) {
            0..35 => {}
            35..55 => {
                let terms = 1 + self.below(2);
                self.order(&mut query, terms);
            }
            _ => self.cut(&mut query),
        }
        query
    }

    /// A query inside of another: all its values are exact, and its rows are determined.
    pub(super) fn inner(&mut self, depth: u32) -> Query {
        let mut query = self.body(depth, true);
        if self.chance(14) {
            self.cut(&mut query);
        }
        query
    }

    fn body(&mut self, depth: u32, is_exact: bool) -> Query {
        match self.random.within(0..100) {
            0..12 => self.set(depth),
            12..40 => self.grouped(depth, is_exact),
            _ => {
                let (select, scope) = self.rows(depth);
                let families: Vec<_> = (0..=self.below(4)).map(|_| self.family()).collect();
                self.finish(select, &scope, &families)
            }
        }
    }

    /// FROM and WHERE.
    pub(super) fn rows(&mut self, depth: u32) -> (Select, Scope) {
        let (mut select, scope) = self.from(depth);
        let chance = if select.joins.is_empty() { 46 } else { 24 };
        if self.chance(chance) {
            select.filter = Some(self.predicate(&scope, 2, Place::Filter));
        }
        (select, scope)
    }

    /// The select list of an ungrouped query.
    fn finish(&mut self, mut select: Select, scope: &Scope, families: &[Family]) -> Query {
        let mut exprs: Vec<Expr> = families.iter().map(|family| self.scalar(*family, scope, 2)).collect();
        if self.chance(12)
            && let Some(keys) = &scope.keys
        {
            let keys = keys.clone();
            exprs.push(self.window(scope, &keys));
        } else if self.chance(8) {
            exprs.push(self.looked_up(scope));
        }
        select.distinct = self.chance(12);
        select.items = named(exprs);
        Query::new(Body::Select(Box::new(select)))
    }

    /// Both sides have columns of the same families.
    fn set(&mut self, depth: u32) -> Query {
        let operator = self.one_of(&["UNION ALL", "UNION ALL", "UNION", "UNION", "INTERSECT", "EXCEPT"]);
        let families: Vec<_> = (0..=self.below(3)).map(|_| self.family()).collect();
        let mut side = || {
            let (mut select, scope) = self.rows(depth.saturating_sub(1));
            // Few values, so that both sides have some of them.
            let exprs =
                families.iter().map(|family| self.scalar(*family, &scope, u32::from(operator.starts_with("UNION"))));
            select.items = named(exprs.collect());
            let mut query = Query::new(Body::Select(Box::new(select)));
            if self.chance(12) {
                self.cut(&mut query);
            }
            Box::new(query)
        };
        let (left, right) = (side(), side());
        Query::new(Body::Set { operator, left, right })
    }

    /// An order by some columns; rows that are equal there may come in any order.
    fn order(&mut self, query: &mut Query, terms: usize) {
        let mut columns: Vec<(String, bool)> =
            query.items().iter().map(|item| (item.name.clone(), item.expr.inexact)).collect();
        columns.retain(|(_, inexact)| !inexact);
        for _ in 0..terms.min(columns.len()) {
            let (column, _) = columns.remove(self.below(columns.len()));
            let nulls_first = self.one_of(&[None, Some(true), Some(false)]);
            query.order.push(Order { column, descending: self.chance(45), nulls_first });
        }
    }

    /// An order by all columns, and mostly a limit. Which rows are behind it is then determined.
    fn cut(&mut self, query: &mut Query) {
        let columns = query.items().len();
        self.order(query, columns);
        // A sum of floats is no order that everybody has.
        if query.is_inexact() || query.order.len() < columns {
            return;
        }
        match self.random.within(0..10) {
            0..6 => query.limit = Some(self.random.within(1..12)),
            6 => {
                query.limit = Some(self.random.within(1..12));
                query.offset = Some(self.random.within(0..4));
            }
            7 => query.offset = Some(self.random.within(0..3)),
            _ => {}
        }
    }
}

/// `c1`, `c2`…
pub(super) fn named(exprs: Vec<Expr>) -> Vec<Item> {
    let item = |(index, expr)| Item { expr, name: format!("c{}", index + 1) };
    exprs.into_iter().enumerate().map(item).collect()
}
