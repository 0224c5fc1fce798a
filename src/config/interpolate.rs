//! Puts `${ENV}` and `${file:/path}` into the string values of a parsed file. `$$` stands for `$`.

use std::{fs, path::Path};

use super::{
    Environment,
    yaml::{Content, Node, Origin, Scalar},
};
use crate::model::{Place, Problem, Problems, place::nearest};

/// Expands every scalar below `node`, keys excepted. Relative paths of secret files begin at `directory`. A reference
/// that cannot be expanded is a problem at its `${`, and its scalar is marked [`Origin::Broken`].
pub fn expand(node: &mut Node, environment: &Environment, directory: &Path, problems: &mut Problems) {
    match &mut node.content {
        Content::Scalar(scalar) => scalar_value(scalar, &node.place, environment, directory, problems),
        Content::Sequence(items) => {
            for item in items {
                expand(item, environment, directory, problems);
            }
        }
        Content::Mapping(entries) => {
            for (_, value) in entries {
                expand(value, environment, directory, problems);
            }
        }
    }
}

fn scalar_value(
    scalar: &mut Scalar,
    start: &Place,
    environment: &Environment,
    directory: &Path,
    problems: &mut Problems,
) {
    let (mut expanded, mut origin, mut offset) = (String::new(), Origin::File, 0);
    while let Some(found) = scalar.text[offset..].find('$') {
        let dollar = offset + found;
        expanded.push_str(&scalar.text[offset..dollar]);
        let rest = &scalar.text[dollar + 1..];
        if let Some(reference) = rest.strip_prefix('{') {
            let (result, length) = match reference.split_once('}') {
                Some((name, _)) => (resolve(name, environment, directory), name.len() + 3),
                None => (Err(("`${` is not closed by `}`".to_owned(), ESCAPE.to_owned())), rest.len() + 1),
            };
            match result {
                Ok(value) => {
                    expanded.push_str(&value);
                    origin = if origin == Origin::Broken { origin } else { Origin::Expanded };
                }
                Err((message, hint)) => {
                    problems.push(Problem::error(scalar.place_of_dollar(dollar, start), message).hint(hint));
                    origin = Origin::Broken;
                }
            }
            offset = dollar + length;
        } else {
            // `$$` is one dollar; a dollar before anything else is itself.
            expanded.push('$');
            offset = dollar + 1 + usize::from(rest.starts_with('$'));
        }
    }
    expanded.push_str(&scalar.text[offset..]);
    scalar.text = expanded;
    scalar.origin = origin;
}

const ESCAPE: &str = "write `${NAME}` or `${file:/path}`, and `$$` for a dollar sign";

/// The value of what stands between the braces, or a message and a hint.
fn resolve(name: &str, environment: &Environment, directory: &Path) -> Result<String, (String, String)> {
    if let Some(path) = name.strip_prefix("file:") {
        let path = directory.join(path);
        let mut text = fs::read_to_string(&path).map_err(|error| {
            let hint = "the file must exist, be readable by this process and hold UTF-8 text";
            (format!("cannot read the file of `${{{name}}}`: {error}"), hint.to_owned())
        })?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        return Ok(text);
    }
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err((format!("`${{{name}}}` is not a reference"), ESCAPE.to_owned()));
    }
    match environment.get(name).map(|value| value.to_str()) {
        Some(Some(value)) => Ok(value.to_owned()),
        Some(None) => Err((
            format!("the environment variable `{name}` does not hold UTF-8 text"),
            "set it to UTF-8 text".to_owned(),
        )),
        None => Err((
            format!("the environment variable `{name}` is not set"),
            match nearest(name, environment.names()) {
                Some(near) => format!("set it, or did you mean `{near}`?"),
                None => "set it before starting".to_owned(),
            },
        )),
    }
}
