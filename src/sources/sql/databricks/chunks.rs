//! A result in chunks: links that expire, fetched side by side and given in order, each a stream of Arrow.

use bytes::Bytes;
use datafusion::arrow::{array::RecordBatch, buffer::Buffer, ipc::reader::StreamDecoder};
use futures::{Stream, StreamExt, stream};

use super::{
    api::{Again, Api, Ask, Pauses, Told},
    failure::{broken, malformed, refused},
    statement::Finished,
    wire::{Chunk, Link, Part},
};
use crate::sources::sql::feed::Stop;

/// So many chunks, each of up to about 20 MiB, are fetched at once.
const AT_ONCE: usize = 4;

impl Api {
    /// The batches of each chunk of a result, in order.
    ///
    /// # Errors
    /// The manifest contradicts itself.
    pub fn chunks(
        &self,
        finished: Finished,
    ) -> Result<impl Stream<Item = Result<Vec<RecordBatch>, Stop>> + Send + '_, Stop> {
        let Finished { id, manifest, first } = finished;
        let rows: u64 = manifest.chunks.iter().map(|chunk| chunk.row_count).sum();
        let is_in_order = manifest.chunks.iter().enumerate().all(|(place, chunk)| chunk.chunk_index == place);
        if manifest.chunks.len() != manifest.total_chunk_count || rows != manifest.total_row_count || !is_in_order {
            return Err(malformed(&self.source, "its manifest does not add up"));
        }
        let mut links = first.answer.links(first.at);
        let chunks: Vec<_> =
            manifest.chunks.into_iter().map(|chunk| (chunk, links.remove(&chunk.chunk_index))).collect();
        Ok(stream::iter(chunks)
            .map(move |(chunk, link)| {
                let id = id.clone();
                async move { self.fetch(&id, chunk, link).await }
            })
            .buffered(AT_ONCE))
    }

    /// The batches of one chunk, by `link` if it is still good.
    async fn fetch(&self, id: &str, chunk: Chunk, link: Option<Link>) -> Result<Vec<RecordBatch>, Stop> {
        let mut link = link.filter(|link| !link.is_old());
        let mut pauses = Pauses::default();
        loop {
            // One that is new is tried, whatever it says of its end.
            let fresh = match link.take() {
                Some(link) => link,
                None => self.link(id, chunk.chunk_index).await?,
            };
            match self.read(&fresh, chunk).await {
                Ok(batches) => return Ok(batches),
                Err(again) => pauses.wait(again).await?,
            }
        }
    }

    async fn link(&self, id: &str, index: usize) -> Result<Link, Stop> {
        let Told { answer, at } = self.call::<Part>(&Ask::chunk(id, index)).await?;
        let link = answer.links(at).remove(&index);
        link.ok_or_else(|| malformed(&self.source, "a chunk without a link"))
    }

    /// What stands behind `link`. Where it is refused, broken off or not what was announced, another link may do.
    async fn read(&self, link: &Link, chunk: Chunk) -> Result<Vec<RecordBatch>, Again> {
        let mut request = self.download(&link.url).map_err(Again::never)?;
        for (name, value) in &link.http_headers {
            request = request.header(name, value);
        }
        let lost = |error| Again::at_once(broken(&self.source, error));
        let answer = request.send().await.map_err(lost)?;
        let (status, after) = (answer.status(), Again::after(&answer));
        if !status.is_success() {
            let body = answer.bytes().await.unwrap_or_default();
            return Err(Again::later(refused(&self.source, status, &body), after));
        }
        let body = answer.bytes().await.map_err(lost)?;
        let batches = decoded(body).map_err(|error| Again::at_once(malformed(&self.source, error)))?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if u64::try_from(rows) != Ok(chunk.row_count) {
            return Err(Again::at_once(malformed(&self.source, "a chunk of other rows than announced")));
        }
        Ok(batches)
    }
}

fn decoded(body: Bytes) -> Result<Vec<RecordBatch>, datafusion::arrow::error::ArrowError> {
    let (mut buffer, mut decoder, mut batches) = (Buffer::from(body), StreamDecoder::new(), Vec::new());
    while !buffer.is_empty() {
        batches.extend(decoder.decode(&mut buffer)?);
    }
    decoder.finish()?;
    Ok(batches)
}
