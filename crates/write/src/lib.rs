//! Parallel output: shards, ledger, manifest, atomic publish, and reading a finished output back.
