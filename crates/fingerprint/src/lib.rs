//! Shingle hashing: exact digest, MinHash signature and hashed shingles in named, versioned schemes.
