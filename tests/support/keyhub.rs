//! The fixture of the keyhub scenarios: products with keys, people of whom the bot knows all it needs, and what they got.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value as Json, json};

use crate::{ALICE, BOB, CHANNEL, Call, Turn, World};

/// What the message with a key begins with.
const KEY_TEXT: &str = "your key is \n";

impl Turn {
    /// The key that the bot gave, if it gave one.
    pub fn key(&self) -> Option<&str> {
        self.said.iter().find_map(|message| message.text.strip_prefix(KEY_TEXT))
    }
}

/// `A1`, `A2` .. of a product.
pub fn keys_of(product: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{product}{n}")).collect()
}

/// Digits of the phone number that [`World::introduce`] shares.
pub fn phone_of(user: i64) -> String {
    match user {
        ALICE => "919000000001".to_owned(),
        BOB => "919000000002".to_owned(),
        user => format!("9191{user:08}"),
    }
}

impl World {
    /// The same with the products A to E, of which A has the keys A1 to A19 and B has B1 to B5.
    pub async fn stocked(self) -> Self {
        self.direct("migrate", json!({})).await;
        self.add_keys("A", &keys_of("A", 19)).await;
        self.add_keys("B", &keys_of("B", 5)).await;
        self
    }

    /// Adds free keys to a product.
    pub async fn add_keys(&self, product: &str, keys: &[String]) {
        let rows: String = keys.iter().flat_map(|key| [key.as_str(), ",,,\n"]).collect();
        let call = Call::post(&format!("/keyhub/products/{product}/keys"));
        let call = call.key(&self.api_key(&["keyhub:write"]).await).csv(format!("keys,country,username,phone\n{rows}"));
        let answer = self.send(call).await;
        assert_eq!((answer.status, &answer.json()["added"]), (200, &json!(keys.len())), "{}", answer.text());
    }

    /// Changes settings of a product.
    pub async fn set_product(&self, product: &str, change: Json) {
        let call = Call::patch(&format!("/keyhub/products/{product}")).json(&change);
        let answer = self.send(call.key(&self.api_key(&["keyhub:write"]).await)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Adds a product.
    pub async fn add_product(&self, code: &str, label: &str) {
        let call = Call::post("/keyhub/products").json(&json!({ "code": code, "label": label }));
        let answer = self.send(call.key(&self.api_key(&["keyhub:write"]).await)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// A person nobody knows yet, who is a member of the channel.
    pub fn newcomer(&self, user: i64) {
        self.telegram.person(user, "Someone", Some(&format!("user{user}")), "en");
        self.telegram.set_member(CHANNEL, user, "member", true);
    }

    /// A person shares the own phone number, and where they are today.
    pub async fn introduce(&self, user: i64) {
        let shared = self.share_contact(user, &format!("+{}", phone_of(user))).await;
        assert_eq!(shared.texts()[0], format!("You choose to send your contact no.: '{}'", phone_of(user)));
        let _ = self.share_location(user).await;
    }

    /// A person asks for the product list and presses a product.
    pub async fn request(&self, user: i64, product: &str) -> Turn {
        let list = self.say(user, "/requestkey").await;
        self.press_on(user, list.message().message_id, product).await
    }

    /// Who got which key from where, as `7 A1 IN`, in the order of the claims.
    pub async fn claims(&self) -> Vec<String> {
        let sql = "select concat_ws(' ', c.user_id, k.text, c.country_iso)
                   from keyhub.claim c join keyhub.product_key k using (key_id) order by c.claim_id";
        self.column(sql).await
    }

    /// The DynamoDB item of a person and product; null if there is none.
    pub async fn counter(&self, user: i64, product: &str) -> Json {
        let found = Client::new(self.aws())
            .get_item()
            .table_name(&self.resources.counters_table)
            .key("user", AttributeValue::N(user.to_string()))
            .key("product", AttributeValue::S(product.to_owned()))
            .consistent_read(true)
            .send()
            .await;
        let item = found.expect("the table can be read").item;
        item.map_or(Json::Null, |item| json_of(&AttributeValue::M(item)))
    }

    /// Loses the DynamoDB item of a person and product.
    pub async fn forget_counter(&self, user: i64, product: &str) {
        let gone = Client::new(self.aws())
            .delete_item()
            .table_name(&self.resources.counters_table)
            .key("user", AttributeValue::N(user.to_string()))
            .key("product", AttributeValue::S(product.to_owned()))
            .send()
            .await;
        gone.expect("an item can be deleted");
    }

    /// The body of the last call of a Bot API method.
    #[track_caller]
    pub fn last_call(&self, method: &str) -> Json {
        let calls = self.bot.calls(method);
        calls.last().unwrap_or_else(|| panic!("{method} was not called")).body.clone()
    }

    /// How often the geocoder was asked.
    pub fn lookups(&self) -> usize {
        self.geocoder.lookups().len()
    }
}

fn json_of(value: &AttributeValue) -> Json {
    match value {
        AttributeValue::M(map) => {
            Json::Object(map.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
        AttributeValue::N(number) => serde_json::from_str(number).expect("a number of DynamoDB is one of JSON"),
        AttributeValue::S(text) => json!(text),
        other => panic!("counters have no {other:?}"),
    }
}
