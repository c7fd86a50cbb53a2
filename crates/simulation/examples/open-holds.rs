//! Holds many tickets at once, pays for none of them, and sees every hold end: `--holds N` of them, in the project's folder.
//!
//! It ends with 0 when every hold was open at the same moment, none ended early and none was missed; with 1 when not; and
//! with 2 when it cannot be run. How long it takes and how much memory is said, and decides nothing.

use domain::{PriceMinor, Status, Ticket, TicketId, TicketState, Timestamp, UserId};
use simulation::definitions::read_all;
use simulation::world::BEGIN_MS;
use simulation::{Ask, Machinery, Setup, Violation, World};
use std::path::Path;
use std::process::ExitCode;
use std::sync::PoisonError;
use std::time::Instant;
use std::{env, fs};

const USAGE: &str = "open-holds [--holds N], in the project's folder";
/// Buyers come during so many seconds, fewer than a hold lives, so that all of them are open before the first one ends.
const COMING_S: u64 = 600;
/// When the last buyer has been answered, seconds after the last one came.
const ANSWERED_S: u64 = 60;
/// How long after its deadline a hold may end, milliseconds.
const LATE_MAX_MS: i64 = 60_000;

fn main() -> ExitCode {
    match wanted(env::args().skip(1)).and_then(run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<u32, String> {
    match (words.next().as_deref(), words.next(), words.next()) {
        (None, ..) => Ok(100_000),
        (Some("--holds"), Some(number), None) => number
            .parse()
            .map_err(|_| format!("--holds wants a number.\n{USAGE}")),
        _ => Err(USAGE.to_owned()),
    }
}

/// How orders and tickets stand.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    held: u32,
    expired: u32,
    /// Neither of both.
    other: u32,
    /// Ended before their deadline.
    early: u32,
    /// Ended more than [`LATE_MAX_MS`] after it.
    late: u32,
    /// The longest after its deadline.
    latest_ms: i64,
    on_sale: u32,
}

/// Says whether everything was as it should be.
fn run(holds: u32) -> Result<bool, String> {
    let definitions = read_all(Path::new("workflows")).map_err(|error| error.to_string())?;
    let machinery = Machinery::new(&definitions).map_err(|error| error.to_string())?;
    let setup = Setup::calm(1);
    let hold_s = u64::from(setup.hold_ttl_s);
    let mut world = World::new(&machinery, setup).map_err(|error| error.to_string())?;
    // The whole story of so many orders is nothing to print.
    Ok(live(&mut world, holds, hold_s).unwrap_or_else(|violation| {
        eprintln!("{}", violation.broken);
        false
    }))
}

fn live(world: &mut World, holds: u32, hold_s: u64) -> Result<bool, Box<Violation>> {
    let (resident, began) = (resident_kb(), Instant::now());
    for number in 0..holds {
        let ticket = list(world, number);
        let came_ms = BEGIN_MS + u64::from(number) * COMING_S * 1000 / u64::from(holds.max(1));
        let place = Ask::place(&[ticket], None, Some("open-holds"));
        world.ask_at(came_ms, &UserId::from_random(bytes(1, number)), place);
    }
    world.run_until(BEGIN_MS + (COMING_S + ANSWERED_S) * 1000)?;
    let open = look(world);
    println!("{open:?} after {:.1} s", began.elapsed().as_secs_f64());
    if let (Some(before), Some(after)) = (resident, resident_kb()) {
        let each = after.saturating_sub(before) as f64 / f64::from(holds.max(1));
        println!("{each:.1} KB for each, with its order, its execution and what is remembered of its making");
    }

    let began = Instant::now();
    world.run_until(BEGIN_MS + (COMING_S + hold_s + ANSWERED_S) * 1000)?;
    let over = look(world);
    println!("{over:?} after {:.1} s", began.elapsed().as_secs_f64());
    world.come_to_rest(hold_s)?;

    let all_open = Found {
        held: holds,
        ..Found::default()
    };
    let all_over = Found {
        expired: holds,
        on_sale: holds,
        latest_ms: over.latest_ms,
        ..Found::default()
    };
    Ok(open == all_open && over == all_over)
}

/// Puts a ticket on sale.
fn list(world: &mut World, number: u32) -> TicketId {
    let ticket_id = TicketId::from_random(bytes(2, number));
    let ticket = Ticket {
        ticket_id: ticket_id.clone(),
        owner_id: UserId::from_random([255; 16]),
        title: format!("Seat {number}"),
        price_minor: PriceMinor::new(4_500).unwrap_or_default(),
        event: None,
        venue: None,
        starts_at: None,
        version: 1,
        state: TicketState::Available,
        hold: None,
        holds_ever: 0,
        created_at: Timestamp::from_ms(i64::try_from(world.now_ms()).unwrap_or_default()),
    };
    let mut tables = world.tables().lock().unwrap_or_else(PoisonError::into_inner);
    tables.tickets.insert(ticket_id.clone(), ticket);
    ticket_id
}

/// Sixteen bytes for a kind of thing and its number.
fn bytes(kind: u8, number: u32) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn look(world: &World) -> Found {
    let mut found = Found::default();
    let tables = world.tables().lock().unwrap_or_else(PoisonError::into_inner);
    for order in tables.orders.values() {
        match order.status {
            Status::Held => found.held += 1,
            Status::Expired => {
                found.expired += 1;
                let late_ms = order.updated_at.as_ms() - order.hold.expires_at.as_ms();
                found.early += u32::from(late_ms < 0);
                found.late += u32::from(late_ms > LATE_MAX_MS);
                found.latest_ms = found.latest_ms.max(late_ms);
            }
            _ => found.other += 1,
        }
    }
    let tickets = tables.tickets.values();
    let on_sale = tickets.filter(|ticket| ticket.state == TicketState::Available);
    found.on_sale = u32::try_from(on_sale.count()).unwrap_or(u32::MAX);
    found
}

/// Memory of this process, KB, where the system says.
fn resident_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
