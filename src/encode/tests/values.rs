//! Every Arrow type, with the texts of its values in JSON and in CSV.

use std::sync::Arc;

use arrow::{
    array::*,
    buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
    compute::concat,
    datatypes::*,
};

use super::{column, csv_rows, json_rows};
use crate::{
    encode::{CsvEncoder, Int64, JsonEncoder, Options},
    model::Code,
};

/// An array, and what each row is in JSON and in CSV.
pub(super) struct Case {
    pub array: ArrayRef,
    json: Vec<&'static str>,
    csv: Vec<&'static str>,
}

fn case<const N: usize>(array: impl Array + 'static, json: [&'static str; N], csv: [&'static str; N]) -> Case {
    Case { array: Arc::new(array), json: json.to_vec(), csv: csv.to_vec() }
}

pub(super) fn cases() -> Vec<Case> {
    [numbers(), decimals(), texts(), moments(), intervals(), nested(), referring()].into_iter().flatten().collect()
}

fn numbers() -> Vec<Case> {
    vec![
        case(NullArray::new(2), ["null", "null"], ["", ""]),
        case(BooleanArray::from(vec![Some(true), None, Some(false)]), ["true", "null", "false"], ["true", "", "false"]),
        case(Int8Array::from(vec![i8::MIN, i8::MAX]), ["-128", "127"], ["-128", "127"]),
        case(Int16Array::from(vec![i16::MIN, i16::MAX]), ["-32768", "32767"], ["-32768", "32767"]),
        case(Int32Array::from(vec![Some(i32::MIN), None]), ["-2147483648", "null"], ["-2147483648", ""]),
        case(
            Int64Array::from(vec![i64::MIN, i64::MAX]),
            ["-9223372036854775808", "9223372036854775807"],
            ["-9223372036854775808", "9223372036854775807"],
        ),
        case(UInt8Array::from(vec![u8::MAX]), ["255"], ["255"]),
        case(UInt16Array::from(vec![u16::MAX]), ["65535"], ["65535"]),
        case(UInt32Array::from(vec![u32::MAX]), ["4294967295"], ["4294967295"]),
        case(UInt64Array::from(vec![u64::MAX]), ["18446744073709551615"], ["18446744073709551615"]),
        case(
            Float64Array::from(vec![
                Some(-0.0),
                Some(1e300),
                Some(5e-324),
                Some(f64::NAN),
                None,
                Some(f64::NEG_INFINITY),
            ]),
            ["-0.0", "1e+300", "5e-324", "\"NaN\"", "null", "\"-Infinity\""],
            ["-0.0", "1e+300", "5e-324", "NaN", "", "-Infinity"],
        ),
        case(
            Float32Array::from(vec![0.1, 16_777_216.0, f32::INFINITY]),
            ["0.1", "16777216.0", "\"Infinity\""],
            ["0.1", "16777216.0", "Infinity"],
        ),
        Case {
            array: arrow::compute::cast(&Float32Array::from(vec![1.5, f32::NAN]), &DataType::Float16).expect("a cast"),
            json: vec!["1.5", "\"NaN\""],
            csv: vec!["1.5", "NaN"],
        },
    ]
}

fn decimals() -> Vec<Case> {
    let json = ["\"10.00\"", "\"-0.05\"", "null"];
    let csv = ["10.00", "-0.05", ""];
    let values = [Some(1000), Some(-5), None];
    let narrow = Decimal32Array::from_iter(values).with_precision_and_scale(9, 2).expect("valid");
    let wide = |value: Option<i32>| value.map(i64::from);
    let middle = Decimal64Array::from_iter(values.map(wide)).with_precision_and_scale(18, 2).expect("valid");
    let usual = Decimal128Array::from_iter(values.map(|v| v.map(i128::from))).with_precision_and_scale(38, 2);
    let huge = values.map(|v| v.map(|v| i256::from_i128(v.into())));
    let huge = Decimal256Array::from_iter(huge).with_precision_and_scale(76, 2).expect("valid");
    let negative = Decimal128Array::from(vec![-12, 0]).with_precision_and_scale(5, -3).expect("valid");
    let digits = i256::from_string(&"9".repeat(76)).expect("76 digits");
    let digits = Decimal256Array::from(vec![digits]).with_precision_and_scale(76, 70).expect("valid");
    vec![
        case(narrow, json, csv),
        case(middle, json, csv),
        case(usual.expect("valid"), json, csv),
        case(huge, json, csv),
        case(negative, ["\"-12000\"", "\"0\""], ["-12000", "0"]),
        case(
            digits,
            ["\"999999.9999999999999999999999999999999999999999999999999999999999999999999999\""],
            ["999999.9999999999999999999999999999999999999999999999999999999999999999999999"],
        ),
    ]
}

fn texts() -> Vec<Case> {
    let values = vec![Some("plain"), None, Some(""), Some("a \"b\",\n\u{1}\\"), Some("é\u{2028}😀 longer than a view")];
    let json = ["\"plain\"", "null", "\"\"", r#""a \"b\",\n\u0001\\""#, "\"é\u{2028}😀 longer than a view\""];
    let csv = ["plain", "", "\"\"", "\"a \"\"b\"\",\n\u{1}\\\"", "é\u{2028}😀 longer than a view"];
    let bytes: Vec<Option<&[u8]>> =
        vec![Some(b"\0\xff\x10"), None, Some(b""), Some(b"a"), Some(b"more than twelve bytes")];
    let base64 = ["\"AP8Q\"", "null", "\"\"", "\"YQ==\"", "\"bW9yZSB0aGFuIHR3ZWx2ZSBieXRlcw==\""];
    let base64_csv = ["AP8Q", "", "\"\"", "YQ==", "bW9yZSB0aGFuIHR3ZWx2ZSBieXRlcw=="];
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([0xfb, 0xff]), None].into_iter(), 2);
    vec![
        case(StringArray::from(values.clone()), json, csv),
        case(LargeStringArray::from(values.clone()), json, csv),
        case(StringViewArray::from(values), json, csv),
        case(BinaryArray::from(bytes.clone()), base64, base64_csv),
        case(LargeBinaryArray::from(bytes.clone()), base64, base64_csv),
        case(BinaryViewArray::from(bytes), base64, base64_csv),
        case(fixed.expect("valid"), ["\"+/8=\"", "null"], ["+/8=", ""]),
    ]
}

/// The same text in both formats, quoted in JSON.
fn quoted<const N: usize>(array: impl Array + 'static, texts: [&'static str; N]) -> Case {
    let json = texts.iter().map(|text| if text.is_empty() { "null" } else { format!("\"{text}\"").leak() });
    Case { array: Arc::new(array), json: json.collect(), csv: texts.to_vec() }
}

fn moments() -> Vec<Case> {
    vec![
        quoted(
            Date32Array::from(vec![Some(20_454), None, Some(-719_528), Some(2_932_897)]),
            ["2026-01-01", "", "0000-01-01", "+10000-01-01"],
        ),
        quoted(Date64Array::from(vec![20_454 * 86_400_000, -86_400_000]), ["2026-01-01", "1969-12-31"]),
        quoted(Time32SecondArray::from(vec![86_399]), ["23:59:59"]),
        quoted(Time32MillisecondArray::from(vec![1]), ["00:00:00.001"]),
        quoted(Time64MicrosecondArray::from(vec![3_661_000_001]), ["01:01:01.000001"]),
        quoted(Time64NanosecondArray::from(vec![Some(1), None]), ["00:00:00.000000001", ""]),
        quoted(TimestampSecondArray::from(vec![-1]), ["1969-12-31T23:59:59"]),
        quoted(TimestampMillisecondArray::from(vec![1]).with_timezone("UTC"), ["1970-01-01T00:00:00.001Z"]),
        quoted(
            TimestampMicrosecondArray::from(vec![Some(1_767_225_600_000_000), None, Some(-1)]),
            ["2026-01-01T00:00:00", "", "1969-12-31T23:59:59.999999"],
        ),
        quoted(
            TimestampMicrosecondArray::from(vec![1_767_225_600_500_000]).with_timezone("Europe/Berlin"),
            ["2026-01-01T00:00:00.500Z"],
        ),
        quoted(TimestampNanosecondArray::from(vec![1]).with_timezone("+02:00"), ["1970-01-01T00:00:00.000000001Z"]),
    ]
}

fn intervals() -> Vec<Case> {
    let mixed = IntervalMonthDayNano::new(14, -3, 14_706_789_000_000);
    vec![
        quoted(IntervalYearMonthArray::from(vec![Some(14), None, Some(-1)]), ["P1Y2M", "", "P-1M"]),
        quoted(IntervalDayTimeArray::from(vec![IntervalDayTime::new(-1, 500)]), ["P-1DT0.5S"]),
        quoted(
            IntervalMonthDayNanoArray::from(vec![mixed, IntervalMonthDayNano::ZERO]),
            ["P1Y2M-3DT4H5M6.789S", "PT0S"],
        ),
        quoted(DurationSecondArray::from(vec![Some(90_061), None]), ["PT25H1M1S", ""]),
        quoted(DurationMillisecondArray::from(vec![-500]), ["PT-0.5S"]),
        quoted(DurationMicrosecondArray::from(vec![60_000_001]), ["PT1M0.000001S"]),
        quoted(DurationNanosecondArray::from(vec![1]), ["PT0.000000001S"]),
    ]
}

fn nested() -> Vec<Case> {
    let numbers = || {
        let rows = vec![Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(2)])];
        (rows, ["[1,null]", "null", "[]", "[2]"], ["\"[1,null]\"", "", "\"[]\"", "\"[2]\""])
    };
    let (rows, json, csv) = numbers();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(rows.clone());
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows);
    // Views may overlap and come in any order.
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(2), Some(1), None]));
    let valid = NullBuffer::from(vec![true, false, true, true]);
    let views = ListViewArray::new(
        item.clone(),
        ScalarBuffer::from(vec![1, 0, 3, 0]),
        ScalarBuffer::from(vec![2, 0, 0, 1]),
        values.clone(),
        Some(valid.clone()),
    );
    let large_views = LargeListViewArray::new(
        item.clone(),
        ScalarBuffer::from(vec![1_i64, 0, 3, 0]),
        ScalarBuffer::from(vec![2_i64, 0, 0, 1]),
        values,
        Some(valid),
    );
    let pairs = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(
        [Some(vec![Some(1), None]), None, Some(vec![Some(3), Some(4)])],
        2,
    );
    vec![
        case(list, json, csv),
        case(large, json, csv),
        case(views, json, csv),
        case(large_views, json, csv),
        case(pairs, ["[1,null]", "null", "[3,4]"], ["\"[1,null]\"", "", "\"[3,4]\""]),
        case(
            structs(),
            [r#"{"n":1,"a \"text\"":"x,y"}"#, "null", r#"{"n":null,"a \"text\"":null}"#],
            [r#""{""n"":1,""a \""text\"""":""x,y""}""#, "", r#""{""n"":null,""a \""text\"""":null}""#],
        ),
        case(
            ListArray::new(
                Arc::new(Field::new_list_field(structs().data_type().clone(), true)),
                OffsetBuffer::from_lengths([2, 0, 1]),
                Arc::new(structs()),
                None,
            ),
            [r#"[{"n":1,"a \"text\"":"x,y"},null]"#, "[]", r#"[{"n":null,"a \"text\"":null}]"#],
            [r#""[{""n"":1,""a \""text\"""":""x,y""},null]""#, "\"[]\"", r#""[{""n"":null,""a \""text\"""":null}]""#],
        ),
        case(
            map(Arc::new(StringArray::from(vec!["a", "b\""]))),
            [r#"{"a":1.5,"b\"":null}"#, "null", "{}"],
            [r#""{""a"":1.5,""b\"""":null}""#, "", "\"{}\""],
        ),
        case(
            map(Arc::new(Int64Array::from(vec![-7, 8]))),
            [r#"{"-7":1.5,"8":null}"#, "null", "{}"],
            [r#""{""-7"":1.5,""8"":null}""#, "", "\"{}\""],
        ),
        case(
            map(Arc::new(Date32Array::from(vec![0, 1]))),
            [r#"{"1970-01-01":1.5,"1970-01-02":null}"#, "null", "{}"],
            [r#""{""1970-01-01"":1.5,""1970-01-02"":null}""#, "", "\"{}\""],
        ),
    ]
}

fn structs() -> StructArray {
    let fields =
        Fields::from(vec![Field::new("n", DataType::Int32, true), Field::new("a \"text\"", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), Some(9), None])),
        Arc::new(StringArray::from(vec![Some("x,y"), Some("hidden"), None])),
    ];
    StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, false, true])))
}

/// Three maps from these two keys: both entries, NULL, empty.
fn map(keys: ArrayRef) -> MapArray {
    let fields = Fields::from(vec![
        Field::new("keys", keys.data_type().clone(), false),
        Field::new("values", DataType::Float64, true),
    ]);
    let entries =
        StructArray::new(fields.clone(), vec![keys, Arc::new(Float64Array::from(vec![Some(1.5), None]))], None);
    MapArray::new(
        Arc::new(Field::new("entries", DataType::Struct(fields), false)),
        OffsetBuffer::from_lengths([2, 0, 0]),
        entries,
        Some(NullBuffer::from(vec![true, false, true])),
        false,
    )
}

fn referring() -> Vec<Case> {
    let words: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None, Some("y,")]));
    let keys = Int8Array::from(vec![Some(2), None, Some(1), Some(0)]);
    let dictionary = DictionaryArray::new(keys, Arc::clone(&words));
    let numbers: DictionaryArray<UInt32Type> =
        DictionaryArray::new(UInt32Array::from(vec![0, 0]), Arc::new(Int64Array::from(vec![7])));
    let none: DictionaryArray<Int32Type> =
        DictionaryArray::new(Int32Array::from(vec![None, None]), Arc::new(StringArray::from(Vec::<&str>::new())));
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2, 3, 4]), &words).expect("valid");
    vec![
        case(dictionary, ["\"y,\"", "null", "null", "\"x\""], ["\"y,\"", "", "", "x"]),
        case(numbers, ["7", "7"], ["7", "7"]),
        case(none, ["null", "null"], ["", ""]),
        case(runs, ["\"x\"", "\"x\"", "null", "\"y,\""], ["x", "x", "", "\"y,\""]),
    ]
}

fn assert_texts(array: &ArrayRef, json: &[&str], csv: &[&str]) {
    let batch = column(array);
    let in_object: Vec<_> = json.iter().map(|text| format!("{{\"c\":{text}}}")).collect();
    let in_line: Vec<_> = csv.iter().map(|text| format!("{text}\r\n")).collect();
    assert_eq!(json_rows(&batch), in_object, "{}", array.data_type());
    assert_eq!(csv_rows(&batch), in_line, "{}", array.data_type());
}

#[test]
fn every_type() {
    for Case { array, json, csv } in cases() {
        assert_texts(&array, &json, &csv);
        for row in &json {
            serde_json::from_str::<serde_json::Value>(row).expect("JSON");
        }
    }
}

#[test]
fn every_type_sliced() {
    for Case { array, json, csv } in cases() {
        let length = array.len();
        assert_texts(&array.slice(1, length - 1), &json[1..], &csv[1..]);
        assert_texts(&array.slice(0, 0), &[], &[]);
        let twice = concat(&[&array, &array]).expect("concatenation");
        assert_texts(&twice.slice(length, length), &json, &csv);
        assert_texts(&twice.slice(length - 1, 2), &[json[length - 1], json[0]], &[csv[length - 1], csv[0]]);
    }
}

#[test]
fn columns_keep_their_order_and_names_are_escaped() {
    let batch = RecordBatch::try_from_iter([
        ("z", Arc::new(Int32Array::from(vec![1])) as ArrayRef),
        ("a \"b\",\n", Arc::new(Int32Array::from(vec![2]))),
    ])
    .expect("a batch");
    assert_eq!(json_rows(&batch), [r#"{"z":1,"a \"b\",\n":2}"#]);
    let header =
        super::text(|out| CsvEncoder::new(&batch.schema(), &Options::default()).expect("an encoder").push_header(out));
    assert_eq!(header, "z,\"a \"\"b\"\",\n\"\r\n");
}

#[test]
fn types_without_text_are_refused_by_name() {
    let union = UnionFields::try_new([0], [Field::new("n", DataType::Int32, true)]).expect("valid");
    let union = DataType::Union(union, UnionMode::Sparse);
    let key = Field::new("keys", structs().data_type().clone(), false);
    let entries = Fields::from(vec![key, Field::new("values", DataType::Int32, true)]);
    let nested_key = DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false);
    for data_type in [union.clone(), nested_key, DataType::new_list(union, true)] {
        let schema = Arc::new(Schema::new(vec![Field::new("odd", data_type, true)]));
        for fault in
            [JsonEncoder::new(&schema, &Options::default()).err(), CsvEncoder::new(&schema, &Options::default()).err()]
        {
            let fault = fault.expect("a fault");
            assert_eq!(fault.code, Code::NotAcceptable);
            assert!(fault.detail.contains("`odd`"), "{fault}");
        }
    }
}

#[test]
fn batches_of_another_schema_are_refused() {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let words: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let encoder = JsonEncoder::new(&column(&numbers).schema(), &Options::default()).expect("an encoder");
    assert!(encoder.rows(&column(&numbers)).is_ok());
    assert_eq!(encoder.rows(&column(&words)).err().map(|fault| fault.code), Some(Code::Internal));
}

#[test]
fn integers_of_64_bits_are_text_wherever_they_are() {
    let options = Options { int64: Int64::Text, null: None };
    let rows = |array: ArrayRef| super::json_rows_with(&column(&array), &options);
    let numbers = Int64Array::from(vec![Some(i64::MIN), None]);
    assert_eq!(rows(Arc::new(numbers.clone())), [r#"{"c":"-9223372036854775808"}"#, r#"{"c":null}"#]);
    assert_eq!(rows(Arc::new(UInt64Array::from(vec![u64::MAX]))), [r#"{"c":"18446744073709551615"}"#]);
    assert_eq!(rows(Arc::new(Int32Array::from(vec![7]))), [r#"{"c":7}"#]);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None])]);
    assert_eq!(rows(Arc::new(list)), [r#"{"c":["1",null]}"#]);
    let fields =
        StructArray::from(vec![(Arc::new(Field::new("n", DataType::Int64, true)), Arc::new(numbers) as ArrayRef)]);
    assert_eq!(rows(Arc::new(fields)), [r#"{"c":{"n":"-9223372036854775808"}}"#, r#"{"c":{"n":null}}"#]);
    assert_eq!(rows(Arc::new(map(Arc::new(Int64Array::from(vec![-7, 8])))))[0], r#"{"c":{"-7":1.5,"8":null}}"#);
}

#[test]
fn null_of_csv_may_have_a_text() {
    let options = Options { null: Some("NA".into()), ..Options::default() };
    let words: ArrayRef = Arc::new(StringArray::from(vec![Some("NA"), None, Some(""), Some("NAN")]));
    assert_eq!(super::csv_rows_with(&column(&words), &options), ["\"NA\"\r\n", "NA\r\n", "\"\"\r\n", "NAN\r\n"]);
    let options = Options { null: Some("0".into()), ..Options::default() };
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), None]));
    assert_eq!(super::csv_rows_with(&column(&numbers), &options), ["\"0\"\r\n", "0\r\n"]);
}
