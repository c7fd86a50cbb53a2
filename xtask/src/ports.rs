//! Ports on this machine: whether one is free, and finding one that stays so until its piece listens.

use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::{Failure, Result, While};

/// Which port a piece of the stack listens on.
#[derive(Clone, Copy, Debug)]
pub enum Port {
    /// This one and no other: people were told its address.
    Fixed(u16),
    /// This one when it is free, any other when not: only programs need to find it.
    Preferred(u16),
    /// Any free one.
    Any,
}

/// Below the ports that operating systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere): a
/// port from up there can be taken by anybody's connection between being found free and being listened on.
const ANY: Range<u16> = 20_000..32_000;

impl Port {
    /// A port that is free now.
    ///
    /// # Errors
    /// A fixed port is taken, or no port is free.
    pub fn choose(self) -> Result<u16> {
        match self {
            Self::Fixed(port) if is_free(port) => Ok(port),
            Self::Fixed(port) => Err(Failure::new(format!(
                "Port {port} is taken by another program: stop that program, or choose another port with `--port {}`.",
                port.wrapping_add(1)
            ))),
            Self::Preferred(port) if is_free(port) => Ok(port),
            Self::Preferred(_) | Self::Any => any(),
        }
    }
}

/// A free port that no other process of ours is given while this one lives: several tests may look at the same moment.
fn any() -> Result<u16> {
    /// What this process was given. The operating system takes the locks back however the process ends.
    static GIVEN: Mutex<Vec<File>> = Mutex::new(Vec::new());

    let folder = std::env::temp_dir().join("holdfast-ports");
    let doing = format!("find a free port, and note it in {}", folder.display());
    std::fs::create_dir_all(&folder).while_doing(&doing)?;
    let count = ANY.end - ANY.start;
    let first = somewhere() % count;
    for step in 0..count {
        let port = ANY.start + (first + step) % count;
        let note = File::create(folder.join(port.to_string())).while_doing(&doing)?;
        if note.try_lock().is_ok() && is_free(port) {
            let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            given.push(note);
            return Ok(port);
        }
    }
    Err(Failure::new(format!(
        "No port between {} and {} is free.",
        ANY.start, ANY.end
    )))
}

/// Where to begin looking, so that those who look at the same time begin apart.
fn somewhere() -> u16 {
    let now_ns = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    let mixed = now_ns ^ std::process::id().wrapping_mul(2_654_435_761);
    u16::try_from(mixed % u32::from(u16::MAX)).unwrap_or_default()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_was_given_is_not_given_again_and_no_connection_takes_it() {
        let mut given: Vec<u16> = (0..50).map(|_| Port::Any.choose().unwrap()).collect();
        assert!(given.iter().all(|port| ANY.contains(port)), "{given:?}");
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 50);
    }
}
