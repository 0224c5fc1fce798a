//! The `aqueduct` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes many small allocations on one thread and frees them on another, which the system's allocator is slow
/// at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    aqueduct::cli::run()
}
