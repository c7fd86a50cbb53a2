//! What products are found by: words, categories and age, as they stand after each write.

use super::{NOW, Ports, first_page, is_refusal, walk};
use domain::ports::Wish;
use domain::product::{Product, ProductDecision, ProductState, Stocked};
use domain::{CategoryId, Cursor, ProductId, Refusal};
use std::collections::BTreeMap;

impl Ports<'_> {
    /// A word that only this call has.
    fn mark(&self) -> String {
        let letters = self.bytes16();
        letters.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes a product whose title is this, made so many seconds after the others.
    async fn titled(&self, title: &str, categories: &[&CategoryId], later_s: u32) -> Product {
        let product = Product {
            title: title.to_owned(),
            categories: categories.iter().map(|id| (*id).clone()).collect(),
            created_at: NOW.plus_s(later_s),
            ..self.product()
        };
        let decision = ProductDecision {
            before: None,
            after: Some(product.clone()),
            changes: Vec::new(),
            opened: Vec::new(),
            once: None,
        };
        assert_eq!(self.products.commit(&decision).await, Ok(()));
        product
    }

    async fn rewritten(&self, product: &Product, change: impl FnOnce(&mut Product)) -> Product {
        let mut after = product.clone();
        change(&mut after);
        let stocked = Stocked {
            product: product.clone(),
            shards: Vec::new(),
        };
        let decision = stocked.rewrite(after, NOW);
        assert_eq!(self.products.commit(&decision).await, Ok(()));
        stocked.after(&decision).product
    }

    /// Ids of what is found, a page of `limit` at a time.
    async fn found(&self, question: &str, category: Option<&CategoryId>, limit: u16) -> Vec<ProductId> {
        let wish = Wish::parse(Some(question), category.map(CategoryId::as_str)).unwrap();
        let rows = walk(limit, &|page| {
            let wish = wish.clone();
            Box::pin(async move { self.products.list(&wish, &page).await.unwrap() })
        })
        .await;
        rows.into_iter().map(|product| product.product_id).collect()
    }
}

fn sorted(mut ids: Vec<ProductId>) -> Vec<ProductId> {
    ids.sort();
    ids
}

pub async fn products_are_found_by_the_beginnings_of_all_wanted_words(ports: &Ports<'_>) {
    let mark = ports.mark();
    let dried = ports
        .titled(&format!("Tomates séchées {mark}"), &[], 0)
        .await
        .product_id;
    let twice = ports
        .titled(&format!("TOMATO tomatillo ({mark})"), &[], 1)
        .await
        .product_id;
    let both = sorted(vec![dried.clone(), twice.clone()]);
    assert_eq!(sorted(ports.found(&mark, None, 1).await), both);
    assert_eq!(sorted(ports.found(&format!("tom {mark}"), None, 1).await), both);
    assert_eq!(
        ports.found(&format!("{mark} tomat tomatil"), None, 25).await,
        [twice]
    );
    assert_eq!(
        ports.found(&format!("SECHEES {mark}"), None, 25).await,
        std::slice::from_ref(&dried)
    );
    assert_eq!(ports.found(&format!("omat {mark}"), None, 25).await, []);
    // Two words of one product that begin alike.
    let alike = ports.mark();
    let once = ports
        .titled(&format!("{alike}a {alike}b"), &[], 2)
        .await
        .product_id;
    assert_eq!(ports.found(&alike, None, 1).await, [once]);
}

pub async fn products_of_a_category_come_newest_first_and_each_once(ports: &Ports<'_>) {
    let mark = ports.mark();
    let (jars, red) = (
        CategoryId::of_name(&format!("jars {mark}")),
        CategoryId::of_name(&format!("red {mark}")),
    );
    let mut made = Vec::new();
    for number in 0..7 {
        let in_both: &[&CategoryId] = &[&jars, &red];
        let categories = if number % 2 == 0 { in_both } else { &in_both[..1] };
        let title = format!("Jar {number} {mark}");
        made.push(ports.titled(&title, categories, number).await.product_id);
    }
    let newest: Vec<ProductId> = made.iter().rev().cloned().collect();
    assert_eq!(ports.found("", Some(&jars), 3).await, newest);
    let reddish: Vec<ProductId> = newest.iter().step_by(2).cloned().collect();
    assert_eq!(ports.found(" ", Some(&red), 2).await, reddish);
    assert_eq!(
        sorted(ports.found(&format!("jar {mark}"), Some(&red), 2).await),
        sorted(reddish)
    );
    assert_eq!(sorted(ports.found(&mark, None, 3).await), sorted(made));
}

pub async fn what_is_found_follows_each_write(ports: &Ports<'_>) {
    let (old, new) = (ports.mark(), ports.mark());
    let shelf = CategoryId::of_name(&format!("shelf {old}"));
    let product = ports.titled(&format!("Jar {old}"), &[&shelf], 0).await;
    let id = product.product_id.clone();
    let edited = ports
        .rewritten(&product, |after| after.title = format!("Jar {new}"))
        .await;
    assert_eq!(ports.found(&old, None, 25).await, []);
    assert_eq!(
        ports.found(&new, Some(&shelf), 25).await,
        std::slice::from_ref(&id)
    );
    let moved = ports.rewritten(&edited, |after| after.categories.clear()).await;
    assert_eq!(ports.found("", Some(&shelf), 25).await, []);
    assert_eq!(ports.found(&new, None, 25).await, [id]);
    ports
        .rewritten(&moved, |after| after.state = ProductState::Withdrawn)
        .await;
    assert_eq!(ports.found(&new, None, 25).await, []);
}

/// What was shown last may be withdrawn before the next page is asked for; the page goes on behind it all the same.
pub async fn a_page_goes_on_behind_what_has_gone(ports: &Ports<'_>) {
    for by_word in [false, true] {
        let (shelf, mark) = (CategoryId::of_name(&ports.mark()), ports.mark());
        let mut made = Vec::new();
        for number in 0..3 {
            made.push(ports.titled(&format!("{mark}{number}"), &[&shelf], number).await);
        }
        // By word the first comes first, by age the last.
        let question = if by_word { mark.as_str() } else { "" };
        let shown = if by_word { &made[0] } else { &made[2] };
        let wish = Wish::parse(Some(question), Some(shelf.as_str())).unwrap();
        let mut request = first_page(1);
        let first = ports.products.list(&wish, &request).await.unwrap();
        assert_eq!(first.rows[0].product_id, shown.product_id);
        ports
            .rewritten(shown, |after| after.state = ProductState::Withdrawn)
            .await;
        request.cursor = first.next;
        let second = ports.products.list(&wish, &request).await.unwrap();
        assert_eq!(second.rows[0].product_id, made[1].product_id, "{question:?}");
        request.cursor = Some(Cursor("here".to_owned()));
        let forged = ports.products.list(&wish, &request).await;
        assert!(is_refusal(&forged, |refusal| matches!(
            refusal,
            Refusal::InvalidInput { .. }
        )));
    }
}

pub async fn balances_are_told_of_what_has_an_inventory(ports: &Ports<'_>) {
    let (unset, none, some) = (
        ports.made().await,
        ports.shelved(0, 2).await.product,
        ports.shelved(7, 3).await.product,
    );
    let products = [unset, none.clone(), some.clone()];
    let balances = ports.products.balances(&products).await.unwrap();
    let available: BTreeMap<ProductId, u32> = balances
        .into_iter()
        .map(|(product_id, balance)| (product_id, balance.available()))
        .collect();
    assert_eq!(
        available,
        BTreeMap::from([(none.product_id, 0), (some.product_id, 7)])
    );
    assert!(ports.products.balances(&[]).await.unwrap().is_empty());
}
