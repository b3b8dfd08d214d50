//! Compressed bodies: what their `Content-Encoding` says, undone one after the other.

use std::io::Read;

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

use crate::engine::deployment::BODY_LIMIT;

/// How many times a body may be compressed.
const ENCODINGS: usize = 4;

/// How large the buffer of the brotli decoder is.
const BUFFER: usize = 4096;

/// Whether a body is compressed by what the values of its `Content-Encoding` headers say.
pub(crate) fn is_compressed<'a>(values: impl IntoIterator<Item = &'a str>) -> bool {
    !encodings(values).is_empty()
}

/// The body as it was before it was compressed; `None` when it is damaged, too large, or compressed in
/// an unknown way.
pub(crate) fn uncompressed<'a>(
    body: &[u8],
    values: impl IntoIterator<Item = &'a str>,
) -> Option<Vec<u8>> {
    let encodings = encodings(values);
    if encodings.len() > ENCODINGS || body.len() > BODY_LIMIT {
        return None;
    }
    // The last that was applied is the last that is named.
    encodings.iter().rev().try_fold(body.to_vec(), |body, encoding| undone(&body, encoding))
}

/// What was done to a body, in order.
fn encodings<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names = values.into_iter().flat_map(|value| value.split(','));
    let names = names.map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && name != "identity").collect()
}

fn undone(body: &[u8], encoding: &str) -> Option<Vec<u8>> {
    // The response to HEAD has none, and so has an empty one that a server declares all the same.
    if body.is_empty() {
        return Some(Vec::new());
    }
    match encoding {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body)),
        // RFC 9110 means zlib; some servers send the bare format.
        "deflate" => read(ZlibDecoder::new(body)).or_else(|| read(DeflateDecoder::new(body))),
        "br" => read(Decompressor::new(body, BUFFER)),
        "zstd" => unframed(body),
        _ => None,
    }
}

/// The content of all frames of a body in zstd.
fn unframed(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    while !body.is_empty() {
        // A frame names how much memory it takes, before anything of it is read.
        let frame = StreamingDecoder::new_with_max_window_size(&mut body, BODY_LIMIT as u64);
        whole.append(&mut read(frame.ok()?)?);
        if whole.len() > BODY_LIMIT {
            return None;
        }
    }
    Some(whole)
}

/// All of a body, unless it is larger than may be.
fn read(from: impl Read) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let limit = BODY_LIMIT as u64 + 1;
    let read = from.take(limit).read_to_end(&mut body).ok()?;
    (read <= BODY_LIMIT).then_some(body)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::{Engine, prelude::BASE64_STANDARD};
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const BODY: &[u8] = br#"{"name": "a registry, a registry, a registry"}"#;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(body: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(body: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest)
    }

    /// `BODY` as Node.js (`zlib.brotliCompressSync`) compresses it.
    fn brotli() -> Vec<u8> {
        BASE64_STANDARD.decode("Gy0A+B0HdizjwUOwcHmoRVjy9hZIWOn0pSStcJMLPAGRK3iVsSA=").unwrap()
    }

    #[test]
    fn a_body_is_uncompressed_as_its_headers_say() {
        let twice = gzip(&zlib(BODY));
        for (body, values) in [
            (BODY.to_vec(), &[][..]),
            (BODY.to_vec(), &["identity"]),
            (gzip(BODY), &["GZIP"]),
            ([gzip(&BODY[..9]), gzip(&BODY[9..])].concat(), &["x-gzip"]),
            (zlib(BODY), &["deflate"]),
            (deflate(BODY), &["deflate"]),
            (brotli(), &["br"]),
            (zstd(BODY), &["zstd"]),
            ([zstd(&BODY[..9]), zstd(&BODY[9..])].concat(), &["zstd"]),
            (twice.clone(), &["deflate, gzip"]),
            (twice, &["deflate", "gzip"]),
            (Vec::new(), &["gzip"]),
        ] {
            let expected = if body.is_empty() { &[][..] } else { BODY };
            assert_eq!(
                uncompressed(&body, values.iter().copied()).as_deref(),
                Some(expected),
                "{values:?}"
            );
        }
    }

    #[test]
    fn what_is_damaged_unknown_or_too_large_is_not_read() {
        let bomb = vec![0; BODY_LIMIT + 1];
        for (body, encoding) in [
            (BODY.to_vec(), "gzip"),
            (BODY.to_vec(), "br"),
            (BODY.to_vec(), "zstd"),
            (gzip(BODY), "compress"),
            (gzip(BODY)[..20].to_vec(), "gzip"),
            (brotli()[..20].to_vec(), "br"),
            (zstd(BODY)[..20].to_vec(), "zstd"),
            (gzip(&bomb), "gzip"),
            (zstd(&bomb), "zstd"),
            (gzip(BODY), "gzip, gzip, gzip, gzip, gzip"),
        ] {
            assert_eq!(uncompressed(&body, [encoding]), None, "{encoding}");
        }
    }
}
