//! One cell of an Arrow column as JSON. Kinds that have no JSON of their own become text as ISO 8601
//! has it.

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
use arrow_schema::{DataType, TimeUnit};
use serde_json::{Map, Number, Value};

/// The value in row `at` of `column`; null for kinds that are not read.
pub(super) fn value_at(column: &ArrayRef, at: usize) -> Value {
    if column.is_null(at) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => text(column.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => text(column.as_string::<i64>().value(at)),
        DataType::Utf8View => text(column.as_string_view().value(at)),
        DataType::Boolean => Value::Bool(column.as_boolean().value(at)),
        DataType::Int8 => native::<Int8Type>(column, at).into(),
        DataType::Int16 => native::<Int16Type>(column, at).into(),
        DataType::Int32 => native::<Int32Type>(column, at).into(),
        DataType::Int64 => native::<Int64Type>(column, at).into(),
        DataType::UInt8 => native::<UInt8Type>(column, at).into(),
        DataType::UInt16 => native::<UInt16Type>(column, at).into(),
        DataType::UInt32 => native::<UInt32Type>(column, at).into(),
        DataType::UInt64 => native::<UInt64Type>(column, at).into(),
        DataType::Float16 => float(native::<Float16Type>(column, at).into()),
        DataType::Float32 => float(native::<Float32Type>(column, at).into()),
        DataType::Float64 => float(native::<Float64Type>(column, at)),
        DataType::Date32 => shown(column.as_primitive::<Date32Type>().value_as_date(at)),
        DataType::Date64 => shown(column.as_primitive::<Date64Type>().value_as_date(at)),
        DataType::Timestamp(unit, zone) => time(column, at, *unit, zone.as_deref()),
        DataType::List(_) => list::<i32>(column, at),
        DataType::LargeList(_) => list::<i64>(column, at),
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let entries = fields.iter().zip(columns);
            Value::Object(
                entries
                    .map(|(field, column)| (field.name().clone(), value_at(column, at)))
                    .collect::<Map<_, _>>(),
            )
        }
        DataType::Dictionary(kind, _) => dictionary(column, at, kind),
        _ => Value::Null,
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn shown(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}

fn native<T: ArrowPrimitiveType>(column: &ArrayRef, at: usize) -> T::Native {
    column.as_primitive::<T>().value(at)
}

/// JSON has no infinity.
fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A time in its zone, or without one where the column names none.
fn time(column: &ArrayRef, at: usize, unit: TimeUnit, zone: Option<&str>) -> Value {
    const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f";
    let zone = zone.and_then(|zone| zone.parse::<Tz>().ok());
    macro_rules! formatted {
        ($kind:ty) => {{
            let column = column.as_primitive::<$kind>();
            match zone {
                Some(zone) => column.value_as_datetime_with_tz(at, zone).map(|time| time.to_rfc3339()),
                None => column.value_as_datetime(at).map(|time| time.format(FORMAT).to_string()),
            }
        }};
    }
    shown(match unit {
        TimeUnit::Second => formatted!(TimestampSecondType),
        TimeUnit::Millisecond => formatted!(TimestampMillisecondType),
        TimeUnit::Microsecond => formatted!(TimestampMicrosecondType),
        TimeUnit::Nanosecond => formatted!(TimestampNanosecondType),
    })
}

fn list<O: OffsetSizeTrait>(column: &ArrayRef, at: usize) -> Value {
    let items = column.as_list::<O>().value(at);
    Value::Array((0..items.len()).map(|at| value_at(&items, at)).collect())
}

fn dictionary(column: &ArrayRef, at: usize, key: &DataType) -> Value {
    fn value<K: ArrowDictionaryKeyType>(column: &ArrayRef, at: usize) -> Value {
        let dictionary = column.as_dictionary::<K>();
        dictionary.key(at).map_or(Value::Null, |key| value_at(dictionary.values(), key))
    }
    match key {
        DataType::Int8 => value::<Int8Type>(column, at),
        DataType::Int16 => value::<Int16Type>(column, at),
        DataType::Int32 => value::<Int32Type>(column, at),
        DataType::Int64 => value::<Int64Type>(column, at),
        DataType::UInt8 => value::<UInt8Type>(column, at),
        DataType::UInt16 => value::<UInt16Type>(column, at),
        DataType::UInt32 => value::<UInt32Type>(column, at),
        DataType::UInt64 => value::<UInt64Type>(column, at),
        _ => Value::Null,
    }
}
