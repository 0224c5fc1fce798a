//! `kind: redshift`

use super::{
    super::{
        Secret, Spanned,
        reader::{Fields, Value},
    },
    Aws, AwsIdentity, AwsWarehouse, RedshiftAccess, RedshiftConfig,
    read::{self, UrlShape},
};
use crate::model::{Place, Problem, Problems};

const SHAPE: UrlShape = UrlShape {
    system: "Redshift",
    schemes: &["redshift", "postgres", "postgresql"],
    example: "redshift://user:password@host:5439/database",
};
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
    let identity = read_identity(fields, &place, problems);
    Some(Some(Aws { place, region: region?, warehouse: warehouse?, user, endpoint, identity: identity? }))
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

/// A whole key, a profile, or nothing.
fn read_identity(fields: &mut Fields, place: &Place, problems: &mut Problems) -> Option<AwsIdentity> {
    let [id, key, token, profile] = ["access_key_id", "secret_access_key", "session_token", "profile"]
        .map(|name| fields.take(name).map(|value| value.filled(problems).map(|text| text.value)));
    let mistake = match (id, key, token, profile) {
        (None, None, None, None) => return Some(AwsIdentity::Chain),
        (None, None, None, Some(profile)) => return profile.map(AwsIdentity::Profile),
        (Some(id), Some(secret), token, None) => {
            let (id, secret) = (Secret::new(id?), Secret::new(secret?));
            let token = match token {
                Some(token) => Some(Secret::new(token?)),
                None => None,
            };
            return Some(AwsIdentity::Key { id, secret, token });
        }
        (.., Some(_)) => "an access key and a `profile` are two identities",
        _ => "a part of an access key is missing",
    };
    let problem = Problem::error(place.clone(), mistake);
    problems.push(problem.hint(
        "give `access_key_id` and `secret_access_key`, and `session_token` where there is one; or `profile`; or none of them, \
         and the environment says who asks",
    ));
    None
}
