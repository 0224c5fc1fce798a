//! Short pieces appended to a vector in blocks of fixed size: a block too much is written and taken back, which costs less
//! than a copy of exactly so many bytes.

/// What the writers of text need of a vector of bytes.
pub(super) trait Blocks {
    /// Appends the first `len` bytes of a block.
    fn put<const N: usize>(&mut self, block: &[u8; N], len: usize);

    /// Appends what `write` leaves in a block, as many bytes as it says.
    fn put_with<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N]) -> usize);

    /// Appends bytes.
    fn put_all(&mut self, bytes: &[u8]);

    /// Appends bytes up to the first block that holds one that `is_special`, and says how many those are.
    fn put_until(&mut self, bytes: &[u8], is_special: impl Fn(u8) -> bool + Copy) -> usize;
}

impl Blocks for Vec<u8> {
    #[inline]
    fn put<const N: usize>(&mut self, block: &[u8; N], len: usize) {
        debug_assert!(len <= N, "a block has all its bytes");
        let end = self.len() + len;
        self.extend_from_slice(block);
        self.truncate(end);
    }

    #[inline]
    fn put_with<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N]) -> usize) {
        let end = self.len();
        self.extend_from_slice(&[0; N]);
        let len = self.last_chunk_mut().map_or(0, write);
        debug_assert!(len <= N, "a block has all its bytes");
        self.truncate(end + len);
    }

    #[inline]
    fn put_all(&mut self, bytes: &[u8]) {
        self.put_until(bytes, |_| false);
    }

    #[inline]
    fn put_until(&mut self, bytes: &[u8], is_special: impl Fn(u8) -> bool + Copy) -> usize {
        match bytes.len() {
            16.. => blocks::<16>(bytes, self, is_special),
            8.. => blocks::<8>(bytes, self, is_special),
            4.. => blocks::<4>(bytes, self, is_special),
            _ => blocks::<1>(bytes, self, is_special),
        }
    }
}

/// Appends whole blocks, and what is left as a block that overlaps the one before. There are at least `N` bytes, or none.
#[inline]
fn blocks<const N: usize>(bytes: &[u8], out: &mut Vec<u8>, is_special: impl Fn(u8) -> bool + Copy) -> usize {
    // Without an early exit this is a comparison of vectors.
    let any = |block: &[u8; N]| block.iter().fold(false, |any, byte| any | is_special(*byte));
    let (whole, rest) = bytes.as_chunks::<N>();
    for (index, block) in whole.iter().enumerate() {
        if any(block) {
            return index * N;
        }
        out.extend_from_slice(block);
    }
    match bytes.last_chunk::<N>() {
        Some(last) if !rest.is_empty() => {
            if any(last) {
                return bytes.len() - rest.len();
            }
            out.truncate(out.len() + rest.len() - N);
            out.extend_from_slice(last);
            bytes.len()
        }
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_length_are_whole() {
        let source: Vec<u8> = (0..=255).collect();
        for len in 0..200 {
            let mut out = b"before".to_vec();
            out.put_all(&source[..len]);
            assert_eq!(out, [b"before", &source[..len]].concat());
            out.put(b"after and more", 5);
            assert_eq!(out, [b"before", &source[..len], b"after"].concat());
        }
    }

    #[test]
    fn copying_stops_before_the_block_of_a_special_byte() {
        for len in 1..100_usize {
            for at in 0..len {
                let mut text = vec![b'x'; len];
                text[at] = b'"';
                let mut out = Vec::new();
                let copied = out.put_until(&text, |byte| byte == b'"');
                assert!(copied <= at && at - copied < 16, "{copied} of {len} with the quote at {at}");
                assert_eq!(out, text[..copied]);
            }
        }
    }
}
