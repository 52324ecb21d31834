//! `images matrix`: what GitHub Actions takes for a job's `strategy.matrix`.

use serde::Serialize;

/// A matrix. It has no `version`: Actions would take each of its fields for a dimension.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// One job each.
    pub include: Vec<MatrixJob>,
}

/// One job.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixJob {
    /// `shard-1` or `level-0-shard-1`.
    pub name: String,
    /// Its place, from 1.
    pub number: usize,
    /// Its level, from 0, where jobs are made by level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<usize>,
    /// Its images as `NAME:TAG`, parents first, with a space between them.
    pub specs: String,
    /// How many these are.
    pub images: usize,
    /// How long it takes in seconds, by earlier builds; `null` where nothing is known.
    pub seconds: Option<u64>,
}
