//! The suite bites: faults that a pushdown might have are seeded, and each is caught within the seeds of every run.

use super::{
    QUERIES, block_on,
    check::{Case, Sides, Verdict, check},
    data::World,
    engine::Native,
    generate,
    sql::{Body, Condition, Dialect, Expr, Query, Relation, Rows, Select},
    wire::Wire,
};

#[test]
fn altered_statements_are_caught() {
    block_on(async {
        let world = World::new().await;
        let collation = |sql: &str| sql.replace(" COLLATE \"C\"", "");
        let nulls = |sql: &str| sql.replace("NULLS FIRST", "NULLS LAST");
        caught_on_the_wire(&world, "a COLLATE is dropped", collation).await;
        caught_on_the_wire(&world, "NULLS FIRST is flipped", nulls).await;
    });
}

#[test]
fn faulty_rewrites_are_caught() {
    block_on(async {
        let world = World::new().await;
        let sides = Sides { on: world.open(true).await, off: world.open(false).await };
        let mut native = Native::connect(&world.reference).await;
        for (fault, rewrite) in [
            ("a filter moves under an outer join", filter_under_outer_join as fn(&Query) -> Option<Query>),
            ("a limit moves below a join", limit_below_join),
        ] {
            let mut tried = 0;
            let mut caught = None;
            for seed in 0..QUERIES {
                let query = generate::query(seed);
                let Some(faulty) = rewrite(&query) else { continue };
                if !is_sound(&sides, &mut native, &query).await {
                    continue;
                }
                tried += 1;
                let case = Case { on: faulty.sql(Dialect::Engine), ..Case::of(&query) };
                if let Verdict::Differs(how) = check(&sides, &mut native, case).await.verdict {
                    caught = Some((seed, how));
                    break;
                }
            }
            let (seed, how) = caught.unwrap_or_else(|| panic!("{fault}: nobody notices, {tried} queries tried"));
            println!("{fault}: {tried} queries tried, caught by seed {seed}: {how:.200}");
        }
    });
}

/// Some query that sends what `alter` changes gives other rows.
async fn caught_on_the_wire(world: &World, fault: &str, alter: fn(&str) -> String) {
    let wire = Wire::before(&world.database.url, alter).await;
    let sides = Sides { on: world.open_through(&wire.url).await, off: world.open(false).await };
    let honest = Sides { on: world.open(true).await, off: world.open(false).await };
    let mut native = Native::connect(&world.reference).await;
    let mut tried = 0;
    for seed in 0..QUERIES {
        let query = generate::query(seed);
        let sql = query.sql(Dialect::Engine);
        if !sql.contains("pg.") {
            continue;
        }
        let Ok(explanation) = sides.on.explain(&sql).await else { continue };
        let mut statements = explanation.sources.iter().filter_map(|part| part.sql.as_deref());
        if !statements.any(|sql| alter(sql) != sql) || !is_sound(&honest, &mut native, &query).await {
            continue;
        }
        tried += 1;
        if let Verdict::Differs(how) = check(&sides, &mut native, Case::of(&query)).await.verdict {
            println!("{fault}: {tried} queries tried, caught by seed {seed}: {how:.200}");
            return;
        }
    }
    panic!("{fault}: nobody notices, {tried} queries tried");
}

/// Without the fault nothing differs.
async fn is_sound(sides: &Sides, native: &mut Native, query: &Query) -> bool {
    matches!(check(sides, native, Case::of(query)).await.verdict, Verdict::Same(_))
}

/// WHERE over the inner side of a LEFT JOIN, moved into that side.
fn filter_under_outer_join(query: &Query) -> Option<Query> {
    let mut faulty = query.clone();
    let select = selection(&mut faulty)?;
    let filter = select.filter.take()?;
    let mut joins = select.joins.iter_mut();
    let join = joins.find(|join| {
        join.kind == "LEFT JOIN" && only_speaks_of(&filter, &join.relation.alias) && is_on(&join.condition)
    })?;
    join.relation = narrowed(&join.relation, |inner, _| inner.filter = Some(filter))?;
    Some(faulty)
}

/// LIMIT over a join, moved to its first side.
fn limit_below_join(query: &Query) -> Option<Query> {
    let mut faulty = query.clone();
    let limit = query.limit?;
    let select = selection(&mut faulty)?;
    if select.joins.is_empty() || select.distinct {
        return None;
    }
    select.from = narrowed(&select.from, |_, query| *query = Some(limit))?;
    Some(faulty)
}

fn selection(query: &mut Query) -> Option<&mut Select> {
    match &mut query.body {
        Body::Select(select) => Some(select),
        Body::Set { .. } => None,
    }
}

/// A table as `(SELECT * FROM table …)`, under the same alias.
fn narrowed(relation: &Relation, change: impl FnOnce(&mut Select, &mut Option<u64>)) -> Option<Relation> {
    matches!(relation.rows, Rows::Table { .. }).then_some(())?;
    let (mut select, mut limit) = (Select::all_of(relation.clone()), None);
    change(&mut select, &mut limit);
    let query = Query { limit, ..Query::new(Body::Select(Box::new(select))) };
    Some(Relation { rows: Rows::Query(Box::new(query)), alias: relation.alias.clone() })
}

fn is_on(condition: &Condition) -> bool {
    matches!(condition, Condition::On(_))
}

/// Does it name columns of this alias and of no other?
fn only_speaks_of(expr: &Expr, alias: &str) -> bool {
    let sql = expr.sql(Dialect::Engine);
    let words = sql.split(|c: char| !c.is_alphanumeric() && c != '.');
    let mut columns = words.filter_map(|word| word.split_once('.')).filter(|(table, _)| table.starts_with('t'));
    !sql.contains("SELECT") && columns.clone().next().is_some() && columns.all(|(table, _)| table == alias)
}
