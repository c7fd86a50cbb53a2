//! Serves one file over HTTP to programs on this machine, and nothing else.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Result, While};

/// The one path that answers.
const PATH: &str = "/dump";
/// Who asks at the same time, at most; others are told to come back.
const READERS_MAX: usize = 4;
/// How long somebody may say or take nothing.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// The longest question that is read, in bytes.
const QUESTION_MAX: u64 = 16 * 1024;

/// A server of one file, until it is dropped. What was begun is still sent to its end.
#[derive(Debug)]
pub struct FileServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl FileServer {
    /// Serves the file on a free port of this machine.
    ///
    /// # Errors
    /// It is not a file that can be read, or no port is free.
    pub fn start(path: &Path) -> Result<Self> {
        let doing = format!("read {}", path.display());
        let is_file = File::open(path)
            .and_then(|file| file.metadata())
            .while_doing(&doing)?
            .is_file();
        if !is_file {
            return Err(Failure::new(format!("cannot {doing}: it is not a file")));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).while_doing("find a free port")?;
        let address = listener.local_addr().while_doing("find a free port")?;
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, path) = (Arc::clone(&is_over), path.to_owned());
        let thread = thread::spawn(move || serve(&listener, &path, &over));
        Ok(Self {
            address,
            is_over,
            thread: Some(thread),
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for somebody to come.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, path: &Path, is_over: &AtomicBool) {
    let readers = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let (path, readers) = (path.to_owned(), Arc::clone(&readers));
        thread::spawn(move || {
            let is_full = readers.fetch_add(1, Ordering::Relaxed) >= READERS_MAX;
            // Whoever went away in the middle asks again, or does not.
            let _ = answer(&stream, &path, is_full);
            readers.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn answer(mut stream: &TcpStream, path: &Path, is_full: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    stream.set_write_timeout(Some(SILENCE_MAX))?;
    let mut question = BufReader::new(stream.take(QUESTION_MAX));
    let mut asked = String::new();
    question.read_line(&mut asked)?;
    // The rest says nothing that matters, but whoever asks wants it to be heard.
    let mut line = String::new();
    while question.read_line(&mut line)? > 2 {
        line.clear();
    }
    if is_full {
        return refuse(stream, "503 Service Unavailable");
    }
    let mut words = asked.split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some(PATH)) => {}
        (Some("GET"), _) => return refuse(stream, "404 Not Found"),
        _ => return refuse(stream, "405 Method Not Allowed"),
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    // No more than was promised, should it grow meanwhile.
    io::copy(&mut file.take(length), &mut stream)?;
    stream.flush()
}

fn refuse(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(url: &str) -> (u16, Vec<u8>) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut answer = agent.get(url).call().expect("it answers");
        let body = answer.body_mut().read_to_vec().expect("it has a body");
        (answer.status().as_u16(), body)
    }

    #[test]
    fn it_serves_its_file_and_no_other() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let server = FileServer::start(&path).expect("the file is there");
        let file = std::fs::read(&path).expect("the file is there");
        assert_eq!(get(&server.url()), (200, file));
        for other in ["/../Cargo.lock", "/", "/dump/x"] {
            let url = server.url().replace(PATH, other);
            assert_eq!(get(&url), (404, Vec::new()), "{other}");
        }
    }

    #[test]
    fn a_folder_or_nothing_is_refused() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(FileServer::start(folder).is_err());
        assert!(FileServer::start(&folder.join("no such file")).is_err());
    }

    #[test]
    fn it_is_gone_when_it_is_dropped() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let server = FileServer::start(&path).expect("the file is there");
        let address = server.address;
        drop(server);
        assert!(TcpListener::bind(address).is_ok());
    }
}
