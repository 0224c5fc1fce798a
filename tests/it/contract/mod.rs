//! What every source must do, checked with pushdown on and off.

mod adbc;
mod capabilities;
mod checklist;
mod clickhouse;
mod databricks;
mod delta;
pub mod engine;
mod files;
mod flightsql;
mod mysql;
mod opened;
pub mod postgres;
mod property;
mod redshift;
mod sqlite;
mod values;

use engine::Engine;
use futures::StreamExt;

/// Each predicate selects the same rows with pushdown on and off, and is pushed (or is not) as it says.
async fn check_predicates(on: &Engine, off: &Engine, table: &str, predicates: &[(&str, bool)]) {
    for (predicate, pushed) in predicates {
        for select in ["*", "count(*)"] {
            let sql = format!("SELECT {select} FROM {table} WHERE {predicate}");
            assert_eq!(on.rows(&sql).await, off.rows(&sql).await, "{sql}");
            let statements = on.statements(&sql).await;
            assert_eq!(statements.len(), 1, "{sql}");
            assert_eq!(statements[0].sql.contains(" WHERE "), *pushed, "{sql}: {}", statements[0].sql);
            let filtered = on.explain(&sql).await.contains("FilterExec");
            assert_eq!(filtered, !pushed, "{sql}: {}", on.explain(&sql).await);
            assert!(off.statements(&sql).await.iter().all(|statement| statement.binds == 0), "{sql}");
        }
    }
}

/// Rows come in the same order with pushdown on and off, by each column (and `tie`), both ways, NULLs at both ends, whole
/// and limited. Whether the source is asked to sort by the column is as it says.
async fn check_orders(on: &Engine, off: &Engine, table: &str, tie: &str, columns: &[(&str, bool)]) {
    for (column, pushed) in columns {
        for (direction, nulls) in [("ASC", "FIRST"), ("ASC", "LAST"), ("DESC", "FIRST"), ("DESC", "LAST")] {
            for tail in ["", " LIMIT 2", " LIMIT 2 OFFSET 1"] {
                let sql = format!(
                    "SELECT {tie}, {column} FROM {table} ORDER BY {column} {direction} NULLS {nulls}, {tie} DESC{tail}"
                );
                assert_eq!(on.rows_in_order(&sql).await, off.rows_in_order(&sql).await, "{sql}");
                let statements = on.statements(&sql).await;
                assert_eq!(statements.len(), 1, "{sql}");
                let asked = &statements[0].sql;
                assert_eq!(asked.contains(" ORDER BY "), *pushed, "{sql}: {asked}");
                assert_eq!(asked.contains(" LIMIT "), *pushed && !tail.is_empty(), "{sql}: {asked}");
            }
        }
    }
}

/// What is pushed of limits and projections over [`check_rows`]'s table, and that nothing of it changes the rows.
async fn check_shapes(on: &Engine, off: &Engine) {
    let limited = on.statements("SELECT n FROM numbers LIMIT 3").await;
    assert!(limited[0].sql.contains(" LIMIT "), "{}", limited[0].sql);
    assert!(!limited[0].sql.contains("\"t\""), "{}", limited[0].sql);
    let below_filter = on.statements("SELECT n FROM numbers WHERE upper(t) = 'A' LIMIT 3").await;
    assert!(!below_filter[0].sql.contains(" LIMIT "), "{}", below_filter[0].sql);
    for engine in [on, off] {
        check_rows(engine).await;
    }
}

/// Limits, projections and counts over a table `numbers(n int, t text)` of the rows (1, 'a') to (20000, 'a').
async fn check_rows(engine: &Engine) {
    assert_eq!(engine.rows("SELECT n FROM numbers LIMIT 3").await.map(|rows| rows.len()), Ok(3));
    assert_eq!(engine.rows("SELECT n FROM numbers WHERE n > 10 LIMIT 3").await.map(|rows| rows.len()), Ok(3));
    assert_eq!(engine.rows("SELECT n FROM numbers LIMIT 3 OFFSET 19999").await.map(|rows| rows.len()), Ok(1));
    assert_eq!(engine.rows("SELECT count(*) FROM numbers").await, Ok(vec!["20000".to_owned()]));
    assert_eq!(engine.rows("SELECT count(*) FROM numbers WHERE n <= 5").await, Ok(vec!["5".to_owned()]));
    assert_eq!(engine.rows("SELECT sum(n) FROM numbers").await, Ok(vec!["200010000".to_owned()]));
    assert_eq!(engine.rows("SELECT 1 FROM numbers WHERE n > 30000").await, Ok(vec![]));
    assert_eq!(
        engine.rows_in_order("SELECT n, t FROM numbers ORDER BY n DESC LIMIT 2").await,
        Ok(vec!["20000|a".to_owned(), "19999|a".to_owned()])
    );
    assert_eq!(
        engine.rows("SELECT count(*) FROM numbers WHERE t = 'a' AND n BETWEEN 2 AND 4").await,
        Ok(vec!["3".into()])
    );
    assert_eq!(engine.rows("SELECT count(*) FROM numbers WHERE t < 'a' OR n IS NULL").await, Ok(vec!["0".into()]));
    let mut stream = engine.stream("SELECT n FROM numbers").await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()), "a stream begins");
    drop(stream);
    // What was left behind is not in the way.
    assert_eq!(engine.rows("SELECT max(n) FROM numbers").await, Ok(vec!["20000".to_owned()]));
}

/// Queries that read one table several times in every order finish with the connections there are.
async fn check_one_connection(engine: &Engine) {
    let patience = std::time::Duration::from_mins(1);
    for (sql, expected) in [
        ("SELECT count(*) FROM numbers a JOIN numbers b ON a.n = b.n JOIN numbers c ON b.n = c.n", "20000"),
        (
            "SELECT count(*) FROM (SELECT n FROM numbers UNION ALL SELECT n FROM numbers UNION ALL SELECT n FROM numbers)",
            "60000",
        ),
        (
            "SELECT sum(n) FROM (SELECT * FROM (SELECT n, t FROM numbers UNION ALL SELECT -n, t FROM numbers UNION ALL \
             SELECT 0, t FROM numbers) ORDER BY n)",
            "0",
        ),
        ("SELECT count(*) FROM (SELECT 1 FROM numbers UNION ALL SELECT 1 FROM numbers)", "40000"),
    ] {
        let rows = tokio::time::timeout(patience, engine.rows(sql)).await.unwrap_or_else(|_| panic!("{sql} hangs"));
        assert_eq!(rows, Ok(vec![expected.to_owned()]), "{sql}");
    }
}
