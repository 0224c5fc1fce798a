//! What a descriptor or a ticket asks for. A ticket says it in full, holds no state and is no credential.

use arrow_flight::{FlightDescriptor, Ticket, flight_descriptor::DescriptorType};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    model::{self, Code, Fault, QueryName, name::major, place::nearest},
    pipeline::Parameters,
};

/// A named query and its parameters.
#[derive(Debug)]
pub(super) struct Call {
    pub query: QueryName,
    pub version: Option<u32>,
    pub parameters: Parameters,
}

const KEYS: [&str; 3] = ["query", "version", "params"];

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
        let call = json!({"query": self.query.to_string(), "version": version, "params": params});
        Ticket { ticket: Bytes::from(call.to_string()) }
    }

    fn of_path(path: &[String]) -> Result<Self, Fault> {
        let [version, domain, name] = path else {
            return Err(invalid("the path does not have three parts"));
        };
        let version = major(version).ok_or_else(|| invalid("the path does not begin with a version such as v1"))?;
        let query = QueryName::new(domain, name).ok_or_else(|| unknown(&format!("{domain}.{name}")))?;
        Ok(Self { query, version: Some(version), parameters: Parameters::Json(Map::new()) })
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
        Ok(Self { query, version, parameters: Parameters::Json(parameters) })
    }
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
