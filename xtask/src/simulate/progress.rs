//! How a run is going: one block that is rewritten on a terminal, a line every few seconds elsewhere.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::board::{Board, Known};
use super::report;
use crate::steps::Steps;

const BLOCK_EVERY: Duration = Duration::from_millis(500);
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What is being done, and until when.
#[derive(Debug)]
struct Phase {
    doing: String,
    ends: Option<Instant>,
}

/// The display; it goes away when this is dropped.
#[derive(Debug)]
pub struct Progress {
    phase: Arc<Mutex<Phase>>,
    drawing: Option<JoinHandle<()>>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to show what is on the board.
    #[must_use]
    pub fn start(steps: Steps, board: Arc<Board>) -> Self {
        let phase = Arc::new(Mutex::new(Phase {
            doing: String::new(),
            ends: None,
        }));
        if matches!(steps, Steps::Silent) {
            return Self {
                phase,
                drawing: None,
                bar: None,
            };
        }
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            // A constant; should it ever be wrong, a plain spinner will do.
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        let drawing = tokio::spawn(draw(Arc::clone(&phase), board, bar.clone()));
        Self {
            phase,
            drawing: Some(drawing),
            bar,
        }
    }

    /// Says what is being done now, and how long that lasts at most.
    pub fn tell(&self, doing: impl Into<String>, lasts: Option<Duration>) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        phase.doing = doing.into();
        phase.ends = lasts.map(|lasts| Instant::now() + lasts);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(drawing) = self.drawing.take() {
            drawing.abort();
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

async fn draw(phase: Arc<Mutex<Phase>>, board: Arc<Board>, bar: Option<ProgressBar>) {
    let every = if bar.is_some() { BLOCK_EVERY } else { LINE_EVERY };
    let mut looks = tokio::time::interval(every);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut before, mut asked_before) = (Instant::now(), 0);
    loop {
        looks.tick().await;
        let doing = {
            let phase = phase.lock().unwrap_or_else(PoisonError::into_inner);
            match phase.ends {
                None => phase.doing.clone(),
                Some(ends) => {
                    let left = ends.saturating_duration_since(Instant::now()).as_secs();
                    format!("{}, {}:{:02} left", phase.doing, left / 60, left % 60)
                }
            }
        };
        let known = board.known();
        let seconds = before.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let per_second = (known.requests - asked_before) as f64 / seconds;
        (before, asked_before) = (Instant::now(), known.requests);
        match &bar {
            // Nothing has begun yet.
            None if doing.is_empty() => {}
            Some(bar) => bar.set_message(block(&doing, &known, per_second)),
            None => eprintln!("{}", line(&doing, &known, per_second)),
        }
    }
}

fn block(doing: &str, known: &Known, per_second: f64) -> String {
    let mut text = format!("\n  {doing}\n\n");
    text += &format!("  orders     {}\n", orders(known));
    text += &format!("  refused    {}\n", or_none(&counts(&known.refused)));
    text += &format!(
        "  errors     {}, and {} times busy\n",
        known.wrongs_in_all(),
        known.busy
    );
    text += &format!("  requests   {} sent, {per_second:.0}/s\n", known.requests);
    let slips = report::slips(known);
    if !slips.is_empty() {
        text += &format!("  too slow   {slips}\n");
    }
    text += "\n";
    text + &report::latencies(known)
}

fn line(doing: &str, known: &Known, per_second: f64) -> String {
    let mut text = format!("  {doing}: {}", orders(known));
    let refused: u64 = known.refused.values().sum();
    text += &format!(
        "; {refused} refused, {} errors, {per_second:.0} requests/s",
        known.wrongs_in_all()
    );
    let slips = report::slips(known);
    if !slips.is_empty() {
        text += &format!("; {slips}");
    }
    text
}

fn orders(known: &Known) -> String {
    let begun: u64 = known.begun.values().sum();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for ((_, state), count) in known.states() {
        *states.entry(state).or_default() += count;
    }
    let states: Vec<String> = report::STATES
        .iter()
        .filter_map(|state| Some(format!("{} {state}", states.get(state)?)))
        .collect();
    format!("{begun} begun, {}", or_none(&states.join(", ")))
}

fn counts(of: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = of.iter().map(|(name, count)| format!("{count} {name}")).collect();
    counts.join(", ")
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none yet" } else { text }
}
