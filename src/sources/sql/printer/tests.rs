//! What conditions are printed, and which stay here and why.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    functions::{math::expr_fn::random, unicode::expr_fn::substr},
    logical_expr::{Expr, cast},
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
        column("n", Class::Int64, DataType::Int64),
        column("i", Class::Int32, DataType::Int32),
        Column { is_typed: false, ..column("s", Class::Int64, DataType::Int64) },
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
    let (binds, _) = printer.into_parts();
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

#[test]
fn a_refusal_says_why() {
    let refused = |expr: Expr| printed(&expr).expect_err("it is refused").to_string();
    let number = || col("n");
    for (expr, reason) in [
        (random().gt(lit(0.5)), "`random()` is not proven to give the same result in postgres"),
        ((number() + lit(1_i64)).gt(lit(1_i64)), "`n + Int64(1)` may leave its type, Int64"),
        (
            (lit(1_i64) / number()).gt(lit(1_i64)),
            "`Int64(1) / n > Int64(1)` can fail, and a source may evaluate it for other rows",
        ),
        (col("t").ilike(lit("a%")), "`t ILIKE Utf8(\"a%\")` is not proven to give the same result in postgres"),
        (col("t").like(lit("a\\")), "the pattern of `t LIKE Utf8(\"a\\\")` ends inside an escape"),
        (cast(number(), DataType::Int32).eq(lit(1_i32)), "`CAST(n AS Int32)` may not fit its type, Int32"),
        (number().in_list(vec![col("n")], false), "an IN list of other things than literals"),
        (col("x").eq(lit("a")), "its values are not proven to compare in the source as they do here"),
        (
            substr(col("t"), lit(0_i64)).eq(lit("a")),
            "`substr(t, Int64(0))` is the same only for some arguments, and needs literals",
        ),
        (col("s").eq(col("s") + col("s")), "its table may hold values of another type than it declares"),
        (col("t").eq(lit("a\0")), "the value a\0 means something else to the source"),
    ] {
        assert_eq!(refused(expr), reason);
    }
}

#[test]
fn what_may_overflow_is_known_by_ranges() {
    let narrow = || cast(col("i"), DataType::Int64);
    let pushed = |expr: Expr| written(&expr).is_some();
    assert!(pushed((narrow() * narrow()).gt(lit(1_i64))));
    assert!(!pushed((narrow() * narrow() * narrow()).gt(lit(1_i64))));
    assert!(pushed((col("n") % lit(10_i64) + lit(1_i64)).eq(lit(5_i64))));
    assert!(pushed((col("n") / lit(2_i64)).eq(lit(5_i64))));
    assert!(!pushed((col("n") / lit(-1_i64)).eq(lit(5_i64))), "the least number has no opposite");
    assert!(pushed((lit(7_i64) / (col("n") % lit(3_i64) + lit(5_i64))).eq(lit(1_i64))), "a divisor from 3 to 7");
}
