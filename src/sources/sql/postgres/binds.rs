//! Binds in Postgres' binary wire form.

use datafusion::{
    arrow::{array::Array, datatypes::DataType},
    scalar::ScalarValue,
};
use sqlx::{
    Arguments, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid},
};

use crate::{
    model::Fault,
    sources::sql::{
        Bind, Binds, Class,
        pgwire::{
            numeric,
            oid::{self, DAYS_TO_EPOCH, MICROS_TO_EPOCH},
            text::plain_digits,
        },
    },
};

/// The arguments of a statement. A bind of a type that no predicate uses is a defect of ours.
pub fn arguments(binds: &[&ScalarValue]) -> Result<PgArguments, Fault> {
    let mut arguments = PgArguments::default();
    for bind in binds {
        arguments.add(Wire::new(bind)?).map_err(Fault::internal)?;
    }
    Ok(arguments)
}

/// The types in which [`arguments`] sends them.
pub fn types(binds: &[&ScalarValue]) -> Result<Vec<PgTypeInfo>, Fault> {
    let known = |bind: &&ScalarValue| type_oid(&bind.data_type()).ok_or_else(|| unsupported(bind));
    binds.iter().map(|bind| Ok(PgTypeInfo::with_oid(Oid(known(bind)?)))).collect()
}

/// The types in which the values of `binds` will be sent, those too that are not known yet.
pub fn expected(binds: &Binds) -> Vec<PgTypeInfo> {
    let one = |bind: &Bind| {
        let oid = class_oid(bind.class());
        let oid = if bind.is_list() { oid::array_of(oid).unwrap_or(oid) } else { oid };
        PgTypeInfo::with_oid(Oid(oid))
    };
    binds.iter().map(one).collect()
}

const fn class_oid(class: Class) -> u32 {
    match class {
        Class::Bool => oid::BOOL,
        Class::Int16 => oid::INT2,
        Class::Int32 => oid::INT4,
        Class::Int64 => oid::INT8,
        Class::Float32 => oid::FLOAT4,
        Class::Float64 => oid::FLOAT8,
        Class::Decimal => oid::NUMERIC,
        Class::Text | Class::Uuid => oid::TEXT,
        Class::Binary => oid::BYTEA,
        Class::Date => oid::DATE,
        Class::Timestamp => oid::TIMESTAMP,
        Class::TimestampTz => oid::TIMESTAMPTZ,
    }
}

/// A value and its type on the wire.
struct Wire {
    oid: u32,
    bytes: Option<Vec<u8>>,
}

impl Wire {
    fn new(value: &ScalarValue) -> Result<Self, Fault> {
        let oid = type_oid(&value.data_type()).ok_or_else(|| unsupported(value))?;
        let bytes = if value.is_null() { None } else { Some(bytes(value).ok_or_else(|| unsupported(value))?) };
        Ok(Self { oid, bytes })
    }
}

fn unsupported(value: &ScalarValue) -> Fault {
    Fault::internal(format!("a value of type {} cannot be bound in Postgres", value.data_type()))
}

fn type_oid(data_type: &DataType) -> Option<u32> {
    Some(match data_type {
        DataType::Boolean => oid::BOOL,
        DataType::Int16 => oid::INT2,
        DataType::Int32 => oid::INT4,
        DataType::Int64 => oid::INT8,
        DataType::Float32 => oid::FLOAT4,
        DataType::Float64 => oid::FLOAT8,
        DataType::Decimal128(..) | DataType::Decimal256(..) => oid::NUMERIC,
        DataType::Utf8 => oid::TEXT,
        DataType::Binary => oid::BYTEA,
        DataType::Date32 => oid::DATE,
        DataType::Timestamp(_, None) => oid::TIMESTAMP,
        DataType::Timestamp(_, Some(_)) => oid::TIMESTAMPTZ,
        DataType::List(element) => return oid::array_of(type_oid(element.data_type())?),
        _ => return None,
    })
}

fn bytes(value: &ScalarValue) -> Option<Vec<u8>> {
    Some(match value {
        ScalarValue::Boolean(Some(value)) => vec![u8::from(*value)],
        ScalarValue::Int16(Some(value)) => value.to_be_bytes().to_vec(),
        ScalarValue::Int32(Some(value)) => value.to_be_bytes().to_vec(),
        ScalarValue::Int64(Some(value)) => value.to_be_bytes().to_vec(),
        ScalarValue::Float32(Some(value)) => value.to_be_bytes().to_vec(),
        ScalarValue::Float64(Some(value)) => value.to_be_bytes().to_vec(),
        // Arrow prints a decimal in plain digits.
        ScalarValue::Decimal128(Some(_), ..) | ScalarValue::Decimal256(Some(_), ..) => {
            numeric::encode(&plain_digits(value)?)
        }
        ScalarValue::Utf8(Some(value)) => value.as_bytes().to_vec(),
        ScalarValue::Binary(Some(value)) => value.clone(),
        ScalarValue::Date32(Some(days)) => days.checked_sub(DAYS_TO_EPOCH)?.to_be_bytes().to_vec(),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => {
            micros.checked_sub(MICROS_TO_EPOCH)?.to_be_bytes().to_vec()
        }
        ScalarValue::List(list) => array(list.value(0).as_ref())?,
        _ => return None,
    })
}

/// One dimension from 1: dimensions, has-null flag, element type, length, lower bound, then each element's length and
/// bytes.
fn array(elements: &dyn Array) -> Option<Vec<u8>> {
    let length = i32::try_from(elements.len()).ok()?;
    let dimensions = i32::from(length > 0);
    let mut wire = Vec::new();
    wire.extend(dimensions.to_be_bytes());
    wire.extend(i32::from(elements.null_count() > 0).to_be_bytes());
    wire.extend(type_oid(elements.data_type())?.to_be_bytes());
    if length > 0 {
        wire.extend(length.to_be_bytes());
        wire.extend(1_i32.to_be_bytes());
    }
    for index in 0..elements.len() {
        if elements.is_null(index) {
            wire.extend((-1_i32).to_be_bytes());
            continue;
        }
        let element = bytes(&ScalarValue::try_from_array(elements, index).ok()?)?;
        wire.extend(i32::try_from(element.len()).ok()?.to_be_bytes());
        wire.extend(element);
    }
    Some(wire)
}

impl Type<Postgres> for Wire {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::TEXT))
    }
}

impl Encode<'_, Postgres> for Wire {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = &self.bytes else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }

    fn size_hint(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::len)
    }
}
