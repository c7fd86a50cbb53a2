//! The stand-alone viewer: serves the pages and their API over somebody's account, on this machine alone.
//!
//! `cargo xtask viewer` builds the pages and starts it.

use aws::{Account, Place, connect_to};
use lexopt::prelude::*;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use viewer::{Viewer, alone};

const USAGE: &str = "\
Usage:
  viewer --pages FOLDER [--endpoint-url URL] [--profile NAME] [--region REGION] [--port 8090]
      Serves the pages in FOLDER and their API on 127.0.0.1. Without an endpoint and a profile the environment decides, as it
      does for every AWS tool; AWS_ENDPOINT_URL_SFN and AWS_ENDPOINT_URL_CLOUDWATCH_LOGS name endpoints of their own.
";

struct Wanted {
    pages: PathBuf,
    place: Place,
    port: u16,
}

fn main() -> ExitCode {
    let wanted = match read(lexopt::Parser::from_env()) {
        Ok(wanted) => wanted,
        Err(error) => {
            eprint!("{error}.\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(wanted))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "The viewer cannot run: {error}. If its port is taken, choose another one with --port."
            );
            ExitCode::FAILURE
        }
    }
}

fn read(mut words: lexopt::Parser) -> Result<Wanted, lexopt::Error> {
    let (mut pages, mut place, mut port) = (None, Place::default(), 8090);
    while let Some(word) = words.next()? {
        match word {
            Long("pages") => pages = Some(PathBuf::from(words.value()?)),
            Long("endpoint-url") => place.endpoint_url = Some(words.value()?.string()?),
            Long("profile") => place.profile = Some(words.value()?.string()?),
            Long("region") => place.region = Some(words.value()?.string()?),
            Long("port") => port = words.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Wanted {
        pages: pages.ok_or("--pages is missing")?,
        place,
        port,
    })
}

async fn serve(wanted: Wanted) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.port)).await?;
    let port = listener.local_addr()?.port();
    let viewer = Viewer {
        account: Account::new(&connect_to(wanted.place).await),
        features: &[],
        ahead_ms: Arc::new(|| 0),
    };
    eprintln!("The viewer: http://localhost:{port}/ops   (Ctrl-C stops it)");
    axum::serve(listener, alone::router(viewer, wanted.pages, port)).await
}
