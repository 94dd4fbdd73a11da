//! Turns locators (files, folders, globs, standard input) into raw documents.
