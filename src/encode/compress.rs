//! Content codings: the choice for one request, and a compressor whose chunks can be read as they arrive.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use super::{Format, accept};
use crate::model::Fault;

/// A fast level, as proxies use for what is made on the fly: a response is compressed once and read once.
const GZIP_LEVEL: u32 = 1;
/// Likewise; its window (512 KiB) is far below the 8 MiB that every HTTP client must support (RFC 9659).
const ZSTD_LEVEL: i32 = 1;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// The value of `Content-Encoding`; none for identity.
    #[must_use]
    pub const fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    /// Chooses for one request, from the value of its `Accept-Encoding` headers joined by commas (RFC 9110, section
    /// 12.5.3): the highest weight wins, then zstd, then gzip. Identity is always acceptable: a client that excludes
    /// it and everything else still gets an answer it can most likely read, which the RFC prefers to none.
    #[must_use]
    pub fn negotiate(accept_encoding: Option<&str>) -> Self {
        let elements: Vec<_> = accept::elements(accept_encoding.unwrap_or_default()).collect();
        let weight = |names: &[&str]| {
            let named = |name: &str| elements.iter().find(|element| element.value.eq_ignore_ascii_case(name));
            names.iter().find_map(|name| named(name)).map(|element| element.weight)
        };
        let zstd = weight(&["zstd", "*"]).unwrap_or(0);
        let gzip = weight(&["gzip", "x-gzip", "*"]).unwrap_or(0);
        let identity = weight(&["identity"]).unwrap_or(0);
        if zstd > 0 && zstd >= gzip.max(identity) {
            Self::Zstd
        } else if gzip > 0 && gzip >= identity {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The coding to use for a body in `format`: a Parquet file is compressed inside and gains nothing.
    #[must_use]
    pub const fn for_format(self, format: Format) -> Self {
        match format {
            Format::Parquet => Self::Identity,
            _ => self,
        }
    }

    /// Compresses a whole body.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the compressor cannot be set up.
    pub fn compress(self, body: Vec<u8>) -> Result<Bytes, Fault> {
        match self {
            Self::Identity => Ok(body.into()),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(GZIP_LEVEL));
                encoder.write_all(&body).and_then(|()| encoder.finish()).map(Bytes::from).map_err(Fault::internal)
            }
            Self::Zstd => zstd::bulk::compress(&body, ZSTD_LEVEL).map(Bytes::from).map_err(Fault::internal),
        }
    }
}

/// Compresses a stream chunk by chunk. Each chunk is flushed, so that a client can read every row that was sent even
/// while the stream is slow.
pub struct Compressor(State);

enum State {
    Identity,
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Compressor {
    /// A compressor that has written nothing yet.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when the compressor cannot be set up.
    pub fn new(coding: Coding) -> Result<Self, Fault> {
        Ok(Self(match coding {
            Coding::Identity => State::Identity,
            Coding::Gzip => State::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
            Coding::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL);
                State::Zstd(encoder.map_err(Fault::internal)?)
            }
        }))
    }

    /// The next bytes to send: with those before, they decode to every chunk so far. Nothing for an empty chunk.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when compression fails.
    pub fn push(&mut self, chunk: Vec<u8>) -> Result<Bytes, Fault> {
        if chunk.is_empty() {
            return Ok(Bytes::new());
        }
        match &mut self.0 {
            State::Identity => Ok(chunk.into()),
            State::Gzip(encoder) => {
                encoder.write_all(&chunk).and_then(|()| encoder.flush()).map_err(Fault::internal)?;
                Ok(std::mem::take(encoder.get_mut()).into())
            }
            State::Zstd(encoder) => {
                encoder.write_all(&chunk).and_then(|()| encoder.flush()).map_err(Fault::internal)?;
                Ok(std::mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// The last bytes: without them a client knows that the stream was cut.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::model::Code::Internal) when compression fails.
    pub fn finish(self) -> Result<Bytes, Fault> {
        match self.0 {
            State::Identity => Ok(Bytes::new()),
            State::Gzip(encoder) => encoder.finish().map(Bytes::from).map_err(Fault::internal),
            State::Zstd(encoder) => encoder.finish().map(Bytes::from).map_err(Fault::internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates() {
        let cases = [
            (None, Coding::Identity),
            (Some(""), Coding::Identity),
            (Some("gzip"), Coding::Gzip),
            (Some("x-gzip"), Coding::Gzip),
            (Some("GZIP;q=0.1"), Coding::Gzip),
            (Some("gzip, deflate, br, zstd"), Coding::Zstd),
            (Some("gzip;q=1, zstd;q=0.9"), Coding::Gzip),
            (Some("zstd;q=0, gzip"), Coding::Gzip),
            (Some("br"), Coding::Identity),
            (Some("*"), Coding::Zstd),
            (Some("*, zstd;q=0"), Coding::Gzip),
            (Some("*;q=0"), Coding::Identity),
            (Some("identity;q=0"), Coding::Identity),
            (Some("identity;q=0, gzip;q=0.5"), Coding::Gzip),
            (Some("identity, gzip;q=0.5"), Coding::Identity),
            (Some("identity;q=0.5, gzip;q=0.5"), Coding::Gzip),
            (Some("gzip;q=2"), Coding::Identity),
        ];
        for (header, expected) in cases {
            assert_eq!(Coding::negotiate(header), expected, "{header:?}");
        }
    }

    /// Feeds a decoder with all bytes so far; says what came out.
    fn decoded(coding: Coding, sent: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Identity => sent.to_vec(),
            Coding::Gzip => {
                let mut decoder = flate2::write::GzDecoder::new(Vec::new());
                decoder.write_all(sent).and_then(|()| decoder.flush()).expect("valid so far");
                decoder.get_ref().clone()
            }
            Coding::Zstd => {
                let mut decoder = zstd::stream::write::Decoder::new(Vec::new()).expect("a decoder");
                decoder.write_all(sent).and_then(|()| decoder.flush()).expect("valid so far");
                decoder.get_ref().clone()
            }
        }
    }

    #[test]
    fn every_chunk_can_be_read_at_once_and_only_the_end_ends() {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let mut compressor = Compressor::new(coding).expect("a compressor");
            let (mut plain, mut sent) = (Vec::new(), Vec::new());
            for round in 0..20_usize {
                let chunk = format!("{{\"round\":{round}}}\n").repeat(round * 200);
                plain.extend_from_slice(chunk.as_bytes());
                sent.extend_from_slice(&compressor.push(chunk.into_bytes()).expect("a chunk"));
                assert_eq!(decoded(coding, &sent), plain, "{coding:?} after round {round}");
            }
            if coding == Coding::Gzip {
                let cut = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&sent[..]), &mut Vec::new());
                assert!(cut.is_err(), "an unfinished gzip stream must not look whole");
            }
            if coding == Coding::Zstd {
                assert!(zstd::stream::decode_all(&sent[..]).is_err(), "an unfinished zstd stream must not look whole");
            }
            sent.extend_from_slice(&compressor.finish().expect("the end"));
            assert_eq!(decoded(coding, &sent), plain);
            if coding == Coding::Zstd {
                assert_eq!(zstd::stream::decode_all(&sent[..]).expect("whole"), plain);
            }
        }
    }

    #[test]
    fn whole_bodies() {
        let body = b"some rows, some rows, some rows".repeat(1000);
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let sent = coding.compress(body.clone()).expect("a body");
            assert_eq!(decoded(coding, &sent), body);
            assert_eq!(coding == Coding::Identity, sent.len() == body.len());
        }
        assert_eq!(Coding::Zstd.for_format(Format::Parquet), Coding::Identity);
        assert_eq!(Coding::Zstd.for_format(Format::Csv), Coding::Zstd);
    }
}
