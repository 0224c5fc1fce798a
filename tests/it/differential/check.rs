//! One query on every side.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    compare::{Rows, difference},
    engine::{Engine, Failure, Native},
    shrink,
    sql::{Dialect, Query},
};

/// The same project with pushdown and without.
pub struct Sides {
    pub on: Engine,
    pub off: Engine,
}

/// What came of a query.
#[derive(Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub native: NativeVerdict,
    /// The capabilities that its statements rely on.
    pub pushed: BTreeSet<String>,
}

#[derive(Debug)]
pub enum Verdict {
    /// So many rows, everywhere.
    Same(usize),
    /// Nobody can plan it.
    Refused(String),
    /// It fails without pushdown, so there is nothing to compare with.
    Fails(String),
    /// How the sides differ.
    Differs(String),
}

/// What Postgres itself said.
#[derive(Debug)]
pub enum NativeVerdict {
    /// It was not asked: its tables are elsewhere.
    Elsewhere,
    /// It was not asked: the documentation says that it means something else there.
    Documented(BTreeSet<&'static str>),
    /// It fails there.
    Fails(String),
    Same,
}

/// A query as each side gets it.
pub struct Case {
    /// With pushdown off.
    pub off: String,
    /// With pushdown on.
    pub on: String,
    /// In Postgres, or why not there.
    pub postgres: Result<String, NativeVerdict>,
    /// The output columns by which the rows are in order.
    pub order: Vec<String>,
}

impl Case {
    pub fn of(query: &Query) -> Self {
        let sql = query.sql(Dialect::Engine);
        let documented = query.differences();
        let postgres = if is_elsewhere(&sql) {
            Err(NativeVerdict::Elsewhere)
        } else if documented.is_empty() {
            Ok(query.sql(Dialect::Postgres))
        } else {
            Err(NativeVerdict::Documented(documented))
        };
        let order = query.order.iter().map(|order| order.column.clone()).collect();
        Self { on: sql.clone(), off: sql, postgres, order }
    }
}

/// Has it tables that are not in Postgres?
pub fn is_elsewhere(sql: &str) -> bool {
    sql.contains("lite.") || sql.contains("lake.")
}

/// Runs it with pushdown off and on, and in Postgres where that is to say the same.
pub async fn check(sides: &Sides, native: &mut Native, case: Case) -> Outcome {
    let mut outcome =
        Outcome { verdict: Verdict::Same(0), native: NativeVerdict::Elsewhere, pushed: BTreeSet::default() };
    let off = match sides.off.run(&case.off).await {
        Ok(answer) => Rows::of(&answer),
        Err(Failure::Refused(why)) => return Outcome { verdict: Verdict::Refused(why), ..outcome },
        Err(Failure::Evaluation(why)) => return Outcome { verdict: Verdict::Fails(why), ..outcome },
        Err(Failure::Broken(why)) => {
            return Outcome { verdict: Verdict::Differs(format!("without pushdown it breaks: {why}")), ..outcome };
        }
    };
    let on = match sides.on.run(&case.on).await {
        Ok(answer) => {
            outcome.pushed.clone_from(&answer.pushed);
            Rows::of(&answer)
        }
        Err(failure) => {
            let differs = format!("without pushdown {} rows; with it {failure:?}", off.rows.len());
            return Outcome { verdict: Verdict::Differs(differs), ..outcome };
        }
    };
    if let Some(difference) = difference(&case.order, &off, &on) {
        outcome.verdict = Verdict::Differs(format!("pushdown off and on: {difference}"));
        return outcome;
    }
    outcome.verdict = Verdict::Same(off.rows.len());
    outcome.native = match case.postgres {
        Err(why) => why,
        Ok(sql) => match native.run(&sql).await {
            Err(why) => NativeVerdict::Fails(why),
            Ok(rows) => {
                let found = match Rows::printed(&off.schema, &rows) {
                    Some(rows) => difference(&case.order, &off, &rows),
                    None => Some("another number of columns".to_owned()),
                };
                if let Some(found) = found {
                    outcome.verdict = Verdict::Differs(format!("here and in Postgres: {found}"));
                }
                NativeVerdict::Same
            }
        },
    };
    outcome
}

/// A query that differs: its seed, how, the smallest form, and what each side makes of that.
pub async fn explained(sides: &Sides, native: &mut Native, seed: u64, query: Query) -> String {
    let original = query.sql(Dialect::Engine);
    let smallest = shrink::smallest(sides, native, query).await;
    let sql = smallest.sql(Dialect::Engine);
    let mut text = format!("SEED={seed} QUERIES=1\nquery:    {original}\nsmallest: {sql}\n");
    if let Verdict::Differs(how) = check(sides, native, Case::of(&smallest)).await.verdict {
        let _ = writeln!(text, "differs:  {how}");
    }
    for (side, engine) in [("off", &sides.off), ("on", &sides.on)] {
        let _ = writeln!(text, "{side}: {}", shown(engine, &sql).await);
    }
    if let Ok(explanation) = sides.on.explain(&sql).await {
        for part in explanation.sources {
            let _ = writeln!(text, "sent to {}: {}", part.source, part.sql.unwrap_or_default());
        }
    }
    if !is_elsewhere(&sql) {
        let sql = smallest.sql(Dialect::Postgres);
        let _ = writeln!(text, "postgres: {sql}\n{:.500}", format!("{:?}", native.run(&sql).await));
    }
    text
}

async fn shown(engine: &Engine, sql: &str) -> String {
    match engine.run(sql).await {
        Ok(answer) => {
            let rows = Rows::of(&answer);
            let schema: Vec<_> = rows.schema.fields().iter().map(|field| field.data_type().to_string()).collect();
            format!("{schema:?}\n{:.500}", format!("{:?}", rows.rows))
        }
        Err(failure) => format!("{failure:?}"),
    }
}
