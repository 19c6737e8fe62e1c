//! The pages in a real browser: Chromium without a window, over HTTP, with scripts, styles and keys.

mod chromium;
mod journey;
mod keyboard;
mod site;
mod tour;
