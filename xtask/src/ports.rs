//! Ports on this machine: whether one is free, and finding one that is.

use std::net::TcpListener;

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
            Self::Preferred(_) | Self::Any => {
                let listener = TcpListener::bind(("127.0.0.1", 0)).while_doing("find a free port")?;
                Ok(listener.local_addr().while_doing("find a free port")?.port())
            }
        }
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
