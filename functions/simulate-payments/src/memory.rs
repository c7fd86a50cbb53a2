//! Documents in memory, for tests and for a simulator that need not outlive its process.

use domain::ports::{Answer, Document, Documents, PutError};
use domain::{Fault, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// Keeps documents until it is dropped; `expires_at` is not acted on, as the port allows.
#[derive(Debug, Default)]
pub struct InMemoryDocuments {
    documents: Mutex<HashMap<String, Document>>,
}

impl InMemoryDocuments {
    fn locked(&self) -> Result<MutexGuard<'_, HashMap<String, Document>>, Fault> {
        self.documents
            .lock()
            .map_err(|_| Fault::Defect("a writer of the documents has panicked".to_owned()))
    }
}

impl Documents for InMemoryDocuments {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Document>> {
        Box::pin(async move { Ok(self.locked()?.get(key).cloned()) })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        expected_revision: Option<u64>,
        text: &'a str,
        _expires_at: Option<Timestamp>,
    ) -> Answer<'a, u64, PutError> {
        Box::pin(async move {
            let mut documents = self.locked()?;
            if documents.get(key).map(|stored| stored.revision) != expected_revision {
                return Err(PutError::Conflict);
            }
            let revision = expected_revision.unwrap_or_default() + 1;
            let document = Document {
                revision,
                text: text.to_owned(),
            };
            documents.insert(key.to_owned(), document);
            Ok(revision)
        })
    }
}
