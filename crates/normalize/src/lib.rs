//! From bytes to article: character set, main text, line repair, boilerplate rules; every cut on record.
