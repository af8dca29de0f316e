use super::*;
use crate::laws;
use std::path::Path;

async fn open_at(path: &Path, limits: Limits) -> SqliteStore {
    let settings = SqliteSettings {
        path: path.to_owned(),
        limits,
    };
    SqliteStore::open(&settings, Clock::system()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_laws_hold() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let opened = Arc::new(AtomicU64::new(0));
    laws::hold(&move |limits| {
        let number = opened.fetch_add(1, Ordering::Relaxed);
        let path = folder.path().join(format!("{number}.db"));
        Box::pin(async move {
            let store: Arc<dyn Store> = Arc::new(open_at(&path, limits).await);
            store
        })
    })
    .await;
}
