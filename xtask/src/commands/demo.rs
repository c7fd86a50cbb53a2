//! `cargo xtask demo`: a story about two buyers and two tickets, told over HTTP against the running stack.
//!
//! The second half needs a hold that runs out while somebody watches. So that the stack need not be a special
//! one, the demo changes its hold time, through the same deployer and the same parameter as everybody else, and
//! changes it back at the end, whether the story went well, badly, or was interrupted.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::seed::items;
use super::session::running;
use xtask::api::{Answer, Person, fresh_key};
use xtask::deployment::Deployment;
use xtask::failure::{Failure, Result, While};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::stack::Addresses;
use xtask::steps::Steps;

/// Short enough to watch, long enough for a slow machine to place an order in.
const SHORT_HOLD_S: u32 = 6;
/// How long after its deadline a hold may still stand: the state machine's own wake-up, on a busy machine.
const EXPIRY_SLACK: Duration = Duration::from_secs(30);

/// Tells the story; the exit code says whether it went as told.
pub fn run() -> Result<ExitCode> {
    let project = Project::here()?;
    let Some(stack) = running(&project)? else {
        return Err(Failure::new(
            "No stack is running: start one with `cargo xtask up`, and run this in another terminal.",
        ));
    };
    let Some(addresses) = stack.addresses else {
        return Err(Failure::new(
            "The stack is still starting: wait until `cargo xtask up` says what to try, then run this again.",
        ));
    };
    let (one, other) = two_people(&addresses.front)?;
    let loser = race_and_pay(&one, &other)?;

    let hold_time = HoldTime { project, addresses };
    let shorten = SHORT_HOLD_S < stack.hold_ttl_s;
    if shorten {
        println!(
            "\nA hold lives {} s here; for the rest of the story it lives {SHORT_HOLD_S} s.",
            stack.hold_ttl_s
        );
        hold_time.set(SHORT_HOLD_S)?;
    }
    let told = unless_interrupted(move || let_it_run_out(&one.person, &loser));
    if shorten {
        hold_time.set(stack.hold_ttl_s)?;
        println!("\nA hold lives {} s again.", stack.hold_ttl_s);
    }
    told?;
    println!("\nThe story went as it should.");
    Ok(ExitCode::SUCCESS)
}

/// Somebody in the story.
#[derive(Clone)]
struct Buyer {
    name: &'static str,
    person: Person,
}

fn two_people(front: &str) -> Result<(Buyer, Buyer)> {
    println!("Two people sign up.");
    let sign_up = |name: &'static str| {
        let email = format!("{}-{}@example.com", name.to_lowercase(), fresh_key());
        let credentials = json!({ "email": email, "password": "correct horse" });
        let answer = Person::at(front)
            .post("/api/users/signup", &credentials)?
            .expect(201, "signing up")?;
        println!("  {name:<4} user {}  {email}", answer.text("/id"));
        Ok::<_, Failure>(Buyer {
            name,
            person: Person::at(front).with_session_of(&answer),
        })
    };
    Ok((sign_up("Ada")?, sign_up("Ben")?))
}

/// One ticket, two buyers at the same instant; the winner pays. Returns the loser.
fn race_and_pay(ada: &Buyer, ben: &Buyer) -> Result<Buyer> {
    let ticket = list(&ada.person, "Balcony, row 1", 4200)?;
    println!("\nBoth order it at the same instant.");
    let start = Barrier::new(2);
    let order = |buyer: &Buyer| {
        start.wait();
        place(&buyer.person, &ticket)
    };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| order(ada));
        let second = scope.spawn(|| order(ben));
        (first.join(), second.join())
    });
    let broken = |_| Failure::new("a buyer's thread ended without an answer");
    let answers = [(ada, first.map_err(broken)??), (ben, second.map_err(broken)??)];
    for (buyer, answer) in &answers {
        let outcome = if answer.status == 201 {
            format!(
                "order {} is {}, until {}",
                answer.text("/id"),
                answer.text("/status"),
                answer.text("/hold/expiresAt")
            )
        } else {
            format!("{}: {}", answer.text("/code"), answer.text("/detail"))
        };
        println!("  {:<4} {}  {outcome}", buyer.name, answer.status);
    }
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.status == 201);
    let ([(winner, held)], [(loser, refused)]) = (won.as_slice(), lost.as_slice()) else {
        return Err(otherwise("exactly one of the two should have got the ticket"));
    };
    told(
        refused.status == 409,
        "the other should have been refused with 409",
    )?;

    println!("\n{} pays with tok_visa.", winner.name);
    let id = held.text("/id");
    let paid = winner.person.post(
        &format!("/api/orders/{id}/payments?wait=20"),
        &json!({ "token": "tok_visa" }),
    )?;
    let paid = paid.expect(201, "paying")?;
    println!(
        "  payment {} is {}",
        paid.text("/payment/id"),
        paid.text("/payment/status")
    );
    let order = until_status(&winner.person, id, "completed", Duration::from_secs(30))?;
    println!("  order {id} is {}", order.text("/status"));
    print_events(&winner.person, id)?;
    told(
        !is_on_sale(&ada.person, &ticket)?,
        "a sold ticket should not be on sale",
    )?;
    Ok((*loser).clone())
}

/// Another ticket, held and never paid for.
fn let_it_run_out(owner: &Person, loser: &Buyer) -> Result<()> {
    let buyer = &loser.person;
    let ticket = list(owner, "Balcony, row 2", 3900)?;
    let held = place(buyer, &ticket)?.expect(201, "holding the second ticket")?;
    let id = held.text("/id");
    println!("\n{} holds it and does not pay.", loser.name);
    println!(
        "  order {id} is {}, until {}",
        held.text("/status"),
        held.text("/hold/expiresAt")
    );
    told(
        !is_on_sale(owner, &ticket)?,
        "a held ticket should not be on sale",
    )?;
    let within = Duration::from_secs(SHORT_HOLD_S.into()) + EXPIRY_SLACK;
    let order = until_status(buyer, id, "expired", within)?;
    println!("  order {id} is {}", order.text("/status"));
    print_events(buyer, id)?;
    told(
        is_on_sale(owner, &ticket)?,
        "a ticket whose hold ran out should be on sale again",
    )?;
    println!("  the ticket is on sale again");
    Ok(())
}

fn list(owner: &Person, title: &str, price_minor: u32) -> Result<Value> {
    let ticket = json!({ "title": format!("{title} ({})", fresh_key()), "priceMinor": price_minor });
    let listed = owner
        .post("/api/tickets", &ticket)?
        .expect(201, "listing a ticket")?;
    println!(
        "\nAda lists a ticket.\n  ticket {}  {}  {price_minor} minor units",
        listed.text("/id"),
        listed.text("/title")
    );
    Ok(listed.body)
}

fn place(buyer: &Person, ticket: &Value) -> Result<Answer> {
    buyer.post(
        "/api/orders",
        &json!({ "lines": [{ "ticketId": ticket["id"], "version": ticket["version"] }] }),
    )
}

fn is_on_sale(reader: &Person, ticket: &Value) -> Result<bool> {
    let mut cursor = String::new();
    loop {
        let page = reader
            .get(&format!("/api/tickets?limit=100{cursor}"))?
            .expect(200, "reading the tickets on sale")?;
        if items(&page.body)
            .iter()
            .any(|listed| listed["id"] == ticket["id"])
        {
            return Ok(true);
        }
        match page.text("/nextCursor") {
            "" => return Ok(false),
            next => cursor = format!("&cursor={next}"),
        }
    }
}

/// Waits, with `?wait`, until the order has the status the story needs.
fn until_status(buyer: &Person, id: &str, status: &str, within: Duration) -> Result<Answer> {
    let deadline = Instant::now() + within;
    loop {
        let order = buyer
            .get(&format!("/api/orders/{id}?wait=5"))?
            .expect(200, "reading the order")?;
        if order.text("/status") == status {
            return Ok(order);
        }
        if Instant::now() > deadline {
            return Err(otherwise(&format!(
                "order {id} should be {status} by now, but is {}",
                order.text("/status")
            )));
        }
    }
}

fn print_events(buyer: &Person, id: &str) -> Result<()> {
    let events = buyer
        .get(&format!("/api/orders/{id}/events"))?
        .expect(200, "reading the order's events")?;
    let events = items(&events.body);
    told(!events.is_empty(), "the order should have events")?;
    println!("  what happened to it:");
    for event in events {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        println!("    {}  {:<10} {}", text("at"), text("status"), text("what"));
    }
    Ok(())
}

fn told(as_told: bool, sentence: &str) -> Result<()> {
    if as_told { Ok(()) } else { Err(otherwise(sentence)) }
}

fn otherwise(sentence: &str) -> Failure {
    Failure::new(format!("The story went otherwise: {sentence}."))
}

/// The running stack's hold time.
struct HoldTime {
    project: Project,
    addresses: Addresses,
}

impl HoldTime {
    fn set(&self, seconds: u32) -> Result<()> {
        let deployment = Deployment {
            endpoint_url: Some(self.addresses.engine.clone()),
            states_url: self.addresses.states.clone(),
            parameters: vec![("HoldTtlS".to_owned(), seconds.to_string())],
            ..Deployment::default()
        };
        let outputs = self.project.local("stack/outputs.json")?;
        let python = Steps::Silent.run("Python", |step| {
            Python::prepare(&self.project, Environment::Engine, step)
        })?;
        Steps::Silent.run("hold time", |step| {
            deployment.run(&self.project, &python, &outputs, step)
        })?;
        Ok(())
    }
}

/// Runs `story`, but comes back at once on Ctrl-C, so that what it changed can be put right.
fn unless_interrupted(story: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .while_doing("listen for Ctrl-C")?;
    let (tell, told) = tokio::sync::oneshot::channel();
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).while_doing("listen for Ctrl-C")?;
        thread::spawn(move || {
            // Nobody listens any more after an interruption.
            let _ = tell.send(story());
        });
        tokio::select! {
            _ = interrupt.recv() => Err(Failure::new("Interrupted.")),
            ended = told => ended.unwrap_or_else(|_| Err(Failure::new("The story's thread ended without a word."))),
        }
    })
}
