//! End-to-end tests of the unecho binary; the tests are in `tests/`.
