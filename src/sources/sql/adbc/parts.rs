//! The parts of an answer, each of which is read once: places of a table's rows, or partitions that a driver gives.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sources::sql::feed::Job;

/// More parts of a table than these are larger instead.
const MOST_PARTS: u64 = 64;

/// How the rows of a system are read in parts.
#[derive(Clone, Copy, Debug)]
pub enum Division {
    /// Tables of a file, by the places of their rows.
    Places(Places),
    /// Statements, by the partitions into which the system divides their answers.
    Partitions,
}

/// How the tables of a file are read in parts.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The column that has the places of a table's rows, counted from zero.
    pub column: &'static str,
    /// Rows of a part, or of one of several that make a part.
    pub rows: u64,
    /// Run on a connection before its first part: the rows of a part need no order. Where this fails, they have one.
    pub before: &'static str,
    /// Run after its last.
    pub after: &'static str,
}

/// The parts of one answer.
pub struct Parts {
    kind: Kind,
    taken: AtomicU64,
}

enum Kind {
    Places {
        places: Places,
        /// About how many rows the table has. The last part has no end.
        rows: u64,
        /// Rows of a part.
        size: u64,
    },
    Partitions(Vec<Vec<u8>>),
}

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// The rows of the statement with this at the end of its text.
    Statement(String),
    /// What a connection is to be given for them.
    Partition(Vec<u8>),
}

impl Part {
    /// All rows of the statement.
    pub const WHOLE: Self = Self::Statement(String::new());
}

impl Parts {
    /// Those of a table. `None` if the table of `job` is too small, or only some of its rows are read: the system may find
    /// those at once.
    pub fn of_table(places: Places, job: &Job) -> Option<Self> {
        let is_whole = job.scan.split.as_ref().is_some_and(|split| !split.is_filtered);
        let rows = job.scan.estimated_rows.filter(|rows| is_whole && *rows >= 2 * places.rows)?;
        Some(Self::by_places(places, rows))
    }

    fn by_places(places: Places, rows: u64) -> Self {
        let size = (rows / MOST_PARTS).next_multiple_of(places.rows).max(places.rows);
        Self { kind: Kind::Places { places, rows, size }, taken: AtomicU64::new(0) }
    }

    /// Those that a driver gave for a statement, which are its whole answer.
    pub fn of_statement(partitions: Vec<Vec<u8>>) -> Self {
        Self { kind: Kind::Partitions(partitions), taken: AtomicU64::new(0) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match &self.kind {
            Kind::Places { rows, size, .. } => usize::try_from(rows.div_ceil(*size)).unwrap_or(usize::MAX),
            Kind::Partitions(partitions) => partitions.len(),
        }
    }

    /// How the rows of a table have places.
    pub fn places(&self) -> Option<Places> {
        match &self.kind {
            Kind::Places { places, .. } => Some(*places),
            Kind::Partitions(_) => None,
        }
    }

    /// The next that nobody has taken.
    pub fn next(&self) -> Option<Part> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        match &self.kind {
            Kind::Places { places: Places { column, .. }, rows, size } => {
                let (first, next) = (index * size, (index + 1) * size);
                let below = if next < *rows { format!(" AND {column} < {next}") } else { String::new() };
                (first < *rows).then(|| Part::Statement(format!(" WHERE {column} >= {first}{below}")))
            }
            Kind::Partitions(partitions) => partitions.get(usize::try_from(index).ok()?).cloned().map(Part::Partition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &Parts) -> Vec<Part> {
        std::iter::from_fn(|| parts.next()).collect()
    }

    #[test]
    fn the_parts_are_the_table() {
        let places = Places { column: "rowid", rows: 100, before: "", after: "" };
        let parts = |rows| {
            let parts = Parts::by_places(places, rows);
            let all = all(&parts);
            assert_eq!(all.len(), parts.count());
            all
        };
        let part = |condition: &str| Part::Statement(format!(" WHERE {condition}"));
        let [first, second] = [part("rowid >= 0 AND rowid < 100"), part("rowid >= 100 AND rowid < 200")];
        assert_eq!(parts(201), [first, second, part("rowid >= 200")]);
        // There may be more rows than is thought.
        assert_eq!(parts(200), [part("rowid >= 0 AND rowid < 100"), part("rowid >= 100")]);
        let many = parts(1_000_000);
        assert_eq!(many.len(), 64);
        assert_eq!(many[63], part("rowid >= 989100"));
    }

    #[test]
    fn each_partition_is_read_once() {
        let parts = Parts::of_statement(vec![vec![1], vec![2]]);
        assert_eq!(all(&parts), [Part::Partition(vec![1]), Part::Partition(vec![2])]);
        assert_eq!((parts.count(), parts.next()), (2, None));
        assert_eq!(Parts::of_statement(Vec::new()).next(), None);
    }
}
