//! The name of a kept result: when it expires, and 128 random bits that nobody guesses.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

/// Names one kept result, in whichever process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ResultId {
    /// Unix time in milliseconds. Positive, and of at most [`DIGITS`] digits.
    expires: i64,
    random: [u8; RANDOM],
}

const RANDOM: usize = 16;
/// Digits of a moment in the name of a result: they last until the year 5138, and make names sort as moments do.
const DIGITS: usize = 14;
const LATEST: i64 = 10_i64.pow(14) - 1;

impl ResultId {
    /// How long [`Self::to_bytes`] is.
    pub const LENGTH: usize = 8 + RANDOM;

    /// A new one, which expires after `lifetime`.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub(super) fn new(lifetime: TimeDelta) -> Result<Self, getrandom::Error> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random)?;
        Ok(Self { expires: (Utc::now() + lifetime).timestamp_millis().clamp(0, LATEST), random })
    }

    /// When it expires.
    #[must_use]
    pub fn expires(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.expires).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Has it expired?
    pub(super) fn is_expired(&self) -> bool {
        self.expires() <= Utc::now()
    }

    /// For a cursor, which must hide it.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.expires.to_be_bytes());
        bytes[8..].copy_from_slice(&self.random);
        bytes
    }

    /// What [`Self::to_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (expires, random) = bytes.split_first_chunk::<8>()?;
        let expires = i64::from_be_bytes(*expires);
        let random = random.try_into().ok()?;
        (0..=LATEST).contains(&expires).then_some(Self { expires, random })
    }

    /// As objects are named: the moment, and the random bits in hexadecimal.
    pub(super) fn name(&self) -> String {
        let mut name = format!("{:0DIGITS$}-", self.expires);
        for byte in self.random {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// What [`Self::name`] gave. Everything else is no result of ours.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let (expires, digits) = name.split_once('-')?;
        if expires.len() != DIGITS || digits.len() != 2 * RANDOM || !digits.is_ascii() {
            return None;
        }
        let mut random = [0; RANDOM];
        for (byte, pair) in random.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        let id = Self { expires: expires.parse().ok()?, random };
        // Other spellings of the same (capital digits, signs) name other objects.
        (id.name() == name).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let id = ResultId::new(TimeDelta::hours(1)).expect("there is randomness");
        assert_eq!(ResultId::from_bytes(&id.to_bytes()).as_ref(), Some(&id));
        assert_eq!(ResultId::from_name(&id.name()).as_ref(), Some(&id));
        assert!(id.expires() > Utc::now() + TimeDelta::minutes(59));
    }

    #[test]
    fn names_sort_by_the_moment() {
        let names = [1, 60, 100_000].map(|minutes| ResultId::new(TimeDelta::minutes(minutes)).expect("random").name());
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn nothing_else_is_an_id() {
        for bytes in [&[][..], &[0; 23], &[0; 25], &[255; 24]] {
            assert_eq!(ResultId::from_bytes(bytes), None, "{bytes:?}");
        }
        let name = "00001763700000-000102030405060708090a0b0c0d0e0f";
        assert!(ResultId::from_name(name).is_some());
        for wrong in [&name.to_uppercase(), &name[1..], "..", "", "+0001763700000-000102030405060708090a0b0c0d0e0f"] {
            assert_eq!(ResultId::from_name(wrong), None, "{wrong}");
        }
    }
}
