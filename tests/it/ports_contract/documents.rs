//! Documents change only under the revision that was read.

use super::{NOW, Ports};
use domain::ports::{Document, PutError};

pub async fn a_document_changes_only_under_its_revision(ports: &Ports<'_>) {
    let (store, key) = (ports.documents, ports.word("document"));
    let stored = |revision, text: &str| {
        Ok(Some(Document {
            revision,
            text: text.to_owned(),
        }))
    };
    assert_eq!(store.get(&key).await, Ok(None));
    assert_eq!(
        store.put(&key, Some(1), "{}", None).await,
        Err(PutError::Conflict)
    );
    assert_eq!(store.put(&key, None, "{}", None).await, Ok(1));
    assert_eq!(store.put(&key, None, "{}", None).await, Err(PutError::Conflict));
    let beyond = Some(NOW.plus_s(1_000_000_000));
    assert_eq!(store.put(&key, Some(1), "{\"n\":2}", beyond).await, Ok(2));
    assert_eq!(
        store.put(&key, Some(1), "{\"n\":3}", beyond).await,
        Err(PutError::Conflict)
    );
    assert_eq!(store.get(&key).await, stored(2, "{\"n\":2}"));
}
