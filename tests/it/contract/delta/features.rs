//! What the protocol has and writers use: deleted rows, mapped columns, checkpoints, schemas that change; and what is
//! refused by name.

use super::Lake;

/// A table whose columns have other names in its files, told by name or by number.
const MAPPED: &str = r"
def field(name, kind, number, physical):
    notes = {'delta.columnMapping.id': number, 'delta.columnMapping.physicalName': physical}
    return {'name': name, 'type': kind, 'nullable': True, 'metadata': notes}

def stored(name, kind, number):
    return pa.field(name, kind, metadata={'PARQUET:field_id': str(number)})

def mapped(name, mode, names):
    inner = {'type': 'struct', 'fields': [field('now', 'string', 5, names[3]), field('later', 'integer', 6, 'col-f')]}
    columns = [field('id', 'long', 1, names[0]), field('renamed', 'string', 2, names[1]), field('gone', 'long', 3, 'col-c'),
               field('s', inner, 4, names[2]), field('part', 'integer', 7, 'col-p')]
    configuration = {'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '7'}
    commit(name, [protocol('columnMapping'), metadata(columns, ['part'], configuration)])
    schema = pa.schema([stored('x-s', pa.struct([stored('x-now', pa.string(), 5)]), 4), stored('x-id', pa.int64(), 1), stored('x-renamed', pa.large_string(), 2)])
    data = pa.table([[{'x-now': 'a'}, None, {'x-now': None}], [1, 2, 3], ['r', None, 's']], schema=schema)
    pa.parquet.write_table(data, f'{at(name)}/a.parquet')
    stats = {'numRecords': 3, 'minValues': {names[0]: 1}, 'maxValues': {names[0]: 3}, 'nullCount': {names[0]: 0}}
    commit(name, [added(name, 'a.parquet', stats, partitionValues={'col-p': '7'})])

mapped('by_name', 'name', ['x-id', 'x-renamed', 'x-s', 'x-now'])
mapped('by_number', 'id', ['other-id', 'other-renamed', 'other-s', 'other-now'])
";

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_mapped_by_name_and_by_number() {
    let lake = Lake::in_directory();
    lake.run(MAPPED);
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    for table in ["by_name", "by_number"] {
        assert_eq!(
            engine.rows_in_order(&format!("SELECT id, renamed, gone, s, part FROM {table} ORDER BY id")).await,
            Ok(vec![
                "1|r|NULL|{now: a, later: NULL}|7".to_owned(),
                "2|NULL|NULL|NULL|7".to_owned(),
                "3|s|NULL|{now: NULL, later: NULL}|7".to_owned()
            ]),
            "{table}"
        );
        let found = |filter: &str| format!("SELECT id FROM {table} WHERE {filter}");
        assert_eq!(engine.rows(&found("renamed = 's' AND id > 2 AND part = 7")).await, Ok(vec!["3".to_owned()]));
        assert_eq!(engine.rows(&found("id > 3")).await, Ok(vec![]));
        assert!(engine.explain(&found("id > 3")).await.contains("EmptyExec"), "{table}: statistics are mapped too");
        assert_eq!(engine.rows(&found("s['now'] = 'a'")).await, Ok(vec!["1".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_rows_are_neither_read_nor_counted() {
    let lake = Lake::in_directory();
    lake.run(r"
for name, inline in [('inline', True), ('beside', False)]:
    commit(name, [protocol('deletionVectors'), metadata([{'name': 'n', 'type': 'long', 'nullable': True, 'metadata': {}}])])
    for part, (first, gone) in enumerate([(0, [0, 1, 4999]), (5000, range(5000)), (10000, [])]):
        values = pa.array([None if n % 2 else n for n in range(first, first + 5000)])
        pa.parquet.write_table(pa.table({'n': values}), f'{at(name)}/{part}.parquet', row_group_size=1000)
        stats = {'numRecords': 5000, 'minValues': {'n': first}, 'maxValues': {'n': first + 4998}, 'nullCount': {'n': 2500}, 'tightBounds': False}
        commit(name, [added(name, f'{part}.parquet', stats, **({'deletionVector': deletion_vector(name, gone, inline)} if gone else {}))])
");
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    for table in ["inline", "beside"] {
        let rows = |select: &str| format!("SELECT {select} FROM {table}");
        let count = rows("count(*)");
        assert_eq!(engine.rows(&count).await, Ok(vec!["9997".to_owned()]), "{table}");
        assert!(!engine.explain(&count).await.contains("DataSourceExec"), "the log counts: {table}");
        assert_eq!(
            engine.rows(&rows("count(n), min(n), max(n)")).await,
            Ok(vec!["4999|2|14998".to_owned()]),
            "{table}"
        );
        assert_eq!(
            engine.rows(&format!("{} WHERE n IN (0, 2, 4998, 6000, 10000)", rows("n"))).await.map(|mut rows| {
                rows.sort();
                rows
            }),
            Ok(vec!["10000".to_owned(), "2".to_owned(), "4998".to_owned()]),
            "{table}"
        );
        let ordered = format!("{} WHERE n > 1 ORDER BY n LIMIT 2", rows("n"));
        assert_eq!(engine.rows_in_order(&ordered).await, Ok(vec!["2".to_owned(), "4".to_owned()]), "{table}");
        assert_eq!(engine.rows(&format!("{} WHERE n IS NULL", rows("count(*)"))).await, Ok(vec!["4998".to_owned()]));
        assert_eq!(engine.rows(&format!("{} WHERE n BETWEEN 5000 AND 9999", rows("n"))).await, Ok(vec![]), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_change_and_logs_are_cut_off() {
    let lake = Lake::in_bucket().await;
    lake.run(r"
write('t', {'id': [1, 2], 's': pa.array([{'a': 1}, None])})
write('t', {'id': [3], 's': pa.array([{'a': 2, 'b': 'x'}]), 'added': ['new']}, schema_mode='merge')
table('t').create_checkpoint()
write('t', {'id': [4], 's': pa.array([{'a': 2, 'b': 'x'}]), 'added': [None]})
DeltaTable.create(at('empty'), Schema([Field('id', PrimitiveType('long')), Field('t', PrimitiveType('string'))]), storage_options=options)
for n in range(30):
    write('long', {'id': [n]})
    if n == 20: table('long').create_checkpoint()
write('v2', {'id': [1]}, configuration={'delta.checkpointPolicy': 'v2'})
write('v2', {'id': [2]})
table('v2').create_checkpoint()
write('v2', {'id': [3]})
write('ntz', {'id': [1], 'at': pa.array([dt.datetime(2024, 1, 1)], pa.timestamp('us'))})
");
    let engine = lake.engine().await;
    assert_eq!(engine.problems, []);
    for (table, count) in [("t", 4), ("empty", 0), ("long", 30), ("v2", 3), ("ntz", 1)] {
        assert_eq!(lake.is_same(&engine, table).await, count, "{table}");
        assert_eq!(engine.rows(&format!("SELECT count(*) FROM {table}")).await, Ok(vec![count.to_string()]), "{table}");
    }
    assert_eq!(engine.rows("SELECT id FROM t WHERE added IS NULL").await, Ok(["1", "2", "4"].map(Into::into).to_vec()));
    assert_eq!(engine.rows("SELECT id FROM t WHERE s['b'] = 'x'").await, Ok(["3", "4"].map(Into::into).to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_right_is_refused_by_name_and_stops_no_other_table() {
    let lake = Lake::in_directory();
    lake.run(r#"
write('good', {'id': [1]})
plain = [{'name': 'id', 'type': 'long', 'nullable': True, 'metadata': {}}]
for feature in ['typeWidening', 'catalogManaged', 'madeUp']:
    commit(feature, [protocol(feature), metadata(plain)])
commit('variant', [protocol('variantType'), metadata([{'name': 'v', 'type': 'variant', 'nullable': True, 'metadata': {}}])])
commit('newer', [{'protocol': {'minReaderVersion': 4, 'minWriterVersion': 7}}, metadata(plain)])
write('clone', {'id': [1]})
commit('clone', [{'add': {'path': 's3://elsewhere/a.parquet', 'size': 1, 'modificationTime': 0, 'dataChange': True, 'partitionValues': {}}}])
write('torn', {'id': [1]})
with open(at('torn') + '/_delta_log/00000000000000000001.json', 'w') as file: file.write('{"add": {"pa')
"#);
    let engine = lake.engine().await;
    assert_eq!(engine.rows("SELECT id FROM good").await, Ok(vec!["1".to_owned()]));
    let told: Vec<_> = engine.problems.iter().map(ToString::to_string).collect();
    for (table, reason) in [
        ("typeWidening", "typeWidening"),
        ("catalogManaged", "catalogManaged"),
        ("madeUp", "madeUp"),
        ("variant", "its column `v` is of a type that is not supported"),
        ("newer", ""),
        ("clone", "shallow clone"),
        ("torn", ""),
    ] {
        let start = format!("catalogs/lake.yaml:1:1: warning: table `{table}`: ");
        let found = told.iter().find(|problem| problem.starts_with(&start));
        let found = found.unwrap_or_else(|| panic!("nothing of {table} in {told:#?}"));
        assert!(found.contains(reason), "{found}");
    }
    assert_eq!(told.len(), 7, "{told:#?}");
}
