//! From fingerprints to pairs worth verifying: bands for near copies, rare shingles for the rest.
