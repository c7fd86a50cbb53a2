//! What there is to buy on a day, and which devices stand in people's homes.

use super::{Failed, pick, up_to};
use crate::world::World;
use domain::dish::Recipe;
use domain::ledger::{Ingredient, Place};
use domain::{DeviceId, DishId, Fault, ProductId, TicketId, UserId};
use states::chance::Chance;

/// What may be in a dish.
const PANTRY: [&str; 6] = [
    "lechuga",
    "pollo",
    "carne_molida",
    "pasta",
    "queso",
    "pan_canilla",
];
/// Who has an import started.
const IMPORTER: u8 = 255;
/// What the import of the simulated source makes: people want these too, before they are there and after.
const IMPORTED: [&str; 2] = ["10000001", "10000003"];

/// A device with what it watches.
pub(super) struct Home {
    pub device: DeviceId,
    pub owner: UserId,
    pub watched: Vec<ProductId>,
}

/// What there is.
pub(super) struct Shop {
    pub buyers: u8,
    pub tickets: Vec<TicketId>,
    pub products: Vec<ProductId>,
    pub dishes: Vec<DishId>,
    pub homes: Vec<Home>,
}

fn number(of: u32, at_least: u8, at_most: u8) -> u8 {
    u8::try_from(of).unwrap_or(u8::MAX).clamp(at_least, at_most)
}

fn fault(fault: Fault) -> Failed {
    Failed {
        what: format!("the shop could not be opened: {fault:?}"),
        story: String::new(),
    }
}

/// Opens a shop in which so many orders want a little more than there is.
///
/// # Errors
/// [`Failed`] when something that is constant here is not valid any more.
pub(super) fn open(world: &mut World, orders: u32, chance: &mut Chance) -> Result<Shop, Failed> {
    let buyers = number(orders / 3, 3, 200);
    let tickets = (1..=number(orders / 6, 2, 200)).map(|number| world.list_ticket(number));
    let tickets = tickets.collect();
    let mut products = Vec::new();
    for number in 1..=number(2 + orders / 60, 2, 12) {
        let shards = 1 + u8::try_from(chance.up_to(3)).unwrap_or_default();
        let quantity = 2 + up_to(orders / 4 + 12, chance);
        products.push(world.stock_product(number, quantity, shards).map_err(fault)?);
    }
    let pantry: Vec<Ingredient> = PANTRY
        .iter()
        .filter_map(|name| Ingredient::parse(name).ok())
        .collect();
    for place in [Place::Kitchen, Place::Warehouse] {
        let stock: Vec<_> = pantry
            .iter()
            .map(|ingredient| (ingredient.clone(), up_to(orders / 4 + 8, chance)))
            .collect();
        world.stock(place, &stock, "seed").map_err(fault)?;
    }
    let mut dishes = Vec::new();
    for number in 1..=2 + u8::try_from(chance.up_to(3)).unwrap_or_default() {
        let recipe: Recipe = (0..=chance.up_to(2))
            .filter_map(|_| Some((pick(&pantry, chance)?.clone(), 1 + up_to(4, chance))))
            .collect();
        dishes.push(world.put_on_menu(number, recipe).map_err(fault)?);
    }
    let mut homes = Vec::new();
    for number in 1..=number(orders / 25, 1, 40) {
        let owner = World::buyer(1 + number % buyers);
        let mut watched = vec![pick(&products, chance).cloned()];
        watched.push(pick(&products, chance).cloned());
        let mut watched: Vec<ProductId> = watched.into_iter().flatten().collect();
        watched.dedup();
        let watches: Vec<_> = watched
            .iter()
            .map(|product| (product.clone(), 5, 1 + up_to(5, chance)))
            .collect();
        let device = world.register_device(number, &owner, &watches)?;
        homes.push(Home {
            device,
            owner,
            watched,
        });
    }
    world.start_import(&World::buyer(IMPORTER))?;
    products.extend(IMPORTED.map(ProductId::derived_from_barcode));
    Ok(Shop {
        buyers,
        tickets,
        products,
        dishes,
        homes,
    })
}
