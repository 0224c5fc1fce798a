//! The allow-list of plan nodes, and how each is laid onto the SELECT below it.

use std::collections::HashSet;

use datafusion::{
    catalog::TableProvider,
    common::{DFSchema, JoinType, NullEquality},
    datasource::source_as_provider,
    logical_expr::{
        Aggregate, Distinct, Expr, FetchType, Filter, Join, Limit, LogicalPlan, Operator, Projection, SkipType, Sort,
        SortExpr, TableScan, Union, Window, binary_expr, utils::split_conjunction,
    },
    scalar::ScalarValue,
};

use super::{
    Block, Printed, Printer, Reason, Scalar, Scope,
    subquery::{has_exact_membership, has_no_membership, has_subquery},
};
use crate::sources::sql::{Class, SqlTable, table::chosen};

impl Printer<'_> {
    /// `plan` as one SELECT, inside the query whose columns are `outer`.
    pub(super) fn relation(&mut self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Printed<Block> {
        let block = self.operator(plan, outer)?;
        // Scopes find columns by their places.
        let width = plan.schema().fields().len();
        if block.columns.len() == width { Ok(block) } else { Err(Reason::new("columns that are told twice")) }
    }

    fn operator(&mut self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Printed<Block> {
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan, outer),
            LogicalPlan::Projection(projection) => self.projection(projection, outer),
            LogicalPlan::Filter(filter) => self.filter(filter, outer),
            LogicalPlan::Aggregate(aggregate) => self.aggregation(aggregate, outer),
            LogicalPlan::Window(window) => self.windows(window, outer),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let block = self.relation(input, outer)?;
                self.distinct(block)
            }
            LogicalPlan::Sort(sort) => self.sort(sort, outer),
            LogicalPlan::Limit(limit) => self.limit(limit, outer),
            LogicalPlan::Join(join) => self.join(join, outer),
            LogicalPlan::Union(union) => self.union(union, outer),
            LogicalPlan::SubqueryAlias(alias) => match self.shared(plan)? {
                Some(block) => Ok(block),
                None => self.relation(&alias.input, outer),
            },
            LogicalPlan::Subquery(subquery) => self.relation(&subquery.subquery, outer),
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
                self.node("one row")?;
                Ok(Block::row())
            }
            other => Err(Reason::new(format!("{} is not sent to sources", name_of(other)))),
        }
    }

    fn scan(&mut self, scan: &TableScan, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("scan")?;
        let provider = source_as_provider(&scan.source).map_err(|_| Reason::new("a table of no source"))?;
        let Some(table) = provider.downcast_ref::<SqlTable>() else {
            return Err(Reason::new(format!("`{}` is not in `{}`", scan.table_name, self.source)));
        };
        let mut block = Block::table(table);
        if outer.is_some() {
            block.name(self);
        }
        let schema = DFSchema::try_from_qualified_schema(scan.table_name.clone(), &table.schema())
            .map_err(|error| Reason::new(error.strip_backtrace()))?;
        self.keep(&mut block, &scan.filters, &schema, outer)?;
        if let Some(projection) = &scan.projection {
            block.columns = projection.iter().map(|index| block.columns[*index].clone()).collect();
        }
        self.first(block, scan.fetch)
    }

    /// Keeps the rows of `block` of which all `predicates` are true.
    fn keep(
        &mut self,
        block: &mut Block,
        predicates: &[Expr],
        schema: &DFSchema,
        outer: Option<&Scope<'_>>,
    ) -> Printed<()> {
        for predicate in predicates.iter().flat_map(split_conjunction) {
            if matches!(predicate, Expr::Literal(ScalarValue::Boolean(Some(true)), _)) {
                continue;
            }
            if has_subquery(predicate) {
                block.name(self);
            }
            has_exact_membership(predicate)?;
            let condition = self.condition(predicate, &Scope::new(schema, &block.columns, outer))?;
            block.filter(condition);
            block.rows = block.rows.map(chosen);
        }
        Ok(())
    }

    fn filter(&mut self, filter: &Filter, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node(if matches!(*filter.input, LogicalPlan::Aggregate(_)) { "having" } else { "filter" })?;
        let block = self.relation(&filter.input, outer)?;
        never_fails(&block)?;
        let mut block = block.filterable(self);
        self.keep(&mut block, std::slice::from_ref(&filter.predicate), filter.input.schema(), outer)?;
        Ok(block)
    }

    fn projection(&mut self, projection: &Projection, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("projection")?;
        let schema = projection.input.schema();
        let block = self.relation(&projection.input, outer)?;
        if block.is_cut_distinct() && !is_reordering(projection) {
            // Other columns would be distinct in another way, and around a derived table the order is lost.
            return Err(Reason::new("some columns of rows that are distinct and ordered"));
        }
        let mut block = block.projectable(&uses(&projection.expr, schema), self);
        if projection.expr.iter().any(has_subquery) {
            block.name(self);
        }
        block.columns = self.scalars(&projection.expr, &Scope::new(schema, &block.columns, outer))?;
        if block.is_limited() {
            // Sources compute what is shown before they order and cut.
            never_fails(&block)?;
        }
        Ok(block)
    }

    /// Values of rows, none of which is a condition.
    fn scalars(&mut self, exprs: &[Expr], scope: &Scope<'_>) -> Printed<Vec<Scalar>> {
        exprs.iter().try_for_each(has_no_membership)?;
        exprs.iter().map(|expr| self.scalar(expr, scope)).collect()
    }

    fn aggregation(&mut self, aggregate: &Aggregate, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("group by")?;
        let schema = aggregate.input.schema();
        let mut block = self.relation(&aggregate.input, outer)?.groupable(self);
        if aggregate.group_expr.iter().chain(&aggregate.aggr_expr).any(has_subquery) {
            block.name(self);
        }
        let scope = Scope::new(schema, &block.columns, outer);
        // The engine shows a key that is named twice once.
        let mut keys = aggregate.group_expr.clone();
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        let mut columns = self.scalars(&keys, &scope)?;
        columns.iter_mut().try_for_each(|column| identify(column, Scalar::key))?;
        let key =
            |key: &Scalar| key.class().map_or_else(|| key.select.clone(), |of| self.dialect.group_key(of, &key.select));
        let keys = columns.iter().map(key).collect();
        for expr in &aggregate.aggr_expr {
            columns.push(self.aggregate(expr, &scope)?);
        }
        block.group(keys, columns);
        Ok(block)
    }

    fn windows(&mut self, window: &Window, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("window")?;
        let mut block = self.relation(&window.input, outer)?.windowable(self);
        let scope = Scope::new(window.input.schema(), &block.columns, outer);
        let columns = window.window_expr.iter().map(|expr| self.window(expr, &scope)).collect::<Printed<_>>()?;
        block.window(columns);
        Ok(block)
    }

    fn distinct(&mut self, block: Block) -> Printed<Block> {
        self.node("distinct")?;
        let mut block = block.distinct(self);
        block.columns.iter_mut().try_for_each(|column| identify(column, |column| column.identity(self.dialect)))?;
        Ok(block)
    }

    fn sort(&mut self, sort: &Sort, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("sort")?;
        let mut block = self.relation(&sort.input, outer)?.sortable(self);
        let terms = self.order(&sort.expr, &Scope::new(sort.input.schema(), &block.columns, outer))?;
        block.sort(terms);
        self.first(block, sort.fetch)
    }

    /// The terms of an ORDER BY.
    pub(super) fn order(&mut self, terms: &[SortExpr], scope: &Scope<'_>) -> Printed<Vec<String>> {
        let term = |term: &SortExpr| {
            let scalar = self.scalar(&term.expr, scope)?;
            let term_of = scalar.order_term(term.asc, term.nulls_first, self.dialect);
            term_of.ok_or_else(|| Reason::new(format!("the source may order `{}` in another way", term.expr)))
        };
        terms.iter().map(term).collect()
    }

    /// The first rows of `block`, if not all are wanted.
    fn first(&mut self, block: Block, fetch: Option<usize>) -> Printed<Block> {
        let Some(rows) = fetch else { return Ok(block) };
        is_cut_after(&block)?;
        let fetch = self.count(rows)?;
        Ok(block.limit(None, Some(fetch), self))
    }

    fn limit(&mut self, limit: &Limit, outer: Option<&Scope<'_>>) -> Printed<Block> {
        let block = self.relation(&limit.input, outer)?;
        is_cut_after(&block)?;
        let (Ok(SkipType::Literal(skip)), Ok(FetchType::Literal(fetch))) =
            (limit.get_skip_type(), limit.get_fetch_type())
        else {
            return Err(Reason::new("a LIMIT that is no number"));
        };
        let fetch = fetch.map(|rows| self.count(rows)).transpose()?;
        let skip = if skip > 0 { Some(self.count(skip)?.0) } else { None };
        Ok(block.limit(skip, fetch, self))
    }

    /// A place for a number of rows, and the number.
    fn count(&mut self, rows: usize) -> Printed<(String, u64)> {
        self.node("limit")?;
        let number = i64::try_from(rows).map_err(|_| Reason::new("a LIMIT that no source takes"))?;
        Ok((self.dialect.row_count(number, &mut self.binds), number.unsigned_abs()))
    }

    fn join(&mut self, join: &Join, outer: Option<&Scope<'_>>) -> Printed<Block> {
        match join.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => self.combination(join, outer),
            JoinType::LeftSemi => self.existence(join, (&join.left, &join.right), false, outer),
            JoinType::LeftAnti if !join.null_aware => self.existence(join, (&join.left, &join.right), true, outer),
            JoinType::RightSemi => self.existence(join, (&join.right, &join.left), false, outer),
            JoinType::RightAnti => self.existence(join, (&join.right, &join.left), true, outer),
            JoinType::LeftAnti | JoinType::LeftMark | JoinType::RightMark => {
                Err(Reason::new(format!("{} joins are not sent to sources", join.join_type)))
            }
        }
    }

    /// The pairs of rows for which the join's conditions are true.
    fn combination(&mut self, join: &Join, outer: Option<&Scope<'_>>) -> Printed<Block> {
        let is_padded = |of: &[JoinType]| of.contains(&join.join_type);
        let is_full = join.join_type == JoinType::Full;
        let left_padded = is_padded(&[JoinType::Right, JoinType::Full]);
        let right_padded = is_padded(&[JoinType::Left, JoinType::Full]);
        let mut left = self.relation(&join.left, outer)?.joinable(left_padded, self);
        let mut right = self.relation(&join.right, outer)?.joinable(right_padded, self);
        if is_full {
            if join.filter.is_some() || join.on.is_empty() || join.null_equality == NullEquality::NullEqualsNull {
                return Err(Reason::new("a FULL JOIN on anything but equal columns"));
            }
            left = if left.is_filtered() { left.derived(self) } else { left };
            right = if right.is_filtered() { right.derived(self) } else { right };
        }
        let columns: Vec<_> = left.columns.iter().chain(&right.columns).cloned().collect();
        let conditions = self.join_conditions(join, &Scope::new(&join.schema, &columns, outer))?;
        self.node(match join.join_type {
            JoinType::Left => "left join",
            JoinType::Right => "right join",
            JoinType::Full => "full join",
            _ if conditions.is_empty() => "cross join",
            _ => "inner join",
        })?;
        let mut joined = left.join(join.join_type, right, conditions);
        for (column, field) in joined.columns.iter_mut().zip(join.schema.fields()) {
            column.nullable |= field.is_nullable();
        }
        Ok(joined)
    }

    fn join_conditions(&mut self, join: &Join, scope: &Scope<'_>) -> Printed<Vec<String>> {
        let op = match join.null_equality {
            NullEquality::NullEqualsNothing => Operator::Eq,
            NullEquality::NullEqualsNull => Operator::IsNotDistinctFrom,
        };
        let pairs = join.on.iter().map(|(left, right)| binary_expr(left.clone(), op, right.clone()));
        let filters = join.filter.iter().flat_map(split_conjunction).cloned();
        let is_trivial = |expr: &Expr| matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _));
        pairs.chain(filters).filter(|expr| !is_trivial(expr)).map(|expr| self.condition(&expr, scope)).collect()
    }

    /// The rows of one side for which there is one on the other side, or none.
    fn existence(
        &mut self,
        join: &Join,
        (kept, tested): (&LogicalPlan, &LogicalPlan),
        negated: bool,
        outer: Option<&Scope<'_>>,
    ) -> Printed<Block> {
        self.node(if negated { "anti join" } else { "semi join" })?;
        let mut kept_rows = self.relation(kept, outer)?.joinable(false, self);
        let mut tested_rows = self.relation(tested, outer)?.joinable(false, self);
        let columns: Vec<_> = kept_rows.columns.iter().chain(&tested_rows.columns).cloned().collect();
        let schema = kept.schema().join(tested.schema()).map_err(|error| Reason::new(error.strip_backtrace()))?;
        let conditions = self.join_conditions(join, &Scope::new(&schema, &columns, outer))?;
        for condition in conditions {
            tested_rows.filter(condition);
        }
        tested_rows.columns.clear();
        let (select, _) = tested_rows.finish();
        let not = if negated { "NOT " } else { "" };
        kept_rows.filter(format!("({not}EXISTS ({}))", select.render()));
        Ok(kept_rows)
    }

    fn union(&mut self, union: &Union, outer: Option<&Scope<'_>>) -> Printed<Block> {
        self.node("union all")?;
        let mut columns: Vec<Scalar> = Vec::new();
        let mut branches = Vec::new();
        let mut rows = Some(0_u64);
        for input in &union.inputs {
            let block = self.relation(input, outer)?;
            // An order or a limit of one branch would be that of all.
            let block = if block.is_cut() { block.derived(self) } else { block };
            rows = rows.zip(block.rows).map(|(all, rows)| all.saturating_add(rows));
            let (mut select, mut own) = block.finish();
            for (index, column) in own.iter_mut().enumerate() {
                // What is only passed on may be converted to the type of the other branch.
                let comparison = column.comparison.as_mut().map_err(|reason| Reason::new(*reason))?;
                if comparison.class == Class::Text {
                    // Columns of several collations have none together.
                    comparison.equality.clone_from(&comparison.order);
                    column.select.clone_from(&comparison.order);
                }
                select.items[index] = format!("{} AS c{}", column.select, index + 1);
            }
            select.qualify(None);
            branches.push(select.render());
            if columns.is_empty() {
                columns = own;
            } else {
                columns.iter_mut().zip(&own).try_for_each(|(column, other)| unite(column, other))?;
            }
        }
        let alias = self.alias();
        let name = |index: usize| format!("{alias}.c{}", index + 1);
        let columns = columns.iter().enumerate().map(|(index, column)| column.exported(&name(index), self.dialect));
        Ok(Block::named(format!("({}) AS {alias}", branches.join(" UNION ALL ")), columns.collect(), rows))
    }
}

/// Of `block` only the first rows are wanted. Groups that are ordered are all computed before, here and there.
fn is_cut_after(block: &Block) -> Printed<()> {
    if block.is_ordered_groups() { Ok(()) } else { never_fails(block) }
}

/// Rows are chosen among those of `block`: its values are computed for the others too.
fn never_fails(block: &Block) -> Printed<()> {
    // Of one group of all rows there is one row, whoever computes it.
    let is_chosen = !block.is_one_row();
    let may_fail = block.columns.iter().any(|column| column.may_fail);
    if is_chosen && may_fail {
        Err(Reason::new("rows are chosen among values whose computation can fail"))
    } else {
        Ok(())
    }
}

/// From here on the column is what its source holds equal.
fn identify(column: &mut Scalar, identity: impl Fn(&Scalar) -> Option<&str>) -> Printed<()> {
    let Some(identity) = identity(column).map(ToOwned::to_owned) else {
        return Err(Reason::new("the source may hold other values equal"));
    };
    if identity != column.select {
        column.select.clone_from(&identity);
        column.presence = identity;
        column.is_plain = false;
    }
    Ok(())
}

/// A column of a union, of one more branch.
fn unite(column: &mut Scalar, other: &Scalar) -> Printed<()> {
    if column.class() != other.class() {
        return Err(Reason::new("a union of values of different types"));
    }
    column.nullable |= other.nullable;
    column.may_fail |= other.may_fail;
    column.range = column.range.zip(other.range).map(|(one, two)| (one.0.min(two.0), one.1.max(two.1)));
    Ok(())
}

/// How often each column of an input is named by `exprs`.
fn uses(exprs: &[Expr], schema: &DFSchema) -> Vec<usize> {
    let mut uses = vec![0; schema.fields().len()];
    for expr in exprs {
        for (column, count) in expr.column_refs_counts() {
            if let Some(index) = schema.maybe_index_of_column(column) {
                uses[index] += count;
            }
        }
    }
    uses
}

/// Does it show every column of its input, and nothing else?
fn is_reordering(projection: &Projection) -> bool {
    let is_column = |expr: &Expr| matches!(expr.clone().unalias(), Expr::Column(_));
    let uses = uses(&projection.expr, projection.input.schema());
    projection.expr.iter().all(is_column) && uses.iter().all(|uses| *uses > 0)
}

/// An operator as people call it.
fn name_of(plan: &LogicalPlan) -> &'static str {
    match plan {
        LogicalPlan::Distinct(_) => "DISTINCT ON",
        LogicalPlan::EmptyRelation(_) => "a query without rows",
        LogicalPlan::Values(_) => "VALUES",
        LogicalPlan::Unnest(_) => "UNNEST",
        LogicalPlan::RecursiveQuery(_) => "WITH RECURSIVE",
        _ => "an operator of this kind",
    }
}
