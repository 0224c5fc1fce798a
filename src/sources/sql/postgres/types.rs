//! Postgres types and what they are here.
//!
//! | Postgres | Arrow | compared in the source |
//! |---|---|---|
//! | bool | Boolean | yes |
//! | int2, int4, int8 | Int16, Int32, Int64 | yes |
//! | oid | Int64 | no |
//! | float4, float8 | Float32, Float64 | yes, zero with care |
//! | numeric(p,s) | Decimal128 up to 38 digits, Decimal256 up to 76, else text | yes |
//! | numeric | Decimal128(38,18) | yes |
//! | date | Date32 | yes |
//! | time | Time64(µs) | no |
//! | timestamp, timestamptz | Timestamp(µs), Timestamp(µs, UTC) | yes |
//! | interval | Interval(MonthDayNano) | no |
//! | uuid | Utf8, canonical | yes |
//! | bytea | Binary | yes |
//! | text, varchar | Utf8 | yes, by code point, in UTF-8 databases |
//! | char(n) | Utf8, as stored, with its padding | yes, with its padding |
//! | bpchar | Utf8, as stored | no |
//! | name, citext, enums | Utf8 | as text |
//! | json, jsonb | Utf8, named `arrow.json` | as text |
//! | arrays of these, declared with one dimension | List | no |
//! | everything else | Utf8: what the type's output function prints | as text |
//!
//! Domains are their base types, wherever they stand. `IS NULL` is asked of every type.
//!
//! `columns:` can ask for another type where every value arrives unchanged or fails: `string` for every type, `decimal(p,s)`
//! for numeric and integers, a wider integer or float64 for a narrower number, and the type that a column has anyway.
//! Text that only the output function gives, by the last line of the table or by `columns:`, has [`PRINTED_BY`] in its
//! field's metadata.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, Field, IntervalUnit, TimeUnit,
};

use crate::{
    model::ValueType,
    sources::sql::{
        Class, Column, Comparison, PRINTED_BY, SOURCE_TYPE, dialect::quoted, pgwire::oid, select::QUALIFIER,
    },
};

/// What the modifier of a type of so many characters counts besides them.
const MODIFIER_HEADER: i32 = 4;

/// A row of `pg_type`, as far as it matters here.
#[derive(Clone, Debug)]
pub struct CatalogType {
    /// `typname`: citext is known by it.
    pub name: String,
    /// `typtype`: `b` for base types, `c` for composites, `d` for domains, `e` for enums.
    pub kind: String,
    /// The type under a domain, else 0.
    pub base: u32,
    /// The base type's modifier, else -1.
    pub base_modifier: i32,
    /// How many dimensions a domain over an array was declared with, else 0.
    pub dimensions: i32,
    /// The element type of a true array, else 0.
    pub element: u32,
    /// Has it a cast to text that is not its output function?
    pub casts_to_text: bool,
}

/// All types that the columns use, with those under them.
pub type Types = HashMap<u32, CatalogType>;

/// A column as the catalog has it.
#[derive(Clone, Debug)]
pub struct CatalogColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_oid: u32,
    /// Its type's modifier, -1 for none.
    pub modifier: i32,
    /// How many dimensions it was declared with; columns of views have 0.
    pub dimensions: i32,
    /// Its type as Postgres prints it.
    pub type_name: String,
    /// Does the server keep NULLs out?
    pub not_null: bool,
    /// Does equality under its collation mean equal bytes?
    pub deterministic: bool,
}

/// The column as it is read here. With `as_type`, as the owner asks for; `None` when that could lose something.
/// `utf8`: is the database's own encoding UTF-8?
pub fn column(column: &CatalogColumn, types: &Types, utf8: bool, as_type: Option<&ValueType>) -> Option<Column> {
    let name = format!("{QUALIFIER}{}", quoted(&column.name));
    let plain = Plain::of(column, types);
    let form = match as_type {
        None => Form::of(&plain, types),
        Some(wanted) => Form::wanted(&plain, types, wanted)?,
    };
    let found = types.get(&plain.oid);
    let select = match &form.sent {
        Sent::Own(_) if plain.oid == column.type_oid => name.clone(),
        Sent::Own(own) => format!("{name}::{own}"),
        Sent::Cast(cast) => format!("{name}::{cast}"),
        Sent::Printed => printed(&name, found),
    };
    let comparison = form.class.and_then(|class| {
        let by_code_point = || format!("({select} COLLATE \"C\")");
        let (equality, order) = match class {
            // A database in another encoding sorts, and takes, other bytes.
            Class::Text if !utf8 => return None,
            // Padding counts here, and nowhere in Postgres: with it, a value is a text of so many characters.
            Class::Text if plain.oid == oid::BPCHAR => {
                let length = plain.modifier.checked_sub(MODIFIER_HEADER).filter(|length| *length > 0)?;
                let padded = format!("(rpad({name}::text, {length}) COLLATE \"C\")");
                (padded.clone(), padded)
            }
            Class::Text if matches!(form.sent, Sent::Own(_)) && column.deterministic => {
                (select.clone(), by_code_point())
            }
            Class::Text => (by_code_point(), by_code_point()),
            _ => (select.clone(), select.clone()),
        };
        Some(Comparison { class, equality, order })
    });
    // `IS NULL` is true of a composite whose fields are all NULL, too.
    let presence = if found.is_some_and(|found| found.kind == "c") { select.clone() } else { name };
    let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), column.type_name.clone())]);
    metadata.extend(form.says.notes().iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let field = Field::new(&column.name, form.data_type, !column.not_null).with_metadata(metadata);
    Some(Column { field: Arc::new(field), presence, select, comparison, is_typed: true })
}

/// What can be asked for a column of this type.
pub fn allowed(column: &CatalogColumn, types: &Types) -> &'static str {
    match Plain::of(column, types).oid {
        oid::NUMERIC => "string, decimal(p,s)",
        oid::INT2 | oid::INT4 => "string, int32, int64, float64, decimal(p,s)",
        oid::INT8 => "string, int64, decimal(p,s)",
        oid::FLOAT4 => "string, float64",
        _ => "string, or the type that it has without `columns:`",
    }
}

/// A value as its type's output function prints it. A cast to text does that too, unless the type has another one:
/// `inet`'s adds the netmask, `bpchar`'s drops the padding.
fn printed(name: &str, found: Option<&CatalogType>) -> String {
    if found.is_some_and(|found| found.casts_to_text) {
        // `format` makes NULL an empty text.
        format!("CASE WHEN {name} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', {name}) END")
    } else {
        format!("{name}::text")
    }
}

/// A type without the domains over it.
struct Plain {
    oid: u32,
    modifier: i32,
    dimensions: i32,
}

impl Plain {
    fn of(column: &CatalogColumn, types: &Types) -> Self {
        let CatalogColumn { type_oid: oid, modifier, dimensions, .. } = *column;
        Self { oid, modifier, dimensions }.stripped(types)
    }

    fn stripped(mut self, types: &Types) -> Self {
        while let Some(domain) = types.get(&self.oid).filter(|found| found.kind == "d") {
            self.oid = domain.base;
            self.dimensions = self.dimensions.max(domain.dimensions);
            if self.modifier < 0 {
                self.modifier = domain.base_modifier;
            }
        }
        self
    }
}

/// How a type is read.
struct Form {
    data_type: DataType,
    sent: Sent,
    says: Says,
    class: Option<Class>,
}

/// What the server sends.
enum Sent {
    /// The type's own wire form. Its name is for domains over it.
    Own(String),
    /// That of another type, which the value is cast to.
    Cast(String),
    /// The text that the output function prints.
    Printed,
}

/// What the field says of its text.
enum Says {
    /// Nothing more than its type does.
    Nothing,
    /// It is JSON.
    Json,
    /// It is Postgres' own printing of something else.
    Printed,
}

impl Says {
    /// As metadata. JSON is one of Arrow's canonical extension types, and has no parameters.
    const fn notes(&self) -> &[(&str, &str)] {
        match self {
            Self::Nothing => &[],
            Self::Json => &[("ARROW:extension:name", "arrow.json"), ("ARROW:extension:metadata", "")],
            Self::Printed => &[(PRINTED_BY, "postgres")],
        }
    }
}

impl Form {
    fn own(data_type: DataType, name: &str, class: impl Into<Option<Class>>) -> Self {
        Self { data_type, sent: Sent::Own(name.to_owned()), says: Says::Nothing, class: class.into() }
    }

    fn cast(data_type: DataType, cast: &str, class: impl Into<Option<Class>>) -> Self {
        Self { data_type, sent: Sent::Cast(cast.to_owned()), says: Says::Nothing, class: class.into() }
    }

    /// What Postgres prints.
    fn printed(says: Says) -> Self {
        Self { data_type: DataType::Utf8, sent: Sent::Printed, says, class: Some(Class::Text) }
    }

    fn of(plain: &Plain, types: &Types) -> Self {
        Self::scalar(plain, types).or_else(|| Self::list(plain, types)).unwrap_or_else(|| Self::printed(Says::Printed))
    }

    fn scalar(plain: &Plain, types: &Types) -> Option<Self> {
        Some(match plain.oid {
            oid::BOOL => Self::own(DataType::Boolean, "bool", Class::Bool),
            oid::INT2 => Self::own(DataType::Int16, "int2", Class::Int16),
            oid::INT4 => Self::own(DataType::Int32, "int4", Class::Int32),
            oid::INT8 => Self::own(DataType::Int64, "int8", Class::Int64),
            oid::OID => Self::cast(DataType::Int64, "int8", None),
            oid::FLOAT4 => Self::own(DataType::Float32, "float4", Class::Float32),
            oid::FLOAT8 => Self::own(DataType::Float64, "float8", Class::Float64),
            oid::NUMERIC => Self::own(decimal_type(plain.modifier)?, "numeric", Class::Decimal),
            oid::DATE => Self::own(DataType::Date32, "date", Class::Date),
            oid::TIME => Self::own(DataType::Time64(TimeUnit::Microsecond), "time", None),
            oid::TIMESTAMP => {
                Self::own(DataType::Timestamp(TimeUnit::Microsecond, None), "timestamp", Class::Timestamp)
            }
            oid::TIMESTAMPTZ => {
                let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                Self::own(data_type, "timestamptz", Class::TimestampTz)
            }
            oid::INTERVAL => Self::own(DataType::Interval(IntervalUnit::MonthDayNano), "interval", None),
            oid::UUID => Self::own(DataType::Utf8, "uuid", Class::Uuid),
            oid::BYTEA => Self::own(DataType::Binary, "bytea", Class::Binary),
            oid::TEXT => Self::own(DataType::Utf8, "text", Class::Text),
            oid::VARCHAR => Self::own(DataType::Utf8, "varchar", Class::Text),
            oid::BPCHAR => Self::own(DataType::Utf8, "bpchar", Class::Text),
            oid::NAME => Self::cast(DataType::Utf8, "text", Class::Text),
            oid::JSON | oid::JSONB => Self::printed(Says::Json),
            _ => match types.get(&plain.oid)? {
                found if found.kind == "b" && found.name == "citext" => Self::cast(DataType::Utf8, "text", Class::Text),
                found if found.kind == "e" => Self::printed(Says::Nothing),
                _ => return None,
            },
        })
    }

    /// An array, unless it is declared with several dimensions or its elements are not read one by one.
    fn list(plain: &Plain, types: &Types) -> Option<Self> {
        if plain.dimensions > 1 {
            return None;
        }
        let element = types.get(&plain.oid)?.element;
        let inner = Plain { oid: element, modifier: plain.modifier, dimensions: 0 }.stripped(types);
        let form = Self::scalar(&inner, types)?;
        let sent = match form.sent {
            Sent::Own(name) if inner.oid == element => Sent::Own(format!("{name}[]")),
            Sent::Own(name) | Sent::Cast(name) => Sent::Cast(format!("{name}[]")),
            // To cast the array would be to cast each element, by the cast that is not to be used.
            Sent::Printed if types.get(&inner.oid).is_some_and(|found| found.casts_to_text) => return None,
            Sent::Printed => Sent::Cast("text[]".to_owned()),
        };
        Some(Self { data_type: DataType::new_list(form.data_type, true), sent, says: Says::Nothing, class: None })
    }

    /// The type as the owner wants it, if every value arrives unchanged or fails.
    fn wanted(plain: &Plain, types: &Types, wanted: &ValueType) -> Option<Self> {
        let own = Self::of(plain, types);
        Some(match (wanted, plain.oid) {
            (ValueType::String, _) if own.data_type == DataType::Utf8 && plain.oid != oid::UUID => own,
            (ValueType::String, _) => Self::printed(Says::Printed),
            (ValueType::Decimal(precision, scale), oid::NUMERIC) => {
                Self::own(DataType::Decimal128(*precision, *scale), "numeric", Class::Decimal)
            }
            (ValueType::Decimal(precision, scale), oid::INT2 | oid::INT4 | oid::INT8) => {
                Self::cast(DataType::Decimal128(*precision, *scale), "numeric", None)
            }
            (ValueType::Int32, oid::INT2) => Self::cast(DataType::Int32, "int4", None),
            (ValueType::Int64, oid::INT2 | oid::INT4) => Self::cast(DataType::Int64, "int8", None),
            (ValueType::Float64, oid::INT2 | oid::INT4 | oid::FLOAT4) => Self::cast(DataType::Float64, "float8", None),
            (wanted, _) if is_own_type(wanted, plain.oid) => own,
            _ => return None,
        })
    }
}

/// Does `wanted` name what the type is anyway?
const fn is_own_type(wanted: &ValueType, type_oid: u32) -> bool {
    matches!(
        (wanted, type_oid),
        (ValueType::Bool, oid::BOOL)
            | (ValueType::Int32, oid::INT4)
            | (ValueType::Int64, oid::INT8 | oid::OID)
            | (ValueType::Float64, oid::FLOAT8)
            | (ValueType::Date, oid::DATE)
            | (ValueType::Timestamp, oid::TIMESTAMP)
            | (ValueType::TimestampTz, oid::TIMESTAMPTZ)
            | (ValueType::Uuid, oid::UUID)
    )
}

/// The decimal that holds every `numeric` with this modifier; `None` when no decimal is wide enough. Without a modifier:
/// 38 digits, 18 of them after the point.
fn decimal_type(modifier: i32) -> Option<DataType> {
    if modifier < 4 {
        return Some(DataType::Decimal128(DECIMAL128_MAX_PRECISION, 18));
    }
    let bits = modifier - 4;
    let precision = (bits >> 16) & 0xFFFF;
    // Eleven bits, signed.
    let scale = ((bits & 0x7FF) ^ 0x400) - 0x400;
    // A negative scale rounds before the point; a scale beyond the precision has zeros after it.
    let (precision, scale) = (if scale < 0 { precision - scale } else { precision.max(scale) }, scale.max(0));
    let (precision, scale) = (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
    match precision {
        0..=DECIMAL128_MAX_PRECISION => Some(DataType::Decimal128(precision, scale)),
        39..=DECIMAL256_MAX_PRECISION => Some(DataType::Decimal256(precision, scale)),
        _ => None,
    }
}
