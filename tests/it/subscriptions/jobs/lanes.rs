//! Messages to one chat, written at the same moment by several: each has one sender.

use serde_json::json;
use shared::base::ids::{BotId, ChatId};
use shared::db::outbox::{self, End, Lane, Letter, Outgoing, Pushed};
use shared::db::{Connection, Transaction};
use shared::entry::Cx;
use tests::World;

const BOT: BotId = BotId("subscriptions");
const CHAT: ChatId = ChatId(7);

/// Three who send at once.
fn senders(world: &World) -> [Cx; 3] {
    [(); 3].map(|()| world.environment())
}

async fn push(tx: &Transaction<'_>, world: &World) -> Pushed {
    let message = Outgoing::telegram(BOT, CHAT, json!({ "method": "sendMessage" }));
    outbox::push(tx, &[message], world.now()).await.unwrap().remove(0)
}

/// Writes a message and keeps it.
async fn keep(db: &mut Connection, world: &World) -> Letter {
    let tx = db.begin();
    let mut pushed = push(&tx, world).await;
    tx.commit().await.unwrap();
    pushed.leased.pop().expect("the lane seemed to be empty")
}

async fn settle(db: &mut Connection, letter: &Letter, world: &World) {
    let tx = db.begin();
    outbox::settle(&tx, &[(letter.id, End::Sent(None))], world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn kept(world: &World) -> i64 {
    world.number("select count(*) from core.outbox where leased_until is not null and state = 'waiting'").await
}

/// One message waits for anybody, and behind it there is one that its writer sends: that one was written when the
/// message before had left and the other was not committed yet.
async fn written_at_once(world: &World, [one, other, _]: &[Cx; 3]) -> Letter {
    let (mut one, mut other) = (one.db().await.unwrap(), other.db().await.unwrap());
    let first = keep(&mut one, world).await;
    let slow = other.begin();
    assert!(push(&slow, world).await.leased.is_empty(), "the first is on its way");
    settle(&mut one, &first, world).await;
    let own = keep(&mut one, world).await;
    slow.commit().await.unwrap();
    own
}

#[tokio::test]
async fn what_its_writer_sends_is_not_taken_by_another() {
    let world = World::new().await;
    let senders = senders(&world);
    let own = written_at_once(&world, &senders).await;
    let db = senders[2].db().await.unwrap();
    let taken = outbox::lease(&*db, &Lane::telegram(BOT, CHAT), world.now()).await.unwrap();
    assert!(matches!(taken.as_slice(), [one] if one.id < own.id), "{taken:?}");
    let again = outbox::lease(&*db, &Lane::telegram(BOT, CHAT), world.now()).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
}

#[tokio::test]
async fn who_gives_back_or_puts_off_leaves_to_others_what_is_theirs() {
    let world = World::new().await;
    let senders = senders(&world);
    let own = written_at_once(&world, &senders).await;
    let mut db = senders[2].db().await.unwrap();
    let lane = Lane::telegram(BOT, CHAT);
    for put_off in [false, true] {
        let taken = outbox::lease(&*db, &lane, world.now()).await.unwrap();
        assert_eq!((taken.len(), kept(&world).await), (1, 2));
        let tx = db.begin();
        if put_off {
            outbox::postpone(&tx, &taken, world.now() + jiff::SignedDuration::from_secs(60)).await.unwrap();
        } else {
            outbox::give_back(&tx, &taken).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(kept(&world).await, 1);
    }
    let still = format!("select outbox_id from core.outbox where leased_until is not null and outbox_id = {}", own.id);
    assert_eq!(world.number(&still).await, own.id);
}
