//! What the front does to requests and answers, seen from both ends of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::security::CONTENT_POLICY;
use super::{Front, Route, Settings};
use crate::api_page::ApiPage;
use crate::ports::Port;

/// A front before an engine that answers `answer` to the first request, and what that engine was sent.
struct Scene {
    port: u16,
    seen: Receiver<String>,
    _front: Front,
}

fn scene(answer: &'static str) -> Scene {
    scene_at(answer, None)
}

fn scene_at(answer: &'static str, clock_file: Option<PathBuf>) -> Scene {
    let engine = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (tell, seen) = channel();
    let address = engine.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = engine.accept().unwrap();
        let mut request = vec![0; 64 * 1024];
        let length = stream.read(&mut request).unwrap();
        tell.send(String::from_utf8_lossy(&request[..length]).into_owned())
            .unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    front_at(address, seen, clock_file)
}

fn front_before(engine: String, seen: Receiver<String>) -> Scene {
    front_at(engine, seen, None)
}

fn front_at(engine: String, seen: Receiver<String>, clock_file: Option<PathBuf>) -> Scene {
    let settings = settings(engine, clock_file);
    Scene {
        port: settings.port,
        seen,
        _front: Front::start(settings).unwrap(),
    }
}

fn settings(engine: String, clock_file: Option<PathBuf>) -> Settings {
    let port = Port::Any.choose().unwrap();
    Settings {
        port,
        engine,
        api_host: "abc.execute-api.localhost:4566".to_owned(),
        live_host: "def.execute-api.localhost:4566".to_owned(),
        clock_file,
        site: PathBuf::from("missing"),
        api_page: ApiPage {
            openapi: PathBuf::from("missing.json"),
            swagger_ui: PathBuf::from("missing"),
        },
    }
}

/// Sends raw text and returns the whole raw answer.
fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_engine_sees_the_lowered_path_the_untouched_query_and_who_asked() {
    let scene = scene("HTTP/1.1 204 No Content\r\n\r\n");
    ask(
        scene.port,
        "GET /API/Orders/ORD_1?Cursor=AbC HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n",
    );
    let seen = scene.seen.recv().unwrap();
    assert!(
        seen.starts_with("GET /api/orders/ord_1?Cursor=AbC HTTP/1.1\r\n"),
        "{seen}"
    );
    let seen = seen.to_ascii_lowercase();
    assert!(
        seen.contains("\r\nhost: abc.execute-api.localhost:4566\r\n"),
        "{seen}"
    );
    assert!(
        seen.contains("\r\nx-forwarded-for: 10.0.0.9, 127.0.0.1\r\n"),
        "{seen}"
    );
    assert!(seen.contains("\r\nx-forwarded-host: localhost\r\n"), "{seen}");
    assert!(!seen.contains("\r\nconnection: close"), "{seen}");
}

#[test]
fn status_headers_and_body_come_back_as_they_are() {
    let scene = scene(
        "HTTP/1.1 402 Payment Required\r\nSet-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n\r\nbody",
    );
    let answer = ask(
        scene.port,
        "GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 402 "), "{answer}");
    assert!(answer.contains("set-cookie: a=1; HttpOnly\r\n"), "{answer}");
    assert!(answer.contains("set-cookie: b=2\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nbody"), "{answer}");
}

/// When an answer says that it was made, seconds since 1970.
fn date(answer: &str) -> u64 {
    let mut dates = answer.lines().filter_map(|line| line.strip_prefix("date: "));
    let date = httpdate::parse_http_date(dates.next().unwrap()).unwrap();
    assert_eq!(dates.next(), None, "{answer}");
    date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Pages count down by the date of any answer.
#[test]
fn an_answer_is_dated_by_the_shops_clock_whoever_made_it() {
    let file = std::env::temp_dir().join(format!("front-clock-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"ahead_ms":900000}"#).unwrap();
    let engine = "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\n";
    let scene = scene_at(engine, Some(file.clone()));
    let before = now_s();
    for path in ["/api/shop", "/orders/ord_1"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let told = date(&ask(scene.port, &request));
        assert!((before + 900..=now_s() + 900).contains(&told), "{path}: {told}");
    }
    let page = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::fs::write(&file, r#"{"ahead_ms":1800000}"#).unwrap();
    assert!(date(&ask(scene.port, page)) >= before + 1_800);
    // Lost, it goes on from what was known.
    std::fs::remove_file(&file).unwrap();
    assert!(date(&ask(scene.port, page)) >= before + 1_800);
}

#[test]
fn a_front_that_cannot_know_the_time_does_not_open() {
    let settings = settings("127.0.0.1:1".to_owned(), Some(PathBuf::from("missing.json")));
    let refused = Front::start(settings).unwrap_err().to_string();
    assert!(refused.contains("missing.json"), "{refused}");
}

#[test]
fn a_body_over_1_mib_is_refused_before_the_engine_sees_it() {
    let scene = scene("HTTP/1.1 204 No Content\r\n\r\n");
    let mut stream = TcpStream::connect(("127.0.0.1", scene.port)).unwrap();
    let head =
        "POST /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1048577\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; 1_048_577]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(
        scene.seen.try_recv().is_err(),
        "the engine was asked all the same"
    );
}

#[test]
fn a_dead_engine_is_a_503_at_once() {
    let nobody = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let (_, seen) = channel();
    let scene = front_before(nobody, seen);
    let started = Instant::now();
    let answer = ask(
        scene.port,
        "GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_page_is_guarded_whatever_the_answer_is_and_only_read() {
    let (_, seen) = channel();
    let scene = front_before("127.0.0.1:1".to_owned(), seen);
    for (request, status) in [
        ("GET /docs", 200),
        ("HEAD /docs", 200),
        ("GET /orders/ord_1", 503),
        ("GET /assets/missing.js", 404),
        ("POST /orders", 405),
    ] {
        let answer = ask(
            scene.port,
            &format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        );
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
        let policy = format!("\r\ncontent-security-policy: {CONTENT_POLICY}\r\n");
        assert!(answer.contains(&policy), "{request}: {answer}");
        assert!(
            answer.contains("\r\nx-content-type-options: nosniff\r\n"),
            "{request}: {answer}"
        );
        if request.starts_with("HEAD") {
            assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        }
    }
}

#[test]
fn api_paths_are_lowered_and_others_are_not() {
    assert_eq!(
        Route::of("/API/Users/SignUp"),
        Route::Engine("/api/users/signup".to_owned())
    );
    assert_eq!(Route::of("/l/AbC"), Route::Engine("/l/AbC".to_owned()));
    assert_eq!(Route::of("/door/AbC"), Route::Engine("/door/AbC".to_owned()));
    assert_eq!(
        Route::of("/simulator/v1/x"),
        Route::Engine("/simulator/v1/x".to_owned())
    );
}

#[test]
fn only_whole_segments_go_to_the_engine() {
    assert_eq!(Route::of("/live"), Route::Live);
    for path in [
        "/",
        "/apian",
        "/docs",
        "/lists",
        "/doors",
        "//api",
        "/orders/ord_1",
        "/reports",
        "/ops",
        "/live/x",
        "/lively",
    ] {
        assert_eq!(Route::of(path), Route::Page, "{path}");
    }
}

const HANDSHAKE: &str = "GET /live?a=B HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:8080\r\nCookie: session=x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Reads up to the end of a head.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "it ended inside the head");
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_socket_is_a_tunnel_to_the_engine_and_ends_with_it() {
    let engine = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (_, unseen) = channel();
    let scene = front_before(engine.local_addr().unwrap().to_string(), unseen);
    let mut page = TcpStream::connect(("127.0.0.1", scene.port)).unwrap();
    page.write_all(HANDSHAKE.as_bytes()).unwrap();

    let (mut engine, _) = engine.accept().unwrap();
    let seen = read_head(&mut engine).to_ascii_lowercase();
    assert!(seen.starts_with("get /live?a=b http/1.1\r\n"), "{seen}");
    for header in [
        "host: def.execute-api.localhost:4566",
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-key: dghlihnhbxbszsbub25jzq==",
        "origin: http://localhost:8080",
        "cookie: session=x",
    ] {
        assert!(seen.contains(&format!("\r\n{header}\r\n")), "{header} in {seen}");
    }
    let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nfirst";
    engine.write_all(answer.as_bytes()).unwrap();
    let head = read_head(&mut page).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    assert!(
        head.contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
        "{head}"
    );

    let mut told = [0; 5];
    page.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"first");
    page.write_all(b"said").unwrap();
    let mut said = [0; 4];
    engine.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"said");
    // What the engine says last still arrives.
    engine.write_all(b"last").unwrap();
    drop(engine);
    let mut rest = String::new();
    page.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "last");
}

#[test]
fn a_page_that_leaves_ends_the_tunnel() {
    let engine = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (_, unseen) = channel();
    let scene = front_before(engine.local_addr().unwrap().to_string(), unseen);
    let mut page = TcpStream::connect(("127.0.0.1", scene.port)).unwrap();
    page.write_all(HANDSHAKE.as_bytes()).unwrap();
    let (mut engine, _) = engine.accept().unwrap();
    read_head(&mut engine);
    engine
        .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .unwrap();
    read_head(&mut page);
    drop(page);
    let mut rest = Vec::new();
    assert_eq!(engine.read_to_end(&mut rest).unwrap(), 0, "{rest:?}");
}

#[test]
fn a_socket_that_the_engine_refuses_is_refused_in_its_words() {
    let scene = scene("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    let mut page = TcpStream::connect(("127.0.0.1", scene.port)).unwrap();
    page.write_all(HANDSHAKE.as_bytes()).unwrap();
    let head = read_head(&mut page);
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let mut body = [0; 2];
    page.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"no");
}

#[test]
fn a_socket_to_a_dead_engine_is_a_503_and_a_plain_request_a_426() {
    let nobody = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let (_, unseen) = channel();
    let scene = front_before(nobody, unseen);
    let mut page = TcpStream::connect(("127.0.0.1", scene.port)).unwrap();
    page.write_all(HANDSHAKE.as_bytes()).unwrap();
    assert!(read_head(&mut page).starts_with("HTTP/1.1 503 "));
    for plain in [
        "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: close\r\n\r\n",
        "POST /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ] {
        let answer = ask(scene.port, plain);
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}
