//! A table's folder as the library that replays logs wants to see it: read only, and listed in order.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::object_store::{
    self, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, path::Path, prefix::PrefixStore,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};

/// A store that lists in the order of names, as the library expects of every store; directories have none.
#[derive(Debug)]
pub struct InOrder(pub PrefixStore<Arc<dyn ObjectStore>>);

fn in_order(
    objects: BoxStream<'static, object_store::Result<ObjectMeta>>,
) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let sorted = async move {
        let mut objects: Vec<_> = objects.try_collect().await?;
        objects.sort_unstable_by(|a: &ObjectMeta, b| a.location.cmp(&b.location));
        Ok::<_, object_store::Error>(futures::stream::iter(objects.into_iter().map(Ok)))
    };
    futures::stream::once(sorted).try_flatten().boxed()
}

impl fmt::Display for InOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Delta table")
    }
}

#[async_trait]
impl ObjectStore for InOrder {
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        in_order(self.0.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        in_order(self.0.list_with_offset(prefix, offset))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> object_store::Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        futures::stream::iter([Err(read_only())]).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        Err(read_only())
    }
}

fn read_only() -> object_store::Error {
    object_store::Error::NotSupported { source: "sources are only read".into() }
}
