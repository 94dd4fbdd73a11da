//! From links to decisions: who is kept and who is dropped for whom, never through a chain.
