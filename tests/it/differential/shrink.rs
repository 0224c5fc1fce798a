//! A failing query made smaller, one step at a time, for as long as it still fails.

use super::{
    check::{Case, Sides, Verdict, check},
    engine::Native,
    sql::{Body, Condition, Expr, Family, Item, Join, Part, Query, Relation, Rows, Select},
};

/// The most queries that are tried.
const ATTEMPTS: usize = 400;

/// The smallest query found on the way from `query` that still differs between the sides.
pub async fn smallest(sides: &Sides, native: &mut Native, mut query: Query) -> Query {
    let mut attempts = 0;
    'smaller: loop {
        for candidate in queries(&query) {
            attempts += 1;
            if attempts > ATTEMPTS {
                return query;
            }
            if matches!(check(sides, native, Case::of(&candidate)).await.verdict, Verdict::Differs(_)) {
                query = candidate;
                continue 'smaller;
            }
        }
        return query;
    }
}

/// Everything one step smaller than `query`; the largest steps first. What is not valid SQL any more fails nowhere.
fn queries(query: &Query) -> Vec<Query> {
    let mut found = Vec::new();
    if let Body::Set { left, right, .. } = &query.body {
        for side in [left, right] {
            found.push(Query { with: query.with.clone(), ..Query::clone(side) });
        }
    }
    for index in 0..query.with.len() {
        let mut smaller = query.clone();
        smaller.with.remove(index);
        found.push(smaller);
    }
    let is_cut = query.limit.is_some() || query.offset.is_some();
    if is_cut {
        found.push(Query { limit: None, offset: None, ..query.clone() });
        if query.limit.is_some() && query.offset.is_some() {
            found.push(Query { offset: None, ..query.clone() });
        }
    } else if !query.order.is_empty() {
        // Behind a limit the order stays whole: else the rows would be anyone's choice.
        found.push(Query { order: Vec::new(), ..query.clone() });
        found.extend((0..query.order.len()).map(|index| {
            let mut smaller = query.clone();
            smaller.order.remove(index);
            smaller
        }));
    }
    found.extend((0..query.items().len()).filter_map(|index| without_column(query, index)));
    match &query.body {
        Body::Select(select) => {
            let smaller = selects(select).into_iter();
            found.extend(smaller.map(|select| Query { body: Body::Select(Box::new(select)), ..query.clone() }));
        }
        Body::Set { operator, left, right } => {
            let body = |left: &Query, right: &Query| Body::Set {
                operator,
                left: Box::new(left.clone()),
                right: Box::new(right.clone()),
            };
            let smaller_left = queries(left).into_iter().map(|smaller| body(&smaller, right));
            let smaller_right = queries(right).into_iter().map(|smaller| body(left, &smaller));
            found.extend(smaller_left.chain(smaller_right).map(|body| Query { body, ..query.clone() }));
        }
    }
    for (index, (_, with)) in query.with.iter().enumerate() {
        found.extend(queries(with).into_iter().map(|smaller| {
            let mut changed = query.clone();
            changed.with[index].1 = smaller;
            changed
        }));
    }
    found
}

/// Without the output column at `index`, and without its order.
fn without_column(query: &Query, index: usize) -> Option<Query> {
    let mut smaller = query.clone();
    let name = query.items().get(index).filter(|_| query.items().len() > 1)?.name.clone();
    smaller.order.retain(|order| order.column != name);
    match &mut smaller.body {
        Body::Select(select) => {
            select.items.remove(index);
        }
        Body::Set { left, right, .. } => {
            **left = without_column(left, index)?;
            **right = without_column(right, index)?;
        }
    }
    Some(smaller)
}

fn selects(select: &Select) -> Vec<Select> {
    let mut found = Vec::new();
    for index in 0..select.joins.len() {
        let mut smaller = select.clone();
        smaller.joins.remove(index);
        found.push(smaller);
    }
    if select.filter.is_some() {
        found.push(Select { filter: None, ..select.clone() });
    }
    if select.having.is_some() {
        found.push(Select { having: None, ..select.clone() });
    }
    if select.distinct {
        found.push(Select { distinct: false, ..select.clone() });
    }
    for index in 0..select.group.len() {
        let mut smaller = select.clone();
        smaller.group.remove(index);
        found.push(smaller);
    }
    found.extend(relations(&select.from).into_iter().map(|from| Select { from, ..select.clone() }));
    for (index, join) in select.joins.iter().enumerate() {
        found.extend(joins(join).into_iter().map(|join| {
            let mut smaller = select.clone();
            smaller.joins[index] = join;
            smaller
        }));
    }
    let filters = select.filter.iter().flat_map(exprs);
    found.extend(filters.map(|filter| Select { filter: Some(filter), ..select.clone() }));
    let havings = select.having.iter().flat_map(exprs);
    found.extend(havings.map(|having| Select { having: Some(having), ..select.clone() }));
    for (index, item) in select.items.iter().enumerate() {
        found.extend(exprs(&item.expr).into_iter().map(|expr| {
            let mut smaller = select.clone();
            // What is grouped by stays what is shown.
            let shown = item.expr.sql(super::sql::Dialect::Engine);
            for key in &mut smaller.group {
                if key.sql(super::sql::Dialect::Engine) == shown {
                    *key = expr.clone();
                }
            }
            smaller.items[index] = Item { expr, name: item.name.clone() };
            smaller
        }));
    }
    found
}

fn relations(relation: &Relation) -> Vec<Relation> {
    let Rows::Query(query) = &relation.rows else { return Vec::new() };
    let smaller = queries(query).into_iter();
    smaller.map(|query| Relation { rows: Rows::Query(Box::new(query)), alias: relation.alias.clone() }).collect()
}

fn joins(join: &Join) -> Vec<Join> {
    let mut found = Vec::new();
    if matches!(join.kind, "LEFT JOIN" | "RIGHT JOIN" | "FULL JOIN") {
        found.push(Join { kind: "JOIN", ..join.clone() });
    }
    found.extend(relations(&join.relation).into_iter().map(|relation| Join { relation, ..join.clone() }));
    if let Condition::On(expr) = &join.condition {
        found.extend(exprs(expr).into_iter().map(|expr| Join { condition: Condition::On(expr), ..join.clone() }));
    }
    found
}

/// What stands inside of `expr` and is of its family, a constant, and `expr` with smaller parts. A leaf is smallest.
fn exprs(expr: &Expr) -> Vec<Expr> {
    if expr.parts().is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    inside(expr, expr.family, &mut found);
    found.push(constant(expr.family));
    for (index, part) in expr.parts().iter().enumerate() {
        let smaller: Vec<Part> = match part {
            Part::Expr(part) => exprs(part).into_iter().map(Part::from).collect(),
            Part::Query(query) => queries(query).into_iter().map(Part::from).collect(),
        };
        found.extend(smaller.into_iter().map(|part| expr.with_part(index, part)));
    }
    found
}

fn inside(expr: &Expr, family: Family, found: &mut Vec<Expr>) {
    for part in expr.parts() {
        if let Part::Expr(part) = part {
            if part.family == family {
                found.push(part.clone());
            }
            inside(part, family, found);
        }
    }
}

fn constant(family: Family) -> Expr {
    let text = match family {
        Family::Bool => "true",
        Family::Int => "1",
        Family::Decimal => "1.5",
        Family::Float => "CAST('1.5' AS double precision)",
        Family::Text => "'a'",
        Family::Date => "DATE '2024-02-29'",
        Family::Timestamp => "TIMESTAMP '2024-02-29 12:00:00'",
        Family::Instant => "CAST('2024-02-29T12:00:00Z' AS timestamptz)",
        Family::Binary => "x'61'",
    };
    Expr::leaf(family, text)
}
