//! What stands in FROM: tables, derived tables, names of WITH, and how they are joined.

use super::{Field, Generator, Place, Scope};
use crate::differential::{
    columns::{TABLES, Table},
    sql::{Condition, Expr, Family, Join, Relation, Rows, Select},
};

impl Generator {
    /// A table of the sources of this query.
    pub(super) fn table(&mut self) -> Relation {
        let sources = self.sources;
        // Empty ones and those of one row are rarer.
        let is_small = self.chance(4);
        let fits = |table: &&&Table| sources.contains(&table.source) && (table.rows < 2) == is_small;
        let mut tables: Vec<&Table> = TABLES.iter().filter(|table| fits(&table)).collect();
        if tables.is_empty() {
            tables = TABLES.iter().filter(|table| sources.contains(&table.source)).collect();
        }
        let table = self.one_of(&tables);
        Relation { rows: Rows::Table { source: table.source, table: table.name }, alias: self.alias() }
    }

    pub(super) fn scope_of(&self, relation: &Relation) -> Scope {
        let alias = &relation.alias;
        let named = |field: &Field| Field { sql: format!("{alias}.{}", field.sql), ..field.clone() };
        match &relation.rows {
            Rows::Table { source, table } => {
                let table = TABLES.iter().find(|known| known.source == *source && known.name == *table);
                let columns = table.expect("tables are chosen from these").columns();
                let field = |column: &'static crate::differential::columns::Column| Field {
                    sql: format!("{alias}.{}", column.name),
                    family: column.family,
                    small: column.small,
                    values: column.values,
                };
                Scope { fields: columns.map(field).collect(), keys: Some(vec![format!("{alias}.id")]) }
            }
            Rows::With(name) => {
                let fields = self.with.iter().find(|(known, _)| known == name).map(|(_, fields)| fields);
                Scope { fields: fields.into_iter().flatten().map(named).collect(), keys: None }
            }
            Rows::Query(query) => {
                let field = |item: &crate::differential::sql::Item| Field {
                    sql: format!("{alias}.{}", item.name),
                    family: item.expr.family,
                    small: item.expr.small,
                    values: super::values_of(item.expr.family),
                };
                Scope { fields: query.items().iter().map(field).collect(), keys: None }
            }
        }
    }

    fn relation(&mut self, depth: u32) -> Relation {
        if !self.with.is_empty() && self.chance(60) {
            let index = self.below(self.with.len());
            return Relation { rows: Rows::With(self.with[index].0.clone()), alias: self.alias() };
        }
        if depth > 0 && self.chance(22) {
            let query = self.inner(depth - 1);
            return Relation { rows: Rows::Query(Box::new(query)), alias: self.alias() };
        }
        self.table()
    }

    /// FROM, its joins, and what is then in sight.
    pub(super) fn from(&mut self, depth: u32) -> (Select, Scope) {
        let first = self.relation(depth);
        let mut scope = self.scope_of(&first);
        let mut select = Select::all_of(first);
        let joins = match self.random.within(0..100) {
            0..46 => 0,
            46..84 => 1,
            _ => 2,
        };
        for _ in 0..joins {
            let relation = self.relation(depth);
            let right = self.scope_of(&relation);
            let join = self.join(&scope, relation, &right);
            scope.fields.extend(right.fields);
            scope.keys = scope.keys.zip(right.keys).map(|(left, right)| [left, right].concat());
            select.joins.push(join);
        }
        (select, scope)
    }

    fn join(&mut self, left: &Scope, relation: Relation, right: &Scope) -> Join {
        let kind = match self.random.within(0..100) {
            0..42 => "JOIN",
            42..70 => "LEFT JOIN",
            70..80 => "RIGHT JOIN",
            80..90 => "FULL JOIN",
            _ => "CROSS JOIN",
        };
        if kind == "CROSS JOIN" && !self.wide {
            self.wide = true;
            return Join { kind, relation, condition: Condition::None };
        }
        let kind = if kind == "CROSS JOIN" { "JOIN" } else { kind };
        let is_table = |scope: &Scope| scope.keys.as_ref().is_some_and(|keys| keys.len() == 1);
        if is_table(left) && is_table(right) && self.chance(12) {
            let column = self.one_of(&["k", "id", "k"]);
            return Join { kind, relation, condition: Condition::Using(column) };
        }
        let Some((one, other)) = self.pair(left, right) else {
            let on = Expr::leaf(Family::Bool, "(1 = 1)");
            // Postgres has no FULL JOIN without an equality of columns.
            let kind = if kind == "FULL JOIN" { "LEFT JOIN" } else { kind };
            return Join { kind, relation, condition: Condition::On(on) };
        };
        let template = if !self.wide && kind != "FULL JOIN" && self.chance(8) {
            self.wide = true;
            self.one_of(&["({} < {})", "({} >= {})", "({} <> {})", "({} IS NOT DISTINCT FROM {})"])
        } else {
            "({} = {})"
        };
        let mut on = Expr::of(Family::Bool, template, vec![one.expr().into(), other.expr().into()]);
        if kind != "FULL JOIN" && self.chance(28) {
            let both = Scope { fields: [left.fields.clone(), right.fields.clone()].concat(), keys: None };
            let more = self.predicate(&both, 1, Place::Value);
            on = Expr::of(Family::Bool, "({} AND {})", vec![on.into(), more.into()]);
        }
        Join { kind, relation, condition: Condition::On(on) }
    }
}
