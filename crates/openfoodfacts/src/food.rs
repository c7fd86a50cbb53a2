//! What is kept, as the shop keeps it.

use crate::judge::Kept;
use domain::Timestamp;
use domain::product::food::{Food, FoodSource};
use domain::product::{CATEGORIES_MAX, Category};

impl Kept {
    /// The categories it is in; each name is one category, whoever named it first.
    #[must_use]
    pub fn to_categories(&self, now: Timestamp) -> Vec<Category> {
        let names = self.categories.iter().take(CATEGORIES_MAX);
        names.map(|name| Category::named(name, now)).collect()
    }

    /// The same as a product remembers it.
    #[must_use]
    pub fn to_food(&self) -> Food {
        // Ids are made of names; when a category was made plays no part.
        let categories = self.to_categories(Timestamp::from_ms(0));
        Food {
            code: self.code.to_string(),
            name: self.title.clone(),
            quantity_text: self.quantity_text.clone(),
            brands: self.brands.clone(),
            image_url: self.image_url.clone(),
            nova_group: self.nova,
            nutriscore_score: self.nutriscore,
            nutriscore_grade: self.grade,
            categories: categories
                .into_iter()
                .map(|category| category.category_id)
                .collect(),
            source: FoodSource::OpenFoodFacts,
        }
    }
}
