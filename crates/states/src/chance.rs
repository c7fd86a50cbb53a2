//! Randomness as a port: the same seed gives the same run, whatever the machine it runs on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest, Sha1};

/// A seeded source of randomness (SplitMix64). Not for secrets: a task token is an address, not a password.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// A source that always yields the same sequence for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0.0 <= x < 1.0`.
    pub fn unit(&mut self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number in `0 ..= limit`.
    pub fn up_to(&mut self, limit: u64) -> u64 {
        match limit.checked_add(1) {
            Some(count) => self.next_u64() % count,
            None => self.next_u64(),
        }
    }

    /// A version 4 UUID in lower-case text.
    pub fn uuid(&mut self) -> String {
        let high = (self.next_u64() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        let low = (self.next_u64() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }

    /// A task token in URL-safe base64, so it survives any header, query or JSON unchanged. Its last eighth is a
    /// check on the rest, so that [`is_token`] can tell a used-up token from no token at all.
    pub fn token(&mut self) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        let mut check = TOKEN_CHECK_SEED;
        for _ in 0..TOKEN_BYTES / 8 - 1 {
            let word = self.next_u64();
            check ^= word.rotate_left(17);
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(Chance::new(check).next_u64().to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

const TOKEN_BYTES: usize = 40;
const TOKEN_CHECK_SEED: u64 = 0x686F_6C64_6661_7374;

/// Whether a text has the form of a task token this crate makes.
pub fn is_token(text: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else {
        return false;
    };
    let words: Vec<u64> = bytes
        .chunks_exact(8)
        .filter_map(|chunk| chunk.try_into().ok())
        .map(u64::from_be_bytes)
        .collect();
    let Some((claimed, rest)) = words.split_last() else {
        return false;
    };
    let check = rest
        .iter()
        .fold(TOKEN_CHECK_SEED, |check, word| check ^ word.rotate_left(17));
    bytes.len() == TOKEN_BYTES && Chance::new(check).next_u64() == *claimed
}

/// A UUID that is always the same for a name (RFC 9562, version 5), in a name space of this server's own.
pub(crate) fn named_uuid(name: &str) -> String {
    const SPACE: [u8; 16] = *b"states/map-label";
    let mut bytes = [0; 16];
    let digest = Sha1::new().chain_update(SPACE).chain_update(name).finalize();
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x50;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_as_one_and_a_changed_one_is_not() {
        let token = Chance::new(5).token();
        assert!(is_token(&token));
        let changed = format!(
            "{}{}",
            if token.starts_with('A') { 'B' } else { 'A' },
            &token[1..]
        );
        assert!(!is_token(&changed));
        assert!(!is_token("AAAA"));
        assert!(!is_token(""));
    }

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_another_seed_another() {
        let sequence = |seed| {
            let mut chance = Chance::new(seed);
            (0..4).map(|_| chance.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
    }

    #[test]
    fn a_uuid_is_version_four_of_the_common_variant() {
        let uuid = Chance::new(1).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    }
}
