//! What calls us: the four triggers, over the same JSON that AWS sends.

mod auth;
mod http;
mod idempotency;
mod mutation;
mod queue;
mod schedule;
mod webhook;
