//! Rows laid out as aligned columns: numbers to the right, everything else to the left.

use datafusion::arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};

/// Cells longer than this are cut, visibly.
const WIDEST: usize = 60;

/// The text with its control characters spelt out: they could move the cursor, or worse.
pub(super) fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// At most `rows` rows of `batches` under the names of `schema`.
pub(super) fn layout(schema: &SchemaRef, batches: &[RecordBatch], rows: usize) -> Result<String, ArrowError> {
    let options = FormatOptions::default().with_null("NULL");
    let mut columns: Vec<Vec<String>> = schema.fields().iter().map(|field| vec![field.name().clone()]).collect();
    let mut left = rows;
    for batch in batches {
        for (column, cells) in batch.columns().iter().zip(&mut columns) {
            let formatter = ArrayFormatter::try_new(column, &options)?;
            for row in 0..batch.num_rows().min(left) {
                cells.push(cell(&formatter.value(row).try_to_string()?));
            }
        }
        left -= batch.num_rows().min(left);
    }
    let widths: Vec<usize> =
        columns.iter().map(|cells| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let right: Vec<bool> = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
    let height = columns.first().map_or(0, Vec::len);
    let mut text = String::new();
    for row in 0..height {
        let line: Vec<String> = columns
            .iter()
            .zip(&widths)
            .zip(&right)
            .map(
                |((cells, &width), &right)| {
                    if right { format!("{:>width$}", cells[row]) } else { format!("{:<width$}", cells[row]) }
                },
            )
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
        if row == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            text.push_str(&rules.join("  "));
            text.push('\n');
        }
    }
    Ok(text)
}

fn cell(text: &str) -> String {
    let flat = visible(text);
    if flat.chars().count() <= WIDEST { flat } else { flat.chars().take(WIDEST - 1).chain(['…']).collect() }
}
