//! `kind: mysql`

use super::{super::reader::Fields, MysqlConfig, read};
use crate::model::Problems;

/// Reads what describes a `MySQL` or `MariaDB` server.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<MysqlConfig> {
    const SHAPE: read::UrlShape = read::UrlShape {
        system: "MySQL",
        schemes: &["mysql", "mariadb"],
        example: "mysql://user:password@host:3306/database",
    };
    let url = fields.require("url", problems).and_then(|value| read::read_url_with_password(&value, &SHAPE, problems));
    let sql = read::read_sql(fields, problems);
    Some(MysqlConfig { url: url?, sql: sql? })
}
