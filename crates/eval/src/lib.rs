//! Scores unecho against labelled sets.
