//! The client against a server that answers as servers do, well and badly.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use flate2::Compression;
use flate2::read::GzEncoder;
use openfoodfacts::{RetryAfter, user_agent};
use std::io::Read;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openfoodfacts/tests/data");

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{SAMPLE}/{name}")).expect("the sample is there")
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn client() -> HttpProductSource {
    HttpProductSource::new(&user_agent("1.0", "me@example.com")).expect("it can be built")
}

/// Answers with the status in the path, and asks to be asked again after 7 seconds.
async fn statuses() -> String {
    let answer = |Path(status): Path<u16>| async move {
        let status = StatusCode::from_u16(status).expect("it is a status");
        (status, [(header::RETRY_AFTER, "7")], "<html>please wait</html>").into_response()
    };
    serve(Router::new().route("/{status}", get(answer))).await
}

#[tokio::test]
async fn a_page_is_asked_for_by_name_and_query_and_read_gzip_or_not() {
    let answer = |headers: HeaderMap, query: axum::extract::RawQuery| async move {
        let agent = headers.get(header::USER_AGENT).expect("it says who asks");
        assert_eq!(agent, "Holdfast/1.0 (me@example.com)");
        assert_eq!(query.0, Some(search_query(10)));
        let mut packed = Vec::new();
        GzEncoder::new(sample("search_page_10.json").as_slice(), Compression::fast())
            .read_to_end(&mut packed)
            .expect("memory can be read");
        packed
    };
    let base = serve(Router::new().route(SEARCH_PATH, get(answer))).await;
    let page = client().page(&base, 10).await.expect("it is a page");
    assert_eq!((page.page, page.rows.len()), (10, 78));
}

#[tokio::test]
async fn another_page_than_was_asked_for_is_no_answer() {
    let answer = || async { sample("search_page_10.json") };
    let base = serve(Router::new().route(SEARCH_PATH, get(answer))).await;
    let refused = client().page(&base, 3).await.expect_err("it is page 10");
    assert_eq!(refused, unusable("page 10 came instead of page 3"));
}

#[tokio::test]
async fn a_source_in_trouble_is_asked_again_and_one_without_an_answer_is_not() {
    let base = statuses().await;
    for status in [408, 429, 500, 502, 503, 504] {
        let busy = client().slice(&format!("{base}/{status}"), 1, 10).await;
        let expected = SourceError::Busy {
            why: format!("it answered {status}"),
            retry_after: Some(RetryAfter::Seconds(7)),
        };
        assert_eq!(busy, Err(expected), "{status}");
    }
    for status in [204, 400, 401, 403, 404, 410] {
        let gone = client().slice(&format!("{base}/{status}"), 1, 10).await;
        assert_eq!(gone, Err(unusable(format!("it answered {status}"))));
    }
    let html = client().slice(&format!("{base}/200"), 1, 10).await;
    assert!(matches!(html, Err(SourceError::Unusable { why }) if why.contains("lacks the columns")));
}

#[tokio::test]
async fn nobody_there_is_busy_and_no_address_is_unusable() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let gone = listener.local_addr().expect("it has an address");
    drop(listener);
    let nobody = client().slice(&format!("http://{gone}/x"), 1, 10).await;
    assert!(matches!(nobody, Err(SourceError::Busy { .. })), "{nobody:?}");
    for address in ["http://", "ftp://example.com/x", "file:///etc/passwd", ""] {
        let refused = client().slice(address, 1, 10).await;
        assert!(
            matches!(refused, Err(SourceError::Unusable { .. })),
            "{address}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_dump_is_read_in_slices_behind_a_redirect() {
    let router = Router::new()
        .route("/dump", get(|| async { sample("dump_sample.tsv.gz") }))
        .route("/latest", get(|| async { Redirect::temporary("/dump") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }));
    let base = serve(router).await;
    let (mut from, mut kept) = (1, 0);
    loop {
        let url = format!("{base}/latest");
        let slice = client().slice(&url, from, 300).await.expect("it is a dump");
        from += slice.outcomes.len() as u64;
        kept += slice
            .outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Kept(_)))
            .count();
        if slice.is_last {
            break;
        }
    }
    assert_eq!((from, kept), (1_001, 127));
    let round = client().slice(&format!("{base}/round"), 1, 1).await;
    assert_eq!(round, Err(unusable("it redirects too often")));
}

#[tokio::test]
async fn a_broken_connection_is_not_taken_for_the_end_of_the_dump() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("somebody asks");
        // Asked before it is answered: whoever closes on an unread question breaks the answer too.
        let mut question = [0; 1024];
        let read = socket.read(&mut question).await.expect("it is asked");
        assert!(read > 0);
        let row = format!("{{\"code\":\"1\",\"ingredients\":\"{}\"}}\n", "x".repeat(100));
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{row}{{\"co");
        socket.write_all(answer.as_bytes()).await.expect("it is sent");
    });
    let slice = client().slice(&format!("http://{address}/dump"), 1, 10).await;
    let slice = slice.expect("what came is read");
    let [first, last] = slice.outcomes.as_slice() else {
        panic!("{slice:?}");
    };
    assert!(matches!(first, Outcome::Rejected { .. }));
    assert!(matches!(last, Outcome::Unreadable(bad) if bad.kind == Unreadable::SourceFailed));
}

/// Protection: a row that is out of reach is not asked for seven times, and "go on from here" does not end here for ever.
#[tokio::test]
async fn a_row_that_cannot_be_reached_in_time_is_told_and_not_taken_for_a_busy_source() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("somebody asks");
        let mut question = [0; 1024];
        let read = socket.read(&mut question).await.expect("it is asked");
        assert!(read > 0);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
        socket.write_all(head.as_bytes()).await.expect("it is sent");
        // Rows without end, until nobody listens any more.
        while socket.write_all(b"{\"code\":\"1\"}\n").await.is_ok() {}
    });
    let hasty = HttpProductSource {
        slice_time_max: Duration::from_millis(200),
        ..client()
    };
    let far = hasty.slice(&format!("http://{address}/dump"), u64::MAX, 10).await;
    assert!(
        matches!(&far, Err(SourceError::Unusable { why }) if why.contains("split the file")),
        "{far:?}"
    );
}

#[tokio::test]
async fn a_first_line_that_is_no_text_is_unusable_and_one_that_did_not_come_is_busy() {
    let router = Router::new().route("/binary", get(|| async { &b"\xff\xfe\x00c\x00o\n\x00d"[..] }));
    let base = serve(router).await;
    let binary = client().slice(&format!("{base}/binary"), 1, 10).await;
    assert!(
        matches!(&binary, Err(SourceError::Unusable { why }) if why.contains("not UTF-8")),
        "{binary:?}"
    );
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("somebody asks");
        let mut question = [0; 1024];
        let read = socket.read(&mut question).await.expect("it is asked");
        assert!(read > 0);
        let half = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{}",
            "code\t".repeat(99)
        );
        socket.write_all(half.as_bytes()).await.expect("it is sent");
    });
    let broken = client().slice(&format!("http://{address}/dump"), 1, 10).await;
    assert_eq!(broken, Err(busy("the source could not be read")));
}

#[tokio::test]
async fn an_endless_page_is_given_up() {
    let answer = || async { Body::from(vec![b'x'; PAGE_BYTES_MAX + 1]) };
    let base = serve(Router::new().route(SEARCH_PATH, get(answer))).await;
    let refused = client().page(&base, 1).await.expect_err("it is too long");
    assert!(matches!(refused, SourceError::Unusable { why } if why.contains("more than")));
}
