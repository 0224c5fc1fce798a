//! Whole batches through every format.
