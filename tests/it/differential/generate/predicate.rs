//! Conditions: comparisons and their logic, and those that hold a subquery.

use super::{Field, Generator, Place, Scope, scalar::literal, values_of};
use crate::differential::sql::{Body, Expr, Family, Item, Query, Select};

const COMPARISONS: &[&str] =
    &["({} = {})", "({} <> {})", "({} <> {})", "({} < {})", "({} <= {})", "({} > {})", "({} >= {})"];
const DISTINCT: &[&str] = &["({} IS DISTINCT FROM {})", "({} IS NOT DISTINCT FROM {})"];
const PATTERNS: &[&str] = &["a%", "%a%", "%a%", "_", "%", "", "%\\_%", "50\\%", "A_%", "%b", "__%", "é%"];

impl Generator {
    /// A condition at most `depth` deep.
    pub(super) fn predicate(&mut self, scope: &Scope, depth: u32, place: Place) -> Expr {
        if depth > 0 && self.chance(40) {
            return self.logic(scope, depth - 1, place);
        }
        if place == Place::Filter && self.chance(22) {
            return self.subquery(scope);
        }
        let family = self.family();
        match self.random.within(0..20) {
            0..9 => self.comparison(family, scope, depth),
            9 | 10 => {
                let (one, _) = self.operand(family, scope, depth);
                let template = self.one_of(&["({} IS NULL)", "({} IS NOT NULL)", "({} IS NOT NULL)"]);
                Expr::of(Family::Bool, template, vec![one.into()])
            }
            11 | 12 => self.membership(family, scope),
            13 | 14 => self.between(family, scope),
            15 | 16 => {
                let (text, _) = self.operand(Family::Text, scope, depth.min(1));
                let pattern = self.one_of(PATTERNS);
                let template = self.one_of(&["({} LIKE {})", "({} LIKE {})", "({} NOT LIKE {})"]);
                Expr::of(Family::Bool, template, vec![text.into(), literal(Family::Text, pattern).into()])
            }
            17 => {
                let (one, other) = (self.operand(family, scope, depth).0, self.atom(family, scope));
                let template = self.one_of(DISTINCT);
                Expr::of(Family::Bool, template, vec![one.into(), other.into()])
            }
            _ => match self.field(scope, |field| field.family == Family::Bool) {
                Some(field) => {
                    let template =
                        self.one_of(&["({})", "(NOT {})", "({} IS TRUE)", "({} IS NOT TRUE)", "({} IS NOT FALSE)"]);
                    Expr::of(Family::Bool, template, vec![field.expr().into()])
                }
                None => self.comparison(family, scope, depth),
            },
        }
    }

    fn logic(&mut self, scope: &Scope, depth: u32, place: Place) -> Expr {
        let one = self.predicate(scope, depth, place);
        if self.chance(12) {
            let template = self.one_of(&["(NOT {})", "({} IS TRUE)", "({} IS NOT TRUE)", "({} IS NULL)"]);
            // A subquery stands only where its truth alone matters.
            let one = if place == Place::Filter { self.predicate(scope, depth, Place::Value) } else { one };
            return Expr::of(Family::Bool, template, vec![one.into()]);
        }
        let template = if self.chance(68) { "({} OR {})" } else { "({} AND {})" };
        let other = self.predicate(scope, depth, place);
        Expr::of(Family::Bool, template, vec![one.into(), other.into()])
    }

    fn comparison(&mut self, family: Family, scope: &Scope, depth: u32) -> Expr {
        let template = self.one_of(COMPARISONS);
        let (one, values) = self.operand(family, scope, depth);
        let other = match self.random.within(0..20) {
            0..12 => literal(family, self.one_of(values)),
            12..16 => self.operand(family, scope, depth).0,
            _ => self.scalar(family, scope, depth),
        };
        Expr::of(Family::Bool, template, vec![one.into(), other.into()])
    }

    /// Mostly a column, and values like those that it holds.
    fn operand(&mut self, family: Family, scope: &Scope, depth: u32) -> (Expr, &'static [&'static str]) {
        if self.chance(72)
            && let Some(field) = self.field(scope, |field| field.family == family)
        {
            return (field.expr(), field.values);
        }
        (self.scalar(family, scope, depth), values_of(family))
    }

    fn membership(&mut self, family: Family, scope: &Scope) -> Expr {
        let (one, values) = self.operand(family, scope, 1);
        let mut parts = vec![one.into()];
        for _ in 0..=self.below(4) {
            parts.push(literal(family, self.one_of(values)).into());
        }
        if self.chance(12) {
            parts.push(super::scalar::null(family).into());
        }
        let places = vec!["{}"; parts.len() - 1].join(", ");
        let not = if self.chance(30) { "NOT " } else { "" };
        Expr::of(Family::Bool, format!("({{}} {not}IN ({places}))"), parts)
    }

    fn between(&mut self, family: Family, scope: &Scope) -> Expr {
        let (one, values) = self.operand(family, scope, 1);
        let (mut low, mut high) = (self.one_of(values), self.one_of(values));
        let number = |text: &str| text.parse::<f64>().ok();
        let is_reversed = match (number(low), number(high)) {
            (Some(low), Some(high)) => low > high,
            _ => low > high,
        };
        // Now and then nothing is between.
        if is_reversed && self.chance(90) {
            (low, high) = (high, low);
        }
        let template = self.one_of(&["({} BETWEEN {} AND {})", "({} NOT BETWEEN {} AND {})"]);
        let parts = vec![one.into(), literal(family, low).into(), literal(family, high).into()];
        Expr::of(Family::Bool, template, parts)
    }

    /// EXISTS, IN, and comparisons with a scalar subquery; half of them look at the row outside.
    fn subquery(&mut self, scope: &Scope) -> Expr {
        let relation = self.table();
        let inside = self.scope_of(&relation);
        let both = Scope { fields: [inside.fields.clone(), scope.fields.clone()].concat(), keys: None };
        let pair = self.pair(scope, &inside);
        let mut select = Select::all_of(relation);
        let Some((outer, inner)) = pair else { return self.comparison(Family::Int, scope, 0) };
        let equal = || Expr::of(Family::Bool, "({} = {})", vec![inner.expr().into(), outer.expr().into()]);
        let more = self.chance(35).then(|| {
            let scope = if self.chance(30) { &both } else { &inside };
            self.predicate(scope, 1, Place::Value)
        });
        let and = |one: Expr, more: Option<Expr>| match more {
            Some(more) => Expr::of(Family::Bool, "({} AND {})", vec![one.into(), more.into()]),
            None => one,
        };
        match self.random.within(0..10) {
            0..4 => {
                select.items = vec![Item { expr: Expr::leaf(Family::Int, "1"), name: "one".to_owned() }];
                select.filter = Some(and(equal(), more));
                let template = self.one_of(&["EXISTS ({})", "EXISTS ({})", "NOT EXISTS ({})"]);
                Expr::of(Family::Bool, template, vec![Query::new(Body::Select(Box::new(select))).into()])
            }
            // Bytes have no least value in older Postgres.
            n if n < 8 || inner.family == Family::Binary => {
                select.items = vec![Item { expr: inner.expr(), name: "c1".to_owned() }];
                select.filter = self.chance(50).then(|| self.predicate(&inside, 1, Place::Value));
                let template = self.one_of(&["({} IN ({}))", "({} IN ({}))", "({} NOT IN ({}))"]);
                let query = Query::new(Body::Select(Box::new(select)));
                Expr::of(Family::Bool, template, vec![outer.expr().into(), query.into()])
            }
            _ => {
                let function = self.one_of(&["min({})", "max({})"]);
                let expr = Expr::of(inner.family, function, vec![inner.expr().into()]);
                select.items = vec![Item { expr, name: "c1".to_owned() }];
                if self.chance(50)
                    && let Some((outer, inner)) = self.pair(scope, &inside)
                {
                    let equal = Expr::of(Family::Bool, "({} = {})", vec![inner.expr().into(), outer.expr().into()]);
                    select.filter = Some(equal);
                }
                let template = self.one_of(&["({} <= ({}))", "({} >= ({}))", "({} <> ({}))"]);
                let query = Query::new(Body::Select(Box::new(select)));
                Expr::of(Family::Bool, template, vec![outer.expr().into(), query.into()])
            }
        }
    }

    /// Columns of one family in two scopes; mostly those that really match.
    pub(super) fn pair(&mut self, left: &Scope, right: &Scope) -> Option<(Field, Field)> {
        let ends = |field: &Field, name: &str| field.sql.ends_with(name);
        if self.chance(80)
            && let Some(left) = self.field(left, |field| ends(field, ".k") || ends(field, ".id"))
            && let Some(right) = self.field(right, |field| ends(field, ".k") || ends(field, ".id"))
        {
            return Some((left, right));
        }
        // Of booleans half of all pairs match.
        let left = self.field(left, |field| field.family != Family::Bool)?;
        let right = self.field(right, |field| field.family == left.family)?;
        Some((left, right))
    }
}
