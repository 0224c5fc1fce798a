//! The Arrow IPC formats: the stream, and the file, which ends with a footer that says where each batch is.

use arrow::{
    datatypes::Schema,
    error::ArrowError,
    ipc::writer::{FileWriter, StreamWriter},
    record_batch::RecordBatch,
};

use crate::model::Fault;

/// Writes one schema message, then a message per batch, then the end mark or the footer. Each call hands over the bytes
/// written since the last; of a file, the place of each batch (24 bytes) is kept for the footer.
pub(super) enum IpcEncoder {
    Stream(StreamWriter<Vec<u8>>),
    File(FileWriter<Vec<u8>>),
}

impl IpcEncoder {
    /// Writes the schema message.
    pub fn stream(schema: &Schema) -> Result<Self, Fault> {
        StreamWriter::try_new(Vec::new(), schema).map(Self::Stream).map_err(Fault::internal)
    }

    /// Writes the magic number and the schema message.
    pub fn file(schema: &Schema) -> Result<Self, Fault> {
        FileWriter::try_new(Vec::new(), schema).map(Self::File).map_err(Fault::internal)
    }

    /// The bytes not handed over yet: at first, those before the first batch.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Stream(writer) => writer.get_mut(),
            Self::File(writer) => writer.get_mut(),
        })
    }

    /// The bytes of a batch.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Fault> {
        self.with(|encoder| match encoder {
            Self::Stream(writer) => writer.write(batch),
            Self::File(writer) => writer.write(batch),
        })
    }

    /// The bytes of the end mark, or of the footer.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        self.with(|encoder| match encoder {
            Self::Stream(writer) => writer.finish(),
            Self::File(writer) => writer.finish(),
        })
    }

    fn with(&mut self, write: impl FnOnce(&mut Self) -> Result<(), ArrowError>) -> Result<Vec<u8>, Fault> {
        write(self).map_err(Fault::internal)?;
        Ok(self.take())
    }
}
