//! A stack under load whose processes are ended at any moment: what it has promised must be true all the same.
//!
//! Buyers come as in [`crate::simulate`], and repeat a request that nobody answered under its key, as good clients do. Meanwhile
//! processes of functions and the local Step Functions are killed, and the engine is stopped and started. When all blows have
//! fallen and everything has come to rest, the simulation asks what became of each order, and the provider's books are compared.
//!
//! It needs the processes themselves, so whoever has started the stack lends it.

pub mod blows;
pub mod books;
pub mod options;
mod victims;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Failure, Result, While};
use crate::simulate::checks::Check;
use crate::simulate::client::Weather;
use crate::simulate::orders::is_end;
use crate::simulate::report::{self, Report};
use crate::simulate::{self, Shop};
use crate::stack::Stack;
use crate::steps::Steps;
use blows::{Blow, drawn};
use books::Books;
use options::Options;

/// How often to look after the stack.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A campaign that is over.
#[derive(Debug)]
pub struct Campaign {
    /// Everything, for people to read.
    pub text: String,
    /// What the simulation found out.
    pub report: Report,
    /// What was compared with the provider's books.
    pub books: Check,
    /// How often each blow fell.
    pub struck: BTreeMap<&'static str, u32>,
}

impl Campaign {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.report.is_right() && self.books.holds()
    }
}

/// Torments `stack`; `tell` hears a line for each blow, and what was done about it.
///
/// # Errors
/// The load could not be set up, or the stack has ended and cannot be started again.
pub fn run(stack: &mut Stack, shop: &Shop, options: &Options, tell: impl Fn(&str)) -> Result<Campaign> {
    let begun = Arc::new(AtomicBool::new(false));
    let shop = Shop {
        weather: Weather::Rough {
            begun: Arc::clone(&begun),
        },
        ..shop.clone()
    };
    let buying = options.load()?;
    let load = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .while_doing("start a runtime")?;
        runtime.block_on(simulate::run(&buying, &shop, Steps::Silent))
    });
    let mut storm = Storm::new(options);
    while !load.is_finished() {
        for sentence in stack.tend()? {
            tell(&format!("           {sentence}"));
        }
        if begun.load(Ordering::Relaxed)
            && let Some(line) = storm.strikes(stack)?
        {
            tell(&line);
        }
        storm.thaw();
        thread::sleep(LOOK_EVERY);
    }
    let report = load
        .join()
        .map_err(|_| Failure::new("The thread of the buyers panicked."))??;
    let behind = Books::at(stack.addresses());
    let books = books::compare(behind.of_provider()?, &report.orders);
    let text = in_words(&storm, &report, &books, &behind);
    Ok(Campaign {
        text,
        report,
        books,
        struck: std::mem::take(&mut storm.struck),
    })
}

/// Blows that fall one after the other.
struct Storm {
    left: std::vec::IntoIter<(Duration, Blow)>,
    next: Option<(Duration, Blow)>,
    began: Option<Instant>,
    rng: fastrand::Rng,
    /// Who stands still, and until when.
    frozen: Vec<(Instant, Pid)>,
    fallen: u32,
    all: u32,
    at_work: u32,
    struck: BTreeMap<&'static str, u32>,
}

impl Storm {
    fn new(options: &Options) -> Self {
        let mut left = drawn(options.seed, options.blows).into_iter();
        Self {
            next: left.next(),
            left,
            began: None,
            // Whom a blow falls on is chosen of those who are there, so it cannot be told before.
            rng: fastrand::Rng::with_seed(options.seed),
            frozen: Vec::new(),
            fallen: 0,
            all: options.blows,
            at_work: 0,
            struck: BTreeMap::new(),
        }
    }

    /// Strikes, if a blow is due; in a line whom.
    fn strikes(&mut self, stack: &Stack) -> Result<Option<String>> {
        let began = *self.began.get_or_insert_with(Instant::now);
        let Some((at, blow)) = self.next else {
            return Ok(None);
        };
        if began.elapsed() < at {
            return Ok(None);
        }
        let Some(whom) = self.strike(blow, stack)? else {
            // Whoever was to be struck is down already: as soon as they are there again.
            return Ok(None);
        };
        self.next = self.left.next();
        self.fallen += 1;
        *self.struck.entry(blow.name()).or_default() += 1;
        let now = began.elapsed().as_secs();
        Ok(Some(format!(
            "{:>4}/{}  {:>2}:{:02}  {whom}",
            self.fallen,
            self.all,
            now / 60,
            now % 60
        )))
    }

    fn strike(&mut self, blow: Blow, stack: &Stack) -> Result<Option<String>> {
        let functions = stack.engine_process();
        let piece = match blow {
            Blow::KillStates | Blow::FreezeStates(_) => stack.states_process(),
            Blow::StopEngine => functions,
            Blow::KillFunction | Blow::FreezeFunction(_) => None,
        };
        let (pid, name) = match (blow, piece, functions) {
            (Blow::KillFunction | Blow::FreezeFunction(_), _, Some(group)) => {
                let Some(victim) = victims::find(group, self.rng.usize(..))? else {
                    return Ok(None);
                };
                self.at_work += u32::from(victim.is_at_work);
                let at_work = if victim.is_at_work { ", at work" } else { "" };
                (victim.pid, format!("{}{at_work}", victim.function))
            }
            (Blow::StopEngine, Some(pid), _) => (pid, "the engine".to_owned()),
            (_, Some(pid), _) => (pid, "Step Functions".to_owned()),
            _ => return Ok(None),
        };
        let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        let (signal, words) = match blow {
            Blow::KillFunction | Blow::KillStates => (Signal::KILL, format!("kill -9 {name}")),
            Blow::StopEngine => (Signal::TERM, format!("stop {name}, cleanly")),
            Blow::FreezeFunction(still) | Blow::FreezeStates(still) => {
                self.frozen.push((Instant::now() + still, process));
                let seconds = still.as_secs_f64();
                (Signal::STOP, format!("{name} stands still for {seconds:.1} s"))
            }
        };
        // An error means that it has just ended by itself; the blow was that it did.
        let _ = kill_process(process, signal);
        Ok(Some(words))
    }

    /// Lets those go on whose time is over.
    fn thaw(&mut self) {
        let now = Instant::now();
        self.frozen.retain(|(until, process)| {
            if now < *until {
                return true;
            }
            // It may have been ended meanwhile.
            let _ = kill_process(*process, Signal::CONT);
            false
        });
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        for (_, process) in &self.frozen {
            let _ = kill_process(*process, Signal::CONT);
        }
    }
}

fn in_words(storm: &Storm, report: &Report, books: &Check, behind: &Books) -> String {
    let mut text = format!(
        "\n{} blows, {} of them at a function that was at work\n",
        storm.fallen, storm.at_work
    );
    for (name, count) in &storm.struck {
        let _ = writeln!(text, "  {count:>6}  {name}");
    }
    text += &report.text;
    text += "\nBehind the API:\n";
    text += &report::checked(books);
    let open = report
        .orders
        .iter()
        .filter(|order| !order.status.as_deref().is_some_and(is_end));
    for order in open {
        let order_id = &order.placed.order_id;
        let execution = behind
            .execution(order_id)
            .unwrap_or_else(|failure| failure.to_string());
        let status = order.status.as_deref().unwrap_or("unknown to the shop");
        let _ = writeln!(text, "     {order_id} is {status}; its execution: {execution}");
    }
    text
}
