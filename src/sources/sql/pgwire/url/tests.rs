//! URLs and environments together, as options.

use std::fs;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{POSTGRES, Wrong, read};

fn with(text: &str, variables: &[(&str, &str)]) -> Result<PgConnectOptions, Wrong> {
    read(text, &variables.iter().copied().collect(), POSTGRES)
}

fn good(text: &str, variables: &[(&str, &str)]) -> PgConnectOptions {
    with(text, variables).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn wrong(text: &str, variables: &[(&str, &str)]) -> String {
    match with(text, variables) {
        Ok(options) => panic!("{text} is accepted: {options:?}"),
        Err(wrong) => format!("{}\n{}", wrong.message, wrong.hint),
    }
}

fn place(options: &PgConnectOptions) -> String {
    let (user, database) = (options.get_username(), options.get_database().unwrap_or("-"));
    format!("{user}@{}:{}/{database}", options.get_host(), options.get_port())
}

#[test]
fn what_the_url_leaves_out_comes_from_the_environment() {
    let variables = [("PGHOST", "there"), ("PGPORT", "7"), ("PGUSER", "me"), ("PGDATABASE", "mine"), ("PGSSLMODE", "")];
    for (text, expected) in [
        ("postgres://", "me@there:7/mine"),
        ("postgres://:8", "me@there:8/mine"),
        ("postgresql://you@[::1]/yours", "you@::1:7/yours"),
        ("postgres://you@h/d?host=/run/pg&port=9&user=u&dbname=x", "u@/run/pg:9/x"),
        ("postgres://h/d?hostaddr=10.0.0.7", "me@10.0.0.7:7/d"),
    ] {
        assert_eq!(place(&good(text, &variables)), expected, "{text}");
    }
    assert_eq!(place(&good("postgres://a@h", &[])), "a@h:5432/a");
}

#[test]
fn what_would_not_be_done_is_refused_wherever_it_is_said() {
    for (text, variables, message) in [
        ("postgres://h", [("PGCHANNELBINDING", "require")], "the variable `PGCHANNELBINDING` cannot be honoured"),
        ("postgres://h", [("PGSERVICE", "x")], "the variable `PGSERVICE` cannot be honoured"),
        ("postgres://h", [("PGSSLMODE", "verify_full")], "the variable `PGSSLMODE` is not a TLS mode"),
        ("postgres://h", [("PGPORT", "x")], "the variable `PGPORT` is not a port"),
        ("postgres://", [("PGHOST", "a,b")], "the variable `PGHOST` names several hosts"),
        (
            "postgres://h",
            [("PGOPTIONS", "-c transaction_read_only=off")],
            "the variable `PGOPTIONS` sets `transaction_read_only`",
        ),
        ("postgres://h", [("PGOPTIONS", "-c search_path=x\\")], "the variable `PGOPTIONS` ends in a backslash"),
        ("postgres://h", [("PGSSLKEY", "")], "the variable `PGSSLKEY` is empty"),
    ] {
        assert!(wrong(text, &variables).starts_with(message), "{variables:?}: {}", wrong(text, &variables));
    }
    // What is only a name or a wish changes nothing.
    good("postgres://h", &[("PGAPPNAME", "x"), ("PGCONNECT_TIMEOUT", "3"), ("PGTZ", "Asia/Tokyo")]);
    good("postgres://h?channel_binding=prefer", &[("PGCHANNELBINDING", "require")]);
}

#[test]
fn settings_of_the_session_come_first() {
    let options = good(r"postgres://h?options=-c%20search_path=a,b%20-c%20my.x=a\%20b", &[]);
    let options = options.options([("default_transaction_read_only", "on")]);
    assert_eq!(options.get_options(), Some(r"-c search_path=a,b -c my.x=a\ b -c default_transaction_read_only=on"));
}

#[test]
fn modes_are_no_weaker_than_they_say() {
    let home = tempfile::tempdir().expect("a directory");
    let files = home.path().join(".postgresql");
    let variables = [("HOME", home.path().to_str().expect("UTF-8"))];
    let mode = |text: &str| good(text, &variables).get_ssl_mode();
    assert!(matches!(mode("postgres://h"), PgSslMode::Prefer));
    assert!(matches!(mode("postgres://h?ssl=true"), PgSslMode::Require));
    assert!(matches!(mode("postgres://h?sslmode=require"), PgSslMode::Require));
    assert!(matches!(mode("postgres:///d?host=/run&sslmode=prefer"), PgSslMode::Disable));
    assert!(wrong("postgres://h?sslmode=verify-ca", &variables).contains("`sslrootcert` is missing"));

    // One that nothing was signed with: it is only read here.
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::create_dir(&files).expect("a directory");
    fs::write(files.join("root.crt"), certificate).expect("a file");
    assert!(matches!(mode("postgres://h"), PgSslMode::Prefer));
    assert!(matches!(mode("postgres://h?sslmode=require"), PgSslMode::VerifyCa));
    assert!(matches!(mode("postgres://h?sslmode=verify-full"), PgSslMode::VerifyFull));
    // The text itself, as `${file:…}` puts it into the URL.
    assert!(matches!(mode(&format!("postgres://h?sslmode=require&sslrootcert={certificate}")), PgSslMode::VerifyCa));
    fs::write(files.join("postgresql.crt"), certificate).expect("a file");
    assert!(wrong("postgres://h", &variables).contains("certificate without its key"));
}

#[test]
fn a_password_file_is_read_as_libpq_does() {
    use std::os::unix::fs::PermissionsExt;

    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join(".pgpass");
    let variables = [("HOME", home.path().to_str().expect("UTF-8"))];
    let password = |text: &str| format!("{:?}", good(text, &variables)).contains("p:w@1");
    assert!(!password("postgres://u@h/d"));
    fs::write(&file, "h:5432:d:u:p\\:w@1\n10.0.0.7:*:*:*:p\\:w@1\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    assert!(wrong("postgres://u@h/d", &variables).contains("chmod 600"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    assert!(password("postgres://u@h/d"));
    assert!(password("postgres://u@/d?hostaddr=10.0.0.7"));
    assert!(!password("postgres://u@x/d"));
    assert!(!password("postgres://u:other@h/d"));
    let text = format!("postgres://u@h/d?passfile={}", file.display());
    assert!(format!("{:?}", good(&text, &[])).contains("p:w@1"));
    assert!(wrong("postgres://u@h/d?passfile=/nowhere", &[]).contains("cannot be used"));
}
