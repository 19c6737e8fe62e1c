//! Any sequence of movements, in order and all at once, against the rules written down once more.

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use tests::bank::{Bank, hidden_fields};
use tests::{Answer, Browser, Call};

const CASES: u32 = 12;
const STEPS_MAX: usize = 30;
const OVERDRAFT: i64 = 2_000;
const CREDIT_LIMIT: i64 = 30_000;

#[derive(Clone, Debug)]
enum Step {
    Credit {
        card: bool,
        cents: i64,
    },
    Debit {
        card: bool,
        cents: i64,
    },
    Pay {
        cents: i64,
    },
    /// Undoes the n-th movement so far, counted around.
    Reverse {
        nth: usize,
    },
    /// Sends the n-th request so far again, with its key.
    Repeat {
        nth: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let cents = || prop_oneof![1..=100_i64, 1..=20_000_i64];
    prop_oneof![
        3 => (any::<bool>(), cents()).prop_map(|(card, cents)| Step::Credit { card, cents }),
        4 => (any::<bool>(), cents()).prop_map(|(card, cents)| Step::Debit { card, cents }),
        3 => cents().prop_map(|cents| Step::Pay { cents }),
        2 => any::<usize>().prop_map(|nth| Step::Reverse { nth }),
        2 => any::<usize>().prop_map(|nth| Step::Repeat { nth }),
    ]
}

fn plain(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// One savings account and one card of Alice, and a way to all that moves them.
struct Pair<'w> {
    bank: &'w Bank,
    browser: Browser<'w>,
    hidden: Vec<(String, String)>,
    sb: String,
    cc: String,
    case: String,
}

impl Pair<'_> {
    async fn post(&self, card: bool, side: &str, cents: i64, key: &str) -> Answer {
        let product = if card { &self.cc } else { &self.sb };
        let body = format!(r#"{{"product_id":"{product}","{side}":{}}}"#, plain(cents));
        let call = Call::post("/bank/add_transaction").key(&self.bank.key).header("idempotency-key", key);
        self.bank.world.send(call.body("application/json", body)).await
    }

    async fn pay(&self, cents: i64, key: &str) -> Answer {
        let amount = plain(cents);
        let fields = [
            ("amount_to_pay", amount.as_str()),
            ("bank_account_number", &self.sb),
            ("credit_card_number", &self.cc),
            ("form_id", key),
        ];
        self.browser.clone().submit_with("/bank/pay_credit_card", &self.hidden, &fields).await
    }

    async fn reverse(&self, id: &str, key: &str) -> Answer {
        let call = Call::post(&format!("/bank/transactions/{id}/reverse")).key(&self.bank.key);
        self.bank.world.send(call.header("idempotency-key", key)).await
    }

    async fn newest(&self, card: bool) -> String {
        let product = if card { &self.cc } else { &self.sb };
        let sql = format!(
            "select transaction_id::text from bank.entry where account_id = '{product}' order by seq desc limit 1"
        );
        self.bank.world.column(&sql).await.remove(0)
    }
}

/// The rules once more: what the two hold, and what each movement added.
#[derive(Default)]
struct Model {
    balance: i64,
    due: i64,
    /// Id of an entry, what its journal added to account and card, and whether it was undone.
    moved: Vec<(String, i64, i64, bool)>,
}

impl Model {
    fn allows(&self, account: i64, card: i64) -> bool {
        let account_fine = account >= 0 || self.balance + account >= -OVERDRAFT;
        let card_fine = (card <= 0 || self.due - card >= 0) && (card >= 0 || self.due - card <= CREDIT_LIMIT);
        account_fine && card_fine
    }

    fn apply(&mut self, id: String, account: i64, card: i64) {
        self.balance += account;
        self.due -= card;
        self.moved.push((id, account, card, false));
    }
}

async fn check_sequence(pair: &Pair<'_>, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model { balance: 10_000, due: 10_000, moved: Vec::new() };
    let mut sent: Vec<(Step, String, Answer)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let key = format!("{}-{number}", pair.case);
        match step {
            Step::Credit { card, cents } | Step::Debit { card, cents } => {
                let is_credit = matches!(step, Step::Credit { .. });
                let amount = if is_credit { *cents } else { -cents };
                let (account, on_card) = if *card { (0, amount) } else { (amount, 0) };
                let side = if is_credit { "amount_credit" } else { "amount_debit" };
                let answer = pair.post(*card, side, *cents, &key).await;
                prop_assert_eq!(answer.status == 201, model.allows(account, on_card), "{:?}", step);
                if answer.status == 201 {
                    let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
                    model.apply(id, account, on_card);
                }
                sent.push((step.clone(), key, answer));
            }
            Step::Pay { cents } => {
                let answer = pair.pay(*cents, &key).await;
                let is_paid = answer.header("location") == "/bank/transactions";
                prop_assert_eq!(is_paid, model.allows(-cents, *cents), "{:?}", step);
                if is_paid {
                    let id = pair.newest(number % 2 == 0).await;
                    model.apply(id, -cents, *cents);
                }
                sent.push((step.clone(), key, answer));
            }
            Step::Reverse { nth } => {
                let Some(at) = nth.checked_rem(model.moved.len()) else { continue };
                let (id, account, card, is_undone) = model.moved[at].clone();
                let answer = pair.reverse(&id, &key).await;
                let expected = !is_undone && model.allows(-account, -card);
                prop_assert_eq!(
                    answer.status == 201,
                    expected,
                    "{:?} of {:?}: {}",
                    step,
                    model.moved[at],
                    answer.text()
                );
                if answer.status == 201 {
                    model.moved[at].3 = true;
                    let opposite = answer.json()["transaction_id"].as_str().unwrap().to_owned();
                    model.apply(opposite, -account, -card);
                }
            }
            Step::Repeat { nth } => {
                let Some(at) = nth.checked_rem(sent.len()) else { continue };
                let (step, key, first) = &sent[at];
                let again = match step {
                    Step::Credit { card, cents } => pair.post(*card, "amount_credit", *cents, key).await,
                    Step::Debit { card, cents } => pair.post(*card, "amount_debit", *cents, key).await,
                    // Who was refused may send the form again: it is a new try then.
                    Step::Pay { .. } if first.header("location") != "/bank/transactions" => continue,
                    Step::Pay { cents } => pair.pay(*cents, key).await,
                    Step::Reverse { .. } | Step::Repeat { .. } => continue,
                };
                prop_assert_eq!((again.status, again.text()), (first.status, first.text()));
            }
        }
        prop_assert_eq!(pair.bank.shown(&pair.sb).await, model.balance);
        prop_assert_eq!(pair.bank.shown(&pair.cc).await, model.due);
    }
    pair.bank.check_ledger().await;
    Ok(())
}

/// All at once: nothing is answered but by the rules, and the ledger stays whole.
async fn check_at_once(pair: &Pair<'_>, steps: &[Step]) -> Result<(), TestCaseError> {
    let known = pair.newest(false).await;
    let answers = steps.iter().enumerate().map(|(number, step)| {
        let (key, known) = (format!("{}-all-{number}", pair.case), known.clone());
        async move {
            match step {
                Step::Credit { card, cents } => pair.post(*card, "amount_credit", *cents, &key).await,
                Step::Debit { card, cents } => pair.post(*card, "amount_debit", *cents, &key).await,
                Step::Pay { cents } => pair.pay(*cents, &key).await,
                Step::Reverse { .. } | Step::Repeat { .. } => pair.reverse(&known, &key).await,
            }
        }
    });
    for answer in join_all(answers).await {
        prop_assert!(matches!(answer.status, 201 | 302 | 409), "{}: {}", answer.status, answer.text());
    }
    pair.bank.check_ledger().await;
    Ok(())
}

/// `proptest` drives the cases; each has products of its own.
#[test]
fn any_order_of_movements_keeps_the_rules() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bank = runtime.block_on(Bank::new());
    let (browser, hidden) = runtime.block_on(async {
        let mut browser = bank.browser(&bank.alice).await;
        let page = browser.open("/bank/pay_credit_card").await;
        let hidden = hidden_fields(page.text(), "/bank/pay_credit_card");
        (browser, hidden)
    });
    let config = Config { cases: CASES, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec(step(), 1..=STEPS_MAX);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let case = tests::bank::unique();
            let sb = bank.savings("alice@example.com", "100.00", json!({ "overdraft_limit": OVERDRAFT / 100 })).await;
            let cc = bank.card("alice@example.com", "100.00", json!({ "credit_limit": CREDIT_LIMIT / 100 })).await;
            let pair = Pair { bank: &bank, browser: browser.clone(), hidden: hidden.clone(), sb, cc, case };
            check_sequence(&pair, &steps).await?;
            check_at_once(&pair, &steps).await
        })
    });
    outcome.unwrap_or_else(|failed| panic!("{failed}"));
}
