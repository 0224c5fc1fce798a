//! Delta tables, written by the package `deltalake`.

use std::{io::Write, process::Stdio};

use super::tools::python_script;

/// Runs a recipe of `tests/python/delta_tables.py` at a folder or a URL, and gives what it prints.
pub fn run_recipe(location: &str, options: &[(&str, String)], recipe: &str) -> String {
    let options: serde_json::Map<_, _> =
        options.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    let mut command = python_script("delta_tables.py");
    command.args([location, &serde_json::Value::from(options).to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(recipe.as_bytes()).expect("Python reads its recipe");
    drop(input);
    let result = child.wait_with_output().expect("Python ends");
    let (printed, said) = (String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
    assert!(result.status.success(), "{recipe}\n{printed}\n{said}");
    printed.into_owned()
}
