//! Planning a query when it is loaded: its tables and columns are found, its output schema and its page are fixed.

use std::{path::Path, sync::Arc};

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::{DataFusionError, SchemaError},
    execution::session_state::SessionState,
    logical_expr::{LogicalPlan, Statement as PlanStatement},
    physical_plan::ExecutionPlan,
    sql::{
        parser::Statement as DfStatement,
        sqlparser::{
            ast::{self, Expr, Ident, SelectItem, SetExpr, Spanned as _, Statement, TimezoneInfo},
            tokenizer::Location,
        },
    },
};

use super::{
    catalogs::{self, Listings},
    federate,
    full_scan::{self, Pulled},
    kept::Plans,
    names, origin, output, page,
    paging::{self, Paging},
    run, seek,
    shaping::{self, Shaping},
};
use crate::{
    catalog::{Draft, Page, Param, Query, Select},
    model::{Place, Problem, ValueType, place::nearest},
};

/// A query that fits its sources.
#[derive(Debug)]
pub struct Prepared {
    /// The query as its file says.
    pub query: Arc<Query>,
    /// What it gives, in the words of its file, or in those of the source whose table it shows.
    pub description: Option<String>,
    /// How its rows are cut into pages.
    pub page: Page,
    /// How they follow one another, unless a view asks for another order.
    pub paging: Paging,
    /// What consumers may make of its rows.
    pub shaping: Shaping,
    /// The names and types in which rows leave, whatever the parameters and whatever is pushed down. Columns of a source
    /// that leave unchanged carry [`COMMENT`](crate::sources::COMMENT).
    pub schema: SchemaRef,
    /// SHA-256 of what cursors rely on: the columns and the order of pages.
    pub fingerprint: [u8; 32],
    /// `schema` without comments, which may change while the server runs.
    pub(super) contract: SchemaRef,
    /// Not optimized: parameters are still typed placeholders.
    pub(super) plan: LogicalPlan,
    /// The large tables that the whole result reads whole, as far as a try shows.
    pub(super) pulled: Vec<Pulled>,
    /// Plans with open parameters, made when they are first wanted.
    pub(super) plans: Plans,
}

/// Plans `query` over the sources in `listings`, all of those that it names.
///
/// # Errors
/// Everything that does not fit, with its place in the query's file.
pub(super) async fn prepare(
    query: &Arc<Query>,
    state: &SessionState,
    listings: &Listings,
) -> Result<Prepared, Vec<Problem>> {
    let (plan, sample) = plan(query.statement.clone(), &query.params, &query.place, state, listings).await?;
    // Only then branches of a union have one type.
    let coerced = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
    let coerced = coerced.map_err(|error| vec![planning_problem(&error, &query.place)])?;
    let contract = output::schema(&plan, &coerced);
    let page = page::settle(&query.page, &plan, &contract, listings, &query.place);
    let shaping = shaping::settle(&query.consumer, &contract);
    let (page, shaping) = match (page, shaping) {
        (Ok(page), Ok(shaping)) => (page, shaping),
        (page, shaping) => return Err([page.err(), shaping.err()].into_iter().flatten().flatten().collect()),
    };
    let comments = origin::columns(&plan).into_iter().map(|origin| {
        let origin = origin?;
        catalogs::find(listings, origin.table)?.column_comments.get(origin.column).map(String::as_str)
    });
    Ok(Prepared {
        query: Arc::clone(query),
        description: query.description.clone().or_else(|| comment(&plan, listings)),
        fingerprint: page::fingerprint(&contract, &page),
        paging: paging::settle(&page, seek::terms(&page), &plan),
        page,
        shaping,
        schema: output::commented(&contract, comments),
        contract,
        plan,
        pulled: sample.as_ref().map(full_scan::pulled).unwrap_or_default(),
        plans: Plans::new(),
    })
}

/// What the source says of the table whose rows `plan` gives.
fn comment(plan: &LogicalPlan, listings: &Listings) -> Option<String> {
    catalogs::find(listings, origin::rows(plan)?)?.comment.clone()
}

/// What else is wrong with a query whose file has mistakes, as far as they allow to see it.
pub(super) async fn check(draft: &Draft, state: &SessionState, listings: &Listings) -> Vec<Problem> {
    let Select { statement, place, .. } = &draft.select;
    let Some(params) = &draft.params else {
        return names::resolve(&mut statement.clone(), listings, &place.file).err().unwrap_or_default();
    };
    let plan = match plan(statement.clone(), params, place, state, listings).await {
        Ok((plan, _)) => plan,
        Err(problems) => return problems,
    };
    let schema = output::schema(&plan, &plan);
    let page = draft.page.iter().flat_map(|page| page::check(page, &schema));
    let consumer = draft.consumer.iter().filter_map(|consumer| shaping::settle(consumer, &schema).err()).flatten();
    page.chain(consumer).collect()
}

/// What came of trying to run a plan.
type Sample = Option<Arc<dyn ExecutionPlan>>;

/// Plans one SELECT whose placeholders are `params`, and tries to run it.
async fn plan(
    mut select: ast::Query,
    params: &[Param],
    at: &Place,
    state: &SessionState,
    listings: &Listings,
) -> Result<(LogicalPlan, Sample), Vec<Problem>> {
    let mut problems = names::resolve(&mut select, listings, &at.file).err().unwrap_or_default();
    problems.extend(unnamed_outputs(&select, &at.file));
    let qualified = qualified_outputs(&select);
    if !problems.is_empty() {
        return Err(problems);
    }
    // Only PREPARE gives placeholders their types before the rest is planned.
    let prepare = Statement::Prepare {
        name: Ident::new("query"),
        data_types: params.iter().map(|param| sql_type(&param.value_type)).collect(),
        statement: Box::new(Statement::Query(Box::new(select))),
    };
    let planned = state.statement_to_plan(DfStatement::Statement(Box::new(prepare))).await;
    let plan = match planned.map_err(|error| vec![planning_problem(&error, at)])? {
        LogicalPlan::Statement(PlanStatement::Prepare(prepare)) => Arc::unwrap_or_clone(prepare.input),
        other => other,
    };
    let mut problems = duplicate_outputs(&plan, at);
    problems.extend(unnamed_fields(&qualified, &plan, &at.file));
    let sample = sample(&plan, params, at, state).await.map_err(|problem| problems.push(problem));
    match sample {
        Ok(sample) if problems.is_empty() => Ok((plan, sample)),
        _ => Err(problems),
    }
}

/// What can be planned cannot always be run. Tried with the defaults, with NULL for what may be left out, and with some
/// value for what may not: a NULL would fold away the very conditions by which the query chooses its rows.
async fn sample(plan: &LogicalPlan, params: &[Param], at: &Place, state: &SessionState) -> Result<Sample, Problem> {
    let value = |param: &Param| match &param.default {
        Some(default) => default.clone(),
        None if param.optional => param.value_type.null(),
        None => param.value_type.example(),
    };
    let tried = match run::bind(plan.clone(), params.iter().map(value).collect()) {
        Ok(bound) => federate::physical(state, &bound).await.map(|federated| federated.plan),
        Err(error) => Err(error),
    };
    match tried {
        Ok(sample) => Ok(Some(sample)),
        Err(error) if params.is_empty() || matches!(error.find_root(), DataFusionError::NotImplemented(_)) => {
            Err(planning_problem(&error, at))
        }
        // Others may come from the values.
        Err(_) => Ok(None),
    }
}

fn sql_type(value_type: &ValueType) -> ast::DataType {
    match value_type {
        ValueType::Bool => ast::DataType::Boolean,
        ValueType::Int32 => ast::DataType::Integer(None),
        ValueType::Int64 => ast::DataType::BigInt(None),
        ValueType::Float64 => ast::DataType::DoublePrecision,
        ValueType::Decimal(precision, scale) => {
            ast::DataType::Decimal(ast::ExactNumberInfo::PrecisionAndScale(u64::from(*precision), i64::from(*scale)))
        }
        ValueType::String | ValueType::Uuid => ast::DataType::Text,
        ValueType::Date => ast::DataType::Date,
        ValueType::Timestamp => ast::DataType::Timestamp(Some(6), TimezoneInfo::None),
        ValueType::TimestampTz => ast::DataType::Timestamp(Some(6), TimezoneInfo::WithTimeZone),
        ValueType::List(item) => {
            ast::DataType::Array(ast::ArrayElemTypeDef::SquareBracket(Box::new(sql_type(item)), None))
        }
    }
}

/// The select list that names the columns.
fn outputs(select: &ast::Query) -> &[SelectItem] {
    let mut body = select.body.as_ref();
    loop {
        match body {
            SetExpr::Select(select) => return &select.projection,
            SetExpr::Query(query) => body = query.body.as_ref(),
            // The left side of a set operation names the columns.
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            _ => return &[],
        }
    }
}

/// Expressions of the select list that have no name of their own.
fn unnamed_outputs(select: &ast::Query, file: &Arc<Path>) -> Vec<Problem> {
    let unnamed = outputs(select).iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => None,
        SelectItem::UnnamedExpr(expr) => Some(expr),
        _ => None,
    });
    unnamed.map(|expr| unnamed_output(expr, file)).collect()
}

fn unnamed_output(expr: &Expr, file: &Arc<Path>) -> Problem {
    Problem::error(names::place(file, expr.span().start), format!("`{expr}` has no name"))
        .hint("output columns need names: add `AS name`")
}

/// What the select list writes as `a.b`: a column behind its table, or a field of a column.
fn qualified_outputs(select: &ast::Query) -> Vec<Expr> {
    let qualified = outputs(select).iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(_)) => Some(expr.clone()),
        _ => None,
    });
    qualified.collect()
}

/// A column keeps its name. A field of a column has none: the planner would call it `table.column[field]`.
fn unnamed_fields(qualified: &[Expr], plan: &LogicalPlan, file: &Arc<Path>) -> Vec<Problem> {
    let is_unnamed = |expr: &&Expr| match expr {
        Expr::CompoundIdentifier(parts) => {
            parts.last().is_some_and(|name| plan.schema().index_of_column_by_name(None, &names::normal(name)).is_none())
        }
        _ => false,
    };
    qualified.iter().filter(is_unnamed).map(|expr| unnamed_output(expr, file)).collect()
}

fn duplicate_outputs(plan: &LogicalPlan, at: &Place) -> Vec<Problem> {
    let mut seen = std::collections::BTreeSet::new();
    let mut problems: Vec<_> = plan
        .schema()
        .fields()
        .iter()
        .filter(|field| !seen.insert(field.name().as_str()))
        .map(|field| {
            Problem::error(at.clone(), format!("two output columns are named `{}`", field.name()))
                .hint("rename one with `AS`")
        })
        .collect();
    problems.dedup();
    problems
}

/// What the planner did not understand, where it says so, without the names of its own types.
fn planning_problem(error: &DataFusionError, at: &Place) -> Problem {
    let (place, mut message) = match error.diagnostic() {
        Some(diagnostic) => {
            let place = diagnostic.span.map_or_else(
                || at.clone(),
                |span| names::place(&at.file, Location { line: span.start.line, column: span.start.column }),
            );
            (place, diagnostic.message.clone())
        }
        None => (at.clone(), root_message(error)),
    };
    lower_first(&mut message);
    let problem = Problem::error(place, message.trim_end_matches('.'));
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                match nearest(field.name(), valid_fields.iter().map(datafusion::common::Column::name)) {
                    Some(name) => problem.hint(format!("did you mean `{name}`?")),
                    None => problem,
                }
            }
            SchemaError::AmbiguousReference { .. } => problem.hint("write the table before the column: `table.column`"),
            _ => problem,
        },
        _ => problem,
    }
}

fn root_message(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::Plan(text) | DataFusionError::NotImplemented(text) | DataFusionError::Execution(text) => {
            text.clone()
        }
        other => other.strip_backtrace(),
    }
}

fn lower_first(text: &mut String) {
    if let Some(first) = text.chars().next()
        && !text.chars().nth(1).is_some_and(char::is_uppercase)
    {
        text.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
    }
}
