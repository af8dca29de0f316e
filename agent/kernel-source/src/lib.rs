//! Loads the kernel programs, drains their rings and counts every loss.
