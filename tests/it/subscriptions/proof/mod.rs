//! Section 4.4: whether a payment counts. What two sources say of it, and what follows, through the edge.

use local::chain::{Disagreement, Draft, Face, Outcome, TransferDraft};
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::Answer;
use tests::subscriptions::{ADMINS, Club, USDT};

mod alarms;
mod hostile;
mod outages;
mod several;
mod table;
mod unknown;

/// What pays a plan of one month.
const PRICE: u128 = 100_000_000;

/// What one source says of a transaction that pays 100 USDT to W, and something worthless too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// It is final and pays us.
    Good,
    /// It is final and failed.
    Failed,
    /// It is final and pays us in another token only.
    Token,
    /// It is final and pays somebody else.
    Wallet,
    /// It is final and transfers nothing.
    Nothing,
    /// It is not final; only `TronScan` says so.
    Pending,
    /// It was never heard of.
    Unknown,
    /// Nothing that can be used.
    Away(Way),
}

/// How a source can be away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Fails(Fault),
    AboutAnother,
}

/// How long a source wants to be left alone that is busy.
const BUSY_SECONDS: u32 = 7;
const BUSY: Way = Way::Fails(Fault::TooMany { retry_after: BUSY_SECONDS });
const WAYS: [Way; 8] = [
    Way::Fails(Fault::Status(500)),
    Way::Fails(Fault::Status(404)),
    Way::Fails(Fault::Status(302)),
    Way::Fails(Fault::Forbidden),
    BUSY,
    Way::Fails(Fault::BadJson),
    Way::Fails(Fault::Drop),
    Way::AboutAnother,
];

impl Says {
    /// Lets `face` say this of a final and solid transaction.
    fn arrange(self, club: &Club, hash: &str, face: Face) {
        let chain = &club.world.chain;
        let tell = |lies: &[Disagreement]| lies.iter().for_each(|lie| chain.disagree(hash, face, lie.clone()));
        match self {
            Self::Good => {}
            Self::Failed => tell(&[Disagreement::Ended(Outcome::Revert)]),
            Self::Token => tell(&[Disagreement::Without(0)]),
            Self::Wallet => tell(&[Disagreement::Without(1), Disagreement::Recipient(chain.wallet("stranger"))]),
            Self::Nothing => tell(&[Disagreement::Without(0), Disagreement::Without(0)]),
            Self::Pending => {
                chain.set_confirmations(hash, 3);
                chain.solidify(hash, true);
            }
            Self::Unknown if face == Face::Node => chain.solidify(hash, false),
            Self::Unknown => tell(&[Disagreement::Unknown]),
            Self::Away(Way::AboutAnother) => tell(&[Disagreement::Hash("e1".repeat(32))]),
            Self::Away(Way::Fails(fault)) => chain.faults().fail_next(face.name(), 1, fault),
        }
    }
}

/// A member the API knows, and who never wrote to the bot.
async fn registered(club: &Club, id: i64) -> String {
    let name = format!("member_{id}");
    let answer = club.post("/api/v1/users/", &json!({ "chat_id": id, "telegram_username": name })).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    name
}

/// A final and solid transaction of which both sources say the same: a false token, or 100 USDT with it.
fn paid(club: &Club) -> String {
    let chain = &club.world.chain;
    let payer = chain.wallet("payer");
    let false_token = TransferDraft::new(&chain.wallet("false token"), &payer, &club.wallet, "7000000");
    let hash = chain.send(Draft::of([chain.usdt(&payer, &club.wallet, PRICE), false_token]));
    chain.confirm(&hash);
    hash
}

/// What GET tells of a payment.
async fn payment(club: &Club, hash: &str) -> Json {
    let answer = club.get(&format!("/api/v1/subscriptions/payments/{hash}/")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// State and reason of a payment, and the state of its claim.
async fn state(club: &Club, hash: &str) -> (String, Json, Json) {
    let told = payment(club, hash).await;
    (told["state"].as_str().unwrap().to_owned(), told["reason"].clone(), told["claim"]["state"].clone())
}

/// Whether a member has a running subscription; there is none of any other kind in these tests.
async fn has_access(club: &Club, id: i64) -> bool {
    let answer = club.get(&format!("/api/v1/subscriptions/?chat_id={id}")).await;
    match answer.status {
        200 => {
            assert_eq!(answer.json()["status"], "active");
            true
        }
        status => {
            assert_eq!((status, answer.json()), (404, json!({ "message": "Subscription not found" })));
            false
        }
    }
}

/// The word by which a claim that is open was answered.
#[track_caller]
fn open(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["state"].as_str().unwrap().to_owned()
}

/// How many alarms each admin was told of, by what stands in them; all are told the same.
#[track_caller]
fn alarms(club: &Club, part: &str) -> usize {
    let told = ADMINS.map(|admin| club.told_admin(admin, "Alarm").iter().filter(|text| text.contains(part)).count());
    assert!(told.iter().all(|count| *count == told[0]), "{told:?}");
    told[0]
}
