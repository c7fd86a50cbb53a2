//! A server process, a client, and a stand-in for functions and queues, over plain sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::model;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `states serve` of its own, which dies with this value.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    pub fn start(journal: &Folder, aws: SocketAddr) -> Server {
        Server::run(
            Command::new(env!("CARGO_BIN_EXE_states"))
                .args(["serve", "--port", "0", "--journal"])
                .arg(&journal.0)
                .args(["--aws-endpoint", &format!("http://{aws}")]),
        )
    }

    /// A server that tells in `clock` how far its clock is ahead.
    pub fn with_clock(journal: &Folder, clock: &Path, aws: SocketAddr) -> Server {
        Server::run(&mut Server::told_to_tell(journal, clock, aws))
    }

    /// What a server that cannot start says.
    pub fn refused_clock(journal: &Folder, clock: &Path, aws: SocketAddr) -> String {
        let output = Server::told_to_tell(journal, clock, aws).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    fn told_to_tell(journal: &Folder, clock: &Path, aws: SocketAddr) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_states"));
        command
            .args(["serve", "--port", "0", "--journal"])
            .arg(&journal.0);
        command.args(["--aws-endpoint", &format!("http://{aws}"), "--clock-file"]);
        command.arg(clock);
        command
    }

    pub fn without_journal(aws: SocketAddr) -> Server {
        Server::run(Command::new(env!("CARGO_BIN_EXE_states")).args([
            "serve",
            "--port",
            "0",
            "--aws-endpoint",
            &format!("http://{aws}"),
        ]))
    }

    /// A server that asks at `/may` whether a role may.
    pub fn with_permissions(aws: SocketAddr) -> Server {
        let endpoint = format!("http://{aws}");
        Server::run(Command::new(env!("CARGO_BIN_EXE_states")).args([
            "serve",
            "--port",
            "0",
            "--permissions",
            "/may",
            "--aws-endpoint",
            &endpoint,
        ]))
    }

    /// A server without a journal, and the lines of its own log.
    pub fn with_log(aws: SocketAddr) -> (Server, impl Iterator<Item = Value>) {
        let mut server = Server::run_with(
            Command::new(env!("CARGO_BIN_EXE_states"))
                .args(["serve", "--port", "0", "--aws-endpoint"])
                .arg(format!("http://{aws}")),
            Stdio::piped(),
        );
        let log = BufReader::new(server.child.stderr.take().unwrap());
        let lines = log.lines().map_while(Result::ok);
        let read = |line: String| serde_json::from_str(&line).unwrap();
        (server, lines.map(read))
    }

    fn run(command: &mut Command) -> Server {
        Server::run_with(command, Stdio::null())
    }

    fn run_with(command: &mut Command, log: Stdio) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit('/').next().unwrap().parse().unwrap();
        Server { child, address }
    }

    /// One request; the answer's `__type` if it is refused.
    pub fn ask(&self, operation: &str, body: Value) -> Result<Value, String> {
        let (status, answer) = post(self.address, operation, &body.to_string());
        model::hold(operation, status, &answer);
        match status {
            200 => Ok(answer),
            _ => Err(answer["__type"].as_str().unwrap_or("?").to_owned()),
        }
    }

    /// One request that must be answered.
    pub fn tell(&self, operation: &str, body: Value) -> Value {
        self.ask(operation, body.clone())
            .unwrap_or_else(|refusal| panic!("{operation} {body}: {refusal}"))
    }

    /// One request to a server that may be gone: the answer's status, if there is an answer.
    pub fn try_ask(&self, operation: &str, body: &Value) -> Option<u16> {
        self.try_raw(operation, &body.to_string())
            .map(|(status, _)| status)
    }

    /// One request under `/_local`.
    pub fn local(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = body.to_string();
        exchange(self.address, &local_request(method, path, &body))
    }

    /// The same for one that may not be answered.
    pub fn try_local(&self, method: &str, path: &str, body: Value) -> Option<(u16, Value)> {
        let body = body.to_string();
        try_exchange(self.address, &local_request(method, path, &body))
    }

    /// Waits until it has ended by itself.
    pub fn ends(&mut self) -> ExitStatus {
        until(|| self.child.try_wait().unwrap())
    }

    /// One request that is sent, and whose answer is read later.
    pub fn begin(&self, operation: &str, body: Value) -> Begun {
        Begun(send(self.address, &request(operation, &body.to_string())))
    }

    pub fn raw(&self, operation: &str, body: &str) -> (u16, Value) {
        post(self.address, operation, body)
    }

    /// One request that is signed with a key.
    pub fn signed(&self, key: &str, operation: &str, body: &Value) -> (u16, Value) {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/states/aws4_request");
        let request = request(operation, &body.to_string());
        let signed = request.replacen("\r\n", &format!("\r\nAuthorization: {authorization}\r\n"), 1);
        exchange(self.address, &signed)
    }

    /// The same for one that may not be answered.
    pub fn try_raw(&self, operation: &str, body: &str) -> Option<(u16, Value)> {
        try_exchange(self.address, &request(operation, body))
    }

    /// A request of a web page.
    pub fn page(&self, origin: &str, path: &str, body: &str) -> (u16, Value) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nConnection: close\r\n\
             X-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        exchange(self.address, &request)
    }

    /// A request under a host's name, without an `Origin`.
    pub fn under(&self, host: &str, path: &str) -> (u16, Value) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        exchange(self.address, &request)
    }

    pub fn health(&self) -> u16 {
        exchange(
            self.address,
            "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .0
    }

    /// The process is gone from one moment to the next, as in a power cut.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same for one that others still talk to.
    pub fn kill_now(&self) {
        let killed = Command::new("kill")
            .args(["-KILL", &self.child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// Asks the process to stop; its exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }

    /// The execution when it has ended.
    pub fn ended(&self, arn: &str) -> Value {
        until(|| {
            let described = self.tell("DescribeExecution", serde_json::json!({ "executionArn": arn }));
            (described["status"] != "RUNNING").then_some(described)
        })
    }

    pub fn event_types(&self, arn: &str) -> Vec<String> {
        let history = self.tell("GetExecutionHistory", serde_json::json!({ "executionArn": arn }));
        let name = |event: &Value| event["type"].as_str().unwrap().to_owned();
        history["events"].as_array().unwrap().iter().map(name).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Looks again and again until there is something, for a bounded time.
pub fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A journal's folder of its own, which goes when the test is over.
pub struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that failed early may not have made it.
        let _absent = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    /// Writes a file in it and returns where.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::create_dir_all(&self.0).unwrap();
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Names of the files in it.
    pub fn names(&self) -> Vec<String> {
        self.sizes().into_iter().map(|(name, _)| name).collect()
    }

    /// Names and sizes of the files in it; a file may go while this looks.
    pub fn sizes(&self) -> Vec<(String, u64)> {
        let entries = std::fs::read_dir(&self.0).unwrap().flatten();
        entries
            .filter_map(|entry| {
                Some((
                    entry.file_name().into_string().ok()?,
                    entry.metadata().ok()?.len(),
                ))
            })
            .collect()
    }
}

pub fn folder(name: &str) -> Folder {
    Folder(std::env::temp_dir().join(format!("states-server-{}-{name}", std::process::id())))
}

/// A request that was sent.
pub struct Begun(TcpStream);

impl Begun {
    pub fn answer(self) -> (u16, Value) {
        receive(self.0)
    }
}

fn post(address: SocketAddr, operation: &str, body: &str) -> (u16, Value) {
    exchange(address, &request(operation, body))
}

fn request(operation: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn local_request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} /_local/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn try_exchange(address: SocketAddr, request: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}

fn exchange(address: SocketAddr, request: &str) -> (u16, Value) {
    receive(send(address, request))
}

fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn receive(mut stream: TcpStream) -> (u16, Value) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// What the stand-in was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// In small letters.
    pub headers: String,
    /// As text, and as JSON if it is any.
    pub text: String,
    pub body: Value,
}

/// What the stand-in answers: status, further header lines, body, which is sent as it is if a header says that it is
/// XML. `None` closes the connection without a word.
pub type Told = Option<(u16, &'static str, Value)>;

/// A stand-in for functions and queues. Its thread ends with the test process.
pub struct Aws {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Aws {
    pub fn start(answer: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> Aws {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    seen.lock().unwrap().push(request.clone());
                    if let Some((status, headers, body)) = answer(&request) {
                        let body = match &body {
                            Value::String(text) if headers.contains("/xml") => text.clone(),
                            body => body.to_string(),
                        };
                        let text = format!(
                            "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        // A killed server does not read its answer.
                        let _gone = (&stream).write_all(text.as_bytes());
                    }
                });
            }
        });
        Aws { address, asked }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        headers.push_str(&line.to_ascii_lowercase());
    }
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap_or("0");
    let mut body = vec![0; length.trim().parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        headers,
        text: String::from_utf8_lossy(&body).into_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}
