//! The Python libraries that people use with unecho, in one environment below `target/`, for every task
//! that asks whether they go together.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::bench::environment;
use crate::tool::root;

/// What is installed from PyPI: what reads outputs and holds rows (zstandard is what datasets decompresses
/// .zst with), and what builds, tests and checks the package in `python/`.
const PACKAGES: [&str; 11] = [
    "datasets==5.*",
    "duckdb==2.*",
    "maturin==1.16.*",
    "mlcroissant==1.*",
    "mypy==1.*",
    "pandas",
    "polars==2.*",
    "pyarrow==26.*",
    "pytest==9.*",
    "typing_extensions",
    "zstandard",
];

/// The Python that has them; they are installed when they are absent.
pub(crate) fn python() -> Result<PathBuf> {
    let scratch = root().join("target/libraries");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    environment(&scratch, &PACKAGES)
}
