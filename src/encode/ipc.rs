//! The Arrow IPC streaming format.

use arrow::{datatypes::Schema, ipc::writer::StreamWriter, record_batch::RecordBatch};

use crate::model::Fault;

/// Writes one schema message, then a message per batch, then the end mark. Each call hands over the bytes written since
/// the last.
pub(super) struct IpcEncoder(StreamWriter<Vec<u8>>);

impl IpcEncoder {
    /// Writes the schema message.
    pub fn new(schema: &Schema) -> Result<Self, Fault> {
        StreamWriter::try_new(Vec::new(), schema).map(Self).map_err(Fault::internal)
    }

    /// The bytes not handed over yet: after `new`, the schema message.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.0.get_mut())
    }

    /// The bytes of a batch.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Fault> {
        self.0.write(batch).map_err(Fault::internal)?;
        Ok(self.take())
    }

    /// The bytes of the end mark.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        self.0.finish().map_err(Fault::internal)?;
        Ok(self.take())
    }
}
