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
    physical_optimizer::{
        PhysicalOptimizerRule, join_selection::JoinSelection, limit_pushdown::LimitPushdown,
        optimizer::PhysicalOptimizer,
    },
    prelude::SessionConfig,
    sql::sqlparser::ast::{DataType as SqlType, TimezoneInfo},
};

use super::{
    joins::{KeysOfJoins, KnownSides},
    unions::ConstantsOfBranches,
};
use crate::{
    config::settings,
    sources::sql::{Caller, keys::MOST_KEYS},
};

/// The catalog in which each source is a schema. It cannot clash with a source: names of sources are lower snake case.
pub(super) const DEFAULT_CATALOG: &str = "(sources)";

/// The bytes of a join's keys, each as often as it occurs there, from which the list is made that goes to its other side.
const MOST_KEY_BYTES: usize = 4 << 20;

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
pub(super) fn base(runtime: Arc<RuntimeEnv>, settings: &settings::Engine) -> SessionState {
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
    options.optimizer.enable_join_dynamic_filter_pushdown = settings.dynamic_filters;
    options.optimizer.hash_join_inlist_pushdown_max_distinct_values = MOST_KEYS;
    options.optimizer.hash_join_inlist_pushdown_max_size = MOST_KEY_BYTES;
    options.execution.time_zone = Some(UTC.into());
    // Unions of columns with different metadata have one kind in logical plans and another in physical ones.
    options.execution.skip_physical_aggregate_schema_check = true;
    SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_type_planner(Arc::new(Microseconds))
        .with_physical_optimizer_rules(rules())
        .build()
}

/// The engine's own rules for physical plans, and ours among them.
fn rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    rules.insert(0, Arc::new(ConstantsOfBranches));
    let selection = JoinSelection::new();
    let behind = rules.iter().position(|rule| rule.name() == selection.name()).map_or(0, |index| index + 1);
    rules.insert(behind, Arc::new(KnownSides));
    // Once more, behind the rule that moves orders into scans: a limit follows its order.
    rules.push(Arc::new(LimitPushdown::new()));
    // Behind the rule that offers scans the filters of joins.
    rules.push(Arc::new(KeysOfJoins));
    rules
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
