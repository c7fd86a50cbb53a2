//! Drawing from a few random bytes: each draw takes a part of what is left.

use domain::Fault;
use domain::device::MacAddress;

/// What is left to draw from.
pub(crate) struct Draw(u128);

impl From<[u8; 16]> for Draw {
    fn from(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }
}

impl Draw {
    /// 1 to `most`, as good as evenly as long as `most` is small.
    pub(crate) fn one_to(&mut self, most: u64) -> u64 {
        let most = u128::from(most.max(1));
        let drawn = self.0 % most;
        self.0 /= most;
        u64::try_from(drawn).unwrap_or_default() + 1
    }

    /// Any of them; `None` when there is none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.one_to(u64::try_from(from.len()).ok()?);
        from.get(usize::try_from(place - 1).ok()?)
    }
}

/// A locally administered address of one device: no maker has given it to anybody (IEEE 802, the second lowest bit of the first byte).
pub(crate) fn mac_address([a, b, c, d, e, ..]: [u8; 16]) -> Result<MacAddress, Fault> {
    MacAddress::parse(&format!("02:{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}"))
        .map_err(|error| Fault::Defect(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_drawn_and_nothing_outside() {
        let mut seen = [0_u32; 5];
        for seed in 0..=255_u8 {
            let mut draw = Draw::from([seed; 16]);
            draw.one_to(20);
            let number = usize::try_from(draw.one_to(4)).unwrap();
            seen[number] += 1;
            assert!(draw.pick(&["a", "b", "c"]).is_some());
            assert_eq!(draw.pick::<u8>(&[]), None);
        }
        assert_eq!(seen[0], 0);
        assert!(seen[1..].iter().all(|times| *times > 30), "{seen:?}");
    }

    #[test]
    fn an_address_is_local_and_its_own() {
        let address = mac_address([0xff; 16]).unwrap();
        assert_eq!(address.as_str(), "02:ff:ff:ff:ff:ff");
    }
}
