//! A project over sources of any kind, opened in this process: rows as text, faults as they are.

use std::sync::Arc;

use aqueduct::{
    app::App,
    catalog::{self, Query},
    config::Environment,
    engine::{Cut, Explanation, Physical, Refusal, View, Wanted},
    model::{Code, Fault},
};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;

use super::engine::texts;
use crate::harness::project::Project;

/// An open project.
pub struct Opened(App);

impl Opened {
    /// With pushdown as it says.
    pub async fn with_pushdown(project: &Project, pushdown: &str) -> Self {
        let environment: Environment = [("AQUEDUCT_ENGINE__PUSHDOWN", pushdown)].into_iter().collect();
        Self(App::open(project.path(), &environment).await.unwrap_or_else(|problems| panic!("{problems}")))
    }

    /// With pushdown.
    pub async fn of(project: &Project) -> Self {
        Self::with_pushdown(project, "on").await
    }

    /// The rows as text, in order; the fault of what cannot be planned or run.
    pub async fn rows(&self, sql: &str) -> Result<Vec<String>, Fault> {
        let physical = self.plan(sql).await?;
        let batches: Vec<_> = physical.execute()?.try_collect().await?;
        Ok(batches.iter().flat_map(texts).collect())
    }

    /// Where the parts of a query run.
    pub async fn explain(&self, sql: &str) -> Explanation {
        let physical = self.plan(sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
        physical.explain("ad_hoc.sql", 0)
    }

    /// The statements that are sent.
    pub async fn statements(&self, sql: &str) -> Vec<String> {
        self.explain(sql).await.sources.into_iter().filter_map(|part| part.sql).collect()
    }

    async fn plan(&self, sql: &str) -> Result<Physical, Fault> {
        let sources: Vec<_> = self.0.project.sources.iter().map(|source| source.name.clone()).collect();
        let select = catalog::parse_ad_hoc(sql, &sources).unwrap_or_else(|problems| panic!("{sql}: {problems}"));
        let query = Arc::new(Query::ad_hoc(select));
        let snapshot = self.0.engine.snapshot_for(&query).await;
        let prepared = snapshot.prepare_ad_hoc(&query).await.map_err(|refusal| match refusal {
            Refusal::Fault(fault) => fault,
            Refusal::Problems(problems) => {
                let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
                Fault::new(Code::QueryUnavailable, said.join("; "))
            }
        })?;
        let cut = Cut::All { terms: Vec::new() };
        let wanted = Wanted { prepared: &prepared, view: &View::default(), values: Vec::new(), cut };
        snapshot.plan(&wanted, DateTime::<Utc>::UNIX_EPOCH).await
    }
}

/// Limits, projections, counts and joins over a table `s.numbers(n int, t text)` of the rows (1, 'a') to (20000, 'a').
pub async fn check_numbers(engine: &Opened) {
    for (sql, expected) in [
        ("SELECT count(*) AS v FROM s.numbers", "20000"),
        ("SELECT count(*) AS v FROM s.numbers WHERE n <= 5", "5"),
        ("SELECT sum(n) AS v FROM s.numbers", "200010000"),
        ("SELECT count(*) AS v FROM s.numbers WHERE t = 'a' AND n BETWEEN 2 AND 4", "3"),
        ("SELECT count(*) AS v FROM s.numbers WHERE t < 'a' OR n IS NULL", "0"),
        ("SELECT max(n) AS v FROM s.numbers", "20000"),
        ("SELECT count(*) AS v FROM (SELECT n FROM s.numbers LIMIT 3) AS l", "3"),
        ("SELECT count(*) AS v FROM (SELECT n FROM s.numbers LIMIT 3 OFFSET 19999) AS l", "1"),
        ("SELECT count(*) AS v FROM s.numbers a JOIN s.numbers b ON a.n = b.n JOIN s.numbers c ON b.n = c.n", "20000"),
        ("SELECT count(*) AS v FROM (SELECT n FROM s.numbers UNION ALL SELECT n FROM s.numbers) AS u", "40000"),
    ] {
        assert_eq!(engine.rows(sql).await, Ok(vec![expected.to_owned()]), "{sql}");
    }
    assert_eq!(engine.rows("SELECT 1 AS one FROM s.numbers WHERE n > 30000").await, Ok(vec![]));
    let last = engine.rows("SELECT n, t FROM s.numbers ORDER BY n DESC LIMIT 2").await;
    assert_eq!(last, Ok(vec!["20000|a".to_owned(), "19999|a".to_owned()]));
}
