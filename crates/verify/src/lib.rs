//! Two articles to a typed link with evidence, or a rejection with its reason.
