//! Typed queries made from numbers: one seed, one query.

mod aggregate;
mod predicate;
mod relation;
mod scalar;
mod select;

use super::{
    columns::TABLES,
    sql::{Expr, Family, Query},
};
use crate::harness::random::Random;

/// The query of a seed.
pub fn query(seed: u64) -> Query {
    // Neighbouring seeds are made strangers.
    let mut random = Random::from_seed(seed.wrapping_mul(0x2545_F491_4F6C_DD1D)).fork();
    let sources: &[&str] = match random.within(0..100) {
        0..45 => &["pg"],
        45..62 => &["lite"],
        62..70 => &["lake"],
        70..82 => &["pg", "lake"],
        82..90 => &["pg", "lite"],
        _ => &["pg", "lite", "lake"],
    };
    let mut generator = Generator { random, sources, with: Vec::new(), aliases: 0, wide: false };
    generator.top()
}

/// A column that expressions may use.
#[derive(Clone, Debug)]
struct Field {
    /// `t1.k`
    sql: String,
    family: Family,
    small: bool,
    /// What literals beside it are taken from.
    values: &'static [&'static str],
}

/// What is in sight.
#[derive(Clone, Debug, Default)]
struct Scope {
    fields: Vec<Field>,
    /// The keys of its tables, if it has only such: together they name a row.
    keys: Option<Vec<String>>,
}

struct Generator {
    random: Random,
    sources: &'static [&'static str],
    /// Names of WITH and their columns.
    with: Vec<(String, Vec<Field>)>,
    aliases: u32,
    /// Has some join every pair of rows? One is enough.
    wide: bool,
}

/// Where predicates stand, and so what may stand in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// WHERE: subqueries too.
    Filter,
    /// Anywhere else.
    Value,
}

impl Generator {
    /// True in so many of a hundred cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.random.within(0..100) < percent
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.within(0..end as u64)).expect("it is below one")
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        self.random.one_of(choices)
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A column of a family, if one is in sight.
    fn field(&mut self, scope: &Scope, fits: impl Fn(&Field) -> bool) -> Option<Field> {
        let fitting: Vec<_> = scope.fields.iter().filter(|field| fits(field)).collect();
        if fitting.is_empty() {
            return None;
        }
        let index = self.below(fitting.len());
        Some(fitting[index].clone())
    }

    /// A family, those first that sources are good at.
    fn family(&mut self) -> Family {
        match self.random.within(0..100) {
            0..30 => Family::Int,
            30..44 => Family::Decimal,
            44..68 => Family::Text,
            68..76 => Family::Date,
            76..84 => Family::Timestamp,
            84..90 => Family::Bool,
            90..93 => Family::Instant,
            93..96 => Family::Binary,
            _ => Family::Float,
        }
    }
}

impl Field {
    fn expr(&self) -> Expr {
        Expr::leaf(self.family, self.sql.clone()).small(self.small)
    }
}

/// The values of some column of a family.
fn values_of(family: Family) -> &'static [&'static str] {
    let columns = || TABLES[0].columns().filter(|column| column.family == family);
    columns().next().map_or(&[], |column| column.values)
}
