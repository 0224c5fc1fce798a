//! What the sources hold, as DataFusion's catalogs: each source is a catalog, and a schema of the default catalog that
//! shows its default schema.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    catalog::{
        CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    },
    common::Result,
};

use super::session::DEFAULT_CATALOG;
use crate::{model::SourceName, sources::Listing};

/// The listings of all sources that could be asked.
pub(super) type Listings = BTreeMap<SourceName, Arc<Listing>>;

/// Builds the catalogs; they never change afterwards.
pub(super) fn build(listings: &Listings) -> Result<Arc<dyn CatalogProviderList>> {
    let list = MemoryCatalogProviderList::new();
    let shortcuts = Arc::new(MemoryCatalogProvider::new());
    for (source, listing) in listings {
        let catalog = Arc::new(MemoryCatalogProvider::new());
        for table in &listing.tables {
            let schema = if let Some(schema) = catalog.schema(&table.schema) {
                schema
            } else {
                let schema = Arc::new(MemorySchemaProvider::new());
                catalog.register_schema(&table.schema, Arc::clone(&schema) as _)?;
                schema
            };
            schema.register_table(table.name.clone(), Arc::clone(&table.provider))?;
        }
        let default = catalog.schema(&listing.default_schema).unwrap_or_else(|| Arc::new(MemorySchemaProvider::new()));
        shortcuts.register_schema(source.as_str(), default)?;
        list.register_catalog(source.to_string(), catalog);
    }
    list.register_catalog(DEFAULT_CATALOG.into(), shortcuts);
    Ok(Arc::new(list))
}
