//! The eight TPC-H tables: generated, as Parquet, and in each kind of database.
//!
//! The generator's rows print themselves as `value|value|`, the format of the TPC-H tools. That one text is what every
//! system is loaded from.

use std::{fmt::Display, fs::File, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use chrono::NaiveDate;
use datafusion::parquet::arrow::ArrowWriter;
use sqlx::{AssertSqlSafe, Connection};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::harness::{clickhouse, databricks, duckdb, mariadb, postgres::Database, process, sqlite};

/// 0.01: 60,175 line items.
const SCALE: f64 = 0.01;

/// A generated table.
pub struct Table {
    /// Its name in the specification.
    pub name: &'static str,
    columns: Vec<(&'static str, Kind)>,
    /// Each as the TPC-H tools print it, without the final `|`.
    lines: Vec<String>,
}

/// The types that the specification uses.
#[derive(Clone, Copy)]
enum Kind {
    Id,
    Integer,
    /// `decimal(15,2)`
    Money,
    Date,
    Text,
}

use Kind::{Date, Id, Integer, Money, Text};

/// All eight tables.
pub fn tables() -> Vec<Table> {
    let part = "p_partkey:id p_name:text p_mfgr:text p_brand:text p_type:text p_size:integer p_container:text \
                p_retailprice:money p_comment:text";
    let supplier = "s_suppkey:id s_name:text s_address:text s_nationkey:id s_phone:text s_acctbal:money s_comment:text";
    let partsupp = "ps_partkey:id ps_suppkey:id ps_availqty:integer ps_supplycost:money ps_comment:text";
    let customer = "c_custkey:id c_name:text c_address:text c_nationkey:id c_phone:text c_acctbal:money \
                    c_mktsegment:text c_comment:text";
    let orders = "o_orderkey:id o_custkey:id o_orderstatus:text o_totalprice:money o_orderdate:date \
                  o_orderpriority:text o_clerk:text o_shippriority:integer o_comment:text";
    let lineitem = "l_orderkey:id l_partkey:id l_suppkey:id l_linenumber:integer l_quantity:money \
                    l_extendedprice:money l_discount:money l_tax:money l_returnflag:text l_linestatus:text \
                    l_shipdate:date l_commitdate:date l_receiptdate:date l_shipinstruct:text l_shipmode:text \
                    l_comment:text";
    vec![
        table("region", "r_regionkey:id r_name:text r_comment:text", RegionGenerator::default().iter()),
        table("nation", "n_nationkey:id n_name:text n_regionkey:id n_comment:text", NationGenerator::default().iter()),
        table("part", part, PartGenerator::new(SCALE, 1, 1).iter()),
        table("supplier", supplier, SupplierGenerator::new(SCALE, 1, 1).iter()),
        table("partsupp", partsupp, PartSuppGenerator::new(SCALE, 1, 1).iter()),
        table("customer", customer, CustomerGenerator::new(SCALE, 1, 1).iter()),
        table("orders", orders, OrderGenerator::new(SCALE, 1, 1).iter()),
        table("lineitem", lineitem, LineItemGenerator::new(SCALE, 1, 1).iter()),
    ]
}

/// Columns are `name:kind`, in the order in which a row prints them.
fn table(name: &'static str, columns: &'static str, rows: impl Iterator<Item = impl Display>) -> Table {
    let column = |text: &'static str| {
        let (name, kind) = text.split_once(':').expect("a column is name:kind");
        let kind = match kind {
            "id" => Id,
            "integer" => Integer,
            "money" => Money,
            "date" => Date,
            "text" => Text,
            _ => panic!("{text}: no such kind"),
        };
        (name, kind)
    };
    let line = |row: String| row.strip_suffix('|').expect("a printed row ends in a bar").to_owned();
    Table {
        name,
        columns: columns.split_whitespace().map(column).collect(),
        lines: rows.map(|row| line(row.to_string())).collect(),
    }
}

impl Table {
    /// Writes the rows as Parquet files of about the same size: `DIRECTORY/NAME/0.parquet`, `1.parquet`…
    pub fn write_parquet(&self, directory: &Path, files: usize) {
        let folder = directory.join(self.name);
        std::fs::create_dir_all(&folder).expect("a temporary directory can be written");
        for (index, lines) in self.lines.chunks(self.lines.len().div_ceil(files)).enumerate() {
            let batch = self.batch(lines);
            let file = File::create(folder.join(format!("{index}.parquet"))).expect("a temporary file can be written");
            let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("Parquet has these types");
            writer.write(&batch).expect("a temporary file can be written");
            writer.close().expect("a temporary file can be written");
        }
    }

    /// Makes the table in Postgres.
    pub async fn load_postgres(&self, database: &Database) {
        database.execute(&self.create_statement(["bigint", "integer", "numeric(15,2)", "date", "text"])).await;
        database.copy(self.name, self.lines.join("\n") + "\n").await;
        database.execute(&format!("ANALYZE {}", self.name)).await;
    }

    /// Makes the table in what plays the part of Redshift: texts have a length. The statistics are for Postgres alone.
    pub async fn load_redshift(&self, database: &Database) {
        database.execute(&self.create_statement(["bigint", "integer", "numeric(15,2)", "date", "varchar(200)"])).await;
        database.copy(self.name, self.lines.join("\n") + "\n").await;
        database.execute(&format!("ANALYZE {}", self.name)).await;
    }

    /// Makes the table in a SQLite file. The columns' affinities turn the texts into numbers.
    pub async fn load_sqlite(&self, file: &Path) {
        let create = self.create_statement(["INTEGER", "INTEGER", "REAL", "DATE", "TEXT"]);
        sqlite::execute(file, &create).await;
        let marks = vec!["?"; self.columns.len()].join(", ");
        let insert = format!("INSERT INTO {} VALUES ({marks})", self.name);
        let mut connection = sqlite::connect(file).await;
        let mut transaction = connection.begin().await.expect("SQLite begins");
        for line in &self.lines {
            let query = line.split('|').fold(sqlx::query(AssertSqlSafe(insert.as_str())), sqlx::query::Query::bind);
            query.execute(&mut *transaction).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        transaction.commit().await.expect("SQLite commits");
    }

    /// Makes the table in a DuckDB file, of a Parquet file of its rows.
    pub async fn load_duckdb(&self, file: &Path) {
        let folder = process::directory("tpch-");
        self.write_parquet(folder.path(), 1);
        let rows = folder.path().join(self.name).join("*.parquet");
        let create = self.create_statement(["BIGINT", "INTEGER", "DECIMAL(15,2)", "DATE", "VARCHAR"]);
        let name = self.name;
        duckdb::execute(file, &format!("{create}; INSERT INTO {name} FROM read_parquet('{}')", rows.display())).await;
    }

    /// Makes the table in a database of `ClickHouse`, of a Parquet file of its rows.
    pub async fn load_clickhouse(&self, database: &clickhouse::Database) {
        let folder = process::directory("tpch-");
        self.write_parquet(folder.path(), 1);
        let rows = folder.path().join(self.name).join("0.parquet");
        let create = self.create_statement(["Int64", "Int32", "Decimal(15, 2)", "Date32", "String"]);
        let create = create.replace("CREATE TABLE ", "CREATE TABLE {db}.");
        let insert = format!("INSERT INTO {{db}}.{} SELECT * FROM file('{}', Parquet)", self.name, rows.display());
        database.execute(&format!("{create} ENGINE = MergeTree ORDER BY tuple();\n{insert};\n")).await;
    }

    /// Makes the table in a catalog of Databricks, of a Parquet file of its rows.
    pub async fn load_databricks(&self, workspace: &databricks::Workspace) {
        let folder = process::directory("tpch-");
        self.write_parquet(folder.path(), 1);
        let rows = folder.path().join(self.name).join("0.parquet");
        let create = self.create_statement(["BIGINT", "INT", "DECIMAL(15,2)", "DATE", "STRING"]);
        let insert = format!("DUCKDB INSERT INTO {} FROM read_parquet('{}')", self.name, rows.display());
        workspace.execute(&format!("{create};\n{insert};\n")).await;
    }

    /// Makes the table in `MariaDB`.
    pub async fn load_mariadb(&self, database: &mariadb::Database) {
        database.execute(&self.create_statement(["bigint", "int", "decimal(15,2)", "date", "varchar(255)"])).await;
        for lines in self.lines.chunks(2000) {
            let row = |line: &String| format!("('{}')", line.replace('\'', "''").replace('|', "','"));
            let rows = lines.iter().map(row).collect::<Vec<_>>().join(",");
            database.execute(&format!("INSERT INTO {} VALUES {rows}", self.name)).await;
        }
    }

    /// With a type for each kind, in the order of [`Kind`].
    fn create_statement(&self, types: [&str; 5]) -> String {
        let column = |(name, kind): &(&str, Kind)| format!("{name} {} NOT NULL", types[*kind as usize]);
        format!("CREATE TABLE {} ({})", self.name, self.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    }

    fn batch(&self, lines: &[String]) -> RecordBatch {
        let rows: Vec<Vec<&str>> = lines.iter().map(|line| line.split('|').collect()).collect();
        let array = |index: usize, kind| array(kind, rows.iter().map(|row| row[index]));
        let arrays: Vec<ArrayRef> =
            self.columns.iter().enumerate().map(|(index, (_, kind))| array(index, *kind)).collect();
        let field =
            |((name, _), array): (&(&str, Kind), &ArrayRef)| Field::new(*name, array.data_type().clone(), false);
        let schema = Schema::new(self.columns.iter().zip(&arrays).map(field).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), arrays).expect("the columns fit their own types")
    }
}

fn array<'a>(kind: Kind, texts: impl Iterator<Item = &'a str>) -> ArrayRef {
    match kind {
        Id => Arc::new(Int64Array::from_iter_values(texts.map(|text| text.parse().expect("a number")))),
        Integer => Arc::new(Int32Array::from_iter_values(texts.map(|text| text.parse().expect("a number")))),
        Money => {
            let values = Decimal128Array::from_iter_values(texts.map(hundredths));
            Arc::new(values.with_data_type(DataType::Decimal128(15, 2)))
        }
        Date => {
            let days = |text: &str| text.parse::<NaiveDate>().expect("a date").to_epoch_days();
            Arc::new(Date32Array::from_iter_values(texts.map(days)))
        }
        Text => Arc::new(StringArray::from_iter_values(texts)),
    }
}

/// `17` is 1700, `-3.05` is -305.
fn hundredths(text: &str) -> i128 {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    assert_eq!(cents.len(), 2, "{text} has two decimals");
    format!("{whole}{cents}").parse().expect("a number")
}
