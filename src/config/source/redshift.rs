//! `kind: redshift`

use datafusion::object_store::aws::AmazonS3ConfigKey;

use super::{
    super::{
        Secret, Spanned,
        reader::{Fields, Value, suggest},
    },
    Aws, AwsWarehouse, RedshiftAccess, RedshiftConfig,
    read::{self, UrlShape},
};
use crate::model::{Problem, Problems};

const SHAPE: UrlShape = UrlShape {
    system: "Redshift",
    schemes: &["redshift", "postgres", "postgresql"],
    example: "redshift://user:password@host:5439/database",
};
/// What says who asks, by `object_store`'s names.
const OPTIONS: &[&str] = &[
    "access_key_id",
    "secret_access_key",
    "session_token",
    "role_arn",
    "role_session_name",
    "web_identity_token_file",
    "imdsv1_fallback",
    "metadata_endpoint",
    "container_credentials_relative_uri",
];
/// What is said of the wire, and what of the Data API.
const APIS: &[(&str, Api)] = &[("wire", Api::Wire), ("data", Api::Data)];

#[derive(Clone, Copy)]
enum Api {
    Wire,
    Data,
}

/// Reads what describes a warehouse.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<RedshiftConfig> {
    let api = match fields.take("api") {
        Some(value) => value.one_of(APIS, problems)?,
        None => Api::Wire,
    };
    let access = match api {
        Api::Wire => {
            let url = fields.require("url", problems);
            let url = url.and_then(|value| read::read_url_with_password(&value, &SHAPE, problems));
            let iam = read_aws(fields, false, problems);
            RedshiftAccess::Wire { url: url?, iam: iam? }
        }
        Api::Data => {
            let database = fields.require("database", problems).and_then(|value| value.filled(problems));
            let secret = fields.take("secret").and_then(|value| value.filled(problems)).map(|text| text.value);
            let aws = read_aws(fields, true, problems);
            RedshiftAccess::Data { aws: aws??, database: database?.value, secret }
        }
    };
    let sql = read::read_sql(fields, problems);
    Some(RedshiftConfig { access, sql: sql? })
}

/// Which warehouse AWS is asked for, and as whom. Over the wire it is asked only if a warehouse is named. `None`: there
/// are mistakes.
#[expect(clippy::option_option, reason = "nothing, and nothing that could be read")]
fn read_aws(fields: &mut Fields, is_needed: bool, problems: &mut Problems) -> Option<Option<Aws>> {
    let place = fields.place().clone();
    let (cluster, workgroup) = (fields.take("cluster"), fields.take("workgroup"));
    let warehouse = match (cluster, workgroup) {
        (None, None) if !is_needed => return Some(None),
        (None, None) => {
            let problem = Problem::error(place, "no `cluster` and no `workgroup` is named");
            problems.push(problem.hint("name the cluster, or the workgroup of Redshift Serverless"));
            return None;
        }
        (Some(_), Some(workgroup)) => {
            let problem = Problem::error(workgroup.key_place, "`cluster` and `workgroup` are two warehouses");
            problems.push(problem.hint("name one of them"));
            return None;
        }
        (Some(cluster), None) => cluster.filled(problems).map(|text| AwsWarehouse::Cluster(text.value)),
        (None, Some(workgroup)) => workgroup.filled(problems).map(|text| AwsWarehouse::Workgroup(text.value)),
    };
    let region = fields.require("region", problems).and_then(|value| read_region(&value, problems));
    let user = fields.take("user").and_then(|value| value.filled(problems)).map(|text| text.value);
    let endpoint = match fields.take("endpoint") {
        Some(value) => Some(read_endpoint(&value, problems)?),
        None => None,
    };
    let options = fields.take("options").map(|value| read_options(value, problems)).unwrap_or_default();
    Some(Some(Aws { place, region: region?, warehouse: warehouse?, user, endpoint, options }))
}

/// It becomes part of a host's name.
fn read_region(value: &Value, problems: &mut Problems) -> Option<String> {
    let text = value.filled(problems)?;
    if text.value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Some(text.value);
    }
    let problem = Problem::error(text.place, format!("`{}` is no region", text.value));
    problems.push(problem.hint("a region is written as `eu-central-1`"));
    None
}

/// Another way to the service than its usual name: an interface in one's own network.
fn read_endpoint(value: &Value, problems: &mut Problems) -> Option<Spanned<url::Url>> {
    let text = value.filled(problems)?;
    let is_here = |url: &url::Url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    match url::Url::parse(&text.value) {
        Ok(url)
            if (url.scheme() == "https" || url.scheme() == "http" && is_here(&url))
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.username().is_empty()
                && url.password().is_none()
                && matches!(url.path(), "" | "/")
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Some(Spanned { value: url, place: text.place })
        }
        _ => {
            let problem = Problem::error(text.place, "`endpoint` is not that of a service");
            problems.push(problem.hint("write `https://host`; without TLS only an address of this machine is taken"));
            None
        }
    }
}

/// Credentials. All values may be secrets.
fn read_options(value: Value, problems: &mut Problems) -> Vec<(Spanned<String>, Secret)> {
    let mut options = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        let bare = name.value.to_lowercase();
        let is_known = OPTIONS.contains(&bare.trim_start_matches("aws_")) && bare.parse::<AmazonS3ConfigKey>().is_ok();
        if !is_known {
            let problem = Problem::error(name.place, format!("unknown option `{}`", name.value));
            problems.push(problem.hint(suggest(&name.value, OPTIONS)));
        } else if let Some(text) = value.string(problems) {
            options.push((name, Secret::new(text.value)));
        }
    }
    options
}
