//! The files that one Dockerfile can read, after `.dockerignore`.
