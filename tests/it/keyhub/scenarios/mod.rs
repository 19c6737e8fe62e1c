//! The acceptance scenarios of the keyhub specification, section 9, by their numbers.

mod admins;
mod around;
mod buttons;
mod claiming;
mod counters;
mod country;
mod help;
mod joining;
mod limits;
mod phone;
mod premium;
mod status;
mod stock;

use serde_json::{Value as Json, json};
use tests::{Turn, World};

/// T1, for the channel of the fixture.
const JOIN: &str =
    "First, you need to subscribe to this channel:\nhttps://t.me/test_channel\nin order to access product key.";
/// T2
const PHONE_FIRST: &str = "Please, share the phone no. first via /sharephone";
/// T3
const LOCATION_FIRST: &str = "Please, share your location via /shareloc";
/// T4, for the products of the fixture.
const LIST: &str = "Okay! Select one of the products below -\n\
                    A - Android\nB - Windows\nC - Product C\nD - Product D\nE - Product E";
/// T6
const CONNECTION_ERROR: &str = "Connection ERROR! Please try again later.\nAlso, you can raise query at @owner";
/// T7
const OUT_OF_STOCK: &str = "SORRY! \nNo more keys are available. So, please ask @owner to append more keys.";
/// The answer to a location that nothing waited for.
const LOCATION_NOTED: &str = "Okay! But I need some of your information. \nUse /requestkey command.";
/// What follows a key.
const DONE: &str = "DONE! \nFor more, use /help command.";

/// T8, without the hint at premium.
fn limit_reached(n: u32, period: &str, product: &str, until: &str) -> String {
    format!(
        "You have reached the limit of {n} keys {period} for product {product}. The next key is available at {until}."
    )
}

/// T9
fn unknown_command(command: &str) -> String {
    format!("Unknown command: /{command}\nUse /help to get a list of the commands.")
}

/// What is said with a key, in order.
fn with_key(country: &str, username: &str, key: &str) -> [String; 4] {
    [
        format!("Country: '{country}' noted"),
        format!("Username: '{username}' noted"),
        format!("your key is \n{key}"),
        DONE.to_owned(),
    ]
}

/// A keyboard of one button with the flags that every such keyboard has.
fn keyboard(text: &str, request: &str) -> Json {
    json!({
        "keyboard": [[{ "text": text, request: true }]],
        "resize_keyboard": true, "one_time_keyboard": true, "selective": true,
    })
}

/// The world of the fixture.
async fn world() -> World {
    World::new().await.stocked().await
}

/// What keyhub stores, but for who is known by which name.
async fn stored(world: &World) -> Vec<String> {
    let sql =
        "select concat_ws(' ', 'person', to_jsonb(p) - 'username' - 'language' - 'created_at') from keyhub.person p
                   where concat(phone, located_at, pending_product, premium_until) <> '' or blocked or unreachable
               union all select concat_ws(' ', 'dialogue', d) from keyhub.dialogue d
               union all select concat_ws(' ', 'claim', c) from keyhub.claim c
               union all select concat_ws(' ', 'token', t) from keyhub.claim_token t
               union all select concat_ws(' ', 'key', k) from keyhub.product_key k where k.state <> 'free'
               union all select concat_ws(' ', 'waiting', w) from keyhub.waiting_entry w
               union all select concat_ws(' ', 'invoice', i) from keyhub.invoice i
               union all select concat_ws(' ', 'payment', p) from keyhub.payment p
               union all select concat_ws(' ', 'restock', r) from keyhub.restock r
               union all select concat_ws(' ', 'product', p) from keyhub.product p
               order by 1";
    world.column(sql).await
}

/// A press was answered once, by an alert, and nothing was said.
#[track_caller]
fn assert_alert(turn: &Turn, part: &str) {
    assert!(turn.popup().show_alert && turn.popup().text.contains(part), "{:?}", turn.popup());
    assert_eq!(turn.texts(), Vec::<&str>::new());
}

/// A press was answered once, without a word.
#[track_caller]
fn assert_silent_answer(turn: &Turn) {
    let popup = turn.popup();
    assert_eq!((popup.text.as_str(), popup.show_alert), ("", false));
}
