//! One bot of the fake, and the people who talk to it.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

use super::acts::{Act, Contact, Impossible, Place};
use super::files;
use super::members::{Member, RIGHTS};
use super::methods;
use super::refusal::Refusal;
use super::world::{Room, State, World};

/// A bot; clones are the same one.
///
/// Every act gives the `Update` it makes and, unless this handle came from [`FakeBot::take_updates`], delivers it. An
/// act that is impossible, such as pressing a button that is not there, panics; [`FakeBot::act`] says why instead.
#[derive(Clone)]
pub struct FakeBot {
    pub(super) world: Arc<World>,
    pub(super) id: i64,
    deliver: bool,
}

impl FakeBot {
    pub(super) fn new(world: Arc<World>, id: i64) -> Self {
        Self { world, id, deliver: true }
    }

    /// A handle whose acts only return their updates.
    ///
    /// Updates that arise from the bot's own calls, such as `successful_payment` after `answerPreCheckoutQuery`, wait
    /// in [`FakeBot::pending_updates`] as long as there is no webhook.
    #[must_use]
    pub fn take_updates(&self) -> Self {
        Self { deliver: false, ..self.clone() }
    }

    /// The bot's Telegram id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The bot's username, without `@`.
    pub fn username(&self) -> String {
        self.world.read(|state| state.bot(self.id).username.clone())
    }

    /// Sets the name that people see.
    pub fn set_name(&self, name: &str) {
        self.world.change(|state| name.clone_into(&mut state.bot_mut(self.id).name));
    }

    /// Makes the bot an administrator of a group or channel (`@name` or number).
    pub fn promote(&self, chat: &str) {
        self.set_status(chat, "administrator");
    }

    /// Makes the bot's status in a group or channel `administrator`, `member`, `left` or `kicked`.
    #[track_caller]
    pub fn set_status(&self, chat: &str, status: &str) {
        let id = self.group_id(chat);
        self.world.change(|state| {
            let group = state.groups.get_mut(&id).expect("it was found just now");
            group.members.insert(self.id, Member::new(status));
        });
    }

    /// Gives the bot, which must be an administrator there, a right such as `can_invite_users`, or takes it away.
    #[track_caller]
    pub fn set_right(&self, chat: &str, right: &str, is_given: bool) {
        let id = self.group_id(chat);
        let right = RIGHTS.into_iter().find(|known| *known == right).unwrap_or_else(|| panic!("no right is {right}"));
        self.world.change(|state| {
            let group = state.groups.get_mut(&id).expect("it was found just now");
            let member = group.members.get_mut(&self.id).filter(|member| member.status == "administrator");
            let rights = &mut member.expect("the bot is an administrator there").rights;
            if is_given {
                rights.insert(right)
            } else {
                rights.remove(right)
            };
        });
    }

    #[track_caller]
    fn group_id(&self, chat: &str) -> i64 {
        self.world.read(|state| state.group_called(chat))
    }

    /// Lets the bot be sent these kinds of update and no others, as `allowed_updates` does; none means the usual ones.
    pub fn allow_updates(&self, kinds: &[&str]) {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        self.world.change(|state| state.bot_mut(self.id).post.allowed = Some(kinds));
    }

    /// Delivers from now on to `url` with this secret, as after `setWebhook`.
    #[track_caller]
    pub fn set_webhook(&self, url: &str, secret: &str) {
        let set = self.world.change(|state| methods::point_webhook(state, self.id, url, secret));
        if let Err(refusal) = set {
            panic!("{}", refusal.description);
        }
    }

    /// Takes out the updates that wait for a webhook or for `getUpdates`, by update id.
    pub fn pending_updates(&self) -> Vec<Value> {
        self.world.change(|state| state.bot_mut(self.id).post.drain())
    }

    /// How many updates wait.
    pub fn pending_count(&self) -> usize {
        self.world.read(|state| state.bot(self.id).post.pending())
    }

    /// Delivers an update made before, once more or for the first time.
    pub fn deliver(&self, update: &Value) {
        self.world.change(|state| state.post_update(self.id, update.clone()));
    }

    /// The same update under a new `update_id`.
    pub fn renumbered(&self, update: &Value) -> Value {
        let mut update = update.clone();
        self.world.change(|state| {
            let bot = state.bot_mut(self.id);
            bot.next_update_id += 1;
            update["update_id"] = bot.next_update_id.into();
        });
        update
    }

    /// A person does something; says why if that is impossible.
    pub fn act(&self, user: i64, act: Act) -> Result<Value, Impossible> {
        self.change(|state| state.act(self.id, user, act))
    }

    fn change(&self, make: impl FnOnce(&mut State) -> Result<Value, Impossible>) -> Result<Value, Impossible> {
        self.world.change(|state| {
            let update = make(state)?;
            if self.deliver {
                state.post_update(self.id, update.clone());
            }
            Ok(update)
        })
    }

    #[track_caller]
    fn must(&self, user: i64, act: Act) -> Value {
        possible(self.act(user, act))
    }

    /// A person writes to the bot.
    #[track_caller]
    pub fn say(&self, user: i64, text: &str) -> Value {
        self.must(user, Act::Say { text: text.to_owned() })
    }

    /// A person changes what he wrote.
    #[track_caller]
    pub fn edit_text(&self, user: i64, message_id: i64, text: &str) -> Value {
        self.must(user, Act::EditText { message_id, text: text.to_owned() })
    }

    /// A person presses a button, named by its text or its callback data; also one of a deleted message.
    #[track_caller]
    pub fn press(&self, user: i64, message_id: i64, button: &str) -> Value {
        self.must(user, Act::Press { message_id, button: button.to_owned() })
    }

    /// A person sends callback data of his own making.
    #[track_caller]
    pub fn press_data(&self, user: i64, message_id: i64, data: &str) -> Value {
        self.must(user, Act::PressData { message_id, data: data.to_owned() })
    }

    /// A person shares his own phone number.
    #[track_caller]
    pub fn share_contact(&self, user: i64, phone_number: &str) -> Value {
        self.share_card(user, phone_number, Some(user))
    }

    /// A person shares a card, perhaps another's.
    #[track_caller]
    pub fn share_card(&self, user: i64, phone_number: &str, user_id: Option<i64>) -> Value {
        let contact = Contact { phone_number: phone_number.to_owned(), user_id, ..Contact::default() };
        self.must(user, Act::ShareContact(contact))
    }

    /// A person shares a place; [`Place::at`] is his own.
    #[track_caller]
    pub fn share_location(&self, user: i64, place: Place) -> Value {
        self.must(user, Act::ShareLocation(place))
    }

    /// A live location moves.
    #[track_caller]
    pub fn move_location(&self, user: i64, message_id: i64, latitude: f64, longitude: f64) -> Value {
        self.must(user, Act::MoveLocation { message_id, latitude, longitude })
    }

    /// A person sends a document.
    #[track_caller]
    pub fn send_document(&self, user: i64, name: &str, bytes: impl Into<Bytes>, mime: &str, caption: &str) -> Value {
        possible(self.try_send_document(user, name, bytes.into(), mime, caption))
    }

    /// A person sends a document; says why if that is impossible.
    pub fn try_send_document(
        &self,
        user: i64,
        name: &str,
        bytes: Bytes,
        mime: &str,
        caption: &str,
    ) -> Result<Value, Impossible> {
        self.change(|state| {
            let file = state.files.add(files::Draft::document(name, mime, bytes));
            state.send_file(self.id, user, &file, caption)
        })
    }

    /// A person pays an invoice: the `pre_checkout_query`; once it is answered ok within 10 s, `successful_payment` follows.
    #[track_caller]
    pub fn pay(&self, user: i64, message_id: i64) -> Value {
        self.must(user, Act::Pay { message_id })
    }

    /// A `pre_checkout_query` with an amount and a payload of one's own making.
    pub fn check_out(&self, user: i64, amount: i64, payload: &str) -> Value {
        let update = self.change(|state| Ok(state.check_out(self.id, user, 0, amount, payload)));
        possible(update)
    }

    /// A `successful_payment` out of the blue.
    pub fn pay_unasked(&self, user: i64, amount: i64, payload: &str) -> Value {
        possible(self.change(|state| Ok(state.take_payment(self.id, user, amount, payload))))
    }

    /// Telegram gives a payment back: the `refunded_payment`.
    #[track_caller]
    pub fn refund(&self, charge: &str) -> Value {
        let nothing = || Impossible(format!("there is nothing to give back for the charge {charge}"));
        possible(self.change(|state| state.give_back(charge).ok_or_else(nothing)))
    }

    /// A person blocks the bot: the `my_chat_member`.
    #[track_caller]
    pub fn block_bot(&self, user: i64) -> Value {
        self.must(user, Act::Block)
    }

    /// A person lets the bot write again: the `my_chat_member`.
    #[track_caller]
    pub fn unblock_bot(&self, user: i64) -> Value {
        self.must(user, Act::Unblock)
    }

    /// A person writes in a group (`@name` or number) that the bot reads.
    #[track_caller]
    pub fn say_in(&self, group: &str, user: i64, text: &str) -> Value {
        let room = Room::Group(self.group_id(group));
        possible(self.change(|state| state.say(self.id, room, user, text.to_owned())))
    }

    /// A person asks to join a group, perhaps by a link: the `chat_join_request`.
    #[track_caller]
    pub fn ask_to_join(&self, group: &str, user: i64, link: Option<&str>) -> Value {
        possible(self.try_ask_to_join(group, user, link))
    }

    /// A person asks to join a group; says why if that is impossible, as with a link that expired or was revoked.
    #[track_caller]
    pub fn try_ask_to_join(&self, group: &str, user: i64, link: Option<&str>) -> Result<Value, Impossible> {
        let id = self.group_id(group);
        self.change(|state| {
            let mut own = None;
            for (bot, update) in state.ask_to_join(id, user, link)? {
                if bot == self.id { own = Some(update) } else { state.post_update(bot, update) }
            }
            own.ok_or_else(|| Impossible("the bot may not invite people there and hears nothing of it".to_owned()))
        })
    }

    /// Calls a method of the Bot API as the bot, without HTTP.
    pub fn call(&self, method: &str, body: Value) -> Result<Value, Refusal> {
        let Value::Object(fields) = body else { return Err(Refusal::bad("can't parse JSON object")) };
        let params = super::params::Params::new(fields);
        self.world.change(|state| methods::call(state, self.id, method, &params))
    }
}

#[track_caller]
fn possible(update: Result<Value, Impossible>) -> Value {
    update.unwrap_or_else(|why| panic!("{why}"))
}
