//! Results in a directory: who may read them, and what is left of them.

use std::fs;

use object_store::path::Path;

use super::*;

fn open(directory: &std::path::Path) -> Arc<Spool> {
    let settings = settings(Location::Directory(directory.to_owned()));
    Spool::with(Objects::open(&settings).expect("it can be opened"), &settings, FAST)
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("it is there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_directory_is_made_with_the_first_result_for_this_user_alone() {
    let project = tempfile::tempdir().expect("a directory");
    fs::create_dir(project.path().join("sub")).expect("it is made");
    let location = project.path().join("sub/../deep/results");
    let spool = open(&location);
    sweep::once(&spool.shared).await.expect("there is nothing to sweep");
    let unknown = ResultId::new(TimeDelta::hours(1)).expect("there is randomness");
    assert_eq!(code(spool.total(&unknown, patiently()).await), Code::CursorExpired);
    assert_eq!(names(project.path()), ["sub"]);

    let id = keep(&spool, ready(vec![numbered(0..250)])).await;
    for spool in [&spool, &open(&location)] {
        assert_eq!(pages(spool, &id, 30).await, ((0..250).collect(), Ok(250)));
    }
    assert_eq!(names(project.path()), ["deep", "sub"]);
    let results = project.path().join("deep/results");
    assert_eq!(names(&results), [id.name()]);
    let chunks = ["rows-00000000000000000100", "rows-00000000000000000200", "rows-00000000000000000250"];
    let folder = results.join(id.name());
    until("the end is told", async || names(&folder).len() == 5).await;
    assert_eq!(names(&folder), [&chunks[..], &["schema.arrow", "state.json"]].concat());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&results), mode(&folder)), (0o700, 0o700));
        for name in names(&folder) {
            assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
        }
    }
}

#[tokio::test]
async fn what_a_crash_left_is_swept_and_nothing_else_is() {
    let project = tempfile::tempdir().expect("a directory");
    let expired = |tag: &str| project.path().join(format!("00000000000001-{}", tag.repeat(16)));
    for folder in [expired("aa"), expired("bb"), expired("cc"), project.path().join("photographs")] {
        fs::create_dir(folder).expect("it is made");
    }
    fs::write(expired("aa").join("rows-00000000000000000100"), "rows").expect("it is written");
    fs::write(expired("bb").join("state.json#123"), "a write that never ended").expect("it is written");
    fs::write(project.path().join("photographs/rows-00000000000000000100"), "a picture").expect("it is written");
    fs::write(project.path().join("notes"), "to do").expect("it is written");

    let spool = open(project.path());
    let id = keep(&spool, ready(vec![numbered(0..10)])).await;
    let _cleaning = spool.keep_clean();
    until("it is swept", async || names(project.path()) == [id.name(), "notes".into(), "photographs".into()]).await;
    assert_eq!(names(&project.path().join("photographs")), ["rows-00000000000000000100"]);
    assert_eq!(pages(&spool, &id, 5).await.1, Ok(10));
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_told() {
    let project = tempfile::tempdir().expect("a directory");
    let file = project.path().join("file");
    fs::write(&file, "").expect("it is written");
    let problem = Spool::open(&settings(Location::Directory(file.clone()))).expect_err("a file is no directory");
    assert!(problem.to_string().contains("is a file"), "{problem}");

    let spool = open(&file.join("below"));
    let refused = spool.keep(numbered(0..0).schema(), Vec::new(), ready(Vec::new()), ()).await;
    let fault = refused.expect_err("nothing can be written");
    assert_eq!(fault.code, Code::SpoolDown);
    assert!(!fault.detail.contains("below"), "{fault}");
}

#[tokio::test]
async fn a_store_that_breaks_fails_the_run() {
    let project = tempfile::tempdir().expect("a directory");
    let (feed, rest) = fed();
    let spool = open(project.path());
    let id = keep(&spool, rest).await;
    send(&feed, 0..10);
    let chunk = project.path().join(id.name()).join("rows-00000000000000000010");
    until("the first chunk is written", async || chunk.exists()).await;
    // A file in the place of the folder.
    fs::remove_dir_all(chunk.parent().expect("the folder")).expect("it is removed");
    fs::write(chunk.parent().expect("the folder"), "").expect("it is written");
    send(&feed, 10..20);
    let answer = spool.total(&id, patiently()).await;
    assert_eq!(code(answer), Code::SpoolDown);
    assert!(feed.is_closed());
}

#[tokio::test]
async fn a_damaged_result_is_no_shorter_result() {
    let store = memory();
    let writer = server(&store);
    let id = keep(&writer, ready(vec![numbered(0..250)])).await;
    assert_eq!(server(&store).total(&id, patiently()).await, Ok(250));
    let lost = Path::from(format!("{}/rows-{:020}", id.name(), 200));
    store.delete_stream(stream::iter([Ok(lost)]).boxed()).next().await.expect("one answer").expect("it is removed");
    let (rows, end) = pages(&server(&store), &id, 50).await;
    assert_eq!(rows.len(), 100);
    assert_eq!(end.map_err(|fault| fault.code), Err(Code::Internal));
}
