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
//! | bpchar | Utf8, as stored, with its padding | no |
//! | one-dimensional arrays of these, and of name, json, jsonb, citext, enums | List | no |
//! | everything else | Utf8: what `::text` prints | as text |
//!
//! Domains are their base types. `IS NULL` is asked of every type.
//!
//! `columns:` can ask for another type where every value arrives unchanged or fails: `string` for every type, `decimal(p,s)`
//! for numeric and integers, a wider integer or float64 for a narrower number, and the type that a column has anyway.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, Field, IntervalUnit, TimeUnit,
};

use crate::{
    model::ValueType,
    sources::sql::{Class, Column, Comparison, SOURCE_TYPE, dialect::quoted},
};

/// Days from Arrow's epoch, 1970-01-01, to Postgres', 2000-01-01.
pub const DAYS_TO_EPOCH: i32 = 10_957;
/// The same in microseconds.
pub const MICROS_TO_EPOCH: i64 = 946_684_800_000_000;

/// Object identifiers of built-in types, which never change.
pub mod oid {
    pub const BOOL: u32 = 16;
    pub const BYTEA: u32 = 17;
    pub const NAME: u32 = 19;
    pub const INT8: u32 = 20;
    pub const INT2: u32 = 21;
    pub const INT4: u32 = 23;
    pub const TEXT: u32 = 25;
    pub const OID: u32 = 26;
    pub const JSON: u32 = 114;
    pub const FLOAT4: u32 = 700;
    pub const FLOAT8: u32 = 701;
    pub const BPCHAR: u32 = 1042;
    pub const VARCHAR: u32 = 1043;
    pub const DATE: u32 = 1082;
    pub const TIME: u32 = 1083;
    pub const TIMESTAMP: u32 = 1114;
    pub const TIMESTAMPTZ: u32 = 1184;
    pub const INTERVAL: u32 = 1186;
    pub const NUMERIC: u32 = 1700;
    pub const UUID: u32 = 2950;
    pub const JSONB: u32 = 3802;

    /// Elements and their arrays.
    const ARRAYS: [(u32, u32); 17] = [
        (BOOL, 1000),
        (BYTEA, 1001),
        (INT2, 1005),
        (INT4, 1007),
        (TEXT, 1009),
        (BPCHAR, 1014),
        (VARCHAR, 1015),
        (INT8, 1016),
        (FLOAT4, 1021),
        (FLOAT8, 1022),
        (TIMESTAMP, 1115),
        (DATE, 1182),
        (TIME, 1183),
        (TIMESTAMPTZ, 1185),
        (INTERVAL, 1187),
        (NUMERIC, 1231),
        (UUID, 2951),
    ];

    /// The array type of a native element type.
    pub fn array_of(element: u32) -> Option<u32> {
        ARRAYS.iter().find(|(known, _)| *known == element).map(|(_, array)| *array)
    }

    /// The element type of an array of a native type.
    pub fn element_of(array: u32) -> Option<u32> {
        ARRAYS.iter().find(|(_, known)| *known == array).map(|(element, _)| *element)
    }
}

/// A row of `pg_type`, as far as it matters here.
#[derive(Clone, Debug)]
pub struct CatalogType {
    /// `typname`: citext is known by it.
    pub name: String,
    /// `typtype`: `d` for domains, `e` for enums.
    pub kind: String,
    /// The type under a domain, else 0.
    pub base: u32,
    /// The base type's modifier, else -1.
    pub base_modifier: i32,
    /// The element type of a true array, else 0.
    pub element: u32,
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
    let name = quoted(&column.name);
    let (plain, modifier) = strip_domains(column.type_oid, column.modifier, types);
    let is_domain = plain != column.type_oid;
    let native = match as_type {
        None => Form::of(plain, modifier, types),
        Some(wanted) => Form::wanted(plain, modifier, types, wanted)?,
    };
    let read = match &native.cast {
        Some(cast) => format!("{name}::{cast}"),
        None if is_domain => format!("{name}::{}", native.plain),
        None => name.clone(),
    };
    let comparison = native.class.and_then(|class| {
        let (equality, order) = match class {
            // A database in another encoding sorts, and takes, other bytes.
            Class::Text if !utf8 => return None,
            Class::Text if native.cast.is_none() && column.deterministic => {
                (read.clone(), format!("({read} COLLATE \"C\")"))
            }
            Class::Text => (format!("({read} COLLATE \"C\")"), format!("({read} COLLATE \"C\")")),
            _ => (read.clone(), read.clone()),
        };
        Some(Comparison { class, equality, order })
    });
    let field = Field::new(&column.name, native.data_type, !column.not_null)
        .with_metadata([(SOURCE_TYPE.to_owned(), column.type_name.clone())].into());
    Some(Column { field: Arc::new(field), presence: read.clone(), select: read, comparison })
}

/// What can be asked for a column of this type.
pub fn allowed(column: &CatalogColumn, types: &Types) -> &'static str {
    match strip_domains(column.type_oid, column.modifier, types).0 {
        oid::NUMERIC => "string, decimal(p,s)",
        oid::INT2 | oid::INT4 => "string, int32, int64, float64, decimal(p,s)",
        oid::INT8 => "string, int64, decimal(p,s)",
        oid::FLOAT4 => "string, float64",
        _ => "string, or the type that it has without `columns:`",
    }
}

fn strip_domains(mut type_oid: u32, mut modifier: i32, types: &Types) -> (u32, i32) {
    while let Some(domain) = types.get(&type_oid).filter(|found| found.kind == "d") {
        type_oid = domain.base;
        if modifier < 0 {
            modifier = domain.base_modifier;
        }
    }
    (type_oid, modifier)
}

/// How a type is read.
struct Form {
    data_type: DataType,
    /// The type's own name, for domains over it.
    plain: String,
    /// Another type that is asked for in its place.
    cast: Option<String>,
    class: Option<Class>,
}

impl Form {
    /// A type whose wire form is read as it is.
    fn native(data_type: DataType, plain: &str, class: impl Into<Option<Class>>) -> Self {
        Self { data_type, plain: plain.to_owned(), cast: None, class: class.into() }
    }

    fn cast(data_type: DataType, cast: &str, class: impl Into<Option<Class>>) -> Self {
        Self { data_type, plain: cast.to_owned(), cast: Some(cast.to_owned()), class: class.into() }
    }

    /// What Postgres prints.
    fn text() -> Self {
        Self::cast(DataType::Utf8, "text", Class::Text)
    }

    fn of(type_oid: u32, modifier: i32, types: &Types) -> Self {
        Self::scalar(type_oid, modifier)
            .or_else(|| Self::list(types.get(&type_oid)?.element, modifier, types))
            .unwrap_or_else(Self::text)
    }

    fn scalar(type_oid: u32, modifier: i32) -> Option<Self> {
        Some(match type_oid {
            oid::BOOL => Self::native(DataType::Boolean, "bool", Class::Bool),
            oid::INT2 => Self::native(DataType::Int16, "int2", Class::Int16),
            oid::INT4 => Self::native(DataType::Int32, "int4", Class::Int32),
            oid::INT8 => Self::native(DataType::Int64, "int8", Class::Int64),
            oid::OID => Self::cast(DataType::Int64, "int8", None),
            oid::FLOAT4 => Self::native(DataType::Float32, "float4", Class::Float32),
            oid::FLOAT8 => Self::native(DataType::Float64, "float8", Class::Float64),
            oid::NUMERIC => Self::native(decimal_type(modifier)?, "numeric", Class::Decimal),
            oid::DATE => Self::native(DataType::Date32, "date", Class::Date),
            oid::TIME => Self::native(DataType::Time64(TimeUnit::Microsecond), "time", None),
            oid::TIMESTAMP => {
                Self::native(DataType::Timestamp(TimeUnit::Microsecond, None), "timestamp", Class::Timestamp)
            }
            oid::TIMESTAMPTZ => {
                let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                Self::native(data_type, "timestamptz", Class::TimestampTz)
            }
            oid::INTERVAL => Self::native(DataType::Interval(IntervalUnit::MonthDayNano), "interval", None),
            oid::UUID => Self::native(DataType::Utf8, "uuid", Class::Uuid),
            oid::BYTEA => Self::native(DataType::Binary, "bytea", Class::Binary),
            oid::TEXT => Self::native(DataType::Utf8, "text", Class::Text),
            oid::VARCHAR => Self::native(DataType::Utf8, "varchar", Class::Text),
            oid::BPCHAR => Self::native(DataType::Utf8, "bpchar", None),
            _ => return None,
        })
    }

    /// An array of `element`, unless there is none or its elements are not read one by one.
    fn list(element: u32, modifier: i32, types: &Types) -> Option<Self> {
        let (plain, modifier) = strip_domains(element, modifier, types);
        let form = Self::scalar(plain, modifier).or_else(|| {
            let found = types.get(&plain)?;
            let is_text =
                matches!(plain, oid::NAME | oid::JSON | oid::JSONB) || found.kind == "e" || found.name == "citext";
            is_text.then(Self::text)
        })?;
        let cast = form.cast.clone().or_else(|| (plain != element).then(|| form.plain.clone()));
        Some(Self {
            data_type: DataType::List(Arc::new(Field::new_list_field(form.data_type, true))),
            plain: format!("{}[]", form.plain),
            cast: cast.map(|cast| format!("{cast}[]")),
            class: None,
        })
    }

    /// The type as the owner wants it, if every value arrives unchanged or fails.
    fn wanted(type_oid: u32, modifier: i32, types: &Types, wanted: &ValueType) -> Option<Self> {
        let own = Self::of(type_oid, modifier, types);
        Some(match (wanted, type_oid) {
            (ValueType::String, _) if own.data_type == DataType::Utf8 && type_oid != oid::UUID => own,
            (ValueType::String, _) => Self::text(),
            (ValueType::Decimal(precision, scale), oid::NUMERIC) => {
                Self::native(DataType::Decimal128(*precision, *scale), "numeric", Class::Decimal)
            }
            (ValueType::Decimal(precision, scale), oid::INT2 | oid::INT4 | oid::INT8) => {
                Self::cast(DataType::Decimal128(*precision, *scale), "numeric", None)
            }
            (ValueType::Int32, oid::INT2) => Self::cast(DataType::Int32, "int4", None),
            (ValueType::Int64, oid::INT2 | oid::INT4) => Self::cast(DataType::Int64, "int8", None),
            (ValueType::Float64, oid::INT2 | oid::INT4 | oid::FLOAT4) => Self::cast(DataType::Float64, "float8", None),
            (wanted, _) if is_own_type(wanted, type_oid) => own,
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

/// A type's name in a sentence.
pub fn spoken(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            format!("decimal({precision},{scale})")
        }
        DataType::Utf8 => "string".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(..) => "timestamptz".to_owned(),
        DataType::Interval(_) => "interval".to_owned(),
        DataType::List(element) => format!("a list of {}", spoken(element.data_type())),
        other => other.to_string().to_lowercase(),
    }
}
