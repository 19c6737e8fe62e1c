//! What calls us: the only folder that knows Lambda.

pub mod auth;
pub mod converse;
pub mod cx;
pub mod deliver;
pub mod docs;
pub mod event;
pub mod function;
pub mod health;
pub mod housekeeping;
pub mod http;
pub mod introduce;
pub mod keys;
pub mod lambda;
pub mod openapi;
pub mod problem;
pub mod telegram;
pub mod trigger;
pub mod warm;

pub use cx::Cx;
pub use event::Message;
pub use function::{Access, Function, Invocation};
pub use http::{Request, Response};
pub use lambda::Exit;
pub use problem::Problem;
pub use trigger::Trigger;
