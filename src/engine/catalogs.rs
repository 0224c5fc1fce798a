//! What the sources hold, as DataFusion's catalogs: each source is a catalog, and a schema of the default catalog that
//! shows its default schema.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    catalog::{
        CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
        TableProvider,
    },
    common::{Result, TableReference},
};

use super::session::DEFAULT_CATALOG;
use crate::{
    model::SourceName,
    sources::{Listing, Table},
};

/// The listings of all sources that could be asked.
pub(super) type Listings = BTreeMap<SourceName, Arc<Listing>>;

/// Builds the catalogs of these listings, each table as `provider` has it; they never change afterwards.
pub(super) fn build(
    listings: &Listings,
    provider: impl Fn(&Table) -> Arc<dyn TableProvider>,
) -> Result<Arc<dyn CatalogProviderList>> {
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
            schema.register_table(table.name.clone(), provider(table))?;
        }
        let default = catalog.schema(&listing.default_schema).unwrap_or_else(|| Arc::new(MemorySchemaProvider::new()));
        shortcuts.register_schema(source.as_str(), default)?;
        list.register_catalog(source.to_string(), catalog);
    }
    list.register_catalog(DEFAULT_CATALOG.into(), shortcuts);
    Ok(Arc::new(list))
}

/// The table that a plan over these catalogs calls `name`.
pub(super) fn find<'a>(listings: &'a Listings, name: &TableReference) -> Option<&'a Table> {
    locate(listings, name).map(|(_, table)| table)
}

/// The same, and its source.
pub(super) fn locate<'a>(listings: &'a Listings, name: &TableReference) -> Option<(&'a SourceName, &'a Table)> {
    let (source, schema) = match name {
        TableReference::Full { catalog, schema, .. } if **catalog != *DEFAULT_CATALOG => (catalog, Some(schema)),
        TableReference::Full { schema: source, .. } | TableReference::Partial { schema: source, .. } => (source, None),
        TableReference::Bare { .. } => return None,
    };
    let (source, listing) = listings.get_key_value(&SourceName::new(source)?)?;
    let schema = schema.map_or(listing.default_schema.as_str(), |schema| schema.as_ref());
    let table = listing.tables.iter().find(|table| table.schema == schema && table.name == name.table())?;
    Some((source, table))
}
