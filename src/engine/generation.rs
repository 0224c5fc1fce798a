//! Which tables a query was planned over: results that were kept under others are of no use.

use std::hash::Hash as _;

use sha2::{Digest as _, Sha256};

use super::{catalogs::Listings, view::Digester};
use crate::catalog::Query;

/// SHA-256 over the tables that `query` names, as `listings` describe them: their columns and keys. A source that is asked
/// again and says the same changes nothing.
pub(super) fn of(query: &Query, listings: &Listings) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut digester = Digester(&mut digest);
    for (source, names) in &query.sources {
        let Some(listing) = listings.get(source) else { continue };
        let is_named = |schema: &str, table: &str| names.has(&listing.default_schema, schema, table);
        let mut tables: Vec<_> = listing.tables.iter().filter(|table| is_named(&table.schema, &table.name)).collect();
        tables.sort_unstable_by_key(|table| (&table.schema, &table.name));
        (source.as_str(), &listing.default_schema, tables.len()).hash(&mut digester);
        for table in tables {
            (&table.schema, &table.name, &table.key).hash(&mut digester);
            table.provider.schema().fields().hash(&mut digester);
        }
    }
    digest.finalize().into()
}
