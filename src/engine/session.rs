//! The one DataFusion configuration that every query is planned and run under.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::datatypes::{DataType, Field, FieldRef, TimeUnit},
    common::Result,
    execution::{
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::{FairSpillPool, TrackConsumersPool},
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
        session_state::{SessionState, SessionStateBuilder},
    },
    logical_expr::planner::TypePlanner,
    physical_optimizer::limit_pushdown::LimitPushdown,
    prelude::SessionConfig,
    sql::sqlparser::ast::{DataType as SqlType, TimezoneInfo},
};

use crate::{config::settings, sources::sql::Caller};

/// The catalog in which each source is a schema. It cannot clash with a source: names of sources are lower snake case.
pub(super) const DEFAULT_CATALOG: &str = "(sources)";

/// The zone of every session, and the only one that leaves.
pub const UTC: &str = "UTC";

/// Memory, spill files and object stores, shared by all queries.
pub(super) fn runtime(settings: &settings::Engine) -> Result<Arc<RuntimeEnv>> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(settings.memory), 3.try_into().expect("three is not zero"));
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![settings.spill.clone()]));
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        // A cached listing would hide files that came or went since.
        .with_object_list_cache_limit(0)
        .build_arc()
}

/// A session without tables.
pub(super) fn base(runtime: Arc<RuntimeEnv>) -> SessionState {
    let mut config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(DEFAULT_CATALOG, DEFAULT_CATALOG)
        .with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    // 0.1 is a tenth, not the nearest binary fraction.
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.parquet.schema_force_view_types = false;
    options.execution.time_zone = Some(UTC.into());
    SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_type_planner(Arc::new(Microseconds))
        // Once more, behind the rule that moves orders into scans: a limit follows its order.
        .with_physical_optimizer_rule(Arc::new(LimitPushdown::new()))
        .build()
}

/// The same session for a request of `caller` that happens at `now`: `now()` is one instant, in whole microseconds.
pub(super) fn at(state: &SessionState, now: DateTime<Utc>, caller: Caller) -> SessionState {
    let mut state = state.clone();
    state.config_mut().set_extension(Arc::new(caller));
    state.execution_props_mut().query_execution_start_time = Some(now);
    state
}

/// SQL's `time` and `timestamp` types are microseconds here, as in the sources; nanoseconds would end in the year 2262.
#[derive(Debug)]
struct Microseconds;

impl TypePlanner for Microseconds {
    fn plan_type_field(&self, sql_type: &SqlType) -> Result<Option<FieldRef>> {
        let zone = match sql_type {
            SqlType::Timestamp(None | Some(6), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone)
            | SqlType::Datetime(None | Some(6)) => None,
            SqlType::Timestamp(None | Some(6), TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => Some(UTC.into()),
            SqlType::Time(None | Some(6), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
                return Ok(Some(Arc::new(Field::new("", DataType::Time64(TimeUnit::Microsecond), true))));
            }
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Field::new("", DataType::Timestamp(TimeUnit::Microsecond, zone), true))))
    }
}
