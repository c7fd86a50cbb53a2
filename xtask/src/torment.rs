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
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Failure, Result, While};
use crate::simulate::checks::Check;
use crate::simulate::client::{self, Weather};
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
/// So long the engine listens at least before it is stopped again.
const OPEN_FOR: Duration = Duration::from_secs(12);
/// In a hurry, so much time passes at the end, so often.
const HURRY_BY: Duration = Duration::from_secs(60);
const HURRY_EVERY: Duration = Duration::from_secs(4);

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
    let weather = Arc::new(client::Storm::default());
    let shop = Shop {
        weather: Weather::Rough(Arc::clone(&weather)),
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
    let behind = Books::at(stack.addresses());
    let mut storm = Storm::new(options);
    let mut hurried = Instant::now();
    while !load.is_finished() {
        for sentence in stack.tend()? {
            tell(&format!("           {sentence}"));
        }
        if weather.may_begin.load(Ordering::Relaxed)
            && let Some(line) = storm.strikes(stack)?
        {
            tell(&line);
        }
        storm.thaw();
        weather.is_over.store(storm.is_over(), Ordering::Relaxed);
        if options.hurries && storm.is_over() && hurried.elapsed() > HURRY_EVERY {
            hurried = Instant::now();
            // Whoever is just starting again hears it the next time.
            let _ = behind.hurry(HURRY_BY);
        }
        thread::sleep(LOOK_EVERY);
    }
    let report = load
        .join()
        .map_err(|_| Failure::new("The thread of the buyers panicked."))??;
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
    last: Instant,
    rng: fastrand::Rng,
    /// The engine that listened last, and since when.
    engine: Option<(u32, Instant)>,
    /// The engine that was asked to stop last.
    stopping: Option<u32>,
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
            last: Instant::now(),
            // Whom a blow falls on is chosen of those who are there, so it cannot be told before.
            rng: fastrand::Rng::with_seed(options.seed),
            engine: None,
            stopping: None,
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
        let Some((pause, blow)) = self.next else {
            return Ok(None);
        };
        if self.last.elapsed().min(began.elapsed()) < pause {
            return Ok(None);
        }
        let Some(whom) = self.strike(blow, stack)? else {
            // Whoever was to be struck is down already: as soon as they are there again.
            return Ok(None);
        };
        self.last = Instant::now();
        self.next = self.left.next();
        self.fallen += 1;
        let is_last = self.next.is_none();
        *self.struck.entry(blow.name()).or_default() += 1;
        let now = began.elapsed().as_secs();
        let then = if is_last {
            "; that was the last one, now everything has to come to an end"
        } else {
            ""
        };
        Ok(Some(format!(
            "{:>4}/{}  {:>2}:{:02}  {whom}{then}",
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
            Blow::StopEngine => self.rested_engine(stack),
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
            (Blow::StopEngine, Some(pid), _) => {
                self.stopping = Some(pid);
                (pid, "the engine".to_owned())
            }
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

    /// The engine, if it has listened for a while. One that is stopping cannot be stopped, one that does not listen yet does not
    /// hear it, and a shop that is always closed sells nothing that could go wrong.
    fn rested_engine(&mut self, stack: &Stack) -> Option<u32> {
        let pid = stack.engine_process().filter(|pid| self.stopping != Some(*pid))?;
        let since = match self.engine {
            Some((known, since)) if known == pid => since,
            _ if stack.engine_listens() => Instant::now(),
            _ => return None,
        };
        self.engine = Some((pid, since));
        (since.elapsed() > OPEN_FOR).then_some(pid)
    }

    /// Whether everything has fallen, and nobody stands still any more.
    fn is_over(&self) -> bool {
        self.next.is_none() && self.frozen.is_empty()
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
