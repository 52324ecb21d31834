//! The only module that starts threads.
