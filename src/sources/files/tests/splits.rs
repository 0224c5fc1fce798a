//! However the rows of a table are split over files, and whichever columns these have in whichever order, the table is
//! the union by name.

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use proptest::prelude::*;

use super::*;

const COLUMNS: [&str; 4] = ["i", "f", "b", "s"];

/// One file: an order of columns of which the first so many are in it, and its rows.
type File = (Vec<usize>, usize, Vec<Row>);
type Row = (Option<i64>, Option<i32>, Option<bool>, Option<String>);

fn file() -> impl Strategy<Value = File> {
    let text = "[a-z\",\n é\\\\]{1,8}".prop_map(|text| format!("x{text}"));
    let row = (any::<Option<i64>>(), any::<Option<i32>>(), any::<Option<bool>>(), proptest::option::of(text));
    (Just(vec![0, 1, 2, 3]).prop_shuffle(), 1..=4_usize, proptest::collection::vec(row, 1..6))
}

/// Halves, so that text and doubles agree exactly.
fn double(half: i32) -> f64 {
    f64::from(half) / 2.0
}

fn cell(row: &Row, column: usize) -> Option<String> {
    match column {
        0 => row.0.map(|value| value.to_string()),
        1 => row.1.map(|half| format!("{:?}", double(half))),
        2 => row.2.map(|value| value.to_string()),
        _ => row.3.clone(),
    }
}

fn csv(columns: &[usize], rows: &[Row]) -> String {
    let mut text = columns.iter().map(|column| COLUMNS[*column]).collect::<Vec<_>>().join(",") + "\n";
    for row in rows {
        let cells = columns.iter().map(|column| match cell(row, *column) {
            None => "\"\"".to_owned(),
            Some(value) => format!("\"{}\"", value.replace('"', "\"\"")),
        });
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn ndjson(columns: &[usize], rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let cells = columns.iter().filter_map(|column| {
            let value = cell(row, *column)?;
            let value = if *column == 3 { serde_json::to_string(&value).unwrap() } else { value };
            Some(format!("\"{}\":{value}", COLUMNS[*column]))
        });
        text.extend(["{", &cells.collect::<Vec<_>>().join(","), "}\n"]);
    }
    text
}

fn record_batch(columns: &[usize], rows: &[Row]) -> RecordBatch {
    let arrays = columns.iter().map(|column| {
        let array: ArrayRef = match column {
            0 => Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
            1 => Arc::new(rows.iter().map(|row| row.1.map(double)).collect::<Float64Array>()),
            2 => Arc::new(rows.iter().map(|row| row.2).collect::<BooleanArray>()),
            _ => Arc::new(rows.iter().map(|row| row.3.clone()).collect::<StringArray>()),
        };
        (COLUMNS[*column], array)
    });
    RecordBatch::try_from_iter_with_nullable(arrays.map(|(name, array)| (name, array, true))).unwrap()
}

async fn check(files: Vec<File>, filter: Option<i64>) {
    let mut lakes = [Lake::new(), Lake::new(), Lake::new()];
    // The first file has every column and a value in each, so that the types are known.
    let first = (vec![0, 1, 2, 3], 4, vec![(Some(1), Some(1), Some(true), Some("x".to_owned()))]);
    let mut expected = Vec::new();
    for (number, (order, count, rows)) in std::iter::once(first).chain(files).enumerate() {
        let columns = &order[..count];
        let [a, b, c] = lakes;
        lakes = [
            a.text(&format!("t/{number}.csv"), &csv(columns, &rows)),
            b.text(&format!("t/{number}.ndjson"), &ndjson(columns, &rows)),
            c.parquet(&format!("t/{number}.parquet"), &record_batch(columns, &rows)),
        ];
        expected.extend(rows.iter().filter_map(|row| {
            let value = columns.contains(&0).then_some(row.0).flatten();
            if filter.is_some_and(|least| value.is_none_or(|value| value < least)) {
                return None;
            }
            let cells = (0..4).map(|column| {
                columns.contains(&column).then(|| cell(row, column)).flatten().unwrap_or_else(|| "-".to_owned())
            });
            Some(cells.collect::<Vec<_>>().join("|"))
        }));
    }
    expected.sort();
    let condition = filter.map_or_else(String::new, |least| format!(" WHERE i >= {least}"));
    for lake in &lakes {
        let mut rows = lake.rows(&format!("SELECT i, f, b, s FROM t{condition}")).await;
        rows.sort();
        assert_eq!(rows, expected);
        let count = lake.rows(&format!("SELECT count(*) FROM t{condition}")).await;
        assert_eq!(count, [expected.len().to_string()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_table_is_the_union_of_its_files(files in proptest::collection::vec(file(), 0..5), filter in any::<Option<i64>>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(files, filter));
    }
}
