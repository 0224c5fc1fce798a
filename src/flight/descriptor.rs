//! What a descriptor or a ticket asks for. A ticket says it in full, holds no state and is no credential.

use arrow_flight::{FlightDescriptor, Ticket, flight_descriptor::DescriptorType};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    model::{self, Code, Fault, QueryName, name::major, place::nearest},
    pipeline::Parameters,
};

/// A named query, its parameters, and what is wanted of its result.
#[derive(Debug)]
pub(super) struct Call {
    pub query: QueryName,
    pub version: Option<u32>,
    pub parameters: Parameters,
    shape: Shape,
}

/// What is wanted of the result, as written: it stands in the ticket too.
#[derive(Debug, Default)]
struct Shape {
    fields: Option<Vec<String>>,
    sort: Option<Vec<String>>,
    filters: Map<String, Value>,
}

const KEYS: [&str; 6] = ["query", "version", "params", "fields", "sort", "filter"];

impl Call {
    /// From a path `["v1", "sales", "top_customers"]` or a JSON command.
    pub(super) fn of_descriptor(descriptor: &FlightDescriptor) -> Result<Self, Fault> {
        match descriptor.r#type() {
            DescriptorType::Path => Self::of_path(&descriptor.path),
            DescriptorType::Cmd => Self::of_command(&descriptor.cmd),
            DescriptorType::Unknown => Err(invalid("the descriptor is neither a path nor a command")),
        }
    }

    /// From what [`Call::ticket`] wrote, or from the same JSON written by the caller.
    pub(super) fn of_ticket(ticket: &Ticket) -> Result<Self, Fault> {
        Self::of_command(&ticket.ticket)
    }

    /// Says everything that `DoGet` needs.
    pub(super) fn ticket(&self, version: u32) -> Ticket {
        let params = match &self.parameters {
            Parameters::Json(params) => params.clone(),
            Parameters::Pairs(pairs) => {
                pairs.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect()
            }
        };
        let mut call = json!({"query": self.query.to_string(), "version": version, "params": params});
        let Shape { fields, sort, filters } = &self.shape;
        for (key, columns) in [("fields", fields), ("sort", sort)] {
            if let Some(columns) = columns {
                call[key] = json!(columns);
            }
        }
        if !filters.is_empty() {
            call["filter"] = json!(filters);
        }
        Ticket { ticket: Bytes::from(call.to_string()) }
    }

    /// What is wanted of the result, as a query string would say it.
    pub(super) fn shaping(&self) -> Vec<(String, String)> {
        let Shape { fields, sort, filters } = &self.shape;
        let lists = [("fields", fields), ("sort", sort)].into_iter();
        let lists = lists.filter_map(|(key, columns)| Some((key.to_owned(), columns.as_ref()?.join(","))));
        let filters = filters.iter().flat_map(|(name, value)| {
            let values = if let Value::Array(values) = value { values.as_slice() } else { std::slice::from_ref(value) };
            values.iter().map(move |value| (name.clone(), text(value)))
        });
        lists.chain(filters).collect()
    }

    fn of_path(path: &[String]) -> Result<Self, Fault> {
        let [version, domain, name] = path else {
            return Err(invalid("the path does not have three parts"));
        };
        let version = major(version).ok_or_else(|| invalid("the path does not begin with a version such as v1"))?;
        let query = QueryName::new(domain, name).ok_or_else(|| unknown(&format!("{domain}.{name}")))?;
        Ok(Self { query, version: Some(version), parameters: Parameters::Json(Map::new()), shape: Shape::default() })
    }

    fn of_command(command: &Bytes) -> Result<Self, Fault> {
        if command.first() != Some(&b'{') {
            return Err(invalid("the command is not JSON").with_internal("Flight SQL is not offered yet"));
        }
        let object = model::json::object(command)
            .map_err(|error| invalid(&format!("the command is not a JSON object: {error}")))?;
        if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let fault = invalid(&format!("the command has an unknown key `{key}`"));
            return Err(match nearest(key, KEYS) {
                Some(meant) => fault.with_hint(format!("did you mean `{meant}`?")),
                None => fault,
            });
        }
        let Some(Value::String(name)) = object.get("query") else {
            return Err(invalid("`query` is not the name of a query"));
        };
        let version = match object.get("version") {
            None => None,
            Some(version) => {
                let number = version.as_u64().and_then(|number| u32::try_from(number).ok());
                Some(number.ok_or_else(|| invalid("`version` is not a whole number"))?)
            }
        };
        let parameters = match object.get("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params.clone(),
            Some(_) => return Err(invalid("`params` is not an object")),
        };
        let query = QueryName::parse(name).ok_or_else(|| unknown(name))?;
        Ok(Self { query, version, parameters: Parameters::Json(parameters), shape: Shape::read(&object)? })
    }
}

impl Shape {
    fn read(command: &Map<String, Value>) -> Result<Self, Fault> {
        let columns = |key: &str| {
            let Some(value) = command.get(key) else { return Ok(None) };
            let names = value.as_array().and_then(|items| items.iter().map(column).collect::<Option<Vec<_>>>());
            names.map(Some).ok_or_else(|| invalid(&format!("`{key}` is not a list of names of columns")))
        };
        let filters = match command.get("filter") {
            None => Map::new(),
            Some(Value::Object(filters)) => filters.clone(),
            Some(_) => return Err(invalid("`filter` is not an object")),
        };
        for (name, value) in &filters {
            let is_value = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
            let is_list =
                |value: &Value| value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_value));
            if !name.contains("__") {
                return Err(invalid(&format!("`{name}` in `filter` is not of the form `column__operator`")));
            }
            if !is_value(value) && !is_list(value) {
                return Err(invalid(&format!("`{name}` in `filter` is neither a value nor a list of values")));
            }
        }
        Ok(Self { fields: columns("fields")?, sort: columns("sort")?, filters })
    }
}

/// The name of one column.
fn column(item: &Value) -> Option<String> {
    item.as_str().filter(|name| !name.contains(',')).map(ToOwned::to_owned)
}

/// A value as a query string spells it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn unknown(name: &str) -> Fault {
    Fault::new(Code::UnknownQuery, format!("no query is named `{name}`"))
        .with_hint("a name is domain.name, lower case with underscores")
}

fn invalid(detail: &str) -> Fault {
    Fault::new(Code::InvalidDescriptor, detail).with_hint(
        "use the path [\"v1\", \"sales\", \"orders\"] or the command {\"query\": \"sales.orders\", \"version\": 1, \"params\": {}}",
    )
}
