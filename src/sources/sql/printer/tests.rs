//! What conditions are printed, and which stay here and why.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    logical_expr::Expr,
    prelude::{col, lit},
    scalar::ScalarValue,
};

use super::*;
use crate::sources::sql::{Class, Column, Comparison, Statement, postgres::PostgresDialect};

fn columns() -> Vec<Column> {
    let column = |name: &str, class, data_type| Column {
        field: Arc::new(Field::new(name, data_type, true)),
        is_typed: true,
        select: name.to_owned(),
        presence: name.to_owned(),
        comparison: Some(Comparison { class, equality: name.to_owned(), order: format!("{name}!") }),
    };
    vec![
        column("f", Class::Float64, DataType::Float64),
        column("t", Class::Text, DataType::Utf8),
        column("u", Class::Uuid, DataType::Utf8),
        Column { comparison: None, ..column("x", Class::Text, DataType::Utf8) },
    ]
}

/// `expr` as a condition on those columns, and how many values it binds.
fn printed(expr: &Expr) -> Printed<(String, usize)> {
    let columns = columns();
    let schema = Schema::new(columns.iter().map(|column| Arc::clone(&column.field)).collect::<Vec<_>>());
    let schema = DFSchema::try_from(schema).expect("names are unique");
    let scalars: Vec<_> = columns.iter().map(Scalar::stored).collect();
    let source = SourceName::new("crm").expect("a name");
    let mut printer = Printer::new(&source, &PostgresDialect);
    let condition = printer.condition(expr, &Scope::new(&schema, &scalars, None));
    let binds = printer.into_binds();
    assert!(condition.is_ok() || binds.is_empty(), "nothing stays bound");
    let count = binds.len();
    let statement = Statement::new(source, condition?, binds);
    Ok((statement.render(|number, bind| PostgresDialect.placeholder(number, bind)), count))
}

fn written(expr: &Expr) -> Option<(String, usize)> {
    printed(expr).ok()
}

#[test]
fn zero_is_pushed_only_where_both_orders_agree() {
    let pushed = |expr: Expr| written(&expr).is_some();
    assert!(pushed(col("f").gt(lit(0.0))) && pushed(col("f").lt_eq(lit(0.0))));
    assert!(pushed(col("f").gt_eq(lit(-0.0))) && pushed(col("f").lt(lit(-0.0))));
    assert!(!pushed(col("f").gt_eq(lit(0.0))) && !pushed(col("f").lt(lit(0.0))));
    assert!(!pushed(col("f").gt(lit(-0.0))) && !pushed(col("f").eq(lit(-0.0))));
    assert!(!pushed(col("f").in_list(vec![lit(1.0), lit(0.0)], false)));
    assert!(!pushed(col("f").lt(lit(f64::NAN))) && pushed(col("f").lt(lit(f64::INFINITY))));
    // The operands may stand the other way round.
    assert!(pushed(lit(0.0).lt(col("f"))) && !pushed(lit(0.0).gt(col("f"))));
}

#[test]
fn text_is_ordered_by_its_own_operand() {
    assert_eq!(written(&col("t").eq(lit("a"))), Some(("(t = $1::text)".to_owned(), 1)));
    assert_eq!(written(&col("t").lt(lit("a"))), Some(("(t! < $1::text)".to_owned(), 1)));
    assert_eq!(written(&col("t").eq(col("t"))), Some(("(t! = t!)".to_owned(), 0)));
    assert_eq!(written(&col("t").eq(lit("a\0"))), None);
}

#[test]
fn what_is_not_listed_stays_local() {
    let not_a_uuid = col("t").eq(lit("a")).and(col("u").eq(lit("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")));
    for expr in [
        not_a_uuid,
        col("t").like(lit("a\\")),
        col("t").eq(lit(1)),
        col("t").eq(col("u")),
        col("x").eq(lit("a")),
        col("t").eq(lit(ScalarValue::Utf8(None))),
        col("t").in_list(vec![], false),
        col("t"),
    ] {
        assert_eq!(written(&expr), None, "{expr}");
    }
    assert_eq!(written(&col("x").is_null()), Some(("(x IS NULL)".to_owned(), 0)));
    let deep = (0..200).fold(col("t").is_null(), |deep, _| deep.or(col("t").is_null()));
    assert_eq!(written(&deep), None);
}
