//! The program `states`: serves the Step Functions API, checks definitions, or plays recorded executions again.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use states::definition::{Diagnostic, Machine, MachineType, Severity};
use states::engine::Place;
use states::replay::Replay;
use states::server::{self, Options};
use states::timestamp;

const USAGE: &str = "\
Usage:
  states serve --aws-endpoint URL [--journal FOLDER] [--clock-file FILE] [--port 4567] [--bind 127.0.0.1]
               [--permissions PATH] [--region us-east-1] [--account 000000000000]
      Serves the Step Functions API. Functions and queues are called at URL. Machines and executions are kept in
      FOLDER; without it they are gone when the program ends. Port 0 takes a free one. How far the clock is ahead
      of the machine's is told in FILE, for functions that are to follow it. Whether whoever signs with the credentials
      of a role may do what it asks is asked at PATH of URL.
  states check [--express] FILE...
      Says what is wrong with definitions, and where, and warns of what AWS would not take.
  states replay FILE [--definition FILE]
      Plays a recorded execution on its own definition or another one, with what the world answered, and says where the ways
      part. Exits with 0 if they are the same, 1 if not, 2 if the file or the definition cannot be used.
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    // Whoever asks for help gets it, whatever else is stated.
    let wants_help = std::env::args().skip(1).any(|one| one == "--help" || one == "-h");
    let outcome = match arguments.next().as_deref() {
        _ if wants_help => help(),
        Some("help") => help(),
        Some("serve") => read_options(arguments).and_then(serve),
        Some("check") => check(arguments),
        Some("replay") => return replay(arguments),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn help() -> Result<(), String> {
    print!("{USAGE}");
    Ok(())
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut port, mut bind) = (4567u16, IpAddr::V4(Ipv4Addr::LOCALHOST));
    let (mut endpoint, mut journal, mut clock_file, mut permissions) = (None, None, None, None);
    let mut place = Place::default();
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} needs a value\n\n{USAGE}"))?;
        let unusable = || format!("{name} cannot be {value:?}\n\n{USAGE}");
        match name.as_str() {
            "--port" => port = value.parse().map_err(|_| unusable())?,
            "--bind" => bind = value.parse().map_err(|_| unusable())?,
            "--aws-endpoint" => {
                let uri: http::Uri = value.parse().map_err(|_| unusable())?;
                if uri.scheme_str() != Some("http") || uri.host().is_none() {
                    return Err(format!(
                        "--aws-endpoint must be a plain http:// address, not {value:?}"
                    ));
                }
                endpoint = Some(uri);
            }
            "--journal" => journal = Some(PathBuf::from(&value)),
            "--clock-file" => clock_file = Some(PathBuf::from(&value)),
            "--permissions" if value.starts_with('/') => permissions = Some(value),
            "--permissions" => return Err(unusable()),
            "--region" => place.region = value,
            "--account" => place.account = value,
            _ => return Err(format!("{name} is not known\n\n{USAGE}")),
        }
    }
    Ok(Options {
        address: SocketAddr::new(bind, port),
        aws_endpoint: endpoint.ok_or_else(|| format!("--aws-endpoint is missing\n\n{USAGE}"))?,
        journal,
        clock_file,
        permissions,
        place,
    })
}

fn serve(options: Options) -> Result<(), String> {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|reason| format!("the runtime cannot start: {reason}"))?;
    let has_journal = options.journal.is_some();
    runtime.block_on(async {
        let stop = stop_signal().map_err(|reason| format!("signals cannot be received: {reason}"))?;
        let listening = |address: SocketAddr| {
            tracing::info!(%address, "listening");
            if !has_journal {
                tracing::info!("no --journal: machines and executions are gone when this ends");
            }
            // For whoever asked for any free port.
            println!("listening on http://{address}");
        };
        server::serve(options, listening, stop)
            .await
            .map_err(|reason| reason.to_string())
    })
}

fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn check(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut machine_type = MachineType::Standard;
    let mut complaints = String::new();
    let mut files = 0;
    for argument in arguments {
        if argument == "--express" {
            machine_type = MachineType::Express;
            continue;
        }
        files += 1;
        let definition =
            std::fs::read_to_string(&argument).map_err(|reason| format!("{argument}: {reason}"))?;
        for diagnostic in Machine::look_over(&definition, machine_type) {
            match diagnostic.severity {
                Severity::Error => complaints += &format!("{argument}: {}\n", said(&diagnostic)),
                Severity::Warning => eprintln!("{argument}: warning: {}", said(&diagnostic)),
            }
        }
    }
    match (files, complaints.is_empty()) {
        (0, _) => Err(USAGE.to_owned()),
        (_, true) => Ok(()),
        _ => Err(complaints),
    }
}

fn replay(arguments: impl Iterator<Item = String>) -> ExitCode {
    match replayed(arguments) {
        Ok(outcome) => {
            let name =
                |name: Option<String>, of: &str| name.map(|name| format!("{of}{name}")).unwrap_or_default();
            let what = format!(
                "{} events{}{}",
                outcome.events,
                name(outcome.machine, " of "),
                name(outcome.execution, ", ")
            );
            match &outcome.difference {
                None => println!("The same way: {what}."),
                Some(difference) => {
                    let event = |id: Option<u64>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
                    println!("{}", difference.sentence);
                    println!(
                        "  at {}; recorded event: {}; event of this run: {} ({what})",
                        timestamp::to_text(difference.at_ms),
                        event(difference.recorded),
                        event(difference.made)
                    );
                }
            }
            for note in &outcome.notes {
                println!("Note: {note}");
            }
            match outcome.difference {
                None => ExitCode::SUCCESS,
                Some(_) => ExitCode::from(1),
            }
        }
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::from(2)
        }
    }
}

fn replayed(mut arguments: impl Iterator<Item = String>) -> Result<Replay, String> {
    let (mut file, mut definition) = (None, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--definition" => {
                let path = arguments.next().ok_or("--definition needs a file")?;
                definition = Some(path);
            }
            _ if file.is_none() && !argument.starts_with("--") => file = Some(argument),
            _ => return Err(format!("{argument} is not known\n\n{USAGE}")),
        }
    }
    let file = file.ok_or(USAGE)?;
    let read = |path: &str| std::fs::read_to_string(path).map_err(|reason| format!("{path}: {reason}"));
    let text = read(&file)?;
    let definition_text = definition.as_deref().map(read).transpose()?;
    states::replay::replay(&text, definition_text.as_deref()).map_err(|reason| format!("{file}: {reason}"))
}

/// The place first, as compilers do.
fn said(diagnostic: &Diagnostic) -> String {
    let (location, code) = (&diagnostic.location, diagnostic.code.name());
    let place = if location.is_empty() { "/" } else { location };
    format!("{place} [{code}]: {}", diagnostic.message)
}
